/** What an exported file carries beside its scripts: compressed JSON in an element of the page. */

/** @param {string} text @returns {Uint8Array} */
export function fromBase64(text) {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** @param {string} id  of the element @returns {Promise<object>} */
export async function readEmbedded(id) {
    const bytes = fromBase64(document.getElementById(id).textContent.trim());
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return JSON.parse(await new Response(stream).text());
}
