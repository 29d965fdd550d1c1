/**
 * The pieces that sprites are drawn from: plain descriptions of SVG elements, in the sprite's own coordinates.
 */

/** @typedef {{ tag: string, attributes: Record<string, string | number>, text?: string }} Part */

const HATCH_STEP = 7;

/** @returns {Part} */
export function part(tag, look, attributes, text) {
    return { tag, attributes: look ? { class: look, ...attributes } : attributes, text };
}

/** @returns {Part} */
export function rect(look, x, y, width, height, radius = 5) {
    return part("rect", look, { x, y, width: Math.max(0, width), height: Math.max(0, height), rx: radius });
}

/** @returns {Part} */
export function path(look, d) {
    return part("path", look, { d });
}

/**
 * A line of text with its baseline at y.
 * @param {"start" | "middle" | "end"} [anchor]
 * @returns {Part}
 */
export function text(look, x, y, content, anchor = "start") {
    return part("text", look, { x, y, "text-anchor": anchor }, content);
}

/** Diagonal lines inside a rectangle: the sign of everything injected, and of the dummy node. @returns {Part} */
export function hatch(x, y, width, height) {
    let d = "";
    for (let offset = HATCH_STEP; offset < width + height; offset += HATCH_STEP) {
        const [x1, y1] = offset <= width ? [offset, 0] : [width, offset - width];
        const [x2, y2] = offset <= height ? [0, offset] : [offset - height, height];
        d += `M${x + x1} ${y + y1}L${x + x2} ${y + y2}`;
    }
    return path("hatch", d);
}

/** A lost CAS: a hollow square with a cross. @returns {Part[]} */
export function cross(x, y, size) {
    const inner = size * 0.28;
    const [near, farX, farY] = [inner, x + size - inner, y + size - inner];
    return [
        rect("icon-lost", x, y, size, size, 2),
        path("icon-stroke", `M${x + near} ${y + near}L${farX} ${farY}M${farX} ${y + near}L${x + near} ${farY}`),
    ];
}

/** A won CAS: a filled disc with a tick. @returns {Part[]} */
export function tick(x, y, size) {
    const r = size / 2;
    const at = (dx, dy) => `${x + r + dx * r} ${y + r + dy * r}`;
    return [
        part("circle", "icon-won", { cx: x + r, cy: y + r, r }),
        path("icon-tick", `M${at(-0.45, 0.05)}L${at(-0.1, 0.4)}L${at(0.48, -0.32)}`),
    ];
}

/** A clock: the cell changed and changed back. @returns {Part[]} */
export function clock(x, y, size) {
    const r = size / 2;
    return [
        part("circle", "icon-clock", { cx: x + r, cy: y + r, r: r - 0.5 }),
        path("icon-clock", `M${x + r} ${y + r * 0.4}L${x + r} ${y + r}L${x + r * 1.5} ${y + r * 1.25}`),
    ];
}
