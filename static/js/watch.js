/** The Watch page: wires session, workbench, knobs, header, keys and URL to each other, and nothing else. */

import { createApi } from "./api.js";
import { Control } from "./control.js";
import { createControls } from "./controls.js";
import { createCost } from "./cost.js";
import { shareDialog } from "./dialogs.js";
import { h, threadName } from "./dom.js";
import { saveRecording } from "./exports.js";
import { createFaults } from "./faults.js";
import { watchForHold } from "./first-visit.js";
import { createHeader } from "./header.js";
import { openHelp } from "./help.js";
import { installKeys } from "./keys.js";
import { createKnobs, mootReason } from "./knobs.js";
import { createLayout, inWorkers, setWorkers } from "./layout.js";
import { closeMenu, installThreadMenu } from "./menu.js";
import { createPanels } from "./panels.js";
import { createRecordings } from "./recordings.js";
import { Session, specOf } from "./session.js";
import { createStates } from "./states.js";
import { store, stored } from "./storage.js";
import { createStructurePicker, twinVariant } from "./structures.js";
import { followSystem, toggleProjector, toggleTheme } from "./theme.js";
import { toast } from "./toast.js";
import { SPEEDS } from "./transport.js";
import { createAddress, readUrl, sameSubject } from "./url.js";
import { createWorkbench } from "./workbench.js";

const FIRST_VISIT = { structure: "treiber-stack", knobs: { threads: 2, speed: 1 }, hold: true };
const ADDRESS_EVERY_MS = 500;

const place = (id) => document.getElementById(id);

class WatchPage {
    constructor(bootstrap) {
        Object.assign(this, {
            bootstrap,
            role: bootstrap.role,
            bench: null,
            held: null,
            faults: null,
            connection: "none",
            addressTimer: 0,
            goingBack: false,
        });
        this.api = createApi();
        this.sources = new Map();
        this.session = new Session(this.shared(), {
            sidesChanged: (sides) => this.sidesChanged(sides),
            runChanged: () => this.runChanged(),
            showState: (name, data) => this.showState(name, data),
            hideState: (...names) => this.states.hide(...names),
            hideCards: () => this.states.hideCards(),
        });
        this.control = new Control(this.session, {
            focused: () => this.focused(),
            restarted: () => this.showAddress(),
        });
        this.buildParts();
        this.recordings = createRecordings(this.session, this.states, saveRecording);
        this.listen();
        this.runChanged();
    }

    /** What every side and its views share. */
    shared() {
        const { structures } = this.bootstrap;
        const motion = matchMedia("(prefers-reduced-motion: reduce)");
        return {
            api: this.api,
            entries: structures,
            layout: createLayout(this.bootstrap.layout),
            role: this.role,
            find: (key) => structures.find((entry) => entry.key === key) ?? structures[0],
            prefers: {
                get reducedMotion() {
                    return motion.matches;
                },
            },
            announce: (text) => announce(text),
            source: (key) => this.source(key),
            controllable: () => this.session.controllable,
            command: (command) => this.control.command(command),
            send: (command) => this.control.command(command),
            connectionChanged: (side, state, detail) => this.connectionChanged(side, state, detail),
        };
    }

    buildParts() {
        const { structures, knobs, presets, defaults } = this.bootstrap;
        this.states = createStates(place("states"), this.stateActions());
        const scroll = place("knobs-scroll");
        const structureBox = h("div", { className: "structure-box" });
        scroll.append(structureBox);
        this.picker = createStructurePicker(structureBox, structures, (key) => this.control.chooseStructure(key));
        this.knobs = createKnobs(scroll, { knobs, presets, defaults }, (changes) => this.control.setKnobs(changes));
        this.knobs.show(defaults);
        this.controls = createControls(place("run-actions"), this.control);
        this.panels = createPanels();
        this.cost = createCost(this.api);
        this.header = createHeader(
            {
                open: () => this.recordings.pick(),
                share: () => this.share(),
                projector: toggleProjector,
                theme: toggleTheme,
                help: () => this.help(),
                drawer: () => this.panels.toggleDrawer(),
            },
            this.cost.element,
        );
        this.address = createAddress(knobs, defaults, () => this.onBack());
    }

    listen() {
        installThreadMenu(
            (lane) => this.control.threadMenu(lane),
            (lane) => this.control.choose(lane),
        );
        installKeys(this.keyActions());
        followSystem();
    }

    /** The first thing a person sees. */
    async begin() {
        const view = this.view();
        const first = this.role === "presenter" && stored("visited") === null && !view.structure && !view.run;
        store("visited", "yes");
        if (first) await this.session.start(FIRST_VISIT);
        else await this.session.open(view);
        if (view.at !== null) this.seekSequence(view.at);
    }

