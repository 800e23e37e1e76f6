"""A release that is too large for memory: every process reads its store on disk, and answers are the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

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
