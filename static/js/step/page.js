/** The page's parts, and what passes between them. */

import { createApi } from "../api.js";
import { shareDialog } from "../dialogs.js";
import { h, threadName } from "../dom.js";
import { createHeader } from "../header.js";
import { openHelp } from "../help.js";
import { installKeys } from "../keys.js";
import { createLayout } from "../layout.js";
import { closeMenu, installThreadMenu } from "../menu.js";
import { createPanels } from "../panels.js";
import { createStates } from "../states.js";
import { createStructurePicker } from "../structures.js";
import { followSystem, toggleProjector, toggleTheme } from "../theme.js";
import { toast } from "../toast.js";
import { SPEEDS } from "../transport.js";
import { createAddress } from "./address.js";
import { createAside } from "./aside.js";
import { createBench } from "./bench.js";
import { createCaptions } from "./captions.js";
import { createCards } from "./cards.js";
import { createCompare } from "./compare.js";
import { createEditor } from "./editor.js";
import { STEP_BINDINGS, installChords } from "./keys.js";
import { createMoves } from "./moves.js";
import { paced } from "./pace.js";
import { createPredict } from "./predict.js";
import { createPuzzles } from "./puzzles.js";
import { createScenarioPicker } from "./scenarios.js";
import { StepSession } from "./session.js";
import { createStepSide } from "./side.js";
import { exportAddress, readView } from "./spec.js";
import { STEP_LABELS, STEP_STATES, describeProblems } from "./states.js";

const place = (id) => document.getElementById(id);

const HONESTY = [
    "You are the scheduler: no thread moves by itself. A step is one access, allocation or lock operation.",
    "The same schedule gives the same execution on every machine; the address holds all of it.",
    "The memory is sequentially consistent: no reordering is shown, and none can be found here.",
    "The simulated heap gives a freed node out again, as an allocator of C does; Python's own collection does not.",
];

/** Faster than this nobody can listen. */
const SPOKEN_UP_TO = 2;

const SHAPES = {
    injected: "Hatched: a freed node, whose last contents can still be seen; a queue's dummy; a back-off.",
    fault: "Red: a fault, and nothing else is red: memory misused, items lost, a deadlock, an operation that raised.",
};

export class StepPage {
    constructor(bootstrap) {
        this.bootstrap = bootstrap;
        this.api = createApi();
        this.sources = new Map();
        this.side = null;
        this.bench = null;
        this.chosen = 0;
        this.told = -1;
        this.shared = this.makeShared();
        this.session = new StepSession({
            api: this.api,
            entries: bootstrap.structures,
            scenarios: bootstrap.scenarios ?? [],
            puzzles: bootstrap.puzzles ?? [],
            hooks: {
                side: (entry) => this.sideFor(entry),
                changed: (execution) => this.changed(execution),
                refused: (error) => this.refused(error),
                answered: () => this.states.hide("serverGone", "refused", "forbidden", "loading"),
                say: (text) => this.say(text),
            },
        });
        this.buildParts();
        this.listen();
    }

    makeShared() {
        const motion = matchMedia("(prefers-reduced-motion: reduce)");
        return {
            api: this.api,
            layout: createLayout(this.bootstrap.layout),
            role: this.bootstrap.role,
            prefers: {
                get reducedMotion() {
                    return motion.matches;
                },
            },
            announce,
            source: (key) => this.source(key),
            command: async () => {},
        };
    }

