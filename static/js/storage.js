/** What this browser keeps: small strings under one prefix. Storage may be off or full; then nothing is kept. */

const PREFIX = "lockfree-lab.";

/** @returns {string | null} */
export function stored(name) {
    try {
        return localStorage.getItem(PREFIX + name);
    } catch {
        return null;
    }
}

/** Keeps a string; null forgets it. */
export function store(name, value) {
    try {
        if (value === null) localStorage.removeItem(PREFIX + name);
        else localStorage.setItem(PREFIX + name, value);
    } catch {
        // The page works without; the choice lasts until it is closed.
    }
}
