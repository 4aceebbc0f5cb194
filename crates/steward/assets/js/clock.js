// Keeps times current that are told by their distance: <time data-away>. The words are those that the server uses.

const words = { en: ["now", (text) => `in ${text}`, (text) => `${text} ago`, "days"], de: ["jetzt", (text) => `in ${text}`, (text) => `vor ${text}`, "Tagen"] };
const MINUTE = 60_000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;

function told(millis) {
  const [now, ahead, ago, days] = words[document.documentElement.lang] ?? words.en;
  const far = Math.abs(millis);
  if (far < MINUTE) return now;
  const length = far < HOUR ? `${Math.floor(far / MINUTE)} min` : far < 2 * DAY ? `${Math.floor(far / HOUR)} h` : `${Math.floor(far / DAY)} ${days}`;
  return millis > 0 ? ahead(length) : ago(length);
}

export function tell(root = document) {
  for (const time of root.querySelectorAll("time[data-away]")) {
    const millis = Date.parse(time.dateTime) - Date.now();
    const text = told(millis);
    if (time.textContent !== text) time.textContent = text;
    if (time.classList.contains("due")) {
      time.classList.toggle("overdue", millis < 0);
      // A list says from when on each is due soon; elsewhere it is the last four hours.
      const soon = time.dataset.soon ? Date.parse(time.dataset.soon) <= Date.now() : !("sla" in time.dataset) && millis < 4 * HOUR;
      time.classList.toggle("soon", millis >= 0 && soon);
      time.classList.toggle("calm", millis >= 0 && !soon);
    }
  }
}

setInterval(() => tell(), 20_000);
document.addEventListener("visibilitychange", () => document.hidden || tell());