    buildParts() {
        const { structures, scenarios, puzzles } = this.bootstrap;
        this.states = createStates(place("states"), this.stateActions(), { states: STEP_STATES, labels: STEP_LABELS });
        const scroll = place("knobs-scroll");
        const box = () => scroll.appendChild(h("div", { className: "structure-box" }));
        this.picker = createStructurePicker(box(), structures, (key) => this.session.openStructure(key));
        this.scenarios = createScenarioPicker(box(), scenarios ?? [], (key) => this.session.openScenario(key));
        this.puzzles = createPuzzles(box(), puzzles ?? [], {
            open: (key) => this.session.openPuzzle(key),
            leave: () => this.session.leavePuzzle(),
        });
        this.editor = createEditor(scroll, (fields) => this.session.change(fields));
        this.moves = createMoves({
            takeAll: () => this.session.takeAll(),
            walk: (seed) => this.session.walk(seed),
        });
        this.predict = createPredict({
            execution: () => this.session.execution,
            side: () => this.side,
            place: () => place("sides").querySelector('[data-side="0"]'),
            announce,
            embedded: readView(location.search).embed,
        });
        this.moves.extra.append(this.predict.element);
        this.compare = createCompare({
            shared: this.shared,
            session: this.session,
            show: (beside) => this.buildBench(beside ? [this.side, beside] : [this.side]),
            announce,
        });
        this.aside = createAside(place("tried"), {
            go: (schedule, step) => this.goTo(schedule, step),
            compare: (schedule) => this.compare.begin(schedule),
        });
        this.panels = createPanels();
        this.header = createHeader(
            {
                share: () => this.share(),
                projector: toggleProjector,
                theme: toggleTheme,
                help: () => this.help(),
                drawer: () => this.panels.toggleDrawer(),
            },
            null,
        );
        this.address = createAddress(this.session, (view) => this.session.open(view));
    }

    listen() {
        installThreadMenu(
            (lane) => this.threadMenu(lane),
            (lane) => this.choose(lane),
        );
        const actions = this.keyActions();
        installKeys(actions, STEP_BINDINGS);
        installChords(actions);
        followSystem();
    }

    begin() {
        this.states.show("loading");
        place("frame").dataset.embed = this.address.embed ? "on" : "off";
        this.session.open(this.address.read());
    }

    // What the session tells

    /** The side for a structure: the one that is there, or a new one with its views. */
    sideFor(entry) {
        if (this.side?.entry === entry) return this.side;
        this.takeDown();
        this.side = createStepSide(this.shared, entry);
        this.side.context.on("select", (lane) => lane !== null && this.aim(lane));
        this.side.model.playback.mayShow = (step) => this.predict.allows(step);
        const follow = paced((frame) => this.onFrame(frame));
        this.side.context.playback.listen((frame) => {
            this.predict.follow(frame.step);
            follow(frame);
        });
        this.buildBench([this.side]);
        return this.side;
    }

    takeDown() {
        this.predict.close();
        this.bench?.destroy();
        this.bench = null;
        this.compare.drop();
        this.side?.close();
    }

    buildBench(sides) {
        this.predict.close();
        this.bench?.destroy();
        this.bench = createBench(sides, {
            cards: (root, side) => createCards(root, side, this.cardMoves(), this.moves.element),
            captions: (root, side) => (this.captions = createCaptions(root, side, () => this.session.scenario)),
            beside: (parts) => this.compare.head(parts),
        });
        for (const { model } of sides) model.playback.jump(model.playback.step); // new views draw from a whole frame
        this.side.context.emit("target", this.chosen);
    }

    /** From the tree: a step of a branch; of the branch that is shown, without asking the server. */
    goTo(schedule, step) {
        if (schedule === this.session.execution.schedule()) this.side.model.playback.seekStep(step);
        else this.session.goTo(schedule, step);
    }

    changed(execution) {
        const { session } = this;
        const { entry, problems, scenario, puzzle } = session;
        this.compare.changed(execution);
        this.picker.show(entry.key);
        this.scenarios.show(scenario);
        this.puzzles.show(puzzle, execution.goal);
        this.editor.show(execution, entry, problems);
        this.predict.changed(execution);
        this.aside.show(execution, this.side.model.timeline.edge, this.side.model.names);
        document.title = `${scenario?.title ?? entry.title} · Step · Lockfree Lab`;
        this.header.show({ run: null, role: "presenter", connection: "connected", recording: null });
        if (problems.length > 0) this.states.show("problems", describeProblems(problems));
        else this.states.hide("problems");
        this.states.hide("loading");
        this.address.show();
    }

    refused(error) {
        const shown = this.session.execution !== null;
        if (error.status === 0) this.states.show("serverGone", { shown });
        else if (error.status === 401 || error.status === 403) this.states.show("forbidden");
        else this.states.show("refused", { message: error.message });
    }

    onFrame(frame) {
        this.address.show();
        this.aside.render(frame, this.side.model.names);
        if (frame.step === this.told) return;
        this.told = frame.step;
        const step = this.session.execution?.steps[frame.step - 1];
        if (!step) return;
        this.aim(step.thread);
        if (frame.mode === "held" || frame.speed <= SPOKEN_UP_TO) announce(this.describeStep(frame.step, step));
    }

