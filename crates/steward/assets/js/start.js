// A page is painted first; then come the scripts that it names in `data-run`. Pages work without them, so nobody waits for
// a script to read, and it is read about 25 ms sooner.

const { run } = document.currentScript.dataset;

const begin = async () => {
  await Promise.all(run.split(" ").map((name) => import(`./${name}`)));
  document.documentElement.toggleAttribute("data-ready", true);
};

// Nothing is painted while nobody looks.
if (document.hidden) begin();
else requestAnimationFrame(() => setTimeout(begin));
