/**
 * The page of a run: chosen and started on /measure, which shows the run that goes on or the last one; or one run of
 * the history on /measure/runs/ID.
 *
 * While a run goes on its figures are fetched at most once a second, and so seldom that fetching and drawing take less
 * than a twentieth of the time (but every ten seconds): what draws here runs on the machine that is measured.
 */

import { confirmAction } from "../dialogs.js";
import { setAttribute } from "../dom.js";
import { onTheme, theme } from "../theme.js";
import { toast } from "../toast.js";
import { createChooser } from "./choose.js";
import { JobFollower } from "./follow.js";
import { planOf, writePlan } from "./plan.js";
import { createProgress } from "./progress.js";
import { createResult } from "./result.js";

const LEAST_MS = 1000;
const MOST_MS = 10_000;
const SHARE = 20;

/** @param {import("./shell.js").Shell} shell */
export function createRunPage(shell) {
    return new RunPage(shell).begin();
}

class RunPage {
    constructor(shell) {
        const { bootstrap, mayChange, client } = shell;
        Object.assign(this, { shell, client, job: null, shown: null, fetching: false, stale: false, waitMs: LEAST_MS });
        this.wanted = bootstrap.run ?? null; // the run of the address; null: the present one or the last
        this.chooser = this.makeChooser();
        this.progress = createProgress(shell.place("progress"), {
            mayCancel: mayChange,
            cancel: () => this.cancel(),
            cores: bootstrap.bench.cores,
        });
        this.result = createResult(shell.place("result"), {
            loadPlotly: shell.loadPlotly,
            textSize: shell.textSize,
            actions: {
                mayChange,
                client,
                changed: () => this.fetch(),
                deleted: () => location.assign("/measure/history"),
                addressOf: (body) => `/measure${writePlan(planOf(body, bootstrap.bench), bootstrap.bench)}`,
            },
        });
        shell.place("result").hidden = true;
        this.follower = new JobFollower(client, {
            job: (job) => this.follow(job),
            connection: (state) => this.connection(state),
        });
        Object.assign(shell.actions, {
            start: () => this.chooser?.start(),
            cancel: () => this.cancel(),
            export: () => document.getElementById("export-run")?.click(),
        });
        Object.assign(shell.on, {
            retry: () => this.retry(),
            dismiss: (name) => shell.states.hide(name),
            keep: () => this.keep(),
            toHistory: () => location.assign("/measure/history"),
            toRun: () => location.assign("/measure"),
        });
    }

    makeChooser() {
        const form = this.shell.place("choose");
        if (!form) return null;
        const { bootstrap, client, mayChange } = this.shell;
        return createChooser(form, {
            bench: bootstrap.bench,
            client,
            mayStart: mayChange,
            start: (body) => this.start(body),
            showAddress: this.shell.showAddress,
        });
    }

    begin() {
        onTheme(() => this.fetch());
        document.addEventListener("visibilitychange", () => {
            this.follower.seen(!document.hidden);
            this.refresh();
        });
        if (this.wanted) this.open(this.wanted);
        this.follower.start();
        return this;
    }

    // -- the job

    async start(body) {
        const answer = await this.client.start(body);
        if (!answer.ok && answer.error.status === 409) this.follower.nudge();
        if (!answer.ok) return answer.error;
        this.shell.announce("The run has started.");
        this.follow(answer.value.job ?? answer.value);
        this.follower.nudge();
        return null;
    }

    async cancel() {
        if (!this.shell.mayChange || !this.isRunning) return;
        const text = `${this.job.done} samples have been taken. They are kept, and the run ends with them.`;
        if (!(await confirmAction("Cancel this run?", text, "Cancel the run", "Go on")) || !this.isRunning) return;
        this.progress.cancelled();
        const answer = await this.client.cancel();
        if (!answer.ok) toast(`The run was not cancelled: ${answer.error.message}`, "bad");
        this.follower.nudge();
    }

    get isRunning() {
        return this.job?.state === "running";
    }

    /** Whether the run on the page is the one that goes on. */
    isMine(job) {
        return job !== null && (this.wanted === null || this.wanted === job.id);
    }

    follow(job) {
        const before = this.job;
        this.job = job;
        this.chooser?.setBusy(job?.state === "running");
        if (before?.state === "running" && job?.id !== before.id) this.lost();
        const isShown = job?.state === "running" && this.isMine(job);
        this.shell.place("progress").hidden = !isShown;
        document.title = `${isShown ? `${job.done}/${job.planned} · ` : ""}Measure · Lockfree Lab`;
        if (isShown) this.progress.update(job, this.asked());
        if (this.isMine(job)) this.followMine(job, before);
        else if (this.wanted === null && this.shown === null) this.openLast();
    }

