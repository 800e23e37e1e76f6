"""A thread-safe client of the query workers, one per process."""

from __future__ import annotations

import contextlib
import itertools
import json
import secrets
import select
import threading
import time
from pathlib import Path
from typing import Any

from dualbio.search import Found, Suggestions, checked
from dualbio.sparql.formats import FORMATS_BY_NAME, Format
from dualbio.store.workers.clients.lines import (
    Line,
    PoolAnswer,
    answer_of,
    open_line,
    pool_is_gone,
    queue_is_full,
    too_late,
    waited_too_long,
)
from dualbio.store.workers.process.errors import (
    PoolUnavailableError,
    WorkerLostError,
    WorkError,
    error_of,
)
from dualbio.store.workers.process.fair_shares import FairQueue, QueueFullError
from dualbio.store.workers.process.idle_workers import Tokens, TokensGoneError, join_tokens
from dualbio.store.workers.process.protocol import (
    Connection,
    Dataset,
    Kind,
    LostConnectionError,
    QueryRequest,
    ask_supervisor,
)

__all__ = ["PoolClient"]

_CONTROL_TIMEOUT = 5.0
_LOST = "the query worker ended without an answer; repair: retry"
#: Times that a query is sent again when a worker ended without having begun it.
_TRIES = 5
_NO_DATASET = Dataset()


