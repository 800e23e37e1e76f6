"""Summaries of a whole release for pages: computed once in the background, and kept with it.

Each summary depends on the release, what answers for it, the language and the place of the service alone. It is a file
in the release's folder `pages`, so that all processes have it, and a restart finds it; its name has a digest of the
program and of the saved queries, so that a new version computes it again. A folder that cannot be written to keeps
nothing, and each process computes for itself.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from flask import Flask, current_app, g, request
from pydantic import TypeAdapter, ValidationError

from dualbio import version
from dualbio_server.http.language import page_language
from dualbio_server.service import Service, current_service

__all__ = ["Part", "PartKeeper", "part_of_page", "prepare_part"]

_T = TypeVar("_T")

#: What of a request says where the service is.
_PLACE = ("SCRIPT_NAME", "dualbio.root")
#: Seconds after which what lacked something is computed again.
_AGAIN = 300.0


@dataclass(frozen=True, eq=False)
class Part(Generic[_T]):
    """A part of pages: its name, the type of its values, what computes one, and whether one lacks nothing.

    `make` is called within a context of a request, whose language and place are those of the page.
    """

    name: str
    form: type[_T]
    make: Callable[[], _T]
    is_whole: Callable[[_T], bool] = lambda _: True

    @cached_property
    def adapter(self) -> TypeAdapter[_T]:
        """What writes and reads values as JSON."""
        return TypeAdapter(self.form)


def part_of_page(part: Part[_T]) -> _T | None:
    """Return a part of the page that is being made; None where it is not computed in time, and nobody keeps the page.

    One that lacks something is not kept either, and is computed again after some minutes.
    """
    service = current_service()
    g.asked = True  # by any client, at any time
    copy = service.options.copy
    found = service.part(PartKeeper).find(part, None if copy else service.options.patience)
    if found is None or not part.is_whole(found):
        g.unfinished = True
    return found


def prepare_part(part: Part[Any]) -> None:
    """Compute a part before anybody asks, and wait for it."""
    current_service().part(PartKeeper).find(part, None)


@dataclass(frozen=True)
class _Known:
    value: Any
    until: float


class PartKeeper:
    """The parts of one release in this process; safe for threads."""

    def __init__(self, service: Service) -> None:
        """Begin with no part; what files hold is read when it is asked for."""
        self._service = service
        self._folder = service.release.folder / "pages"
        self._line = ThreadPoolExecutor(1, thread_name_prefix="pages")
        self._known: dict[str, _Known] = {}
        self._under_way: dict[str, Future[Any]] = {}
        self._lock = threading.Lock()

    def find(self, part: Part[_T], patience: float | None) -> _T | None:
        """Return a part for the request that is being answered; None where it takes longer than `patience` seconds."""
        name = self._name(part)
        known = self._known.get(name)
        if known is None:
            known = self._read(part, name)
        if known is not None and time.monotonic() < known.until:
            return cast("_T", known.value)
        with self._lock:
            future = self._under_way.get(name)
            if future is None:
                app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - for a thread
                place: dict[str, str] = {key: request.environ[key] for key in _PLACE if key in request.environ}
                future = self._line.submit(self._compute, app, page_language(), place, part, name)
                self._under_way[name] = future
        with suppress(TimeoutError):
            return cast("_T", future.result(0 if known else patience))
        return cast("_T", known.value) if known else None

    def _name(self, part: Part[Any]) -> str:
        engine = "" if self._service.unfit else self._service.settings.engine
        place = hashlib.sha256(f"{request.script_root} {engine}".encode()).hexdigest()[:8]
        return f"{part.name}.{page_language()}.{place}.{self._program}.json"

    @cached_property
    def _program(self) -> str:
        return _digest_of_program(*self._service.settings.query_folders)

    def _read(self, part: Part[Any], name: str) -> _Known | None:
        """Return what a file has, which any process of this version may have written."""
        try:
            value = part.adapter.validate_json((self._folder / name).read_bytes())
        except (OSError, ValidationError):
            return None
        return self._keep(part, name, value)

    def _keep(self, part: Part[Any], name: str, value: Any) -> _Known:
        until = float("inf") if part.is_whole(value) else time.monotonic() + _AGAIN
        known = self._known[name] = _Known(value, until)
        return known

    def _compute(self, app: Flask, language: str, place: dict[str, str], part: Part[Any], name: str) -> Any:
        try:
            with app.test_request_context(f"/?lang={language}", environ_overrides=place), self._alone():
                known = self._read(part, name)
                if known is None:
                    g.query_timeout = self._service.settings.query_timeout_max
                    value = part.make()
                    known = self._keep(part, name, value)
                    if part.is_whole(value):
                        self._write(name, part.adapter.dump_json(value))
                return known.value
        finally:
            with self._lock:
                self._under_way.pop(name, None)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other processes from computing the same meanwhile."""
        try:
            self._folder.mkdir(exist_ok=True)
            lock = os.open(self._folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError:
            yield
            return
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _write(self, name: str, data: bytes) -> None:
        """Write a file, whole or not at all, in the place of that of another version."""
        file = self._folder / name
        with suppress(OSError):
            draft = self._folder / f".{name}.{os.getpid()}"
            draft.write_bytes(data)
            draft.replace(file)
            for other in self._folder.glob(f"{name.rsplit('.', 2)[0]}.*.json"):
                if other != file:
                    other.unlink()


def _digest_of_program(*queries: Path) -> str:
    """Return a digest of the files of the program and of some folders of saved queries."""
    digest = hashlib.sha256()
    for package in (Path(version.__file__).parent, Path(__file__).parents[1]):
        for path in sorted(package.rglob("*")):
            if path.suffix in (".py", ".json"):
                told = path.stat()
                digest.update(f"{path.name} {told.st_size} {told.st_mtime_ns}\n".encode())
    for folder in queries:
        for path in sorted(folder.rglob("*.rq")):
            digest.update(path.relative_to(folder).as_posix().encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]
