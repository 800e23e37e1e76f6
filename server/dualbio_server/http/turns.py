"""Interface between answers in the event loop and the process that runs it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import IO, Protocol

from dualbio_server.http.file_body import FileBody
from dualbio_server.http.headers import Headers

__all__ = ["Turn", "WholeAnswer"]

#: Status as in PEP 3333, headers, and body of an answer.
WholeAnswer = tuple[str, Headers, bytes | IO[bytes] | FileBody]


class Turn(Protocol):
    """One request that is answered in the event loop; nothing here takes time."""

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop of this process."""

    def in_thread(self, task: Callable[[], object]) -> None:
        """Have `task` called in a thread, for what takes time; to be called in the loop."""

    def done(self, answer: WholeAnswer) -> None:
        """Send the answer; to be called once, in the loop."""

    def make(self, answer: Callable[[], WholeAnswer]) -> None:
        """Have the answer made in a thread, and send it; to be called in the loop, in the place of `done`."""
