/** Recordings on the page: open one from disk or by dropping it, save what is shown. */

import { installDrop, pickFile } from "./drop-files.js";
import { decodeRecording } from "./recording.js";
import { toast } from "./toast.js";

/**
 * @param {import("./session.js").Session} session
 * @param {{ show: Function, hide: Function }} states
 * @param {(context: object) => void} save what the export menu calls "recording"
 */
export function createRecordings(session, states, save) {
    const open = async (file) => {
        try {
            const recording = decodeRecording(await file.arrayBuffer());
            states.hide("damaged");
            session.play(recording, file.name);
        } catch (error) {
            states.show("damaged", { name: file.name, message: error.message });
        }
    };
    installDrop(open);
    return {
        async pick() {
            const file = await pickFile();
            if (file) await open(file);
        },
        save(context) {
            if (context && context.history.last >= 0) save(context);
            else toast("Nothing has been received yet, so there is nothing to save");
        },
    };
}
