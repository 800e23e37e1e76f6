"""A release that is too large for memory: every process reads its store on disk, and answers are the same."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox
import pytest

from dualbio.release.folder import Release
from dualbio.settings import Settings
from dualbio.store.embedded import EmbeddedStore
from dualbio.store.workers import PoolStore, WorkerPool
from dualbio_server.service import fits_memory, pool_settings

ROWS = "SELECT ?study (COUNT(*) AS ?n) { ?study dualbio:hasArm/dualbio:hasRegimen ?r } GROUP BY ?study ORDER BY ?study"


@pytest.fixture(scope="module")
def pool(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerPool]:
    """A pool that may not hold the release."""
    settings = Settings(store_memory=1, query_workers=1)
    with WorkerPool(pool_settings(settings, release, tmp_path_factory.mktemp("pool"))) as pool:
        yield pool


def test_what_does_not_fit_is_read_from_disk(release: Release) -> None:
    """Each process may come to hold a copy: supervisor, workers, web processes; at 350 bytes a triple."""
    triples = release.manifest["triples"]
    needed = -(-5 * 350 * triples // 2**20)
    assert fits_memory(Settings(store_memory=needed), release)
    assert not fits_memory(Settings(store_memory=needed - 1), release)
    assert fits_memory(Settings(store_memory=needed - 1, query_workers=1), release)
    assert fits_memory(Settings(store_memory=1, update_token="a"), release)  # noqa: S106 - user graphs are in memory


def test_answers_from_disk_are_those_from_memory(pool: WorkerPool, release: Release) -> None:
    """Rows of a query over all graphs, other names of an entity, and the number of triples."""
    here, there = EmbeddedStore.in_memory(release.files), PoolStore(pool.client(), timeout=20.0)
    assert here.select_rows(ROWS) == there.select_rows(ROWS)
    assert there.ask("ASK { disease:ra a dualbio:Disease }")
    assert release.manifest["triples"] == pool.quads


def test_no_process_holds_a_copy(pool: WorkerPool, release: Release) -> None:
    """After some queries, supervisor and worker together have less memory of their own than the store would take."""
    for kind in ("Study", "Arm", "Result"):
        PoolStore(pool.client(), timeout=20.0).select(f"SELECT * {{ ?s a dualbio:{kind} ; ?p ?o }} LIMIT 2000")
    tree = [pool.pid, *Path(f"/proc/{pool.pid}/task/{pool.pid}/children").read_text(encoding="ascii").split()]
    status = [Path(f"/proc/{process}/status").read_text(encoding="utf-8") for process in tree]
    own = sum(int(line.split()[1]) for text in status for line in text.splitlines() if line.startswith("RssAnon:"))
    assert 350 * release.manifest["triples"] > 1024 * own > 0


def test_a_store_of_many_files_is_read_whole(pool: WorkerPool, tmp_path: Path) -> None:
    """The engine opens 16 files at first, and others when a query comes to them, which a worker has to allow."""
    many, name = tmp_path / "store", ox.NamedNode("urn:t:name")
    for number in range(6):  # each adds files of its own
        ox.Store(str(many)).bulk_extend([ox.Quad(name, name, ox.Literal(number), name)])
    settings = replace(pool.settings, folder=str(tmp_path), disk=str(many), counts={"urn:t:name": 6})

    with WorkerPool(settings) as other:
        _, rows = PoolStore(other.client(), timeout=20.0).select_rows("SELECT ?n { ?s ?p ?n } ORDER BY ?n")

    assert len(list(many.glob("*.sst"))) > 16
    assert [str(number) for number in range(6)] == [row[0].value for row in rows if isinstance(row[0], ox.Literal)]


def test_a_worker_over_a_store_on_disk_reaches_no_network() -> None:
    """It may open files, and sockets of this machine; neither a query nor anything else in it opens a connection."""
    program = """
import socket, pyoxigraph
from dualbio.store.workers.process.limits import Descriptors
Descriptors(on_disk=True).forbid()
open("/dev/null").close()
socket.socket(socket.AF_UNIX).close()
asks = lambda: list(pyoxigraph.Store().query("SELECT * { SERVICE <http://127.0.0.1:8001/> { ?s ?p ?o } }"))
for attempt in (asks, lambda: socket.socket(socket.AF_INET), lambda: socket.socket(socket.AF_INET6)):
    try:
        attempt()
    except PermissionError:
        print("refused")
"""
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)

    assert ["refused"] * 3 == done.stdout.split()
