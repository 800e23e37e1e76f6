"""A writer: a forked process that does one write to the user graphs and ends.

It evaluates on its own copy of the store, under the limits of a query. Then it brings the new state of the graphs to
the disk, makes every supervisor of the folder load it, and only then answers the client: a query after that
sees the write. There is one writer at a time in a folder, which a lock on a file ensures.
"""

from __future__ import annotations

import contextlib
import socket
import struct
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import pyoxigraph as ox

from dualbio.store.user_graphs import GraphEntry, Index, UserGraphs, UserGraphsError, user_graph_iri
from dualbio.store.workers.process.errors import (
    NoSuchGraphError,
    PreconditionError,
    QueryRefusedError,
    SpoolError,
    WorkerLostError,
    WorkError,
)
from dualbio.store.workers.process.exit_reasons import memory_error
from dualbio.store.workers.process.limits import Descriptors, Limits, MemoryLimit, TimeLimit
from dualbio.store.workers.process.protocol import Connection, Kind, LostConnectionError, ask_supervisor, encode
from dualbio.store.workers.process.running_queries import Phase, RunningQueries
from dualbio.store.workers.write.update_query import Update, plan_update, read_graph, read_triples, run_update
from dualbio.store.workers.write.writes import WriteReceipt, WriteRequest

__all__ = ["Writer"]

#: Seconds that a client may take to send its request, and to read the answer.
_PATIENCE = 30
#: Seconds that the supervisor of this process, and another one, may take to have its workers see a write.
_OWN = 60
_OTHERS = 5


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
    running: RunningQueries
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
            connection.send(encode(Kind.HELLO, {"worker": self.serial}))
            connection.send(self._answer(WriteRequest.of(connection.receive())))
        connection.close()

    def _answer(self, request: WriteRequest) -> bytes:
        try:
            return self._write(request).encode()
        except WorkError as error:
            return encode(Kind.ERROR, error.report)
        except _StaleError:
            return encode(Kind.BYE)
        finally:
            self.running.end(self.slot)

    def _write(self, request: WriteRequest) -> WriteReceipt:
        timeout = min(request.timeout, self.limits.timeout)
        text = request.body.decode(errors="replace")[:1024] if request.kind == "update" else ""
        told = text or f"{request.kind.upper()} {user_graph_iri(request.name)}"
        self.running.begin(self.slot, request.query_id, request.client, told, timeout)
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
                    with self.descriptors.allowed():
                        self._take_over(self.control, _OWN)
                    raise _StaleError
                with TimeLimit(timeout):
                    changes, outcome = self._evaluate(request, update, index)
                return self._commit(index, changes, outcome)
        except MemoryError as error:
            raise memory_error(self.limits.memory) from error
        except UserGraphsError as error:
            raise WorkerLostError("the user graphs cannot be read; the operator must see to them") from error
        except OSError as error:
            raise _not_stored(error) from error

    # --- evaluation --------------------------------------------------------------------------------------------------

    def _plan(self, request: WriteRequest) -> Update | None:
        if request.kind != "update":
            return None
        return plan_update(request, self.base, self.prefixes, self.allowed)

    def _evaluate(
        self, request: WriteRequest, update: Update | None, index: Index
    ) -> tuple[dict[str, bytes | None], WriteReceipt]:
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
        return changes, WriteReceipt(
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

    def _commit(self, index: Index, changes: dict[str, bytes | None], receipt: WriteReceipt) -> WriteReceipt:
        """Bring the changes to the disk and to everyone.

        Until the index is replaced, an error leaves everything as it was, and the write can be cancelled. From then on
        it is stored: no limit and no cancellation ends this process, and whatever goes wrong leaves doubt alone.
        """
        if not changes:
            return receipt
        with self.descriptors.allowed():
            draft = self.users.draft(index, changes)
            self.running.mark(self.slot, Phase.COMMITTING)
        try:
            with self.descriptors.allowed():
                try:
                    self.users.publish(draft)
                except OSError as error:
                    raise _not_stored(error) from error
                self.users.confirm()
                self._tell_everyone(draft.index.generation)
                with contextlib.suppress(OSError):  # what is left over takes room, no more
                    self.users.clean(draft.index)
        except (OSError, MemoryError) as error:
            raise WorkerLostError(
                f"the write is stored, but {error}; repair: check whether it is visible before you send it again"
            ) from error
        return receipt

    def _tell_everyone(self, generation: int) -> None:
        """Have every supervisor of the folder serve the state on disk; one that does not answer is left out.

        Raises:
            OSError: the supervisor of this process does not.
        """
        if self._take_over(self.control, _OWN) < generation:
            raise OSError("the service could not take it over")
        for link in self.users.pools():
            if link.resolve() != self.control.resolve() and self._take_over(link.resolve(), _OTHERS) < generation:
                link.unlink(missing_ok=True)  # it is gone, or it takes part again when it wakes

    def _take_over(self, control: Path, patience: float) -> int:
        """Have a supervisor serve the state on disk, and return the number of the last write that it serves."""
        with contextlib.suppress(OSError, ValueError):
            fields, _ = ask_supervisor(control, patience, "take-over")
            return int(fields["generation"])
        return -1


def _not_stored(error: OSError) -> SpoolError:
    return SpoolError(
        f"the write could not be stored: {error.strerror}; the graphs are as before; repair: free disk space"
    )


def _triples(graphs: dict[str, bytes | None]) -> int:
    return sum((data or b"").count(b"\n") for data in graphs.values())


def _check_conditions(request: WriteRequest, entry: GraphEntry | None) -> None:
    """Compare the state of the graph with If-Match and If-None-Match."""
    wanted, excluded = request.if_match, request.if_none_match
    state = entry.sha256[:24] if entry else None
    found = f"its state is {state}" if entry else "there is no such graph"
    if wanted is not None and (state is None or (state not in wanted and "*" not in wanted)):
        raise PreconditionError(f"If-Match does not hold for the graph '{request.name}': {found}; nothing was changed")
    if excluded is not None and state is not None and (state in excluded or "*" in excluded):
        raise PreconditionError(
            f"If-None-Match does not hold for the graph '{request.name}': {found}; nothing was changed"
        )
