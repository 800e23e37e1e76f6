"""A small release behind the whole application, and a running service without a proxy, as strangers meet them."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

import toy_release
from dualbio.release.folder import open_release
from dualbio.settings import Settings
from dualbio.store.workers import WorkerPool
from dualbio_server.app import make_app
from dualbio_server.service import Options, Service, pool_settings
from running import Server, start_server, stop_server

#: As many individuals as make a comparison with all their names cost something.
_KEYS = [f"drug-{number:04}-{'abcdefgh'[number % 8] * 12}" for number in range(3000)]
_DRUGS = "".join(
    f'drug:{key} a dualbio:Drug ; rdfs:label "drug number {number} of many"@en ; dualbio:key "{key}" .\n'
    for number, key in enumerate(_KEYS)
)
_DATA = f"""
graph:entities {{ {_DRUGS} }}
graph:ontology {{
  <https://w3id.org/dualbio/ontology> a owl:Ontology ; owl:versionIRI <https://w3id.org/dualbio/ontology/0.1.0> .
  dualbio:Drug a owl:Class ; rdfs:label "drug"@en .
}}
"""
_QUERY = """\
#+ summary: Which drugs are there?
#+ description: Lists drugs, all or the given ones.
#+ tags: [drug]
#+ params:
#+ - {name: drug, type: drug, list: true, example: drug-0001-bbbbbbbbbbbb, description: the drugs}
#+ - {name: word, type: string, example: drug, description: a word of the label}
#+ columns:
#+ - {name: drug, meaning: the drug}
#+ - {name: label, meaning: its label}
SELECT ?drug ?label
WHERE {
  VALUES ?drug { UNDEF }
  VALUES ?word { "drug" }
  ?drug a dualbio:Drug ; rdfs:label ?label .
  FILTER (CONTAINS(?label, ?word))
}
ORDER BY ?drug ?label
LIMIT 20
"""
TOKEN = "a-token-for-operators"  # noqa: S105 - of a test


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application over the release, with updates on, a saved query, and limits that tests can reach."""
    releases, queries = tmp_path_factory.mktemp("releases"), tmp_path_factory.mktemp("library") / "queries"
    for name in ("0.1.0-before", "0.1.0-now"):
        toy_release.write_trig(releases, name, _DATA)
    (queries / "toy").mkdir(parents=True)
    (queries / "toy" / "drugs.rq").write_text(_QUERY, encoding="utf-8")
    settings = Settings(
        releases=releases,
        queries=queries,
        query_timeout=3,
        query_timeout_max=4,
        query_memory=256,
        request_limit=2048,
        update_token=TOKEN,
    )
    release, options = open_release(releases / "current"), Options(threads=16, reserve=4, access_log=False)
    with WorkerPool(pool_settings(settings, release, tmp_path_factory.mktemp("pool"))) as pool:
        service = Service(settings, release, pool.client(queue_wait=options.queue_wait), options)
        made = make_app(service)
        yield made


@pytest.fixture(scope="session", autouse=True)
def many_files() -> None:
    """Let this process open as many connections as an attack needs."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))


@pytest.fixture(scope="session")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of releases with one in it."""
    folder = tmp_path_factory.mktemp("releases")
    toy_release.write_release(folder)
    return folder


@pytest.fixture(scope="session")
def server(releases: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The service that an attack meets."""
    log = tmp_path_factory.mktemp("server") / "log"
    started = start_server(releases, log, client_share="1")
    yield started
    assert stop_server(started) == 0, log.read_text(encoding="utf-8")


@pytest.fixture
def serve(releases: Path, tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Return a function that starts a service of the test's own; it is stopped with the test."""
    started: list[Server] = []

    def start(**settings: str) -> Server:
        started.append(start_server(releases, tmp_path / f"log-{len(started)}", **settings))
        return started[-1]

    yield start
    for server in started:
        if server.process.poll() is None:
            stop_server(server)
