/** The scenarios: which there are, by theme, and what the open one shows. */

import { h, setText } from "../dom.js";

const THEMES = {
    basics: "Compare-and-swap",
    aba: "ABA and its cures",
    progress: "Progress",
    copies: "Copy-on-write",
};

/**
 * @param {HTMLElement} root
 * @param {object[]} scenarios as bootstrap has them
 * @param {(key: string) => void} open
 */
export function createScenarioPicker(root, scenarios, open) {
    if (scenarios.length === 0) return { show() {} };
    const themes = [...new Set(scenarios.map(({ theme }) => theme))];
    const select = h(
        "select",
        { className: "field", id: "step-scenario" },
        h("option", { value: "" }, "none: a schedule of your own"),
        ...themes.map((theme) =>
            h(
                "optgroup",
                { label: THEMES[theme] ?? theme },
                ...scenarios
                    .filter((scenario) => scenario.theme === theme)
                    .map(({ key, title }) => h("option", { value: key }, title)),
            ),
        ),
    );
    select.addEventListener("change", () => {
        if (select.value) open(select.value);
    });
    const shows = h("p", { className: "scenario-shows" });
    const beside = h("p", { className: "scenario-beside" });
    root.append(
        h("label", { className: "panel-title", htmlFor: "step-scenario" }, "Scenario"),
        h("div", { className: "scenario-box" }, select, shows, beside),
    );
    return {
        /** @param {object | null} scenario the open one */
        show(scenario) {
            if (document.activeElement !== select || scenario) select.value = scenario?.key ?? "";
            else select.value = "";
            setText(shows, scenario?.shows ?? "");
            const others = (scenario?.beside ?? [])
                .map((key) => scenarios.find((other) => other.key === key))
                .filter(Boolean);
            beside.hidden = others.length === 0;
            beside.replaceChildren(
                ...(others.length ? [h("span", { className: "muted" }, "Compare with: ")] : []),
                ...others.map(({ key, title }) =>
                    h("button", { type: "button", className: "link-button", onclick: () => open(key) }, title),
                ),
            );
        },
    };
}
