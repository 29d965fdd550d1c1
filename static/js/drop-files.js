/** Recordings come in by picking a file or by dropping one anywhere on the page. */

import { h } from "./dom.js";

/** Opens the browser's file picker. @returns {Promise<File | null>} null when it was cancelled */
export function pickFile(accept = ".lflt") {
    return new Promise((resolve) => {
        const input = h("input", { type: "file", accept, hidden: true });
        const answer = (file) => {
            input.remove();
            resolve(file);
        };
        input.addEventListener("change", () => answer(input.files[0] ?? null));
        input.addEventListener("cancel", () => answer(null));
        document.body.append(input);
        input.click();
    });
}

/**
 * Takes a file dropped on the page; while one hangs over it, says what will happen.
 * @param {(file: File) => void} take
 * @returns {() => void} what ends it
 */
export function installDrop(take, words = "Drop the recording to open it") {
    const controller = new AbortController();
    const listen = (name, listener) => window.addEventListener(name, listener, { signal: controller.signal });
    const scrim = h("div", { className: "drop-scrim", "aria-hidden": "true" }, words);
    const hasFile = (event) => event.dataTransfer?.types.includes("Files");
    listen("dragover", (event) => {
        if (hasFile(event)) {
            event.preventDefault();
            document.body.append(scrim);
        }
    });
    listen("dragleave", (event) => event.relatedTarget === null && scrim.remove());
    listen("drop", (event) => {
        scrim.remove();
        if (hasFile(event)) {
            event.preventDefault();
            const [file] = event.dataTransfer.files;
            if (file) {
                take(file);
            }
        }
    });
    return () => {
        controller.abort();
        scrim.remove();
    };
}
