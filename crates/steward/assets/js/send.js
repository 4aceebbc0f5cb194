// Forms that speak to the API: <form data-api="PUT /api/crm/teams/3" data-next="/administration/teams">. Fields become
// JSON by their `data-as`: text (the default), given (text that is left out where empty), number, flag, instant (a local
// time), list (words between commas), numbers and words (several choices under one name), lines (one thing a line). A
// question mark says that empty is null: `data-as="number?"`. Other modules may add readers of their own. A name with dots
// nests. Within `data-list="priority_hours"` each `data-item` is an object of the list; with `data-of="values"` it is what
// its one field says, with `data-of="keys"` an object whose key its first field says. What `data-when` has hidden is null.
// What the API refuses is shown beside the field that it points to (`data-means` names it where the field has another name),
// in the page's language; `data-etag` makes a conflicting change known instead of overwriting. The page that follows says
// what became of it (`data-done` names it in words, `data-name` the thing); without `data-next` that is the page itself, and
// with an empty one nothing is said.

import { call, clearFaults, showFaults } from "./api.js";

export const readers = {
  text: (text) => text,
  number: (text) => (text === "" ? undefined : Number(text)),
  list: (text) => text.split(",").map((word) => word.trim()).filter(Boolean),
  lines: (text) => text.split("\n").map((line) => line.trim()).filter(Boolean),
  json: (text) => (text === "" ? undefined : JSON.parse(text)),
  given: (text) => text || undefined,
  instant: (text) => (text ? new Date(text).toISOString() : undefined),
};

function valueOf(field, form) {
  const [, kind, clears] = /^(\w+)(\??)$/.exec(field.dataset.as ?? "text");
  if (field.closest("[data-when][hidden]")) return clears ? null : undefined;
  if (kind === "flag") return field.checked;
  if (kind === "numbers" || kind === "words") {
    const boxes = [...form.elements].filter((one) => one.name === field.name && !one.disabled);
    const chosen = field.type === "checkbox"
      ? boxes.filter((box) => box.checked).map((box) => box.value)
      : field.type === "hidden" ? boxes.map((box) => box.value)
      : [...field.selectedOptions].map((option) => option.value);
    return kind === "numbers" ? chosen.map(Number) : chosen;
  }
  if (clears && field.value === "") return null;
  return readers[kind](field.value, field);
}

const isSent = (field) =>
  field.name && !field.disabled && !["csrf", ""].includes(field.name) && !["submit", "button", "file"].includes(field.type) && !(field.type === "radio" && !field.checked);

// Puts a value at a path of an object; lists of several fields under one name are joined.
function put(object, name, value) {
  const path = name.split(".");
  const last = path.pop();
  let place = object;
  for (const step of path) place = place[step] ??= {};
  place[last] = Array.isArray(place[last]) && Array.isArray(value) && value.joins ? place[last].concat(value) : value;
}

function itemOf(item, form) {
  const values = [...item.querySelectorAll("input, select, textarea")].filter(isSent).map((field) => [field, valueOf(field, form)]);
  const kind = item.closest("[data-list]").dataset.of;
  if (kind === "values") return values[0]?.[1];
  if (kind === "keys") return { [values[0][1]]: values[1][1] };
  const object = {};
  for (const [field, value] of values) if (value !== undefined) put(object, field.name, value);
  const isEmpty = values.every(([field, value]) => field.type === "hidden" || value === null || value === undefined || value === "");
  return isEmpty ? undefined : object;
}

// The items that are sent, in their order: faults count them.
const sentItems = (list, form) => [...list.querySelectorAll("[data-item]")].filter((item) => itemOf(item, form) !== undefined);

export function body(form) {
  const body = {};
  for (const list of form.querySelectorAll("[data-list]")) put(body, list.dataset.list, sentItems(list, form).map((item) => itemOf(item, form)));
  for (const field of form.elements) {
    if (!isSent(field) || field.closest("[data-item]")) continue;
    const value = valueOf(field, form);
    if (value !== undefined) put(body, field.name, value);
  }
  return body;
}

// Of fields that fill one list together, the one that gave an item.
function giver(fields, at, form) {
  for (const field of fields) {
    const value = valueOf(field, form);
    if (!value?.joins) break;
    at -= value.length;
    if (at < 0) return field;
  }
  return fields[0];
}

// The field that a pointer leads to: one of its name, or of what holds it; within lists, that of the item.
export function fieldAt(form, steps) {
  for (let length = steps.length; length > 0; length--) {
    const name = steps.slice(0, length).join(".");
    const list = form.querySelector(`[data-list="${CSS.escape(name)}"]`);
    if (list) {
      const item = sentItems(list, form)[Number(steps[length])];
      const fields = [...(item ?? list).querySelectorAll("input:not([type=hidden]), select, textarea")];
      return fields.find((field) => field.name === steps.slice(length + 1).join(".")) ?? fields.at(-1);
    }
    const field = form.elements[name] ?? form.querySelector(`[data-means="${CSS.escape(name)}"]`);
    if (field) return field instanceof RadioNodeList ? giver([...field], Number(steps[length]), form) : field;
  }
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.dataset.api) return;
  event.preventDefault();
  const button = event.submitter;
  if (button?.dataset.ask && !confirm(button.dataset.ask)) return;
  const route = button?.dataset.api ?? form.dataset.api;
  clearFaults(form);
  button?.setAttribute("aria-busy", "true");
  try {
    const answer = await call(route, route.startsWith("DELETE") || form.dataset.body === "none" ? undefined : body(form), form.dataset.etag);
    form.dispatchEvent(new CustomEvent("sent", { bubbles: true, detail: answer }));
    const next = button?.dataset.next ?? form.dataset.next;
    if (next === "") return;
    const done = await import("./done.js");
    done.note(route, form, answer);
    if (next === undefined) await done.renew(form);
    else location.assign(next.replace(/\{([\w.]+)\}/g, (_, path) => path.split(".").reduce((value, name) => value?.[name], answer)));
  } catch (error) {
    showFaults(form, error, fieldAt);
  } finally {
    button?.removeAttribute("aria-busy");
  }
});
