// What pages of the administration add to forms that speak to the API (send.js): lists whose rows are added, removed and
// moved; parts that only some choices need; hours as people write them; files; what a change would do; how far one has come.

import { call, clearFaults, showFaults } from "./api.js";
import { body, fieldAt, readers } from "./send.js";

// ---- lists

const say = (list, text) => {
  const place = list.parentElement.querySelector("[role=status]");
  if (place) place.textContent = text;
};

// Says what can be saved now, and where a row has come to.
function changed(list, row) {
  list.closest("form")?.querySelectorAll("[data-when-moved]").forEach((shown) => (shown.hidden = false));
  const rows = [...list.querySelectorAll("[data-item], [data-row]")];
  const text = list.dataset.moved;
  if (row && text) say(list, text.replace("{place}", rows.indexOf(row) + 1).replace("{count}", rows.length));
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-add], [data-remove], [data-move]");
  if (!button) return;
  if (button.dataset.add) {
    const list = document.getElementById(button.dataset.add);
    list.append(document.getElementById(button.dataset.template).content.cloneNode(true));
    list.lastElementChild.querySelector("input:not([type=hidden]), select, textarea")?.focus();
    return changed(list);
  }
  const row = button.closest("[data-item], [data-row]");
  const list = row.parentElement;
  if (button.hasAttribute("data-remove")) {
    const next = (row.nextElementSibling ?? row.previousElementSibling)?.querySelector("[data-remove]");
    row.remove();
    (next ?? document.querySelector(`[data-add="${list.id}"]`))?.focus();
    return changed(list);
  }
  const other = button.dataset.move === "up" ? row.previousElementSibling : row.nextElementSibling;
  if (!other) return;
  if (button.dataset.move === "up") other.before(row);
  else other.after(row);
  button.focus();
  changed(list, row);
});

document.addEventListener("input", (event) => {
  const list = document.getElementById(event.target.dataset.narrows ?? "");
  if (!list) return;
  const sought = event.target.value.trim().toLocaleLowerCase();
  for (const label of list.querySelectorAll("label")) label.hidden = !label.textContent.toLocaleLowerCase().includes(sought);
});

// What was picked from suggestions becomes a row: <div class="combo" data-picks="list" data-template="row">.
document.addEventListener("picked", (event) => {
  const combo = event.target.closest("[data-picks]");
  if (!combo) return;
  const list = document.getElementById(combo.dataset.picks);
  const id = combo.querySelector("input[type=hidden]").value;
  if (![...list.querySelectorAll("input")].some((field) => field.value === id)) {
    const row = document.getElementById(combo.dataset.template).content.cloneNode(true);
    row.querySelector("input").value = id;
    row.querySelector("[data-text]").textContent = event.target.value;
    list.append(row);
  }
  event.target.value = "";
});

// ---- parts that belong to some choices: <div data-when="cause" data-is="warning violation">

function showParts(form) {
  for (const part of form.querySelectorAll("[data-when]")) {
    const field = form.elements[part.dataset.when];
    const value = field.type === "checkbox" ? String(field.checked) : field.value;
    part.hidden = !part.dataset.is.split(" ").includes(value);
    for (const inner of part.querySelectorAll("[data-required]")) inner.required = !part.hidden;
  }
}

for (const form of document.querySelectorAll("form")) {
  if (!form.querySelector("[data-when]")) continue;
  showParts(form);
  form.addEventListener("change", () => showParts(form));
  addEventListener("renewed", () => showParts(form));
}

// ---- hours as people write them

const time = (text) => {
  const [, hour, minute] = /^(\d{1,2})(?:[:.](\d{2}))?$/.exec(text.trim()) ?? [];
  return hour === undefined ? text.trim() : `${hour.padStart(2, "0")}:${minute ?? "00"}`;
};
const span = (text) => {
  const [from, to] = text.split(/\s*[-–—]\s*/);
  return { from: time(from), to: time(to ?? "") };
};
const joined = (list) => Object.assign(list, { joins: true });

// 9-12, 13:00-17:30
readers.hours = (text, field) => joined(text.split(/[,;]/).map((one) => one.trim()).filter(Boolean).map((one) => ({ weekday: field.dataset.weekday, ...span(one) })));

// The week is drawn as it is written (administration/week.rs); what is no span yet is not drawn.
const minutes = (text) => {
  const [, hour, minute] = /^(\d{2}):(\d{2})$/.exec(text) ?? [];
  return hour === undefined ? NaN : Number(hour) * 60 + Number(minute);
};
document.addEventListener("input", ({ target }) => {
  const week = target.dataset.weekday && target.closest(".week");
  if (!week) return;
  const rows = [...week.querySelectorAll(".day-row")];
  const bars = rows.map(() => []);
  rows.forEach((row, n) => {
    const field = row.querySelector("input");
    for (const { from, to } of readers.hours(field.value, field)) {
      const [x, end] = [minutes(from), minutes(to)];
      if (x < end && end <= 1440) bars[n].push([x, end - x]);
      // A night goes on the next day.
      if (x > end && x < 1440) bars[n].push([x, 1440 - x]), bars[(n + 1) % 7].push([0, end]);
    }
  });
  rows.forEach((row, n) => {
    row.querySelectorAll(".open").forEach((bar) => bar.remove());
    for (const [x, width] of bars[n].filter(([, width]) => width > 0)) {
      const bar = document.createElementNS("http://www.w3.org/2000/svg", "rect");
      for (const [name, value] of Object.entries({ class: "open", x, y: 3, width, height: 18 })) bar.setAttribute(name, value);
      row.querySelector(".day line").before(bar);
    }
  });
});

