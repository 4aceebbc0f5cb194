// The composer: sends from within the page, so that nothing typed is lost; files by choosing, dropping and pasting;
// preview, canned replies, suggested articles.

import { place, refresh, send, words } from "./case-page.js";
import { drop } from "./drafts.js";
import { call, sentence } from "./send.js";

const form = document.querySelector("#composer");
const text = form?.querySelector("textarea");
let files = [];

function begin() {
  form.addEventListener("submit", submit);
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    form.requestSubmit(form.querySelector("#send > button"));
  });
  form.elements.files.addEventListener("change", () => {
    add(form.elements.files.files);
    form.elements.files.value = "";
  });
  text.addEventListener("paste", (event) => {
    if (!event.clipboardData.files.length) return;
    event.preventDefault();
    add(event.clipboardData.files);
  });
  form.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    form.classList.add("dropping");
  });
  form.addEventListener("dragleave", () => form.classList.remove("dropping"));
  form.addEventListener("drop", (event) => {
    form.classList.remove("dropping");
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    add(event.dataTransfer.files);
  });
  previews();
  picker("canned", canned, useCanned);
  picker("suggested", suggested, ({ markdown }) => insert(markdown));
  document.querySelector("#canned-open").addEventListener("click", (event) => {
    event.preventDefault();
    open("canned");
  });
  document.querySelector("#suggest-open").addEventListener("click", () => open("suggested"));
}

// ---- sending

async function submit(event) {
  event.preventDefault();
  const button = event.submitter;
  const body = new FormData(form, button);
  body.delete("files");
  for (const file of files) body.append("files", file, file.name);
  refuse("");
  document.querySelector("#send-menu").hidePopover?.();
  form.setAttribute("aria-busy", "true");
  form.querySelectorAll("#send button").forEach((each) => (each.disabled = true));
  try {
    await send(form.action, body);
    drop(form);
    // Emptied as if nothing had been written yet: an empty field is no fault now.
    const { value: kind } = form.elements.kind;
    form.reset();
    text.value = "";
    form.elements.kind.value = kind;
    files = [];
    list();
    note([]);
    show(false);
    form.dispatchEvent(new CustomEvent("sent"));
    await refresh();
    document.querySelector("#thread .comment:last-of-type")?.scrollIntoView({ block: "nearest" });
    text.focus({ preventScroll: true });
  } catch (error) {
    const faults = (error.problem?.errors ?? []).map((fault) => sentence(form, fault));
    refuse(faults.join("; ") || error.message);
  } finally {
    form.removeAttribute("aria-busy");
    form.querySelectorAll("#send button").forEach((each) => (each.disabled = false));
  }
}

function refuse(why) {
  const shown = document.querySelector("#refusal");
  shown.replaceChildren();
  if (!why) return;
  const said = Object.assign(document.createElement("p"), { className: "refusal", textContent: why });
  said.setAttribute("role", "alert");
  shown.append(said);
}

// ---- files

function add(more) {
  files.push(...more);
  list();
}

function list() {
  const rows = files.map((file, at) => {
    const row = document.createElement("li");
    const remove = Object.assign(document.createElement("button"), { type: "button", className: "plain small", textContent: words("remove") });
    remove.setAttribute("aria-label", `${words("remove")} ${file.name}`);
    remove.addEventListener("click", () => {
      files.splice(at, 1);
      list();
    });
    row.append(file.name, " ", remove);
    return row;
  });
  document.querySelector("#chosen").replaceChildren(...rows);
}

// ---- writing

function insert(more) {
  text.focus();
  const gap = text.selectionStart > 0 && !/\s$/.test(text.value.slice(0, text.selectionStart)) ? "\n" : "";
  text.setRangeText(gap + more, text.selectionStart, text.selectionEnd, "end");
  text.dispatchEvent(new Event("input", { bubbles: true }));
}

function note(unknown) {
  document.querySelector("#unknown").textContent = unknown.length ? `${words("unknown")} ${unknown.join(" ")}` : "";
}

let show = () => {};

function previews() {
  const preview = document.querySelector("#preview");
  const toggle = document.querySelector("#preview-toggle");
  let waits = null;
  const render = async () => {
    const body = new URLSearchParams({ text: text.value, csrf: form.elements.csrf.value });
    const response = await fetch("/preview", { method: "POST", body }).catch(() => null);
    // Sanitised by the server, as the comment itself will be.
    if (response?.ok && !response.redirected) preview.innerHTML = await response.text();
  };
  show = (is) => {
    preview.hidden = !is;
    toggle.setAttribute("aria-pressed", String(is));
    if (is) render();
  };
  toggle.addEventListener("click", () => show(preview.hidden));
  text.addEventListener("input", () => {
    clearTimeout(waits);
    if (!preview.hidden) waits = setTimeout(render, 300);
  });
}

// ---- choosing

const choices = {};

function picker(id, fetchAll, use) {
  const dialog = document.querySelector(`#${id}`);
  const search = dialog.querySelector("[type=search]");
  const shown = dialog.querySelector("ul");
  const draw = (all) => {
    const wanted = (search?.value ?? "").toLowerCase().split(/\s+/);
    const fitting = all.filter(({ name }) => wanted.every((word) => name.toLowerCase().includes(word)));
    const rows = fitting.slice(0, 50).map((choice) => {
      const row = document.createElement("li");
      const button = Object.assign(document.createElement("button"), { type: "button" });
      button.append(Object.assign(document.createElement("b"), { textContent: choice.name, dir: "auto" }));
      if (choice.hint) button.append(Object.assign(document.createElement("span"), { className: "faint", textContent: choice.hint, dir: "auto" }));
      button.addEventListener("click", () => {
        dialog.close();
        use(choice);
      });
      row.append(button);
      return row;
    });
    if (!rows.length) rows.push(Object.assign(document.createElement("li"), { className: "none", textContent: words("none") }));
    shown.replaceChildren(...rows);
  };
  let all = [];
  search?.addEventListener("input", () => draw(all));
  search?.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      event.preventDefault();
      shown.querySelector("button")?.click();
    } else if (event.key === "ArrowDown") {
      event.preventDefault();
      shown.querySelector("button")?.focus();
    }
  });
  choices[id] = async () => {
    if (search) search.value = "";
    dialog.showModal();
    all = await fetchAll().catch(() => []);
    draw(all);
    (search ?? shown.querySelector("button"))?.focus();
  };
}

const open = (id) => choices[id]();

async function canned() {
  const { canned_replies: replies } = await call(`GET /api/crm/canned-replies?case_id=${place.id}&limit=200`);
  return replies.map((reply) => ({ name: reply.reply_name, hint: reply.filled_text.slice(0, 400), ...reply }));
}

function useCanned({ filled_text, unknown_placeholders }) {
  insert(filled_text);
  note(unknown_placeholders);
}

async function suggested() {
  const { suggestions } = await call(`GET /api/crm/knowledge/suggest?case_id=${place.id}&limit=8`);
  return suggestions.map(({ title, slug, article_id, is_internal, summary }) => {
    const path = is_internal ? `/knowledge/${article_id}` : `/help/articles/${slug}`;
    const label = title.replace(/[[\]\\]/g, "\\$&");
    return { name: title, hint: summary ?? "", markdown: `[${label}](${new URL(path, location.href)})` };
  });
}

if (form) begin();
