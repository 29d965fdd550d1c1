"""Checks of data that came from outside: each names the field, what it takes and what came."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

__all__ = [
    "BODY_BYTES",
    "FieldError",
    "check_flag",
    "check_keys",
    "check_number",
    "check_object",
    "check_option",
    "check_text",
    "check_whole",
    "is_text",
    "parse_json",
]

BODY_BYTES: Final = 64 * 1024
"""Most bytes that a request body or a WebSocket message may have."""

_SHOWN = 60


class FieldError(ValueError):
    """A field of a message, a body or a setting does not hold what it must.

    Attributes:
        field: its name, or None where the whole is wrong.
        reason: what it takes and what came.
    """

    def __init__(self, field: str | None, reason: str) -> None:
        super().__init__(f"{field} {reason}" if field else reason)
        self.field = field
        self.reason = reason


def shown(value: object) -> str:
    """A value as an error message quotes it: never longer than a line."""
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def parse_json(text: str | bytes) -> Any:
    """The value that a JSON text stands for. NaN, Infinity and repeated keys are no JSON here.

    Raises:
        FieldError: where it is not well formed or nested beyond reason.
    """
    try:
        return json.loads(text, parse_constant=_no_constant, object_pairs_hook=_distinct)
    except FieldError:
        raise
    except (ValueError, RecursionError) as error:
        raise FieldError(None, f"is no well-formed JSON: {str(error) or 'nested too deep'}") from None


def _no_constant(name: str) -> float:
    raise FieldError(None, f"is no well-formed JSON: {name} is no number")


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise FieldError(None, "is no well-formed JSON: a key stands twice in one object")
    return found


def check_object(field: str | None, value: object) -> dict[str, Any]:
    """``value`` if it is an object."""
    if not isinstance(value, dict):
        raise FieldError(field, f"must be an object; got {shown(value)}")
    return value


def check_keys(value: Mapping[str, Any], allowed: Iterable[str], required: Iterable[str] = ()) -> None:
    """That an object has all required fields and no other than the allowed ones."""
    allowed = tuple(allowed)
    for name in value:
        if name not in allowed:
            raise FieldError(shown(name).strip("'\""), f"is no field here; the fields are {', '.join(allowed)}")
    for name in required:
        if name not in value:
            raise FieldError(name, "is missing")


def check_whole(field: str, value: object, minimum: int, maximum: int) -> int:
    """``value`` if it is a whole number in the range (a float without a fraction counts as one)."""
    whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    if isinstance(value, bool) or not isinstance(value, int | float) or not whole or not minimum <= value <= maximum:
        raise FieldError(field, f"must be a whole number from {minimum} to {maximum}; got {shown(value)}")
    return int(value)


def check_number(field: str, value: object, minimum: float, maximum: float) -> float:
    """``value`` if it is a finite number in the range."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not minimum <= value <= maximum:
        raise FieldError(field, f"must be a number from {minimum:g} to {maximum:g}; got {shown(value)}")
    return value


def check_flag(field: str, value: object) -> bool:
    """``value`` if it is true or false."""
    if not isinstance(value, bool):
        raise FieldError(field, f"must be true or false; got {shown(value)}")
    return value


def check_text(field: str, value: object, longest: int) -> str:
    """``value`` if it is a text of at most so many characters."""
    if not isinstance(value, str) or len(value) > longest:
        raise FieldError(field, f"must be a text of at most {longest} characters; got {shown(value)}")
    if not is_text(value):
        raise FieldError(field, "has half a letter (a lone surrogate), which can be neither kept nor sent")
    return value


def is_text(value: str) -> bool:
    """Whether it can be written as UTF-8: JSON and command lines can hold halves of letters."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def check_option(field: str, value: object, options: Iterable[str]) -> str:
    """``value`` if it is one of the options."""
    options = tuple(options)
    if not isinstance(value, str) or value not in options:
        raise FieldError(field, f"must be one of {', '.join(options)}; got {shown(value)}")
    return value