class PoolClient:
    """Sends queries to the workers behind the sockets in `folder`."""

    def __init__(
        self, folder: Path, *, lines: int = 2, waiting: int = 64, queue_wait: float = 10.0, timeout: float = 30.0
    ) -> None:
        """Name the folder of the pool, and bound what this process asks of it.

        Args:
            folder: where the sockets of the pool are.
            lines: the number of workers.
            waiting: most threads that may wait for a worker.
            queue_wait: seconds that a query may wait for a worker.
            timeout: seconds that a query may run unless it asks for less or more.
        """
        self.folder = folder
        self.queue_wait = queue_wait
        self.timeout = timeout
        self._lines: dict[int, list[Line]] = {}
        self.tokens: Tokens | None = None
        self.queue = FairQueue(self._take_token, self._ask_to_make_way, lines + waiting)
        # A client that knows the id of a query may cancel it, so ids cannot be guessed.
        self._secret = secrets.token_hex(12)
        self._numbers = itertools.count()
        self._lock = threading.Lock()

    def request(
        self,
        text: str,
        *,
        results_format: Format | None = FORMATS_BY_NAME["json"],
        graph_format: Format | None = FORMATS_BY_NAME["turtle"],
        dataset: Dataset = _NO_DATASET,
        timeout: float | None = None,
        query_id: str | None = None,
        user_graphs: bool = False,
        client: str = "",
    ) -> QueryRequest:
        """Return what `ask` is given for a query.

        Args:
            text: a SPARQL query; prefixes of the pool need no declaration.
            results_format: format of rows, None when the client accepts none.
            graph_format: format of triples, None when the client accepts none.
            dataset: graphs to query instead of those the query names.
            timeout: seconds, at most the pool's maximum.
            query_id: name under which the query can be cancelled.
            user_graphs: whether GRAPH and FROM reach user graphs too; otherwise the query sees the release alone.
            client: the address that asks; workers are shared fairly among addresses.
        """
        return QueryRequest(
            query_id or self._name(),
            client,
            float(self.timeout if timeout is None else timeout),
            results_format.name if results_format else "",
            graph_format.name if graph_format else "",
            dataset,
            user_graphs,
            text,
        )

    def ask(self, request: QueryRequest) -> PoolAnswer:
        """Have a worker answer a request, and return its whole answer.

        Raises:
            WorkError: one of its children for each cause.
        """
        return self.go_on(self._take_worker(request.client), request)

    def go_on(self, slot: int, request: QueryRequest, asked: Line | None = None) -> PoolAnswer:
        """Have the worker of a slot that was taken answer a request, and give the place in the queue back.

        Args:
            slot: what `queue` gave for the request.
            request: what is asked.
            asked: the line that it was sent over already, on which nothing of the answer but its beginning was read.

        Raises:
            WorkError: one of its children for each cause.
        """
        message = request.encode()
        try:
            for _ in range(_TRIES):
                line = asked or self._take_line(slot)
                answer = self._ask(line, b"" if asked else message, request)
                if answer:
                    self._lines.setdefault(slot, []).append(line)
                    return answer
                asked = None
                self._drop_lines(slot, line.worker)
        finally:
            self.queue.leave(request.client)
        raise WorkerLostError("query workers ended one after the other; repair: retry")

    def search(
        self, text: str, *, kind: str | None = None, limit: int = 20, offset: int = 0, timeout: float, client: str = ""
    ) -> Found:
        """Return what `text` finds, as `SearchIndex.search` says; `timeout` and `client` are those of a query.

        Raises:
            ParameterError: as there.
            WorkError: as `query`.
        """
        lookup = {"kind": kind, "limit": limit, "offset": offset}
        answer = self.ask(self._lookup(checked(text, kind, limit, offset), lookup, timeout, client))
        return Found.from_dict(json.loads(answer.read()))

    def suggest(self, text: str, *, limit: int = 8, timeout: float, client: str = "") -> Suggestions:
        """Return what `text` may be the beginning of, as `SearchIndex.suggest` says.

        Raises:
            ParameterError: as there.
            WorkError: as `query`.
        """
        lookup = {"suggest": True, "limit": limit}
        answer = self.ask(self._lookup(checked(text, None, limit, 0), lookup, timeout, client))
        return Suggestions.from_dict(json.loads(answer.read()))

    def _lookup(self, text: str, lookup: dict[str, Any], timeout: float, client: str) -> QueryRequest:
        return QueryRequest(self._name(), client, timeout, "json", "", _NO_DATASET, False, text, lookup)

    def _name(self) -> str:
        """Return a name for a query that its client gave none."""
        return f"{self._secret}-{next(self._numbers)}"

    def _ask(self, line: Line, message: bytes, request: QueryRequest) -> PoolAnswer | None:
        """Return the answer over `line`, or None when its worker ended before beginning."""
        try:
            if message:
                line.connection.send(message)
            reply = line.connection.receive()
            if reply.kind is Kind.ERROR:
                self._lines.setdefault(line.slot, []).append(line)
                raise error_of(reply.fields)
            if reply.kind is not Kind.BYE:
                return answer_of(line, reply, request)
        except LostConnectionError as error:
            line.close()
            reason = self._exit_report(line.worker)
            if reason.get("query", request.query_id) == request.query_id:
                raise error_of(reason) from error
        except BlockingIOError as error:
            line.close()
            raise too_late(request) from error
        line.close()
        return None

    # --- connections -------------------------------------------------------------------------------------------------

    def _take_worker(self, client: str) -> int:
        """Wait for an idle worker, and return its slot; only one query may be sent there until it is idle again."""
        try:
            slot = self.queue.enter(client, self.queue_wait)
        except QueueFullError as error:
            raise queue_is_full() from error
        if slot is None:
            raise waited_too_long(self.queue_wait)
        return slot

    def _take_token(self, patience: float) -> int | None:
        """Return the slot of the worker that comes free next, or None when there was none for `patience` seconds."""
        for _ in range(2):  # where one pool has ended, the next may be there already
            tokens = self.tokens or self._join()
            try:
                return tokens.take(patience)
            except TokensGoneError:
                self.leave_pool(tokens)
        raise pool_is_gone()

    def _ask_to_make_way(self, client: str) -> None:
        with contextlib.suppress(PoolUnavailableError):
            self.control("make-way", client=client)

    def _join(self) -> Tokens:
        """Take part in the queue for the workers of the pool that is behind the folder now."""
        with self._lock:
            if self.tokens is None:
                try:
                    self.tokens = join_tokens(self.folder / "control.sock")
                except OSError as error:
                    raise pool_is_gone() from error
            return self.tokens

    def leave_pool(self, tokens: Tokens) -> None:
        """Forget a pool that has ended: another may come to the folder."""
        with self._lock:
            if self.tokens is tokens:
                self.tokens = None
        tokens.close()
        self._close_lines()

    def _take_line(self, slot: int) -> Line:
        return self.spare_line(slot) or self._connect(slot)

    def _drop_lines(self, slot: int, worker: int) -> None:
        """Close the other lines to a worker that has ended.

        There may be several: a worker takes its next query before the thread that asked last has read its answer.
        """
        kept = self._lines.get(slot, [])
        for line in [line for line in kept if line.worker == worker]:
            with contextlib.suppress(ValueError):  # another thread has just taken it
                kept.remove(line)
                line.close()

    def _connect(self, slot: int) -> Line:
        """Return a new line to the worker of a slot, or to its successor, once that has taken it."""
        deadline = time.monotonic() + self.queue_wait
        while True:
            connection = Connection(open_line(self.folder / f"worker-{slot}.sock", self.timeout))
            poll = select.poll()
            poll.register(connection.sock, select.POLLIN)
            if not poll.poll(max(0, 1000 * (deadline - time.monotonic()))):
                connection.close()
                raise waited_too_long(self.queue_wait)
            try:
                greeting = connection.receive().fields
            except LostConnectionError:  # the worker ended as it took the line
                connection.close()
                continue
            return Line(connection, slot, greeting["worker"], greeting["release"])

    def spare_line(self, slot: int) -> Line | None:
        """Return a line to the worker of a slot that is not in use, if there is one; the caller owns it."""
        try:
            return self._lines[slot].pop()
        except LookupError:
            return None

    def close(self) -> None:
        """Close the connections that are not in use."""
        tokens, self.tokens = self.tokens, None
        if tokens:
            tokens.close()
        self._close_lines()

    def _close_lines(self) -> None:
        for lines in self._lines.values():
            while lines:
                lines.pop().close()

    # --- control -----------------------------------------------------------------------------------------------------

    def status(self) -> dict[str, Any]:
        """Return release, number of workers, and the queries at work (`id`, `text`, `elapsed`, `timeout`)."""
        return self.control("status")

    def cancel(self, query_id: str) -> bool:
        """Stop a query, or an update that is not yet being stored; return whether it was at work."""
        return bool(self.control("cancel", id=query_id)["cancelled"])

    def exit_reason(self, worker: int) -> WorkError:
        """Return why a worker ended without an answer."""
        return error_of(self._exit_report(worker))

    def _exit_report(self, worker: int) -> dict[str, Any]:
        try:
            return self.control("exit", worker=worker)
        except PoolUnavailableError:
            return WorkerLostError(_LOST).report

    def control(self, ask: str, **about: object) -> dict[str, Any]:
        """Return what the supervisor answers to a question.

        Raises:
            PoolUnavailableError: it cannot be reached.
        """
        try:
            return ask_supervisor(self.folder / "control.sock", _CONTROL_TIMEOUT, ask, **about)[0]
        except (OSError, ValueError) as error:
            raise pool_is_gone() from error
