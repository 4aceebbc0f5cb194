// What the palette does rather than leads to: on a case, what its page offers; everywhere, what concerns the reader. The
// words are those of the page.

import { compose } from "./keys.js";

const words = document.querySelector("[data-palette]").dataset;
const set = (field, value) => {
  // As if somebody had come to it (fields.js), but the keyboard stays where it was.
  field.dispatchEvent(new FocusEvent("focusin", { bubbles: true }));
  field.value = value;
  field.dispatchEvent(new Event("change", { bubbles: true }));
};
const told = (element) => element.textContent.trim();

function* ofCase(root) {
  const owner = root.querySelector(".fields [name=owner_id]");
  const status = root.querySelector(".fields [name=status]");
  if (owner && owner.value !== root.dataset.me) yield [words.assign, () => set(owner, root.dataset.me)];
  for (const { value, text } of status?.options ?? []) {
    if (value) yield [`${told(status.parentElement.firstChild)}: ${text}`, () => set(status, value)];
  }
  for (const radio of root.querySelectorAll(".composer [name=kind]")) yield [told(radio.parentElement), () => compose(radio.value)];
  const follow = root.querySelector("#followers button");
  if (follow) yield [told(follow), () => follow.click()];
}

async function paint(colours) {
  const csrf = document.querySelector("[name=csrf]").value;
  await fetch("/preferences", { method: "POST", body: new URLSearchParams({ csrf, colours }), redirect: "manual" });
  document.documentElement.dataset.colours = colours;
}

function* ofReader() {
  for (const colours of ["light", "dark", "auto"]) yield [`${words.colours}: ${words[colours]}`, () => paint(colours)];
  const out = document.querySelector(".me form button");
  yield [told(out), () => out.click()];
}

// The commands whose names hold every word.
function commands(text) {
  const root = document.querySelector("#case");
  const sought = text.toLowerCase().split(/\s+/).filter(Boolean);
  const all = [...(root ? ofCase(root) : []), ...ofReader()];
  return all.filter(([name]) => sought.every((word) => name.toLowerCase().includes(word)));
}

// What can be done stands first where it was asked for, and last where nothing was.
// Which one was chosen is told by an event of its option.
export function offer(list, text) {
  const found = commands(text);
  if (!found.length) return;
  const group = Object.assign(document.createElement("ul"), { ariaLabel: words.commands });
  group.setAttribute("role", "group");
  for (const [title, act] of found) {
    const option = document.createElement("li");
    option.setAttribute("role", "option");
    option.append(Object.assign(document.createElement("span"), { className: "title", textContent: title }));
    option.addEventListener("done", act);
    group.append(option);
  }
  const around = document.createElement("div");
  around.setAttribute("role", "presentation");
  around.append(Object.assign(document.createElement("span"), { className: "group", textContent: group.ariaLabel }), group);
  around.firstChild.setAttribute("role", "presentation");
  list.querySelector(".nothing")?.remove();
  if (text.trim()) list.prepend(around);
  else list.append(around);
}
