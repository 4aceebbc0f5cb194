// What single pages of the administration add: a search that narrows a list of checkboxes, and a secret that is shown
// once and copied.

document.addEventListener("input", (event) => {
  const list = document.getElementById(event.target.dataset.narrows ?? "");
  if (!list) return;
  const sought = event.target.value.trim().toLocaleLowerCase();
  for (const label of list.querySelectorAll("label")) label.hidden = !label.textContent.toLocaleLowerCase().includes(sought);
});

document.addEventListener("sent", (event) => {
  const place = document.getElementById(event.target.dataset.reveals ?? "");
  if (!place) return;
  place.querySelector("[data-secret]").textContent = event.detail.secret;
  event.target.hidden = true;
  place.hidden = false;
  place.focus();
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copies]");
  if (!button) return;
  const place = button.closest("section");
  const secret = place.querySelector("[data-secret]");
  const said = place.querySelector("[data-copied]");
  try {
    await navigator.clipboard.writeText(secret.textContent);
    said.textContent = said.dataset.copied;
  } catch {
    getSelection().selectAllChildren(secret);
  }
});
