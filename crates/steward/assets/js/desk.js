// What scripts add to pages that work without them. Each module looks for the elements that concern it.

import { comeBack, composeAsAsked } from "./keys.js";
import { recall } from "./drafts.js";
import { tell } from "./clock.js";
import "./dialogs.js";
import "./palette.js";

// Only the workspace has counts, is visited, and hears what happens.
const isWorkspace = document.querySelector("[data-count]") !== null;
const workspace = isWorkspace && Promise.all(["visit", "counts", "live"].map((name) => import(`./${name}.js`)));

export async function begin(life, { isBack }) {
  recall();
  tell();
  composeAsAsked();
  if (isBack) comeBack();
  // A strip of sections begins where one is.
  document.querySelector("main > .administration > .within [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  const more = [];
  if (document.querySelector("form[data-api]")) more.push(import("./send.js"));
  // What has been done is said on the page that follows.
  if (sessionStorage.getItem("done")) more.push(import("./done.js").then(({ say }) => say()));
  await Promise.all(more);
  for (const module of (await workspace) || []) module.begin?.();
}
