"""A page with the scenes' modules, their style sheets and hand-made frames (``scene_kit.js``, ``scene_states.js``)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Route

from lockfree_core.trace.layout import describe_layout

HERE = Path(__file__).parent
SHEETS = ("theme", "base", "stage", "scene", "scene-threads")

_PREPARE = """async ([sheets, layout]) => {
    for (const name of sheets) {
        const link = document.createElement("link");
        link.rel = "stylesheet";
        link.href = `/static/css/${name}.css`;
        const loaded = new Promise((resolve, reject) => { link.onload = resolve; link.onerror = reject; });
        document.head.append(link);
        await loaded;
    }
    const kit = await import("/static/test/scene_kit.js");
    const { STATES, ...makers } = await import("/static/test/scene_states.js");
    const [metrics, motion, text] = await Promise.all(
        ["metrics", "motion", "text"].map((name) => import(`/static/js/scenes/${name}.js`)));
    Object.assign(window, { ...kit, STATES, ...makers, layout, ...metrics, ...motion, ...text });
}"""


def prepare(page: Page, url: str, theme: str = "dark") -> Page:
    """Open a page in which the kit, the states and the record layout are globals."""
    page.route("**/static/test/*.js", _serve)
    page.goto(url)
    page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
    page.evaluate(_PREPARE, [SHEETS, describe_layout()])
    return page


def _serve(route: Route) -> None:
    name = route.request.url.rsplit("/", 1)[1]
    route.fulfill(body=(HERE / name).read_text(encoding="utf-8"), content_type="text/javascript")


def evaluate(page: Page, body: str, argument: Any = None) -> Any:
    """Run a function body in the page; it may await."""
    return page.evaluate(f"async (argument) => {{ {body} }}", argument)
