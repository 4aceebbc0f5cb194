// While somebody writes what the matter is, articles that may help are shown: a piece of a page, made by the server.

const form = document.querySelector("form[data-suggest]");
const place = form?.querySelector(".suggested");
let asked = "", timer;

async function suggest() {
  const text = ["subject", "description"].map((name) => form.elements[name]?.value ?? "").join(" ").trim().slice(0, 1000);
  if (text === asked || text.length < 4) return;
  asked = text;
  try {
    const answer = await fetch(`${form.dataset.suggest}?text=${encodeURIComponent(text)}`);
    if (answer.ok && text === asked) place.innerHTML = await answer.text();
  } catch {
    // Without a network the form is as it was.
  }
}

form?.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(suggest, 400);
});
