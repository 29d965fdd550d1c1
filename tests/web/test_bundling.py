"""The bundler: tokens, import and export statements, scopes, source maps, and what pages are told to ask for.

That bundles run is for tests/browser: all its pages do.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from urllib.parse import urljoin

import pytest

from app.bundling import pages
from app.bundling.bundle import bundle
from app.bundling.javascript import ScriptError, scan, without_comments
from app.bundling.modules import Import, read_module
from app.bundling.source_map import source_map
from tests.serving import ROOT
from tests.web.client import Visitor

SCRIPTS = sorted((ROOT / "static" / "js").rglob("*.js"))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: str(path.relative_to(ROOT / "static" / "js")))
def test_tokens_are_the_whole_text(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "".join(token.text for token in scan(text)) == text


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("a / b / c", "word sign word sign word"),
        ("x = /[/]'\"`/g.test(y)", "word sign regex sign word sign word sign"),
        ("return /\\/import x/", "word regex"),
        ("(a) / 2 /* no */ / 3", "sign word sign sign number sign number"),
        ("`a${`b${{c: '}'}.c}`}d` + 1", "template sign number"),
        ("'it\\'s' // \"", "string"),
        ("1_000 + 0xff + 1e-3 + .5", "number sign number sign number sign number"),
        ("#private in a?.b ?? c", "word word word sign word sign sign word"),
    ],
)
def test_kinds_of_tokens(text: str, kinds: str) -> None:
    found = [token.kind for token in scan(text) if token.kind not in ("space", "comment")]
    assert found == kinds.split()


def test_comments_and_indentation_go_and_line_ends_stay() -> None:
    text = "/** doc */\nconst a = 1; // one\n\n    const b = '// two';\nreturn /* x\n */ a\n"
    assert without_comments(text) == "const a = 1;\nconst b = '// two';\nreturn\na"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("`a ${b", "script:1: what is embedded in this template does not end"),
        ("\n`a", "script:2: this template does not end"),
        ("const a = 'b\nc'", "script:1: this string does not end on its line"),
    ],
)
def test_what_does_not_end_is_told_of(text: str, message: str) -> None:
    with pytest.raises(ScriptError) as caught:
        list(scan(text))
    assert str(caught.value) == message


def test_imports_and_exports_of_every_form() -> None:
    module = read_module(
        """
        // import { not } from "./a-comment.js";
        import "./effect.js";
        import whole, { a, b as c } from "./x.js";
        import * as all from './y.js'
        export { d as e, f } from "../z.js";
        export const g = "import { no } from './a-string.js'";
        export async function h() {}
        export class I {}
        const j = 1;
        export { j, j as k };
        """,
        "m.js",
    )
    assert module.imports == [
        Import("./effect.js", ()),
        Import("./x.js", (("default", "whole"), ("a", "a"), ("b", "c"))),
        Import("./y.js", (("*", "all"),)),
        Import("../z.js", (("d", "e"), ("f", "f")), passed_on=True),
    ]
    assert module.exports == {"g": "g", "h": "h", "I": "I", "j": "j", "k": "j"}
    assert module.body.splitlines() == [
        "const g = \"import { no } from './a-string.js'\";", "async function h() {}", "class I {}", "const j = 1;",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("export let a = 1;", "m.js:1: export function or class or const was expected; got export let"),
        ("export default 1;", "m.js:1: export function or class or const was expected; got export default"),
        ("\nconst a = import('./b.js');", "m.js:2: only import statements at the top of a module are supported"),
        ("import.meta.url;", "m.js:1: only import statements at the top of a module are supported"),
        ("export const { a } = b;", "m.js:1: the name of what is exported was expected"),
        ("import { a }", "m.js: the script ends within a statement"),
    ],
)
def test_other_forms_are_refused(text: str, message: str) -> None:
    with pytest.raises(ScriptError) as caught:
        read_module(text, "m.js")
    assert str(caught.value) == message


def test_an_attribute_called_import_is_none() -> None:
    assert read_module("a.import('x'); b?.import;", "m.js").imports == []


def modules(folder: Path, **texts: str) -> Path:
    for name, text in texts.items():
        (folder / f"{name}.js").write_text(text, encoding="utf-8")
    return folder


def test_a_bundle_holds_what_is_needed_each_after_what_it_imports(tmp_path: Path) -> None:
    modules(tmp_path, a='import { b } from "./b.js"; import { c } from "./c.js"; b(c);', b="export function b() {}",
            c='import { b } from "./b.js"; export const c = b;', other="export const d = 1;")  # fmt: skip
    text = bundle(tmp_path, "a.js").text
    assert [line for line in text.splitlines() if line.startswith("// ")] == ["// b.js", "// c.js", "// a.js"]
    assert "const { b: b } = m0;\nconst { c: c } = m1;\nb(c);" in text


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ({"a": 'import "./b.js";'}, "a.js imports b.js, which is no module in {folder}"),
        ({"a": 'import "../../b.js";'}, "a.js imports ../../b.js, which is no module in {folder}"),
        ({"a": 'import "b";'}, "a.js imports 'b'; only relative addresses are supported"),
        ({"a": 'import { c } from "./b.js";', "b": ""}, "a.js imports c from b.js, which does not export it"),
        (
            {"a": 'import "./b.js";', "b": 'import "./a.js";'},
            "modules import each other in a circle: a.js → b.js → a.js",
        ),
    ],
)
def test_what_cannot_be_bundled_is_told_of(tmp_path: Path, texts: dict[str, str], message: str) -> None:
    with pytest.raises(ScriptError) as caught:
        bundle(modules(tmp_path, **texts), "a.js")
    assert str(caught.value) == message.format(folder=tmp_path.name)


def test_the_player_takes_along_no_page_that_it_is_not() -> None:
    text = bundle(ROOT / "static" / "js", "player.js").text
    held = {line.removeprefix("// ") for line in text.splitlines() if line.startswith("// ")}
    assert {"player.js", "model.js", "scenes/index.js", "code.js", "player/map.js"} <= held
    assert held.isdisjoint({"watch.js", "connection.js", "charts.js", "api.js", "exports.js", "step/page.js"})


def test_a_module_may_import_what_lies_beside_its_folder(tmp_path: Path) -> None:
    for name in ("js", "vendor"):
        (tmp_path / name).mkdir()
    (tmp_path / "vendor" / "x.js").write_text("export default 1;", encoding="utf-8")
    folder = modules(tmp_path / "js", a='import x from "../vendor/x.js"; import { b } from "./b.js"; x(b);',
                     b='import x, { y } from "../vendor/x.js"; export const b = x + y;')  # fmt: skip
    lines = bundle(folder, "a.js", as_module=True).text.splitlines()
    assert lines[0] == 'import * as m2 from "../vendor/x.js";'
    assert lines[1:6] == ["// b.js", "const m0 = (() => {", "const { default: x } = m2;", "const { y: y } = m2;",
                          "const b = x + y;"]  # fmt: skip
    with pytest.raises(ScriptError, match=re.escape("a.js imports ../vendor/x.js, which is no module in js")):
        bundle(folder, "a.js")


# Source maps


def decode(mappings: str) -> Iterator[tuple[int, int] | None]:
    """For each line: source and line, as the format has it (https://tc39.es/ecma426/)."""
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    source = line = 0
    for segment in mappings.split(";"):
        numbers, value, shift = [], 0, 0
        for digit in map(digits.index, segment):
            value |= (digit & 31) << shift
            shift = shift + 5 if digit & 32 else 0
            if not shift:
                numbers.append(-(value >> 1) if value & 1 else value >> 1)
                value = 0
        if not numbers:
            yield None
            continue
        column, source_step, line_step, column_there = numbers
        assert (column, column_there) == (0, 0)
        source, line = source + source_step, line + line_step
        yield source, line


def test_a_source_map_says_what_it_was_told() -> None:
    origins = [None, (0, 0), (0, 1), (2, 1_000_000), None, (1, 15), (1, 16), (0, 31)]
    found = json.loads(source_map(["a", "b", "c"], origins))
    assert found["version"] == 3 and found["sources"] == ["a", "b", "c"]
    assert list(decode(found["mappings"])) == origins


@pytest.mark.parametrize("entry", ["watch.js", "step.js", "learn.js", "measure.js", "claims.js", "player.js"])
def test_each_line_of_a_bundle_is_found_in_its_module(entry: str) -> None:
    folder = ROOT / "static" / "js"
    made = bundle(folder, entry, as_module=True)
    texts = [(folder / name).read_text(encoding="utf-8").splitlines() for name in made.modules]
    lines = made.text.splitlines()
    assert len(lines) == len(made.origins)
    compared = 0
    for line, origin in zip(lines, made.origins, strict=True):
        if origin is None:
            assert re.match(r"import |// |const |return |\}\)\(\);", line)
            continue
        source, number = origin
        if not re.search(r"/\*|//", texts[source][number]):  # comments went
            there = " ".join(texts[source][number].split())
            here = " ".join(line.split())
            assert there.startswith(here) or there.removeprefix("export ").startswith(here)
            compared += 1
    assert compared > len(lines) * 0.8
    assert all(one <= other for one, other in pairwise(filter(None, made.origins)))


# What pages ask for


def links(page: str) -> list[str]:
    return re.findall(r'<(?:script[^>]* src|link rel="stylesheet" href)="([^"]+)"', page)


@pytest.mark.parametrize(
    "address", ["/watch", "/step", "/measure", "/measure/history", "/measure/claims", "/learn", "/learn/stack"]
)
def test_a_page_asks_for_one_script_and_one_sheet_once_and_for_all(presenter: Visitor, address: str) -> None:
    found = links(presenter.http.get(address).text)
    ours = [link for link in found if link.startswith(pages.FOLDER)]
    assert [link.rpartition(".")[2] for link in ours] == ["css", "js"]
    assert set(found) - set(ours) <= {"/static/js/boot.js", "/static/vendor/uplot/uPlot.min.css"}
    for link, media_type in zip(ours, ("text/css", "text/javascript"), strict=True):
        answer = presenter.http.get(link)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(media_type)
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_a_script_leads_to_its_map_and_that_to_the_modules(presenter: Visitor) -> None:
    script = links(presenter.http.get("/learn").text)[-1]
    text = presenter.http.get(script).text
    address = urljoin(script, re.findall(r"^//# sourceMappingURL=(.+)$", text, re.MULTILINE)[0])
    found = presenter.http.get(address).json()
    for source in found["sources"]:
        assert presenter.http.get(urljoin(address, source)).status_code == 200
    assert "../js/learn.js" in found["sources"]


@pytest.mark.parametrize("name", ["nothing.js", "page-0123456789abcdef.css", "step.js", "step.js.map", ".map"])
def test_what_no_page_was_told_of_is_not_there(presenter: Visitor, name: str) -> None:
    assert presenter.http.get(f"{pages.FOLDER}/{name}").status_code == 404


def test_a_sheet_has_no_map(presenter: Visitor) -> None:
    sheet = links(presenter.http.get("/learn").text)[1]
    assert sheet.endswith(".css")
    assert presenter.http.get(f"{sheet}.map").status_code == 404


def test_what_is_changed_gets_another_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "js").mkdir()
    modules(tmp_path / "js", a='import { b } from "./b.js"; b();', b="export function b() {}")
    monkeypatch.setattr(pages, "asset_folder", lambda _: tmp_path)
    monkeypatch.setattr(pages, "_made", {})
    first = pages.script_address("a.js")
    assert pages.script_address("a.js") == first
    module = tmp_path / "js" / "b.js"
    modules(module.parent, b="export function b() { return 2; }")
    os.utime(module, (2**31, 2**31))  # a clock's ticks may be long
    second = pages.script_address("a.js")
    assert second != first
    found = pages.find(second.rpartition("/")[2])
    assert found is not None and "return 2;" in found.text
