"""The colours of both themes, computed from the style sheet: text 4.5 : 1, lines 3 : 1, hues apart from each other."""

from __future__ import annotations

import re
from itertools import combinations

import pytest

from tests.serving import ROOT

THEMES = ("dark", "light")
GROUNDS = ("bg", "panel", "panel-2")
HUES = range(8)
TEXT_RATIO = 4.5
LINE_RATIO = 3.0


def read_theme(name: str) -> dict[str, str]:
    """The custom properties of one theme that are colours, by name."""
    sheet = (ROOT / "static" / "css" / "theme.css").read_text(encoding="utf-8")
    block = re.search(rf'data-theme="{name}"\]\s*{{(.*?)\n}}', sheet, re.DOTALL)
    assert block is not None
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})\s*;", block[1]))


def channels(colour: str) -> list[float]:
    return [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]


def luminance(colour: str) -> float:
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """WCAG's contrast ratio, 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def too_weak(colours: dict[str, str], names: list[str], grounds: list[str], least: float) -> list[str]:
    return [
        f"{name} on {ground}: {contrast(colours[name], colours[ground]):.2f}"
        for name in names
        for ground in grounds
        if contrast(colours[name], colours[ground]) < least
    ]


def test_contrast_of_black_on_white() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", THEMES)
def test_text_is_readable(theme: str) -> None:
    colours = read_theme(theme)
    neutral = [
        "text",
        "muted",
        "faint",
        "fault",
        "code-keyword",
        "code-name",
        "code-string",
        "code-comment",
        "code-plain",
    ]
    threads = [f"t{hue}-text" for hue in HUES]
    assert too_weak(colours, neutral + threads, list(GROUNDS), TEXT_RATIO) == []


@pytest.mark.parametrize("theme", THEMES)
def test_text_on_tinted_grounds_is_readable(theme: str) -> None:
    colours = read_theme(theme)
    weak = [
        line
        for hue in HUES
        for line in too_weak(colours, ["text", "muted", f"t{hue}-text"], [f"t{hue}-soft"], TEXT_RATIO)
    ]
    assert weak + too_weak(colours, ["fault", "text", "muted"], ["fault-soft"], TEXT_RATIO) == []


@pytest.mark.parametrize("theme", THEMES)
def test_badges_are_readable(theme: str) -> None:
    colours = read_theme(theme)
    assert too_weak(colours, ["chip-ink"], [f"t{hue}-text" for hue in HUES], TEXT_RATIO) == []
    assert too_weak(colours, ["accent-ink"], ["accent"], TEXT_RATIO) == []


@pytest.mark.parametrize("theme", THEMES)
def test_lines_can_be_seen(theme: str) -> None:
    colours = read_theme(theme)
    lines = ["line-strong", "focus", "fault", *(f"t{hue}" for hue in HUES)]
    assert too_weak(colours, lines, list(GROUNDS), LINE_RATIO) == []
    assert [line for hue in HUES for line in too_weak(colours, [f"t{hue}"], [f"t{hue}-soft"], LINE_RATIO)] == []


@pytest.mark.parametrize("theme", THEMES)
def test_hues_differ(theme: str) -> None:
    colours = read_theme(theme)
    hues = [colours[f"t{hue}"] for hue in HUES] + [colours["fault"]]
    close = [
        (one, other)
        for one, other in combinations(hues, 2)
        if sum((a - b) ** 2 for a, b in zip(channels(one), channels(other), strict=True)) ** 0.5 < 0.2
    ]
    assert close == []


def test_both_themes_name_the_same_colours() -> None:
    dark, light = (set(read_theme(theme)) for theme in THEMES)
    assert dark == light
    assert {f"t{hue}{part}" for hue in HUES for part in ("", "-text", "-soft")} <= dark
