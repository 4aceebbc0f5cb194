// Properties are saved one by one, as soon as they are changed. What the reader saw before goes along, and the version in
// which it was so: where somebody else changed the same field meanwhile, both values are shown and the reader chooses;
// another field does not matter. Escape takes back what was typed.

import { call } from "./api.js";
import { isTouched } from "./patch.js";

const list = (text) => text.split(",").map((word) => word.trim().toLowerCase()).filter(Boolean);

const kinds = {
  status: (field) => ({ status: field.value, ...(field.form.elements.cascade?.checked && { cascade: true }) }),
  tags: (field) => ({ tags: list(field.value) }),
  text: (field) => ({ [field.name]: field.value }),
  id: (field) => ({ [field.name]: field.value === "" ? null : Number(field.value) }),
};
const bodyOf = (field) => (kinds[field.name] ?? (field.name.endsWith("_id") ? kinds.id : kinds.text))(field);

// A field of the API's answer as the page writes it.
function written(field, item) {
  const value = item[field.name];
  return field.name === "tags" ? value.join(", ") : String(value ?? "");
}

const label = (field, value) =>
  (field.tagName === "SELECT" && [...field.options].find((option) => option.value === value || (!option.value && value === field.dataset.now))?.textContent) || value || "—";

function clear(field) {
  field.removeAttribute("aria-invalid");
  field.parentElement.querySelectorAll(".fault, .conflict, .saved").forEach((shown) => shown.remove());
}

function say(field, className, text) {
  const note = Object.assign(document.createElement("span"), { className, textContent: text });
  note.setAttribute("role", className === "fault" ? "alert" : "status");
  note.setAttribute("data-stays", "");
  field.after(note);
  return note;
}

export function begin(page) {
  const address = `/api/crm/cases/${page.id}`;
  const head = () => page.find("#case-head");

  // The field that the reader is at: what it said, and in which version of the case, when it was last as the server had it.
  let seen = {};

  function see(at) {
    const field = at.closest("[data-field]");
    if (field && !isTouched(field)) seen = { field, value: field.dataset.now ?? field.value, version: head().dataset.version };
  }

  async function save(field, { value, version }, tries = 3) {
    clear(field);
    const route = field.name === "status" ? `PUT ${address}/status` : `PUT ${address}`;
    try {
      const { case: item } = await call(route, bodyOf(field), `"${page.id}-${version}"`);
      head().dataset.version = item.edit_version;
      // Whoever changes it once more at once has seen what was just saved.
      if (seen.field === field) seen = { field, value: written(field, item), version: item.edit_version };
      if (field.name === "status") field.value = "";
      await page.refresh();
      const note = say(field, "saved", page.words("saved"));
      setTimeout(() => note.remove(), 2_000);
    } catch (error) {
      if (error.status === 412 && tries > 0) return meet(field, value, tries);
      if (error.status === undefined || error.status === 401) error.message = page.words(error.status ? "signed-out" : "lost");
      const faults = (error.problem?.errors ?? []).map(({ message }) => message).join("; ");
      if (page.isMissed(faults || error.message)) return;
      field.setAttribute("aria-invalid", "true");
      say(field, "fault", faults || error.message);
    }
  }

  // Somebody changed the case. If it was another field, this one is saved over the new version.
  async function meet(field, before, tries) {
    const { case: item } = await call(`GET ${address}`);
    const theirs = written(field, item);
    const known = { value: theirs, version: item.edit_version };
    if (theirs === before || theirs === field.value) return save(field, known, tries - 1);
    if (page.isMissed(page.words("conflict"))) return;
    const mine = field.value;
    const box = Object.assign(document.createElement("span"), { className: "conflict" });
    box.setAttribute("role", "alert");
    box.setAttribute("data-stays", "");
    const button = (text, value, act) => {
      const choice = Object.assign(document.createElement("button"), { type: "button", className: "quiet small" });
      choice.append(`${text}: `, Object.assign(document.createElement("b"), { textContent: label(field, value) }));
      choice.addEventListener("click", act);
      return choice;
    };
    box.append(
      page.words("conflict"),
      button(page.words("theirs"), theirs, () => {
        clear(field);
        field.value = field.name === "status" ? "" : theirs;
        field.focus();
        page.refresh();
      }),
      button(page.words("yours"), mine, () => {
        field.focus();
        save(field, known);
      }),
    );
    field.after(box);
  }

  page.root.addEventListener("change", (event) => {
    const field = event.target.closest("[data-field]");
    if (!field || (field.name === "status" && field.value === "")) return;
    if (field.name === "tags" && list(field.value).join() === list(field.defaultValue).join()) return;
    // What a browser has restored was never seen as the server had it.
    if (field.checkValidity()) save(field, seen.field === field ? seen : { version: head().dataset.version });
    else field.reportValidity();
  });
  page.root.addEventListener("focusin", ({ target }) => see(target));
  page.root.addEventListener("refreshed", () => see(document.activeElement));
  page.root.addEventListener("keydown", ({ key, target }) => {
    if (key === "Escape" && target.matches("[data-field]:not(select)")) target.value = target.defaultValue;
  });
  // Everything is saved by then.
  page.root.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-fields]")) return;
    event.preventDefault();
    event.target.closest("details")?.removeAttribute("open");
  });
}
