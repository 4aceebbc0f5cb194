// `?` shows the keys. The dialog is in the page, written in the reader's language.

import { on } from "./keys.js";

on("?", () => document.getElementById("keys")?.showModal() ?? undefined);
