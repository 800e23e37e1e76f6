"""A client of the query workers for an event loop, which blocks no thread.

What goes as it should happens in the loop: a token is taken, the query sent, a short answer read. All else (a new
connection, a worker that ended, a long answer) is left to a thread, as a function that goes on from there.
"""

from __future__ import annotations

import asyncio
import contextlib
import select
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from dualbio.store.workers.clients.lines import (
    GRACE,
    Line,
    PoolAnswer,
    answer_of,
    queue_is_full,
    too_late,
    waited_too_long,
)
from dualbio.store.workers.clients.pool_client import PoolClient
from dualbio.store.workers.process.errors import WorkError, error_of
from dualbio.store.workers.process.fair_shares import UNTIL_ASKING, QueueFullError, Ticket
from dualbio.store.workers.process.idle_workers import Tokens, TokensGoneError
from dualbio.store.workers.process.protocol import Kind, LostConnectionError, QueryRequest

__all__ = ["LoopAnswer", "LoopClient"]

#: Bytes of an answer from which a thread reads on.
_LONG = 512 * 1024
#: Seconds between two looks at the clock, while anything is asked.
_LOOK = 0.1

#: What comes of a request: the answer, the reason why there is none, or what a thread has to call for one of these.
LoopAnswer = PoolAnswer | WorkError | Callable[[], PoolAnswer]


@dataclass(eq=False, slots=True)
class _Asked:
    """A request under way, and when it is given up."""

    request: QueryRequest
    done: Callable[[LoopAnswer], None]
    ends: float


