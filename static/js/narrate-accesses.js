/** Sentences for loads, writes, CASes and what they do to nodes. */

import { decodeInteger, isInteger, isObject } from "./layout.js";
import { isShared } from "./references.js";
import { count, ordinal } from "./sentence.js";
import { localState } from "./state.js";
import { leavesTailBehind, linkedBy, losesWrite, readOf } from "./triggers.js";

function load(s, { cell, after }) {
    s.thread().plain(" reads ").cell();
    if (s.site?.target) {
        s.plain(" into ").code(s.site.target);
    }
    s.plain(": ").value(after);
    const known = readOf(s.state, s.record.lane, cell);
    if (known !== null && known.value !== after) {
        s.plain(". It was ").value(known.value).plain(" before");
    } else if (known !== null && s.lane.losses === 0 && !s.site?.target) {
        s.plain(", as before");
    }
    s.plain(".");
}

function store(s, record) {
    const { lane, cell, before, after } = record;
    if (losesWrite(s.state, lane, cell, before, after)) {
        lostWrite(s, record);
        return;
    }
    const target = s.target;
    if (target !== undefined && !isShared(s.state, target)) {
        s.thread().plain(" points ").cell().plain(" at ").value(after);
        s.plain(
            s.state.nodes.get(target.node)?.published
                ? ", in a node that is no longer reachable."
                : "; nobody else can see it yet.",
        );
        return;
    }
    if (leavesTailBehind(s.state, s.names, cell, before, after)) {
        linked(s, record, "linked");
        return;
    }
    s.thread().plain(" sets ").cell();
    change(s, before, after).plain(".");
}

/** ` from 41 to 42`, ` to n9`. */
function change(s, before, after) {
    if (before === after) {
        return s.plain(" to ").value(after).plain(", which it was already");
    }
    return s.plain(" from ").value(before).plain(" to ").value(after);
}

function lostWrite(s, { cell, before, after }) {
    const { writer } = s.target;
    const isOthers = writer >= 0 && writer !== s.record.lane;
    s.thread();
    if (isObject(before)) {
        s.plain("'s store overwrote ");
        isOthers ? s.thread(writer).plain("'s link in ") : s.plain("the link in ");
        s.cell().plain(": ").value(before).plain(" and what hangs on it are detached.");
        return;
    }
    s.plain(" wrote ").value(after).plain(" over ");
    isOthers ? s.thread(writer).plain("'s ") : s.plain("the ");
    s.value(before).plain(" in ").cell();
    const known = readOf(s.state, s.record.lane, cell);
    if (known !== null && known.value !== before) {
        s.plain(": it had read ").value(known.value).plain(" before that");
    }
    s.plain(", so ");
    isOthers ? s.thread(writer).plain("'s update is lost.") : s.plain("an update is lost.");
}

function exchange(s, { before, after }) {
    const isSum = isInteger(before) && isInteger(after) && s.site?.access === "fetch_add";
    if (isSum) {
        s.thread()
            .plain(" adds ")
            .code(String(decodeInteger(after) - decodeInteger(before)))
            .plain(" to ")
            .cell()
            .plain(":");
    } else {
        s.thread().plain(" exchanges ").cell().plain(":");
    }
    s.plain(" it was ").value(before).plain(", now it is ").value(after).plain(".");
}

/** `T2 linked n8 behind n7; tail not advanced yet.` */
function linked(s, { after }, verb) {
    const { node } = s.target;
    s.thread().plain(` ${verb} `).value(after).plain(" behind ").value(node);
    const tail = s.names.root("tail");
    if (s.state.cells.get(tail)?.value === node) {
        s.plain("; ").cell(tail).plain(" not advanced yet");
    }
    s.plain(".");
}

function casWon(s, record) {
    if (s.site?.decisive === false && effectOf(s) === null) {
        helped(s, record);
        return;
    }
    const { before, after } = record;
    const target = s.target;
    if (target !== undefined && target.node !== 0 && isObject(after)) {
        s.thread().plain(" won the CAS on ").cell().plain(" and ");
        s.plain("linked ").value(after).plain(" behind ").value(target.node);
        const tail = s.names.root("tail");
        if (s.state.cells.get(tail)?.value === target.node) {
            s.plain("; ").cell(tail).plain(" not advanced yet");
        }
    } else {
        s.thread().plain(" won the CAS on ").cell().plain(": ");
        takesEffect(s, before, after);
    }
    afterLosses(s);
    wasAba(s, record);
    s.plain(".");
}

/** The running operation, where this access is the one with which it takes effect; otherwise null. */
function effectOf(s) {
    const operation = s.names.operation(s.lane.operation);
    return operation !== null && operation.effect === s.names.cell(s.record.cell)?.name ? operation : null;
}

function takesEffect(s, before, after) {
    const operation = effectOf(s);
    s.value(before).plain(" → ").value(after);
    if (operation === null || isInteger(after)) {
        return;
    }
    if (operation.items > 0 && !s.names.takesOut) {
        s.plain(", which is where ").code(s.names.call(s.lane.operation, s.lane.argument)).plain(" takes effect");
    } else if (operation.items > 0) {
        s.plain(", which puts ").value(s.lane.argument).plain(" in");
    } else if (operation.items < 0) {
        const taken =
            s.state.cells.get(s.names.root("tail")) === undefined
                ? s.state.nodes.get(before)
                : s.state.nodes.get(after);
        s.plain(", which takes ");
        taken === undefined ? s.plain("an item out") : s.value(taken.value).plain(" out");
    }
}

