/**
 * Building elements without markup strings: whatever comes from a run or a URL is text and never becomes HTML.
 */

import { laneName } from "./layout.js";

const SVG = "http://www.w3.org/2000/svg";

/**
 * An element with properties and children.
 *
 * `class`, `aria-*`, `data-*`, `role` and everything else with a dash are attributes; `on…` functions are listeners;
 * the rest are properties. A value of null or false is left out, and so is a child that is null or false.
 *
 * @param {string} tag
 * @param {Record<string, unknown>} [properties]
 * @param {...(Node | string | number | null | false | undefined)} children
 * @returns {HTMLElement}
 */
export function h(tag, properties = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) setProperty(element, name, value);
    element.append(...children.flat().filter((child) => child !== null && child !== false && child !== undefined));
    return element;
}

function setProperty(element, name, value) {
    if (value === null || value === undefined || value === false) return;
    if (name.startsWith("on") && typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (name in element && !name.includes("-") && name !== "list" && name !== "form") element[name] = value;
    else element.setAttribute(name === "className" ? "class" : name, value === true ? "" : String(value));
}

/** Sets the text only where it differs: an unchanged node costs no layout and no screen reader's breath. */
export function setText(element, text) {
    if (element.textContent !== text) element.textContent = text;
}

/** Sets an attribute only where it differs; null removes it. */
export function setAttribute(element, name, value) {
    if (value === null || value === false) {
        if (element.hasAttribute(name)) element.removeAttribute(name);
    } else if (element.getAttribute(name) !== String(value)) {
        element.setAttribute(name, String(value));
    }
}

/** The class that gives an element and all inside it the hue of a lane. */
export function hueClass(lane) {
    return `hue-${lane % 8}`;
}

/** What a person calls the thread of a lane. */
export { laneName as threadName };

/** A thread's badge; with `live` it opens the thread's menu (menu.js). */
export function chip(lane, live = true) {
    const properties = { className: `chip ${hueClass(lane)}` };
    if (live) {
        Object.assign(properties, {
            type: "button",
            "data-thread": lane,
            "aria-haspopup": "menu",
            "aria-label": `${laneName(lane)}, actions`,
        });
    }
    return h(live ? "button" : "span", properties, laneName(lane));
}

const ICONS = {
    sun:
        "M8 4.6a3.4 3.4 0 1 0 0 6.8 3.4 3.4 0 0 0 0-6.8z" +
        "M8 1v1.6M8 13.4V15M1 8h1.6M13.4 8H15M3 3l1.2 1.2M11.8 11.8 13 13M13 3l-1.2 1.2M4.2 11.8 3 13",
    moon: "M13.5 9.8A6 6 0 0 1 6.2 2.5a6 6 0 1 0 7.3 7.3z",
    share:
        "M6 8.5 10.5 11M10.5 5 6 7.5" +
        "M12.5 5.5a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6z" +
        "M4 9.8a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6z" +
        "M12.5 14.1a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6z",
    screen: "M1.8 2.5h12.4v8.2H1.8zM8 10.7v2.8M5 13.5h6",
    sliders:
        "M2 4.5h7M12 4.5h2M2 11.5h2M7 11.5h7" +
        "M10.5 6.2a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4z" +
        "M5.5 13.2a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4z",
    close: "M3.5 3.5l9 9M12.5 3.5l-9 9",
    open: "M1.8 13V3.2h4.4l1.6 2h6.4V13z",
};

/** A line icon; decoration only, its button carries the label. */
export function icon(name) {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", "0 0 16 16");
    svg.setAttribute("aria-hidden", "true");
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", ICONS[name]);
    for (const [key, value] of [
        ["fill", "none"],
        ["stroke", "currentColor"],
        ["stroke-width", "1.4"],
    ]) {
        path.setAttribute(key, value);
    }
    path.setAttribute("stroke-linecap", "round");
    path.setAttribute("stroke-linejoin", "round");
    svg.append(path);
    return svg;
}
