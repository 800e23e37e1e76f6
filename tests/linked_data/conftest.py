"""The service over a copy of the real release, over a toy release with odd names, and both on a real socket."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from dualbio.release.folder import Release
from dualbio.settings import Settings
from dualbio.store.embedded import EmbeddedStore
from dualbio_server.process.run import create_app
from dualbio_server.service import Options
from real import copied_release, served
from toy_release import write_trig

_TOY = """
graph:entities {
  drug:rituximab a dualbio:Drug ; rdfs:label "rituximab"@en ; dualbio:key "rituximab" .
  drug:belimumab a dualbio:Drug ; rdfs:label "belimumab <i>& co</i>"@en ; dualbio:key "belimumab" .
  <https://w3id.org/dualbio/drug/naïve> a dualbio:Drug ; rdfs:label "letters"@en .
  <https://w3id.org/dualbio/drug/a%20b> a dualbio:Drug ; rdfs:label "escapes"@en .
  <https://w3id.org/dualbio/drug/v1.ttl> a dualbio:Drug ; rdfs:label "an extension of its own"@en .
  drug:old a dualbio:Drug ; rdfs:label "old"@en ; owl:deprecated true ; IAO:0100001 drug:rituximab .
  drug:rtx dcterms:isReplacedBy drug:rituximab .
  drug:gone a dualbio:Drug ; rdfs:label "gone"@en ; owl:deprecated true .
}
graph:ontology {
  <https://w3id.org/dualbio/ontology> a owl:Ontology ; dcterms:title "toy"@en ;
    owl:versionIRI <https://w3id.org/dualbio/ontology/0.1.0> .
  dcterms:title a owl:AnnotationProperty .
  dualbio:Drug a owl:Class ; rdfs:label "drug"@en .
}
<https://w3id.org/dualbio/graph/study/toy> {
  study:toy a dualbio:Study ; rdfs:label "toy" ; dualbio:drug drug:rituximab .
}
"""


def write_release(
    folder: Path, name: str, extra: str = "", *, version: str = "0.1.0", built: str = "2026-01-02T03:04:05+00:00"
) -> Release:
    """Write a release of the toy data and make it current; `version` is that of its ontology too."""
    return write_trig(folder, name, _TOY.replace("0.1.0", version) + extra, version=version, built=built)


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A copy of the release of the sources as they are, in which dumps may be made."""
    return copied_release(tmp_path_factory)


@pytest.fixture(scope="session")
def store(release: Release) -> EmbeddedStore:
    """The real release in memory."""
    return EmbeddedStore.in_memory(release.files)


@pytest.fixture(scope="session")
def app(release: Release) -> Flask:
    """The application over the real release."""
    settings = Settings(releases=release.folder.parent, query_workers=1)
    return create_app(settings, options=Options(access_log=False))


@pytest.fixture(scope="session")
def client(app: Flask) -> FlaskClient:
    """A client of the application, without a network."""
    return app.test_client()


@pytest.fixture(scope="session")
def address(app: Flask) -> Iterator[str]:
    """The address of the application on a real socket, for clients that are programs."""
    with served(app) as url:
        yield url


@pytest.fixture(scope="session")
def toys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two toy releases; the second is current."""
    folder = tmp_path_factory.mktemp("toys")
    write_release(folder, "0.1.0-before")
    write_release(folder, "0.1.0-now", "graph:lessons { lesson:one a dualbio:Lesson . }")
    return folder


@pytest.fixture(scope="session")
def toy(toys: Path) -> FlaskClient:
    """A client of the service over the toy releases."""
    options = Options(access_log=False)
    return create_app(Settings(releases=toys, query_workers=1), options=options).test_client()


@pytest.fixture(scope="session")
def new_release() -> Callable[..., Release]:
    """Return the function that writes toy releases."""
    return write_release
