"""The installed wheel, used in an empty folder without the checkout and without any extra."""

from __future__ import annotations

import csv
import json
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


@pytest.mark.parametrize("name", LIBRARY)
def test_a_saved_query_gives_its_expected_answer(name: str, installed: Run) -> None:
    """The installed command builds the release on first use and answers as the file beside the query says.

    A query that counts the release itself has no such file; its columns and a row are looked for instead.
    """
    query = LIBRARY[name]
    required = [param for param in query.params if not query.defaults[param.name]]
    params = [word for param in required for word in ("-p", f"{param.name}={param.examples[0]}")]
    found = rows(installed("dualbio", "query", name, "--format", "csv", *params).stdout)
    if query.expected is not None and query.expected.exists():
        assert rows(query.expected.read_text(encoding="utf-8")) == found
    else:
        assert "statistics" in query.head.tags
        assert [column.name for column in query.columns] == found[0]
        assert len(found) > 1
