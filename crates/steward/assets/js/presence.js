// Who else is at the case. A sign of life every ten seconds while the page is seen, and whenever typing begins or ends.

import { hear } from "./live.js";
import { call } from "./api.js";

const AGAIN = 10_000, RESTS = 4_000;

const initials = (name) =>
  name.split(/\s+/).filter(Boolean).slice(0, 2).map((word) => [...word][0].toUpperCase()).join("");

export function begin(page) {
  const address = `/api/crm/cases/${page.id}/presence`;
  let isTyping = false;
  let rests = null;

  function show({ case_id, users }) {
    if (case_id !== page.id) return;
    const others = users.filter(({ user_id }) => user_id !== page.me);
    const people = others.map(({ name, is_typing }) => {
      const person = document.createElement("span");
      person.className = is_typing ? "person typing" : "person";
      const avatar = Object.assign(document.createElement("span"), { className: "avatar", textContent: initials(name) });
      avatar.setAttribute("aria-hidden", "true");
      person.append(avatar, page.words(is_typing ? "typing" : "looking", { name }));
      return person;
    });
    page.find("#present").replaceChildren(...people);
  }

  async function sign() {
    if (document.hidden || page.life.aborted) return;
    try {
      show((await call(`PUT ${address}`, { typing: isTyping })).presence);
    } catch {
      // Nobody misses a sign; the next one comes soon.
    }
  }

  function leave() {
    fetch(address, { method: "DELETE", keepalive: true }).catch(() => {});
  }

  function typing(is) {
    clearTimeout(rests);
    if (is) rests = setTimeout(() => typing(false), RESTS);
    if (is === isTyping) return;
    isTyping = is;
    sign();
  }

  page.find("#comment_text")?.addEventListener("input", () => typing(true));
  page.find("#composer")?.addEventListener("sent", () => typing(false));
  const whileShown = { signal: page.life };
  document.addEventListener("visibilitychange", () => (document.hidden ? leave() : sign()), whileShown);
  addEventListener("pagehide", leave, whileShown);
  addEventListener("pageshow", (event) => event.persisted && sign(), whileShown);
  const again = setInterval(sign, AGAIN);
  page.life.addEventListener("abort", () => {
    clearInterval(again);
    clearTimeout(rests);
    leave();
  });
  hear("presence", show, page.life);
  sign();
}
