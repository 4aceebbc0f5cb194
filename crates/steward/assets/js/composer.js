// The composer: sends from within the page, so that nothing typed is lost; files by choosing, dropping and pasting;
// preview. Canned replies and suggested articles are chosen in choices.js.

import { drop } from "./drafts.js";
import { sentence } from "./api.js";

export function begin(page) {
  const form = page.find("#composer");
  if (!form) return;
  const text = form.querySelector("textarea");
  let files = [];
  // Which reply it is: one whose answer was lost is not sent twice when it is sent again. What is changed is another one.
  let key;
  let show = () => {};

  form.addEventListener("submit", submit);
  form.addEventListener("input", () => (key = undefined));
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
  for (const [button, id, use] of [
    ["#canned-open", "canned", useCanned],
    ["#suggest-open", "suggested", ({ markdown }) => insert(markdown)],
  ]) {
    page.find(button).addEventListener("click", async (event) => {
      event.preventDefault();
      (await import("./choices.js")).choose(page, id, use);
    });
  }

  // ---- sending

  async function submit(event) {
    event.preventDefault();
    const button = event.submitter;
    const body = new FormData(form, button);
    body.delete("files");
    for (const file of files) body.append("files", file, file.name);
    refuse("");
    page.find("#send-menu").hidePopover?.();
    form.setAttribute("aria-busy", "true");
    form.querySelectorAll("#send button").forEach((each) => (each.disabled = true));
    try {
      key ??= `${Date.now()}-${Math.random()}`;
      await page.send(form.action, body, `${key}-${button?.value}`);
      key = undefined;
      if (page.life.aborted) return forget(body.get("comment_text"));
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
      await page.refresh();
      page.find("#thread .comment:last-of-type")?.scrollIntoView({ block: "nearest" });
      text.focus({ preventScroll: true });
    } catch (error) {
      const why = (error.problem?.errors ?? []).map((fault) => sentence(form, fault)).join("; ") || error.message;
      if (!page.isMissed(why)) refuse(why);
    } finally {
      form.removeAttribute("aria-busy");
      form.querySelectorAll("#send button").forEach((each) => (each.disabled = false));
    }
  }

  // It was sent after the page had been left. Whoever has come back meanwhile finds it as a draft, or writes another one.
  function forget(text) {
    const other = document.querySelector("#composer");
    const field = other?.action === form.action ? other.elements.comment_text : null;
    if (field && field.value !== text) return;
    drop(form);
    if (field) field.value = "";
  }

  function refuse(why) {
    const shown = page.find("#refusal");
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
    key = undefined;
    const rows = files.map((file, at) => {
      const row = document.createElement("li");
      const remove = Object.assign(document.createElement("button"), { type: "button", className: "plain small", textContent: page.words("remove") });
      remove.setAttribute("aria-label", `${page.words("remove")} ${file.name}`);
      remove.addEventListener("click", () => {
        files.splice(at, 1);
        list();
      });
      row.append(file.name, " ", remove);
      return row;
    });
    page.find("#chosen").replaceChildren(...rows);
  }

  // ---- writing

  function insert(more) {
    text.focus();
    const gap = text.selectionStart > 0 && !/\s$/.test(text.value.slice(0, text.selectionStart)) ? "\n" : "";
    text.setRangeText(gap + more, text.selectionStart, text.selectionEnd, "end");
    text.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function note(unknown) {
    page.find("#unknown").textContent = unknown.length ? `${page.words("unknown")} ${unknown.join(" ")}` : "";
  }

  function previews() {
    const preview = page.find("#preview");
    const toggle = page.find("#preview-toggle");
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

  function useCanned({ filled_text, unknown_placeholders }) {
    insert(filled_text);
    note(unknown_placeholders);
  }
}
