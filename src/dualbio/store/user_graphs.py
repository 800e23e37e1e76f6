"""User graphs on disk: named graphs that clients write, kept beside the releases and apart from them.

    <folder>/index.json           which graphs there are, in which file, and the number of the last write
    <folder>/graphs/<n>-<name>.nq sorted N-Quads of one graph as write number n left it
    <folder>/pools/               links to the control sockets of the supervisors that serve this folder
    <folder>/lock                 held by the one process that writes

A write makes new files, brings them to the disk, and then replaces the index by renaming: the commit point. So whatever
happens, the index names either all files of the old state or all of the new one.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from dualbio.errors import StoreError
from dualbio.model.namespaces import graph_iri

__all__ = [
    "ACCEPTED",
    "Draft",
    "GraphEntry",
    "Index",
    "UserGraphs",
    "UserGraphsError",
    "user_graph_iri",
    "user_graph_name",
]

_PREFIX = graph_iri("user/").value
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")

#: Accepted names of user graphs, as messages show them.
ACCEPTED = f"{_PREFIX}NAME, where NAME is 1 to 100 letters, digits, '-', '_' and '.', the first a letter or a digit"


class UserGraphsError(StoreError):
    """The folder of user graphs is damaged, or cannot be used."""


def user_graph_iri(name: str) -> str:
    """Return the IRI of the user graph `name`."""
    return _PREFIX + name


def user_graph_name(iri: str) -> str | None:
    """Return the name of the user graph with this IRI, or None when it is none.

    >>> user_graph_name("https://w3id.org/dualbio/graph/user/my-notes")
    'my-notes'
    >>> user_graph_name("https://w3id.org/dualbio/graph/entities") is None
    True
    """
    name = iri.removeprefix(_PREFIX)
    return name if name != iri and _NAME.fullmatch(name) else None


@dataclass(frozen=True)
class GraphEntry:
    """One graph: its file below `graphs/`, SHA-256 of that, number of triples, and when it was written (ISO 8601)."""

    file: str
    sha256: str
    triples: int
    modified: str


@dataclass(frozen=True)
class Index:
    """The state after write number `generation`: an entry for each graph, by name."""

    generation: int = 0
    graphs: Mapping[str, GraphEntry] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Draft:
    """A state that nobody sees yet: its index, and the files that it consists of."""

    index: Index
    files: tuple[Path, ...]


class UserGraphs:
    """The user graphs in one folder."""

    def __init__(self, folder: Path) -> None:
        """Name the folder; nothing is read or made yet."""
        self.folder = folder
        self._index = folder / "index.json"
        self._draft = folder / "index.draft"
        self._files = folder / "graphs"
        self._pools = folder / "pools"

    def prepare(self) -> None:
        """Make the folder, readable by its owner alone.

        Raises:
            UserGraphsError: it cannot be made or written.
        """
        try:
            for each in (self.folder, self._files, self._pools):
                each.mkdir(mode=0o700, parents=True, exist_ok=True)
            (self.folder / "lock").touch(mode=0o600)
        except OSError as error:
            raise UserGraphsError(
                f"{self.folder}: {error.strerror}; accepted: a folder that the service may write; "
                "repair: set DUALBIO_USER_GRAPHS"
            ) from error

    def read(self) -> Index:
        """Return the state on disk.

        Raises:
            UserGraphsError: the index is damaged.
        """
        try:
            found = json.loads(self._index.read_text(encoding="utf-8"))
            graphs = {name: GraphEntry(**entry) for name, entry in found["graphs"].items()}
            return Index(int(found["generation"]), graphs)
        except FileNotFoundError:
            return Index()
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise UserGraphsError(
                f"{self._index}: not the index of user graphs ({error}); repair: put the folder back from a copy"
            ) from error

    def content(self, entry: GraphEntry) -> bytes:
        """Return the N-Quads of a graph.

        Raises:
            UserGraphsError: the file is missing, or is not what was written.
        """
        path = self._files / entry.file
        try:
            data = path.read_bytes()
        except OSError as error:
            raise UserGraphsError(
                f"{path}: {error.strerror}; the index names it; repair: put the folder back from a copy"
            ) from error
        if _digest(data) != entry.sha256:
            raise UserGraphsError(f"{path}: not what was written; repair: put the folder back from a copy")
        return data

    # --- writing -----------------------------------------------------------------------------------------------------

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the write lock for the body; wait if another process holds it."""
        with (self.folder / "lock").open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def draft(self, index: Index, changes: Mapping[str, bytes | None]) -> Draft:
        """Bring the new state of some graphs to the disk, where nobody sees it yet.

        Args:
            index: the state that the changes were made to; the lock is held since it was read.
            changes: sorted N-Quads by name of graph, None for a graph that goes away.

        Raises:
            OSError: it could not be written; nothing of it is left.
        """
        generation = index.generation + 1
        now = datetime.now(UTC).isoformat(timespec="seconds")
        graphs = {name: entry for name, entry in index.graphs.items() if name not in changes}
        made = [self._draft]
        try:
            for name, data in changes.items():
                if data is not None:
                    path = self._files / f"{generation:08d}-{name}.nq"
                    made.append(path)
                    _write(path, data)
                    graphs[name] = GraphEntry(path.name, _digest(data), data.count(b"\n"), now)
            _sync_folder(self._files)
            members = {name: asdict(graphs[name]) for name in sorted(graphs)}
            text = json.dumps({"generation": generation, "graphs": members}, indent=1)
            _write(self._draft, f"{text}\n".encode())
        except BaseException:
            _remove(made)
            raise
        return Draft(Index(generation, graphs), tuple(made))

    def publish(self, draft: Draft) -> None:
        """Make a draft the state of the folder, in one step; `confirm` brings that to the disk.

        Raises:
            OSError: the old state stands, and nothing of the draft is left.
        """
        try:
            self._draft.replace(self._index)
        except OSError:
            _remove(draft.files)
            raise

    def confirm(self) -> None:
        """Return when the state is on the disk.

        Raises:
            OSError: it is what everyone sees, but may not outlive a failure of the machine.
        """
        _sync_folder(self.folder)

    def clean(self, index: Index) -> None:
        """Remove the files that `index`, the current one, no longer names; the lock is held."""
        named = {entry.file for entry in index.graphs.values()}
        for path in self._files.iterdir():
            if path.name not in named:
                path.unlink(missing_ok=True)

    # --- who serves this folder --------------------------------------------------------------------------------------

    def register(self, control: Path) -> Path:
        """Have the supervisor behind the socket `control` told of each write, and return the link that says so."""
        for old in self.pools():  # of one that was behind the socket before
            if old.resolve() == control.resolve():
                old.unlink(missing_ok=True)
        link = self._pools / f"{os.getpid()}-{secrets.token_hex(4)}"
        link.symlink_to(control.resolve())
        return link

    def pools(self) -> list[Path]:
        """Return the links to the control sockets of all who serve this folder; some may be dead."""
        return sorted(self._pools.iterdir())


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _remove(files: Iterable[Path]) -> None:
    for path in files:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def _sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
