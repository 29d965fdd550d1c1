/** How numbers are written on the page: thin spaces between thousands, one unit, no more digits than mean something. */

const THIN = "\u202f";

/** A whole number: `48 213`. */
export function count(value) {
    return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, THIN);
}

/** A rate in at most three digits: `0.6`, `48`, `48 k`, `1.9 M`. */
export function rate(value) {
    for (const [unit, size] of [
        ["M", 1e6],
        ["k", 1e3],
    ]) {
        if (value >= size) return `${digits(value / size)}${THIN}${unit}`;
    }
    return digits(value);
}

/** A share: `0.084` is `8.4 %`. */
export function percent(share) {
    return `${digits(share * 100)}${THIN}%`;
}

function digits(value) {
    if (value === 0) return "0";
    return value >= 10 ? String(Math.round(value)) : String(Number(value.toFixed(value >= 1 ? 1 : 2)));
}
