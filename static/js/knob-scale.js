/**
 * Where a knob's value stands on its slider, and how it is written. No DOM.
 *
 * A slider has 1,000 steps. A log slider whose range begins at 0 keeps its first step for 0. Where a knob takes 0
 * beside its range ("0 means …"), a log slider keeps its last step for it (0 is "no limit" there), a linear one its
 * first.
 */

export const STEPS = 1000;
const DECADES = 4;

/** @returns {number} 0 to STEPS */
export function toSlider(knob, value) {
    const { low, high, from, to } = range(knob);
    if (knob.zero && value === 0) return knob.scale === "log" ? STEPS : 0;
    if (value <= 0 && knob.scale === "log") return 0;
    const share = knob.scale === "log" ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
    return Math.round(from + Math.min(1, Math.max(0, share)) * (to - from));
}

/** @returns {number} the value at a slider's position, rounded to what a person would type */
export function fromSlider(knob, position) {
    const { low, high, from, to } = range(knob);
    if (knob.zero && (knob.scale === "log" ? position > to : position < from)) return 0;
    if (knob.scale === "log" && knob.minimum === 0 && position < from) return 0;
    const share = Math.min(1, Math.max(0, (position - from) / (to - from)));
    const value = knob.scale === "log" ? low * (high / low) ** share : low + share * (high - low);
    return Math.min(high, Math.max(knob.minimum, tidy(value, knob)));
}

/** @returns {string} */
export function formatValue(value) {
    return typeof value === "number" ? String(Number(value.toPrecision(6))) : String(value);
}

/** The range of values and, for the slider, the steps it covers. */
function range(knob) {
    const logarithmic = knob.scale === "log";
    const low = logarithmic && knob.minimum === 0 ? knob.maximum / 10 ** DECADES : knob.minimum;
    const from = (logarithmic && knob.minimum === 0) || (!logarithmic && knob.zero) ? 20 : 0;
    const to = logarithmic && knob.zero ? STEPS - 20 : STEPS;
    return { low, high: knob.maximum, from, to };
}

/** Whole numbers where the knob wants them, else two significant digits. */
function tidy(value, knob) {
    const digits = Number(value.toPrecision(2));
    if (!knob.integer) return digits;
    return knob.scale === "log" ? Math.max(1, Math.round(digits)) : Math.round(value);
}
