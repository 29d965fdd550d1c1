/** The transport's shapes: filled, one path each, decoration only; the button carries the label. */

const SVG = "http://www.w3.org/2000/svg";
const SHAPES = {
    toStart: "M3 3h2v10H3zM13 3v10L6 8z",
    stepBack: "M12 3v10L4 8z",
    play: "M4 2.5v11L13.5 8z",
    pause: "M4 3h3v10H4zM9 3h3v10H9z",
    stepForward: "M4 3v10l8-5z",
    toEnd: "M11 3h2v10h-2zM3 3v10l7-5z",
};

/** @param {keyof typeof SHAPES} name @returns {SVGSVGElement} */
export function glyph(name) {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", "0 0 16 16");
    svg.setAttribute("aria-hidden", "true");
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", SHAPES[name]);
    path.setAttribute("fill", "currentColor");
    svg.append(path);
    return svg;
}
