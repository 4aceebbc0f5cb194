// What scripts add to pages that work without them. Each module looks for the elements that concern it.

import "./keys.js";
import "./drafts.js";
import "./clock.js";
import "./send.js";
import "./dialogs.js";
import "./zone.js";
