// Visits: a link between the pages that are looked at most (lists, cases, the dashboard) loads no new document. The frame
// and its scripts stay; what `main` shows is replaced by what the server sends for the link's address, which is the whole
// page, as without scripts. About half of what a click costs is saved. Until it has come, the page that is shown and its address
// stay as they are. Whatever is out of the ordinary (a refusal, a sign-in, a newer version of the desk, no network) is loaded
// by the browser instead, and so is all where it has no Navigation API that waits (`precommitHandler`).

import { happenedSince, replay } from "./live.js";
import { begin, canLeave, leave } from "./page.js";
import { isTouched, patch } from "./patch.js";

const VISITED = /^\/(views\/[\w-]+|saved-views\/\d+|cases(\/\d+)?|dashboard)$/;
// For how long a page that was asked for ahead is what the server would answer now, in milliseconds.
const FRESH = 3_000;
// No row of a list is lower, in pixels.
const LOWEST_ROW = 30;

const canVisit = "NavigationPrecommitController" in window;
const startOf = (page) => page.querySelector("script[data-run]");
const side = document.querySelector("nav.side");
const spoken = Object.assign(document.createElement("p"), { className: "hidden" });
spoken.setAttribute("role", "status");
document.body.append(spoken);

// ---- what the server has at an address

// The page that somebody may be about to visit.
let ahead;

// What two pages have in common if one may take the other's place.
function madeOf(page) {
  const { lang, dataset } = page.documentElement;
  return [startOf(page)?.src, lang, dataset.colours, ...[...page.querySelectorAll("link[rel=stylesheet]")].map(({ href }) => href)].join();
}

async function read(address, signal) {
  const response = await fetch(address, { signal });
  if (!response.ok || response.redirected) return null;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  return madeOf(page) === madeOf(document) && page.querySelector("nav.side") ? page : null;
}

function ask(address, signal) {
  return { address, at: performance.now(), mark: happenedSince(), page: read(address, signal).catch(() => null) };
}

const pathOf = ({ pathname, search }) => pathname + search;
const isVisited = (url) => canVisit && url.origin === location.origin && VISITED.test(url.pathname);

const isReady = (address) => ahead?.address === address && performance.now() - ahead.at < FRESH;

// ---- what somebody may be about to do

// Who rests on a link may be about to follow it, and who presses it is. The page behind it is asked for where that is a
// visit. Else a link that somebody rests on is marked, and the browser makes its page ready if that is one of those that
// may be (web/ahead.rs), one at a time. Browsers have a rule for pointers of their own (`moderate`), but it also begins
// when a link is pressed, and then what it makes ready is in the way of what was asked for.

const REST = 100;
let resting, marked;

function foresee(link) {
  if (canLeave() && isVisited(link)) {
    if (!isReady(pathOf(link))) ahead = ask(pathOf(link));
    return true;
  }
}

function rest(link) {
  clearTimeout(resting);
  if (link === marked) return;
  resting = setTimeout(() => {
    if (foresee(link)) return;
    marked?.removeAttribute("data-ahead");
    marked = link;
    link.toggleAttribute("data-ahead", true);
  }, REST);
}

// A row that the keys have led to (keys.js).
addEventListener("rest", ({ target }) => rest(target));
addEventListener("pointerover", ({ target, pointerType }) => {
  if (pointerType === "touch") return;
  const link = target.closest("a[href]");
  if (link) rest(link);
  else clearTimeout(resting);
});
// A finger may only want to scroll.
addEventListener("pointerdown", ({ target, pointerType, button, ctrlKey, metaKey, shiftKey }) => {
  clearTimeout(resting);
  const link = target.closest("a[href]");
  if (link && pointerType !== "touch" && !(button || ctrlKey || metaKey || shiftKey)) foresee(link);
});

// ---- the visit

function close() {
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
  for (const popover of document.querySelectorAll(":popover-open")) popover.hidePopover();
}

// Takes the rows off that nobody sees yet: they would take as long to paint as those that are seen. Answers what puts
// them back.
function holdBack(main) {
  const table = main.querySelector("table[data-rows] tbody");
  const rows = [...(table?.rows ?? [])].slice(Math.ceil(innerHeight / LOWEST_ROW));
  for (const row of rows) row.remove();
  return () => table?.append(...rows);
}

// Whether somebody would lose what they have begun here and no draft keeps: that page is left by loading the next, for
// browsers keep it for those who come back.
function holds(main) {
  const isBegun = (field) => isTouched(field) && !field.matches("[type=hidden], [type=search], [data-field]") && !field.closest("[data-draft], #filters");
  return [...main.querySelectorAll("input, select, textarea")].some(isBegun) || main.querySelector("#chosen:not(:empty)") !== null;
}

function show(page) {
  close();
  document.title = spoken.textContent = page.title;
  document.getElementById("main").replaceWith(document.adoptNode(page.getElementById("main")));
  patch(side, page.querySelector("nav.side"));
  const folded = side.querySelector("details:not([open]):has([aria-current])");
  if (folded) folded.open = true;
}

// The address that the browser is to load.
let loaded;

function load({ href }, isReplaced) {
  loaded = href;
  if (isReplaced) location.replace(href);
  else location.assign(href);
}

async function visit(event, url, known) {
  const isBack = event.navigationType === "traverse";
  const life = leave();
  const page = await known.page;
  if (event.signal.aborted) return;
  if (!page) return location.reload();
  // Whoever comes back may have been further down.
  const putBack = isBack ? () => {} : holdBack(page.getElementById("main"));
  show(page);
  if (!isBack) scrollTo(0, 0);
  if (isBack || url.hash) event.scroll();
  const act = async () => {
    putBack();
    await begin(startOf(page).dataset.run, { isBack }, life);
    if (!life.aborted) replay(known.mark);
  };
  // It is painted first, if somebody looks.
  if (document.hidden) act();
  else requestAnimationFrame(() => setTimeout(act));
}

function follow(event) {
  const { destination, navigationType } = event;
  const isBack = navigationType === "traverse";
  const url = new URL(destination.url);
  const isToLoad = url.href === loaded;
  loaded = undefined;
  // A form that is sent and a file are nothing to visit.
  if (!event.canIntercept || event.hashChange || navigationType === "reload" || event.formData || event.downloadRequest !== null) return;
  if (isBack) {
    if (!destination.sameDocument) return;
    if (!canLeave()) return event.intercept({ handler: () => location.reload() });
  } else if (destination.sameDocument || isToLoad || !canLeave() || !isVisited(url) || holds(document.getElementById("main"))) {
    // What a script only writes into the address is none either.
    return;
  }
  const known = isReady(pathOf(url)) ? ahead : ask(pathOf(url), event.signal);
  ahead = undefined;
  const arrives = async () => {
    const page = await known.page;
    if (page || event.signal.aborted || isBack) return;
    load(url, navigationType === "replace");
    // Loading ends this visit.
    await new Promise(() => {});
  };
  event.intercept({
    scroll: "manual",
    focusReset: url.hash ? "manual" : "after-transition",
    handler: () => visit(event, url, known),
    ...(event.cancelable && { precommitHandler: arrives }),
  });
}

if (canVisit) {
  navigation.addEventListener("navigate", follow);
  // From here on what start.js does for the history is done here.
  dispatchEvent(new Event("visits"));
}
