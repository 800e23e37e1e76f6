"""What the sdist and the wheel hold."""

from __future__ import annotations

import tarfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest

from dualbio import __version__

ROOT = Path(__file__).resolve().parents[2]


def files_below(folder: Path) -> dict[str, bytes]:
    """Return the content of every file below `folder` by its name relative to it."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def metadata(wheel_files: dict[str, bytes]) -> Message:
    """Return the metadata of the wheel."""
    return message_from_bytes(wheel_files[f"dualbio-{__version__}.dist-info/METADATA"])


@pytest.fixture(scope="module")
def sdist_files(sdist: Path) -> set[str]:
    """Return the names of the files in the sdist, without its top folder."""
    with tarfile.open(sdist) as archive:
        return {member.name.split("/", 1)[1] for member in archive.getmembers() if member.isfile()}


@pytest.mark.parametrize("folder", ["ontology", "queries"])
def test_the_wheel_carries_the_sources_unchanged(folder: str, wheel_files: dict[str, bytes]) -> None:
    """Every curated file and saved query is in the wheel, byte for byte, and nothing beside them."""
    prefix = f"dualbio/data/{folder}/"
    carried = {name.removeprefix(prefix): content for name, content in wheel_files.items() if name.startswith(prefix)}
    assert files_below(ROOT / folder) == carried


def test_the_wheel_holds_two_packages_and_nothing_else(wheel_files: dict[str, bytes]) -> None:
    """The wheel installs the library and the HTTP face; tests and build files stay out."""
    expected = {"dualbio", "dualbio_server", f"dualbio-{__version__}.dist-info"}
    assert expected == {name.split("/")[0] for name in wheel_files}


def test_the_wheel_says_that_it_is_typed(wheel_files: dict[str, bytes]) -> None:
    """Type checkers of users read our annotations."""
    assert "dualbio/py.typed" in wheel_files


@pytest.mark.parametrize("name", ["LICENSE", "ontology/LICENSE", "queries/LICENSE"])
def test_the_wheel_carries_each_licence(name: str, wheel_files: dict[str, bytes]) -> None:
    """The full text of each licence travels with what it covers."""
    assert (ROOT / name).read_bytes() == wheel_files[f"dualbio-{__version__}.dist-info/licenses/{name}"]


def test_the_metadata_name_both_licences(metadata: Message) -> None:
    """The licence is an SPDX expression that covers code and data."""
    assert metadata["License-Expression"] == "Apache-2.0 AND CC-BY-4.0"


def test_the_metadata_carry_the_version_of_the_code(metadata: Message) -> None:
    """There is one version, and it is written in the package."""
    assert __version__ == metadata["Version"]


def test_the_extras_are_those_that_the_errors_name(metadata: Message) -> None:
    """An error that says `pip install dualbio[analysis]` names an extra that exists."""
    named = {"analysis", "client", "figures", "polars", "quality", "reason", "references", "server", "sql"}
    assert {*named, "dev"} == set(metadata.get_all("Provides-Extra", []))


@pytest.mark.parametrize("name", ["Makefile", "README.md", "requirements/serve.txt", "tests/unit/test_errors.py"])
def test_the_sdist_is_enough_to_work_with(name: str, sdist_files: set[str]) -> None:
    """Whoever has only the sdist can serve and test."""
    assert name in sdist_files


def test_the_sdist_holds_nothing_that_was_made(sdist_files: set[str]) -> None:
    """Environments, releases and caches do not travel."""
    made = (".venv", "releases", "dist", ".git", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis")
    assert [name for name in sdist_files if name.split("/")[0] in made or "__pycache__" in name] == []
