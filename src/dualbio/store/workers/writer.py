"""A writer: a forked process that does one write to the user graphs and ends.

It evaluates on its own copy of the store, under the limits of a query. Then it brings the new state of the graphs to
the disk, has every supervisor of the folder take it over, and only then tells the client: whoever asks after that
sees the write. There is one writer at a time in a folder, which a lock on a file ensures.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import struct
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import pyoxigraph as ox

from dualbio.store.user_graphs import GraphEntry, Index, UserGraphs, UserGraphsError, user_graph_iri
from dualbio.store.workers.board import Board
from dualbio.store.workers.errors import QueryRefusedError, QueryStopError, SpoolError, WorkerLostError
from dualbio.store.workers.fates import memory_error
from dualbio.store.workers.limits import Descriptors, MemoryLimit, TimeLimit
from dualbio.store.workers.protocol import Connection, Frame, LostConnectionError, encode
from dualbio.store.workers.updating import Update, plan_update, read_graph, read_triples, run_update
from dualbio.store.workers.worker import Limits
from dualbio.store.workers.writes import NoSuchGraphError, Outcome, PreconditionError, WriteRequest

__all__ = ["Writer"]

#: Seconds that a client may take to send its request, and to read the answer.
_PATIENCE = 30
#: Seconds that a supervisor may take to have its workers see a write.
_TAKE_OVER = 60


class _StaleError(Exception):
    """Another writer was faster; this process holds an old state."""


@dataclass
class Writer:
    """The state of one writer."""

    store: ox.Store
    users: UserGraphs
    generation: int
    listener: socket.socket
    control: Path
    board: Board
    slot: int
    serial: int
    limits: Limits
    base: str
    prefixes: dict[str, str]
    allowed: tuple[str, ...] = ()
    descriptors: Descriptors = field(init=False)

    def serve(self) -> None:
        """Take one connection and do what it asks."""
        self.descriptors = Descriptors()
        try:
            sock, _ = self.listener.accept()
        except BlockingIOError:
            return
        sock.setblocking(True)
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            sock.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", _PATIENCE, 0))
        connection = Connection(sock)
        MemoryLimit(self.limits.memory)
        self.descriptors.forbid()
        with contextlib.suppress(LostConnectionError, BlockingIOError):
            connection.send(encode(Frame.HELLO, {"worker": self.serial}))
            _, payload = connection.receive()
            connection.send(self._answer(WriteRequest.unpack(payload)))
        connection.close()

    def _answer(self, request: WriteRequest) -> bytes:
        try:
            outcome = self._write(request)
        except QueryStopError as error:
            report = {"code": error.code, "message": str(error), "details": error.details}
            return encode(Frame.ERROR, report)
        except _StaleError:
            return encode(Frame.BYE)
        finally:
            self.board.end(self.slot)
        return encode(Frame.DATA, outcome.pack()) + encode(Frame.END)

    def _write(self, request: WriteRequest) -> Outcome:
        timeout = min(request.timeout, self.limits.timeout)
        text = request.body.decode(errors="replace")[:1024] if request.kind == "update" else ""
        told = text or f"{request.kind.upper()} {user_graph_iri(request.name)}"
        self.board.begin(self.slot, request.query_id, told, timeout)
        try:
            with TimeLimit(timeout):
                update = self._plan(request)
                with self.descriptors.allowed():
                    lock = contextlib.ExitStack()
                    lock.enter_context(self.users.lock())
            with lock:
                with self.descriptors.allowed():
                    index = self.users.read()
                if index.generation != self.generation:
                    self._take_over(self.control, index.generation)
                    raise _StaleError
                with TimeLimit(timeout):
                    changes, outcome = self._evaluate(request, update, index)
                return self._commit(index, changes, outcome)
        except MemoryError as error:
            raise memory_error(self.limits.memory) from error
        except UserGraphsError as error:
            raise WorkerLostError("the user graphs cannot be read; the operator must see to them") from error
        except OSError as error:
            raise SpoolError(
                f"the write could not be stored: {error.strerror}; the graphs are as before; "
                "repair: make room on the disk"
            ) from error

    # --- evaluation --------------------------------------------------------------------------------------------------

    def _plan(self, request: WriteRequest) -> Update | None:
        if request.kind != "update":
            return None
        return plan_update(request, self.base, self.prefixes, self.allowed)

    def _evaluate(
        self, request: WriteRequest, update: Update | None, index: Index
    ) -> tuple[dict[str, bytes | None], Outcome]:
        names = update.names if update else (request.name,)
        before = {name: read_graph(self.store, name) for name in names}
        if update:
            self._update(update, before)
        else:
            _check_conditions(request, index.graphs.get(request.name))
            self._change_graph(request)
        after = {name: read_graph(self.store, name) for name in names}
        changes = {name: after[name] for name in names if after[name] != before[name]}
        sets = [(set((before[name] or b"").splitlines()), set((after[name] or b"").splitlines())) for name in changes]
        return changes, Outcome(
            index.generation + bool(changes),
            tuple(name for name in changes if before[name] is None),
            tuple(name for name in changes if after[name] is None),
            tuple(changes),
            sum(len(new - old) for old, new in sets),
            sum(len(old - new) for old, new in sets),
        )

    def _update(self, update: Update, before: dict[str, bytes | None]) -> None:
        others = len(self.store) - _triples(before) if update.ambiguous else 0
        with self.descriptors.allowed() if update.loads else nullcontext():
            run_update(self.store, update)
        after = {name: read_graph(self.store, name) for name in before}
        if update.ambiguous and len(self.store) - _triples(after) != others:
            raise QueryRefusedError("the update would change other graphs than it names; nothing was changed")

    def _change_graph(self, request: WriteRequest) -> None:
        graph = ox.NamedNode(user_graph_iri(request.name))
        if request.kind == "delete":
            if not self.store.contains_named_graph(graph):
                raise NoSuchGraphError(f"there is no graph <{graph.value}>")
            self.store.remove_graph(graph)
            return
        quads = read_triples(request)
        if request.kind == "put":
            self.store.clear_graph(graph)
        self.store.add_graph(graph)
        self.store.extend(quads)

    # --- making it last ----------------------------------------------------------------------------------------------

    def _commit(self, index: Index, changes: dict[str, bytes | None], outcome: Outcome) -> Outcome:
        """Bring the changes to the disk and to everyone; from here on no limit ends this process."""
        if not changes:
            return outcome
        with self.descriptors.allowed():
            written = self.users.commit(index, changes)
            pools = self.users.pools()
        for link in pools:
            self._take_over(link, written.generation)
        with self.descriptors.allowed(), contextlib.suppress(OSError):  # what is left over takes room, no more
            self.users.clean(written)
        return outcome

    def _take_over(self, link: Path, generation: int) -> None:
        """Have the supervisor behind `link` serve the state on disk; forget one that is gone."""
        with self.descriptors.allowed(), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.settimeout(_TAKE_OVER)
            try:
                sock.connect(os.path.realpath(link))
            except (FileNotFoundError, ConnectionRefusedError):
                if link.is_symlink():
                    link.unlink(missing_ok=True)
                return
            taken = -1
            with contextlib.suppress(OSError, ValueError):
                sock.sendall(json.dumps({"ask": "take-over"}).encode())
                taken = int(json.loads(sock.recv(4096)).get("generation", -1))
        if taken < generation:
            raise WorkerLostError(
                "the write is stored, but not every process of the service could take it over; "
                "repair: look whether it is seen before it is sent again"
            )


def _triples(graphs: dict[str, bytes | None]) -> int:
    return sum((data or b"").count(b"\n") for data in graphs.values())


def _check_conditions(request: WriteRequest, entry: GraphEntry | None) -> None:
    """Hold the state of the graph against If-Match and If-None-Match."""
    wanted, excluded = request.if_match, request.if_none_match
    state = entry.sha256[:24] if entry else None
    found = f"its state is {state}" if entry else "there is no such graph"
    if wanted is not None and (state is None or (state not in wanted and "*" not in wanted)):
        raise PreconditionError(f"If-Match does not hold for the graph '{request.name}': {found}; nothing was changed")
    if excluded is not None and state is not None and (state in excluded or "*" in excluded):
        raise PreconditionError(
            f"If-None-Match does not hold for the graph '{request.name}': {found}; nothing was changed"
        )
