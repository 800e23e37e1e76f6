"""The web processes as seen by the main process: forked, monitored, replaced."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn

from dualbio_server.process.backoff import Backoff
from dualbio_server.process.load import Load, Loads
from dualbio_server.process.messages import end_of, say

__all__ = ["WebProcesses"]

#: Seconds without a sign of life after which a process is given up.
_SILENCE = 60.0
_READ = 65536


@dataclass(eq=False)
class _Place:
    """A place for a web process, which is taken or waits for its next one."""

    number: int
    backoff: Backoff = field(default_factory=Backoff)
    due: float = 0.0
    pid: int = 0
    control: socket.socket | None = None
    heard: bytes = b""
    born: float = 0.0
    beat: float = 0.0
    #: Messages that it has not followed yet: it takes requests for what was served before.
    opening: int = 0
    #: Messages that it has not come to the end of: it still answers from what was served before.
    switching: int = 0


class WebProcesses:
    """Keeps `number` processes, each of which is `serve(control, load, message)` after its fork."""

    def __init__(self, number: int, serve: Callable[[socket.socket, Load, dict[str, Any]], None]) -> None:
        """Start none yet."""
        self.message: dict[str, Any] = {}
        self.ready = False
        self._serve = serve
        self._loads = Loads(number)
        self._places = [_Place(each) for each in range(number)]
        self._ending = False

    # --- what they are to serve --------------------------------------------------------------------------------------

    def serve(self, message: dict[str, Any]) -> None:
        """Have all that live, and all that come, serve what `message` names."""
        self.message = message
        for place in self._places:
            if place.control:
                place.opening += 1
                place.switching += 1
                self._tell(place, message)

    @property
    def opening(self) -> bool:
        """Whether one of them still takes requests for what was served before."""
        return any(place.opening for place in self._places)

    @property
    def switching(self) -> bool:
        """Whether one of them still answers from what was served before."""
        return any(place.switching for place in self._places)

    def _tell(self, place: _Place, message: dict[str, Any]) -> None:
        assert place.control is not None
        try:
            place.control.send(json.dumps(message).encode() + b"\n")
        except OSError:  # it has just ended, or does not listen any more: its successor knows
            os.kill(place.pid, signal.SIGKILL)

    # --- their lives -------------------------------------------------------------------------------------------------

    @property
    def controls(self) -> dict[int, Callable[[], None]]:
        """What to call when a descriptor can be read."""
        return {
            place.control.fileno(): lambda place=place: self._hear(place)  # type: ignore[misc]
            for place in self._places
            if place.control
        }

    @property
    def due(self) -> float:
        """When the next one is to be forked, as a time of the monotonic clock."""
        return min((place.due for place in self._places if not place.pid), default=float("inf"))

    @property
    def living(self) -> int:
        """The number of those that live."""
        return sum(place.pid != 0 for place in self._places)

    def watch(self) -> None:
        """Note which have ended, end those that hang, and start those that are due."""
        now = time.monotonic()
        for place in self._places:
            if place.pid:
                self._look_at(place, now)
            if not place.pid and place.due <= now and not self._ending:
                self._fork(place)

    def _look_at(self, place: _Place, now: float) -> None:
        if now - place.beat > _SILENCE:
            say(f"web process {place.pid} gave no sign of life for {_SILENCE:g} s and is killed")
            os.kill(place.pid, signal.SIGKILL)
            place.beat = now
        pid, status = os.waitpid(place.pid, os.WNOHANG)
        if pid:
            self._bury(place, os.waitstatus_to_exitcode(status), now)

    def _bury(self, place: _Place, status: int, now: float) -> None:
        pid, lived = place.pid, now - place.born
        if place.control:
            place.control.close()
        place.pid, place.control, place.heard = 0, None, b""
        place.opening = place.switching = 0
        self._loads.leave(place.number)
        if self._ending:
            if status:
                say(f"web process {pid}: {end_of(status)}")
            return
        wait = place.backoff.wait(lived)
        place.due = now + wait
        when = f"in {wait:g} s" if wait else "now"
        say(f"web process {pid} ended after {lived:.1f} s: {end_of(status)}; another starts {when}")

    def _fork(self, place: _Place) -> None:
        ours, theirs = socket.socketpair()
        try:
            pid = os.fork()
        except OSError as error:
            ours.close()
            theirs.close()
            place.due = time.monotonic() + max(1.0, place.backoff.wait(0.0))
            say(f"no web process could be started: {error.strerror}; this is tried again")
            return
        if pid == 0:
            ours.close()
            self._become(theirs, place.number)
        theirs.close()
        ours.setblocking(False)
        place.pid, place.control = pid, ours
        place.born = place.beat = time.monotonic()

    def _become(self, control: socket.socket, number: int) -> NoReturn:
        """Be a web process for the rest of this process."""
        for place in self._places:
            if place.control:
                place.control.close()
        status = 1
        try:
            self._serve(control, self._loads.at(number), self.message)
            status = 0
        except BaseException:  # noqa: BLE001 - there is nobody to raise it to; the log says what it was
            traceback.print_exc()
        finally:
            os._exit(status)

    def _hear(self, place: _Place) -> None:
        if place.control is None:
            return
        try:
            heard = place.control.recv(_READ)
        except BlockingIOError:
            return
        except OSError:
            heard = b""
        if not heard:  # it ends; whatever it is at comes to its end first
            place.control.close()
            place.control = None
            return
        place.beat = time.monotonic()
        *lines, place.heard = (place.heard + heard).split(b"\n")
        for line in lines:
            told = json.loads(line)["tell"]
            if told == "ready":
                self.ready = True
            elif told == "serving":
                place.opening = max(0, place.opening - 1)
            elif told == "retired":
                place.switching = max(0, place.switching - 1)

    # --- the end -----------------------------------------------------------------------------------------------------

    def leave(self) -> None:
        """Have all of them answer what they have taken, and end."""
        self._ending = True
        for place in self._places:
            if place.pid:
                os.kill(place.pid, signal.SIGTERM)

    def kill(self) -> None:
        """End those that are left."""
        for place in self._places:
            if place.pid:
                say(f"web process {place.pid} did not end in time and is killed")
                os.kill(place.pid, signal.SIGKILL)
                os.waitpid(place.pid, 0)
                place.pid = 0
            if place.control:
                place.control.close()
                place.control = None
