/** Sentences for operations, for what befalls a thread, and for holes in the trace. */

import { count, duration } from "./sentence.js";
import { locksHeldBy } from "./narrate-locks.js";

function begin(s, { cell: operation, after: argument }) {
    s.thread().plain(" begins ").code(s.names.call(operation, argument)).plain(".");
}

/** Whether an operation that puts in says that it has put nothing in. */
function isRefusal(names, operation, result) {
    return (names.operation(operation)?.items ?? 0) > 0 && names.text(result) === "False";
}

function end(s, { cell: operation, after: result, aux: outcome }) {
    const argument = s.isBusy ? s.lane.argument : 0;
    s.thread().plain("'s ").code(s.names.call(operation, argument));
    if (outcome === s.layout.outcomes.EMPTY) {
        s.plain(" finds nothing to take out, and returns");
    } else if (isRefusal(s.names, operation, result)) {
        s.plain(" finds no room, and returns ").value(result);
    } else if (result !== 0) {
        s.plain(" returns ").value(result);
    } else {
        s.plain(" is done");
    }
    if (s.isBusy && s.lane.losses > 0) {
        s.plain(`, after ${count(s.lane.losses, "retry", "retries")}`);
    }
    s.plain(".");
}

function backoff(s, { before: losses, after: microseconds }) {
    const time = s.names.clock === "steps" ? count(microseconds, "step") : duration(microseconds);
    s.thread().plain(` backs off for ${time}`);
    s.plain(losses > 0 ? ` after ${count(losses, "loss", "losses")} in a row, so that others can finish.` : ".");
}

function delay(s, { cell, before: isSleep, after: microseconds }) {
    s.plain("Injected: ").thread();
    s.plain(isSleep ? ` sleeps ${duration(microseconds)}` : " yields the processor");
    if (cell !== 0) {
        s.plain(" between its load and its CAS on ").cell();
    }
    s.plain(".");
}

const PLACES = { BETWEEN_LOAD_AND_CAS: ", between load and CAS", HOLDING_LOCK: ", holding the lock" };

/** ` inside pop(), between load and CAS` */
function where(s, position) {
    if (s.isBusy) {
        s.plain(" inside ").call();
    } else {
        s.plain(" between two operations");
    }
    const place = Object.keys(s.layout.positions).find((name) => s.layout.positions[name] === position);
    s.plain(PLACES[place] ?? "");
}

function consequence(s, isDead = false) {
    const isSaid = s.record.aux === s.layout.positions.HOLDING_LOCK;
    if (isDead && locksHeldBy(s.state, s.record.lane).length > 0) {
        s.plain(`${isSaid ? "" : " It held the lock."} Nothing gives back the lock of a process that is gone: `);
        s.plain("everyone who needs it waits for ever.");
    } else if (locksHeldBy(s.state, s.record.lane).length > 0) {
        s.plain(`${isSaid ? "" : " It holds the lock:"} ${isSaid ? "E" : "e"}veryone who needs the lock will stop.`);
    } else {
        s.plain(" The others go on.");
    }
}

function frozen(s, { aux: position }) {
    s.thread().plain(" is frozen");
    where(s, position);
    s.plain(".");
    consequence(s);
}

function thawed(s) {
    s.thread().plain(" is thawed and goes on");
    if (s.isBusy) {
        s.plain(" with ").call();
    }
    s.plain(".");
}

function killed(s, { aux: position }) {
    s.thread().plain(" is killed");
    where(s, position);
    const process = s.names.process(s.record.lane);
    s.plain(process === null
        ? ": it never runs again, and never unwinds."
        : `: SIGKILL to process ${process}, which is gone and has unwound nothing.`);
    consequence(s, process !== null);
}

/** What a fault of the simulated heap is called, by its message. */
const FAULTS = [
    [/retired a second time/, "double retire"],
    [/second time/, "double free"],
    [/points? (at|to)\b/, "dangling pointer"],
    [/^/, "use after free"],
];

/** A fault of memory is marked by 1: nothing is raised, as in C, and the thread goes on. */
function fault(s, { cell: message, aux: isMemory }) {
    if (isMemory) {
        const text = s.names.bareText(message);
        const [, kind] = FAULTS.find(([pattern]) => pattern.test(text));
        s.plain(`Fault, ${kind} by `).thread();
        if (s.isBusy) {
            s.plain(" inside ").call();
        }
        s.plain(": ").code(text).plain(". It goes on, as in C, and does not notice.");
        return;
    }
    s.thread().plain(" raised ").code(s.names.bareText(message));
    if (s.isBusy) {
        s.plain(" inside ").call();
    }
    s.plain(". The thread stops; the others run on.");
}

function lost(s, { aux: number }) {
    s.plain(`${count(number, "record")} ${number === 1 ? "was" : "were"} lost here: a ring was full. `);
    s.plain("What is shown may be wrong until the next snapshot.");
}

function started(s) {
    s.thread().plain(" joins the run.");
}

function stopped(s) {
    s.thread().plain(" leaves the run.");
}

export const LANE_SENTENCES = {
    BEGIN: begin,
    END: end,
    BACKOFF: backoff,
    DELAY: delay,
    FROZEN: frozen,
    THAWED: thawed,
    KILLED: killed,
    FAULT: fault,
    LOST: lost,
    STARTED: started,
    STOPPED: stopped,
};
