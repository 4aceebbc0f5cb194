// A page is painted first; then come the scripts that it names in `data-run`. Pages work without them, so nobody waits for
// a script to read, and it is read about 25 ms sooner. A page that was made ready before somebody asked for it is laid out
// while it waits, and has its scripts when it is shown: until then nobody looks at it, listens or is present.

const { run } = document.currentScript.dataset;

const begin = async () => {
  await Promise.all(run.split(" ").map((name) => import(`./${name}`)));
  document.documentElement.toggleAttribute("data-ready", true);
};

const paintedFirst = () => requestAnimationFrame(() => setTimeout(begin));

if (document.prerendering) {
  document.documentElement.getBoundingClientRect();
  document.addEventListener("prerenderingchange", paintedFirst, { once: true });
}
// Nothing is painted while nobody looks.
else if (document.hidden) begin();
else paintedFirst();
