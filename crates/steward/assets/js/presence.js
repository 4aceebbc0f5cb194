// Who else is at the case. A sign of life every ten seconds while the page is seen, and whenever typing begins or ends.

import { place, words } from "./case-page.js";
import { hear } from "./live.js";
import { call } from "./send.js";

const AGAIN = 10_000, RESTS = 4_000;
const address = `/api/crm/cases/${place.id}/presence`;
const shown = document.querySelector("#present");
let isTyping = false;
let rests = null;

const initials = (name) =>
  name.split(/\s+/).filter(Boolean).slice(0, 2).map((word) => [...word][0].toUpperCase()).join("");

function show({ case_id, users }) {
  if (case_id !== place.id) return;
  const others = users.filter(({ user_id }) => user_id !== place.me);
  const people = others.map(({ name, is_typing }) => {
    const person = document.createElement("span");
    person.className = is_typing ? "person typing" : "person";
    const avatar = Object.assign(document.createElement("span"), { className: "avatar", textContent: initials(name) });
    avatar.setAttribute("aria-hidden", "true");
    person.append(avatar, words(is_typing ? "typing" : "looking", { name }));
    return person;
  });
  shown.replaceChildren(...people);
}

async function sign() {
  if (document.hidden) return;
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

document.querySelector("#comment_text")?.addEventListener("input", () => typing(true));
document.querySelector("#composer")?.addEventListener("sent", () => typing(false));
document.addEventListener("visibilitychange", () => (document.hidden ? leave() : sign()));
addEventListener("pagehide", leave);
addEventListener("pageshow", (event) => event.persisted && sign());
setInterval(sign, AGAIN);
hear("presence", show);
sign();