    /** A step in words, for those who hear the page. */
    describeStep(number, { thread, text }) {
        const faults = this.session.execution
            .faultsAt(number)
            .map(({ kind, message }) => ` Fault: ${kind}. ${message}`);
        return `Step ${number}, ${threadName(thread)}: ${text}.${faults.join("")}`;
    }

    // What a person does

    cardMoves() {
        return {
            take: (lane) => this.session.take(lane),
            takeOperation: (lane) => this.session.takeOperation(lane),
            kill: (lane) => this.session.kill(lane),
        };
    }

    threadMenu(lane) {
        const { session } = this;
        const why = session.execution ? session.whyStuck(lane) : "";
        const off = why !== null;
        return {
            note: why ?? "",
            items: [
                { label: "One step", hint: String(lane + 1), disabled: off, run: () => session.take(lane) },
                {
                    label: "To the end of its operation",
                    hint: `Shift ${lane + 1}`,
                    disabled: off,
                    run: () => session.takeOperation(lane),
                },
                { separator: true },
                {
                    label: "Kill where it stands",
                    hint: "K",
                    danger: true,
                    disabled: off && !why.startsWith("waits"),
                    run: () => session.kill(lane),
                },
            ],
        };
    }

    choose(lane) {
        this.side?.context.emit("select", lane);
    }

    /** The thread that K kills. */
    aim(lane) {
        if (lane === this.chosen) return;
        this.chosen = lane;
        this.side.context.emit("target", lane);
    }

    keyActions() {
        const { session } = this;
        // After what was asked before: a key that is faster than the server must not overtake a step.
        const playback = (act) => () => session.then(() => this.side && act(this.side.model.playback));
        const speed = (change) => (player) => player.setSpeed(SPEEDS[nearest(player.speed, change)]);
        return {
            take: (key) => session.take(Number(key) - 1),
            takeOperation: (key) => session.takeOperation(Number(key) - 1),
            takeAll: () => session.takeAll(),
            walk: () => this.moves.walk(),
            kill: () => session.kill(this.chosen),
            playPause: playback((player) => player.toggle()),
            stepBack: playback((player) => player.stepBack()),
            stepForward: playback((player) => player.stepForward()),
            toStart: playback((player) => player.seekStep(0)),
            toEnd: playback((player) => player.seekStep(Infinity)),
            captionBefore: () => this.captions?.previous(),
            captionAfter: () => this.captions?.next(),
            predict: () => this.predict.toggle(),
            sayYes: () => this.predict.say(true),
            sayNo: () => this.predict.say(false),
            compare: () => this.toggleCompare(),
            faster: playback(speed(1)),
            slower: playback(speed(-1)),
            theme: toggleTheme,
            projector: toggleProjector,
            help: () => this.help(),
            escape: () => this.escape(),
        };
    }

    stateActions() {
        return {
            retry: () => this.session.retry(),
            dismiss: (name) => this.states.hide(name),
        };
    }

    toggleCompare() {
        if (this.compare.side) return this.compare.end();
        const other = this.aside.other();
        return other === null ? this.say("There is no other branch to compare with") : this.compare.begin(other);
    }

    say(text) {
        toast(text);
        announce(text);
    }

    share() {
        this.address.write();
        const { execution, scenario } = this.session;
        const file = execution && exportAddress(execution.spec, scenario?.key ?? null);
        shareDialog({ address: location.href, viewerLink: this.bootstrap.viewer_link, file });
    }

    help() {
        openHelp(this.bootstrap.structures, this.bootstrap.version, {
            bindings: STEP_BINDINGS,
            honesty: HONESTY,
            shapes: SHAPES,
        });
    }

    escape() {
        closeMenu();
        this.panels.closeDrawer();
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

/** The place in SPEEDS that is `change` further than a speed. */
function nearest(speed, change) {
    const distances = SPEEDS.map((candidate) => Math.abs(candidate - speed));
    return Math.min(SPEEDS.length - 1, Math.max(0, distances.indexOf(Math.min(...distances)) + change));
}

function announce(text) {
    const log = place("announcer");
    log.textContent = "";
    log.textContent = text;
}
