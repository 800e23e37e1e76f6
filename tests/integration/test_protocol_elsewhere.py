"""The protocol tests of the service, with another engine behind it: Oxigraph's server, and Virtuoso."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest

import oxigraph_server
import virtuoso_server
from dualbio.store.credentials import Credentials
from dualbio.store.remote import GraphStore
from toy_release import write_release

TESTS = Path(__file__).resolve().parents[1] / "server"
FILES = ("test_sparql.py", "test_standards.py", "test_negotiation.py")
#: Of a service that is written to, and properties over very many requests, which say nothing of an engine.
LEFT_OUT = ("headers26-CLEAR", "headers27-update", "test_any_")


@pytest.fixture(params=["oxigraph", "virtuoso"])
def endpoint(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An engine with the small release that the protocol tests ask."""
    (tmp_path / "server").mkdir()
    if request.param == "oxigraph":
        with oxigraph_server.started(tmp_path / "log") as engine:
            _fill(engine.graphs, tmp_path)
            yield engine.endpoint
    else:
        with virtuoso_server.started(tmp_path / "server") as server:
            _fill(server.graphs, tmp_path)
            yield server.endpoint


def _fill(graphs: str, folder: Path) -> None:
    triples = defaultdict[str, list[str]](list)
    for file in write_release(folder).rglob("*.nq"):
        for quad in ox.parse(path=str(file), format=ox.RdfFormat.N_QUADS):
            triples[str(quad.graph_name.value)].append(f"{quad.triple} .\n")
    with GraphStore(graphs, credentials=Credentials("dba", "dba")) as there:
        for graph, lines in triples.items():
            there.put(graph, "".join(lines).encode())


def test_the_protocol_holds_in_front_of_another_engine(endpoint: str) -> None:
    """Ways to ask, datasets, formats, negotiation, validators and mistakes are those of any service."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *(str(TESTS / name) for name in FILES)]
    command += ["-k", " and ".join(f"not {name}" for name in LEFT_OUT)]
    told = subprocess.run(
        command, env={**os.environ, "TESTED_ENGINE": endpoint}, capture_output=True, text=True, check=False
    )
    assert 0 == told.returncode, told.stdout[-5000:]
    assert "passed" in told.stdout
