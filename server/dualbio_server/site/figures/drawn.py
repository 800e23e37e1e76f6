"""Cached figures, and the queue of figures to draw; pages wait for it a limited time.

A drawing is a file in the release's folder `figures`, named by the SHA-256 of its specification, so that all processes
have it, and a restart finds it. The engine takes a second to start and some tenths of one for each figure.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from dualbio.figures import Figure, Spec
from dualbio_server.service import Service
from dualbio_server.site.figures.engine import Engine

__all__ = ["DrawnFigures", "figures_of"]

#: Most drawings that a release keeps; clients can request any number.
_MOST_FILES = 2000
#: Seconds that a drawing may take; a copy, for which nobody waits, is made on busy machines too.
_LONGEST = 30.0
_LONGEST_OF_A_COPY = 600.0


class DrawnFigures:
    """The figures of one release; safe for threads."""

    def __init__(self, folder: Path, longest: float = _LONGEST) -> None:
        """Keep drawings in `folder`, which need not be there, nor be writable; give one up after `longest` seconds."""
        self._folder = folder
        self._engine = Engine(longest)
        self._line = ThreadPoolExecutor(1, thread_name_prefix="figures")
        self._under_way: dict[str, Future[bytes]] = {}
        self._lock = threading.Lock()

    def draw(self, figure: Figure, form: str = "svg", theme: str = "light", wait: float | None = None) -> bytes | None:
        """Return a figure as a file, drawn before or now; None where it is not drawn in time.

        Args:
            figure: what is drawn.
            form: `svg` or `png`.
            theme: one of `THEMES`.
            wait: seconds after which None is returned, while the drawing goes on; None waits for it.

        Raises:
            MissingExtraError: the packages of the extra `figures` are not installed.
            ExportError: the figure cannot be drawn.
        """
        words = {"title": figure.title, "text": figure.text_for(theme), "form": form}
        spec = figure.vega_lite(theme)  # here, where the language of the request is known
        told = json.dumps([spec, words["text"]], sort_keys=True, ensure_ascii=False)
        name = f"{hashlib.sha256(told.encode()).hexdigest()}.{form}"
        with suppress(OSError):
            return (self._folder / name).read_bytes()
        with self._lock:
            future = self._under_way.get(name)
            if future is None:
                future = self._under_way[name] = self._line.submit(self._drawn, name, spec, words)
        with suppress(TimeoutError):
            return future.result(wait)
        return None

    def _drawn(self, name: str, spec: Spec, words: dict[str, str]) -> bytes:
        try:
            data = self._engine.draw(spec, **words)
            self._keep(name, data)
        finally:
            with self._lock:
                self._under_way.pop(name, None)
        return data

    def _keep(self, name: str, data: bytes) -> None:
        """Write a drawing, whole or not at all; a folder that is full or cannot be written to keeps nothing."""
        with suppress(OSError):
            self._folder.mkdir(exist_ok=True)
            if sum(1 for _ in os.scandir(self._folder)) < _MOST_FILES:
                part = self._folder / f".{name}.{os.getpid()}"
                part.write_bytes(data)
                part.replace(self._folder / name)


def figures_of(service: Service) -> DrawnFigures:
    """Return the one keeper of a service's figures."""
    return service.part(_make_keeper)


def _make_keeper(service: Service) -> DrawnFigures:
    longest = _LONGEST_OF_A_COPY if service.options.copy else _LONGEST
    return DrawnFigures(service.release.folder / "figures", longest)
