// What happens on the desk, as it happens. One stream a page; `hear(kind, act)` listens to one kind of event. The
// browser reconnects by itself and names the event it saw last, so nothing is missed in between. A tab that is not
// looked at holds no connection: when it is looked at again, whoever listens to `awake` reads anew what it shows.

const heard = [];
let source;

const listen = ([kind, act]) => source.addEventListener(kind, (event) => act(event.data ? JSON.parse(event.data) : {}, event));

function open() {
  source = new EventSource("/api/crm/support/live");
  heard.forEach(listen);
}

function close() {
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
  else if (!source) {
    open();
    for (const [kind, act] of heard) if (kind === "awake") act({});
  }
});
addEventListener("pagehide", close);
addEventListener("pageshow", (event) => event.persisted && !source && open());
if (!document.hidden) open();
