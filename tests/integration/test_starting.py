"""A command imports what it needs and no more: the second run of each answers before anybody waits."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dualbio.cli.main import cli
from dualbio.release.folder import Release

_RUN = (
    "import json, sys; from dualbio.cli.main import cli; out = sys.stdout; sys.stdout = open(sys.argv[1], 'w')\n"
    "cli.main(sys.argv[2:], standalone_mode=False)\n"
    "json.dump(sorted(sys.modules), out)"
)
#: What a question reads beside the rooms of questions, search and store.
_FOR_A_QUESTION = {
    *("cli", "database", "errors", "model", "queries", "rdf", "release", "search", "settings", "sources", "sparql"),
    *("store", "version"),
}
#: Packages that take long to import, and records that take long to make.
_HEAVY = {
    *("asyncio", "curies", "duckdb", "httpx", "ijson", "mpmath", "multiprocessing", "pandas", "polars", "pyarrow"),
    *("pyparsing", "pydantic_settings", "rdflib", "ssl", "vl_convert"),
    *("dualbio.model.entities", "dualbio.model.evidence", "dualbio.model.lessons", "dualbio.sources.corpus"),
    *("dualbio.sources.importing", "dualbio.rdf.rdfxml", "rich.progress"),
}


def imported(folder: Path, releases: Path, *command: str) -> set[str]:
    """Return the modules that a command has imported at its end."""
    ran = subprocess.run(
        [sys.executable, "-c", _RUN, str(folder / "out"), *command],
        cwd=folder,
        env={**os.environ, "DUALBIO_RELEASES": str(releases)},
        capture_output=True,
        check=True,
    )
    return set(json.loads(ran.stdout))


@pytest.mark.parametrize(
    ("command", "more"),
    [
        (("query", "b-cell-targeting-drugs"), set()),
        (("sparql", "ASK {}"), set()),
        (("search", "rituximab"), {"describe", "export"}),
        (("describe", "rituximab"), {"describe", "export"}),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_a_question_imports_neither_records_nor_models(
    command: tuple[str, ...], more: set[str], release: Release, tmp_path: Path
) -> None:
    """Of our rooms only those of questions are read, and nothing that is heavy."""
    modules = imported(tmp_path, release.folder.parent, *command)
    rooms = {name.split(".")[1] for name in modules if name.startswith("dualbio.")}
    heavy = _HEAVY - ({"dualbio.rdf.rdfxml", "ssl"} if more else set())
    assert set() == rooms - _FOR_A_QUESTION - more
    assert set() == modules & heavy


@pytest.mark.parametrize(
    ("command", "rooms"),
    [
        (("export", "sheet", "-o", "sheet.csv"), {"build", "synthesis", "owl", "export.evidence"}),
        (("export", "fhir", "-o", "made.json"), {"build", "synthesis", "owl", "export.evidence"}),
        (("new", "study", "some-trial"), {"build", "synthesis", "owl", "database"}),
    ],
    ids=lambda value: value[1] if isinstance(value, tuple) else "",
)
def test_what_writes_imports_no_room_that_it_does_not_need(
    command: tuple[str, ...], rooms: set[str], release: Release, tmp_path: Path
) -> None:
    """Records are written without the rooms that build a release, and what is kept without those that made it."""
    imported(tmp_path, release.folder.parent, *command)
    (tmp_path / "evidence" / "some-trial.yaml").unlink(missing_ok=True)
    modules = imported(tmp_path, release.folder.parent, *command)
    found = {room for room in rooms for name in modules if f"{name}.".startswith(f"dualbio.{room}.")}
    assert set() == found


def test_help_imports_no_command(tmp_path: Path) -> None:
    """The list of commands is known without them, and without the settings."""
    modules = imported(tmp_path, tmp_path, "--help")
    assert {"dualbio", "dualbio.cli", "dualbio.cli.main", "dualbio.errors", "dualbio.version"} == {
        name for name in modules if name.startswith("dualbio")
    }
    assert "pydantic" not in modules


def test_each_command_is_told_in_a_line_that_fits() -> None:
    """Every command of the list is there, and what the list says of it is a whole sentence on 80 columns."""
    context = cli.make_context("dualbio", [], resilient_parsing=True)
    names = cli.list_commands(context)
    assert [] == [name for name in names if cli.get_command(context, name) is None]
    told = cli.get_help(context).partition("Commands:\n")[2].splitlines()
    assert names == [line.split()[0] for line in told]
    assert [] == [line for line in told if len(line) > 80 or not line.endswith(".")]
