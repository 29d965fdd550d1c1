/** What canvases need of the theme, read from the style sheet once and again when the theme changes. */

export const HUES = 8;

/**
 * @param {Element} element
 * @returns {{text: string, muted: string, faint: string, line: string, lineStrong: string, ground: string, fault:
 *     string, focus: string,
 *            font: string, mono: string, hues: {line: string, text: string, soft: string}[]}}
 */
export function readPalette(element) {
    const style = getComputedStyle(element);
    const token = (name) => style.getPropertyValue(`--${name}`).trim();
    const hues = [];
    for (let hue = 0; hue < HUES; hue += 1) {
        hues.push({ line: token(`t${hue}`), text: token(`t${hue}-text`), soft: token(`t${hue}-soft`) });
    }
    return {
        text: token("text"), muted: token("muted"), faint: token("faint"), line: token("line"),
        lineStrong: token("line-strong"), ground: token("bg"), fault: token("fault"), focus: token("focus"),
        font: token("font") || "sans-serif", mono: token("mono") || "monospace", hues,
    };
}

/** The hue of a lane: its number modulo the hues. */
export function hueOf(palette, lane) {
    return palette.hues[lane % HUES];
}

/** Diagonal lines, the sign of everything injected. @param {CanvasRenderingContext2D} context */
export function hatchPattern(context, colour, ratio) {
    const tile = document.createElement("canvas");
    const size = Math.round(6 * ratio);
    tile.width = size;
    tile.height = size;
    const draw = tile.getContext("2d");
    draw.strokeStyle = colour;
    draw.lineWidth = Math.max(1, ratio * 1.2);
    draw.beginPath();
    for (const shift of [-size, 0, size]) {
        draw.moveTo(shift, size);
        draw.lineTo(shift + size, 0);
    }
    draw.stroke();
    const pattern = context.createPattern(tile, "repeat");
    pattern.setTransform(new DOMMatrix().scale(1 / ratio));
    return pattern;
}
