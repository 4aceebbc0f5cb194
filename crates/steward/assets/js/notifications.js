// Notifications: opening the case that one speaks of marks it as read, and new ones are announced.

import { hear } from "./live.js";

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-reads]");
  if (!link) return;
  const csrf = document.querySelector("[name=csrf]").value;
  fetch("/notifications/read", { method: "POST", keepalive: true, redirect: "manual", body: new URLSearchParams({ csrf, notification_id: link.dataset.reads }) });
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
