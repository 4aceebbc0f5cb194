// Choosing what somebody else has written: canned replies, articles that may answer. Read when it is first asked for.

import { call } from "./api.js";

const sources = {
  async canned({ id }) {
    const { canned_replies: replies } = await call(`GET /api/crm/canned-replies?case_id=${id}&limit=200`);
    return replies.map((reply) => ({ name: reply.reply_name, hint: reply.filled_text.slice(0, 400), ...reply }));
  },

  async suggested({ id }) {
    const { suggestions } = await call(`GET /api/crm/knowledge/suggest?case_id=${id}&limit=8`);
    return suggestions.map(({ title, slug, article_id, is_internal, summary }) => {
      const path = is_internal ? `/knowledge/${article_id}` : `/help/articles/${slug}`;
      const label = title.replace(/[[\]\\]/g, "\\$&");
      return { name: title, hint: summary ?? "", markdown: `[${label}](${new URL(path, location.href)})` };
    });
  },
};

// Opens the dialog of a source; `use` is told what was chosen.
export async function choose(page, id, use) {
  const dialog = page.find(`#${id}`);
  const search = dialog.querySelector("[type=search]");
  const shown = dialog.querySelector("ul");
  let all = [];

  const rowOf = (choice) => {
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
  };
  const draw = () => {
    const wanted = (search?.value ?? "").toLowerCase().split(/\s+/);
    const rows = all.filter(({ name }) => wanted.every((word) => name.toLowerCase().includes(word))).slice(0, 50).map(rowOf);
    if (!rows.length) rows.push(Object.assign(document.createElement("li"), { className: "none", textContent: page.words("none") }));
    shown.replaceChildren(...rows);
  };

  if (search) {
    search.value = "";
    search.oninput = draw;
    search.onkeydown = (event) => {
      if (event.key !== "Enter" && event.key !== "ArrowDown") return;
      event.preventDefault();
      const first = shown.querySelector("button");
      if (event.key === "Enter") first?.click();
      else first?.focus();
    };
  }
  dialog.showModal();
  all = await sources[id](page).catch(() => []);
  draw();
  (search ?? shown.querySelector("button"))?.focus();
}
