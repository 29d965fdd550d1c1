"""The bundler: tokens, import and export statements, scopes. That a bundle runs is for tests/browser/test_player.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.export.bundle import bundle
from app.export.javascript import ScriptError, scan, without_comments
from app.export.modules import Import, read_module
from tests.serving import ROOT

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
    text = bundle(tmp_path, "a.js")
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
    text = bundle(ROOT / "static" / "js", "player.js")
    held = {line.removeprefix("// ") for line in text.splitlines() if line.startswith("// ")}
    assert {"player.js", "model.js", "scenes/index.js", "code.js", "player/map.js"} <= held
    assert held.isdisjoint({"watch.js", "connection.js", "charts.js", "api.js", "exports.js", "step/page.js"})
