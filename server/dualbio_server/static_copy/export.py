"""The export of a whole site: from the front page on, every address that a page leads to becomes a file."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.util import Finalize
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from dualbio.errors import ExportError
from dualbio.release.folder import Release
from dualbio.settings import Settings
from dualbio.store.workers.process.limits import die_with_parent
from dualbio_server.http.language import LANGUAGES
from dualbio_server.process.run import opened_app
from dualbio_server.service import Options
from dualbio_server.static_copy.addresses import Addresses
from dualbio_server.static_copy.copier import Copied, Copier, Fault
from dualbio_server.static_copy.search_index import INDEX_ADDRESS

__all__ = ["SiteCopy", "export_site"]

#: What says that a folder holds a copy, and of which release.
_MARK = "site.json"
#: What programs know of, and no page leads to.
_BESIDE = (INDEX_ADDRESS, "/context/v1.jsonld", "/shapes.ttl")
#: Addresses that a process is given at a time.
_BATCH = 32
#: Faults that a message names.
_TOLD = 10

#: Seconds that one answer may take; nobody waits, and a machine may be busy.
_PATIENCE = 120.0

Report = Callable[[int, int], None]


@dataclass(frozen=True)
class SiteCopy:
    """A copy that was written: its folder, and how much is in it."""

    folder: Path
    files: int
    bytes: int


def export_site(
    settings: Settings,
    release: Release,
    folder: Path,
    *,
    languages: tuple[str, ...] = ("en",),
    processes: int = 2,
    report: Report | None = None,
) -> SiteCopy:
    """Write the pages, figures and downloads of a release as files with relative links.

    Args:
        settings: saved queries, and the address at which a service is known, which some documents name.
        release: what the pages show.
        folder: it must not be there, or be empty, or hold a copy, which is replaced once the new one is whole.
        languages: languages of the pages; those of the first stand at the root, others in folders of their names.
        processes: number of processes that render pages; one renders in this process.
        report: called with the numbers of addresses that are written and known.

    Raises:
        ExportError: the folder holds something else, or an address does not answer; nothing is written then.
    """
    unknown = [language for language in languages if language not in LANGUAGES]
    if unknown or not languages:
        raise ExportError(f"found language '{', '.join(unknown)}'; accepted: {', '.join(LANGUAGES)}")
    _check_free(folder)
    addresses = Addresses(release.id, languages)
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        with _copiers(settings, release, addresses, draft, processes) as submit:
            files, size = _crawl(addresses, submit, processes, report)
        told = {"release": release.id, "languages": list(languages), "files": files, "bytes": size}
        (draft / _MARK).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
        draft.chmod(0o755)
        if folder.exists():
            shutil.rmtree(folder)
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return SiteCopy(folder, files, size)


def _check_free(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or (any(folder.iterdir()) and not (folder / _MARK).exists())):
        raise ExportError(
            f"{folder}: something else than a copy of the site is there (no {_MARK}); repair: name a new folder"
        )


def _crawl(
    addresses: Addresses, submit: Callable[[list[str]], Future[Copied]], ahead: int, report: Report | None
) -> tuple[int, int]:
    """Write all that the front pages lead to; return the numbers of files and bytes.

    Raises:
        ExportError: something does not answer, or two addresses would be one file.
    """
    todo = [*(_front(addresses, language) for language in addresses.languages), *_BESIDE]
    origin, taken = dict.fromkeys(todo, ""), {str(addresses.file(each)).casefold(): each for each in todo}
    done = Copied()
    written = 0
    under_way: dict[Future[Copied], int] = {}
    while todo or under_way:
        while todo and len(under_way) < 2 * ahead:
            batch, todo = todo[:_BATCH], todo[_BATCH:]
            under_way[submit(batch)] = len(batch)
        ready, _ = wait(under_way, return_when=FIRST_COMPLETED)
        for future in ready:
            written += under_way.pop(future)
            found = future.result()
            done = Copied({}, done.files + found.files, done.bytes + found.bytes, [*done.faults, *found.faults])
            for address, source in sorted(found.leads_to.items()):
                if address not in origin:
                    origin[address] = source
                    todo.append(address)
                    other = taken.setdefault(str(addresses.file(address)).casefold(), address)
                    if other != address:
                        done.faults.append(Fault(address, f"would be the file of {other}"))
        if report:
            report(written, len(origin))
        if len(done.faults) >= _TOLD:
            break
    for future in under_way:
        future.cancel()
    if done.faults:
        raise ExportError(_faults_in_words(done.faults, origin))
    return done.files, done.bytes


def _front(addresses: Addresses, language: str) -> str:
    found = addresses.settled(f"/?lang={language}")
    assert isinstance(found, str)
    return found


def _faults_in_words(faults: list[Fault], origin: dict[str, str]) -> str:
    lines = [
        f"{each.address} {each.what}" + (f" (linked from {source})" if (source := origin.get(each.address)) else "")
        for each in faults[:_TOLD]
    ]
    return "the site was not written; " + "; ".join(lines)


# --- processes --------------------------------------------------------------------------------------------------------

_own: list[Copier] = []


@contextmanager
def _copiers(
    settings: Settings, release: Release, addresses: Addresses, folder: Path, processes: int
) -> Iterator[Callable[[list[str]], Future[Copied]]]:
    """Yield what gives a batch of addresses to a process, or does it here."""
    start = (settings, release, addresses, folder)
    if processes == 1:
        with _copier(*start) as copier:
            yield lambda batch: _ready(copier.copy(batch))
        return
    pool = ProcessPoolExecutor(processes, get_context("spawn"), _begin, (os.getpid(), *start))
    try:
        yield lambda batch: pool.submit(_copy, batch)
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _copier(settings: Settings, release: Release, addresses: Addresses, folder: Path) -> Iterator[Copier]:
    patient = {"query_workers": 1, "query_timeout": _PATIENCE, "query_timeout_max": _PATIENCE}
    with opened_app(settings.model_copy(update=patient), release, Options(access_log=False, copy=True)) as app:
        yield Copier(app, settings, addresses, folder)


def _ready(found: Copied) -> Future[Copied]:
    future: Future[Copied] = Future()
    future.set_result(found)
    return future


def _begin(parent: int, *start: Any) -> None:
    """Open an application in a process of its own, which ends with its parent, and close it when the process ends."""
    die_with_parent(parent, signal.SIGTERM)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal tells all of its processes; the parent ends this one
    stack = ExitStack()
    Finalize(None, stack.close, exitpriority=1)
    _own.append(stack.enter_context(_copier(*start)))


def _copy(batch: list[str]) -> Copied:
    return _own[0].copy(batch)
