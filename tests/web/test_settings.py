from __future__ import annotations

import argparse
from typing import Any

import pytest

from app.checks import FieldError
from app.settings import OPTIONS, Settings, add_arguments, read_settings


def parse(*arguments: str) -> dict[str, Any]:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return vars(parser.parse_args(arguments))


def test_defaults_need_nothing() -> None:
    settings = read_settings({}, {})
    assert (settings.host, settings.port, settings.allow_remote) == ("127.0.0.1", 8765, False)
    assert settings.is_loopback
    assert settings.open_to_viewers


def test_options_win_over_the_environment() -> None:
    environment = {"LOCKFREE_LAB_PORT": "9000", "LOCKFREE_LAB_MAX_RUNS": "7"}
    settings = read_settings(parse("--port", "9001", "--no-browser"), environment)
    assert (settings.port, settings.max_runs, settings.no_browser) == (9001, 7, True)


def test_hosts_are_a_list() -> None:
    settings = read_settings(parse("--allow-host", "lab.example, Box.local:8765"), {})
    assert settings.allow_host == ("lab.example", "box.local:8765")


@pytest.mark.parametrize(
    ("environment", "field", "words"),
    [
        ({"LOCKFREE_LAB_PORT": "http"}, "port", "0 to 65535; got 'http'"),
        ({"LOCKFREE_LAB_PORT": "65536"}, "port", "0 to 65535; got 65536"),
        ({"LOCKFREE_LAB_MAX_RUNS": "0"}, "max_runs", "1 to 64; got 0"),
        ({"LOCKFREE_LAB_IDLE_MINUTES": "nan"}, "idle_minutes", "0.01 to 1440"),
        ({"LOCKFREE_LAB_ALLOW_REMOTE": "perhaps"}, "allow_remote", "got 'perhaps'"),
        ({"LOCKFREE_LAB_ALLOW_HOST": "http://lab"}, "allow_host", "without scheme"),
        ({"LOCKFREE_LAB_HOST": "0.0.0.0"}, "host", "--allow-remote"),
    ],
)
def test_wrong_values_are_named(environment: dict[str, str], field: str, words: str) -> None:
    with pytest.raises(FieldError) as caught:
        read_settings({}, environment)
    assert caught.value.field == field
    assert words in caught.value.reason


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_loopback_is_known(host: str) -> None:
    assert Settings(host=host).is_loopback


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::", "example.org"])
def test_another_address_needs_the_flag(host: str) -> None:
    with pytest.raises(FieldError):
        Settings(host=host)
    assert not Settings(host=host, allow_remote=True).open_to_viewers


def test_tokens_are_new_each_time_and_stay_out_of_logs() -> None:
    one, other = Settings(), Settings()
    tokens = {one.presenter_token, one.viewer_token, other.presenter_token, other.viewer_token}
    assert len(tokens) == 4
    assert all(len(token) >= 32 for token in tokens)
    assert not any(token in repr(one) + repr(other) for token in tokens)


def test_every_option_is_a_setting() -> None:
    fields = set(Settings.__dataclass_fields__)
    assert set(OPTIONS) == fields - {"presenter_token", "viewer_token"}
