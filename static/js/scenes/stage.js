/**
 * Draws a picture (a list of items) into an SVG and moves it into the next one.
 *
 * An item keeps its element for as long as its key is in the picture. Elements are written to only where something
 * differs; while something moves, only `transform`, `opacity` and the paths of moving links are. An item's target is
 * changed in mid-flight without a jump. What leaves the picture fades.
 */

import { Actor, element } from "./actor.js";
import { Motion } from "./motion.js";
import { SPRITES } from "./sprites.js";

/**
 * @typedef {object} Item
 * @property {string} key
 * @property {string} type  which sprite draws it
 * @property {number[]} at  numbers that the sprite places it by: x and y, or the points of a link
 * @property {number} [lane]  gives it the thread's hue
 * @property {string} [look]  further classes
 * @property {{lane: number, label: string}} [button]  it can be pressed: chooses the lane
 * @property {number[]} [from]  where it begins when it is new
 * @property {{id: string, to: number[]}} [bounce]  with a new id: it goes there first, then to its place
 * @property {{key: string, aim: (x: number, y: number) => number[]}} [swing]  a pointer: when `key` changes it first
 *     goes to where that item still is
 * @property {boolean} [prompt]  it moves at once, with what swings
 * @property {number[]} [leave]  where it goes while it fades
 */

export class Stage {
    /**
     * @param {SVGElement} root
     * @param {string[]} layers  bottom first
     * @param {() => void} [onRest]  called when nothing moves any more
     */
    constructor(root, layers, onRest = () => {}) {
        this._layers = new Map(layers.map((name) => [
            name, root.appendChild(element("g", { class: `layer ${name}` })),
        ]));
        /** @type {Map<string, Actor>} */
        this._actors = new Map();
        this._moving = new Set();
        this._frame = 0;
        this._onRest = onRest;
        this._tick = this._tick.bind(this);
    }

    /** Whether anything still moves. */
    get busy() {
        return this._moving.size > 0;
    }

    /**
     * @param {Item[]} items
     * @param {number} duration  of one movement in milliseconds; 0 draws at once
     */
    show(items, duration) {
        const now = performance.now();
        const motion = new Motion(now, duration, items.some((item) => this._swings(item)));
        const kept = new Set();
        for (const item of items) {
            kept.add(item.key);
            this._put(item, motion);
        }
        for (const actor of this._actors.values()) {
            if (!kept.has(actor.item.key)) this._dismiss(actor, motion);
        }
        if (duration === 0) this._advance(now);
        this._schedule();
    }

    /** Removes everything. */
    destroy() {
        cancelAnimationFrame(this._frame);
        for (const layer of this._layers.values()) layer.remove();
        this._actors.clear();
        this._moving.clear();
    }

    _swings(item) {
        const actor = this._actors.get(item.key);
        return Boolean(item.swing && actor?.item.swing && actor.item.swing.key !== item.swing.key);
    }

    _put(item, motion) {
        let actor = this._actors.get(item.key);
        if (actor && actor.item.type !== item.type) {
            this._remove(actor);
            actor = undefined;
        }
        if (actor) {
            const via = this._viaOf(actor, item);
            const returns = actor.leaving;
            actor.leaving = false;
            if (returns) actor.fade = motion.fadeIn(actor.opacity);
            const goesRound = via !== null && via.kind !== "prompt";
            if (goesRound || !sameNumbers(actor.target, item.at)) actor.track = motion.track(actor.at, item.at, via);
            else if (!actor.track) actor.at = item.at;
        } else {
            actor = this._create(item, motion);
        }
        actor.target = item.at;
        if (motion.settle > motion.now && actor.drawn && !this._isPrompt(item)) actor.postpone(item, motion.settle);
        else actor.draw(item);
        if (actor.busy) this._moving.add(actor);
        else actor.place();
    }

    _create(item, motion) {
        const actor = new Actor(item, this._layers.get(SPRITES[item.type].layer));
        actor.at = item.from ?? item.at;
        if (motion.still) {
            actor.at = item.at;
        } else if (this._actors.size > 0) {
            actor.opacity = 0;
            actor.fade = item.from ? motion.fadeNow(0) : motion.fadeIn(0);
            const via = item.bounce ? { kind: "bounce", at: item.bounce.to } : item.prompt ? { kind: "prompt" } : null;
            if (item.from || via) actor.track = motion.track(actor.at, item.at, via);
        }
        this._actors.set(item.key, actor);
        actor.place();
        actor.show();
        return actor;
    }

    _isPrompt(item) {
        return Boolean(item.prompt || item.swing || item.bounce);
    }

    /** Where an item goes before it goes to its place, or null. */
    _viaOf(actor, item) {
        if (item.bounce && item.bounce.id !== actor.item.bounce?.id) return { kind: "bounce", at: item.bounce.to };
        if (item.prompt) return { kind: "prompt" };
        if (!this._swings(item)) return null;
        const target = this._actors.get(item.swing.key);
        return { kind: "swing", at: target ? item.swing.aim(target.at[0], target.at[1]) : item.at };
    }

    _dismiss(actor, motion) {
        if (motion.still) this._remove(actor);
        if (motion.still || actor.leaving) return;
        actor.leaving = true;
        actor.element.setAttribute("aria-hidden", "true");
        actor.fade = motion.fadeOut(actor.opacity, actor.item.prompt);
        if (actor.item.leave) actor.track = motion.track(actor.at, actor.item.leave, null);
        this._moving.add(actor);
    }

    _remove(actor) {
        actor.element.remove();
        this._actors.delete(actor.item.key);
        this._moving.delete(actor);
    }

    _schedule() {
        if (this._moving.size > 0 && this._frame === 0) this._frame = requestAnimationFrame(this._tick);
        else if (this._moving.size === 0) this._onRest();
    }

    _tick(now) {
        this._frame = 0;
        this._advance(now);
        this._schedule();
    }

    _advance(now) {
        for (const actor of this._moving) {
            if (actor.advance(now)) continue;
            this._moving.delete(actor);
            if (actor.leaving) this._remove(actor);
        }
    }
}

function sameNumbers(one, other) {
    return one.length === other.length && one.every((number, index) => number === other[index]);
}
