/** What the frame does on narrow screens: the knobs in a drawer, code and threads in tabs. */

import { h, setAttribute } from "./dom.js";

export function createPanels() {
    const frame = document.getElementById("frame");
    const button = document.getElementById("drawer-button");
    const knobs = document.getElementById("knobs");
    const scrim = h("button", {
        type: "button",
        className: "drawer-scrim",
        tabIndex: -1,
        "aria-label": "Close the knobs",
        hidden: true,
    });
    frame.append(scrim);

    const setDrawer = (open) => {
        setAttribute(frame, "data-drawer", open ? "open" : null);
        setAttribute(button, "aria-expanded", String(open));
        scrim.hidden = !open;
        if (open) knobs.querySelector("input, button")?.focus();
        else if (knobs.contains(document.activeElement)) button.focus();
    };
    scrim.addEventListener("click", () => setDrawer(false));
    knobs.addEventListener("keydown", (event) => {
        if (event.key === "Escape" && frame.dataset.drawer === "open") setDrawer(false); // in a field too
    });
    matchMedia("(min-width: 1200px)").addEventListener("change", () => setDrawer(false));
    createTabs(document.getElementById("right"));
    return {
        toggleDrawer: () => setDrawer(frame.dataset.drawer !== "open"),
        /** @returns {boolean} whether it was open */
        closeDrawer() {
            const open = frame.dataset.drawer === "open";
            if (open) setDrawer(false);
            return open;
        },
    };
}

/** Tabs whose panels are named by `aria-controls`; arrows move between them. */
function createTabs(root) {
    const tabs = [...root.querySelectorAll("[role=tab]")];
    const choose = (tab) => {
        root.dataset.tab = tab.getAttribute("aria-controls");
        for (const other of tabs) {
            setAttribute(other, "aria-selected", String(other === tab));
            other.tabIndex = other === tab ? 0 : -1;
        }
    };
    tabs.forEach((tab, index) => {
        tab.addEventListener("click", () => choose(tab));
        tab.addEventListener("keydown", (event) => {
            if (event.key !== "ArrowRight" && event.key !== "ArrowLeft") return;
            event.preventDefault();
            const next = tabs[(index + 1) % tabs.length];
            choose(next);
            next.focus();
        });
    });
}
