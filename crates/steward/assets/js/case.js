// The page of a case: forms are sent from within it, and what others change appears by itself.

import * as composer from "./composer.js";
import * as fields from "./fields.js";
import * as presence from "./presence.js";
import { CasePage } from "./case-page.js";
import { toast } from "./dialogs.js";
import { keep, kept, on } from "./keys.js";
import { hear } from "./live.js";
import { clearFaults, showFaults } from "./api.js";

export function begin(life) {
  const page = new CasePage(document.querySelector("#case"), life);
  document.documentElement.classList.add("is-scripted");
  for (const part of [composer, fields, presence]) part.begin(page);

  on("e", () => {
    const first = page.find(".fields [data-field]");
    first?.focus();
    return first ? undefined : false;
  }, life);

  // The list that led here knows what stands beside this case.
  const list = kept();
  const at = list?.cases.indexOf(String(page.id)) ?? -1;
  if (at >= 0) {
    keep({ ...list, open: location.pathname });
    const shown = page.find("#in-list");
    for (const [rel, id] of [["prev", list.cases[at - 1]], ["next", list.cases[at + 1]]]) {
      if (id) shown.querySelector(`[rel=${rel}]`).href = `/cases/${id}`;
    }
    shown.querySelector("span").textContent = `${at + 1} / ${list.cases.length}`;
    shown.hidden = list.cases.length < 2;
    shown.addEventListener("click", (event) => {
      const link = event.target.closest("a[href]");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      location.replace(link.href);
    });
  }

  // Small forms: escalations, followers, family.
  page.root.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("form[data-patch]")) return;
    event.preventDefault();
    clearFaults(form);
    event.submitter?.setAttribute("aria-busy", "true");
    try {
      const answer = await page.send(form.action, new URLSearchParams(new FormData(form, event.submitter)));
      if (life.aborted) return;
      if (answer) return (await import("./insets.js")).ask(form, answer);
      const moves = "moves" in form.dataset && /(\d+)\s*$/.exec(form.elements.number.value);
      if (moves) return location.assign(`/cases/${Number(moves[1])}`);
      const home = [form.closest("article")?.id, form.closest("details")?.id, form.parentElement.id, form.closest("section")?.id].filter(Boolean);
      form.closest("article")?.removeAttribute("data-keep");
      form.closest("details")?.removeAttribute("open");
      form.reset();
      await page.refresh();
      land(home);
    } catch (error) {
      if (!page.isMissed(error.message)) showFaults(form, error);
    } finally {
      event.submitter?.removeAttribute("aria-busy");
    }
  });

  // After a form has gone, the keyboard goes on where it stood: at its fold, or at what took its place.
  function land(ids) {
    for (const id of ids) {
      const place = document.getElementById(id);
      const next = place?.querySelector(place.matches("article") ? "[data-edit]" : "summary, button, a[href]");
      if (next) return next.focus({ preventScroll: true });
    }
  }

  page.root.addEventListener("click", async (event) => {
    const link = event.target.closest("a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (link.dataset.gap !== undefined) {
      event.preventDefault();
      history.replaceState(null, "", link.href);
      await page.refresh();
    } else if (link.dataset.edit || link.id === "why-open") {
      event.preventDefault();
      const { edit, explain } = await import("./insets.js");
      (link.dataset.edit ? edit : explain)(page, link);
    }
  });

  // ---- what others do

  let waiting = null;
  let actors = [];

  function soon(event) {
    if (event.case_id !== page.id) return;
    actors.push(event);
    waiting ??= setTimeout(look, 50);
  }

  async function look() {
    waiting = null;
    const events = actors;
    actors = [];
    const before = new Set([...page.root.querySelectorAll("#thread .comment")].map((comment) => comment.id));
    if (!(await page.refresh())) return;
    const isOthers = events.some(({ actor_kind, actor_id }) => actor_kind !== "user" || actor_id !== page.me);
    if (!isOthers) return;
    const fresh = [...page.root.querySelectorAll("#thread .comment")].filter((comment) => !before.has(comment.id));
    for (const comment of fresh) {
      const name = comment.querySelector("header b")?.textContent ?? "";
      const text = page.words(comment.classList.contains("internal") ? "noted" : "replied", { name });
      const { top } = comment.getBoundingClientRect();
      const link = top > innerHeight || top < 0 ? { href: `${location.pathname}${location.search}#${comment.id}`, text: page.words("show") } : undefined;
      toast(text, { link });
    }
  }

  for (const kind of ["case_changed", "case_breached"]) hear(kind, soon, life);
  hear("reset", () => page.refresh(), life);
  // The stream rests while nobody looks.
  hear("awake", () => page.refresh(), life);

  // A link to a comment that the page left out.
  const named = /^#comment-(\d+)$/.exec(location.hash);
  if (named && !document.getElementById(`comment-${named[1]}`)) {
    history.replaceState(null, "", `?comment=${named[1]}${location.hash}`);
    page.refresh().then(() => document.getElementById(`comment-${named[1]}`)?.scrollIntoView());
  }
}
