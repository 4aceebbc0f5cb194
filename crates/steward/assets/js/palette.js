// The command palette: Ctrl K (or Cmd K) opens it, typing narrows it, arrows choose, Enter goes there. A combobox with a
// list box (WAI-ARIA); what it offers comes from the server as options.

let dialog, input, list, asked, timer;
// The text that the list answers.
let answered;

const options = () => [...list.querySelectorAll("[role=option]")];

function choose(option) {
  list.querySelector("[aria-selected=true]")?.removeAttribute("aria-selected");
  input.removeAttribute("aria-activedescendant");
  if (!option) return;
  option.setAttribute("aria-selected", "true");
  input.setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
}

async function ask() {
  asked?.abort();
  asked = new AbortController();
  clearTimeout(timer);
  const text = input.value;
  try {
    const response = await fetch(`/palette?q=${encodeURIComponent(text)}`, { signal: asked.signal });
    if (!response.ok || response.redirected) return;
    const { offer } = await import("./commands.js");
    list.innerHTML = await response.text();
    offer(list, text);
    answered = text;
    const found = options();
    found.forEach((option, at) => (option.id = `palette-option-${at}`));
    // A box without a choice is none: that nothing is found is said.
    list.setAttribute("role", found.length ? "listbox" : "status");
    input.setAttribute("aria-expanded", String(found.length > 0));
    choose(found[0]);
  } catch (error) {
    if (error.name !== "AbortError") throw error;
  }
}

function go(option) {
  if (!option) return;
  if (option.dataset.href) return location.assign(option.dataset.href);
  dialog.close();
  option.dispatchEvent(new Event("done"));
}

// Who types fast is ahead of the list: it is asked first, so that Enter goes where the text leads.
async function enter(option) {
  if (input.value !== answered) {
    await ask();
    if (input.value !== answered) return;
    option = list.querySelector("[aria-selected=true]");
  }
  go(option);
}

function keydown(event) {
  const all = options();
  const at = all.indexOf(list.querySelector("[aria-selected=true]"));
  const steps = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 };
  if (event.key === "Enter") enter(all[at]);
  else if (event.key in steps && !((event.key === "Home" || event.key === "End") && input.value)) choose(all[(steps[event.key] + all.length) % all.length]);
  else return;
  event.preventDefault();
}

function make(title, hint) {
  dialog = document.createElement("dialog");
  dialog.className = "palette";
  dialog.setAttribute("aria-label", title);
  input = Object.assign(document.createElement("input"), { type: "text", placeholder: hint, autocomplete: "off", spellcheck: false });
  list = Object.assign(document.createElement("div"), { id: "palette-list" });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", title);
  for (const [name, value] of [["role", "combobox"], ["aria-controls", list.id], ["aria-expanded", "true"], ["aria-autocomplete", "list"], ["aria-label", hint]]) input.setAttribute(name, value);
  dialog.append(input, list);
  document.body.append(dialog);
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, 60);
  });
  input.addEventListener("keydown", keydown);
  list.addEventListener("click", (event) => go(event.target.closest("[role=option]")));
  list.addEventListener("pointermove", (event) => {
    const option = event.target.closest("[role=option]");
    if (option && option.getAttribute("aria-selected") !== "true") choose(option);
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
}

export function open() {
  const link = document.querySelector("[data-palette]");
  if (!link) return;
  if (!dialog) make(link.dataset.title, link.dataset.hint);
  if (dialog.open) return dialog.close();
  input.value = "";
  answered = undefined;
  list.replaceChildren();
  dialog.showModal();
  ask();
}

addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
  event.preventDefault();
  open();
});

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-palette]") || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  open();
});
