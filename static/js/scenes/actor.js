/**
 * One item on the stage: its element, its parts, and where it is now. It writes only what differs from what it wrote
 * last.
 */

import { SPRITES } from "./sprites.js";

const SVG = "http://www.w3.org/2000/svg";

/** Makes an SVG element. */
export function element(tag, attributes = {}) {
    const made = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
}

export class Actor {
    constructor(item, layer) {
        this.item = item;
        this.sprite = SPRITES[item.type];
        this.element = layer.appendChild(element("g"));
        this.parts = [];
        this.at = item.at;
        this.target = item.at;
        this.opacity = 1;
        this.track = null;
        this.fade = null;
        this.leaving = false;
        this.drawn = false;
        this.pending = null;
        this._written = {};
    }

    get busy() {
        return this.track !== null || this.fade !== null || this.pending !== null;
    }

    /** Looks as it did until then: what an access changed is seen to change first. */
    postpone(item, until) {
        this.pending = { item, until };
    }

    draw(item) {
        this.item = item;
        this.drawn = true;
        this.pending = null;
        this._write("class", ["sprite", item.type, item.look, item.lane === undefined ? "" : `hue-${item.lane % 8}`]
            .filter(Boolean).join(" "));
        this._write("role", item.button ? "button" : null);
        this._write("tabindex", item.button ? "0" : null);
        this._write("data-lane", item.button ? item.button.lane : null);
        this._write("data-thread", item.button && item.lane !== undefined ? item.lane : null);
        this._write("aria-haspopup", item.button && item.lane !== undefined ? "menu" : null);
        this._write("aria-label", item.button ? item.button.label : null);
        this._write("aria-hidden", null);
        const drawn = this.sprite.draw(item);
        drawn.forEach((part, index) => this._drawPart(part, index));
        while (this.parts.length > drawn.length) this.parts.pop().element.remove();
        if (this.sprite.place) this.place();
    }

    _write(name, value) {
        if (this._written[name] === value || (value === null && this._written[name] === undefined)) return;
        this._written[name] = value;
        if (value === null) this.element.removeAttribute(name);
        else this.element.setAttribute(name, value);
    }

    _drawPart(part, index) {
        let old = this.parts[index];
        if (old?.tag !== part.tag) {
            const made = element(part.tag);
            if (old) old.element.replaceWith(made);
            else this.element.append(made);
            old = { tag: part.tag, element: made, attributes: {}, text: undefined };
            this.parts[index] = old;
        }
        for (const [name, value] of Object.entries(part.attributes)) {
            if (old.attributes[name] !== value) old.element.setAttribute(name, value);
        }
        for (const name of Object.keys(old.attributes)) {
            if (!(name in part.attributes)) old.element.removeAttribute(name);
        }
        if (old.text !== part.text) old.element.textContent = part.text ?? "";
        old.attributes = part.attributes;
        old.text = part.text;
    }

    place() {
        const { place, transform } = this.sprite;
        if (place) {
            place(this.at, this.item).forEach((d, index) => this._writePath(d, index));
        } else {
            const at = this.at.map(round);
            this._write("transform", transform ? transform(at) : `translate(${at[0]} ${at[1]})`);
        }
    }

    _writePath(d, index) {
        const drawn = this.parts[index];
        if (!drawn || drawn.d === d) return;
        drawn.d = d;
        drawn.element.setAttribute("d", d);
    }

    show() {
        this._write("opacity", this.opacity === 1 ? null : round(this.opacity));
    }

    /** @returns {boolean} whether it moves on */
    advance(now) {
        if (this.pending && this.pending.until <= now) this.draw(this.pending.item);
        if (this.track) {
            this.at = this.track.at(now);
            if (this.track.end <= now) {
                this.track = null;
                if (!this.leaving) this.at = this.target;
            }
            this.place();
        }
        if (this.fade) {
            this.opacity = this.fade.at(now)[0];
            if (this.fade.end <= now) this.fade = null;
            this.show();
        }
        return this.busy;
    }
}

function round(number) {
    return Math.round(number * 100) / 100;
}
