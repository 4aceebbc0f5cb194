// What a script adds to pages that work without one: keys, drafts that survive a reload.

const typing = (target) => target.closest("input, textarea, select, [contenteditable]");
const rows = () => [...document.querySelectorAll("table.cases tbody tr:has(a)")];

function select(step) {
  const all = rows();
  if (!all.length) return;
  const now = all.findIndex((row) => row.ariaSelected === "true");
  all[now]?.removeAttribute("aria-selected");
  const next = all[Math.min(Math.max(now + step, 0), all.length - 1)];
  next.ariaSelected = "true";
  next.scrollIntoView({ block: "nearest" });
}

function compose(kind) {
  const radio = document.querySelector(`.composer [value=${kind}]`);
  if (!radio) return;
  radio.checked = true;
  document.querySelector(".composer textarea").focus();
}

const keys = {
  j: () => select(1),
  k: () => select(-1),
  o: () => document.querySelector("tr[aria-selected=true] a")?.click(),
  Enter: () => document.querySelector("tr[aria-selected=true] a")?.click(),
  r: () => compose("reply"),
  n: () => compose("note"),
  "/": () => document.querySelector("[type=search]")?.focus(),
};

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (typing(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const act = keys[event.key];
  if (act) {
    event.preventDefault();
    act();
  }
});

for (const form of document.querySelectorAll("form[data-draft]")) {
  const text = form.querySelector("textarea");
  const key = `draft:${form.dataset.draft}`;
  text.value ||= localStorage.getItem(key) ?? "";
  text.addEventListener("input", () => localStorage.setItem(key, text.value));
  form.addEventListener("submit", () => localStorage.removeItem(key));
}
