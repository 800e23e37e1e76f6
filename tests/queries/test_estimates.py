"""The estimates of the real release: where they are, how they are explained, and what they may not compare."""

from __future__ import annotations

import pyoxigraph as ox

from dualbio.database import Database
from dualbio.model.namespaces import BASE, graph_iri, individual, term
from dualbio.release.folder import Release
from dualbio.store.embedded import EmbeddedStore


def test_estimates_are_in_their_graph_and_nowhere_else(store: EmbeddedStore) -> None:
    """The graph of the synthesis describes what was computed, and adds to a curated record numbers and readings."""
    start = individual("estimate", "").value
    computed = ("estimate", "contrast", "coverage", "pool", "candidate")
    quads = list(store.store)
    graphs = {
        str(quad.graph_name).strip("<>")
        for quad in quads
        if isinstance(quad.subject, ox.NamedNode) and quad.subject.value.startswith(start)
    }
    assert {f"{BASE}graph/synthesis", f"{BASE}graph/inferred"} == graphs
    own = tuple(individual(kind, "").value for kind in computed)
    added = {
        quad.predicate.value
        for quad in quads
        if quad.graph_name == graph_iri("synthesis") and not str(quad.subject).strip("<>").startswith(own)
    }
    numbers = ("canonicalValue", "canonicalUnit", "derivedCount", "percent", "checkLevel")
    rows = (
        "rdf:type",
        "besideResult",
        "besideShare",
        "numberText",
        "subgroupText",
        "notPrinted",
        "alsoPrinted",
        "overlapNote",
    )
    joined = ("pair", "disease", "biomarker", "study", "contrary", "target", "broader")
    names = ("schema:name", *(f"{what}Names" for what in joined))
    controls = ("randomisedControl", "sameBefore", "otherControl")
    schedules = ("agentNames", "startText", "endText", "scheduleText")
    planned = ("plannedPrimary", "plannedOther")
    assert {term(name).value for name in (*numbers, *rows, *names, *controls, *schedules, *planned)} == added


def test_no_estimate_compares_arms_that_share_people(store: EmbeddedStore) -> None:
    """What the rules say may not be pooled is not compared either, and no arm is from outside its study."""
    rows = store.query(
        """SELECT ?estimate {
          ?estimate a dualbio:WithinStudyEstimate ; dualbio:ofStudy ?study ;
            dualbio:contrastArm ?one ; dualbio:referenceArm ?other .
          FILTER (EXISTS { ?one dualbio:mayNotBePooledWith ?other }
            || EXISTS { ?other dualbio:armRole value:arm-role.external-comparator }
            || EXISTS { ?study dualbio:design value:design.pooled-analysis })
        }"""
    )
    assert isinstance(rows, ox.QuerySolutions)
    assert [] == list(rows)


def test_a_number_is_explained_by_its_method_and_rows(release: Release) -> None:
    """Asked why, an estimate names its method, and the counts of both rows with their source and check level."""
    (found,) = Database(release).why("estimate:calibrate.r001_r002.rd", "dualbio:estimate", "11.47")
    assert ("method", "score method of Miettinen and Nurminen") == (found.origin, found.rule)
    counts = [(premise.labels[1], premise.labels[2], premise.checked) for premise in found.premises]
    assert [
        ("number of events", "11", "seen in abstract"),
        ("total", "21", "seen in abstract"),
        ("number of events", "9", "seen in abstract"),
        ("total", "22", "seen in abstract"),
    ] == counts


def test_the_graph_comes_from_every_study(store: EmbeddedStore) -> None:
    """The provenance of the synthesis names the files of all studies, and of all questions across them."""
    files = {
        quad.object.value.rpartition("/")[2].removesuffix(".yaml")
        for quad in store.store.quads_for_pattern(graph_iri("synthesis"), term("prov:wasDerivedFrom"), None, None)
        if isinstance(quad.object, ox.NamedNode)
    }
    told = {
        str(quad.subject).strip("<>").rpartition("/")[2]
        for name in ("Study", "PooledEstimate")
        for quad in store.store.quads_for_pattern(None, term("rdf:type"), term(name), None)
    }
    assert told == files
