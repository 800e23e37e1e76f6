"""The service behind nginx, with the configuration of the deployment examples."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import requesting
from asking import SELECT, program
from running import Server, wait_until

EXAMPLE = Path(__file__).resolve().parents[2] / "server" / "deploy" / "nginx.conf"
FRAME = """
{user}
pid {folder}/pid;
daemon off;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  {example}
}}
"""


@contextmanager
def running_nginx(server: Server, folder: Path, **changes: str) -> Iterator[str]:
    """Run nginx over the example, with `changes` to its text, and give its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    example = EXAMPLE.read_text(encoding="utf-8")
    ours = {"listen 80;": f"listen 127.0.0.1:{port};", "127.0.0.1:8080": f"127.0.0.1:{server.port}", **changes}
    for found, instead in ours.items():
        assert found in example
        example = example.replace(found, instead)
    file = folder / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""  # the folders of a test are its user's alone
    file.write_text(FRAME.format(folder=folder, example=example, user=user), encoding="utf-8")
    command = [program("nginx"), "-c", str(file), "-p", str(folder)]
    subprocess.run([*command, "-t", "-q"], check=True, capture_output=True, timeout=20)
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    try:
        wait_until(lambda: _listens(port), lambda: (folder / "error.log").read_text(encoding="utf-8"))
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.communicate(timeout=20)


def _listens(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def front(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of nginx in front of the service."""
    with running_nginx(server, tmp_path_factory.mktemp("nginx")) as address:
        yield address


@pytest.mark.parametrize("method", ["GET", "POST", "QUERY"])
def test_every_method_goes_through(front: str, labels: list[str], method: str) -> None:
    """A query by each method of the protocol has its answer, with its validators."""
    headers = {"Content-Type": "application/sparql-query"}
    response = (
        requesting.get(f"{front}/sparql", params={"query": SELECT})
        if method == "GET"
        else requesting.request(method, f"{front}/sparql", content=SELECT, headers=headers)
    )
    assert labels == [row["label"]["value"] for row in response.json()["results"]["bindings"]]
    assert response.headers["etag"].startswith('"')


def test_the_endpoint_is_told_as_the_client_found_it(front: str) -> None:
    """The service description names the address of nginx, not the one behind it."""
    assert f"<{front}/sparql>" in requesting.get(f"{front}/sparql", headers={"Accept": "application/n-triples"}).text


def test_a_large_answer_goes_through_whole(front: str) -> None:
    """Many megabytes come with their length."""
    query = "SELECT * { GRAPH ?g { ?s ?p ?o } }"
    response = requesting.post(
        f"{front}/sparql?format=csv", data={"query": query}, headers={"Accept-Encoding": "identity"}
    )
    assert int(response.headers["content-length"]) == len(response.content) > 10_000_000


def test_what_nginx_refuses_has_the_shape_of_our_errors(front: str) -> None:
    """A body that is too large is told as problem details, readable from any origin."""
    response = requesting.post(f"{front}/sparql", content=b"#" * 1_100_000)
    assert (413, "application/problem+json") == (response.status_code, response.headers["content-type"])
    assert response.json()["status"] == 413
    assert response.headers["access-control-allow-origin"] == "*"


def test_too_many_requests_are_told_when_to_come_again(server: Server, tmp_path: Path) -> None:
    """Beyond the rate, here one a minute, comes 429 with Retry-After and the shape of our errors."""
    slow = {"rate=50r/s": "rate=1r/m", "burst=100": "burst=1"}
    with running_nginx(server, tmp_path, **slow) as address:
        first, second, third = (requesting.get(f"{address}/health/live") for _ in range(3))
    assert (200, 200, 429) == (first.status_code, second.status_code, third.status_code)
    assert ("1", 429) == (third.headers["retry-after"], third.json()["status"])
