// Keeps the dashboard current: when something happens on the desk its figures are fetched anew and laid over those that are
// shown, so that only what differs changes: no flicker, and focus, unfolded parts and the scroll position stay.

import { hear } from "./live.js";
import { tell } from "./clock.js";
import { patch } from "./patch.js";

const PAUSE = 5_000;

export function begin(life) {
  const place = document.querySelector("[data-figures]");
  let due = false, busy = false, last = Date.now(), timer;
  if (!place) return;

  async function refresh() {
    if (!due || busy || life.aborted || document.hidden || Date.now() - last < PAUSE) return;
    [due, busy, last] = [false, true, Date.now()];
    try {
      const response = await fetch(place.dataset.figures + location.search, { signal: life });
      if (!response.ok || response.redirected) return;
      const next = document.createElement("template");
      next.innerHTML = await response.text();
      patch(place, next.content);
      tell(place);
    } catch {
      // The next event tries again.
    } finally {
      busy = false;
      if (due) plan();
    }
  }

  function plan() {
    clearTimeout(timer);
    timer = setTimeout(refresh, Math.max(0, last + PAUSE - Date.now()));
  }

  const note = () => {
    if (!due) plan();
    due = true;
  };
  for (const kind of ["case_created", "case_changed", "case_breached", "reset", "awake"]) hear(kind, note, life);
  document.addEventListener("visibilitychange", refresh, { signal: life });
}
