/** The tools of pages that are read: light and dark, large print; T and V as in the labs, and what keys a page has itself. */

import { icon, setAttribute } from "./dom.js";
import { followSystem, onTheme, projected, theme, toggleProjector, toggleTheme } from "./theme.js";

/** @param {Record<string, () => void>} [keys] further keys, in lower case, and what they do */
export function installReadingTools(keys = {}) {
    const themeButton = document.getElementById("theme-button");
    const projectorButton = document.getElementById("projector-button");
    projectorButton.append(icon("screen"));
    const show = () => {
        themeButton.replaceChildren(icon(theme() === "dark" ? "sun" : "moon"));
        setAttribute(projectorButton, "aria-pressed", String(projected()));
    };
    show();
    onTheme(show);
    followSystem();
    themeButton.addEventListener("click", toggleTheme);
    projectorButton.addEventListener("click", toggleProjector);
    const actions = { t: toggleTheme, v: toggleProjector, ...keys };
    document.addEventListener("keydown", (event) => {
        if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
        if (event.target.closest?.("input, textarea, select")) return;
        actions[event.key.toLowerCase()]?.();
    });
}
