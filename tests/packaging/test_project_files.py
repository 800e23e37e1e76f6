"""The files around the code say what is so."""

from __future__ import annotations

import ast
import json
import re
import sys
import tomllib
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatch
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
import yaml

from dualbio import __version__
from dualbio.model.evidence import StudyFile
from dualbio.sources.corpus import read_document

ROOT = Path(__file__).resolve().parents[2]
#: Folders of code that is not installed.
DEVELOPMENT = ["tests", "benchmarks", "docs", "maintenance"]
PINNED = sorted((ROOT / "requirements").glob("*.txt"))


#: Folders whose modules import each other by their bare names.
SCRIPTS = ["tests/support", "benchmarks", "maintenance"]
#: Functions that look for a module by its name.
SEEKERS = ("find_spec", "import_module")
#: Folders of code, and the extras beside the core from which it may import.
USERS = [
    (["src"], ["server", "reason", "analysis", "client", "figures", "polars", "quality", "references", "sql"]),
    (["server"], ["server"]),
    (
        DEVELOPMENT,
        ["server", "reason", "analysis", "client", "figures", "polars", "quality", "references", "sql", "dev"],
    ),
]
#: Packages that no code imports, with the file that starts them and the words that do so.
PROGRAMS = {
    "build": ("Makefile", "-m build"),
    "hatchling": ("pyproject.toml", 'build-backend = "hatchling.build"'),
    "import-linter": ("Makefile", "lint-imports"),
    "ipykernel": ("tests/support/notebooks.py", 'kernel_name="python3"'),
    "mypy": ("Makefile", "$(BIN)/mypy"),
    "oxigraph": ("tests/integration/test_closure_elsewhere.py", 'with_name("oxigraph")'),
    "pytest-cov": ("Makefile", "--cov "),
    "pytest-timeout": ("pyproject.toml", "\ntimeout = "),
    "pytest-xdist": ("Makefile", "-n 2"),
    "ruff": ("Makefile", "$(BIN)/ruff"),
    "turtlefmt": ("Makefile", "$(BIN)/turtlefmt"),
    "types-pyyaml": ("src/dualbio/sources/yaml_lines.py", "import yaml"),
    "uv": ("Makefile", "$(BIN)/uv"),
}


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


def declared(project: dict[str, Any], *extras: str) -> set[str]:
    """Return the normalised names of the packages that extras declare; `core` is what every installation has."""
    return required_names(
        [
            text
            for extra in extras
            for text in (project["dependencies"] if extra == "core" else project["optional-dependencies"][extra])
        ]
    )


def code_of(folder: Path) -> Iterator[str]:
    """Yield the Python below `folder`: of modules, and of the cells of notebooks."""
    yield from (path.read_text(encoding="utf-8") for path in folder.rglob("*.py"))
    for path in folder.rglob("*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        yield "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")


def imported(node: ast.AST) -> set[str]:
    """Return the modules that a node of code imports."""
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names}
    return {node.module or ""} if isinstance(node, ast.ImportFrom) else set()


def sought(node: ast.AST) -> set[str]:
    """Return the module that a node of code looks for by its name, as `find_spec("owlready2")` does."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SEEKERS:
        return {arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)}
    return set()


@cache
def modules_of(folder: Path) -> dict[Callable[[ast.AST], set[str]], set[str]]:
    """Return the top modules that the code below a folder uses, by the way in which it does; it is read once."""
    modules: dict[Callable[[ast.AST], set[str]], set[str]] = {imported: set(), sought: set()}
    for text in code_of(folder):
        for node in ast.walk(ast.parse(text)):
            for use, names in modules.items():
                names.update(name.split(".")[0] for name in use(node))
    return modules


def third_party(*folders: Path, uses: Sequence[Callable[[ast.AST], set[str]]] = (imported,)) -> set[str]:
    """Return the normalised names of the distributions that the code below `folders` uses."""
    modules = {name for folder in folders for use in uses for name in modules_of(folder)[use]}
    modules -= {*sys.stdlib_module_names, "dualbio", "dualbio_server", "_typeshed"}
    modules -= {path.stem for folder in SCRIPTS for path in (ROOT / folder).glob("*.py")}
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
    pinned = {name.split(" ")[0] for name in pins(ROOT / "requirements" / "serve.txt")}
    assert set() == declared(project, "core", "server") - pinned


@pytest.mark.parametrize(("folders", "extras"), USERS, ids="+".join)
def test_every_import_is_a_declared_dependency(
    folders: Sequence[str], extras: Sequence[str], project: dict[str, Any]
) -> None:
    """What the code imports is declared, not merely there because something else brought it."""
    undeclared = third_party(*(ROOT / name for name in folders)) - declared(project, "core", *extras)
    assert set() == undeclared, f"repair: declare it in pyproject.toml, in core or in one of {', '.join(extras)}"


@pytest.mark.parametrize(
    "extra", ["core", "server", "client", "figures", "polars", "quality", "references", "reason", "analysis", "sql"]
)
def test_every_declared_dependency_is_imported(extra: str, project: dict[str, Any]) -> None:
    """Whoever installs an extra gets nothing that the code does not use."""
    folder = ROOT / ("server" if extra == "server" else "src")
    unused = declared(project, extra) - third_party(folder, uses=(imported, sought))
    assert set() == unused, f"nothing below {folder.name}/ imports it; repair: take it out of '{extra}'"


def test_every_package_for_development_is_used(project: dict[str, Any]) -> None:
    """What only developers install is imported by a test, a benchmark or the notebook, or is a program that runs."""
    unused = declared(project, "dev") - third_party(*(ROOT / name for name in DEVELOPMENT)) - PROGRAMS.keys()
    assert set() == unused, "repair: take it out of 'dev', or say in PROGRAMS where it runs"


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_every_program_for_development_is_started(name: str, project: dict[str, Any]) -> None:
    """A program is declared, and the file that starts it does."""
    file, words = PROGRAMS[name]
    assert name in declared(project, "dev")
    assert words in (ROOT / file).read_text(encoding="utf-8")


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
    assert ["Add evidence", "Add a query", "Change an axiom", "Change code", "Words"] == headings


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


def test_every_file_of_tests_is_collected(pytestconfig: pytest.Config) -> None:
    """No folder with tests has a name that pytest passes by, as it does with `build` unless it is told."""
    passed_by = pytestconfig.getini("norecursedirs")
    files = [path.relative_to(ROOT) for path in (ROOT / "tests").rglob("test_*.py")]

    assert ROOT / "tests" / "unit" / "build" in {(ROOT / path).parent for path in files}
    assert [] == [path for path in files if any(fnmatch(part, each) for part in path.parts for each in passed_by)]
