/**
 * Paints the lanes' canvas: grid and axis, each lane as bars or as a strip, playhead, the keyboard's place. Knows no
 * events.
 */

import { drawDensity, isCrowded, laneColumns } from "./lane-density.js";
import { drawBars } from "./lane-draw.js";
import { UNKNOWN_OPERATION } from "./lane-index.js";
import { hatchPattern, readPalette } from "./lane-palette.js";

export const AXIS_HEIGHT = 22;

export class LaneCanvas {
    /**
     * @param {HTMLCanvasElement} canvas
     * @param {import("./time-axis.js").TimeAxis} axis
     * @param {import("./names.js").Names} names
     */
    constructor(canvas, axis, names) {
        this.canvas = canvas;
        this.axis = axis;
        this.names = names;
        this.context = canvas.getContext("2d");
        this.size = { width: 0, height: 0, ratio: 0 };
        this.crowded = new Set();
        this.hatch = null;
    }

    /** Reads the theme's colours. */
    restyle() {
        this.palette = readPalette(this.canvas);
        this.hatch = null;
    }

    /**
     * Sharp on every screen: as many canvas pixels as the screen has.
     * @param {number} width
     * @param {number} height in CSS pixels
     */
    resize(width, height) {
        const ratio = window.devicePixelRatio || 1;
        if (this.size.width === width && this.size.height === height && this.size.ratio === ratio) {
            return;
        }
        this.size = { width, height, ratio };
        this.canvas.width = Math.round(width * ratio);
        this.canvas.height = Math.round(height * ratio);
        this.canvas.style.width = `${width}px`;
        this.canvas.style.height = `${height}px`;
        this.hatch = null;
    }

    /** The mapping from the axis to the canvas, as all drawing functions take it. */
    view() {
        const { axis, size, names } = this;
        const scale = size.width / axis.span;
        return {
            axis, width: size.width, ratio: size.ratio, now: axis.limits().last,
            lead: axis.unit === "time" ? axis.moments.lead : 0,
            x: (value) => (value - axis.from) * scale,
            operationName: (index) => (index === UNKNOWN_OPERATION ? "" : (names.operation(index)?.name ?? "")),
        };
    }

    /**
     * @param {{index: import("./lane-index.js").LaneIndex, laid: {rows: import("./lane-rows.js").Row[]}, base: number,
     *     playhead: number | null, cursor: {lane: number, value: number | null} | null}} scene
     *     `base`: where the axis begins
     */
    paint({ index, laid, base, playhead, cursor }) {
        const { context, size } = this;
        const view = this.view();
        this.hatch ??= hatchPattern(context, this.palette.faint, size.ratio);
        context.setTransform(size.ratio, 0, 0, size.ratio, 0, 0);
        context.clearRect(0, 0, size.width, size.height);
        const ticks = this.axis.ticks(view.width);
        this.paintGrid(view, ticks, base);
        this.paintLanes(view, index, laid.rows);
        this.paintAxis(view, ticks, base);
        if (playhead !== null) {
            context.fillStyle = this.palette.text;
            context.fillRect(Math.round(view.x(playhead)) - 1, 0, 2, base);
        }
        if (cursor !== null) {
            this.paintCursor(view, laid.rows, cursor);
        }
    }

    paintGrid(view, ticks, base) {
        const { context } = this;
        context.fillStyle = this.palette.line;
        context.globalAlpha = 0.5;
        for (const tick of ticks) {
            context.fillRect(Math.round(view.x(tick.value)), 0, 1, base);
        }
        context.globalAlpha = 1;
    }

    /** The axis stands at the lower edge of what can be seen, over lanes that reach beyond it. */
    paintAxis(view, ticks, base) {
        const { context, palette } = this;
        context.clearRect(0, base, view.width, this.size.height - base);
        context.font = `11px ${palette.font}`;
        context.textBaseline = "top";
        for (const tick of ticks) {
            const half = context.measureText(tick.label).width / 2;
            const x = Math.round(view.x(tick.value));
            context.fillStyle = tick.base ? palette.muted : palette.faint;
            if (x + half < view.width) {
                context.fillText(tick.label, Math.max(x - half, 2), base + 5);
            }
        }
    }

    paintLanes(view, index, rows) {
        const strips = new Map();
        let most = 1;
        for (const { lane, large } of rows) {
            const data = index.lane(lane);
            if (isCrowded(data, view, this.crowded.has(lane), large)) {
                this.crowded.add(lane);
                strips.set(lane, laneColumns(data, view));
                most = Math.max(most, strips.get(lane).most);
            } else {
                this.crowded.delete(lane);
            }
        }
        for (const { lane, y, bar } of rows) {
            const row = { y, height: bar };
            const strip = strips.get(lane);
            if (strip !== undefined) {
                drawDensity(this.context, index.lane(lane), strip, most, row, view, this.palette, this.hatch);
            } else {
                drawBars(this.context, index.lane(lane), row, view, this.palette, this.hatch);
            }
        }
    }

    /** A frame around the lane and a line where the cursor stands. */
    paintCursor(view, rows, cursor) {
        const row = rows.find(({ lane }) => lane === cursor.lane);
        if (row === undefined) {
            return;
        }
        const { context } = this;
        context.strokeStyle = this.palette.focus;
        context.lineWidth = 1;
        context.strokeRect(0.5, row.y - 1.5, view.width - 1, row.bar + 3);
        if (cursor.value !== null) {
            context.setLineDash([2, 2]);
            context.strokeRect(Math.round(view.x(cursor.value)) + 0.5, row.y - 2, 0, row.bar + 4);
            context.setLineDash([]);
        }
    }
}
