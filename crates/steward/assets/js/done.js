// What a form for the API has done is said on the page that follows, and shown there; or on the page itself, which is then
// as the server has it now.

import { toast } from "./dialogs.js";
import { isTouched, patch } from "./patch.js";

const DONE = "done";

// The name of the thing: what the form says, else the first that was written, else that of its page.
function nameOf(form) {
  const field = [...form.elements].find((one) => one.type === "text" && /(name|question_text)$/.test(one.name) && one.value.trim());
  return (form.dataset.name ?? field?.value ?? document.querySelector("h1")?.textContent ?? "").trim();
}

// Notes what a form has done, for the page that follows.
export function note(route, form, answer) {
  const [method, address] = route.split(" ");
  const thing = Object.values(answer)[0];
  const own = thing && Object.keys(thing).find((key) => key.endsWith("_id"));
  const id = method === "POST" ? thing?.[own] : /\d+$/.exec(address)?.[0];
  sessionStorage.setItem(DONE, JSON.stringify({ method, name: nameOf(form), id, said: form.dataset.done }));
}

// Says what the page before has done, and shows where it stands.
export function say() {
  const place = document.querySelector("[data-added]");
  const done = place && JSON.parse(sessionStorage.getItem(DONE) ?? "null");
  sessionStorage.removeItem(DONE);
  const words = { POST: "added", PUT: "saved", PATCH: "saved", DELETE: "removed" }[done?.method];
  if (!words) return;
  toast(done.said ?? place.dataset[words].replace("{name}", done.name));
  const row = place.querySelector(`tbody a[href$="/${done.id}"], .order a[href$="/${done.id}"]`)?.closest("tr, li");
  row?.classList.add("changed");
  row?.scrollIntoView({ block: "nearest" });
}

// Shows the page as it is now where it stands. What is written in its other forms stays, and goes with the version that it
// was written over.
export async function renew(form) {
  const answer = await fetch(location.href).catch(() => null);
  const text = answer?.ok && !answer.redirected && (await answer.text().catch(() => null));
  if (!text) return location.reload();
  form.reset();
  const fields = (one) => [...one.querySelectorAll("input, select, textarea")];
  const begun = [...document.querySelectorAll("form[data-etag]")].filter((one) => fields(one).some(isTouched));
  const versions = begun.map((one) => one.dataset.etag);
  const main = document.querySelector("main");
  patch(main, new DOMParser().parseFromString(text, "text/html").querySelector("main"));
  begun.forEach((one, at) => (one.dataset.etag = versions[at]));
  main.dispatchEvent(new CustomEvent("renewed", { bubbles: true }));
  if (document.activeElement === document.body) main.focus();
  say();
}
