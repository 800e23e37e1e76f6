"""Notice that curated files changed, to check them again on save."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from threading import Event

__all__ = ["SUFFIXES", "changes", "snapshot"]

#: Files that a check reads.
SUFFIXES = (".yaml", ".tsv", ".ttl", ".rq", ".csv")

_Snapshot = dict[Path, tuple[int, int]]


def snapshot(folders: Iterable[Path]) -> _Snapshot:
    """Return time of change and size of every file below `folders` that a check reads."""
    states: _Snapshot = {}
    for folder in folders:
        for path in folder.rglob("*"):
            if path.suffix in SUFFIXES and not path.name.startswith("."):
                try:
                    state = path.stat()
                except FileNotFoundError:
                    continue
                states[path] = (state.st_mtime_ns, state.st_size)
    return states


def changes(folders: Iterable[Path], stop: Event, interval: float = 0.5) -> Iterator[tuple[Path, ...]]:
    """Yield the files that were added, changed or removed, each time some were, until `stop` is set.

    Looks every `interval` seconds; an editor that writes a file in pieces is waited for until it rests.
    """
    folders = tuple(folders)
    known = snapshot(folders)
    while not stop.wait(interval):
        now = snapshot(folders)
        if now == known:
            continue
        while not stop.wait(interval / 5) and (later := snapshot(folders)) != now:
            now = later
        yield tuple(sorted(path for path in {*known, *now} if known.get(path) != now.get(path)))
        known = now
