"""The user graphs as a supervisor shares them: with its writers, its clients, and the other services of the folder."""

from __future__ import annotations

import socket
from pathlib import Path

from dualbio.store.workers.write.user_data import UserData
from dualbio.store.workers.write.write_counter import Generation

__all__ = ["SharedState"]


class SharedState:
    """The user graphs in memory, the socket at which writes are taken, and the number of the last write."""

    def __init__(self, data: UserData, folder: Path, listener: socket.socket) -> None:
        """Take part in the writes to the folder of `data`, then read it: so no write can fall in between.

        `folder` is that of the pool, whose control socket must be open; writes are taken at `listener`.
        """
        self.data = data
        self.listener = listener
        self.number = listener.fileno()
        self._control = folder / "control.sock"
        self._counter = Generation(folder, make=True)
        self._link = data.users.register(self._control)
        data.load()
        self.publish()

    @property
    def generation(self) -> int:
        """The number of the last write that is in memory."""
        return self.data.index.generation

    def publish(self) -> None:
        """Let the clients know that what is asked from here on sees this state."""
        self._counter.value = self.generation

    def left_out(self) -> bool:
        """Return whether a writer has given up waiting for this supervisor; it takes part again."""
        if self._link.is_symlink():
            return False
        self._link = self.data.users.register(self._control)
        return True

    def close(self) -> None:
        """Take no more writes."""
        self.listener.close()
        (self._control.parent / "updates.sock").unlink(missing_ok=True)
