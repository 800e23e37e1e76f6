"""Start and end of every process that the supervisor forks."""

from __future__ import annotations

import os
import signal
import traceback
from collections.abc import Callable
from typing import NoReturn, Protocol

from dualbio.store.workers.process.limits import die_with_parent, forbid_core_files

__all__ = ["Serving", "run_forked"]


class Serving(Protocol):
    """What a forked process does."""

    def serve(self) -> None:
        """Do it until its end."""


def run_forked(make: Callable[[], Serving], parent: int) -> NoReturn:
    """Be what `make` returns for the rest of this process, which `parent` has just forked.

    An error ends it with status 1.
    """
    code = 1
    try:
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGALRM, signal.SIGUSR1):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.set_wakeup_fd(-1)
        die_with_parent(parent)
        forbid_core_files()
        serving = make()  # kept to the end: to take apart a store that another process has made may take for ever
        serving.serve()
        code = 0
    except BaseException:  # noqa: BLE001 - no caller is left to handle it
        traceback.print_exc()
    finally:
        os._exit(code)