    // What the session tells

    sidesChanged(sides) {
        setWorkers(Boolean(sides[0].entry.processes));
        this.knobs.rename();
        place("tab-threads").textContent = inWorkers("Threads");
        this.bench?.destroy();
        this.held?.();
        this.faults = createFaults(sides[0].context, this.states);
        this.control.choose(null);
        this.bench = createWorkbench(sides, () => this.control.tellChosen(), this.controls.duel);
        const [{ context }] = sides;
        this.held = watchForHold(() => place("sides").firstElementChild, context);
        context.playback.listen((frame) => this.onFrame(frame));
        for (const side of sides) side.context.on("select", (lane) => this.control.choose(lane));
    }

    runChanged() {
        const { run } = this.session;
        const entry = this.bootstrap.structures.find((candidate) => candidate.key === run?.structure);
        const { controllable, recording } = this.session;
        if (run) {
            this.picker.show(run.structure);
            this.knobs.show(run.knobs);
            this.knobs.explain((name) => mootReason(name, run.knobs, entry));
        }
        this.picker.setDisabled(recording !== null || this.role !== "presenter");
        this.knobs.setDisabled(!controllable || run?.state === "ended");
        const steppable = entry?.labs.includes("step") ?? true;
        this.controls.show({ run, controllable, steppable, twin: twinVariant(this.bootstrap.structures, entry) });
        this.cost.show(run, controllable);
        this.showHalted(controllable);
        const shared = entry?.processes ?? "";
        this.header.show({ run, role: this.role, connection: this.connection, recording, shared });
        document.title = run && entry ? `${entry.title} · Lockfree Lab` : "Watch · Lockfree Lab";
        this.showAddress();
    }

    /** Which processes somebody outside has halted. */
    showHalted(controllable) {
        const halted = this.halted();
        if (halted.length === 0) {
            this.states.hide("halted");
            return;
        }
        this.states.show("halted", {
            threads: halted.map(({ lane }) => threadName(lane)).join(", "),
            pids: halted.map(({ pid }) => pid).join(" "),
            several: halted.length > 1,
            mayKill: controllable && this.role === "presenter",
        });
    }

    halted() {
        const { run, recording } = this.session;
        if (!run || recording) return [];
        return run.sides.flatMap(({ side, halted }) => (halted ?? []).map(({ lane, pid }) => ({ side, lane, pid })));
    }

    connectionChanged(side, state, detail) {
        if (side === 0) this.connection = state;
        this.session.connectionChanged(side, state, detail);
    }

    showState(name, data = {}) {
        if (name === "tooManyRuns")
            this.states.show(name, { ...data, choices: data.runs.map((run) => this.runChoice(run)) });
        else this.states.show(name, data);
    }

    killHalted() {
        for (const { side, lane } of this.halted()) this.control.command({ action: "kill", lane, side });
    }

    runChoice(run) {
        const title = this.bootstrap.structures.find((entry) => entry.key === run.structure)?.title ?? run.structure;
        const watch = () => this.session.join(run);
        const stop = async () => {
            await this.session.stop(run.id);
            this.session.retry();
        };
        const button = (label, onclick) => h("button", { type: "button", className: "button", onclick }, label);
        return h(
            "div",
            { className: "state-choice" },
            h("span", {}, `${title}, ${run.viewers} watching`),
            button("Watch", watch),
            button("Stop", stop),
        );
    }

    // What a person does

    stateActions() {
        const start = (spec) => () => this.session.start(spec);
        return {
            restart: () => this.control.restart(),
            look: (name) => this.states.hide(name),
            dismiss: (name) => (name === "raised" ? this.faults.dismiss() : this.states.hide(name)),
            save: () => this.recordings.save(this.focused()),
            reconnect: () => this.session.reconnect(),
            retry: () => this.session.retry(),
            defaults: start({ structure: this.bootstrap.structures[0].key }),
            start: start({ structure: this.bootstrap.structures[0].key }),
            startLike: () => this.session.start(specOf(this.view())),
            openOther: () => this.recordings.pick(),
            backToLive: () => this.session.backToLive(),
            showFault: () => this.faults.show(),
            killHalted: () => this.killHalted(),
        };
    }

