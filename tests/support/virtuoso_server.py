"""Virtuoso as a server of one's own; called as a program, it tries every saved query there and writes the register.

A query may hold the compiler of the server for minutes, and with it everybody else: what comes to no answer in time
ends the server, which is started again over the same files.
"""

from __future__ import annotations

import re
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, field, fields
from pathlib import Path
from time import monotonic

import httpx

from dualbio.errors import StoreError
from dualbio.model.rdf_terms import Term
from dualbio.queries import Library, QueryResult, Resolver, SavedQuery, bound_terms, place_terms
from dualbio.release.folder import Release, find_release
from dualbio.settings import Settings
from dualbio.sources.folders import shipped_sources
from dualbio.store import Store
from dualbio.store.embedded import EmbeddedStore
from dualbio.store.engines import Unfit, read_register, register_file
from dualbio.store.http import make_client
from dualbio.store.remote import RemoteStore
from dualbio.store.virtuoso import VIRTUOSO

__all__ = ["Virtuoso", "differs", "needed", "started"]

Rows = Sequence[tuple[Term | None, ...]]

_CONFIGURATION = """
[Database]
DatabaseFile = {folder}/virtuoso.db
ErrorLogFile = {folder}/virtuoso.log
LockFile = {folder}/virtuoso.lck
TransactionFile = {folder}/virtuoso.trx
xa_persistent_file = {folder}/virtuoso.pxa
[TempDatabase]
DatabaseFile = {folder}/virtuoso-temp.db
TransactionFile = {folder}/virtuoso-temp.trx
[Parameters]
ServerPort = 127.0.0.1:{sql}
CheckpointInterval = 0
NumberOfBuffers = 40000
DirsAllowed = {folder}
[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerRoot = {folder}
ServerThreads = 20
[SPARQL]
ResultSetMaxRows = {rows}
"""
#: Orders of loading, the next one when the one before has ended.
_LOAD = (
    "ld_dir('{folder}', 'release.nq', 'urn:none')",
    "rdf_loader_run()",
    "checkpoint",
    "select 'failed: ' || ll_error from DB.DBA.LOAD_LIST where ll_error is not null or ll_state <> 2",
)
#: Seconds within which an answer is one: a third of what the service gives a query that asks for no other limit.
_SECONDS = 10.0
#: Fresh servers on which every query is tried: plans hang on what the server drew from the data.
_ROUNDS = 2


def needed(program: str) -> str:
    """Return the path of a program of Virtuoso; it fails, and skips nothing, where there is none."""
    found = shutil.which(program)
    assert found, f"{program} is not on the PATH; repair on Debian: apt-get install virtuoso-opensource-7-bin"
    return found


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@dataclass
class Virtuoso:
    """A server in a folder of its own; its user `dba` has the password `dba`."""

    folder: Path
    rows: int = 10_000_000
    http: int = field(default_factory=_free_port)
    sql: int = field(default_factory=_free_port)
    _process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        """Where it answers queries."""
        return f"http://127.0.0.1:{self.http}/sparql"

    @property
    def graphs(self) -> str:
        """Where it takes graphs."""
        return f"http://127.0.0.1:{self.http}/sparql-graph-crud-auth"

    def start(self) -> None:
        """Start it over the files of its folder; return when it answers."""
        self.stop()
        (self.folder / "virtuoso.lck").unlink(missing_ok=True)
        told = {"folder": self.folder, "sql": self.sql, "http": self.http, "rows": self.rows}
        (self.folder / "virtuoso.ini").write_text(_CONFIGURATION.format(**told), "utf-8")
        command = [needed("virtuoso-t"), "+configfile", str(self.folder / "virtuoso.ini"), "+foreground"]
        with (self.folder / "out").open("wb") as out:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        with httpx.Client(transport=httpx.HTTPTransport(retries=10), timeout=60) as client:
            client.get(self.endpoint, params={"query": "ASK {}"}).raise_for_status()

    def stop(self) -> None:
        """End it at once."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(timeout=20)
            self._process = None

    def load(self, release: Release) -> None:
        """Load a release from one file, by the server's own loader, in a fraction of the time that HTTP takes."""
        with (self.folder / "release.nq").open("wb") as whole:
            for file in release.files:
                whole.write(Path(file).read_bytes())
        orders = "".join(f"{order.format(folder=self.folder)};\n" for order in _LOAD)
        command = [needed("isql-vt"), f"127.0.0.1:{self.sql}", "dba", "dba"]
        told = subprocess.run(command, input=orders.encode(), capture_output=True, timeout=300, check=True)
        assert b"\nfailed" not in told.stdout, told.stdout.decode()
        assert b"Error" not in told.stderr + told.stdout, told.stdout.decode()


