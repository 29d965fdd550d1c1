"""A page for the views alone: the real model modules, fed with records made by hand, and no server.

``window.kit`` holds the context that the views get, what they asked of it (``sought``, ``said``, ``emitted``), and ways
to feed it: ``push`` for records as ``[time in µs, lane, kind, {site, cell, before, after, aux}]``, ``frame`` for a
Frame of ``docs/frontend.md``.
"""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from lockfree_core.trace.layout import describe_layout

SITES = [
    {"id": 1, "file": "stack.py", "line": 26, "function": "push", "access": "load", "expression": "self._head",
     "target": "old_head", "decisive": True},
    {"id": 2, "file": "stack.py", "line": 28, "function": "push", "access": "compare_and_swap",
     "expression": "self._head", "target": None, "decisive": True},
    {"id": 3, "file": "queue.py", "line": 50, "function": "enqueue", "access": "compare_and_swap",
     "expression": "self._tail", "target": None, "decisive": False},
]  # fmt: skip
NAMES: dict[str, Any] = {
    "type": "names",
    "from": 0,
    "sites": SITES,
    "cells": [{"id": 1, "name": "head", "kind": "reference"}, {"id": 2, "name": "lock", "kind": "lock"}],
    "types": [{"id": 1, "name": "Node", "fields": ["next"]}],
    "values": [{"id": 70, "text": "'QueueError: the list ended'"}],
    "operations": [
        {"id": 0, "name": "push", "takes_value": True, "effect": "head", "items": 1},
        {"id": 1, "name": "pop", "takes_value": False, "effect": "head", "items": -1},
    ],
}

KIT = """async ({ layout, names, theme }) => {
    const { createLayout } = await import("/static/js/layout.js");
    const { History } = await import("/static/js/history.js");
    const { Names } = await import("/static/js/names.js");
    document.documentElement.dataset.theme = theme;
    document.body.innerHTML = '<main id="root"></main>';
    const built = createLayout(layout);
    const kit = { sought: [], said: [], emitted: [], listeners: new Map(), sequence: 0, layout: built };
    const table = new Names();
    table.add(names);
    const record = (name) => (...rest) => kit.sought.push([name, ...rest]);
    kit.context = {
        layout: built, names: table, history: new History(built), prefers: { reducedMotion: false },
        run: { id: "r1", generation: 1, structure: "treiber-stack", seed: 42, knobs: { gap_share: 0 } },
        playback: Object.fromEntries(["seek", "goLive", "play", "hold"].map((name) => [name, record(name)])),
        on(event, listener) {
            kit.listeners.set(event, [...(kit.listeners.get(event) ?? []), listener]);
            return () => kit.listeners.set(event, kit.listeners.get(event).filter((one) => one !== listener));
        },
        emit(event, data) {
            kit.emitted.push([event, data]);
            for (const listener of kit.listeners.get(event) ?? []) listener(data);
        },
        announce: (text) => kit.said.push(text),
    };
    kit.encode = (records) => {
        const bytes = new Uint8Array(records.length * 32);
        const view = new DataView(bytes.buffer);
        const first = kit.sequence;
        records.forEach(([time, lane, kind, rest = {}], index) => {
            const at = index * 32;
            view.setBigUint64(at, BigInt(Math.round(time * 1000)), true);
            view.setUint32(at + 8, kit.sequence++, true);
            view.setUint8(at + 12, lane);
            view.setUint8(at + 13, built.kinds[kind]);
            view.setUint16(at + 14, rest.site ?? 0, true);
            for (const [offset, name] of [[16, "cell"], [20, "before"], [24, "after"], [28, "aux"]]) {
                view.setUint32(at + offset, rest[name] ?? 0, true);
            }
        });
        return { bytes, first };
    };
    kit.push = (records) => {
        const { bytes, first } = kit.encode(records);
        kit.context.history.append(bytes, first);
    };
    kit.frame = (changes = {}) => {
        const { history } = kit.context;
        const position = changes.position ?? history.last;
        const time = position >= 0 ? history.timeAt(position) : 0;
        const idle = (_, lane) => ({ lane, status: "running", operation: 0 });
        const lanes = Array.from({ length: changes.lanes ?? 0 }, idle);
        return {
            state: { time, sequence: position, lanes, cells: new Map(), nodes: new Map() },
            position, first: history.first, last: history.last, mode: "live", speed: 1, regime: "each", rate: 4,
            shown: [], jumped: false, incident: null, flow: null, trigger: null, gap: 0, ...changes,
        };
    };
    kit.counters = (changes = {}) => {
        const lane = (number, more = {}) => ({
            lane: number, status: "running", operations: 0, attempts: 0, wins: 0, losses: 0, help: 0, help_won: 0,
            streak: 0, longest_streak: 0, in: 0, out: 0, empty: 0, backoff_us: 0, delay_us: 0, ...more,
        });
        const lanes = (changes.lanes ?? []).map((more, number) => lane(number, more));
        return {
            type: "counters", time: 0, paused: false, skipped: 0, rates: { operations: 0, records: 0, retry_rate: 0 },
            totals: { operations: 0, attempts: 0, wins: 0, losses: 0, retry_rate: 0, fairness: 1 }, ...changes, lanes,
        };
    };
    const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    kit.settled = async () => {
        await painted();
        await painted();
    };
    window.kit = kit;
}"""


def open_kit(page: Page, styles: tuple[str, ...] = (), theme: str = "dark") -> None:
    """Turn an empty page into one that the views can be built on, below ``#root``."""
    page.evaluate(KIT, {"layout": describe_layout(), "names": NAMES, "theme": theme})
    for name in ("theme", "base", "layout", *styles):
        page.add_style_tag(url=f"/static/css/{name}.css")
