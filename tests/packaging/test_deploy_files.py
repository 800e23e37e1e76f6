"""The files for operators: what docs/security.md and docs/operation.md promise of them stands in them."""

from __future__ import annotations

import re
from configparser import ConfigParser
from pathlib import Path

import pytest

DEPLOY = Path(__file__).resolve().parents[2] / "server" / "deploy"
UNIT = {
    "Type": "notify",
    "Restart": "on-failure",
    "OOMPolicy": "continue",
    "UMask": "0027",
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "MemoryDenyWriteExecute": "yes",
    "SystemCallFilter": "@system-service",
    "LimitCORE": "0",
}


@pytest.mark.parametrize("setting", UNIT)
def test_the_unit_keeps_its_guards(setting: str) -> None:
    """One process that is ended for memory does not stop the service, and none can do more than it has to."""
    unit = ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # systemd tells upper from lower case
    unit.read(DEPLOY / "dualbio.service", encoding="utf-8")
    assert UNIT[setting] == unit["Service"][setting]
    assert int(unit["Service"]["WatchdogSec"]) > 1


def test_the_image_is_built_on_one_content_and_has_an_init() -> None:
    """Both stages name the base by its digest; process 1 reaps; nobody is root; it is published to this machine."""
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    bases = re.findall(r"^FROM (\S+)", text, re.MULTILINE)
    assert 2 == len(bases)
    assert all(re.search(r"@sha256:[0-9a-f]{64}$", base) for base in bases)
    assert re.search(r'^ENTRYPOINT \["/usr/bin/tini"', text, re.MULTILINE)
    assert re.search(r"^USER (?!root)\S+", text, re.MULTILINE)
    assert "--publish 127.0.0.1:" in text
