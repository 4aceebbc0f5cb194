// What the modules of a case's page share: which case it is, what to say, how to send, and how to show what is there now.

import { tell } from "./clock.js";
import { patch } from "./patch.js";

const root = document.querySelector("#case");
export const place = { root, id: Number(root.dataset.case), me: Number(root.dataset.me) };

document.documentElement.classList.add("is-scripted");

// A sentence of the page, with its names filled in.
export function words(name, fillings = {}) {
  const id = `say${name.replace(/(^|-)(\w)/g, (_, dash, letter) => letter.toUpperCase())}`;
  return Object.entries(fillings).reduce((text, [key, value]) => text.replace(`{${key}}`, value), root.dataset[id] ?? "");
}

// Sends a form's fields and answers with what there is to know: JSON, a page that asks something, or nothing. What is
// refused is an error with the problem in it, whatever the answer looks like.
export async function send(address, body) {
  const headers = { accept: "application/json", "accept-language": document.documentElement.lang };
  const response = await fetch(address, { method: "POST", headers, body }).catch(() => {
    throw new Error(words("lost"));
  });
  const isJson = response.headers.get("content-type")?.includes("json");
  if (response.redirected) throw new Error(words("signed-out"));
  const text = await response.text();
  const page = text && !isJson ? new DOMParser().parseFromString(text, "text/html") : null;
  if (response.ok) return isJson ? JSON.parse(text) : page;
  const problem = isJson ? JSON.parse(text) : {};
  const shown = page?.querySelector("main")?.innerText;
  throw Object.assign(new Error(problem.detail ?? shown ?? response.statusText), { status: response.status, problem });
}

let asked = 0;

// Shows what is there now. Answers whether it could.
export async function refresh() {
  const mine = (asked += 1);
  const wanted = new URLSearchParams(location.search);
  const query = new URLSearchParams([...wanted].filter(([name]) => name === "tail" || name === "comment"));
  const response = await fetch(`/cases/${place.id}/now?${query}`).catch(() => null);
  if (!response?.ok || response.redirected) return false;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html").body;
  // A later answer has been asked for.
  if (mine !== asked) return true;
  patch(root, fresh);
  tell();
  root.dispatchEvent(new CustomEvent("refreshed"));
  return true;
}
