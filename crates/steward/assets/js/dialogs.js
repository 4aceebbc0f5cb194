// Dialogs: <button data-opens="id"> opens <dialog id>, a button with `data-closes` closes the one that it stands in.
// `toast` says something that goes away by itself.

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-opens], [data-closes]");
  if (!button) return;
  if (button.dataset.opens) document.getElementById(button.dataset.opens)?.showModal();
  else button.closest("dialog")?.close();
});

export function toast(text, { link, alarm } = {}) {
  let place = document.querySelector(".toasts");
  if (!place) {
    place = Object.assign(document.createElement("div"), { className: "toasts" });
    place.setAttribute("role", "status");
    document.body.append(place);
  }
  const note = document.createElement("div");
  if (alarm) note.className = "alarm";
  note.append(text);
  if (link) note.append(" ", Object.assign(document.createElement("a"), { href: link.href, textContent: link.text }));
  place.append(note);
  setTimeout(() => note.remove(), 8_000);
}
