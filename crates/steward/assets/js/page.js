// The page that is shown, and how long its scripts act. A module that a page names in `data-run` acts on it from its
// `begin(life, how)` until `life`, an AbortSignal, ends: then another page takes its place in the same document (visit.js).
// What `begin` answers is waited for. A module without it acts as long as the document does, so a page that names one is
// left by loading the next.

let ending = new AbortController();
let isLeavable = false;

export const canLeave = () => isLeavable;

// What acts on the page that is shown acts no longer.
export function leave() {
  document.documentElement.removeAttribute("data-ready");
  ending.abort();
  ending = new AbortController();
  return ending.signal;
}

// Begins the scripts that a page names. `how.isBack` says that it is one to which the reader has come back.
export async function begin(names, how, life = ending.signal) {
  const modules = await Promise.all(names.split(" ").map((name) => import(`./${name}`)));
  if (life.aborted) return;
  isLeavable = modules.every((module) => module.begin);
  await Promise.all(modules.map((module) => module.begin?.(life, how)));
  if (life.aborted) return;
  document.documentElement.toggleAttribute("data-ready", true);
}
