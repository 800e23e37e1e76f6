"""A thread-safe client for writes to user graphs, one at a time."""

from __future__ import annotations

import contextlib
import select
import threading
import time

from dualbio.store.workers.clients.lines import open_line
from dualbio.store.workers.clients.pool_client import PoolClient
from dualbio.store.workers.process.errors import PoolBusyError, error_of
from dualbio.store.workers.process.protocol import Connection, Kind, LostConnectionError
from dualbio.store.workers.write.writes import WriteReceipt, WriteRequest

__all__ = ["WriteClient"]


class WriteClient:
    """Sends writes to the pool of a client."""

    def __init__(self, pool: PoolClient, *, waiting: int = 16) -> None:
        """Write to the pool behind `pool`; at most `waiting` threads of this process wait for that."""
        self.pool = pool
        self._places = threading.BoundedSemaphore(waiting)

    def write(self, request: WriteRequest) -> WriteReceipt:
        """Have a write done, and return what it did once it is on the disk and every later query sees it.

        Raises:
            WorkError: nothing was written, for the reason that its class names; after `WorkerLostError` alone
                that is unknown.
        """
        if not self._places.acquire(blocking=False):
            raise PoolBusyError("too many writes wait in this process; repair: retry later")
        try:
            deadline = time.monotonic() + self.pool.queue_wait
            while True:
                outcome = self._try(request, deadline)
                if outcome:
                    return outcome
        finally:
            self._places.release()

    def _try(self, request: WriteRequest, deadline: float) -> WriteReceipt | None:
        """Return the outcome, or None when the writer gave up before it began."""
        # A writer may wait for another one of its folder, work itself, and then wait for slow supervisors.
        connection = Connection(open_line(self.pool.folder / "updates.sock", 3 * self.pool.timeout + 60))
        with contextlib.closing(connection):
            poll = select.poll()
            poll.register(connection.sock, select.POLLIN)
            if not poll.poll(max(0, 1000 * (deadline - time.monotonic()))):
                raise PoolBusyError(
                    f"other writes were not done in {self.pool.queue_wait:g} s; repair: retry later",
                    waited=self.pool.queue_wait,
                )
            try:
                greeting = connection.receive().fields
            except LostConnectionError:  # the pool is being replaced
                return None
            try:
                connection.send(request.encode())
                message = connection.receive()
            except (LostConnectionError, BlockingIOError) as error:
                raise self.pool.exit_reason(greeting["worker"]) from error
        if message.kind is Kind.ERROR:
            raise error_of(message.fields)
        return WriteReceipt.of(message) if message.kind is Kind.RECEIPT else None
