// What was typed survives a reload: forms with `data-draft` are kept in this browser until what they hold has been sent.

const isText = (field) => /^(text|search|textarea|email)$/.test(field.type);
const fields = (form) => [...form.elements].filter((field) => field.name && (isText(field) || field.type === "radio"));
const keyOf = (form) => `draft:${form.dataset.draft}`;

function keep(form) {
  const texts = fields(form).filter((field) => isText(field) && field.value);
  const chosen = fields(form).filter((field) => field.type === "radio" && field.checked);
  const values = Object.fromEntries([...texts, ...chosen].map((field) => [field.name, field.value]));
  if (texts.length) localStorage.setItem(keyOf(form), JSON.stringify(values));
  else localStorage.removeItem(keyOf(form));
}

// For whoever sends a form and knows that it arrived.
export function drop(form) {
  localStorage.removeItem(keyOf(form));
}

// A form that the browser sends by itself has arrived when the page that follows does not show it with a refusal.
const SENT = "sent";
const sent = sessionStorage.getItem(SENT);
sessionStorage.removeItem(SENT);
const hasCameBack = performance.getEntriesByType("navigation")[0]?.type === "back_forward";
if (sent && !hasCameBack && !document.querySelector(".refusal, .fault, [aria-invalid=true]")) localStorage.removeItem(sent);

// Puts what is kept into the forms of a page, and keeps what is typed there.
export function recall() {
  for (const form of document.querySelectorAll("form[data-draft]")) {
    const kept = JSON.parse(localStorage.getItem(keyOf(form)) ?? "{}");
    // What the server put there comes first.
    const isEmpty = !fields(form).some((field) => isText(field) && field.value);
    for (const field of isEmpty ? fields(form) : []) {
      if (field.type === "radio") field.checked = kept[field.name] ? field.value === kept[field.name] : field.checked;
      else field.value ||= kept[field.name] ?? "";
    }
    form.addEventListener("input", () => keep(form));
  }
}

// After every listener of the form's own.
addEventListener("submit", ({ target, defaultPrevented }) => {
  if (target.dataset.draft && !defaultPrevented) sessionStorage.setItem(SENT, keyOf(target));
});
addEventListener("sent", ({ target }) => target.dataset?.draft && drop(target));
