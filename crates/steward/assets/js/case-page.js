// What the modules of a case's page share: which case it is, what to say, how to send, and how to show what is there now.
// All of it reaches the page from its root: an answer that comes when another page is shown changes nothing there.

import { tell } from "./clock.js";
import { toast } from "./dialogs.js";
import { patch } from "./patch.js";

export class CasePage {
  #asked = 0;

  constructor(root, life) {
    this.root = root;
    this.life = life;
    this.id = Number(root.dataset.case);
    this.me = Number(root.dataset.me);
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  // A sentence of the page, with its names filled in.
  words(name, fillings = {}) {
    const id = `say${name.replace(/(^|-)(\w)/g, (_, dash, letter) => letter.toUpperCase())}`;
    return Object.entries(fillings).reduce((text, [key, value]) => text.replace(`{${key}}`, value), this.root.dataset[id] ?? "");
  }

  // Sends a form's fields and answers with what there is to know: JSON, a page that asks something, or nothing. What is
  // refused is an error with the problem in it, whatever the answer looks like. What has a key is done once.
  async send(address, body, key) {
    const headers = { accept: "application/json", "accept-language": document.documentElement.lang };
    if (key) headers["idempotency-key"] = key;
    const response = await fetch(address, { method: "POST", headers, body }).catch(() => {
      throw new Error(this.words("lost"));
    });
    const isJson = response.headers.get("content-type")?.includes("json");
    if (response.redirected) throw new Error(this.words("signed-out"));
    const text = await response.text();
    const page = text && !isJson ? new DOMParser().parseFromString(text, "text/html") : null;
    if (response.ok) return isJson ? JSON.parse(text) : page;
    const problem = isJson ? JSON.parse(text) : {};
    const shown = page?.querySelector("main")?.innerText;
    throw Object.assign(new Error(problem.detail ?? shown ?? response.statusText), { status: response.status, problem });
  }

  // Says what was refused to whoever has left the page meanwhile. Answers whether they have.
  isMissed(why) {
    if (this.life.aborted) toast(why, { alarm: true, link: { href: `/cases/${this.id}`, text: this.words("show") } });
    return this.life.aborted;
  }

  // Shows what is there now. Answers whether it could.
  async refresh() {
    const mine = (this.#asked += 1);
    const wanted = new URLSearchParams(this.life.aborted ? "" : location.search);
    const query = new URLSearchParams([...wanted].filter(([name]) => name === "tail" || name === "comment"));
    const response = await fetch(`/cases/${this.id}/now?${query}`, { signal: this.life }).catch(() => null);
    const text = response?.ok && !response.redirected && (await response.text().catch(() => null));
    if (!text || this.life.aborted) return false;
    // A later answer has been asked for.
    if (mine !== this.#asked) return true;
    patch(this.root, new DOMParser().parseFromString(text, "text/html").body);
    tell();
    this.root.dispatchEvent(new CustomEvent("refreshed"));
    return true;
  }
}
