/** How the lab writes figures, times and places. No DOM. */

import { count } from "../format.js";

const THIN = "\u202f";

/** Units in which figures are kept, and in which they are read. */
const RAW = { "operations/s": [1e-6, "M/s"], ns: [1e-3, "µs"], items: [1, "lost"] };

/** A median in its unit, in three digits: "1.90 M/s", "205 µs", "12 lost". */
export function figure(value, unit) {
    if (value === null || value === undefined) return "–";
    if (unit in RAW) return figure(value * RAW[unit][0], RAW[unit][1]);
    const text = value >= 1000 || unit === "lost" ? count(value) : value.toPrecision(3);
    return `${text}${THIN}${unit}`.trim();
}

/** A stretch of waiting, in whole seconds. */
export function span(seconds) {
    const whole = Math.max(0, Math.round(seconds));
    if (whole < 60) return `${whole}${THIN}s`;
    const [minutes, rest] = [Math.floor(whole / 60), whole % 60];
    if (minutes < 60) return rest ? `${minutes}${THIN}min ${rest}${THIN}s` : `${minutes}${THIN}min`;
    return `${Math.floor(minutes / 60)}${THIN}h ${minutes % 60}${THIN}min`;
}

/** "± 3 %". */
export function plusMinus(share) {
    if (share === null || share === undefined || !Number.isFinite(share)) return "";
    const value = 100 * share;
    return `±${THIN}${value >= 10 ? Math.round(value) : Number(value.toFixed(1))}${THIN}%`;
}

/** A stored date (UTC) in the reader's own time: "2026-11-28 04:43". */
export function moment(date) {
    const time = new Date(date);
    if (Number.isNaN(time.getTime())) return date ?? "";
    const local = new Date(time.getTime() - time.getTimezoneOffset() * 60_000);
    return local.toISOString().slice(0, 16).replace("T", " ");
}

/** "4 cores". */
export function cores(number) {
    return plural(number, "core");
}

export function plural(number, word) {
    return `${count(number)} ${word}${number === 1 ? "" : "s"}`;
}

/** Machine and interpreter of a run in one line, for headings and under pictures. */
export function machineLine({ environment, interpreters = [] }) {
    const names = interpreters.length > 0 ? interpreters.map(interpreterName) : [environment.interpreter];
    const parts = [environment.cpu, cores(environment.cores), environment.system, [...new Set(names)].join(", ")];
    return parts.filter(Boolean).join(" · ");
}

function interpreterName(one) {
    return typeof one === "string" ? one : one.title;
}

/** A sentence of the server's, which may come without its full stop. */
export { sentence } from "../states.js";
