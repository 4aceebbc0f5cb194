// Keys. A module adds its own with `on(key, act, life)`, for as long as a page is shown where `life` says so; while
// somebody types they are letters.

const acts = new Map();

export function on(key, act, life) {
  const former = acts.get(key);
  acts.set(key, act);
  life?.addEventListener("abort", () => (former ? acts.set(key, former) : acts.delete(key)));
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

function select(row) {
  selected()?.removeAttribute("aria-selected");
  row.setAttribute("aria-selected", "true");
}

function choose(row) {
  select(row);
  linkOf(row).focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

function move(step) {
  const all = rows();
  if (!all.length) return beside(step);
  const next = all[Math.min(Math.max(all.indexOf(selected()) + step, 0), all.length - 1)];
  choose(next);
  linkOf(next).dispatchEvent(new Event("rest", { bubbles: true }));
}

// ---- one's place in a list: the row that was opened, and the cases around it

const LIST = "list";
const here = () => location.pathname + location.search;
export const kept = () => JSON.parse(sessionStorage.getItem(LIST) ?? "null");
export const keep = (list) => sessionStorage.setItem(LIST, JSON.stringify(list));

function remember(row) {
  select(row);
  keep({ at: here(), open: linkOf(row).pathname, cases: rows().map((one) => one.dataset.case).filter(Boolean) });
}
addEventListener("click", ({ target }) => {
  const row = target.closest("a[href]")?.closest("table[data-rows] tbody tr");
  if (row) remember(row);
});

export function comeBack() {
  const list = kept();
  const row = list?.at === here() && rows().find((one) => linkOf(one).pathname === list.open);
  if (row) choose(row);
}
addEventListener("pageshow", ({ persisted }) => persisted && comeBack());

// From a case that a list led to, its neighbours there: Back leads to the list all the same.
function beside(step) {
  const link = document.querySelector(`#in-list [rel=${step > 0 ? "next" : "prev"}]`);
  return link?.href ? location.replace(link.href) : false;
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

export function compose(kind) {
  const radio = document.querySelector(`.composer [value=${kind}]`);
  if (!radio) {
    // From a list, the case opens at its composer.
    const link = linkOf(selected());
    if (!link?.pathname.startsWith("/cases/")) return false;
    remember(selected());
    return location.assign(`${link.pathname}#${kind}`);
  }
  radio.checked = true;
  radio.dispatchEvent(new Event("change", { bubbles: true }));
  document.querySelector(".composer textarea").focus();
}

on("r", () => compose("reply"));
on("n", () => compose("note"));
// A link may ask for the composer.
export function composeAsAsked() {
  if (/^#(reply|note)$/.test(location.hash)) compose(location.hash.slice(1));
}

// On a case, its properties; a list has its own.
on("e", () => document.querySelector(".properties :is(select, input:not([type=hidden]))")?.focus() ?? undefined);

// The keys themselves, in the reader's language: the dialog is in the page.
on("?", () => document.getElementById("keys")?.showModal() ?? undefined);
