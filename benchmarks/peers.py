"""The servers that `endpoint.py` compares: our own and its peers, each over the same release on a port of its own."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

__all__ = ["PEERS", "Peer", "add_earlier", "ask", "front", "start", "static"]

_ROOT = Path(__file__).resolve().parents[1]
_PATIENCE = 120.0


@dataclass(frozen=True)
class Peer:
    """A running server: its name, its address, the path of its endpoint, and its process."""

    name: str
    address: str
    path: str
    process: subprocess.Popen[bytes]

    @property
    def endpoint(self) -> str:
        """The address of the endpoint."""
        return self.address + self.path


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _dualbio(release: Path, folder: Path, port: int) -> tuple[list[str], str, dict[str, str]]:
    del folder
    return _checkout(_ROOT, sys.executable, release, port)


def _checkout(root: Path, python: str, release: Path, port: int) -> tuple[list[str], str, dict[str, str]]:
    program = "from dualbio.settings import Settings; from dualbio_server import run; run(Settings())"
    settings = {
        "DUALBIO_RELEASES": str(release.parent),
        "DUALBIO_PORT": str(port),
        "DUALBIO_ACCESS_LOG": "0",
        "DUALBIO_QUERY_QUEUE": "256",
        "PYTHONPATH": f"{root / 'src'}{os.pathsep}{root / 'server'}",
    }
    return [python, "-c", program], "/sparql", settings


def _program(name: str) -> str:
    """Return a program of this environment, or the name of one on the PATH."""
    own = Path(sys.executable).with_name(name)
    return str(own) if own.exists() else name


def _oxigraph_memory(release: Path, folder: Path, port: int) -> tuple[list[str], str, dict[str, str]]:
    del release, folder
    return [_program("oxigraph"), "serve", "--bind", f"127.0.0.1:{port}", "--union-default-graph"], "/query", {}


def _oxigraph_disk(release: Path, folder: Path, port: int) -> tuple[list[str], str, dict[str, str]]:
    files = [str(path) for path in sorted((release / "graphs").rglob("*.nq"))]
    subprocess.run(
        [_program("oxigraph"), "load", "--location", str(folder / "db"), "--file", *files],
        check=True,
        capture_output=True,
    )
    serve = [_program("oxigraph"), "serve-read-only", "--location", str(folder / "db"), "--bind", f"127.0.0.1:{port}"]
    return [*serve, "--union-default-graph"], "/query", {}


def _rdflib_endpoint(release: Path, folder: Path, port: int) -> tuple[list[str], str, dict[str, str]]:
    merged = folder / "release.nq"
    merged.write_bytes(_quads(release))
    serve = ["rdflib-endpoint", "serve", str(merged), "--store", "Oxigraph", "--host", "127.0.0.1", "--port", str(port)]
    return serve, "/", {}


PEERS = {
    "dualbio": _dualbio,
    "oxigraph-memory": _oxigraph_memory,
    "oxigraph-disk": _oxigraph_disk,
    "rdflib-endpoint": _rdflib_endpoint,
}


def add_earlier(checkout: Path) -> str:
    """Make a peer of another checkout, with its own environment in `.venv`, and return its name."""

    def serve(release: Path, folder: Path, port: int) -> tuple[list[str], str, dict[str, str]]:
        del folder
        return _checkout(checkout, str(checkout / ".venv" / "bin" / "python"), release, port)

    PEERS["earlier"] = serve
    return "earlier"


def _quads(release: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted((release / "graphs").rglob("*.nq")))


@contextmanager
def start(name: str, release: Path) -> Iterator[Peer]:
    """Start the peer `name` over `release` and wait until it answers; it ends with the body."""
    folder, port = Path(tempfile.mkdtemp(prefix="bench-")), _free_port()
    command, path, settings = PEERS[name](release, folder, port)
    process = subprocess.Popen(
        command, env={**os.environ, **settings}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder
    )
    peer = Peer(name, f"http://127.0.0.1:{port}", path, process)
    try:
        if name == "oxigraph-memory":
            _load(f"http://127.0.0.1:{port}/store", _quads(release), process)
        ask(peer, "ASK {}", patience=_PATIENCE)
        yield peer
    finally:
        process.terminate()
        process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def _load(address: str, data: bytes, process: subprocess.Popen[bytes]) -> None:
    request = httpx.Request("POST", address, content=data, headers={"Content-Type": "application/n-quads"})
    _send(request, process, _PATIENCE)


def ask(peer: Peer, query: str, accept: str = "*/*", patience: float = 0.0) -> bytes:
    """Return the answer to a query; with `patience`, wait as many seconds for the peer to come up."""
    request = httpx.Request("GET", peer.endpoint, params={"query": query}, headers={"Accept": accept})
    return _send(request, peer.process, patience)


def _send(request: httpx.Request, process: subprocess.Popen[bytes], patience: float) -> bytes:
    deadline = time.monotonic() + patience
    with httpx.Client(timeout=60) as client:
        while True:
            try:
                return client.send(request).raise_for_status().content
            except httpx.TransportError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)


@contextmanager
def front(peer: Peer) -> Iterator[Peer]:
    """Run nginx with the example of the deployment before a server, but for its limits of rate."""
    folder, port = Path(tempfile.mkdtemp(prefix="bench-")), _free_port()
    example = (_ROOT / "server" / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    example = re.sub(r"^    limit_(req|conn) .*;$", "", example, flags=re.MULTILINE)
    for found, instead in (
        ("listen 80;", f"listen 127.0.0.1:{port} reuseport;"),
        ("127.0.0.1:8080", peer.address.removeprefix("http://")),
        ("/var/lib/nginx/dualbio", f"{folder}/kept"),
    ):
        assert found in example
        example = example.replace(found, instead)
    temporary = " ".join(f"{name}_temp_path {folder}/{name};" for name in ("proxy", "fastcgi", "uwsgi", "scgi"))
    configuration = f"""
        daemon off; worker_processes 2; pid {folder}/pid; error_log /dev/null;
        events {{ worker_connections 1024; }}
        http {{ access_log off; client_body_temp_path {folder}/body; {temporary} keepalive_requests 1000000000;
                {example} }}"""
    (folder / "nginx.conf").write_text(configuration, encoding="utf-8")
    folder.chmod(0o777)
    process = subprocess.Popen(["nginx", "-c", str(folder / "nginx.conf")], stderr=subprocess.DEVNULL)
    try:
        there = Peer("behind nginx", f"http://127.0.0.1:{port}", peer.path, process)
        ask(there, "ASK {}", patience=10)
        yield there
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def static(answer: bytes) -> Iterator[Peer]:
    """Serve one answer with nginx."""
    folder, port = Path(tempfile.mkdtemp(prefix="bench-")), _free_port()
    (folder / "answer").write_bytes(answer)
    configuration = f"""
        daemon off; worker_processes 2; pid {folder}/pid; error_log /dev/null;
        events {{ worker_connections 1024; }}
        http {{ access_log off; default_type application/octet-stream; sendfile on; tcp_nopush on;
                keepalive_requests 1000000000; open_file_cache max=100;
                client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
                uwsgi_temp_path {folder}; scgi_temp_path {folder};
                server {{ listen 127.0.0.1:{port} reuseport; root {folder}; }} }}"""
    (folder / "nginx.conf").write_text(configuration, encoding="utf-8")
    folder.chmod(0o755)
    process = subprocess.Popen(["nginx", "-c", str(folder / "nginx.conf")], stderr=subprocess.DEVNULL)
    peer = Peer("nginx", f"http://127.0.0.1:{port}", "/answer", process)
    try:
        _send(httpx.Request("GET", peer.endpoint), process, 10)
        yield peer
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)
