"""A release and a running service that the examples of the documents ask."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from documents import OLDER, TOKEN, Place
from dualbio.release.folder import Release
from dualbio.settings import Settings
from dualbio.store.workers import WorkerPool
from dualbio_server.app import make_app
from dualbio_server.service import Options, Service, pool_settings
from real import copied_release, served


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A copy of the release of the sources as they are, beside an older one with the same data."""
    copied = copied_release(tmp_path_factory)
    shutil.copytree(copied.folder, copied.folder.parent / OLDER)
    return copied


@pytest.fixture(scope="session")
def place(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A running service over the releases that takes writes."""
    settings = Settings(releases=release.folder.parent, query_workers=1, update_token=TOKEN)
    with WorkerPool(pool_settings(settings, release, tmp_path_factory.mktemp("pool"))) as pool:
        app = make_app(Service(settings, release, pool.client(queue_wait=5), Options(access_log=False)))
        with served(app) as address:
            yield Place(address, release.folder.parent, release)
