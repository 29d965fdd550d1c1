/**
 * The stage as an SVG file of its own: every colour and measure that the style sheet gives is written into the
 * elements, so that any viewer shows it alike.
 */

const PAINT = [
    "fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap", "stroke-linejoin", "opacity",
    "fill-opacity", "stroke-opacity",
];
const TYPE = ["font-size", "font-weight"];
const GENERIC = { mono: "monospace", sans: "sans-serif" };
const DROPPED = [
    "class", "role", "tabindex", "data-lane", "data-thread", "aria-label", "aria-haspopup", "aria-labelledby",
    "aria-describedby", "aria-hidden",
];

/** @param {SVGSVGElement} svg  on the page @returns {string} */
export function exportStage(svg) {
    const copy = svg.cloneNode(true);
    inline(svg, copy);
    const [, , width, height] = svg.getAttribute("viewBox").split(" ");
    copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    copy.setAttribute("width", width);
    copy.setAttribute("height", height);
    copy.querySelector("g").replaceWith(ground(svg, width, height));
    describe(copy, svg);
    return `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(copy)}\n`;
}

function inline(source, target) {
    for (const name of DROPPED) target.removeAttribute(name);
    if (source.tagName !== "svg" && source.tagName !== "g") writeStyle(source, target);
    [...source.children].forEach((child, index) => inline(child, target.children[index]));
}

function writeStyle(source, target) {
    const style = getComputedStyle(source);
    const isText = source.tagName === "text";
    for (const name of isText ? [...PAINT.slice(0, 3), ...TYPE] : PAINT) {
        const value = style.getPropertyValue(name);
        const isMoot = style.stroke === "none" && name.startsWith("stroke-");
        if (value && value !== "normal" && !isMoot) target.setAttribute(name, value.replaceAll("px", ""));
    }
    if (isText) target.setAttribute("font-family", /mono/i.test(style.fontFamily) ? GENERIC.mono : GENERIC.sans);
    if (isText) target.setAttribute("xml:space", "preserve");
}

/**
 * Title and description are texts on the page, so that no tooltip covers the picture; in a file they are elements of
 * their own.
 */
function describe(copy, svg) {
    const [title, words] = svg.querySelector(".words").children;
    for (const [tag, text] of [["desc", words.textContent], ["title", title.textContent]]) {
        const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
        made.textContent = text;
        copy.prepend(made);
    }
}

function ground(svg, width, height) {
    const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    rect.setAttribute("width", width);
    rect.setAttribute("height", height);
    rect.setAttribute("fill", getComputedStyle(svg).getPropertyValue("--bg").trim() || "none");
    return rect;
}
