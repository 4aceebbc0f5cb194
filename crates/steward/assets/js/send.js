// Forms that speak to the API: <form data-api="PUT /api/crm/teams/3" data-next="/administration/teams">. Fields become
// JSON by their `data-as`: text (the default), given (text that is left out where empty), number, flag, instant (a local
// time), list (words between commas), numbers (several choices),
// null-if-empty is the rule for what may be cleared (`data-as="number?"`, `"text?"`). A name with dots nests. What the API
// refuses is shown beside the field that it points to; `data-etag` makes a conflicting change known instead of overwriting.

const readers = {
  text: (text) => text,
  number: (text) => (text === "" ? undefined : Number(text)),
  list: (text) => text.split(",").map((word) => word.trim()).filter(Boolean),
  json: (text) => (text === "" ? undefined : JSON.parse(text)),
  given: (text) => text || undefined,
  instant: (text) => (text ? new Date(text).toISOString() : undefined),
};

function valueOf(field, form) {
  const [, kind, clears] = /^(\w+)(\??)$/.exec(field.dataset.as ?? "text");
  if (kind === "flag") return field.checked;
  if (kind === "numbers" || kind === "words") {
    const chosen = field.type === "checkbox"
      ? [...form.querySelectorAll(`[name="${field.name}"]:checked`)].map((box) => box.value)
      : [...field.selectedOptions].map((option) => option.value);
    return kind === "numbers" ? chosen.map(Number) : chosen;
  }
  if (clears && field.value === "") return null;
  return readers[kind](field.value);
}

export function body(form) {
  const body = {};
  for (const field of form.elements) {
    if (!field.name || field.disabled || field.name === "csrf" || field.type === "submit" || field.type === "button") continue;
    if (field.type === "radio" && !field.checked) continue;
    const path = field.name.split(".");
    const last = path.pop();
    let place = body;
    for (const step of path) place = place[step] ??= {};
    const value = valueOf(field, form);
    if (value !== undefined) place[last] = value;
  }
  return body;
}

export async function call(route, json, etag) {
  const [method, address] = route.split(" ");
  const headers = { accept: "application/json" };
  if (json !== undefined) headers["content-type"] = "application/json";
  if (etag) headers["if-match"] = etag;
  const response = await fetch(address, { method, headers, body: json === undefined ? undefined : JSON.stringify(json) });
  const text = await response.text();
  const answer = text && response.headers.get("content-type")?.includes("json") ? JSON.parse(text) : {};
  if (!response.ok) throw Object.assign(new Error(answer.detail ?? response.statusText), { status: response.status, problem: answer });
  return answer;
}

export function clearFaults(form) {
  form.querySelectorAll(".fault, .refusal").forEach((shown) => shown.remove());
  form.querySelectorAll("[aria-invalid]").forEach((field) => field.removeAttribute("aria-invalid"));
}

export function showFaults(form, error) {
  const general = [];
  for (const { pointer, parameter, message } of error.problem?.errors ?? []) {
    const name = (pointer ?? parameter ?? "").replace(/^\//, "");
    const field = form.elements[name.replaceAll("/", ".")] ?? form.elements[name.split("/")[0]];
    const shown = field instanceof RadioNodeList ? field[0] : field;
    if (!shown || shown.type === "hidden") {
      general.push(`${name.replaceAll("_", " ")} ${message}`);
      continue;
    }
    const note = Object.assign(document.createElement("p"), { className: "fault", id: `fault-${name}`, textContent: message });
    shown.setAttribute("aria-invalid", "true");
    shown.setAttribute("aria-describedby", note.id);
    shown.after(note);
  }
  const isNamed = (error.problem?.errors ?? []).length > general.length;
  if (general.length || !isNamed) {
    const note = Object.assign(document.createElement("p"), { className: "refusal", role: "alert", textContent: general.join("; ") || error.message });
    note.setAttribute("role", "alert");
    form.prepend(note);
  }
  form.querySelector("[aria-invalid]")?.focus();
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
    if (next === undefined) location.reload();
    else if (next) location.assign(next.replace(/\{([\w.]+)\}/g, (_, path) => path.split(".").reduce((value, name) => value?.[name], answer)));
  } catch (error) {
    showFaults(form, error);
  } finally {
    button?.removeAttribute("aria-busy");
  }
});
