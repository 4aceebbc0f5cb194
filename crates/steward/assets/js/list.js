// The list of cases: filters that answer as one types, rows that change as others change them, choosing several.

import { hear } from "./live.js";
import { on, selected } from "./keys.js";
import { tell } from "./clock.js";
import { toast } from "./dialogs.js";
import { sentence } from "./api.js";
import { isTouched, patch } from "./patch.js";

export function begin(life) {
  const list = document.getElementById("list");
  const form = document.getElementById("filters");
  const news = document.getElementById("news");
  const boxes = () => [...list.querySelectorAll("[name=case_id]")];
  const rowOf = (id) => document.getElementById(`case-${id}`);

  // ---- filters

  // The address of what the fields say. A field that is empty says nothing, unless it takes a saved view's filter away.
  function asked() {
    const given = new Map();
    for (const [name, value] of new FormData(form)) {
      const known = given.get(name);
      given.set(name, known ? [known, value].filter(Boolean).join(",") : value);
    }
    const base = form.dataset.base.split(",");
    for (const name of base) if (name === "status" && !given.has(name)) given.set(name, "");
    for (const [name, value] of given) if (!value.trim() && !base.includes(name)) given.delete(name);
    return [...given].map(([name, value]) => `${name}=${encodeURIComponent(value).replaceAll("%2C", ",")}`).join("&");
  }

  const partOf = (query) => `/cases/rows?view=${encodeURIComponent(list.dataset.view)}&${query}`;

  let asking, timer;
  life.addEventListener("abort", () => asking?.abort());
  async function read(query) {
    if (life.aborted) return;
    asking?.abort();
    asking = new AbortController();
    try {
      const response = await fetch(partOf(query), { signal: asking.signal });
      if (response.redirected) return location.reload();
      if (!response.ok) return location.assign(location.pathname + (query && `?${query}`));
      const chosen = new Set(boxes().filter((box) => box.checked).map((box) => box.value));
      const current = selected()?.id;
      const isHeld = list.contains(document.activeElement);
      list.innerHTML = await response.text();
      for (const box of boxes()) box.checked = chosen.has(box.value);
      if (current) document.getElementById(current)?.setAttribute("aria-selected", "true");
      if (isHeld) selected()?.querySelector("[data-open]")?.focus({ preventScroll: true });
      forget();
      tally();
      tell();
    } catch (error) {
      if (error.name !== "AbortError") throw error;
    }
  }

  function filter() {
    if (life.aborted) return;
    const query = asked();
    history.replaceState(null, "", location.pathname + (query && `?${query}`));
    const back = document.querySelector("#bulk [name=next]");
    if (back) back.value = location.pathname + location.search;
    read(query);
  }

  form.addEventListener("input", (event) => {
    clearTimeout(timer);
    timer = setTimeout(filter, event.target.matches("[type=search], [name=tag]") ? 120 : 0);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    filter();
  });
  // A menu of filters closes when one looks elsewhere.
  document.addEventListener("click", (event) => {
    for (const open of form.querySelectorAll("details[open]")) if (!open.contains(event.target)) open.open = false;
  }, { signal: life });
  form.addEventListener("keydown", (event) => {
    const open = event.key === "Escape" && event.target.closest("details[open]");
    if (!open) return;
    open.open = false;
    open.querySelector("summary").focus();
  });

  // ---- what others change

  const changed = new Set(), unseen = new Set();
  let looking;

  function forget() {
    unseen.clear();
    news.replaceChildren();
  }

  function announce() {
    if (!unseen.size) return news.replaceChildren();
    const text = unseen.size === 1 ? list.dataset.newsOne : list.dataset.newsMany.replace("%", unseen.size);
    const link = Object.assign(document.createElement("a"), { href: location.href, textContent: text });
    link.addEventListener("click", (event) => {
      event.preventDefault();
      const query = new URLSearchParams(location.search);
      query.delete("cursor");
      history.replaceState(null, "", location.pathname + (query.size ? `?${query}` : ""));
      read(query.toString());
      scrollTo({ top: 0 });
    });
    news.replaceChildren(link);
  }

  function replace(row) {
    const old = document.getElementById(row.id);
    if (old.querySelector(":checked")) row.querySelector("[name=case_id]").checked = true;
    if (old.ariaSelected === "true") row.setAttribute("aria-selected", "true");
    const focus = old.contains(document.activeElement) && [...old.querySelectorAll("a, input")].indexOf(document.activeElement);
    old.replaceWith(row);
    if (focus !== false && focus >= 0) row.querySelectorAll("a, input")[focus]?.focus({ preventScroll: true });
    row.classList.add("changed");
  }

  async function look() {
    looking = undefined;
    if (life.aborted) return;
    const ids = [...changed].sort((a, b) => Boolean(rowOf(b)) - Boolean(rowOf(a))).slice(0, 100);
    changed.clear();
    const query = location.search.slice(1);
    const address = `/cases/changes?view=${encodeURIComponent(list.dataset.view)}&${query && `${query}&`}case_ids=${ids.join(",")}`;
    const response = await fetch(address).catch(() => undefined);
    if (!response?.ok || response.redirected) return;
    const part = document.createElement("template");
    part.innerHTML = await response.text();
    if (life.aborted) return;
    const matching = new Set([...part.content.querySelectorAll("li")].map((item) => item.dataset.case));
    const rows = new Map([...part.content.querySelectorAll("tr")].map((row) => [row.dataset.case, row]));
    for (const id of ids.map(String)) {
      const old = rowOf(id);
      if (old && rows.has(id)) replace(rows.get(id));
      const now = rowOf(id);
      // What left the list stays where it is, faded, until the list is read again: rows do not jump.
      if (now) {
        now.classList.toggle("stale", !matching.has(id));
        now.title = matching.has(id) ? "" : list.dataset.stale;
      } else if (matching.has(id)) unseen.add(id);
      else unseen.delete(id);
    }
    announce();
    tell();
  }

  for (const kind of ["case_created", "case_changed", "case_breached"]) {
    hear(kind, ({ case_id }) => {
      changed.add(case_id);
      looking ??= setTimeout(look, 300);
    }, life);
  }
  for (const kind of ["awake", "reset"]) hear(kind, () => read(location.search.slice(1)), life);

  // ---- choosing several

  const bar = document.getElementById("bulk");
  let last;

  function tally() {
    const all = list.querySelector("[data-all]");
    if (!all) return;
    const chosen = boxes().filter((box) => box.checked).length;
    all.hidden = false;
    all.checked = chosen > 0 && chosen === boxes().length;
    all.indeterminate = chosen > 0 && !all.checked;
    const text = bar.querySelector(".how-many");
    text.textContent = chosen === 1 ? text.dataset.one : text.dataset.many.replace("%", chosen);
  }

  list.addEventListener("click", (event) => {
    const box = event.target.closest("[name=case_id]");
    if (!box) return;
    const all = boxes();
    if (event.shiftKey && all.includes(last)) {
      const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
      for (const other of all.slice(from, to + 1)) other.checked = box.checked;
    }
    last = box;
    tally();
  });
  list.addEventListener("change", (event) => {
    if (!event.target.matches("[data-all]")) return;
    for (const box of boxes()) box.checked = event.target.checked;
    tally();
  });
  on("x", () => {
    const box = selected()?.querySelector("[name=case_id]");
    if (!box) return false;
    box.checked = !box.checked;
    last = box;
    tally();
  }, life);
  tally();

  bar?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = event.submitter ?? bar.querySelector("button");
    button.setAttribute("aria-busy", "true");
    try {
      const response = await fetch(bar.action, { method: "POST", body: new URLSearchParams(new FormData(bar)) });
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const outcome = page.getElementById("bulk-outcome");
      if (!outcome) return toast(page.querySelector("main p")?.textContent ?? response.statusText, { alarm: true });
      if (outcome.dataset.refused === "0") {
        toast(outcome.dataset.changed);
        if (life.aborted) return;
        const first = boxes().find((box) => box.checked)?.value;
        bar.reset();
        for (const box of boxes()) box.checked = false;
        await read(location.search.slice(1));
        return focusRow(first);
      }
      if (life.aborted) return toast([...outcome.querySelectorAll("p, li")].map((one) => one.textContent.trim()).join(" "), { alarm: true });
      const dialog = document.getElementById("outcome");
      dialog.replaceChildren(...outcome.children);
      dialog.showModal();
      read(location.search.slice(1));
    } finally {
      button.removeAttribute("aria-busy");
    }
  });
  // The bar has gone with what was chosen: the keyboard goes on at the first of it, if that is still here.
  function focusRow(id) {
    (rowOf(id) ?? selected() ?? list.querySelector("tr[data-case]"))?.querySelector("[data-open]").focus({ preventScroll: true });
  }
  document.getElementById("outcome")?.addEventListener("click", (event) => event.target.closest("a[data-closes]") && event.preventDefault());

  // ---- changing one without opening it

  on("e", () => {
    const row = selected();
    if (!row) return false;
    edit(row.dataset.case);
  }, life);

  async function edit(id) {
    const form = async () => {
      const response = await fetch(`/cases/quick?case_id=${id}`).catch(() => null);
      return response?.ok && !response.redirected ? response.text() : null;
    };
    const shown = await form();
    if (!shown || life.aborted) return;
    const dialog = document.createElement("dialog");
    dialog.setAttribute("aria-labelledby", "quick-title");
    dialog.innerHTML = shown;
    document.body.append(dialog);
    dialog.addEventListener("close", () => {
      dialog.remove();
      rowOf(id)?.querySelector("[data-open]")?.focus({ preventScroll: true });
    });
    const quick = dialog.querySelector("form");

    // Somebody else was faster: what they made of it is shown, and beside what was chosen here it is named.
    async function meet() {
      const fresh = document.createElement("template");
      fresh.innerHTML = (await form()) ?? "";
      const theirs = fresh.content.querySelector("form");
      if (!theirs) return [];
      const before = new Map([...quick.querySelectorAll("select")].map((field) => [field.name, field.querySelector("[selected]")?.value ?? ""]));
      patch(quick, theirs);
      return [...quick.querySelectorAll("select")].filter((field) => isTouched(field)).flatMap((field) => {
        const now = field.querySelector("[selected]") ?? field.options[0];
        const isTheirs = now.value !== before.get(field.name) && now.value !== field.value;
        return isTheirs ? `${field.labels[0].firstChild.data.trim()}: ${now.text}` : [];
      });
    }

    quick.addEventListener("submit", async (event) => {
      event.preventDefault();
      const headers = { "accept-language": document.documentElement.lang };
      const saved = await fetch(quick.action, { method: "POST", headers, body: new URLSearchParams(new FormData(quick)) }).catch(() => null);
      if (saved?.ok) {
        changed.add(Number(id));
        looking ??= setTimeout(look, 0);
        return dialog.close();
      }
      const problem = (await saved?.json().catch(() => null)) ?? {};
      const said = (problem.errors ?? []).map((fault) => sentence(quick, fault)).join("; ") || problem.detail || saved?.statusText || list.dataset.lost;
      const theirs = saved?.status === 409 ? await meet() : [];
      quick.querySelector(".refusal")?.remove();
      const note = Object.assign(document.createElement("p"), { className: "refusal", textContent: [said, ...theirs].join(" · ") });
      note.setAttribute("role", "alert");
      quick.prepend(note);
    });
    dialog.showModal();
  }
}