    keyActions() {
        const { control } = this;
        const playback = (act) => () => this.bench && act(this.leader().playback);
        const speed = (step) => (player) =>
            player.setSpeed(SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, nearest(player.speed) + step))]);
        return {
            playPause: playback((player) => player.toggle()),
            stepBack: playback((player) => player.stepBack()),
            stepForward: playback((player) => player.stepForward()),
            toStart: playback((player) => player.seek(player.timeline.first)),
            toEnd: playback((player) => player.seek(player.timeline.last)),
            faster: playback(speed(1)),
            slower: playback(speed(-1)),
            goLive: playback((player) => player.goLive()),
            pauseRun: () => control.pauseRun(),
            singleAccess: () => control.singleAccess(),
            restart: () => control.restart(),
            duel: () => control.duel(),
            stepFromHere: () => control.stepFromHere(),
            chooseThread: (key) => control.toggle(Number(key) - 1),
            freezeChosen: () => control.freezeChosen(),
            killChosen: () => control.killChosen(),
            theme: toggleTheme,
            projector: toggleProjector,
            help: () => this.help(),
            escape: () => this.escape(),
        };
    }

    leader() {
        return this.session.sides[0]?.context ?? null; // none before the first run, and between two
    }

    focused() {
        return this.session.sides[Math.max(0, this.bench?.focused ?? 0)]?.context ?? null;
    }

    // Time, address, dialogs

    onFrame(frame) {
        this.faults.render(frame);
        if (frame.mode !== "live" || frame.jumped) this.showAddress();
    }

    view() {
        return readUrl(location.search, this.bootstrap.knobs);
    }

    /**
     * Soon, not at once: a held arrow key changes the position many times a second, and browsers limit such changes.
     */
    showAddress() {
        if (!this.addressTimer) this.addressTimer = setTimeout(() => this.writeAddress(), ADDRESS_EVERY_MS);
    }

    writeAddress() {
        clearTimeout(this.addressTimer);
        this.addressTimer = 0;
        const { run, recording, starting } = this.session;
        if (run && !recording && !starting && !this.goingBack) this.address.show(this.present());
    }

    /** What is on screen now, as a URL holds it. */
    present() {
        const { run } = this.session;
        const playback = this.leader()?.playback;
        const at =
            playback && playback.mode !== "live" && playback.state.sequence >= 0 ? playback.state.sequence : null;
        return { structure: run.structure, seed: run.seed, duel: run.duel, run: run.id, at, knobs: run.knobs };
    }

    /** Back and forward: the same run with what the entry held, or another run. */
    async onBack() {
        const view = this.view();
        this.goingBack = true; // until the run is what the address says, it must not be overwritten
        await this.goTo(view);
        this.goingBack = false;
        if (view.at !== null) this.seekSequence(view.at);
        this.showAddress();
    }

    async goTo(view) {
        const { run } = this.session;
        if (
            run &&
            view.run === run.id &&
            this.session.controllable &&
            !sameSubject(view, this.present(), this.bootstrap.defaults)
        ) {
            const knobs = { ...this.bootstrap.defaults, ...view.knobs };
            await this.session.restart({
                structure: view.structure ?? run.structure,
                duel: view.duel,
                seed: view.seed ?? run.seed,
                knobs,
                hold: false,
            });
        } else if (!run || view.run !== run.id) await this.session.open(view);
    }

    /** Shows the record with a sequence number, as soon as the buffer holds it. */
    seekSequence(sequence) {
        const context = this.session.sides[0]?.context;
        const stop = context?.playback.listen(({ state, first, last }) => {
            if (last < 0 || state.sequence < 0) return;
            stop();
            const position = last - (context.timeline.edge.sequence - sequence);
            if (position >= first && position <= last) context.playback.seek(position);
            else toast("The position in the address is no longer buffered; showing the run as it is now");
        });
    }

    share() {
        this.writeAddress();
        shareDialog({ address: location.href, viewerLink: this.bootstrap.viewer_link });
    }

    help() {
        openHelp(this.bootstrap.structures, this.bootstrap.version);
    }

    escape() {
        closeMenu();
        if (!this.panels.closeDrawer()) this.control.choose(null);
    }

    /** A structure's source, fetched once. */
    source(key) {
        if (!this.sources.has(key)) {
            const answer = this.api.source(key).then((found) => {
                if (!found.ok) this.sources.delete(key);
                return found;
            });
            this.sources.set(key, answer);
        }
        return this.sources.get(key);
    }
}

function nearest(speed) {
    const distances = SPEEDS.map((candidate) => Math.abs(candidate - speed));
    return distances.indexOf(Math.min(...distances));
}

function announce(text) {
    const log = place("announcer");
    log.textContent = "";
    log.textContent = text;
}

const bootstrap = JSON.parse(place("bootstrap").textContent);
const page = new WatchPage({ ...bootstrap, ...bootstrap.knobs });
page.begin();
