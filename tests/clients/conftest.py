"""The real release behind `dualbio serve`, and what its clients must find there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from asking import CONSTRUCT, SELECT, program
from dualbio.release.folder import Release
from dualbio.store.embedded import EmbeddedStore
from real import copied_release
from running import Server, start_server, stop_server


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A copy of the release of the sources as they are, in which dumps may be made."""
    return copied_release(tmp_path_factory)


@pytest.fixture(scope="session")
def server(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`dualbio serve` over the release."""
    log = tmp_path_factory.mktemp("server") / "log"
    started = start_server(release.folder.parent, log, web_workers="1")
    yield started
    assert stop_server(started) == 0, log.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without a window, for one file of tests: its event loop is in the way of others."""
    expect.set_options(timeout=60_000)  # a busy machine is slow, not wrong
    with sync_playwright() as playwright:
        # Tests may run as root, where the sandbox of Chromium cannot.
        started = playwright.chromium.launch(executable_path=program("chromium"), args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="session")
def store(release: Release) -> EmbeddedStore:
    """The same release without a service: what every client must find."""
    return EmbeddedStore.in_memory(release.files)


@pytest.fixture(scope="session")
def rows(store: EmbeddedStore) -> list[tuple[str, str]]:
    """The rows of SELECT: drug and label."""
    found = store.query(SELECT)
    assert isinstance(found, ox.QuerySolutions)
    return [(str(row["drug"].value), str(row["label"].value)) for row in found]


@pytest.fixture(scope="session")
def labels(rows: list[tuple[str, str]]) -> list[str]:
    """The labels of SELECT, in its order."""
    return [label for _, label in rows]


@pytest.fixture(scope="session")
def triples(store: EmbeddedStore) -> int:
    """The number of triples of CONSTRUCT."""
    found = store.query(CONSTRUCT)
    assert isinstance(found, ox.QueryTriples)
    return len(set(found))


@pytest.fixture
def select_file(tmp_path: Path) -> Path:
    """A file with SELECT."""
    return _file(tmp_path / "select.rq", SELECT)


@pytest.fixture
def construct_file(tmp_path: Path) -> Path:
    """A file with CONSTRUCT."""
    return _file(tmp_path / "construct.rq", CONSTRUCT)


def _file(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path
