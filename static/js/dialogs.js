/**
 * Dialogs on the browser's own `<dialog>`: it keeps the focus inside, closes on Escape, and gives the focus back.
 */

import { h } from "./dom.js";
import { toast } from "./toast.js";

/**
 * @typedef {{ label: string, kind?: "primary" | "danger" | "", run?: () => void | boolean }} Action
 *   `run` may return false to keep the dialog open
 * @param {string} title
 * @param {Node | Node[]} content
 * @param {Action[]} [actions]
 * @param {{ className?: string, onClose?: () => void }} [options]
 * @returns {HTMLDialogElement}
 */
export function openDialog(title, content, actions = [], { className = "", onClose } = {}) {
    document.querySelector("dialog[open]")?.close();
    const close = () => dialog.close();
    const heading = h("h2", { id: "dialog-title" }, title);
    const closing = h(
        "button",
        { type: "button", className: "icon-button dialog-close", "aria-label": "Close", onclick: close },
        "×",
    );
    const dialog = h(
        "dialog",
        { className: `dialog ${className}`, "aria-labelledby": "dialog-title" },
        h("header", { className: "dialog-head" }, heading, closing),
        h("div", { className: "dialog-body scroll", tabIndex: 0 }, ...[content].flat()),
        actions.length > 0 &&
            h("footer", { className: "dialog-actions" }, ...actions.map((action) => button(action, close))),
    );
    dialog.addEventListener("close", () => {
        dialog.remove();
        onClose?.();
    });
    dialog.addEventListener("click", (event) => {
        if (event.target === dialog) close();
    });
    document.body.append(dialog);
    dialog.showModal();
    return dialog;
}

/**
 * Asks before something that cannot be undone.
 *
 * @param {string} [otherwise] the button that does nothing
 * @returns {Promise<boolean>}
 */
export function confirmAction(title, text, label, otherwise = "Cancel") {
    return new Promise((resolve) => {
        let answer = false;
        const yes = { label, kind: "danger", run: () => void (answer = true) };
        openDialog(title, h("p", {}, text), [{ label: otherwise }, yes], {
            className: "small",
            onClose: () => resolve(answer),
        });
    });
}

const LINK_HOLDS = "Structure, knobs, seed, run and position. It opens on this machine.";

/**
 * The links that others can be given.
 *
 * @param {{ address: string, viewerLink: string | null, file?: string | null, words?: string }} links  `file`: where what is shown
 *     can be had as one file that plays by itself; `words`: what the first link holds
 */
export function shareDialog({ address, viewerLink, file = null, words = LINK_HOLDS }) {
    const parts = [
        linkField("This view", address, words),
        ...(file === null ? [] : [fileField(file)]),
        viewerLink
            ? linkField(
                  "Viewer's link",
                  viewerLink,
                  "Whoever opens it sees this server's runs and can control nothing.",
              )
            : h(
                  "p",
                  { className: "muted" },
                  "You are a viewer yourself; the presenter can give out the viewer's link.",
              ),
        h(
            "p",
            { className: "muted" },
            "The server listens on this machine only, unless it was started with --host and --allow-remote.",
        ),
    ];
    openDialog("Share", parts);
}

function linkField(label, address, help) {
    const input = h("input", { className: "field mono", readOnly: true, value: address });
    input.addEventListener("focus", () => input.select());
    const copy = async () => {
        try {
            await navigator.clipboard.writeText(address);
            toast(`${label}: copied`);
        } catch {
            input.focus();
            toast("Copying is not allowed here: the link is selected, copy it by hand", "bad");
        }
    };
    return h(
        "div",
        { className: "link-field" },
        h("label", {}, h("span", { className: "panel-title" }, label), input),
        h("button", { type: "button", className: "button", onclick: copy }, "Copy"),
        h("p", { className: "muted" }, help),
    );
}

function fileField(href) {
    return h(
        "div",
        { className: "link-field" },
        h("span", { className: "panel-title" }, "A file that plays by itself"),
        h("a", { className: "button", href, download: "" }, "Download"),
        h(
            "p",
            { className: "muted" },
            "One HTML file with player, code and trace, and every schedule where there are few. It needs no server.",
        ),
    );
}

function button(action, close) {
    const press = () => {
        if (action.run?.() !== false) close();
    };
    return h("button", { type: "button", className: `button ${action.kind ?? ""}`, onclick: press }, action.label);
}
