"""The shapes, to which `make data` holds the release: each refuses bare or contradictory records, as pyshacl does."""

from __future__ import annotations

from collections import defaultdict
from functools import cache

import pyoxigraph as ox
import pyshacl
import pytest
import rdflib
from rdflib import RDF, SH

from dualbio.build.quality import shape_problems, shapes_text, validate_shapes
from dualbio.errors import Problem
from dualbio.model.entities import TABLES
from dualbio.model.namespaces import PREFIXES, VOCABULARY, graph_iri, term
from dualbio.model.records import CLASSES
from dualbio.store.embedded import EmbeddedStore

HEAD = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in PREFIXES.items())
RECORDS = sorted(
    {
        *CLASSES.values(),
        *(table.class_name for table in TABLES),
        *("Regimen", "MechanismPair", "WithinStudyEstimate", "PooledEstimate", "PoolCandidate"),
    }
)
#: Records that contradict themselves: their class and fields, by the shape that must say so.
CONTRADICTIONS = {
    "IntervalHoldsEstimate": (
        "Comparison",
        "dualbio:estimate 4.0 ; dualbio:intervalLow 1.0 ; dualbio:intervalHigh 3.0",
    ),
    "TwoArms": (
        "Comparison",
        "dualbio:armA arm:s.a ; dualbio:armB arm:s.a ; dualbio:contrastType value:contrast-type.between-arms",
    ),
    "FavouredArm": ("Comparison", "dualbio:armA arm:s.a ; dualbio:armB arm:s.b ; dualbio:favours arm:s.c"),
    "DoseBound": ("RegimenStep", 'dualbio:doseUnit "mg" ; dualbio:dose 1000000'),
    "PercentOfCount": (
        "Result",
        "dualbio:statistic value:statistic.percent ; dualbio:value 50.0 ; dualbio:events 1 ; dualbio:total 4",
    ),
    "IntervalOrder": ("Comparison", "dualbio:intervalLow 3.0 ; dualbio:intervalHigh 1.0"),
    "EventsWithinTotal": (
        "Result",
        "dualbio:events 4 ; dualbio:total 3 ; dualbio:unitOfAnalysis value:unit-of-analysis.patient",
    ),
    "NumberGiven": ("Result", "dualbio:total 3"),
    "WeekOrTimepoint": ("Result", "dualbio:week 4.0 ; dualbio:timepoint value:timepoint.follow-up"),
    "AdverseEventOfSafety": ("Result", "dualbio:outcomeKind value:outcome-kind.safety"),
    "OneAgent": ("RegimenStep", "dualbio:usesDrug drug:a ; dualbio:usesDrugClass drug-class:a"),
    "StepWeeks": ("RegimenStep", "dualbio:startWeek 4.0 ; dualbio:endWeek 2.0"),
    "StepDays": ("RegimenStep", "dualbio:startDay 4.0 ; dualbio:endDay 2.0"),
    "RunningAtStart": ("RegimenStep", "dualbio:runningAtStart true ; dualbio:startWeek 0.0"),
    "Lag": ("RegimenStep", "dualbio:lagMin 4.0 ; dualbio:lagOf drug:a"),
    "StrategyOfSteps": (
        "Arm",
        "dualbio:statedStrategy value:strategy.sequential ; dualbio:startRelation value:start-relation.same-day",
    ),
    "DualBiologicOfCombination": ("DualBiologicArm", "dualbio:armRole value:arm-role.monotherapy"),
    "CombinationType": ("Arm", "dualbio:armRole value:arm-role.combination"),
    "ResultArmOfStudy": ("Result", "dualbio:arm arm:t.a . study:s dualbio:hasResult <urn:x>"),
    "EstimateWithinStudy": (
        "WithinStudyEstimate",
        (
            "dualbio:computedFrom result:t.r001 ; dualbio:ofStudy study:s ; "
            "dualbio:contrastArm arm:s.a ; dualbio:referenceArm arm:s.b"
        ),
    ),
    "EstimatePeopleApart": (
        "WithinStudyEstimate",
        "dualbio:contrastArm arm:s.a ; dualbio:referenceArm arm:s.b . arm:s.a dualbio:mayNotBePooledWith arm:s.b",
    ),
    "PoolPeopleOnce": (
        "PooledEstimate",
        (
            "dualbio:pooledFrom result:s.r001 , result:s.r002 . result:s.r001 dualbio:arm arm:s.a . "
            "result:s.r002 dualbio:arm arm:s.b . arm:s.a dualbio:mayNotBePooledWith arm:s.b"
        ),
    ),
    "VerdictOnGround": ("Contrast", "dualbio:verdict value:verdict.met"),
    "TextbookEdge": (
        "MechanismEdge",
        "dualbio:checkLevel value:check-level.textbook ; dualbio:edgeEvidence finding:bf01",
    ),
}
BARE = "".join(f"<urn:{name}> a dualbio:{name} .\n" for name in RECORDS)
SOUND = """
<urn:p> a dualbio:MechanismPair ; rdfs:label "one + other"@en ; dualbio:combinesMechanism mechanism:a , mechanism:b .
mechanism:a a dualbio:Mechanism . mechanism:b a dualbio:Mechanism .
"""


