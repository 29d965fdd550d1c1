/** Beside the lanes: the tree of what was tried, and the heap where there is one; one of the two at a time. */

import { h, setAttribute } from "../dom.js";
import { createHeap, hasHeap } from "./heap.js";
import { createTree } from "./tree.js";
import { Tried } from "./tried.js";

/**
 * @param {HTMLElement} root
 * @param {{ go(schedule: string, step: number): void, compare(schedule: string): void }} actions
 */
export function createAside(root, actions) {
    const tried = new Tried(storage());
    let execution = null;
    const forget = h("button", { type: "button", className: "button quiet", onclick: () => clear() }, "forget");
    const bodies = { tree: h("div", { className: "aside-body" }), heap: h("div", { className: "aside-body" }) };
    const tabs = { tree: tab("tree", "Tried"), heap: tab("heap", "Heap") };
    const list = h(
        "div",
        { className: "segmented", role: "tablist", "aria-label": "Beside the lanes" },
        tabs.tree,
        tabs.heap,
    );
    const title = h("h2", { className: "panel-title" }, "Tried");
    root.append(h("div", { className: "panel-head" }, title, list, forget), bodies.tree, bodies.heap);
    for (const [name, body] of Object.entries(bodies)) Object.assign(body, { id: `aside-${name}`, role: "tabpanel" });
    const tree = createTree(bodies.tree, actions);
    const heap = createHeap(bodies.heap);
    let heaped = null;

    function tab(name, label) {
        const button = h(
            "button",
            {
                type: "button",
                role: "tab",
                id: `tab-${name}`,
                "aria-controls": `aside-${name}`,
                onclick: () => choose(name),
            },
            label,
        );
        button.addEventListener("keydown", (event) => {
            if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
            event.preventDefault();
            const other = name === "tree" ? "heap" : "tree";
            choose(other);
            tabs[other].focus();
        });
        return button;
    }
    const choose = (name) => {
        for (const [other, body] of Object.entries(bodies)) {
            body.hidden = other !== name;
            setAttribute(tabs[other], "aria-selected", String(other === name));
            tabs[other].tabIndex = other === name ? 0 : -1;
        }
        forget.hidden = name !== "tree";
    };
    const showTree = () => {
        if (!execution) return;
        const branches = tried.branches(execution.spec);
        tree.show(branches, execution.moves);
        forget.disabled = branches.length === 0;
    };
    const clear = () => {
        tried.forget(execution.spec);
        tried.add(execution);
        showTree();
    };
    choose("tree");
    return {
        /** Another execution. */
        show(found, state, names) {
            execution = found;
            tried.add(found);
            showTree();
            const has = hasHeap(state, names);
            if (has !== heaped) choose(has ? "heap" : "tree");
            heaped = has;
            list.hidden = !has;
            title.hidden = has;
        },
        render(frame, names) {
            tree.mark(frame.step);
            if (heaped) heap.render(frame.state, names);
        },
        /** The branch that was left last: what one compares with. */
        other() {
            const branches = tried.branches(execution.spec);
            const schedule = execution.schedule();
            const others = branches.filter((branch) => branch.schedule !== schedule);
            return others.sort((one, other) => other.age - one.age)[0]?.schedule ?? null;
        },
    };
}

function storage() {
    try {
        return globalThis.sessionStorage;
    } catch {
        return null; // switched off
    }
}
