"""A pool of query workers as its parent sees it: start the supervisor, wait until it is ready, stop it."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from dualbio.errors import ReleaseError
from dualbio.store.workers.clients.pool_client import PoolClient
from dualbio.store.workers.process.errors import PoolUnavailableError
from dualbio.store.workers.process.settings import PoolSettings

__all__ = ["WorkerPool"]

#: Bytes of a folder whose sockets have addresses that fit (107 on Linux), with their names.
_LONGEST_FOLDER = 88
_PACKAGE_PARENT = str(Path(__file__).resolve().parents[3])


class WorkerPool:
    """Owns one supervisor process; use as a context manager, or call `start` and `stop`."""

    def __init__(self, settings: PoolSettings) -> None:
        """Take the configuration; nothing is started yet."""
        self.settings = settings
        self.quads = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._clients: list[PoolClient] = []

    def start(self) -> None:
        """Start the supervisor without waiting for it.

        Raises:
            PoolUnavailableError: the path of its folder is too long for the address of a socket.
        """
        if len(os.fsencode(self.settings.folder)) > _LONGEST_FOLDER:
            raise PoolUnavailableError(
                f"{self.settings.folder}: this path is too long for sockets; accepted: {_LONGEST_FOLDER} bytes; "
                "repair: set TMPDIR to a folder with a shorter path"
            )
        path = os.pathsep.join(filter(None, [_PACKAGE_PARENT, os.environ.get("PYTHONPATH")]))
        process = subprocess.Popen(
            [sys.executable, "-m", "dualbio.store.workers.supervisor"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path, "RUST_BACKTRACE": "0"},
            start_new_session=True,  # Ctrl-C in the terminal is for the parent, which then drains the pool
        )
        self._process = process
        if process.stdin:
            process.stdin.write(self.settings.to_json().encode())
            process.stdin.flush()

    def wait_ready(self, timeout: float = 120.0) -> None:
        """Wait until the workers take queries.

        Raises:
            ReleaseError: the release could not be loaded.
            PoolUnavailableError: it took longer than `timeout` seconds.
        """
        if self._process is None or self._process.stdout is None:
            raise PoolUnavailableError("the pool was not started")
        if not self._reports(timeout):
            self.kill()
            raise PoolUnavailableError(f"the query workers were not ready after {timeout:g} s")
        report = json.loads(self._process.stdout.readline() or b'{"error": "the supervisor ended at its start"}')
        if "error" in report:
            self.kill()
            told = str(report["error"])
            raise ReleaseError(
                f"{self.settings.release}: {told}{'' if 'repair:' in told else '; repair: dualbio build'}"
            )
        self.quads = int(report["quads"])

    @property
    def has_reported(self) -> bool:
        """Whether `wait_ready` would return, or raise, at once."""
        return self._reports(0.0)

    def _reports(self, timeout: float) -> bool:
        assert self._process is not None
        assert self._process.stdout is not None
        poll = select.poll()  # unlike `select`, it takes the high numbers of a process with many connections
        poll.register(self._process.stdout, select.POLLIN)
        return bool(poll.poll(1000 * timeout))

    @property
    def exit_status(self) -> int | None:
        """How the supervisor ended, negative for a signal; None while it lives."""
        return self._process.poll() if self._process else None

    def client(self, *, queue_wait: float = 10.0, timeout: float | None = None) -> PoolClient:
        """Return a client of this pool for this process; it is closed when the pool ends."""
        known = self.settings
        client = PoolClient(
            Path(known.folder),
            lines=known.workers,
            waiting=known.queue,
            queue_wait=queue_wait,
            timeout=min(timeout or known.timeout, known.timeout),
        )
        self._clients.append(client)
        return client

    @property
    def pid(self) -> int | None:
        """The process id of the supervisor."""
        return self._process.pid if self._process else None

    def stop(self, patience: float | None = None) -> None:
        """Drain: let queries at work finish within `patience` seconds (by default the longest time limit)."""
        if self._process is None:
            return
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(self.settings.timeout + 1 if patience is None else patience)
        self.kill()

    def kill(self) -> None:
        """End the supervisor and with it all workers."""
        process, self._process = self._process, None
        if process is None:
            return
        for client in self._clients:
            client.close()
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()

    def __enter__(self) -> Self:
        """Start and wait until ready."""
        self.start()
        self.wait_ready()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop at once."""
        self.stop(patience=1.0)
