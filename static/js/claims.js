/** Entry of the page of claims. All that it says is in the page; here are only its tools. */

import { installReadingTools } from "./reading-tools.js";

installReadingTools();
