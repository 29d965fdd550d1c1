/**
 * What the numbers in records stand for: sites, root cells, node types, interned values, operations.
 *
 * Names only ever grow; ids are never given a second meaning within a generation, so a name may be used for every
 * record that is kept.
 */

import { decodeInteger, isInteger, nodeName } from "./layout.js";

const LISTS = ["sites", "cells", "types", "values", "operations", "processes"];

export class Names {
    constructor() {
        this.clear();
    }

    /** Forget everything: a new generation begins. */
    clear() {
        /** @type {object[]} by id; read by the fold for every access, hence an array */
        this.sites = [];
        /** What durations count: `seconds` (records then say microseconds), or `steps` of a schedule. */
        this.clock = "seconds";
        this._cells = new Map();
        this._types = new Map();
        this._values = new Map();
        this._operations = new Map();
        this._roots = new Map();
        this._processes = new Map();
    }

    /** @param {object} message  a `names` message, or `hello.names` */
    add(message) {
        this.clock = message.clock ?? this.clock;
        for (const site of message.sites ?? []) {
            this.sites[site.id] = Object.freeze({ ...site });
        }
        for (const cell of message.cells ?? []) {
            this._cells.set(cell.id, Object.freeze({ ...cell }));
            this._roots.set(cell.name, cell.id);
        }
        for (const type of message.types ?? []) {
            this._types.set(type.id, Object.freeze({ ...type, fields: Object.freeze([...type.fields]) }));
        }
        for (const value of message.values ?? []) {
            this._values.set(value.id, value.text);
        }
        for (const operation of message.operations ?? []) {
            this._operations.set(operation.id, Object.freeze({ ...operation }));
        }
        for (const { lane, pid } of message.processes ?? []) {
            this._processes.set(lane, pid);
        }
    }

    /** All names as one `names` message; a recording carries it. */
    toMessage() {
        return {
            type: "names",
            from: 0,
            sites: this.sites.filter(Boolean),
            cells: [...this._cells.values()],
            types: [...this._types.values()],
            values: [...this._values].map(([id, text]) => ({ id, text })),
            operations: [...this._operations.values()],
            ...(this._processes.size > 0
                ? { processes: [...this._processes].map(([lane, pid]) => ({ lane, pid })) } : {}),
            ...(this.clock === "seconds" ? {} : { clock: this.clock }),
        };
    }

    /** @returns {object | null} where in the source an access stands */
    site(id) {
        return this.sites[id] ?? null;
    }

    /** @returns {{id: number, name: string, kind: string} | null} a root cell; null for the cell of a node */
    cell(id) {
        return this._cells.get(id) ?? null;
    }

    /** The ids of all root cells. */
    rootCells() {
        return [...this._cells.keys()];
    }

    /** The id of the root cell with that name, 0 where there is none. */
    root(name) {
        return this._roots.get(name) ?? 0;
    }

    /** @returns {{id: number, name: string, fields: readonly string[]} | null} */
    type(id) {
        return this._types.get(id) ?? null;
    }

    /** @returns {{id: number, name: string, takes_value: boolean, effect: string, items: number} | null} */
    operation(id) {
        return this._operations.get(id) ?? null;
    }

    /** The number of the process that runs a lane, the latest one; null where threads do. */
    process(lane) {
        return this._processes.get(lane) ?? null;
    }

    /** Whether there is an operation that takes items out; where there is none, the others make changes. */
    get takesOut() {
        return [...this._operations.values()].some(({ items }) => items < 0);
    }

    /** The text announced for an object id, or null; a node has none. */
    text(id) {
        return this._values.get(id) ?? null;
    }

    /** The name that a LOCAL or FAULT record carries: its text without the quotes of a Python string. */
    bareText(id) {
        const text = this.text(id);
        return text === null ? `value ${id}` : text.replace(/^(['"])(.*)\1$/s, "$2");
    }

    /** How a value code reads: `None`, a number, an interned value's text, a node's name. */
    value(code) {
        if (code === 0) {
            return "None";
        }
        return isInteger(code) ? String(decodeInteger(code)) : (this._values.get(code) ?? nodeName(code));
    }

    /** What a cell is called in a state: `head` for a root cell, `n7.next` for the cell of a node. */
    cellName(state, id) {
        const root = this._cells.get(id);
        if (root) {
            return root.name;
        }
        const node = state.nodes.get(state.cells.get(id)?.node ?? 0);
        if (!node) {
            return `cell ${id}`;
        }
        const field = this.type(node.type)?.fields[node.cells.indexOf(id)] ?? "cell";
        return `${nodeName(node.id)}.${field}`;
    }

    /** A call as it would be written: `push(8)`, `pop()`. */
    call(operation, argument) {
        const description = this.operation(operation);
        if (!description) {
            return `operation ${operation}`;
        }
        return description.takes_value ? `${description.name}(${this.value(argument)})` : `${description.name}()`;
    }
}

/** True for an object whose lists, where present, are lists; used by the checks of messages and recordings. */
export function isNames(candidate) {
    return (
        candidate !== null &&
        typeof candidate === "object" &&
        LISTS.every((list) => candidate[list] === undefined || Array.isArray(candidate[list]))
    );
}
