"""The service behind nginx, with the configuration of the deployment examples."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import requesting
from asking import SELECT
from nginx_front import running_nginx
from running import Server


@pytest.fixture(scope="module")
def front(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of nginx in front of the service."""
    with running_nginx([server], tmp_path_factory.mktemp("nginx")) as address:
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
    with running_nginx([server], tmp_path, **slow) as address:
        first, second, third = (requesting.get(f"{address}/health/live") for _ in range(3))
    assert (200, 200, 429) == (first.status_code, second.status_code, third.status_code)
    assert ("1", 429) == (third.headers["retry-after"], third.json()["status"])
