"""Settings: what each may be, and how a wrong one is told on the command line."""

from __future__ import annotations

from collections.abc import Mapping

import click
import pytest
from click.testing import CliRunner

from dualbio.cli.main import cli
from dualbio.settings import Settings

LIST = 'a list in JSON, such as ["one", "two"]'
#: For each setting with a limit: the last values that it accepts, those just beyond, and what is told then.
LIMITS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...], str]] = {
    "access_log": (("true", "0"), ("perhaps",), "true or false"),
    "cache_size": (("0",), ("1.5",), "a whole number"),
    "client_share": (("0.1", "1"), ("1.01",), "a number up to 1"),
    "contact": (("", "mailto:a@b.c"), ("me",), "an address that begins with http://, https:// or mailto:"),
    "engine": (("", "https://a.b/sparql"), ("a.b",), "an address that begins with http:// or https://"),
    "layers": (("[]",), ("[1", "mine"), LIST),
    "own_queries": (("[]",), ('{"a"',), LIST),
    "port": (("0", "65535"), ("65536",), "a number up to 65535"),
    "query_memory": (("16",), ("15",), "a number from 16"),
    "query_queue": (("0",), ("-1",), "a number from 0"),
    "query_timeout": (("0.1",), ("0", "-1"), "a number above 0"),
    "query_timeout_max": (("0.1",), ("inf", "nan"), "a finite number"),
    "query_wait": (("0.1",), ("0",), "a number above 0"),
    "query_workers": (("1",), ("0",), "a number from 1"),
    "request_limit": (("1",), ("0",), "a number from 1"),
    "service_allow": (('["http://a/"]',), ("http://a/",), LIST),
    "spool_limit": (("1",), ("0",), "a number from 1"),
    "store_memory": (("0",), ("-1",), "a number from 0"),
    "web_threads": (("2",), ("1",), "a number from 2"),
    "web_workers": (("1",), ("0", "two"), "a "),
}
#: Settings that take any text: places, names and secrets.
FREE = {
    *("base_url", "host", "ontology", "queries", "registry", "releases", "store_password", "store_token"),
    *("store_user", "update_token", "user_graphs"),
}


def told(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return what a command says where a setting has this value; nothing where it runs."""
    monkeypatch.setenv(f"DUALBIO_{name.upper()}", value)
    done = CliRunner().invoke(cli, ["queries", "--help"], standalone_mode=False)
    if isinstance(done.exception, click.UsageError):
        return done.exception.message
    assert done.exit_code == 0, done.output
    return ""


def test_every_setting_is_tried() -> None:
    """Each setting has its limits here, or is one that takes any text."""
    assert set(Settings.model_fields) == {*LIMITS, *FREE}


@pytest.mark.parametrize("name", LIMITS)
def test_a_setting_has_its_limit(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last good value is taken; one beyond is told with its name, what was found, and what is accepted."""
    good, beyond, accepted = LIMITS[name]
    assert [""] * len(good) == [told(name, value, monkeypatch) for value in good]
    for value in beyond:
        message = told(name, value, monkeypatch)
        assert message.startswith(f"DUALBIO_{name.upper()} is '{value}'; accepted: {accepted}"), message
        assert "repair: " in message
        assert "nput should" not in message
