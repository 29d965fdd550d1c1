/**
 * Where the states of a graph stand on the map: a column for each number of steps, and within it near to where their
 * neighbours stand, so that few lines cross. No DOM.
 */

const SWEEPS = 6;

/**
 * @param {{depth: number, edges: ({to: number} | null)[]}[]} states
 * @returns {{ places: {column: number, row: number}[], columns: number, rows: number }} rows are centred around 0
 */
export function layoutMap(states) {
    const columns = [];
    states.forEach(({ depth }, state) => (columns[depth] ??= []).push(state));
    const { before, after } = neighbours(states);
    const rows = new Float64Array(states.length);
    const spread = (column) => column.forEach((state, index) => (rows[state] = index - (column.length - 1) / 2));
    columns.forEach(spread);
    for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
        const forward = sweep % 2 === 0;
        for (const column of forward ? columns : [...columns].reverse()) {
            const wanted = new Map(column.map((state) => [state, mean((forward ? before : after)[state], rows, rows[state])]));
            column.sort((one, other) => wanted.get(one) - wanted.get(other) || one - other);
            spread(column);
        }
    }
    return {
        places: states.map(({ depth }, state) => ({ column: depth, row: rows[state] })),
        columns: columns.length,
        rows: Math.max(...columns.map(({ length }) => length)),
    };
}

function neighbours(states) {
    const before = states.map(() => []);
    const after = states.map(({ edges }) => edges.filter(Boolean).map(({ to }) => to));
    after.forEach((targets, state) => targets.forEach((target) => before[target].push(state)));
    return { before, after };
}

function mean(states, rows, otherwise) {
    return states.length === 0 ? otherwise : states.reduce((sum, state) => sum + rows[state], 0) / states.length;
}
