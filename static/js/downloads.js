/** Files from the page: what they are called, how they reach the disk. */

/**
 * `lockfree-lab_treiber-stack_seed42_2026-11-23T20-31-05.lflt`: structure, seed and the moment (local time), in
 * characters that
 * every file system takes.
 * @param {{structure?: string, seed?: number | string} | null} run
 * @param {string} ending without the dot @param {string} [part] what of the run it is, where it is not all
 */
export function fileName(run, ending, part = "", now = new Date()) {
    const local = new Date(now.getTime() - now.getTimezoneOffset() * 60_000);
    const moment = local.toISOString().slice(0, 19).replaceAll(":", "-");
    const pieces = ["lockfree-lab", run?.structure, run?.seed === undefined ? "" : `seed${run.seed}`, part, moment];
    const plain = (piece) => String(piece).replace(/[^A-Za-z0-9.-]+/g, "-");
    return `${pieces.filter(Boolean).map(plain).join("_")}.${ending}`;
}

/** Hands a file to the browser's downloads. @param {Blob} blob @param {string} name */
export function download(blob, name) {
    const address = URL.createObjectURL(blob);
    const link = document.createElement("a");
    link.href = address;
    link.download = name;
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** "640 bytes", "12 kB", "64.2 MB". @param {number} bytes */
export function fileSize(bytes) {
    if (bytes < 1000) {
        return `${bytes} bytes`;
    }
    return bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** The bytes behind a data address, as Plotly gives pictures: base64 or percent-encoded. @param {string} address */
export function blobOf(address) {
    const [head, body] = [address.slice(5, address.indexOf(",")), address.slice(address.indexOf(",") + 1)];
    const type = head.split(";")[0];
    if (!head.endsWith(";base64")) {
        return new Blob([decodeURIComponent(body)], { type });
    }
    return new Blob([Uint8Array.from(atob(body), (character) => character.charCodeAt(0))], { type });
}
