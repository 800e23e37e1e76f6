"""The files around the code say what is so."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
import yaml

from dualbio import __version__
from dualbio.corpus import read_document
from dualbio.evidence import StudyFile

ROOT = Path(__file__).resolve().parents[2]
PINNED = sorted((ROOT / "requirements").glob("*.txt"))


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    """Return the project table of pyproject.toml."""
    table: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return table


def pins(path: Path) -> dict[str, str]:
    """Return each pinned line of a requirements file, its hashes left out, by the name with its marker."""
    lines = re.findall(r"^([a-z0-9.-]+)==(\S+)( ;.*?)? \\$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {name + marker: version for name, version, marker in lines}


def required_names(requirements: list[str]) -> set[str]:
    """Return the normalised names of requirement strings."""
    return {re.split(r"[\[<>=!~ ]", text)[0].lower().replace("_", "-") for text in requirements} - {"dualbio"}


def third_party(folder: Path) -> set[str]:
    """Return the normalised names of the distributions that the code below `folder` imports."""
    modules: set[str] = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                modules |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                modules.add((node.module or "").split(".")[0])
    modules -= {*sys.stdlib_module_names, "dualbio", "dualbio_server", "_typeshed"}
    known = packages_distributions()
    return {known.get(module, [module])[0].lower().replace("_", "-") for module in modules}


@pytest.mark.parametrize("path", PINNED, ids=lambda path: path.name)
def test_a_requirements_file_names_no_host(path: Path) -> None:
    """Pins are names, versions and hashes: whoever installs chooses where from."""
    offending = [
        line for line in path.read_text(encoding="utf-8").splitlines() if "://" in line or line.startswith("-")
    ]
    assert [] == offending


@pytest.mark.parametrize("path", PINNED, ids=lambda path: path.name)
def test_every_requirement_is_pinned_with_its_hashes(path: Path) -> None:
    """No line of a requirements file leaves open what is installed."""
    text = re.sub(r"^ *#.*\n", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    entry = r"[a-z0-9.-]+==\S+(?: ;[^\\\n]*)?(?: \\\n    --hash=sha256:[0-9a-f]{64})+\n"
    assert "" == re.sub(entry, "", text)


def test_one_environment_can_serve_and_test() -> None:
    """What serving pins is pinned alike for development."""
    everything = pins(ROOT / "requirements" / "dev.txt")
    serving = pins(ROOT / "requirements" / "serve.txt")
    assert serving == {name: everything.get(name) for name in serving}


def test_the_pins_cover_the_declared_dependencies(project: dict[str, Any]) -> None:
    """A dependency that was declared without `make lock` shows here."""
    declared = required_names(project["dependencies"] + project["optional-dependencies"]["server"])
    assert set() == declared - {name.split(" ")[0] for name in pins(ROOT / "requirements" / "serve.txt")}


@pytest.mark.parametrize(
    ("folder", "extras"),
    [("src", ["server", "reason", "analysis", "client", "quality"]), ("server", ["server"])],
    ids=["src", "server"],
)
def test_every_import_is_a_declared_dependency(folder: str, extras: list[str], project: dict[str, Any]) -> None:
    """What the code imports is declared, not merely there because something else brought it."""
    requirements = sum((project["optional-dependencies"][extra] for extra in extras), project["dependencies"])
    undeclared = third_party(ROOT / folder) - required_names(requirements)
    assert set() == undeclared


def test_the_citation_has_the_version_and_licences_of_the_package(project: dict[str, Any]) -> None:
    """Whoever cites, cites what is installed."""
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    cited = (citation["title"], citation["version"], " AND ".join(citation["license"]))
    assert (project["name"], __version__, project["license"]) == cited


def test_the_changelog_has_three_parts_in_every_version() -> None:
    """Each version tells apart what changed in the data, the queries and the software."""
    versions = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").split("\n## ")[1:]
    assert versions
    assert [["Data", "Queries", "Software"]] * len(versions) == [
        re.findall(r"^### (.*)", v, re.MULTILINE) for v in versions
    ]


def test_contributing_begins_with_evidence() -> None:
    """The ways to contribute come in the order of how many people take them."""
    headings = re.findall(r"^## (.*)", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert ["Add evidence", "Add a query", "Change an axiom", "Change code"] == headings


def test_the_example_of_a_study_file_conforms(tmp_path: Path) -> None:
    """The study file shown to contributors is one that the reader accepts."""
    (example,) = re.findall(
        r"```yaml\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), flags=re.DOTALL
    )
    path = tmp_path / "example-trial.yaml"
    path.write_text(example, encoding="utf-8")
    study = read_document(tmp_path, path, StudyFile).record
    assert isinstance(study, StudyFile)
    assert path.stem == study.study.id


@pytest.mark.parametrize(
    "name", re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
)
def test_every_target_of_the_makefile_is_declared_phony(name: str) -> None:
    """A file called like a target never keeps the target from running."""
    (phony,) = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert name in phony.split()
