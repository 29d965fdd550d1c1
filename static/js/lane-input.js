/**
 * Hands on the lanes: wheel, drag, pinch, double click and keys, turned into calls.
 *
 * What must hold: the plain wheel scrolls the page unless the lanes have the focus; one finger pans and a tap
 * seeks; a double click leaves the
 * view where it was before its first click.
 */

const DRAG_PIXELS = 4;
const PAN_KEYS = { a: -0.15, d: 0.15 };
const ZOOM_KEYS = { w: 0.7, s: 1 / 0.7 };

/** The keys of the lanes, for the list of keys. They hold while the lanes have the focus. */
export const LANE_KEYS = [
    { keys: ["A", "D"], label: "lanes: pan" },
    { keys: ["W", "S"], label: "lanes: zoom in and out" },
    { keys: ["↑", "↓"], label: "lanes: the lane above or below" },
    { keys: [",", "."], label: "lanes: the operation before or after" },
    { keys: ["Enter"], label: "lanes: go to the operation under the cursor" },
    { keys: ["0"], label: "lanes: fit everything" },
];

/**
 * @param {HTMLCanvasElement} canvas
 * @param {import("./time-axis.js").TimeAxis} axis
 * @param {{point(x: number, y: number): void, leave(): void, press(x: number, y: number): void, undoPress():
 *     void, fit(): void,
 *          moveLane(step: number): void, moveOperation(step: number): void, enter(): void}} actions
 * @returns {() => void} what ends it
 */
export function attachInput(canvas, axis, actions) {
    const controller = new AbortController();
    const { signal } = controller;
    const listen = (name, listener, options = {}) => canvas.addEventListener(name, listener, { signal, ...options });
    const pointers = new Map();
    listen("wheel", (event) => onWheel(event, canvas, axis), { passive: false });
    listen("keydown", (event) => onKey(event, axis, actions));
    listen("pointerdown", (event) => onDown(event, canvas, pointers));
    listen("pointermove", (event) => onMove(event, canvas, axis, pointers, actions));
    listen("pointerup", (event) => onUp(event, pointers, actions));
    listen("pointercancel", (event) => pointers.delete(event.pointerId));
    listen("pointerleave", (event) => event.pointerType === "mouse" && actions.leave());
    listen("dblclick", () => {
        actions.undoPress();
        actions.fit();
    });
    return () => controller.abort();
}

function valueAt(canvas, axis, clientX) {
    const box = canvas.getBoundingClientRect();
    return axis.from + ((clientX - box.left) / box.width) * axis.span;
}

function onWheel(event, canvas, axis) {
    const focused = document.activeElement === canvas;
    if (!focused && !event.ctrlKey) {
        return;
    }
    event.preventDefault();
    const scale = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    const sideways = event.shiftKey ? event.deltaX || event.deltaY : event.deltaX;
    if (!event.ctrlKey && (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY))) {
        axis.pan((sideways * scale * axis.span) / canvas.clientWidth);
        return;
    }
    axis.zoom(Math.exp(event.deltaY * scale * (event.ctrlKey ? 0.01 : 0.002)), valueAt(canvas, axis, event.clientX));
}

function onKey(event, axis, actions) {
    if (event.ctrlKey || event.metaKey || event.altKey) {
        return;
    }
    const key = event.key.toLowerCase();
    const others = {
        arrowup: () => actions.moveLane(-1), arrowdown: () => actions.moveLane(1), ",": () => actions.moveOperation(-1),
        ".": () => actions.moveOperation(1), enter: () => actions.enter(), 0: () => actions.fit(),
    };
    if (key in PAN_KEYS) {
        axis.pan(PAN_KEYS[key] * axis.span);
    } else if (key in ZOOM_KEYS) {
        axis.zoom(ZOOM_KEYS[key]);
    } else if (key in others) {
        others[key]();
    } else {
        return;
    }
    event.preventDefault();
}

function onDown(event, canvas, pointers) {
    if (event.button !== 0) {
        return;
    }
    canvas.focus({ preventScroll: true });
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, { x: event.clientX, startX: event.clientX, dragged: pointers.size > 0 });
}

function onMove(event, canvas, axis, pointers, actions) {
    const pointer = pointers.get(event.pointerId);
    if (pointer === undefined) {
        actions.point(event.offsetX, event.offsetY);
        return;
    }
    pointer.dragged ||= Math.abs(event.clientX - pointer.startX) > DRAG_PIXELS;
    const moved = event.clientX - pointer.x;
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (other !== undefined) {
        pointer.dragged = true;
        other.dragged = true;
        pinch(canvas, axis, pointer.x, event.clientX, other.x);
    } else if (pointer.dragged) {
        axis.pan((-moved * axis.span) / canvas.clientWidth);
    }
    pointer.x = event.clientX;
}

/** Two fingers: what lies under the resting one stays there, the rest stretches with the distance. */
function pinch(canvas, axis, before, after, other) {
    const distance = Math.max(Math.abs(before - other), 12);
    axis.zoom(distance / Math.max(Math.abs(after - other), 12), valueAt(canvas, axis, other));
}

function onUp(event, pointers, actions) {
    const pointer = pointers.get(event.pointerId);
    pointers.delete(event.pointerId);
    if (pointer !== undefined && !pointer.dragged) {
        actions.press(event.offsetX, event.offsetY);
    }
}
