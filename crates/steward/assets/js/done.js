// What a form of the administration has done is said on the page that follows, and shown there.

import { toast } from "./dialogs.js";

const DONE = "done";

// The name of the thing: the first that was written, else that of its page.
function nameOf(form) {
  const field = [...form.elements].find((one) => one.type === "text" && one.name.endsWith("name") && one.value.trim());
  return (field?.value ?? document.querySelector("h1")?.textContent ?? "").trim();
}

// Notes what a form has done, for the page that follows.
export function note(route, form, answer) {
  const [method, address] = route.split(" ");
  const thing = Object.values(answer)[0];
  const own = thing && Object.keys(thing).find((key) => key.endsWith("_id"));
  const id = method === "POST" ? thing?.[own] : /\d+$/.exec(address)?.[0];
  sessionStorage.setItem(DONE, JSON.stringify({ method, name: nameOf(form), id }));
}

// Says what the page before has done, and shows where it stands.
export function say() {
  const place = document.querySelector(".administration");
  const done = place && JSON.parse(sessionStorage.getItem(DONE) ?? "null");
  sessionStorage.removeItem(DONE);
  const words = { POST: "added", PUT: "saved", PATCH: "saved", DELETE: "removed" }[done?.method];
  if (!words) return;
  toast(place.dataset[words].replace("{name}", done.name));
  const row = place.querySelector(`tbody a[href$="/${done.id}"], .order a[href$="/${done.id}"]`)?.closest("tr, li");
  row?.classList.add("changed");
  row?.scrollIntoView({ block: "nearest" });
}