    followMine(job, before) {
        this.shell.states.hide("neverRun", "loading");
        if (this.shown !== job.id) this.open(job.id);
        else this.refresh();
        this.tellTrouble(job);
        if (job.state !== "ended" || (before?.state === "ended" && before.id === job.id)) return;
        if (before !== null) this.ended(job);
        this.fetch();
    }

    ended(job) {
        this.shell.announce("The run has ended; its verdict stands below.");
        if (job.saved) toast("The run has ended and is in the history");
    }

    /** A disk that is full is told at once, while there is something to be done about it. */
    tellTrouble({ trouble, saved, id, state }) {
        const { states, mayChange } = this.shell;
        const told = [id, state, saved, trouble].join();
        if (told === this.told) return;
        this.told = told;
        states.hide("trouble", "notSaved");
        const mayKeep = mayChange && state === "ended"; // until then every round tries
        if (trouble) states.show(saved ? "trouble" : "notSaved", { message: trouble, mayKeep });
    }

    /** Whatever kept it from being kept may be gone. */
    async keep() {
        const answer = await this.client.change(this.job.id, {});
        if (answer.ok) toast("The run is in the history");
        else toast(`The run could not be kept: ${answer.error.message}`, "bad");
        this.follower.nudge();
    }

    /** The job that went on is unknown to the server: it was started again. */
    lost() {
        this.shell.states.show("otherServer");
        this.fetch();
    }

    asked() {
        return this.view?.run.settings?.precision ?? null;
    }

    connection(state) {
        const { states, showConnection } = this.shell;
        if (state === "lost") states.show("serverGone");
        else states.hide("serverGone");
        if (state === "forbidden") states.show("forbidden");
        showConnection(state === "lost" ? "lost" : "connected");
        setAttribute(document.body, "data-connection", state);
    }

    retry() {
        this.shell.states.hide("historyBroken");
        this.follower.nudge();
        if (this.shown) this.fetch();
        else this.openLast();
    }

    // -- the run that is shown

    /** Without a job: the newest run of the history. */
    async openLast() {
        if (this.opening) return;
        this.opening = true;
        const answer = await this.client.runs();
        this.opening = false;
        if (!answer.ok) this.fail(answer.error);
        else if (answer.value.runs.length > 0) this.open(answer.value.runs[0].id);
        else this.neverRun();
    }

    neverRun() {
        this.shell.states.hide("loading");
        this.shell.states.show("neverRun", { viewer: !this.shell.mayChange });
    }

    open(id) {
        if (this.shown === id) return;
        this.shown = id;
        this.view = null;
        this.fetch();
    }

    /** Soon, if the run goes on and somebody looks. */
    refresh() {
        if (document.hidden || this.timer || !this.shown) return;
        if (this.view && !this.view.run.running) return;
        this.timer = setTimeout(
            () => {
                this.timer = 0;
                this.fetch();
            },
            Math.max(0, (this.next ?? 0) - performance.now()),
        );
    }

    /** Now; where one is under way, once more after it. */
    async fetch() {
        if (!this.shown) return;
        if (this.fetching) {
            this.stale = true;
            return;
        }
        this.fetching = true;
        const [id, began] = [this.shown, performance.now()];
        const answer = await this.client.view(id, theme());
        if (id === this.shown) this.take(answer);
        this.next = performance.now() + this.restAfter(performance.now() - began);
        this.fetching = false;
        if (this.stale || id !== this.shown) {
            this.stale = false;
            this.fetch();
        }
    }

    /** The lesser of the last two counts: one that had to wait for something says little. */
    restAfter(took) {
        const rest = SHARE * Math.min(took, this.took ?? 0);
        this.took = took;
        return Math.min(MOST_MS, Math.max(LEAST_MS, rest));
    }

    take(answer) {
        if (!answer.ok) {
            this.fail(answer.error);
            return;
        }
        this.view = answer.value;
        this.shell.states.hide("noRun", "historyBroken", "loading", "neverRun");
        this.shell.place("result").hidden = false;
        this.result.update(this.view);
    }

    fail(error) {
        const { states } = this.shell;
        states.hide("loading");
        if (error.status === 0) return; // the follower says so, and asks again
        if (this.view) return;
        if (error.status === 404) states.show("noRun", { message: error.message });
        else if (error.status === 401 || error.status === 403) states.show("forbidden");
        else states.show("historyBroken", { message: error.message });
    }
}
