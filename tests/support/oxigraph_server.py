"""Oxigraph's own server, in memory and empty."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

__all__ = ["Engine", "started"]


@dataclass(frozen=True)
class Engine:
    """A running SPARQL server: where it takes graphs and where it answers."""

    graphs: str
    endpoint: str


@contextmanager
def started(log: Path) -> Iterator[Engine]:
    """Oxigraph's server, empty, whose default graph is the union."""
    program = Path(sys.executable).with_name("oxigraph")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        bind = f"127.0.0.1:{free.getsockname()[1]}"
    with log.open("wb") as out:
        server = subprocess.Popen([program, "serve", "--union-default-graph", "--bind", bind], stdout=out, stderr=out)
    try:
        with httpx.Client(transport=httpx.HTTPTransport(retries=8)) as client:
            client.get(f"http://{bind}/query", params={"query": "ASK {}"}).raise_for_status()
        yield Engine(f"http://{bind}/store", f"http://{bind}/query")
    finally:
        server.terminate()
        server.wait(timeout=20)
