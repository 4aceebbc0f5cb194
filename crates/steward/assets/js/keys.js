// Keys. A module adds its own with `on(key, act)`; while somebody types they are letters.

import { rest } from "./ahead.js";

const acts = new Map();

export function on(key, act) {
  acts.set(key, act);
}

const isTyping = (target) =>
  target.closest("textarea, select, [contenteditable], input:not([type=checkbox], [type=radio], [type=button], [type=submit])");

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (isTyping(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (document.querySelector("dialog[open]")) return;
  if (acts.has(event.key) && acts.get(event.key)(event) !== false) event.preventDefault();
});

// Rows of a list: j and k move, o and Enter open.
const rows = () => [...document.querySelectorAll("table[data-rows] tbody tr:has(a)")];
const linkOf = (row) => row?.querySelector("[data-open]") ?? row?.querySelector("a");
export const selected = () => document.querySelector("table[data-rows] tr[aria-selected=true]");

function move(step) {
  const all = rows();
  if (!all.length) return false;
  const now = all.indexOf(selected());
  all[now]?.removeAttribute("aria-selected");
  const next = all[Math.min(Math.max(now + step, 0), all.length - 1)];
  next.setAttribute("aria-selected", "true");
  linkOf(next).focus({ preventScroll: true });
  rest(linkOf(next));
  next.scrollIntoView({ block: "nearest" });
}

on("j", () => move(1));
on("k", () => move(-1));
on("o", () => (selected() ? linkOf(selected()).click() : false));
// The page's own search; where it has none, the palette.
on("/", () => {
  const field = [...document.querySelectorAll("main [type=search]")].find((one) => one.checkVisibility());
  if (field) field.focus();
  else document.querySelector("[data-palette]")?.click();
});

function compose(kind) {
  const radio = document.querySelector(`.composer [value=${kind}]`);
  if (!radio) {
    // From a list, the case opens at its composer.
    const link = linkOf(selected());
    return link?.pathname.startsWith("/cases/") ? location.assign(`${link.pathname}#${kind}`) : false;
  }
  radio.checked = true;
  radio.dispatchEvent(new Event("change", { bubbles: true }));
  document.querySelector(".composer textarea").focus();
}

on("r", () => compose("reply"));
on("n", () => compose("note"));
if (/^#(reply|note)$/.test(location.hash)) compose(location.hash.slice(1));

// On a case, its properties; a list has its own.
on("e", () => document.querySelector(".properties :is(select, input:not([type=hidden]))")?.focus() ?? undefined);
