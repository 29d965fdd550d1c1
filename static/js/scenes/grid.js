/**
 * Nodes on a grid: layers from left to right, in bands below each other where they are too many for one row of columns.
 *
 * A node stands in its predecessor's row where that is free, so that what hangs on one pointer is one straight line,
 * and what an access does not touch keeps its place.
 */

/** @typedef {{ col: number, row: number }} Place */

/**
 * @param {number[][]} layers  ids by their distance from the roots, each layer in the order in which it was found
 * @param {Map<number, number>} parents  id → the id it was found from; none for those that roots lead to
 * @param {{ cols: number, rows: number, closely?: boolean }} grid  `closely`: where layers leave too many without a
 *     place, fill column after column
 * @returns {{ places: Map<number, Place>, rows: number, missing: number }} `rows`: how many are used; `missing`: how
 *     many nodes have no place
 */
export function placeLayers(layers, parents, grid) {
    const places = new Map();
    const total = layers.reduce((sum, layer) => sum + layer.length, 0);
    const columns = layers.reduce((sum, layer) => sum + Math.ceil(layer.length / Math.max(1, grid.rows)), 0);
    let used = 0;
    if (grid.rows > 0 && grid.cols > 0) {
        used = columns <= grid.cols ? placeBand(layers, parents, places, 0, grid.rows)
            : placeBands(layers, parents, places, grid);
        if (places.size < total && grid.closely) used = placeClosely(layers.flat(), places, grid);
    }
    return { places, rows: used, missing: total - places.size };
}

/** Layers beside each other, from row `top` on; gives how many rows that takes. */
function placeBand(layers, parents, places, top, rows) {
    let col = 0;
    let used = 0;
    for (const layer of layers) {
        for (let from = 0; from < layer.length; from += rows) {
            const column = layer.slice(from, from + rows);
            used = Math.max(used, placeColumn(column, parents, places, { col, top, rows }));
            col += 1;
        }
    }
    return used;
}

function placeColumn(ids, parents, places, { col, top, rows }) {
    let next = 0;
    ids.forEach((id, index) => {
        const parent = places.get(parents.get(id));
        const wanted = parent && parent.row >= top ? parent.row - top : 0;
        const row = Math.min(Math.max(wanted, next), rows - (ids.length - index));
        places.set(id, { col, row: top + row });
        next = row + 1;
    });
    return next;
}

/** Bands below each other, as lines of a text; what does not fit on the page has no place. */
function placeBands(layers, parents, places, { cols, rows }) {
    let top = 0;
    let rest = layers;
    while (rest.length > 0 && top < rows) {
        const { band, height } = nextBand(rest, cols, rows - top);
        rest = rest.slice(band.length);
        placeBand(band, parents, places, top, height);
        top += height;
    }
    return top;
}

function placeClosely(ids, places, { cols, rows }) {
    places.clear();
    ids.slice(0, cols * rows).forEach((id, index) => {
        places.set(id, { col: Math.floor(index / rows), row: index % rows });
    });
    return rows;
}

/** As many layers as fit beside each other in the fewest rows, and how many those are. */
function nextBand(layers, cols, most) {
    let height = 1;
    const band = [];
    for (const layer of layers) {
        const more = [...band, layer];
        let needed = height;
        while (needed < most && columnsOf(more, needed) > cols) needed += 1;
        const grows = needed > height && band.length > 0 && layer.length === 1;
        if (columnsOf(more, needed) > cols || grows) break;
        band.push(layer);
        height = needed;
    }
    if (band.length > 0) return { band, height };
    return { band: [layers[0].slice(0, cols * most)], height: most };
}

const columnsOf = (layers, rows) => layers.reduce((sum, layer) => sum + Math.ceil(layer.length / rows), 0);

/**
 * The nodes beside the structure, in rows from `top` on: each near the place of its thread, so that it does not wander
 * when others come and go.
 * @param {{ id: number, lane: number }[]} entries  by lane; -1: nobody's
 * @param {{ cols: number, rows: number, top: number, lanes: number }} room
 * @returns {Map<number, Place>}
 */
export function placeBeside(entries, { cols, rows, top, lanes }) {
    const places = new Map();
    const capacity = cols * rows;
    const shown = entries.slice(0, capacity);
    const share = Math.max(1, Math.floor(cols / Math.max(1, lanes)));
    let next = 0;
    shown.forEach(({ id, lane }, index) => {
        const wanted = lane < 0 ? 0 : lane * share;
        const slot = Math.min(Math.max(wanted, next), capacity - (shown.length - index));
        places.set(id, { col: slot % cols, row: top + Math.floor(slot / cols) });
        next = slot + 1;
    });
    return places;
}