@contextmanager
def started(folder: Path, rows: int = 10_000_000) -> Iterator[Virtuoso]:
    """Start a server, empty, in an empty folder; end it."""
    server = Virtuoso(folder, rows)
    try:
        server.start()
        yield server
    finally:
        server.stop()


def differs(here: Rows, there: Rows) -> tuple[str, str] | None:
    """Return how rows differ, by the kinds of the register, and what was seen first; None where they do not."""
    if here == there:
        return None
    if sorted(map(str, here)) == sorted(map(str, there)):
        return "order", ""
    if len(here) != len(there):
        return "rows", f"{len(there)} rows for {len(here)}"
    if sorted(map(_parts, here)) == sorted(map(_parts, there)):
        return "text", ""
    pairs = (
        (mine, other) for row, found in zip(here, there, strict=True) for mine, other in zip(row, found, strict=True)
    )
    mine, other = next(pair for pair in pairs if pair[0] != pair[1])
    return "rows", f"{_short(other)} for {_short(mine)}"


def _parts(row: tuple[Term | None, ...]) -> list[list[str]]:
    return [sorted(re.split("; | \\+ |, ", _short(cell, 10_000))) for cell in row]


def _short(cell: Term | None, most: int = 60) -> str:
    text = "nothing" if cell is None else " ".join(str(getattr(cell, "value", cell)).split())
    return text if len(text) <= most else f"{text[:most]} …"


def _asked(saved: SavedQuery) -> Iterator[dict[str, object]]:
    """Yield values of the parameters: none, then the example of each."""
    yield {}
    for param in saved.params:
        yield {param.name: list(param.examples) if param.list else param.examples[0]}


class _Round:
    """One fresh server, and what was found there."""

    def __init__(self, server: Virtuoso, here: Store) -> None:
        self._server = server
        self._here = here
        self._names = Resolver(here)

    def find(self, saved: SavedQuery) -> tuple[str, str] | None:
        """Try a query at its defaults and at the example of each of its parameters."""
        for given in _asked(saved):
            text = place_terms(saved, bound_terms(saved, given, self._names))
            if found := self._try(saved, text):
                return found
        return None

    def _try(self, saved: SavedQuery, text: str) -> tuple[str, str] | None:
        here = QueryResult.of_rows(*self._here.select_rows(text), query=saved.name, types=saved.types).rows
        begun = monotonic()
        with RemoteStore(self._server.endpoint, client=make_client(retries=0, timeout=_SECONDS)) as there:
            assert there.engine == VIRTUOSO
            try:
                columns, rows = there.select_rows(text)
            except StoreError as error:
                if monotonic() - begun < _SECONDS:
                    return "error", _code(str(error))
                self._server.start()
                return "slow", ""
        return differs(here, QueryResult.of_rows(columns, rows, query=saved.name, types=saved.types).rows)


def _code(message: str) -> str:
    """Return the code and the words of an error of Virtuoso, without the query."""
    told = re.search(r"Error (\w+): (.*?)(?= in sqlo|SPARQL query:|$)", " ".join(message.split()))
    return f"{told[1]}: {told[2].strip()[:60]}".rstrip(": .") if told else "an error without a code"


def _found(library: Mapping[str, SavedQuery], release: Release) -> Iterator[Unfit]:
    """Yield the queries that are unfit in any round."""
    here, unfit = EmbeddedStore.in_memory(release.files), set[str]()
    for number in range(_ROUNDS):
        with tempfile.TemporaryDirectory() as folder, started(Path(folder)) as server:
            server.load(release)
            told = httpx.get(server.endpoint, params={"query": "ASK {}"}).headers["Server"]
            one, version = _Round(server, here), told.split()[0].partition("/")[2]
            for name, saved in library.items():
                if name not in unfit:
                    begun, found = monotonic(), one.find(saved)
                    print(number + 1, name, *(found or ("same",)), f"{monotonic() - begun:.1f} s", flush=True)  # noqa: T201
                    if found:
                        unfit.add(name)
                        yield Unfit(VIRTUOSO, name, version, *found)


def write_register(path: Path, rows: Iterable[Unfit]) -> None:
    """Write the register, in order."""
    lines = ["\t".join(each.name for each in fields(Unfit)), *("\t".join(astuple(row)) for row in sorted(rows))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    """Write the register anew for Virtuoso; what it says of other engines stays."""
    settings = Settings()
    release = find_release(settings.releases, settings.sources.digest)
    assert release is not None, "there is no release of the sources; repair: dualbio build"
    found = list(_found(Library.read(shipped_sources().queries), release))
    others = [row for row in read_register(register_file()).values() if row.engine != VIRTUOSO]
    write_register(register_file(), [*others, *found])


if __name__ == "__main__":
    main()
