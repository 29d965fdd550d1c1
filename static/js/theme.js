/**
 * Light and dark, and the projector mode. The choice stays in this browser; until one was made the page follows the
 * system. boot.js sets both before the first paint.
 */

import { store, stored } from "./storage.js";

const THEME = "theme";
const root = document.documentElement;

/** @returns {"dark" | "light"} */
export function theme() {
    return root.dataset.theme === "light" ? "light" : "dark";
}

/** Changes between light and dark and keeps the choice. */
export function toggleTheme() {
    apply(theme() === "dark" ? "light" : "dark");
    store(THEME, theme());
}

/** Follows the system for as long as nobody has chosen. */
export function followSystem() {
    matchMedia("(prefers-color-scheme: light)").addEventListener("change", (event) => {
        if (stored(THEME) === null) apply(event.matches ? "light" : "dark");
    });
}

/** @param {(theme: "dark" | "light") => void} listener called after every change: a canvas does not follow CSS */
export function onTheme(listener) {
    root.addEventListener("themechange", () => listener(theme()));
}

/** @returns {boolean} whether the page is set for a projector */
export function projected() {
    return root.dataset.projector === "on";
}

/** Changes between the workbench and the projector's view. */
export function toggleProjector() {
    root.dataset.projector = projected() ? "off" : "on";
    root.dispatchEvent(new CustomEvent("themechange"));
    window.dispatchEvent(new Event("resize"));
}

function apply(name) {
    root.dataset.theme = name;
    root.dispatchEvent(new CustomEvent("themechange"));
}
