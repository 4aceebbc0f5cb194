// The editor of an article: a preview beside the text, files dropped into it, related articles found by their words, and
// a text that survives whatever happens to the page. What was saved is forgotten on the page that says so.

const form = document.querySelector("form.editor");
const text = form?.elements.content;

// ---- what this browser keeps

const keyOf = (article) => `article:${article}`;
const saved = document.querySelector("[data-saved]");
if (saved) for (const article of ["new", saved.dataset.saved]) localStorage.removeItem(keyOf(article));

if (form) {
  keep();
  preview();
  format();
  files();
  pick();
}

function keep() {
  const key = keyOf(form.dataset.article);
  const fields = () => [...form.elements].filter((field) => field.name && !field.disabled && /^(text|textarea|select-one|checkbox)$/.test(field.type));
  const values = () => Object.fromEntries(fields().map((field) => [field.name, field.type === "checkbox" ? field.checked : field.value]));
  const stored = JSON.stringify(values());
  const kept = localStorage.getItem(key);
  if (kept && kept !== stored) {
    const note = Object.assign(document.createElement("p"), { className: "notice unsaved", textContent: `${form.dataset.unsaved} ` });
    note.setAttribute("role", "status");
    const button = (words, act) => {
      const made = Object.assign(document.createElement("button"), { type: "button", className: "quiet small", textContent: words });
      made.addEventListener("click", () => (act(), note.remove()));
      note.append(made, " ");
    };
    button(form.dataset.take, () => {
      const former = JSON.parse(kept);
      for (const field of fields()) {
        if (!(field.name in former)) continue;
        if (field.type === "checkbox") field.checked = former[field.name];
        else field.value = former[field.name];
      }
      text.dispatchEvent(new Event("input", { bubbles: true }));
    });
    button(form.dataset.drop, () => localStorage.removeItem(key));
    form.before(note);
  }
  let waiting;
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      const now = JSON.stringify(values());
      if (now === stored) localStorage.removeItem(key);
      else localStorage.setItem(key, now);
    }, 300);
  });
}

// ---- the preview

function preview() {
  const place = form.querySelector("[data-preview]");
  let asking, waiting;
  async function show() {
    asking?.abort();
    asking = new AbortController();
    const body = new URLSearchParams({ csrf: form.elements.csrf.value, content: text.value });
    try {
      const answer = await fetch("/knowledge/preview", { method: "POST", body, signal: asking.signal });
      if (answer.ok) place.innerHTML = await answer.text();
    } catch (error) {
      if (error.name !== "AbortError") throw error;
    }
  }
  text.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(show, 250);
  });
}

// ---- formatting

function insert(before, after = "", words) {
  const chosen = words ?? text.value.slice(text.selectionStart, text.selectionEnd);
  const start = text.selectionStart;
  text.setRangeText(before + chosen + after, start, text.selectionEnd, "end");
  if (!chosen) text.setSelectionRange(start + before.length, start + before.length);
  text.focus();
  text.dispatchEvent(new Event("input", { bubbles: true }));
}

function format() {
  const tools = form.querySelector(".tools");
  tools.hidden = false;
  tools.addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (!button) return;
    if (button.dataset.wraps) insert(button.dataset.wraps, button.dataset.wraps);
    else if (button.dataset.begins) {
      const line = text.value.lastIndexOf("\n", text.selectionStart - 1) + 1;
      text.setSelectionRange(line, line);
      insert(button.dataset.begins, "", "");
    } else insert("[", "](https://)");
  });
}

// ---- files

function files() {
  const upload = form.querySelector("[data-upload]");
  if (!upload) return;
  upload.hidden = false;
  const input = upload.querySelector("input");
  const refusal = upload.querySelector(".fault");
  const list = form.querySelector("[data-files]");
  async function send(chosen) {
    if (!chosen.length) return;
    refusal.hidden = true;
    upload.setAttribute("aria-busy", "true");
    const body = new FormData();
    for (const file of chosen) body.append("files", file);
    try {
      const answer = await fetch(upload.dataset.upload, { method: "POST", body, headers: { accept: "application/json", "accept-language": document.documentElement.lang } });
      const json = await answer.json();
      if (!answer.ok) throw new Error((json.errors ?? []).map((fault) => fault.message).join("; ") || json.detail);
      for (const { attachment_id, file_name, mime_type } of json.attachments) {
        const address = `${upload.dataset.place}${attachment_id}`;
        const name = file_name.replace(/[\\[\]]/g, "\\$&");
        insert(`${/^image\/(png|jpeg|gif|webp)$/.test(mime_type) ? "!" : ""}[${name}](${address})`, "\n", "");
        const item = document.createElement("li");
        item.append(Object.assign(document.createElement("a"), { href: address, textContent: file_name }));
        list.append(item);
      }
    } catch (error) {
      refusal.textContent = error.message;
      refusal.hidden = false;
    } finally {
      upload.removeAttribute("aria-busy");
      input.value = "";
    }
  }
  input.addEventListener("change", () => send(input.files));
  text.addEventListener("paste", (event) => {
    if (!event.clipboardData.files.length) return;
    event.preventDefault();
    send(event.clipboardData.files);
  });
  text.addEventListener("dragover", (event) => {
    if (event.dataTransfer.types.includes("Files")) event.preventDefault();
  });
  text.addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    send(event.dataTransfer.files);
  });
}

// ---- related articles

function pick() {
  const picker = form.querySelector("[data-picker]");
  const input = picker.querySelector("[name]");
  if (input.matches(":disabled")) return;
  const [list, search, found] = [".picked", "[data-search]", "[data-found]"].map((part) => picker.querySelector(part));
  const ids = () => input.value.split(",").map((id) => id.trim()).filter(Boolean);
  const set = (all) => {
    input.value = all.join(", ");
    input.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const removable = (item) => {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "plain small", textContent: "×" });
    button.setAttribute("aria-label", `${picker.dataset.remove}: ${item.textContent}`);
    button.addEventListener("click", () => {
      set(ids().filter((id) => id !== item.dataset.id));
      item.remove();
      search.focus();
    });
    item.append(button);
  };
  // What is named but cannot be shown keeps its number in sight.
  if (list.children.length === ids().length) {
    input.hidden = true;
    search.id = "related-search";
    picker.querySelector("label").htmlFor = search.id;
  }
  search.hidden = false;
  for (const item of list.children) removable(item);
  let waiting, asking;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      asking?.abort();
      if (!search.value.trim()) return void found.replaceChildren();
      asking = new AbortController();
      const answer = await fetch(`/knowledge/pick?${new URLSearchParams({ search: search.value })}`, { signal: asking.signal }).catch(() => null);
      if (answer?.ok) found.innerHTML = await answer.text();
    }, 150);
  });
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
  found.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-pick]");
    if (!button) return;
    const id = button.dataset.pick;
    if (!ids().includes(id) && id !== form.dataset.article) {
      set([...ids(), id]);
      const item = Object.assign(document.createElement("li"), { textContent: button.textContent });
      item.dataset.id = id;
      removable(item);
      list.append(item);
    }
    search.value = "";
    found.replaceChildren();
    search.focus();
  });
}
