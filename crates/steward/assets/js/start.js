// A page is painted first; then come the scripts that it names in `data-run`. Pages work without them, so nobody waits for
// a script to read, and it is read about 25 ms sooner. A page that was made ready before somebody asked for it is laid out
// while it waits, and has its scripts when it is shown: until then nobody looks at it, listens or is present.

const { run } = document.currentScript.dataset;

// Pages are written in the reader's time zone, which only the browser knows.
const zone = encodeURIComponent(Intl.DateTimeFormat().resolvedOptions().timeZone ?? "");
if (zone && !document.cookie.includes(`steward_zone=${zone}`)) {
  document.cookie = `steward_zone=${zone}; path=/; max-age=31536000; samesite=lax`;
}

// A document may be several pages of the history (visit.js). Who goes back to one before that is there loads it; and so they
// do from what has been loaded in place of a page, such as an error.
const goBack = (event) => {
  const isPage = event.navigationType === "traverse" && event.destination.sameDocument && !event.hashChange;
  if (isPage && event.canIntercept) event.intercept({ handler: () => location.reload() });
};
window.navigation?.addEventListener("navigate", goBack);
addEventListener("visits", () => navigation.removeEventListener("navigate", goBack), { once: true });

const begin = async () => {
  const isBack = performance.getEntriesByType("navigation")[0]?.type === "back_forward";
  for (const name of run.split(" ")) import(`./${name}`);
  (await import("./page.js")).begin(run, { isBack });
};

const paintedFirst = () => requestAnimationFrame(() => setTimeout(begin));

if (document.prerendering) {
  document.documentElement.getBoundingClientRect();
  document.addEventListener("prerenderingchange", paintedFirst, { once: true });
}
// Nothing is painted while nobody looks; an error has no scripts.
else if (run && document.hidden) begin();
else if (run) paintedFirst();