const lines = (text) => text.split("\n").map((line) => line.trim()).filter(Boolean);
const SPAN = /^\d{1,2}(?:[:.]\d{2})?\s*[-–—]\s*\d{1,2}(?:[:.]\d{2})?(?=\s|$)/;
const dated = (line) => {
  const [, date, rest] = /^(\S+)\s*(.*)$/.exec(line);
  const hours = SPAN.exec(rest)?.[0] ?? "";
  return { date, hours, name: rest.slice(hours.length).trim() };
};

// 2026-12-24 14:00-24:00 Christmas Eve
readers.holidays = (text) => lines(text).map((line) => {
  const { date, hours, name } = dated(line);
  return { date, ...(hours && span(hours)), ...(name && { name }) };
});
readers.extra = (text) => lines(text).map((line) => {
  const { date, hours, name } = dated(line);
  return { date, ...span(hours || name) };
});

// ---- files that are sent as text: <input type="file" data-fills="field" data-read="base64">

document.addEventListener("change", async (event) => {
  const place = document.getElementById(event.target.dataset.fills ?? "");
  const file = event.target.files?.[0];
  if (!place || !file) return;
  if (event.target.dataset.read === "text") {
    place.value = await file.text();
    return;
  }
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  place.value = btoa(text);
});

// A box that only others ask.
readers.nothing = () => undefined;

// A picture stays unless another was chosen, or it is to go.
readers.picture = (text, field) => (field.form.elements.namedItem("no_logo")?.checked ? null : text || undefined);

// ---- what a change would do: <button type="button" data-preview="/address" data-shows="place">

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-preview]");
  if (!button) return;
  const form = button.closest("form");
  const place = document.getElementById(button.dataset.shows);
  if (!form.reportValidity()) return;
  clearFaults(form);
  button.setAttribute("aria-busy", "true");
  try {
    const headers = { "content-type": "application/json", accept: "text/html", "accept-language": document.documentElement.lang };
    const response = await fetch(button.dataset.preview, { method: "POST", headers, body: JSON.stringify(body(form)) });
    if (!response.ok) {
      const problem = await response.json().catch(() => ({}));
      throw Object.assign(new Error(problem.detail ?? response.statusText), { problem });
    }
    place.innerHTML = await response.text();
    place.hidden = false;
    place.focus();
  } catch (error) {
    place.hidden = true;
    showFaults(form, error, fieldAt);
  } finally {
    button.removeAttribute("aria-busy");
  }
});

// ---- how far a recomputation has come: <section data-recomputations>

const bars = document.querySelector("[data-recomputations]");
async function follow() {
  const { sla_recomputations: all } = await call("GET /api/crm/sla-recomputations");
  const running = all.filter((one) => one.state === "waiting");
  for (const bar of bars.querySelectorAll("progress")) {
    const one = all.find((known) => known.job_id === Number(bar.dataset.job));
    if (!one || one.state !== "waiting") {
      bar.value = bar.max = 1;
      bar.nextElementSibling.textContent = bars.dataset.done;
      continue;
    }
    [bar.max, bar.value] = [Math.max(one.total, 1), one.done];
    bar.nextElementSibling.textContent = `${one.done} / ${one.total}`;
  }
  if (running.length) setTimeout(follow, 1000);
}
if (bars) setTimeout(follow, 700);

// ---- what became of an import: <form data-imported="place">

document.addEventListener("sent", ({ target, detail }) => {
  const place = document.getElementById(target.dataset.imported ?? "");
  if (!place) return;
  const said = document.createElement("p");
  said.textContent = place.dataset.said.replace("{added}", detail.added).replace("{skipped}", detail.skipped);
  const faults = document.createElement("ul");
  faults.append(...detail.faults.map(({ event, message }) => Object.assign(document.createElement("li"), { textContent: `${event}: ${message}`, dir: "auto" })));
  const missing = Object.assign(document.createElement("p"), { className: "fault", textContent: place.dataset.faults });
  place.replaceChildren(said, ...(detail.faults.length ? [missing, faults] : []));
});

// ---- a secret that is shown once and copied

document.addEventListener("sent", (event) => {
  const place = document.getElementById(event.target.dataset.reveals ?? "");
  if (!place) return;
  place.querySelector("[data-secret]").textContent = event.detail.secret;
  event.target.hidden = true;
  place.hidden = false;
  place.focus();
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copies]");
  if (!button) return;
  const place = button.closest("section");
  const secret = place.querySelector("[data-secret]");
  const said = place.querySelector("[data-copied]");
  try {
    await navigator.clipboard.writeText(secret.textContent);
    said.textContent = said.dataset.copied;
  } catch {
    getSelection().selectAllChildren(secret);
  }
});
