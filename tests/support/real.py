"""The release of the sources as they are, and applications on a real socket."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

from dualbio.build.package import build_release
from dualbio.release.folder import Release, find_release, make_current, open_release
from dualbio.settings import Settings

__all__ = ["copied_release", "real_release", "served"]


def real_release(folders: pytest.TempPathFactory) -> Release:
    """Return the release of the sources as they are; it is built in a new folder unless it was built before."""
    settings = Settings()
    found = find_release(settings.releases, settings.sources.digest)
    return found or build_release(settings.sources, folders.mktemp("built"))


def copied_release(folders: pytest.TempPathFactory) -> Release:
    """Return a copy of that release, in a folder of its own, in which dumps may be made."""
    built, folder = real_release(folders), folders.mktemp("releases")
    shutil.copytree(built.folder, folder / built.id, ignore=shutil.ignore_patterns("dumps"))
    copied = open_release(Path(folder, built.id))
    make_current(folder, copied)
    return copied


@contextmanager
def served(app: Callable[..., Iterable[bytes]] | Any) -> Iterator[str]:
    """Serve a WSGI application on a free port; yield its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
