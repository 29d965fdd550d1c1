/**
 * An answer of `GET /api/step`, made by hand: a counter that is counted up twice. Step 1 has two records, step 3 none, the
 * others one or two.
 */

const NUMBER = 0x80000000;

/**
 * @param {import("../../static/js/layout.js").Layout} layout
 * @param {boolean} longer with one more step
 */
export function answer(layout, longer = false) {
    const { kinds } = layout;
    const rows = [
        [1, 0, kinds.BEGIN, 0, 0, 0, 0, 1],
        [1, 0, kinds.LOAD, 1, 1, NUMBER, NUMBER, 0],
        [2, 0, kinds.CAS_WON, 2, 1, NUMBER, NUMBER + 1, NUMBER],
        [4, 0, kinds.STORE, 3, 1, NUMBER + 1, NUMBER + 2, 0],
        [4, 0, kinds.END, 0, 0, 1, 0, 0],
        ...(longer ? [[5, 1, kinds.LOAD, 1, 1, NUMBER + 2, NUMBER + 2, 0]] : []),
    ];
    const next = (access, text, site = 1) => ({ access, site, cell: 1, expected: 0, after: 0, version: null, text });
    const load = next("load", "load value");
    const work = next("work", "work", 0);
    const steps = [
        {
            thread: 0,
            kill: false,
            first: 0,
            records: 2,
            text: "load value: 0",
            next: next("compare_and_swap", "CAS value: 0 → 1"),
        },
        { thread: 0, kill: false, first: 2, records: 1, text: "CAS value: 0 → 1, won", next: load },
        { thread: 1, kill: false, first: 3, records: 0, text: "work", next: work },
        { thread: 0, kill: false, first: 3, records: 2, text: "store value = 2", next: null },
        ...(longer ? [{ thread: 1, kill: false, first: 5, records: 1, text: "load value: 2", next: work }] : []),
    ];
    const lane = (number) => ({
        lane: number,
        status: "idle",
        operation: -1,
        argument: 0,
        number: 0,
        attempts: 0,
        losses: 0,
        site: 0,
        locals: {},
    });
    const site = (id, access) => ({
        id,
        file: "counter.py",
        line: id,
        function: "increment",
        access,
        expression: "",
        target: null,
        decisive: true,
    });
    return {
        spec: {
            structure: "atomic-counter",
            program: "increment | work 9",
            start: "",
            schedule: "1121",
            seed: 1,
            backoff: "none",
            reuse: "lifo",
            then: "",
        },
        problems: [],
        names: {
            type: "names",
            from: 0,
            sites: [site(1, "load"), site(2, "compare_and_swap"), site(3, "store")],
            cells: [{ id: 1, name: "value", kind: "integer" }],
            types: [],
            values: [],
            operations: [{ id: 0, name: "increment", takes_value: false, effect: "value", items: 1 }],
        },
        snapshot: {
            type: "snapshot",
            sequence: -1,
            time: 0,
            reason: "start",
            cells: [{ id: 1, value: NUMBER }],
            nodes: [],
            locks: [],
            lanes: [lane(0), lane(1)],
        },
        records: encode(layout, rows),
        count: rows.length,
        threads: [
            { calls: [{ text: "increment()", result: "None", first: 1, last: 4 }], next: load, stuck: null },
            { calls: [{ text: "work(9)", result: null, first: 3, last: null }], next: work, stuck: null },
        ],
        steps,
        faults: [],
        outcome: { kind: "running", message: "" },
        account: { in: 2, out: 0, inside: 2, in_flight: [], lost: 0, balanced: true },
    };
}

function encode({ at, bytes: size, words: stride }, rows) {
    const buffer = new ArrayBuffer(rows.length * size);
    const [bytes, halves, words] = [new Uint8Array(buffer), new Uint16Array(buffer), new Uint32Array(buffer)];
    rows.forEach(([step, lane, kind, site, cell, before, after, aux], index) => {
        const base = index * stride;
        words[base + at.time] = (step * 1e9) % 2 ** 32;
        words[base + at.timeHigh] = Math.floor((step * 1e9) / 2 ** 32);
        words[base + at.sequence] = index;
        bytes[index * size + at.lane] = lane;
        bytes[index * size + at.kind] = kind;
        halves[base * 2 + at.site] = site;
        words[base + at.cell] = cell;
        words[base + at.before] = before;
        words[base + at.after] = after;
        words[base + at.aux] = aux;
    });
    return btoa(String.fromCharCode(...bytes));
}
