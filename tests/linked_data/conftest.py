"""The service over a copy of the real release, over a toy release with odd names, and both on a real socket."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
from flask import Flask
from flask.testing import FlaskClient

from dualbio.model.namespaces import PREFIXES, graph_iri
from dualbio.release.folder import Release, make_current, open_release
from dualbio.settings import Settings
from dualbio.store.embedded import EmbeddedStore
from dualbio_server.process.run import create_app
from dualbio_server.service import Options
from real import copied_release, served

_HEAD = "".join(f"PREFIX {prefix}: <{namespace}>\n" for prefix, namespace in PREFIXES.items())
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
    lines: dict[str, list[str]] = {}
    for quad in ox.parse(_HEAD + _TOY.replace("0.1.0", version) + extra, format=ox.RdfFormat.TRIG):
        assert isinstance(quad.graph_name, ox.NamedNode)
        lines.setdefault(quad.graph_name.value.removeprefix(graph_iri("").value), []).append(f"{quad} .\n")
    files = {}
    for graph, own in lines.items():
        file = folder / name / "graphs" / f"{graph}.nq"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(sorted(own)), encoding="utf-8", newline="\n")
        files[f"graphs/{graph}.nq"] = hashlib.sha256(file.read_bytes()).hexdigest()
    counts = {graph: len(own) for graph, own in lines.items()}
    manifest = {"version": version, "built": built, "triples": sum(counts.values())}
    text = json.dumps({**manifest, "graphs": counts, "files": files})
    (folder / name / "manifest.json").write_text(text, encoding="utf-8")
    release = open_release(folder / name)
    make_current(folder, release)
    return release


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
