"""A small release, the application over it, and a running server."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from dualbio.namespaces import BASE, VOCABULARY
from dualbio.release import open_release
from dualbio.settings import Settings
from dualbio.store.workers import WorkerPool
from dualbio_server.app import make_app
from dualbio_server.config import Options
from dualbio_server.service import Service, pool_settings
from running import Server, start_server, stop_server

_TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
_LABEL = "<http://www.w3.org/2000/01/rdf-schema#label>"
_INTEGER = "<http://www.w3.org/2001/XMLSchema#integer>"


def write_release(folder: Path, name: str = "0.1.0-000000000001", studies: int = 20) -> Path:
    """Write a release of a few thousand quads: studies with arms, drugs and results, and a dense web of links.

    The manifest names every file with its SHA-256, and `current` points to the release.
    """
    release = folder / name
    (release / "graphs" / "study").mkdir(parents=True)
    for graph, lines in _graphs(studies).items():
        quads = "".join(f"{line} <{BASE}graph/{graph}> .\n" for line in lines)
        (release / "graphs" / f"{graph}.nq").write_text(quads, encoding="utf-8")
    sums = {
        str(path.relative_to(release)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(release.rglob("*.nq"))
    }
    manifest = {"files": sums, "built": "2026-01-02T03:04:05+00:00"}
    (release / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    link = folder / "current"
    link.unlink(missing_ok=True)
    link.symlink_to(name)
    return release


def _graphs(studies: int) -> dict[str, list[str]]:
    drugs = ["rituximab", "belimumab", "atacicept"]
    graphs: dict[str, list[str]] = {"entities": [], "inferred": [], "ontology": []}
    for drug in drugs:
        graphs["entities"].append(f"<{BASE}drug/{drug}> {_TYPE} <{VOCABULARY}Drug>")
        graphs["entities"].append(f'<{BASE}drug/{drug}> {_LABEL} "{drug}"@en')
    graphs["entities"].append(f'<{BASE}drug/belimumab> {_LABEL} "bélimumab"@fr')
    for one in range(60):
        for other in range(1, 13):
            link = f"<{BASE}pair/n{one}> <{VOCABULARY}near> <{BASE}pair/n{(one * other + other) % 60}>"
            graphs["ontology"].append(link)
    for number in range(studies):
        study = f"<{BASE}study/s{number}>"
        lines = [f"{study} {_TYPE} <{VOCABULARY}Study>", f'{study} {_LABEL} "Study {number}"@en']
        for arm_number in range(3):
            arm = f"<{BASE}arm/s{number}.a{arm_number}>"
            lines += [f"{study} <{VOCABULARY}hasArm> {arm}", f"{arm} {_TYPE} <{VOCABULARY}Arm>"]
            lines.append(f"{arm} <{VOCABULARY}drug> <{BASE}drug/{drugs[arm_number]}>")
            for row in range(10):
                result = f"<{BASE}result/s{number}.r{arm_number}{row}>"
                lines += [
                    f"{result} <{VOCABULARY}arm> {arm}",
                    f'{result} <{VOCABULARY}events> "{number * arm_number + row}"^^{_INTEGER}',
                    f'{result} {_LABEL} "result {row} of arm {arm_number} of study {number}"',
                ]
        graphs["inferred"].append(f"{study} {_TYPE} <{VOCABULARY}ClinicalTrial>")
        graphs[f"study/s{number}"] = lines
    return graphs


@pytest.fixture(scope="session")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of releases with one in it."""
    folder = tmp_path_factory.mktemp("releases")
    write_release(folder)
    return folder


@pytest.fixture(scope="session")
def settings(releases: Path) -> Settings:
    """Settings with limits that tests can reach."""
    return Settings(
        releases=releases,
        query_timeout=5,
        query_timeout_max=8,
        query_memory=64,
        spool_limit=16,
        cache_size=8,
        request_limit=256,
        query_queue=8,
        update_token="a-token-for-operators",  # noqa: S106 - of a test
    )


@pytest.fixture(scope="session")
def pool(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerPool]:
    """A pool of two workers over the release."""
    release = open_release(settings.releases / "current")
    with WorkerPool(pool_settings(settings, release, tmp_path_factory.mktemp("pool"))) as started:
        yield started


@pytest.fixture(scope="session")
def options() -> Options:
    """A quiet application."""
    return Options(threads=16, reserve=4, queue_wait=5, access_log=False)


@pytest.fixture(scope="session")
def make(settings: Settings, pool: WorkerPool, options: Options) -> Callable[..., Flask]:
    """Return a function that makes applications over the pool, with other settings or options."""

    def make_with(settings: Settings = settings, options: Options = options) -> Flask:
        client = pool.client(queue_wait=options.queue_wait)
        return make_app(Service(settings, open_release(settings.releases / "current"), client, options))

    return make_with


@pytest.fixture(scope="session")
def app(make: Callable[..., Flask]) -> Flask:
    """The application that most tests share."""
    return make()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client of the application, without a network."""
    return app.test_client()


@pytest.fixture
def new_release() -> Callable[..., Path]:
    """Return the function that writes releases."""
    return write_release


@pytest.fixture
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    """Return a function that starts a server over a folder of releases; it is stopped with the test."""
    started: list[Server] = []

    def start(releases: Path, **settings: str) -> Server:
        started.append(start_server(releases, tmp_path_factory.mktemp("server") / "log", **settings))
        return started[-1]

    yield start
    for server in started:
        if server.process.poll() is None:
            stop_server(server)


@pytest.fixture(scope="session")
def server(releases: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server over the release."""
    log = tmp_path_factory.mktemp("server") / "log"
    started = start_server(releases, log, query_timeout_max="8", query_memory="64", spool_limit="64")
    yield started
    assert stop_server(started) == 0, log.read_text(encoding="utf-8")