@cache
def shapes_graph() -> rdflib.Graph:
    """Return the shipped shapes, parsed once."""
    return rdflib.Graph().parse(data=shapes_text(), format="turtle")


def store_of(turtle: str) -> EmbeddedStore:
    """Return a store with `turtle`, written with the prefixes of the project."""
    store = ox.Store()
    store.load((HEAD + turtle).encode(), format=ox.RdfFormat.TURTLE, to_graph=graph_iri("entities"))
    return EmbeddedStore(store)


def contradiction(name: str) -> str:
    """Return the contradictory record of a shape as Turtle."""
    class_name, rest = CONTRADICTIONS[name]
    return f"<urn:{name}> a dualbio:{class_name} ; {rest} .\n".replace("<urn:x>", f"<urn:{name}>")


@pytest.fixture(name="told", scope="module")
def fixture_told() -> list[Problem]:
    """The problems of a graph of bare and contradictory records, found in one run."""
    return validate_shapes(store_of(BARE + "".join(map(contradiction, CONTRADICTIONS))))


def message_of(name: str) -> str:
    """Return the message of a shape that looks across fields."""
    constraint = shapes_graph().value(rdflib.URIRef(f"{VOCABULARY}{name}Shape"), SH.sparql)
    return str(shapes_graph().value(constraint, SH.message))


def test_every_class_with_members_is_under_a_shape(store: EmbeddedStore) -> None:
    """Whatever the class of a record in the release, a shape targets it or one that all its members are in as well."""
    targets = {ox.NamedNode(str(node)) for node in shapes_graph().objects(None, SH.targetClass)}
    types: dict[object, set[object]] = defaultdict(set)
    for quad in store.store.quads_for_pattern(None, term("rdf:type"), None, None):
        types[quad.subject].add(quad.object)
    classes = {each for found in types.values() for each in found if str(each).startswith(f"<{VOCABULARY}")}
    loose = {each for found in types.values() if not found & targets for each in found & classes}

    assert len(classes) > 100
    assert set() == loose


def test_every_record_class_has_a_shape() -> None:
    """A shape targets the class of each record, and has its name."""
    named = {str(shape) for shape in shapes_graph().subjects(RDF.type, SH.NodeShape)}
    assert set() == {f"{VOCABULARY}{name}Shape" for name in RECORDS} - named


@pytest.mark.parametrize("name", RECORDS)
def test_a_bare_record_is_refused(name: str, told: list[Problem]) -> None:
    """A record that has nothing but its class lacks what the shape of the class demands."""
    assert any("MinCount" in problem.message for problem in told if problem.record == f"urn:{name}")


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_a_contradiction_is_told(name: str, told: list[Problem]) -> None:
    """Fields that contradict each other are told in the words of the shape."""
    assert f"urn:{name}" in {problem.record for problem in told if message_of(name) in problem.message}


def test_every_shape_across_fields_has_a_contradiction() -> None:
    """No SPARQL constraint is without a record that breaks it."""
    named = {str(shape) for shape in shapes_graph().subjects(SH.sparql)}
    assert {f"{VOCABULARY}{name}Shape" for name in CONTRADICTIONS} == named


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("mechanism:a , mechanism:b", "mechanism:a", "Or"),
        ("mechanism:a , mechanism:b", "mechanism:a , drug:a", "Class"),
        ('"one + other"@en', '"one"@en , "other"@en', "UniqueLang"),
    ],
)
def test_a_record_is_sound_until_it_is_broken(old: str, new: str, words: str) -> None:
    """A pair that conforms no longer does after one change, and the constraint at fault is named."""

    def of_pair(turtle: str) -> list[str]:
        return [p.message for p in validate_shapes(store_of(turtle)) if p.record == "urn:p"]

    assert [] == of_pair(SOUND)
    assert [True] == [words in message for message in of_pair(SOUND.replace(old, new))]


def test_pyshacl_agrees() -> None:
    """The reference engine finds the same results on a small graph with every bare record and a contradiction."""
    turtle = SOUND + BARE + contradiction("IntervalHoldsEstimate")
    _, report, _ = pyshacl.validate(
        rdflib.Graph().parse(data=HEAD + turtle, format="turtle"),
        shacl_graph=shapes_graph(),
        advanced=True,
    )
    assert isinstance(report, rdflib.Graph)
    reference = [problem.message.split(": ")[:2] for problem in shape_problems(report)]
    found = [problem.message.split(": ")[:2] for problem in validate_shapes(store_of(turtle))]
    assert len(reference) > len(RECORDS)
    assert sorted(reference) == sorted(found)
