"""Names as answers show them: one English text for each thing, and one for several things together."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from dualbio.build.names import name_quads
from dualbio.model.namespaces import PREFIXES, graph_iri, term

DATA = (
    "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in PREFIXES.items())
    + """
disease:sle rdfs:label "lupus"@en , "红斑狼疮"@zh .
disease:ra rdfs:label "arthritis"@en .
arm:toy.a rdfs:label "TOY, a"@en ; dualbio:inDisease disease:sle , disease:ra .
study:toy rdfs:label "TOY"@en .
lesson:l-toy dualbio:supportedBy support:l-toy.s1 .
support:l-toy.s1 dualbio:aboutStudy study:toy .
result:toy.r001 rdfs:label "TOY r001"@en .
"""
)


@pytest.fixture(name="store")
def fixture_store() -> ox.Store:
    """A store with an arm of two diseases."""
    store = ox.Store()
    store.load(DATA, format=ox.RdfFormat.TURTLE, to_graph=graph_iri("entities"))
    return store


def test_names_are_english_and_joined(store: ox.Store) -> None:
    """Entities have a name without a language tag; an arm names its diseases in order, a lesson its studies."""
    found = {(str(quad.subject), quad.predicate, quad.object.value) for quad in name_quads(store)}  # type: ignore[union-attr]
    assert {
        (f"<{PREFIXES['disease']}sle>", term("schema:name"), "lupus"),
        (f"<{PREFIXES['disease']}ra>", term("schema:name"), "arthritis"),
        (f"<{PREFIXES['arm']}toy.a>", term("diseaseNames"), "arthritis; lupus"),
        (f"<{PREFIXES['lesson']}l-toy>", term("studyNames"), "TOY"),
    } == found


def test_a_name_is_said_once(store: ox.Store) -> None:
    """What has its name already is left alone, so that a layer adds only its own."""
    store.extend(list(name_quads(store)))
    assert [] == list(name_quads(store, graph_iri("local/inferred")))
