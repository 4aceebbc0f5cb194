// What scripts add to pages that work without them. Each module looks for the elements that concern it.

import "./keys.js";
import "./drafts.js";
import "./clock.js";
import "./send.js";
import "./dialogs.js";
import "./palette.js";
import "./help.js";

// Pages are written in the reader's time zone, which only the browser knows.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && !document.cookie.includes(`steward_zone=${encodeURIComponent(zone)}`)) {
  document.cookie = `steward_zone=${encodeURIComponent(zone)}; path=/; max-age=31536000; samesite=lax`;
}

// Only the workspace has counts, and hears what happens.
if (document.querySelector("[data-count]")) import("./counts.js");
