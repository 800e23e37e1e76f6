"""Starting the service: the pool of query workers and the web processes in front of it, and their life together."""

from __future__ import annotations

import atexit
import importlib
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from dualbio.errors import DualbioError, MissingExtraError
from dualbio.queries import Library
from dualbio.release import Release, open_release
from dualbio.settings import Settings
from dualbio.store.workers import PoolClient, WorkerPool
from dualbio.store.workers.limits import die_with_parent
from dualbio_server.config import Options
from dualbio_server.service import Service, pool_settings

if TYPE_CHECKING:
    from flask import Flask

__all__ = ["create_app", "run"]

_STATE = "DUALBIO_RUN"


def create_app(settings: Settings | None = None, *, options: Options | None = None) -> Flask:
    """Return the application over the current release, with a pool of its own that ends with this process.

    Args:
        settings: by default read from the environment.
        options: behaviour, by default what the settings ask for.

    Raises:
        ReleaseError: there is no sound release.
    """
    from dualbio_server.app import make_app  # noqa: PLC0415 - the counters need their folder first

    settings = settings or Settings()
    release = open_release(settings.releases / "current")
    folder = Path(tempfile.mkdtemp(prefix="dualbio-"))
    pool = WorkerPool(pool_settings(settings, release, folder))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(pool.stop, 1.0)
    pool.start()
    pool.wait_ready()
    return make_app(_service(settings, folder, release, options or Options.of(settings)))


def _service(settings: Settings, folder: Path, release: Release, options: Options) -> Service:
    client = PoolClient(
        folder,
        lines=settings.query_workers,
        waiting=max(1, settings.query_queue),
        queue_wait=options.queue_wait,
        timeout=settings.query_timeout_max,
    )
    return Service(settings, release, client, options)


def create_worker_app() -> Flask:
    """Return the application of one web process of `run`, over the pool that is current when it starts."""
    from dualbio_server.app import make_app  # noqa: PLC0415 - the counters need their folder first

    for number in (signal.SIGTERM, signal.SIGINT):  # until the web server listens to them, they end this process
        signal.signal(number, signal.SIG_DFL)
    die_with_parent(os.getppid(), signal.SIGTERM)
    state = json.loads(Path(os.environ[_STATE]).read_text(encoding="utf-8"))
    settings = Settings.model_validate(state["settings"])
    release = open_release(Path(state["release"]), verify=False)  # the parent has verified it
    return make_app(_service(settings, Path(state["pool"]), release, Options.of(settings)))


class _Server:
    """The pools and the state file that web processes start from."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.folder = Path(tempfile.mkdtemp(prefix="dualbio-"))
        self.state = self.folder / "state.json"
        self.pools: list[WorkerPool] = []

    def open_pool(self) -> Release:
        """Start a pool over the current release, have new web processes use it, and return the release.

        Raises:
            DualbioError: the release or a saved query is broken; what was served before still is.
            OSError: there is no room, or no right, for what a pool needs; the same holds.
        """
        release = open_release(self.settings.releases / "current")
        folder = self.folder / f"pool-{time.monotonic_ns():x}"
        pool = WorkerPool(pool_settings(self.settings, release, folder))
        try:
            folder.mkdir(mode=0o700)
            settings = _with_copied_queries(self.settings, folder)
            pool.start()
            pool.wait_ready()
            self._write_state(settings, release, folder)
        except BaseException:
            pool.kill()
            shutil.rmtree(folder, ignore_errors=True)
            raise
        self.pools.append(pool)
        return release

    def _write_state(self, settings: Settings, release: Release, folder: Path) -> None:
        state = {
            "settings": settings.model_dump(mode="json"),
            "release": str(release.folder),
            "pool": str(folder),
        }
        draft = self.state.with_suffix(".draft")
        draft.write_text(json.dumps(state), encoding="utf-8")
        draft.replace(self.state)

    def switch(self) -> None:
        """Open the release that is current now, for the web processes that start from here on."""
        try:
            release = self.open_pool()
        except (DualbioError, OSError) as error:
            _say(f"the release was not switched: {error}")
            return
        _say(f"serving {release.id}")

    def retire(self) -> None:
        """End the pools of earlier releases, once no web process asks them."""
        while len(self.pools) > 1:
            pool = self.pools.pop(0)
            pool.stop(patience=1.0)
            shutil.rmtree(pool.settings.folder, ignore_errors=True)

    def close(self) -> None:
        """Stop every pool and remove what is left."""
        for pool in self.pools:
            pool.stop(patience=5.0)
        shutil.rmtree(self.folder, ignore_errors=True)


def _with_copied_queries(settings: Settings, folder: Path) -> Settings:
    """Return settings that name copies of the saved queries, which no edit changes below the web processes.

    Raises:
        DataError: a query is broken.
    """
    Library.read(*settings.query_folders)
    copies = []
    for number, source in enumerate(settings.query_folders):
        copies.append(folder / f"queries-{number}")
        for path in source.glob("**/*.rq"):
            copy = copies[-1] / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
    return settings.model_copy(update={"queries": copies[0], "own_queries": tuple(copies[1:])})


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; on SIGHUP change to the release that is current then.

    Raises:
        ReleaseError: there is no sound release.
        MissingExtraError: the packages of the extra `server` are not installed.
    """
    try:
        from dualbio_server.web import make_web_server  # noqa: PLC0415 - part of the extra
    except ImportError as error:
        raise MissingExtraError("server", "dualbio serve") from error
    server = _Server(settings)
    try:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(server.folder / "metrics")
        Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]).mkdir(mode=0o700)
        os.environ[_STATE] = str(server.state)
        server.open_pool()
        importlib.import_module("dualbio_server.app")  # once here, and not in every web process after its fork
        address = f"http://{settings.host}:{settings.port}/"
        factory = f"{__name__}:{create_worker_app.__name__}"
        web = make_web_server(settings, factory, lambda: _say(f"serving on {address}"), server.switch, server.retire)
        web.serve()
    finally:
        server.close()


def _say(message: str) -> None:
    sys.stderr.write(f"dualbio: {message}\n")
    sys.stderr.flush()
