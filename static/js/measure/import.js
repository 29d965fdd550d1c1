/** Takes a result file into the history. Whatever is wrong with it is told, and then nothing was changed. */

const LARGEST = 64 * 1024 * 1024;

/**
 * @param {{ take(result: object): Promise<object> }} client
 * @param {File} file
 * @returns {Promise<{ id?: string, known?: boolean, refusal?: string }>} one of them: the run's id; it is there
 *     already; why not
 */
export async function importFile(client, file) {
    if (file.size > LARGEST) return { refusal: "It is larger than 64 MB: no result is." };
    let result;
    try {
        result = JSON.parse(await file.text());
    } catch {
        return {
            refusal: "It is no JSON. A result is what the export as JSON or “lockfree-lab bench --json FILE” writes.",
        };
    }
    const answer = await client.take(result);
    if (answer.ok) return { id: answer.value.id };
    return answer.error.status === 409 ? { known: true } : { refusal: answer.error.message };
}