function afterLosses(s) {
    if (s.lane.losses > 0) {
        s.plain(`, at the ${ordinal(s.lane.losses + 1)} attempt`);
    }
}

function wasAba(s, { lane, cell, before }) {
    const known = readOf(s.state, lane, cell);
    if (known === null || known.value !== before || localState(s.state, known) !== "aba") {
        return;
    }
    const changes = s.target.version - known.version;
    s.plain(`, although it had changed ${count(changes, "time")} since it was read, and back (ABA)`);
}

function helped(s, { lane, before, after }) {
    const linker = linkedBy(s.state, before, after);
    if (linker === lane) {
        s.thread().plain(" advanced ").cell().plain(" from ").value(before).plain(" to ").value(after);
        s.plain(", the node it had linked itself.");
        return;
    }
    s.thread().plain(" helped: swung ").cell().plain(" from ").value(before).plain(" to ").value(after);
    if (linker >= 0) {
        s.plain(", which ").thread(linker).plain(" had linked");
    }
    s.plain(".");
}

function casLost(s, record) {
    const { before: seen, aux: expected } = record;
    if (s.site?.decisive === false && effectOf(s) !== null) {
        s.thread().plain(" lost the CAS on ").cell().plain(": it expected ").value(expected);
        cause(s, record);
        s.plain("; and it does not look, so its change is lost.");
        return;
    }
    if (s.site?.decisive === false) {
        s.thread().plain(" found ").cell().plain(" at ").value(seen).plain(", not at ").value(expected);
        s.plain(": somebody had already done it. Harmless.");
        return;
    }
    s.thread().plain(" lost the CAS on ").cell().plain(": it expected ").value(expected);
    if (seen === expected) {
        s.plain(" with an older tag");
    }
    cause(s, record);
    s.plain(`; retry ${s.lane.losses + 1}.`);
}

function cause(s, { lane, cell, before: seen }) {
    const target = s.target;
    const writer = target?.writer ?? -1;
    if (target === undefined || target.value !== seen || writer < 0 || writer === lane) {
        s.plain(", but found ").value(seen);
        return;
    }
    const known = readOf(s.state, lane, cell);
    const changes = known === null ? 1 : target.version - known.version;
    s.plain(", ")
        .thread(writer)
        .plain(target.node === 0 && isObject(seen) ? " swung " : " set ")
        .cell()
        .plain(" to ")
        .value(seen);
    s.plain(changes > 1 ? ` in between, the last of ${count(changes, "change")}` : " in between");
}

/** A local that was computed, that now names what was read from a cell, or that went out of scope. */
function local(s, { cell, before: origin, after, aux: gone }) {
    const name = s.names.bareText(cell);
    if (gone !== 0) {
        s.thread().plain(" lets go of ").code(name).plain(".");
    } else if (origin !== 0) {
        s.thread().plain(" keeps ").value(after).plain(" as ").code(name);
        s.plain(", as read from ").cell(origin).plain(".");
    } else {
        s.thread().plain(" computes ").code(name).plain(" = ").value(after).plain(".");
    }
}

function allocate(s, { cell, after, aux }) {
    s.thread().plain(" makes ").value(cell);
    if (after !== 0) {
        s.plain(` with the value `).value(after);
    }
    const type = s.names.type(aux);
    s.plain(type === null || type.name === "Node" ? "" : `, a ${type.name}`);
    s.plain("; nobody else can see it yet.");
}

function reuse(s, { cell, before, after }) {
    s.thread().plain(" gets ").value(cell).plain(" again from the heap, now with the value ").value(after);
    s.plain(`: the same address, generation ${before}`);
    holders(s, cell, ", while", "a pointer to its earlier life");
    s.plain(".");
}

/** ` while T2 still holds it`: those besides the thread itself whose locals name the node. */
function holders(s, node, joint, what) {
    const lanes = s.state.lanes.filter(({ lane, locals }) => (
        lane !== s.record.lane && [...locals.values()].some(({ value }) => value === node)));
    if (lanes.length === 0) {
        return;
    }
    s.plain(`${joint} `).thread(lanes[0].lane);
    s.plain(lanes.length > 1 ? ` and ${count(lanes.length - 1, "other")} still hold ${what}` : ` still holds ${what}`);
}

function retire(s, { cell }) {
    s.thread().plain(" retires ").value(cell).plain(": it is to be freed once nobody can hold it any longer.");
}

function free(s, { cell }) {
    const node = s.state.nodes.get(cell);
    s.thread().plain(" frees ").value(cell);
    if (node?.freed) {
        s.plain(", which is free already,");
    }
    holders(s, cell, " while", "it");
    s.plain(".");
}

/** The versions that belong to the access before it: what the cell has, and what a lost CAS expected. */
function wide(s, { cell, before, after, aux: expected }) {
    if (s.target === undefined) {
        s.thread().plain(": the upper halves of the numbers in its previous record.");
        return;
    }
    if (before !== after) {
        s.cell().plain(` goes from tag ${before} to tag ${after}.`);
        return;
    }
    s.cell().plain(` has tag ${after}`);
    const last = s.state.last;
    if (last?.kind === s.layout.kinds.CAS_LOST && last.cell === cell) {
        s.plain(expected === after ? ", as expected" : `, expected ${expected}`);
    }
    s.plain(".");
}

export const ACCESS_SENTENCES = {
    LOAD: load,
    STORE: store,
    EXCHANGE: exchange,
    CAS_WON: casWon,
    CAS_LOST: casLost,
    LOCAL: local,
    ALLOCATE: allocate,
    REUSE: reuse,
    RETIRE: retire,
    FREE: free,
    WIDE: wide,
};
