"""The README says what is so."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from dualbio.cli.main import cli
from dualbio.database import Database
from dualbio.release import Release
from dualbio.resources import shipped_sources
from dualbio.settings import Settings

README = Path(__file__).parents[2].joinpath("README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def database(release: Release) -> Database:
    """The release of the shipped sources."""
    return Database(release, shipped_sources().queries)


def test_every_setting_is_documented_in_its_own_words() -> None:
    """The table of settings names each setting with the sentence of its declaration, and no other."""
    told = dict(re.findall(r"^\| `DUALBIO_(\w+)` \| (.+) \|$", README, flags=re.MULTILINE))

    assert {name.upper(): field.description for name, field in Settings.model_fields.items()} == told


def test_the_answer_on_the_first_screen_is_the_answer(database: Database) -> None:
    """Each row of the README's answer agrees with what the two queries return for lupus."""
    rows = []
    for verdict in ("missed", "met"):
        for row in database.query(f"{verdict}-superiority", disease="sle").records():
            if row.get("measure") == "risk difference":
                continue
            result = f"{row['measure']} {row['estimate']}, " if "estimate" in row else ""
            cells = (
                row["studyName"],
                f"{row['first']} first",
                f"{row['intervalWeeks']} weeks",
                row["outcomeName"],
                f"{verdict}, {result}p {row['p']}",
                row["checkLevel"],
            )
            rows.append(f"| {' | '.join(cells)} |")

    assert rows == re.findall(r"^\| (?:BLISS|CALIB|BEAT).*\|$", README, flags=re.MULTILINE)


def test_the_sparql_example_gives_the_answer_printed_below_it(database: Database) -> None:
    """The curl example's query returns the rows that the README shows."""
    text = README.split("--data-urlencode query='")[1].split("'\n")[0]
    shown = [line.strip() for line in README.split("    arm,events,total\n")[1].split("\n\n")[0].splitlines()]

    rows = [",".join(term.value for term in row) for row in database.sparql(text)]  # type: ignore[union-attr]

    assert shown == rows


def test_every_dualbio_command_in_the_readme_is_understood() -> None:
    """Each `dualbio …` line names a command and options that exist."""
    lines = re.findall(r"^    (dualbio [^#\n]+)", README, flags=re.MULTILINE)

    assert lines
    for line in lines:
        command, *options = shlex.split(line)[1:]
        shown = CliRunner().invoke(cli, [command, "--help"])
        assert 0 == shown.exit_code, line
        assert all(option in shown.output for option in options if option.startswith("-")), line
