"""The control socket of a supervisor: short requests, one per connection."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from typing import Any

from dualbio.store.workers.process.protocol import Connection, LostConnectionError

__all__ = ["Control", "Respond"]

#: Tells the answer to the fields of a question over its connection, and hangs up, now or later.
Respond = Callable[[Connection, dict[str, Any]], None]

#: Seconds that one who asks may take to say what.
_PATIENCE = 1.0


class Control:
    """Answers what is asked at a listening socket, one question at a time."""

    def __init__(self, listener: socket.socket, answers: Mapping[str, Respond]) -> None:
        """Listen; `answers` has a function for each question."""
        self._listener = listener
        self._answers = answers

    def fileno(self) -> int:
        """Return the descriptor of the socket, for a poll."""
        return self._listener.fileno()

    def close(self) -> None:
        """Close the socket."""
        self._listener.close()

    def answer_one(self) -> None:
        """Answer the question that waits, if there is one; what is no question is hung up on."""
        try:
            sock, _ = self._listener.accept()
        except BlockingIOError:
            return
        sock.settimeout(_PATIENCE)
        connection = Connection(sock)
        try:
            fields = connection.receive().fields
            answer = self._answers[fields["ask"]]
        except (OSError, ValueError, KeyError, LostConnectionError):
            connection.close()
            return
        answer(connection, fields)
