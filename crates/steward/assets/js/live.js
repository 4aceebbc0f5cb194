// What happens on the desk, as it happens. One stream a document; `hear(kind, act, life)` listens to one kind of event, for
// as long as a page is shown where `life` says so. The browser reconnects by itself and names the event it saw last, so
// nothing is missed in between. A tab that is not looked at holds no connection. When a stream is opened long after what is
// shown was current, as when a tab is looked at again or a page was ready before it was asked for, whoever listens to
// `awake` reads anew what it shows.

const KINDS = ["case_created", "case_changed", "case_breached", "presence", "reset"];
const OLD = 1_000;
// What happened lately, for pages that were read before it and are shown after it, and how many they were.
const KEPT = 100;
const past = [];
let count = 0;

const acts = new Map();
let source;
// When what is shown was last known to be current.
let current = performance.getEntriesByType("navigation")[0]?.responseEnd ?? 0;

function tell(kind, data) {
  for (const act of [...(acts.get(kind) ?? [])]) act(data);
}

function happens({ type, data }) {
  const happened = { kind: type, data: data ? JSON.parse(data) : {} };
  past.push(happened);
  count += 1;
  if (past.length > KEPT) past.shift();
  tell(type, happened.data);
}

// A mark to `replay` from.
export const happenedSince = () => count;

// Tells once more what has happened since a mark: somebody listens now who did not then.
export function replay(mark) {
  if (count - mark > past.length) return tell("reset", {});
  for (const { kind, data } of past.slice(past.length - (count - mark))) tell(kind, data);
}

function open() {
  source = new EventSource("/api/crm/support/live");
  for (const kind of KINDS) source.addEventListener(kind, happens);
  const isOld = () => performance.now() - current > OLD;
  source.addEventListener("open", () => isOld() && tell("awake", {}), { once: true });
}

function close() {
  if (source) current = performance.now();
  source?.close();
  source = undefined;
}

export function hear(kind, act, life) {
  if (!acts.has(kind)) acts.set(kind, new Set());
  acts.get(kind).add(act);
  life?.addEventListener("abort", () => acts.get(kind).delete(act));
}

// Begins when whoever wants to hear has said so: what is told to nobody is missed.
let isWanted = false;
export function begin() {
  isWanted = true;
  listen();
}

function listen() {
  if (isWanted && !source && !document.hidden) open();
}

let resting;
document.addEventListener("visibilitychange", () => {
  clearTimeout(resting);
  if (document.hidden) resting = setTimeout(close, 5_000);
  else listen();
});
addEventListener("pagehide", close);
addEventListener("pageshow", (event) => event.persisted && listen());