class LoopClient:
    """Sends queries to the workers of a pool, beside the threads that ask through the same client of this process."""

    def __init__(
        self,
        client: PoolClient,
        loop: asyncio.AbstractEventLoop,
        in_thread: Callable[[Callable[[], object]], None],
    ) -> None:
        """Belong to the loop of the calling thread; `in_thread` has a function called in another."""
        self._client = client
        self._loop = loop
        self._in_thread = in_thread
        self._thread = threading.get_ident()
        self._waiting: dict[Ticket, _Asked] = {}
        self._at_work: dict[Line, _Asked] = {}
        self._idle: dict[int, list[Line]] = {}
        self._watched: Tokens | None = None
        # A loop makes what it watches non-blocking, and the queue of tokens is one socket for all processes.
        self._token = select.epoll()
        loop.add_reader(self._token, self._advance)
        self._clock: asyncio.TimerHandle | None = None
        self._quiet_since = 0.0

    def ask(self, request: QueryRequest, done: Callable[[LoopAnswer], None]) -> None:
        """Have a worker answer a request; `done` is called in the loop, perhaps before this returns."""
        ticket = Ticket(request.client, self._wake)
        try:
            self._client.queue.line_up(ticket)
        except QueueFullError:
            done(queue_is_full())
            return
        now = time.monotonic()
        if not self._waiting:
            self._quiet_since = now
        self._waiting[ticket] = _Asked(request, done, now + self._client.queue_wait)
        if not self._watched:  # else there was no token, and the next one is told
            self._advance()

    def close(self) -> None:
        """Hang up on the workers, once nothing is asked any more; any thread may call this."""
        with contextlib.suppress(RuntimeError):  # the loop has ended, and its process ends
            self._loop.call_soon_threadsafe(self._hang_up)

    def _hang_up(self) -> None:
        self._loop.remove_reader(self._token)
        self._token.close()
        for lines in self._idle.values():
            while lines:
                self._drop(lines.pop())

    # --- waiting for a worker ----------------------------------------------------------------------------------------

    def _wake(self) -> None:
        """Look again; called by the queue with its lock held. In the loop's own thread the caller looks anyway."""
        if threading.get_ident() != self._thread:
            self._loop.call_soon_threadsafe(self._advance)

    def _advance(self) -> None:
        """Send what has a worker, and take tokens for all who wait while that is on us."""
        queue = self._client.queue
        self._begin_settled()
        while queue.taker in self._waiting and (slot := self._take()) is not None:
            self._quiet_since = time.monotonic()
            queue.give(slot)
            self._begin_settled()
            if self._watched:  # as long as there is a token, this is called again
                break
        self._watch(self._client.tokens if queue.taker in self._waiting else None)
        if self._clock is None and (self._waiting or self._at_work):
            self._clock = self._loop.call_later(_LOOK, self._look)

    def _begin_settled(self) -> None:
        for ticket in [ticket for ticket in self._waiting if ticket.settled]:
            self._begin(ticket)

    def _take(self) -> int | None:
        """Return the slot of an idle worker; without a pool to take it from, a thread looks for one."""
        tokens = self._client.tokens
        if tokens:
            try:
                return tokens.take_now()
            except TokensGoneError:
                self._watch(None)
                self._client.leave_pool(tokens)
        for ticket in list(self._waiting):
            self._give_up(ticket, lambda asked: partial(self._client.ask, asked.request))
        return None

    def _give_up(self, ticket: Ticket, outcome: Callable[[_Asked], LoopAnswer]) -> None:
        """Wait no longer, unless a thread has just given us a worker."""
        self._client.queue.dismiss(ticket)
        if ticket.settled:
            self._begin(ticket)
        elif asked := self._waiting.pop(ticket, None):
            asked.done(outcome(asked))

    def _watch(self, tokens: Tokens | None) -> None:
        """Be called when there is a token."""
        if tokens is self._watched:
            return
        if self._watched:
            self._token.unregister(self._watched.taking)
        self._watched = tokens
        if tokens:
            self._token.register(tokens.taking, select.EPOLLIN)

    # --- at work -----------------------------------------------------------------------------------------------------

    def _begin(self, ticket: Ticket) -> None:
        asked = self._waiting.pop(ticket, None)
        if asked is None:  # it was begun while another was told what came of its request
            return
        self._client.queue.dismiss(ticket)
        slot, request = ticket.slot, asked.request
        if slot is None:
            asked.done(queue_is_full())
            return
        line = self._line(slot)
        if line is None:
            asked.done(partial(self._client.go_on, slot, request))
            return
        asked.ends = time.monotonic() + request.timeout + GRACE
        self._at_work[line] = asked
        try:
            line.connection.send(request.encode())
        except LostConnectionError:
            self._leave_to_thread(line)
        except BlockingIOError:  # what was sent before is not read
            del self._at_work[line]
            self._drop(line)
            asked.done(partial(self._client.go_on, slot, request))

    def _line(self, slot: int) -> Line | None:
        """Return a line to the worker of a slot, or None where a thread has to connect to it."""
        idle = self._idle.setdefault(slot, [])
        if idle:
            return idle.pop()
        line = self._client.spare_line(slot)
        if line:
            self._loop.add_reader(line.connection.sock, self._hear, line)
        return line

    def _hear(self, line: Line) -> None:
        """Read what a worker sends."""
        asked = self._at_work.get(line)
        if asked is None:  # it has ended
            self._forget(line)
            return
        try:
            message = line.connection.receive_now()
        except LostConnectionError:
            self._leave_to_thread(line)
            return
        if message is None:
            if line.connection.missing > _LONG:
                self._leave_to_thread(line)
            return
        del self._at_work[line]
        if message.kind is Kind.BYE:
            self._drop(line)
            asked.done(partial(self._client.go_on, line.slot, asked.request))
            return
        self._idle[line.slot].append(line)
        self._client.queue.leave(asked.request.client)
        if message.kind is Kind.ERROR:
            asked.done(error_of(message.fields))
        else:
            asked.done(answer_of(line, message, asked.request))

    def _leave_to_thread(self, line: Line) -> None:
        """Have a thread read on from where we are, whatever comes."""
        asked = self._at_work.pop(line)
        self._loop.remove_reader(line.connection.sock)
        line.connection.sock.setblocking(True)
        asked.done(partial(self._client.go_on, line.slot, asked.request, line))

    def _forget(self, line: Line) -> None:
        self._idle[line.slot].remove(line)
        self._drop(line)

    def _drop(self, line: Line) -> None:
        self._loop.remove_reader(line.connection.sock)
        line.close()

    # --- the clock ---------------------------------------------------------------------------------------------------

    def _look(self) -> None:
        """Give up what has taken too long, and ask others to make way."""
        now = time.monotonic()
        self._clock = None
        for ticket in [ticket for ticket, asked in self._waiting.items() if asked.ends <= now]:
            self._give_up(ticket, lambda _: waited_too_long(self._client.queue_wait))
        for line in [line for line, asked in self._at_work.items() if asked.ends <= now]:
            asked = self._at_work.pop(line)
            self._drop(line)
            self._client.queue.leave(asked.request.client)
            asked.done(too_late(asked.request))
        self._advance()
        if self._watched and now - self._quiet_since >= UNTIL_ASKING:
            self._quiet_since = now
            self._in_thread(self._client.queue.ask_to_make_way)
