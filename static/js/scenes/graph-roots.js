/** The ovals of root cells at the left of a graph. */

import { SIZE } from "./metrics.js";
import { fit, textWidth } from "./text.js";

/** Width of an oval at least and at most, the room after it, and its height. */
export const ROOT = { least: 78, most: 132, gap: 44, h: 40 };

/** What stands in a root cell's oval beside its name. */
export function rootText(view, { value, target, cell }) {
    const tag = cell.tag >= 0 ? `tag ${cell.tag}` : undefined;
    if (target !== 0) return tag;
    const text = fit(view.names.value(value), 56, SIZE.small, { mono: true });
    return tag === undefined ? text : `${text}, ${tag}`;
}

/** How wide all of them are. */
export function rootWidth(view, roots, { breadth }) {
    const widths = roots.map((root) => {
        const name = textWidth(root.name, 13, { mono: true });
        const tag = rootText(view, root);
        return name + 28 + (tag === undefined ? 0 : textWidth(tag, SIZE.small, { mono: true }) + 8);
    });
    const most = breadth === "tiny" ? 92 : ROOT.most;
    return Math.min(most, Math.max(ROOT.least, ...widths));
}
