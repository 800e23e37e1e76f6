"""The faces give one answer: what Python returns, HTTP returns too, byte for byte, with and without parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask.testing import FlaskClient

from dualbio.queries import Library, Resolver, Result, run_query
from dualbio.release import Release
from dualbio.resources import shipped_sources
from dualbio.settings import Settings
from dualbio.store.embedded import EmbeddedStore
from dualbio.store.workers import WorkerPool
from dualbio_server.app import make_app
from dualbio_server.config import Options
from dualbio_server.service import Service, open_release, pool_settings

_LIBRARY = Library.read(shipped_sources().queries)
NAMES = tuple(_LIBRARY)


@pytest.fixture(scope="module")
def client(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """A client of the service over the real release."""
    settings = Settings(releases=release.folder.parent)
    served = open_release(release.folder)
    with WorkerPool(pool_settings(settings, served, tmp_path_factory.mktemp("pool"))) as pool:
        app = make_app(Service(settings, served, pool.client(queue_wait=5), Options(access_log=False)))
        yield app.test_client()


@pytest.mark.parametrize("name", NAMES)
def test_http_and_python_answer_alike(
    name: str, client: FlaskClient, library: Library, answer: Callable[[str], Result]
) -> None:
    """With the defaults (and the examples of required parameters) both faces give the same CSV and JSON."""
    query = library[name]
    asked = {param.name: list(param.examples) for param in query.params if not query.defaults[param.name]}
    assert answer(name).to_csv() == client.get(f"/queries/{name}.csv", query_string=asked).data
    assert answer(name).to_json() == client.get(f"/queries/{name}.json", query_string=asked).data


@pytest.mark.parametrize("name", [name for name in NAMES if _LIBRARY[name].params])
def test_parameters_work_alike(
    name: str, client: FlaskClient, library: Library, store: EmbeddedStore, resolver: Resolver
) -> None:
    """With the examples of all parameters both faces give the same answer."""
    query = library[name]
    given: dict[str, object] = {
        param.name: list(param.examples) if param.list else param.examples[0] for param in query.params
    }
    expected = run_query(query, store, given, resolver=resolver).to_csv()
    assert expected == client.get(f"/queries/{name}.csv", query_string=given).data


@pytest.mark.parametrize("name", NAMES)
def test_every_query_has_its_page(name: str, client: FlaskClient) -> None:
    """The page of each query is made without a mistake, with its question on it."""
    page = client.get(f"/queries/{name}", headers={"Accept": "text/html"})
    assert (200, "text/html; charset=utf-8") == (page.status_code, page.content_type)
    assert f"/queries/{name}.csv" in page.text
