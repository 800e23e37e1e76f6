"""The installed wheel, used in an empty folder without the checkout and without any extra."""

from __future__ import annotations

import csv
import json
import re
import subprocess
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest

from dualbio import __version__
from dualbio.queries import Library

Run = Callable[..., subprocess.CompletedProcess[str]]

QUERIES = Path(__file__).resolve().parents[2] / "queries"
LIBRARY = Library.read(QUERIES)


def rows(text: str) -> list[list[str]]:
    """Return the cells of a CSV text."""
    return list(csv.reader(StringIO(text)))


def test_the_command_tells_its_version(installed: Run) -> None:
    """`dualbio --version` runs with nothing but the core dependencies."""
    assert __version__ in installed("dualbio", "--version").stdout


def test_the_dependencies_fit_together(installed: Run) -> None:
    """Nothing that the wheel declares is missing or too old among the pinned wheels."""
    assert "No broken requirements found.\n" == installed("pip", "--isolated", "check").stdout


def test_the_library_is_the_installed_one(installed: Run) -> None:
    """What runs here is the wheel's content, not the checkout's."""
    found = installed(
        "python", "-c", "import dualbio, sysconfig; print(dualbio.__file__, sysconfig.get_path('purelib'))"
    )
    module, site = found.stdout.split()
    assert Path(site) / "dualbio" / "__init__.py" == Path(module)


def test_no_extra_slipped_in(installed: Run) -> None:
    """The answers of the installed command come without the web framework or the analysis packages."""
    code = (
        "import importlib.util as u; print([n for n in ('flask', 'pandas', 'altair', 'owlready2') if u.find_spec(n)])"
    )
    assert "[]\n" == installed("python", "-c", code).stdout


def test_every_saved_query_is_listed(installed: Run) -> None:
    """`dualbio queries` knows the queries of the wheel, which are those of the checkout."""
    listed = json.loads(installed("dualbio", "queries", "--json").stdout)
    assert sorted(LIBRARY) == sorted(f"{entry['topic']}/{entry['name']}" for entry in listed)


def given(name: str) -> dict[str, str]:
    """Return an example for each parameter of a query that has no default."""
    query = LIBRARY[name]
    return {param.name: str(param.examples[0]) for param in query.params if not query.defaults[param.name]}


def holds(name: str, found: list[list[str]]) -> bool:
    """Return whether an answer is the expected one.

    A query that counts the release itself has no expected answer: it has its columns and a row.
    """
    query = LIBRARY[name]
    if query.expected is not None and query.expected.exists():
        return rows(query.expected.read_text(encoding="utf-8")) == found
    assert "statistics" in query.head.tags
    return [column.name for column in query.columns] == found[0] and len(found) > 1


@pytest.mark.parametrize("name", {name.partition("/")[0]: name for name in LIBRARY}.values())
def test_the_command_answers_a_query_of_each_topic(name: str, installed: Run) -> None:
    """The installed command builds the release on first use and answers as the file beside the query says."""
    params = [word for key, value in given(name).items() for word in ("-p", f"{key}={value}")]
    assert holds(name, rows(installed("dualbio", "query", name, "--format", "csv", *params).stdout))


ALL = """
import dualbio, json, sys
db = dualbio.open()
asked = json.loads(sys.argv[1])
print(json.dumps({name: db.query(name, **params).to_csv().decode() for name, params in asked.items()}))
"""


def test_every_saved_query_gives_its_expected_answer(installed: Run) -> None:
    """The installed library answers each saved query as the file beside it says."""
    told = installed("python", "-c", ALL, json.dumps({name: given(name) for name in LIBRARY})).stdout
    found = json.loads(told)
    assert list(LIBRARY) == list(found)
    assert [] == [name for name, text in found.items() if not holds(name, rows(text))]


WRITING = (
    ("new", "study", "example-trial", "--disease", "sle", "--arm", "rituximab+belimumab"),
    ("new", "query", "own/example"),
    ("import", "ctgov", str(QUERIES.parent / "tests" / "data" / "ctgov" / "groups.json")),
    ("decide", "."),
    ("check", "--fix", "."),
    ("check", "--fix"),
    ("query", "pairs-by-disease"),
)
WATCH = """
import dualbio, hashlib, json, pathlib, subprocess, sys
root = pathlib.Path(dualbio.__file__).parent
def state():
    files = (p for p in sorted(root.rglob("*")) if p.is_file() and p.suffix != ".pyc")
    return {str(p.relative_to(root)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}
before = state()
for command in json.loads(sys.argv[1]):
    subprocess.run([sys.executable, "-m", "dualbio.cli", *command], capture_output=True)
after = state()
print(json.dumps(sorted(name for name in {*before, *after} if before.get(name) != after.get(name))))
"""


def test_no_command_writes_into_the_installation(installed: Run) -> None:
    """After commands that write, every file of the package has the bytes that it was installed with."""
    assert [] == json.loads(installed("python", "-c", WATCH, json.dumps(WRITING)).stdout)


README = (QUERIES.parent / "README.md").read_text(encoding="utf-8")


def test_the_readme_says_which_lines_of_python_need_more(installed: Run) -> None:
    """Without extras the README's lines run, but for those beside an extra: they fail and name that extra."""
    (block,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    lines = block.splitlines()
    plain = [line for line in lines if "pip install" not in line]
    installed("python", "-c", "\n".join(plain))
    needing = [line for line in lines if line not in plain]
    assert {"analysis", "polars"} == {re.findall(r"\[([a-z]+)\]", line)[0] for line in needing}
    for line in needing:
        code = f"try:\n    {line}\nexcept dualbio.errors.MissingExtraError as error:\n    print(error)"
        told = installed("python", "-c", "\n".join((*plain, "import dualbio.errors", code))).stdout
        assert re.findall(r"pip install '\.(\[[a-z]+\])'", line)[0] in told.splitlines()[-1]
