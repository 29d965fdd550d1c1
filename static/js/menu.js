/**
 * The page's one kind of pop-up menu, and the thread menu that opens from every chip.
 *
 * One menu is open at most. It closes on Escape, on a click outside, when it loses the focus, and gives the focus
 * back to what opened it.
 */

import { h, hueClass, threadName } from "./dom.js";

const CHIPS = "[data-thread], .scene [role=button][data-lane]";

let open = null;

/**
 * @typedef {{ label: string, hint?: string, disabled?: boolean, danger?: boolean, separator?: boolean,
 *             run?: () => void }} Item
 * @param {Element} anchor what the menu hangs on
 * @param {Item[]} items none: a note, which is its title alone
 * @param {{ title?: string, className?: string }} [options]
 */
export function openMenu(anchor, items, { title = "", className = "" } = {}) {
    const again = open?.anchor === anchor;
    closeMenu();
    if (again) return;
    const role = items.length > 0 ? "menu" : "note";
    const list = h("div", {
        className: `menu ${role} ${className}`,
        role,
        tabIndex: -1,
        "aria-label": title || "Actions",
    });
    if (title) list.append(h("div", { className: "menu-title" }, title));
    for (const item of items) list.append(itemElement(item));
    document.body.append(list);
    open = { anchor, list };
    place(list, anchor);
    anchor.setAttribute("aria-expanded", "true");
    list.addEventListener("keydown", onKey);
    list.addEventListener("focusout", (event) => {
        if (event.relatedTarget && !list.contains(event.relatedTarget)) closeMenu(false);
    });
    (focusables(list)[0] ?? list).focus();
}

/** Closes the open menu, if any. */
export function closeMenu(giveFocusBack = true) {
    if (!open) return;
    const { anchor, list } = open;
    open = null;
    anchor.removeAttribute("aria-expanded");
    list.remove();
    if (giveFocusBack && anchor.isConnected) anchor.focus?.({ preventScroll: true });
}

/** @returns {boolean} */
export function menuIsOpen() {
    return open !== null;
}

/**
 * Makes every chip of the page, `data-thread="LANE"`, choose its thread and open its menu.
 *
 * @param {(lane: number, chip: Element) => { items: Item[], note?: string }} describe
 * @param {(lane: number, chip: Element) => void} choose
 */
export function installThreadMenu(describe, choose) {
    const show = (chip) => {
        const lane = Number(chip.dataset.thread ?? chip.dataset.lane);
        choose(lane, chip);
        const { items, note } = describe(lane, chip);
        openMenu(chip, items, {
            title: note ? `${threadName(lane)} · ${note}` : threadName(lane),
            className: hueClass(lane),
        });
    };
    document.addEventListener("click", (event) => {
        const chip = event.target.closest?.(CHIPS);
        if (chip) show(chip);
        else if (open && !open.list.contains(event.target) && !open.anchor.contains(event.target)) closeMenu(false);
    });
    document.addEventListener("keydown", (event) => {
        const chip = event.target.closest?.(CHIPS);
        if (!chip || chip instanceof HTMLButtonElement || (event.key !== "Enter" && event.key !== " ")) return;
        event.preventDefault();
        show(chip);
    });
    window.addEventListener("resize", () => closeMenu(false));
}

function itemElement(item) {
    if (item.separator) return h("div", { className: "menu-separator", role: "separator" });
    const run = () => {
        closeMenu();
        item.run?.();
    };
    return h(
        "button",
        {
            className: `menu-item${item.danger ? " danger" : ""}`,
            type: "button",
            role: "menuitem",
            tabIndex: -1,
            disabled: Boolean(item.disabled),
            onclick: run,
        },
        h("span", {}, item.label),
        item.hint ? h("span", { className: "menu-hint" }, item.hint) : null,
    );
}

function focusables(list) {
    return [...list.querySelectorAll("[role=menuitem]:not(:disabled)")];
}

function onKey(event) {
    const items = focusables(event.currentTarget);
    const index = items.indexOf(document.activeElement);
    const target = {
        ArrowDown: items[(index + 1) % items.length],
        ArrowUp: items[(index - 1 + items.length) % items.length],
        Home: items[0],
        End: items.at(-1),
    }[event.key];
    if (event.key === "Escape" || event.key === "Tab") closeMenu();
    else if (!target && event.key !== "Enter" && event.key !== " ") return;
    target?.focus();
    event.stopPropagation();
    if (event.key !== "Enter" && event.key !== " ") event.preventDefault();
}

/** Under the anchor where there is room, else above; never beyond the window. */
function place(list, anchor) {
    const at = anchor.getBoundingClientRect();
    const size = list.getBoundingClientRect();
    const below = at.bottom + 4 + size.height <= innerHeight;
    const top = below ? at.bottom + 4 : Math.max(4, at.top - size.height - 4);
    list.style.top = `${top}px`;
    list.style.left = `${Math.max(4, Math.min(at.left, innerWidth - size.width - 4))}px`;
}
