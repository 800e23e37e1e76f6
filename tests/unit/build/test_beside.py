"""Work in a process beside this one: what comes of it is what would have come of it here."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from multiprocessing import active_children
from pathlib import Path
from threading import Event, Thread
from time import sleep

import pytest

from dualbio.build import beside as module
from dualbio.build.beside import beside
from dualbio.errors import DataError, Problem

FAULTS = [Problem("b.yaml", 2, "x", "check", "wrong"), Problem("a.yaml", 1, "x", "check", "wrong")]


@pytest.fixture(name="forking")
def fixture_forking(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that may be forked: what other tests have opened may have threads, none of which the calls need."""
    monkeypatch.setattr(module, "_has_one_thread", lambda: True)


@pytest.fixture(name="thread")
def fixture_thread() -> Iterator[None]:
    """A thread beside the test."""
    ended = Event()
    thread = Thread(target=ended.wait)
    thread.start()
    yield
    ended.set()
    thread.join()


def _note(notes: list[str]) -> int:
    notes.append("called")
    return os.getpid()


def _fail() -> None:
    raise DataError(FAULTS)


def _die(here: int) -> str:
    if os.getpid() != here:
        os.kill(os.getpid(), signal.SIGKILL)
    return "made here"


@pytest.mark.usefixtures("forking")
def test_calls_are_made_in_one_other_process_which_is_gone_behind_the_context() -> None:
    """Both calls see what is here, and run in one process that is not this one; nothing is changed here."""
    notes: list[str] = []

    with beside(partial(_note, notes), partial(_note, notes)) as (first, second):
        processes = {first.result(), second.result()}

    assert 1 == len(processes - {os.getpid()})
    assert [] == notes
    assert [] == active_children()


@pytest.mark.usefixtures("forking")
def test_an_error_is_raised_here_as_it_was_raised_there_and_the_other_call_is_made() -> None:
    """Problems of curated data arrive one by one."""
    with beside(_fail, os.getpid) as (first, second):
        assert second.result() != os.getpid()
        with pytest.raises(DataError) as refused:
            first.result()

    assert DataError(FAULTS).problems == refused.value.problems
    assert str(DataError(FAULTS)) == str(refused.value)


@pytest.mark.usefixtures("forking")
def test_what_a_lost_process_leaves_is_made_here() -> None:
    """A process that the system has killed costs time, and nothing else."""
    with beside(partial(_die, os.getpid()), os.getpid) as (first, second):
        assert "made here" == first.result()
        assert os.getpid() == second.result()


@pytest.mark.usefixtures("thread")
def test_a_process_with_threads_is_not_forked() -> None:
    """A thread may hold a lock that nobody would ever open in a copy of the process."""
    notes: list[str] = []

    with beside(partial(_note, notes), os.getpid) as (first, second):
        assert [os.getpid()] * 2 == [first.result(), second.result()]

    assert ["called"] == notes


@pytest.mark.usefixtures("forking")
def test_an_error_in_the_context_ends_what_is_still_made_there() -> None:
    """Nobody waits for what is of no use any more, nor makes it here."""
    with pytest.raises(KeyboardInterrupt), beside(partial(sleep, 600), partial(sleep, 600)):
        raise KeyboardInterrupt

    assert [] == active_children()


@pytest.mark.slow
def test_a_build_of_its_own_process_forks_and_comes_to_the_same_bytes(tmp_path: Path) -> None:
    """The command has one thread when it begins; its release is that of a process which cannot be forked."""
    world = Path(__file__).resolve().parents[2] / "data" / "curated"
    script = f"""
import sys
from pathlib import Path
from dualbio.build import beside, package
from dualbio.sources.folders import SourceFolders
if sys.argv[2] == "alone":
    beside._has_one_thread = lambda: False
forked = []
fork = beside._fork
beside._fork = lambda *calls: (forked.append(calls), fork(*calls))[1]
queries = Path(sys.argv[1], "queries")
queries.mkdir(parents=True)
release = package.build_release(SourceFolders(Path({str(world)!r}), queries), Path(sys.argv[1], "releases"))
print(release.id, len(forked))
"""
    told = [
        subprocess.run(
            [sys.executable, "-c", script, str(tmp_path / how), how], capture_output=True, text=True, check=True
        ).stdout.split()
        for how in ("forking", "alone")
    ]

    assert ["1", "0"] == [forked for _, forked in told]
    assert told[0][0] == told[1][0]
