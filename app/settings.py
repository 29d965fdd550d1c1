"""What ``lockfree-lab serve`` can be told: one table, which the command line, the environment and the docs share."""

from __future__ import annotations

import argparse
import ipaddress
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final

from app.checks import FieldError, check_number, check_whole

__all__ = ["OPTIONS", "Option", "Settings", "add_arguments", "read_settings"]


@dataclass(frozen=True, slots=True)
class Option:
    """One setting as the command line and the environment name it; ``default`` is how the docs write it."""

    name: str
    default: str
    help: str
    parse: Callable[[str], Any]
    is_flag: bool = False

    @property
    def flag(self) -> str:
        """Its name on the command line."""
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        """Its name in the environment."""
        return "LOCKFREE_LAB_" + self.name.upper()


def _whole(name: str, minimum: int, maximum: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        try:
            value: object = int(text)
        except ValueError:
            value = text
        return check_whole(name, value, minimum, maximum)

    return parse


def _number(name: str, minimum: float, maximum: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        try:
            value: object = float(text)
        except ValueError:
            value = text
        return check_number(name, value, minimum, maximum)

    return parse


def _flag(name: str) -> Callable[[str], bool]:
    def parse(text: str) -> bool:
        words = {"1": True, "true": True, "yes": True, "on": True, "": False, "0": False, "false": False, "no": False,
                 "off": False}  # fmt: skip
        try:
            return words[text.strip().lower()]
        except KeyError:
            raise FieldError(name, f"must be 1 or 0, true or false, yes or no, on or off; got {text!r}") from None

    return parse


def _hosts(text: str) -> tuple[str, ...]:
    hosts = tuple(part.strip().lower() for part in text.split(",") if part.strip())
    for host in hosts:
        if any(character in host for character in "/@*? \t"):
            raise FieldError(
                "allow_host", f"takes host names separated by commas, without scheme or path; got {host!r}"
            )
    return hosts


OPTIONS: Final[Mapping[str, Option]] = {
    option.name: option
    for option in (
        Option("host", "127.0.0.1", "address to listen on; another one than loopback needs --allow-remote", str),
        Option("port", "8765", "port; 0 takes a free one", _whole("port", 0, 65535)),
        Option("allow_remote", "off", "listen beyond this machine; every visitor then needs a token",
               _flag("allow_remote"), True),
        Option("allow_host", "none", "further names that the Host header may carry, separated by commas", _hosts),
        Option("no_browser", "off", "do not open a browser", _flag("no_browser"), True),
        Option("python", "this one", "the interpreter that engines run on", str),
        Option("max_runs", "4", "runs at a time", _whole("max_runs", 1, 64)),
        Option("max_viewers", "64", "viewers at a time, over all runs", _whole("max_viewers", 1, 1024)),
        Option("history_mb", "16", "records that the server keeps for reconnecting viewers, for each side",
               _whole("history_mb", 1, 1024)),
        Option("idle_minutes", "10", "a run that nobody has looked at for so long is stopped",
               _number("idle_minutes", 0.01, 1440)),
        Option("data", "none", "folder of the history of measurements, instead of the user's data directory", str),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Settings:
    """Checked settings of a server. The tokens are made anew for each server and never leave it but in its links."""

    host: str = "127.0.0.1"
    port: int = 8765
    allow_remote: bool = False
    allow_host: tuple[str, ...] = ()
    no_browser: bool = False
    python: str | None = None
    max_runs: int = 4
    max_viewers: int = 64
    history_mb: int = 16
    idle_minutes: float = 10
    data: str | None = None
    presenter_token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    viewer_token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)

    def __post_init__(self) -> None:
        if not self.is_loopback and not self.allow_remote:
            raise FieldError(
                "host",
                f"is {self.host}, which other machines can reach. Add --allow-remote if that is what you want (every "
                "visitor then needs a token), or leave --host away to listen on this machine only",
            )

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def open_to_viewers(self) -> bool:
        """Whether somebody without a token may look on."""
        return not self.allow_remote


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add each setting as an option. Absent options stay out of the namespace, so that the environment can speak."""
    for option in OPTIONS.values():
        words = f"{option.help} (default: {option.default}; variable {option.variable})".replace("%", "%%")
        if option.is_flag:
            parser.add_argument(option.flag, action="store_true", default=argparse.SUPPRESS, help=words)
        else:
            metavar = option.name.rpartition("_")[2].upper()
            parser.add_argument(option.flag, metavar=metavar, default=argparse.SUPPRESS, help=words)


def read_settings(arguments: Mapping[str, Any], environment: Mapping[str, str]) -> Settings:
    """Settings from command line options and, where those are silent, from the environment.

    Raises:
        FieldError: naming the setting, its range and what came.
    """
    values: dict[str, Any] = {}
    for name, option in OPTIONS.items():
        if name in arguments:
            given = arguments[name]
            values[name] = given if option.is_flag else option.parse(given)
        elif environment.get(option.variable):
            values[name] = option.parse(environment[option.variable])
    known = {item.name for item in fields(Settings)}
    return Settings(**{name: value for name, value in values.items() if name in known})
