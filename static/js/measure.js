/** The Measure pages: reads which of them this is, and lets it begin. */

import { createComparePage } from "./measure/compare.js";
import { createHistoryPage } from "./measure/history.js";
import { createRunPage } from "./measure/run.js";
import { createShell } from "./measure/shell.js";

const PAGES = { run: createRunPage, one: createRunPage, history: createHistoryPage, compare: createComparePage };

const bootstrap = JSON.parse(document.getElementById("bootstrap").textContent);
PAGES[bootstrap.view](createShell(bootstrap));
