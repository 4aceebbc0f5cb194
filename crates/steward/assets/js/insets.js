// What a case's page takes from another one when it is asked for: a comment's form, the explanation of the clocks, what is
// asked before a thing is done.

async function read(address) {
  const response = await fetch(address).catch(() => null);
  return response?.ok ? new DOMParser().parseFromString(await response.text(), "text/html") : null;
}

// The form of a comment, in place of its text.
export async function edit(page, link) {
  const article = link.closest("article");
  const form = (await read(link.href))?.querySelector("#edit-comment");
  if (page.life.aborted) return;
  if (!form) return location.assign(link.href);
  const text = article.querySelector(".text");
  article.setAttribute("data-keep", "");
  text.replaceWith(form);
  form.querySelector("textarea").focus();
  form.querySelector("[data-cancel]").addEventListener("click", (cancel) => {
    cancel.preventDefault();
    form.replaceWith(text);
    article.removeAttribute("data-keep");
    link.focus();
  });
}

// Why the clocks stand where they do, in a dialog.
export async function explain(page, link) {
  const dialog = page.find("#why-dialog");
  const why = dialog && (await read(link.href))?.querySelector("#why");
  if (page.life.aborted) return;
  if (!why) return location.assign(link.href);
  const heading = why.querySelector("h1");
  const title = Object.assign(document.createElement("h2"), { textContent: heading.textContent });
  const close = Object.assign(document.createElement("button"), { className: "plain", textContent: "✕" });
  close.setAttribute("data-closes", "");
  close.setAttribute("aria-label", page.words("close"));
  heading.replaceWith(title, close);
  why.querySelectorAll(".clock-why > h2").forEach((inner) => {
    const smaller = document.createElement("h3");
    smaller.append(...inner.childNodes);
    inner.replaceWith(smaller);
  });
  dialog.replaceChildren(why);
  dialog.showModal();
}

// What the server asks before it does a thing is shown in its form, which is then sent once more with the answer. A second
// click that was meant for the first is no answer.
export function ask(form, answer) {
  form.querySelector("[data-stays]")?.remove();
  const sure = Object.assign(document.createElement("input"), { type: "hidden", name: "confirmed", value: "true", disabled: true });
  setTimeout(() => (sure.disabled = false), 500);
  const asked = document.createElement("div");
  asked.setAttribute("data-stays", "");
  asked.append(answer.querySelector("#merge-ask"), sure);
  form.querySelector(".actions").before(asked);
  form.addEventListener("input", () => asked.remove(), { once: true });
}
