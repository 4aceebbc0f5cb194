// The counts in the navigation, as they change. Cheap ones are asked for soon after something happened, those of saved
// views more rarely; in between the last ones known stand there.

import { hear } from "./live.js";

const SOON = 1_000, SELDOM = 15_000;

function show({ counts, unread }) {
  for (const [name, count] of Object.entries(counts)) {
    for (const place of document.querySelectorAll(`[data-count="${CSS.escape(name)}"]`)) {
      if (place.textContent !== count) place.textContent = count;
    }
  }
  if (unread === undefined) return;
  for (const place of document.querySelectorAll("[data-unread]")) {
    place.textContent = unread;
    place.hidden = unread === 0;
  }
}

// Asks once for all that happens within `wait`, and never while nobody looks.
function asker(address, wait, keep) {
  let timer, last = 0;
  const ask = async () => {
    timer = undefined;
    last = Date.now();
    const response = await fetch(address, { headers: { accept: "application/json" } }).catch(() => undefined);
    if (!response?.ok || response.redirected) return;
    const answer = await response.json();
    keep?.(answer);
    show(answer);
  };
  return () => {
    if (!document.hidden) timer ??= setTimeout(ask, Math.max(wait - (Date.now() - last), wait / 10));
  };
}

const views = asker("/views/counts", SOON);
const all = [views];

const SAVED = '[data-count^="saved-"]';
const saved = asker("/saved-views/counts", SELDOM, (answer) => sessionStorage.setItem("saved-counts", JSON.stringify({ answer, at: Date.now() })));
if (document.querySelector(SAVED)) all.push(saved);

// A page that is shown may bring views that were not there.
export function begin() {
  if (!document.querySelector(SAVED)) return;
  const kept = JSON.parse(sessionStorage.getItem("saved-counts") ?? "null");
  if (kept) show(kept.answer);
  if (!kept || Date.now() - kept.at > SELDOM || document.querySelector(`${SAVED}:empty`)) saved();
}

for (const kind of ["case_created", "case_changed", "case_breached", "awake"]) hear(kind, () => all.forEach((ask) => ask()));

// Which groups are folded is remembered.
for (const group of document.querySelectorAll("details[data-group]")) {
  const key = `group:${group.dataset.group}`;
  const kept = localStorage.getItem(key);
  if (kept && !group.querySelector("[aria-current]")) group.open = kept === "open";
  group.addEventListener("toggle", () => {
    // What is shown unfolds its group, whatever the reader thinks of that.
    if (!group.querySelector("[aria-current]")) localStorage.setItem(key, group.open ? "open" : "folded");
  });
}
