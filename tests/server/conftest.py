"""A small release, the application over it, and a running server."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from dualbio.release.folder import open_release
from dualbio.settings import Settings
from dualbio.store.workers import WorkerPool
from dualbio_server.app import make_app
from dualbio_server.service import Options, Service, pool_settings
from running import Server, start_server, stop_server
from toy_release import write_release


@pytest.fixture(scope="session")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of releases with one in it."""
    folder = tmp_path_factory.mktemp("releases")
    write_release(folder)
    return folder


#: The variable that names the endpoint of another engine, which holds the small release and answers in its place.
ELSEWHERE = "TESTED_ENGINE"


@pytest.fixture(scope="session")
def settings(releases: Path) -> Settings:
    """Settings with limits that tests can reach; another engine excludes writing."""
    engine = os.environ.get(ELSEWHERE, "")
    return Settings(
        releases=releases,
        query_timeout=5,
        query_timeout_max=8,
        query_memory=64,
        spool_limit=16,
        cache_size=8,
        request_limit=256,
        query_queue=8,
        engine=engine,
        update_token="" if engine else "a-token-for-operators",
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
