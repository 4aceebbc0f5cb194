// The help centre: what is found shows as it is typed. All of it is a fragment of the page that the form leads to.

const field = document.querySelector("[data-suggests]");
const place = document.querySelector("[data-hits]");
const rest = document.querySelector("[data-rest]");

let asking, waiting, shown = field?.value.trim();

async function find(settled) {
  const search = field.value.trim();
  if (search === shown && !settled) return;
  shown = search;
  asking?.abort();
  if (!search && rest) {
    place.hidden = true;
    rest.hidden = false;
    return;
  }
  asking = new AbortController();
  const query = new URLSearchParams({ search, part: "true" });
  if (settled) query.set("settled", "true");
  try {
    const answer = await fetch(`/help/search?${query}`, { signal: asking.signal });
    if (!answer.ok) return;
    place.innerHTML = await answer.text();
    place.hidden = false;
    if (rest) rest.hidden = true;
  } catch (error) {
    if (error.name !== "AbortError") throw error;
  }
}

if (field && place) {
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(find, 120);
  });
  // Whoever leaves the field has come to an end: a search that found nothing is worth knowing.
  field.addEventListener("change", () => {
    clearTimeout(waiting);
    if (field.value.trim() && place.querySelector(".empty")) find(true);
  });
}
