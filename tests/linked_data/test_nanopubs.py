"""Every comparison as a nanopublication, read and verified by the library `nanopub`, and in one file."""

from __future__ import annotations

from io import BytesIO

import pyoxigraph as ox
import pytest
import rdflib
from flask.testing import FlaskClient
from nanopub.nanopub import Nanopub as Reader
from nanopub.utils import MalformedNanopubError

from dualbio.export.rdf.dump import dump_format, export_quads
from dualbio.export.rdf.nanopubs import NANOPUBS, Nanopub, comparisons, nanopubs
from dualbio.model.namespaces import individual, term
from dualbio.store.embedded import EmbeddedStore

#: The library still uses names that rdflib will drop.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def found(store: EmbeddedStore) -> list[Nanopub]:
    """The nanopublications of the real release."""
    return list(nanopubs(store))


def read(data: bytes, form: str = "nquads") -> Reader:
    """Return a document as the library sees it; nothing is fetched and nothing signed."""
    graph = rdflib.ConjunctiveGraph()
    graph.parse(data=data, format=form)
    return Reader(rdf=graph)


def written(quads: tuple[ox.Quad, ...], form: str) -> bytes:
    """Return quads as a document."""
    out = BytesIO()
    export_quads(quads, dump_format(form), out)
    return out.getvalue()


def test_every_comparison_is_a_valid_nanopublication(store: EmbeddedStore, found: list[Nanopub]) -> None:
    """The library finds the four graphs in order and the hash in the IRI true, for every comparison."""
    assert comparisons(store) == [each.about for each in found]
    for each in found:
        seen = read(written(each.quads, "nq"))
        assert (each.iri, True, True) == (str(seen.source_uri), seen.is_valid, seen.has_valid_trusty)


def test_a_nanopublication_tells_its_origin(found: list[Nanopub]) -> None:
    """Source, place in it, check level and study are in the provenance; licence, creator and version beside them."""
    (each,) = (each for each in found if each.about == individual("comparison", "bliss-believe.c001"))
    graphs: dict[str, set[tuple[object, str]]] = {}
    for quad in each.quads:
        assert isinstance(quad.graph_name, ox.NamedNode)
        graph = graphs.setdefault(quad.graph_name.value.rpartition("#")[2], set())
        graph.add((quad.predicate, getattr(quad.object, "value", "")))

    assert {
        (term("locator"), "Table 2 and abstract"),
        (term("source"), individual("source", "bliss-believe.s1").value),
        (term("checkLevel"), individual("value", "check-level.fulltext").value),
        (term("dcterms:isPartOf"), individual("study", "bliss-believe").value),
    } <= graphs["provenance"]
    assert (term("estimate"), "1.27") in graphs["assertion"]
    assert {term("source"), term("locator"), term("checkLevel")}.isdisjoint(name for name, _ in graphs["assertion"])
    assert (term("dcterms:license"), "https://creativecommons.org/licenses/by/4.0/") in graphs["pubinfo"]
    assert {(term("foaf:name"), "dualbio contributors"), (term("dcat:version"), "0.1.0")} <= graphs["pubinfo"]


def test_a_changed_number_is_noticed(found: list[Nanopub]) -> None:
    """A copy with another number has a hash that is not its content's."""
    each = found[0]
    forged = written(each.quads, "nq").replace(b'"12"^^', b'"13"^^', 1)

    assert forged != written(each.quads, "nq")
    with pytest.raises(MalformedNanopubError, match="is not valid"):
        _ = read(forged).has_valid_trusty


def test_the_same_facts_have_the_same_name(store: EmbeddedStore, found: list[Nanopub]) -> None:
    """Made again, each has the IRI it had, and no two share one."""
    assert [each.iri for each in found] == [each.iri for each in nanopubs(store)]
    assert len(found) == len({each.iri for each in found})


def test_all_come_in_one_dump(client: FlaskClient, found: list[Nanopub]) -> None:
    """The file of a release has the graphs of all of them."""
    data = client.get("/data/latest/nanopubs.trig", follow_redirects=True, buffered=True).data
    graphs = {str(quad.graph_name) for quad in ox.parse(data, format=ox.RdfFormat.TRIG)}

    assert 4 * len(found) == len(graphs)
    assert f"<{NANOPUBS}{found[0].code}#Head>" in graphs
