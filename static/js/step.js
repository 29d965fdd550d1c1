/** The Step page: wires session, bench, editor, tree, prediction, keys and URL to each other, and nothing else. */

import { StepPage } from "./step/page.js";

const bootstrap = JSON.parse(document.getElementById("bootstrap").textContent);
new StepPage(bootstrap).begin();
