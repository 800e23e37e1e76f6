"""The lines that each page offers for copying work as they stand: curl, Python, R, and the shell of dualbio."""

from __future__ import annotations

import csv
import html
import io
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

import pandas as pd  # type: ignore[import-untyped]
import pytest
from click.testing import CliRunner

from asking import program
from dualbio.cli.main import cli
from dualbio.database import Database
from dualbio.queries import Library, QueryResult, Resolver, SavedQuery, run_query
from dualbio.release.folder import Release
from dualbio.settings import Settings
from dualbio.sources.folders import shipped_sources
from dualbio.store.embedded import EmbeddedStore
from dualbio.store.workers import WorkerPool
from dualbio_server.app import make_app
from dualbio_server.service import Options, Service, open_release, pool_settings
from real import served

NAMES = tuple(Library.read(shipped_sources().queries))
#: R takes seconds: these show numbers, dates, IRIs, empty cells and quoted commas.
IN_R = (
    "audit/looked-for-and-not-found",
    "dataset/outside-identifiers",
    "efficacy/primary-outcomes-of-a-pair",
    "lessons/lessons-for-a-pair",
    "safety/within-study-differences",
    "studies/ongoing-trials",
)

Page = Callable[[str], dict[str, str]]
Expected = Callable[[str], QueryResult]


def given(query: SavedQuery) -> dict[str, str]:
    """Return the example of every parameter, lists as people write them."""
    return {param.name: ",".join(map(str, param.examples)) for param in query.params}


@pytest.fixture(scope="module")
def address(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running service over the real release."""
    settings = Settings(releases=release.folder.parent)
    opened = open_release(release.folder)
    with WorkerPool(pool_settings(settings, opened, tmp_path_factory.mktemp("pool"))) as pool:
        app = make_app(Service(settings, opened, pool.client(queue_wait=5), Options(access_log=False)))
        with served(app) as url:
            yield url


@pytest.fixture(scope="module")
def snippets(address: str, library: Library) -> Page:
    """A function that returns the lines on the page of a query that was asked with its examples."""
    kept: dict[str, dict[str, str]] = {}

    def read(name: str) -> dict[str, str]:
        if name not in kept:
            with urlopen(f"{address}/queries/{name}.html?{urlencode(given(library[name]))}") as page:  # noqa: S310 - ours
                text = page.read().decode()
            found = re.findall(r"<h3>([^<]+)</h3><pre[^>]*>([^<]+)</pre>", text)
            kept[name] = {title: html.unescape(lines) for title, lines in found}
        return kept[name]

    return read


@pytest.fixture(scope="module")
def expected(library: Library, store: EmbeddedStore, resolver: Resolver) -> Expected:
    """A function that answers a query with its examples, in this process."""
    return lambda name: run_query(library[name], store, given(library[name]), resolver=resolver)


def test_every_page_has_four_ways(snippets: Page) -> None:
    """Each page has lines for the shell, Python, R and the command of dualbio."""
    assert {"Shell", "Python", "R", "dualbio"} == set.intersection(*(set(snippets(name)) for name in NAMES))


def test_curl(snippets: Page, expected: Expected, tmp_path: Path) -> None:
    """The line with curl brings the answer, byte for byte."""
    assert shutil.which("curl"), "repair: apt-get install curl"
    script = "\n".join(f"{snippets(name)['Shell']} -fsS -o {number}.csv" for number, name in enumerate(NAMES))
    subprocess.run(["bash", "-e", "-c", script], cwd=tmp_path, check=True)
    for number, name in enumerate(NAMES):
        assert expected(name).to_csv() == (tmp_path / f"{number}.csv").read_bytes(), name


def test_python(snippets: Page, expected: Expected) -> None:
    """The Python lines make a data frame of the answer."""
    for name in NAMES:
        space: dict[str, pd.DataFrame] = {}
        exec(compile(snippets(name)["Python"], name, "exec"), space)  # noqa: S102 - the lines that users run
        pd.testing.assert_frame_equal(pd.read_csv(io.BytesIO(expected(name).to_csv())), space["answer"])


def test_dualbio(
    snippets: Page, expected: Expected, release: Release, store: EmbeddedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command of dualbio prints the answer; the release is loaded once."""
    database = Database(release, shipped_sources().queries, store=store)
    monkeypatch.setattr("dualbio.cli.query.open_database", lambda *_: database)
    for name in NAMES:
        program, *arguments = shlex.split(snippets(name)["dualbio"])
        assert "dualbio" == program
        done = CliRunner().invoke(cli, arguments, catch_exceptions=False)
        assert expected(name).to_csv() == done.stdout_bytes, name


def test_r(snippets: Page, expected: Expected, tmp_path: Path) -> None:
    """The line in R, without any package, makes a data frame with the columns, rows and texts of the answer."""
    script = "".join(
        f'{snippets(name)["R"]}\nwrite.csv(answer, "{number}.csv", row.names=FALSE, na="")\n'
        for number, name in enumerate(IN_R)
    )
    subprocess.run([program("Rscript"), "--vanilla", "-e", script], cwd=tmp_path, check=True)
    for number, name in enumerate(IN_R):
        with (tmp_path / f"{number}.csv").open(encoding="utf-8", newline="") as file:
            columns, *rows = csv.reader(file)
        result = expected(name)
        assert list(result.columns) == columns
        texts = {i for i, column in enumerate(columns) if column.endswith(("Name", "Key", "statement", "locator"))}
        assert texts
        wanted = [["" if row[i] is None else row[i].value for i in sorted(texts)] for row in result.rows]  # type: ignore[union-attr]
        assert wanted == [[row[i] for i in sorted(texts)] for row in rows]
