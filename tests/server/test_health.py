"""Routes for machines that watch over the service."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from dualbio.errors import ReleaseError
from dualbio.release.folder import open_release
from dualbio.settings import Settings
from dualbio.store.workers import PoolClient
from dualbio_server.app import make_app
from dualbio_server.service import Options, Service
from running import wait_until


def test_a_live_process_says_so(client: FlaskClient) -> None:
    """Liveness needs nothing but the process."""
    response = client.get("/health/live")
    assert (response.json, response.headers["Cache-Control"]) == ({"status": "live"}, "no-store")


def test_ready_tells_the_release_and_its_size(client: FlaskClient) -> None:
    """Readiness comes from the query workers themselves, of which one may just be replaced."""
    told = {"status": "ready", "release": "0.1.0-000000000001", "quads": 2664, "workers": 2, "running": 0}
    wait_until(lambda: client.get("/health/ready").json == told, lambda: client.get("/health/ready").json)


def test_without_workers_it_is_not_ready(settings: Settings, tmp_path: Path) -> None:
    """When no worker can be reached, readiness and queries are errors that pass, and liveness still holds."""
    release = open_release(settings.releases / "current")
    app = make_app(Service(settings, release, PoolClient(tmp_path), Options(access_log=False)))
    client = app.test_client()
    for url in ("/health/ready", "/sparql?query=ASK%7B%7D"):
        response = client.get(url)
        assert response.status_code == 503
        assert int(response.headers["Retry-After"]) > 0
    assert client.get("/health/live").status_code == 200


def test_a_release_is_read_before_anybody_asks_unless_it_is_large(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first reader does not wait for a store to be filled, and a large release fills none that nobody needs."""
    release = open_release(settings.releases / "current")
    small, large = (Service(settings, release, PoolClient(tmp_path), Options()) for _ in range(2))
    assert small.prepare()
    monkeypatch.setattr("dualbio_server.service._PREPARED", 0)
    assert not large.prepare()
    assert (True, False) == ("store" in vars(small), "store" in vars(large))


def test_sources_are_read_before_the_first_answer_cites_them(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What answers cite is read while nobody waits: the first of them asks the store for no source."""
    service = Service(settings, open_release(settings.releases / "current"), PoolClient(tmp_path), Options())
    assert service.prepare()
    monkeypatch.setattr("dualbio.store.Store.select", lambda *_: pytest.fail("the store is asked again"))
    assert service.resolver.cited.find("no source is called so") is None
    assert service.resolver.cited.registry_numbers("no-study") == ()


def test_requests_are_counted(make: Callable[..., Flask]) -> None:
    """Prometheus sees requests by route, method, status and cache, and how long queries take."""
    client = make().test_client()
    for _ in range(3):
        client.get("/sparql?query=ASK%7B%7D%23counted")
    client.get("/sparql?query=nonsense")
    page = client.get("/metrics").text
    counted = dict(
        re.findall(r'dualbio_requests_total\{cache="(\w+)",method="GET",path="/sparql",status="(\d+)"\}', page)
    )
    assert counted == {"miss": "200", "hit": "200", "none": "400"}
    assert 'cache="hit",method="GET",path="/sparql",status="200"} 2.0' in page
    assert 'dualbio_query_duration_seconds_count{outcome="ok"} 1.0' in page
    assert 'dualbio_query_duration_seconds_bucket{le="60.0",outcome="ok"} 1.0' in page
    assert "dualbio_query_workers 2.0" in page


def test_unknown_addresses_have_the_one_error_shape(client: FlaskClient) -> None:
    """What is not there is told as problem details, with the common headers."""
    response = client.get("/no/such/place")
    assert (response.status_code, response.content_type) == (404, "application/problem+json; charset=utf-8")
    assert response.headers["Access-Control-Allow-Origin"] == "*"


def test_an_altered_release_is_not_served(tmp_path: Path, releases: Path) -> None:
    """Every file is held against the manifest, and a missing release is told with its repair."""
    with pytest.raises(ReleaseError, match="dualbio build"):
        open_release(tmp_path / "current")
    copy = tmp_path / "copy"
    source = (releases / "current").resolve()
    for path in source.rglob("*"):
        if path.is_file():
            target = copy / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    open_release(copy)
    (copy / "graphs" / "entities.nq").write_text("", encoding="utf-8")
    with pytest.raises(ReleaseError, match=r"entities\.nq: SHA-256"):
        open_release(copy)
    (copy / "graphs" / "entities.nq").unlink()
    with pytest.raises(ReleaseError, match=r"entities\.nq.*manifest"):
        open_release(copy)
