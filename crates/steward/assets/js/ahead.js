// Who rests on a link may be about to follow it: it is marked, and the browser makes its page ready if that is one of those
// that may be (web/ahead.rs). One at a time. Browsers have a rule for pointers of their own (`moderate`), but it also
// begins when a link is pressed, and then what it makes ready is in the way of what was asked for.

const REST = 100;
let resting, marked;

export function rest(link) {
  clearTimeout(resting);
  if (link === marked) return;
  resting = setTimeout(() => {
    marked?.removeAttribute("data-ahead");
    marked = link;
    link.toggleAttribute("data-ahead", true);
  }, REST);
}

addEventListener("pointerover", ({ target, pointerType }) => {
  if (pointerType === "touch") return;
  const link = target.closest("a[href]");
  if (link) rest(link);
  else clearTimeout(resting);
});
addEventListener("pointerdown", () => clearTimeout(resting));
