// What happens on the desk, as it happens. One stream a page; `hear(kind, act)` listens to one kind of event. The
// browser reconnects by itself and names the event it saw last, so nothing is missed in between.

const source = new EventSource("/api/crm/support/live");
addEventListener("pagehide", () => source.close());

export function hear(kind, act) {
  source.addEventListener(kind, (event) => act(JSON.parse(event.data), event));
}
