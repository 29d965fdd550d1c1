/**
 * The ways that links take: five points, of which neighbours may coincide, drawn with rounded corners. The number of
 * points is always the same, so that any link can move into any other.
 */

const RADIUS = 12;

/** @typedef {number[]} Points  x and y of five points */

/** @returns {Points} */
export function straight(x1, y1, x2, y2) {
    return [x1, y1, x1, y1, x1, y1, x2, y2, x2, y2];
}

/** Up or down from the start to the height `channel`, along it, and up or down to the end. @returns {Points} */
export function throughChannel(x1, y1, channel, x2, y2) {
    return [x1, y1, x1, y1, x1, channel, x2, channel, x2, y2];
}

/** Sideways out of the start, then through the channel to the end. @returns {Points} */
export function sidewaysThroughChannel(x1, y1, out, channel, x2, y2) {
    return [x1, y1, out, y1, out, channel, x2, channel, x2, y2];
}

/** Sideways, vertically half-way, sideways. @returns {Points} */
export function elbow(x1, y1, middle, x2, y2) {
    return [x1, y1, middle, y1, middle, y2, middle, y2, x2, y2];
}

function distinct(points) {
    const kept = [];
    for (let i = 0; i < points.length; i += 2) {
        const last = kept[kept.length - 1];
        if (!last || Math.hypot(points[i] - last[0], points[i + 1] - last[1]) > 0.5) kept.push(
            [points[i], points[i + 1]],
        );
    }
    return kept;
}

function towards(from, to, distance) {
    const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
    const share = length === 0 ? 0 : distance / length;
    return [from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share];
}

const write = ([x, y]) => `${Math.round(x * 10) / 10} ${Math.round(y * 10) / 10}`;

/**
 * The paths of a link: its line and the tip of its arrow.
 * @param {Points} points
 * @param {number} tip  length of the tip, 0 for none
 * @returns {[string, string]}
 */
export function linkPaths(points, tip) {
    const corners = distinct(points);
    if (corners.length < 2) return ["", ""];
    const end = corners[corners.length - 1];
    const before = corners[corners.length - 2];
    const room = Math.hypot(end[0] - before[0], end[1] - before[1]);
    if (tip > 0) corners[corners.length - 1] = towards(end, before, Math.min(tip - 1, room - 0.1));
    return [roundedPath(corners), tip > 0 ? tipPath(before, end, tip) : ""];
}

function roundedPath(corners) {
    let d = `M${write(corners[0])}`;
    for (let i = 1; i < corners.length - 1; i += 1) {
        const [before, corner, after] = [corners[i - 1], corners[i], corners[i + 1]];
        const half = Math.min(
            RADIUS,
            Math.hypot(corner[0] - before[0], corner[1] - before[1]) / 2,
            Math.hypot(after[0] - corner[0], after[1] - corner[1]) / 2,
        );
        d += `L${write(towards(corner, before, half))}Q${write(corner)} ${write(towards(corner, after, half))}`;
    }
    return `${d}L${write(corners[corners.length - 1])}`;
}

function tipPath(before, end, length) {
    const [bx, by] = towards(end, before, length);
    const [nx, ny] = [-(end[1] - by) * 0.5, (end[0] - bx) * 0.5];
    return `M${write(end)}L${write([bx + nx, by + ny])}L${write([bx - nx, by - ny])}Z`;
}
