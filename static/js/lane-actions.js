/** What pointing, tapping and keys do on the lanes: show what is there, choose a lane, go to a record. */

import { setText, threadName } from "./dom.js";
import { laneColumns } from "./lane-density.js";
import { describeHit, describeTotals, hitAt, neighbour, totalsBetween } from "./lane-hit.js";

const TIP_GAP = 14;

export class LaneActions {
    /** @param {object} lanes the view whose lanes these are */
    constructor(lanes) {
        this.lanes = lanes;
        /** The keyboard's place: a lane, and where on the axis. */
        this.cursor = { lane: 0, value: null };
        this.before = null;
    }

    /** Row and axis value under a place on the canvas; null beside the lanes. */
    locate(x, y) {
        const { laid, painter, axis } = this.lanes;
        const row = laid?.rows.find(({ top, height }) => y >= top && y < top + height);
        if (row === undefined || y >= this.lanes.base()) {
            return null;
        }
        return { row, value: axis.from + (x / painter.size.width) * axis.span };
    }

    point(x, y) {
        const place = this.locate(x, y);
        if (place === null) {
            this.leave();
            return;
        }
        this.showTip(this.sentence(place.row.lane, place.value), x, place.row);
    }

    /** What is at a place: one operation where they can be told apart, else the column's totals. */
    sentence(lane, value) {
        const { index, painter, axis, context, frame } = this.lanes;
        const data = index.lane(lane);
        if (painter.crowded.has(lane)) {
            const { width } = laneColumns(data, painter.view());
            const from = Math.floor(value / width) * width;
            const length = axis.unit === "time" ? axis.moments.duration(width) : `${Math.round(width)} records`;
            const totals = totalsBetween(data, from, from + width, axis.unit);
            return `${threadName(lane)}: ${describeTotals(totals)} in ${length}`;
        }
        return describeHit(hitAt(data, value, painter.view()), data, wordsOf(context.names, frame?.state, axis.moments));
    }

    showTip(text, x, row) {
        const { tip, canvas, element } = this.lanes;
        setText(tip, text);
        tip.hidden = false;
        const place = canvas.getBoundingClientRect();
        const box = element.getBoundingClientRect();
        const left = Math.min(place.left - box.left + x + TIP_GAP, box.width - tip.offsetWidth - 6);
        const above = place.top - box.top + row.y - tip.offsetHeight - 4;
        tip.style.left = `${Math.max(left, 4)}px`;
        tip.style.top = `${above < 0 ? above + tip.offsetHeight + row.bar + 10 : above}px`;
    }

    leave() {
        this.lanes.tip.hidden = true;
        this.lanes.schedule();
    }

    /** A click or tap: goes there, says what is there, and opens a narrow lane. */
    press(x, y) {
        const place = this.locate(x, y);
        if (place === null) {
            return;
        }
        const { frame, context, chosen } = this.lanes;
        this.before = frame === null ? null : { live: frame.mode === "live", position: frame.position };
        const { lane, large } = place.row;
        this.cursor = { lane, value: place.value };
        if (!large && !chosen.has(lane)) {
            context.emit("select", lane);
        }
        this.point(x, y);
        this.seek(lane, place.value);
    }

    /** Back to where the view was before the first click of a double click. */
    undoPress() {
        const { playback } = this.lanes.context;
        if (this.before?.live) {
            playback.goLive();
        } else if (this.before) {
            playback.seek(this.before.position);
        }
        this.before = null;
    }

    /** Goes to a mark near the value, else to the record at it. */
    seek(lane, value) {
        const { index, painter, axis, context } = this.lanes;
        const { history, playback } = context;
        if (history.last < history.first) {
            return;
        }
        const data = index.lane(lane);
        const hit = painter.crowded.has(lane) ? null : hitAt(data, value, painter.view());
        const position = hit?.kind === "mark"
            ? data.marks.columns.position[hit.row]
            : axis.unit === "time" ? history.positionAt(value + 1) - 1 : Math.round(value);
        playback.seek(Math.min(Math.max(position, history.first), history.last));
    }

    fit() {
        this.lanes.fit();
    }

    moveLane(step) {
        const { order } = this.lanes;
        const at = order.indexOf(this.cursor.lane);
        const next = order[Math.min(Math.max(at + step, 0), order.length - 1)];
        if (next !== undefined) {
            this.cursor.lane = next;
            this.sayCursor();
        }
    }

    moveOperation(step) {
        const { index, axis, frame } = this.lanes;
        const from = this.cursor.value ?? (frame === null ? axis.to : this.lanes.playhead(frame));
        const found = neighbour(index.lane(this.cursor.lane), from, step, axis.unit);
        if (found !== null) {
            this.cursor.value = found.value;
            axis.reveal(found.value, 0.5);
            this.sayCursor();
        }
    }

    enter() {
        if (this.cursor.value !== null) {
            this.seek(this.cursor.lane, this.cursor.value);
        }
    }

    /** Shows and announces what the keyboard's place has. */
    sayCursor() {
        const { laid, painter, context } = this.lanes;
        const row = laid.rows.find(({ lane }) => lane === this.cursor.lane);
        const value = this.cursor.value;
        const text = value === null
            ? `${threadName(this.cursor.lane)}: . and , go from operation to operation`
            : this.sentence(this.cursor.lane, value);
        if (row !== undefined) {
            this.showTip(text, value === null ? 0 : painter.view().x(value), row);
        }
        context.announce(text);
        this.lanes.schedule();
    }
}

/** The names that sentences need. */
function wordsOf(names, state, { moment, duration }) {
    return {
        moment, duration,
        call: (operation, argument) => names.call(operation, argument),
        message: (id) => names.bareText(id),
        cell: (id) => names.cell(id)?.name ?? (state ? names.cellName(state, id) : `cell ${id}`),
    };
}
