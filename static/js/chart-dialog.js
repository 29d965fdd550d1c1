/**
 * The exact chart of a run: the server's figure, drawn by Plotly, which is loaded when the dialog first opens.
 * PNG, SVG and CSV are made from it without any other machine.
 */

import { openDialog } from "./dialogs.js";
import { h } from "./dom.js";
import { blobOf, download, fileName } from "./downloads.js";
import { theme } from "./theme.js";

const PLOTLY = "/static/vendor/plotly/plotly-cartesian.min.js";
const CONFIG = {
    displaylogo: false, responsive: true, showSendToCloud: false, plotlyServerURL: "",
    modeBarButtonsToRemove: ["sendDataToCloud", "sendChartToCloud", "toImage", "lasso2d", "select2d", "autoScale2d"],
};
const PICTURE = { width: 1200, height: 800, scale: 2 };

let loading = null;

/** Plotly, appended as a script at the first call: it is 1.5 MB that most visits never need. */
export function loadPlotly() {
    loading ??= new Promise((resolve, reject) => {
        const script = h("script", { src: PLOTLY });
        script.addEventListener("load", () => resolve(globalThis.Plotly));
        script.addEventListener("error", () => {
            loading = null;
            script.remove();
            reject(new Error("the chart library could not be loaded from this server"));
        });
        document.head.append(script);
    });
    return loading;
}

/** @param {{id: string, structure: string, seed: number}} run */
export function openChartDialog(run) {
    const label = "Operations, retry rate and retries over the run";
    const plot = h("div", { className: "exact-chart", role: "img", "aria-label": label });
    const note = h("p", { className: "chart-note", role: "status" }, "Drawing …");
    const shown = { plotly: null, plot, note, run };
    const save = (label, make) => ({
        label, run: () => {
            make(shown).catch((error) => say(shown, error));
            return false;
        },
    });
    const actions = [
        save("PNG", (dialog) => savePicture(dialog, "png")), save("SVG", (dialog) => savePicture(dialog, "svg")),
        save("CSV", saveCsv),
    ];
    const element = openDialog("Chart of the run", [note, plot], actions, {
        className: "exact", onClose: () => shown.plotly?.purge(plot),
    });
    draw(shown).catch((error) => say(shown, error));
    return element;
}

async function draw(shown) {
    const asked = ask(shown.run, `chart?theme=${theme()}`).then((answer) => answer.json());
    const [plotly, figure] = await Promise.all([loadPlotly(), asked]);
    if (!shown.plot.isConnected) {
        return;
    }
    shown.plotly = plotly;
    await plotly.newPlot(shown.plot, figure.data, { ...figure.layout, autosize: true }, CONFIG);
    shown.note.hidden = true;
}

/** GET from the run; a refusal becomes an Error with the server's words. */
async function ask(run, what) {
    let answer;
    try {
        answer = await fetch(`/api/runs/${encodeURIComponent(run.id)}/${what}`);
    } catch {
        throw new Error("the server does not answer; the chart's figures are there");
    }
    if (!answer.ok) {
        const refusal = await answer.json().catch(() => null);
        throw new Error(refusal?.error?.message ?? `the server answered ${answer.status}`);
    }
    return answer;
}

function say({ note }, error) {
    note.hidden = false;
    note.classList.add("bad");
    note.setAttribute("role", "alert");
    note.textContent = `No chart: ${error.message}.`;
}

async function savePicture({ plotly, plot, run }, format) {
    if (plotly !== null) {
        const address = await plotly.toImage(plot, { format, ...PICTURE });
        download(blobOf(address), fileName(run, format, "chart"));
    }
}

async function saveCsv({ run }) {
    const answer = await ask(run, "chart.csv");
    download(await answer.blob(), fileName(run, "csv", "chart"));
}
