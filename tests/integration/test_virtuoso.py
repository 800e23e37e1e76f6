"""Virtuoso as another engine: it is loaded with a password by Digest, holds what it was sent, and tells of cut answers.

It runs where Debian's `virtuoso-opensource` is installed; `docs/engines.md` has what was found beyond this.
"""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from dualbio.errors import StoreError
from dualbio.export.rdf.push import Sent, push
from dualbio.model.namespaces import BASE
from dualbio.release.folder import Release
from dualbio.store.credentials import Credentials
from dualbio.store.embedded import EmbeddedStore
from dualbio.store.remote import GraphStore, RemoteStore

PROGRAM = shutil.which("virtuoso-t")
KNOWN = Credentials("dba", "dba")
CONFIGURATION = """
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
NumberOfBuffers = 10000
[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerRoot = {folder}
[SPARQL]
ResultSetMaxRows = 10000
"""

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="virtuoso-t is not on the PATH")


def free_port() -> int:
    """Return a port that nobody has."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of its own, empty, that gives ten thousand rows at most."""
    folder, http = tmp_path_factory.mktemp("virtuoso"), free_port()
    (folder / "virtuoso.ini").write_text(CONFIGURATION.format(folder=folder, sql=free_port(), http=http), "utf-8")
    command = [str(PROGRAM), "+configfile", str(folder / "virtuoso.ini"), "+foreground"]
    with (folder / "out").open("wb") as out:
        server = subprocess.Popen(command, stdout=out, stderr=out)
    try:
        with httpx.Client(transport=httpx.HTTPTransport(retries=10), timeout=60) as client:
            client.get(f"http://127.0.0.1:{http}/sparql", params={"query": "ASK {}"}).raise_for_status()
        yield f"http://127.0.0.1:{http}"
    finally:
        server.send_signal(signal.SIGKILL)
        server.wait(timeout=20)


@pytest.fixture(scope="module")
def part(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two graphs of the release, one of them with blank nodes."""
    folder = tmp_path_factory.mktemp("part") / release.id
    (folder / "graphs").mkdir(parents=True)
    for name in ("entities", "ontology"):
        shutil.copy(release.graphs / f"{name}.nq", folder / "graphs")
    return folder


@pytest.fixture(scope="module")
def there(address: str, part: Path) -> Iterator[RemoteStore]:
    """The server with the two graphs, sent in pieces."""
    graphs = GraphStore(f"{address}/sparql-graph-crud-auth", credentials=KNOWN)
    with graphs, RemoteStore(f"{address}/sparql") as store:
        assert Sent(2, 0) == push(part, graphs, store, piece=5000)
        yield store


def test_what_is_read_back_is_what_was_sent(there: RemoteStore, part: Path) -> None:
    """Blank nodes are IRIs there, and count as blank nodes; rows of a query are those from memory."""
    rows = "SELECT ?a ?l { ?a a dualbio:Drug ; rdfs:label ?l FILTER (LANG(?l) = 'en') } ORDER BY ?a"
    here = EmbeddedStore.in_memory(sorted((part / "graphs").glob("*.nq")))
    assert here.select_rows(rows) == there.select_rows(rows)
    assert there.ask("ASK { ?s owl:onProperty ?p FILTER (STRSTARTS(STR(?s), 'nodeID://')) }")


def test_a_wrong_password_is_refused(address: str) -> None:
    """And nothing is written."""
    graphs = GraphStore(f"{address}/sparql-graph-crud-auth", credentials=Credentials("dba", "wrong"))
    with graphs, pytest.raises(StoreError, match="status 401"):
        graphs.put(f"{BASE}graph/user/a", b"<urn:a> <urn:b> <urn:c> .\n")


def test_a_cut_answer_is_no_answer(there: RemoteStore) -> None:
    """Virtuoso gives ten thousand of more rows with status 200."""
    assert len(there.select_rows("SELECT * { ?s ?p ?o } LIMIT 900")[1]) == 900
    with pytest.raises(StoreError, match="the server gives a part of the answer only"):
        there.select("SELECT * { ?s ?p ?o }")
