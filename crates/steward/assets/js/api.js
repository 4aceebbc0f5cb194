// Asking the API, and showing what it refuses: each fault beside the field that it points to, in the page's language.

export async function call(route, json, etag) {
  const [method, address] = route.split(" ");
  const headers = { accept: "application/json", "accept-language": document.documentElement.lang };
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

// The field of a name, or of what holds it. A form of several (send.js) brings a finder of its own.
function plainField(form, steps) {
  for (let length = steps.length; length > 0; length--) {
    const name = steps.slice(0, length).join(".");
    const field = form.elements[name] ?? form.querySelector(`[data-means="${CSS.escape(name)}"]`);
    if (field) return field instanceof RadioNodeList ? field[0] : field;
  }
}

const nameOf = ({ pointer, parameter }) => (pointer ?? parameter ?? "").replace(/^\//, "");

// A fault as a sentence of its own: behind what the label calls its field, else behind its name as words.
export function sentence(form, fault, fieldAt = plainField) {
  const name = nameOf(fault);
  const label = fieldAt(form, name.split("/"))?.labels?.[0]?.cloneNode(true);
  label?.querySelectorAll("input, select, textarea, button, .hint, .fault").forEach((part) => part.remove());
  const called = label?.textContent.trim() || name.replaceAll("_", " ");
  return called ? `${called}: ${fault.message}` : fault.message;
}

export function showFaults(form, error, fieldAt = plainField) {
  const general = [];
  for (const fault of error.problem?.errors ?? []) {
    const { message } = fault;
    const name = nameOf(fault);
    const shown = fieldAt(form, name.split("/"));
    if (!shown || shown.type === "hidden") {
      general.push(sentence(form, fault, fieldAt));
      continue;
    }
    const note = Object.assign(document.createElement("p"), { className: "fault", id: `fault-${name.replaceAll("/", "-")}`, textContent: message });
    shown.setAttribute("aria-invalid", "true");
    const described = (shown.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => id && !id.startsWith("fault-"));
    shown.setAttribute("aria-describedby", [note.id, ...described].join(" "));
    (shown.closest("[data-item], label.check, .boxes, .day-row") ?? shown).after(note);
  }
  const isNamed = (error.problem?.errors ?? []).length > general.length;
  if (general.length || !isNamed) {
    const note = Object.assign(document.createElement("p"), { className: "refusal", role: "alert", textContent: general.join("; ") || error.message });
    note.setAttribute("role", "alert");
    form.prepend(note);
  }
  form.querySelector("[aria-invalid]")?.focus();
}
