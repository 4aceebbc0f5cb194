// What happens on the desk, as it happens. One stream a page; `hear(kind, act)` listens to one kind of event. The
// browser reconnects by itself and names the event it saw last, so nothing is missed in between. A tab that is not
// looked at holds no connection. When a stream is opened long after what is shown was current, as when a tab is looked at
// again or a page was ready before it was asked for, whoever listens to `awake` reads anew what it shows.

const OLD = 1_000;
const heard = [];
let source;
// When what is shown was last known to be current.
let current = performance.getEntriesByType("navigation")[0]?.responseEnd ?? 0;

const listen = ([kind, act]) => source.addEventListener(kind, (event) => act(event.data ? JSON.parse(event.data) : {}, event));

function open() {
  source = new EventSource("/api/crm/support/live");
  heard.forEach(listen);
  const isOld = () => performance.now() - current > OLD;
  source.addEventListener("open", () => isOld() && wake(), { once: true });
}

function wake() {
  for (const [kind, act] of heard) if (kind === "awake") act({});
}

function close() {
  if (source) current = performance.now();
  source?.close();
  source = undefined;
}

export function hear(kind, act) {
  heard.push([kind, act]);
  if (source) listen([kind, act]);
}

let resting;
document.addEventListener("visibilitychange", () => {
  clearTimeout(resting);
  if (document.hidden) resting = setTimeout(close, 5_000);
  else if (!source) open();
});
addEventListener("pagehide", close);
addEventListener("pageshow", (event) => event.persisted && !source && open());
if (!document.hidden) open();
