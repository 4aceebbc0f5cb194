// What was typed and not sent survives a reload: forms with `data-draft` are kept in this browser until they are sent.

for (const form of document.querySelectorAll("form[data-draft]")) {
  const key = `draft:${form.dataset.draft}`;
  const fields = () => [...form.elements].filter((field) => field.name && /^(text|search|textarea|email)$/.test(field.type));
  const kept = JSON.parse(localStorage.getItem(key) ?? "{}");
  for (const field of fields()) field.value ||= kept[field.name] ?? "";
  form.addEventListener("input", () => {
    const values = Object.fromEntries(fields().filter((field) => field.value).map((field) => [field.name, field.value]));
    if (Object.keys(values).length) localStorage.setItem(key, JSON.stringify(values));
    else localStorage.removeItem(key);
  });
  form.addEventListener("submit", () => localStorage.removeItem(key));
}
