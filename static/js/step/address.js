/**
 * Keeps the address bar in step with what is shown. Another structure, program, rule or scenario, and a fork, are
 * entries of the history; a step replaces the entry that is there, so that going back does not mean going back a step.
 */

import { sharedMoves } from "./schedule.js";
import { readView, subjectKey, writeView } from "./spec.js";

const EVERY_MS = 400; // browsers limit how often an address may change
const KEPT = ["projector"];

/**
 * @param {import("./session.js").StepSession} session
 * @param {(view: import("./spec.js").View) => Promise<void>} open
 */
export function createAddress(session, open) {
    const address = new Address(session, open);
    return {
        embed: address.embed,
        read: () => readView(location.search),
        /** Soon, not at once. */
        show: () => address.show(),
        /** At once. */
        write: () => address.write(),
    };
}

class Address {
    constructor(session, open) {
        Object.assign(this, { session, open, timer: 0, written: null, goingBack: false });
        this.embed = readView(location.search).embed;
        window.addEventListener("popstate", () => this.onBack());
    }

    async onBack() {
        this.goingBack = true; // until what it says is shown, it must not be overwritten
        await this.open(readView(location.search));
        this.written = this.subject();
        this.goingBack = false;
    }

    show() {
        if (this.written !== null && this.isEntry()) this.write();
        else this.timer ||= setTimeout(() => this.write(), EVERY_MS);
    }

    subject() {
        const { execution, scenario, puzzle } = this.session;
        return {
            key: subjectKey(execution.spec),
            posed: scenario?.key ?? puzzle?.key ?? null,
            moves: execution.moves,
        };
    }

    /** Whether what is shown is another thing than the entry that is there. */
    isEntry() {
        const { execution } = this.session;
        if (execution === null || this.goingBack) return false;
        const { key, posed, moves } = this.written;
        const now = this.subject();
        if (key !== now.key || (now.posed !== null && now.posed !== posed)) return true;
        return sharedMoves(moves, execution.moves) < moves.length;
    }

    write() {
        clearTimeout(this.timer);
        this.timer = 0;
        const { session } = this;
        if (session.execution === null || this.goingBack) return;
        const query = this.present();
        const isEntry = this.written !== null && this.isEntry();
        this.written = this.subject();
        if (query === location.search) return;
        history[isEntry ? "pushState" : "replaceState"](null, "", location.pathname + query);
    }

    present() {
        const { session, embed } = this;
        const { execution, scenario, puzzle } = session;
        const spec = { ...execution.spec, schedule: execution.schedule() };
        const rest = scenario ? 0 : execution.length; // where a link without a place opens
        const step = session.arriving ? rest : session.step; // an entry of the history is where one arrives
        const view = {
            spec,
            scenario: scenario?.key ?? null,
            puzzle: puzzle?.key ?? null,
            at: step === rest ? null : step,
            embed,
        };
        const query = writeView(view, session.entry);
        const present = new URLSearchParams(location.search);
        const kept = KEPT.filter((name) => present.has(name)).map((name) => `&${name}=${present.get(name)}`);
        return query + kept.join("");
    }
}
