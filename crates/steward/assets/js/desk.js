// What scripts add to pages that work without them. Each module looks for the elements that concern it.

import "./keys.js";
import "./drafts.js";
import "./clock.js";
import "./send.js";
import "./dialogs.js";
import "./palette.js";
import "./shortcuts.js";
import "./zone.js";

// A strip of sections begins where one is.
document.querySelector(".within [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// Only the workspace has counts, and hears what happens.
if (document.querySelector("[data-count]")) import("./counts.js");
