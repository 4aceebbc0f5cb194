// Notifications: opening the case that one speaks of marks it as read, and new ones are announced.

import { hear } from "./live.js";

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-reads]");
  if (!link) return;
  const body = JSON.stringify({ notification_ids: [Number(link.dataset.reads)] });
  fetch("/api/crm/notifications", { method: "PUT", keepalive: true, headers: { "content-type": "application/json" }, body });
  link.closest("li").classList.remove("unread");
});

const news = document.getElementById("news");
const shown = Number(document.querySelector("[data-unread]")?.textContent ?? 0);
let timer;
const look = () => {
  timer ??= setTimeout(async () => {
    timer = undefined;
    const response = await fetch("/views/counts").catch(() => undefined);
    if (!response?.ok || response.redirected) return;
    const { unread } = await response.json();
    if (unread > shown && !news.childElementCount) news.append(Object.assign(document.createElement("a"), { href: location.href, textContent: news.dataset.text }));
  }, 1_500);
};
for (const kind of ["case_created", "case_changed", "case_breached", "awake"]) hear(kind, look);
