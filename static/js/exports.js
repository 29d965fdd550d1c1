/**
 * What can be taken away: the chart, the picture on the stage, and the recording. All of it is made in this page
 * from what it
 * has received, except the chart's figures, so it works with a held view, with a dead engine and with no network.
 */

import { openChartDialog } from "./chart-dialog.js";
import { download, fileName, fileSize } from "./downloads.js";
import { encodeRecording } from "./recording.js";
import { toast } from "./toast.js";

const HEADER_BYTES = 4000;

/**
 * The newest counters and account of each side; a recording carries them.
 * @type {WeakMap<object, {counters: object | null, account: object | null}>}
 */
const latest = new WeakMap();

/**
 * Keeps what a recording of this side will need.
 * @param {object} context
 * @returns {() => void} what ends it
 */
export function followForRecording(context) {
    const kept = { counters: null, account: null };
    latest.set(context, kept);
    const ends = [
        context.on("counters", (counters) => void (kept.counters = counters)),
        context.on("account", (account) => void (kept.account = account)),
        context.on("cleared", () => Object.assign(kept, { counters: null, account: null })),
    ];
    return () => ends.forEach((end) => end?.());
}

/**
 * The items of the export menu.
 * @param {object[]} contexts one a side
 * @returns {import("./menu.js").Item[]}
 */
export function exportItems(contexts) {
    const [{ run, playback }] = contexts;
    const duel = contexts.length > 1;
    const ofSide = (context) => (duel ? `, ${context.entry.variant}` : "");
    const recorded = !playback.endless;
    return [
        {
            label: "Chart: PNG, SVG, CSV …", hint: recorded ? "needs the run, not its recording" : "",
            disabled: !run || recorded, run: () => openChartDialog(run),
        },
        ...contexts.map((context) => ({
            label: `Stage${ofSide(context)}: SVG`, disabled: !context.scene || context.history.last < 0,
            run: () => saveStage(context),
        })),
        ...contexts.map((context) => ({
            label: `Recording${ofSide(context)}`, hint: recordingSize(context), disabled: context.history.last < 0,
            run: () => saveRecording(context),
        })),
    ];
}

/** How large the file will be, nearly: records are all but a few kilobytes of it. */
function recordingSize({ history, timeline, layout }) {
    const records = history.last - timeline.unbrokenFrom + 1;
    const bytes = Math.max(records, 0) * layout.bytes + HEADER_BYTES;
    return history.last < 0 ? "nothing received yet" : `about ${fileSize(bytes)}`;
}

/** The picture as it stands, as a file of its own. */
export function saveStage(context) {
    const svg = context.scene.exportSvg();
    download(new Blob([svg], { type: "image/svg+xml" }), fileName(subject(context), "svg", "stage"));
}

/**
 * Everything that is buffered without a gap up to the newest record, as a file that opens here again.
 * @param {object} context
 */
export function saveRecording(context) {
    try {
        const { bytes } = encodeRecording(context, { run: sideOf(context), ...latest.get(context) });
        const blob = new Blob([bytes], { type: "application/octet-stream" });
        const name = fileName(subject(context), "lflt");
        download(blob, name);
        toast(`Saved ${name}, ${fileSize(blob.size)}`);
    } catch (error) {
        toast(`The recording was not saved: ${error.message}`, "bad");
    }
}

/** What the file's name says: the structure of this side, and the seed. */
function subject({ run, entry }) {
    return { structure: entry?.key ?? run?.structure, seed: run?.seed };
}

/** The run as its recording describes it: with the one side that was recorded. */
function sideOf({ run, entry, side = 0 }) {
    const sides = run?.sides?.filter?.((one) => one.side === side) ?? [];
    return { ...run, structure: entry?.key ?? run?.structure, sides };
}
