"""The drawing process of a web process: started when needed, and restarted after it has ended."""

from __future__ import annotations

import json
import subprocess
import sys
import weakref
from contextlib import suppress
from threading import Event, Lock, Timer
from typing import IO, Any

from dualbio.errors import ExportError
from dualbio.figures import Spec, require_drawing

__all__ = ["Engine"]


class Engine:
    """Draws one figure at a time in a process of its own; safe for threads."""

    def __init__(self, longest: float) -> None:
        """Start nothing yet; after `longest` seconds a drawing is given up, and its process ended."""
        self._longest = longest
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = Lock()

    def draw(self, spec: Spec, *, title: str, text: str, form: str) -> bytes:
        """Return a specification as SVG or PNG, which calls itself `title` and says `text` of itself.

        Raises:
            MissingExtraError: the packages of the extra `figures` are not installed.
            ExportError: the figure cannot be drawn.
            TimeoutError: it was given up.
        """
        require_drawing()
        request = {"spec": spec, "title": title, "text": text, "form": form}
        with self._lock:
            try:
                return self._reply_to(json.dumps(request).encode() + b"\n")
            except (BrokenPipeError, EOFError):  # it had ended, for want of work or of memory
                self._process = None
            try:
                return self._reply_to(json.dumps(request).encode() + b"\n")
            except (BrokenPipeError, EOFError) as error:
                self._process = None
                raise ExportError("the figure cannot be drawn: its process ended") from error

    def _reply_to(self, line: bytes) -> bytes:
        process = self._process or self._started()
        assert process.stdin
        assert process.stdout
        late = Event()

        def give_up() -> None:
            late.set()
            process.kill()

        timer = Timer(self._longest, give_up)
        timer.start()
        try:
            process.stdin.write(line)
            process.stdin.flush()
            told = json.loads(process.stdout.readline() or _ended())
            if "error" in told:
                raise ExportError(f"the figure cannot be drawn: {told['error']}")
            return _whole(process.stdout, told["bytes"])
        except (BrokenPipeError, EOFError) as error:
            if not late.is_set():
                raise
            self._process = None
            raise TimeoutError(f"the figure was not drawn within {self._longest:g} seconds") from error
        finally:
            timer.cancel()

    def _started(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "dualbio.figures"]
        process = subprocess.Popen(  # noqa: S603 - our own module
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        weakref.finalize(self, _end, process)
        self._process = process
        return process


def _ended() -> Any:
    raise EOFError


def _whole(stream: IO[bytes], length: int) -> bytes:
    data = stream.read(length)
    return data if len(data) == length else _ended()


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process by ending its input."""
    with suppress(OSError):
        assert process.stdin
        process.stdin.close()
    try:
        process.wait(2)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    assert process.stdout
    process.stdout.close()
