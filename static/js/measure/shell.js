/** What all pages of Measure have: header, keys, help, states, sharing, and the client. */

import { createApi } from "../api.js";
import { loadPlotly } from "../chart-dialog.js";
import { shareDialog } from "../dialogs.js";
import { createHeader } from "../header.js";
import { installKeys } from "../keys.js";
import { closeMenu, installThreadMenu } from "../menu.js";
import { createStates } from "../states.js";
import { followSystem, projected, toggleProjector, toggleTheme } from "../theme.js";
import { createClient } from "./client.js";
import { BINDINGS, openMeasureHelp } from "./help.js";
import { LABELS, STATES } from "./states.js";

const SHARED = "What is chosen, or the run that is shown. It opens on this machine.";

/**
 * @typedef {object} Shell
 * @property {object} bootstrap
 * @property {object} client
 * @property {boolean} mayChange
 * @property {ReturnType<typeof createStates>} states
 */
export function createShell(bootstrap) {
    const shell = {
        bootstrap,
        client: createClient(createApi()),
        mayChange: bootstrap.role === "presenter",
        place: (id) => document.getElementById(id),
        announce,
        showAddress,
        loadPlotly,
        textSize: () => (projected() ? 18 : 12),
        actions: {},
        /** What a state's button does; pages add theirs. */
        on: {},
    };
    const call = (name) => () => shell.actions[name]?.();
    shell.states = createStates(
        document.getElementById("states"),
        new Proxy({}, { get: (_, name) => (state) => shell.on[name]?.(state) }),
        { states: STATES, labels: LABELS },
    );
    shell.states.show("loading"); // in the place of the one that the page came with
    const share = () => shareDialog({ address: location.href, viewerLink: bootstrap.viewer_link, words: SHARED });
    const help = () => openMeasureHelp(bootstrap.version);
    const header = createHeader({ share, projector: toggleProjector, theme: toggleTheme, help }, null);
    shell.showConnection = (connection) =>
        header.show({ run: null, role: bootstrap.role, connection, recording: null });
    shell.showConnection("connected");
    installKeys(
        {
            start: call("start"),
            cancel: call("cancel"),
            export: call("export"),
            search: call("search"),
            run: () => location.assign("/measure"),
            history: () => location.assign("/measure/history"),
            theme: toggleTheme,
            projector: toggleProjector,
            help,
            escape: () => closeMenu(),
        },
        BINDINGS,
    );
    installThreadMenu(
        () => ({ items: [] }),
        () => {},
    ); // closes any menu on a click outside
    followSystem();
    return shell;
}

/** What is on screen is in the address; the projector's view stays in it. */
function showAddress(query) {
    const kept = new URLSearchParams(location.search).has("projector") ? `${query ? "&" : "?"}projector=1` : "";
    history.replaceState(null, "", location.pathname + query + kept);
}

function announce(text) {
    document.getElementById("announcer").textContent = text;
}
