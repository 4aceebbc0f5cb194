// A field that suggests as somebody types: <div class="combo" data-suggest="/customers/suggest?q="> around a text field
// and a hidden one, which holds the id of what was picked. A combobox with a list box (WAI-ARIA); without scripts the
// text alone is sent.

let number = 0;

for (const combo of document.querySelectorAll(".combo")) {
  const input = combo.querySelector("input:not([type=hidden])");
  const hidden = combo.querySelector("input[type=hidden]");
  const list = Object.assign(document.createElement("ul"), { id: `suggestions-${++number}`, hidden: true });
  list.className = "suggestions menu";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", combo.querySelector("label")?.textContent ?? "");
  for (const [name, value] of [["role", "combobox"], ["aria-controls", list.id], ["aria-expanded", "false"], ["aria-autocomplete", "list"]]) input.setAttribute(name, value);
  combo.append(list);

  let timer, asked;
  const options = () => [...list.querySelectorAll("[role=option]")];
  const show = (isShown) => {
    list.hidden = !isShown;
    input.setAttribute("aria-expanded", String(isShown));
    if (!isShown) choose();
  };
  const choose = (option) => {
    list.querySelector("[aria-selected=true]")?.removeAttribute("aria-selected");
    input.removeAttribute("aria-activedescendant");
    option?.setAttribute("aria-selected", "true");
    if (option) input.setAttribute("aria-activedescendant", option.id);
    option?.scrollIntoView({ block: "nearest" });
  };
  const pick = (option) => {
    input.value = option.dataset.text;
    hidden.value = option.dataset.value;
    show(false);
    input.dispatchEvent(new CustomEvent("picked", { bubbles: true }));
  };
  const ask = async () => {
    asked?.abort();
    asked = new AbortController();
    try {
      const response = await fetch(combo.dataset.suggest + encodeURIComponent(input.value), { signal: asked.signal });
      if (!response.ok || response.redirected) return;
      list.innerHTML = await response.text();
      options().forEach((option, at) => (option.id = `${list.id}-${at}`));
      show(options().length > 0 && document.activeElement === input);
    } catch (error) {
      if (error.name !== "AbortError") throw error;
    }
  };
  input.addEventListener("input", () => {
    hidden.value = "";
    clearTimeout(timer);
    if (input.value.trim()) timer = setTimeout(ask, 80);
    else show(false);
  });
  input.addEventListener("keydown", (event) => {
    const all = options();
    const at = all.indexOf(list.querySelector("[aria-selected=true]"));
    if (list.hidden) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") choose(all[(at + (event.key === "ArrowDown" ? 1 : all.length - 1 + (at < 0))) % all.length]);
    else if (event.key === "Enter" && at >= 0) pick(all[at]);
    else if (event.key === "Escape") show(false);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  // Before the field loses the focus.
  list.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    const option = event.target.closest("[role=option]");
    if (option) pick(option);
  });
  input.addEventListener("blur", () => show(false));
}
