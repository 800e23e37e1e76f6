"""DESCRIBE: what a symmetric concise bounded description holds, and how a query asks for it."""

from __future__ import annotations

import io

import pyoxigraph as ox
import pytest

from dualbio.sparql.description import description_quads, read_describe
from dualbio.sparql.formats import GRAPH_FORMATS, Format
from dualbio.store.embedded import EmbeddedStore
from dualbio.store.workers import Dataset
from dualbio.store.workers.process.protocol import QueryRequest
from dualbio.store.workers.query.evaluate import Evaluator, serialise

#: A has a list; B points to A; a restriction points to A and is owned by C, within a list; D knows only B.
DATA = """
PREFIX x: <http://x/>
x:A x:p 1 ; x:list (x:I [ x:q x:J ]) ; x:skolem <http://x/.well-known/genid/1> .
<http://x/.well-known/genid/1> x:inside 2 .
x:I x:p 3 . x:J x:p 4 .
x:B x:to x:A ; x:p 5 .
x:C x:same [ x:parts ([ x:filler x:A ; x:on x:P ] x:Z) ] ; x:p 6 .
x:D x:to x:B .
GRAPH x:other { x:A x:also 7 . x:E x:to x:A }
"""
NAMES = {"x": "http://x/"}


@pytest.fixture
def store() -> ox.Store:
    """The small world, its first part in the graph x:main."""
    text = DATA.replace("x:A x:p 1", "GRAPH x:main { x:A x:p 1", 1).replace("GRAPH x:other", "} GRAPH x:other")
    store = ox.Store()
    store.load(text, ox.RdfFormat.TRIG)
    return store


def described(store: ox.Store, text: str, dataset: Dataset = Dataset(), form: str = "n-triples") -> bytes:  # noqa: B008
    """Return the answer of a query with the prefix x as bytes."""
    output = io.BytesIO()
    evaluator = Evaluator(store, None, "http://x/", NAMES)
    request = QueryRequest("a-query", "", 60, "", form, dataset, False, text)
    results, chosen = evaluator.evaluate(request, *evaluator.read(text))
    serialise(results, chosen, output)
    return output.getvalue()


def facts(data: bytes) -> set[str]:
    """Return the triples as subject, predicate and object by their local names; `_` is a blank node."""

    def short(term: object) -> str:
        if isinstance(term, ox.BlankNode):
            return "_"
        assert isinstance(term, (ox.NamedNode, ox.Literal))
        return term.value.rpartition("/")[2].rpartition("#")[2]

    triples = ox.parse(data, ox.RdfFormat.N_TRIPLES)
    return {" ".join(map(short, (triple.subject, triple.predicate, triple.object))) for triple in triples}


OF_A = {
    "A p 1", "A list _", "_ first I", "_ rest _", "_ first _", "_ q J", "_ rest nil",
    "A skolem 1", "1 inside 2",
    "B to A",
    "_ filler A", "_ on P", "C same _", "_ parts _", "_ first Z",
}  # fmt: skip
IN_OTHER = {"A also 7", "E to A"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("DESCRIBE x:A", OF_A | IN_OTHER),
        ("DESCRIBE <A>", OF_A | IN_OTHER),
        ("PREFIX y: <http://x/> DESCRIBE y:A", OF_A | IN_OTHER),
        ("BASE <http://x/> # DESCRIBE nothing\ndescribe <A>", OF_A | IN_OTHER),
        ("VERSION '1.2' PREFIX y: <http://x/> DESCRIBE y:A", OF_A | IN_OTHER),
        ("DESCRIBE x:A FROM x:main", OF_A),
        ("DESCRIBE x:A FROM x:other", IN_OTHER),
        ("DESCRIBE x:A FROM NAMED x:main", set()),
        ("DESCRIBE x:D", {"D to B"}),
        ("DESCRIBE ?x { ?x x:to x:B }", {"D to B"}),
        ("DESCRIBE ?x ?y WHERE { ?x x:to ?y . ?y x:p 5 }", {"D to B", "B to A", "B p 5"}),
        ("DESCRIBE * { ?x x:to x:B }", {"D to B"}),
        ("DESCRIBE x:D ?x { ?x x:q x:J }", {"D to B", "_ q J", "_ first _", "_ rest _", "_ rest nil", "_ first I",
         "A list _"}),
        ("DESCRIBE ?x { ?x x:p ?n FILTER(?n > 5) } ORDER BY ?n LIMIT 1", {"C same _", "C p 6", "_ parts _", "_ first _",
         "_ filler A", "_ on P", "_ rest _", "_ first Z", "_ rest nil"}),
        ("DESCRIBE x:I $described_0 { $described_0 x:to x:B }", {"I p 3", "_ first I", "_ rest _", "_ first _", "_ q J",
         "_ rest nil", "A list _", "D to B"}),
        ("DESCRIBE x:I ?described_0 { ?described_0 x:to x:B }", {"I p 3", "_ first I", "_ rest _", "_ first _", "_ q J",
         "_ rest nil", "A list _", "D to B"}),
        ("DESCRIBE ?x { ?s x:p ?x }", set()),
        ("DESCRIBE x:nobody", set()),
    ],
)  # fmt: skip
def test_a_description_holds_both_directions_and_no_loose_end(store: ox.Store, text: str, expected: set[str]) -> None:
    """Own triples, those that point to the resource, and whole structures of blank nodes; from the default graph."""
    assert expected == facts(described(store, text))


def test_a_nameless_node_of_two_brings_the_other_not_along() -> None:
    """What a resource says through a blank node is its own; who else points to that node is another's description."""
    store = ox.Store()
    data = 'PREFIX x: <http://x/> x:A x:has _:b ; x:in "http://x/.well-known/genid/1" . x:Z x:has _:b . _:b x:p 1 .'
    store.load(data, ox.RdfFormat.TURTLE)
    assert {"A has _", "A in 1", "_ p 1"} == facts(described(store, "DESCRIBE x:A"))


def test_what_is_described_by_its_own_triples_leaves_out_who_points_to_it(store: ox.Store) -> None:
    """A page may show of a thing what it says alone, nameless nodes included."""
    found = description_quads(store, (), own=[ox.NamedNode("http://x/B"), ox.NamedNode("http://x/I")])
    assert {("B", "A"), ("B", "5"), ("I", "3")} == {
        (quad.subject.value.rpartition("/")[2], quad.object.value.rpartition("/")[2])  # type: ignore[union-attr]
        for quad in found
    }


@pytest.mark.parametrize(
    "text", ["DESCRIBE x:A", "DESCRIBE x:A FROM x:main", "DESCRIBE x:D ?x { ?x x:q x:J }", "DESCRIBE ?x { ?x x:p 1 }"]
)
def test_shell_and_endpoint_describe_alike(store: ox.Store, text: str) -> None:
    """The embedded store gives the triples that a worker gives."""
    text = f"PREFIX x: <http://x/> {text}"
    answer = EmbeddedStore(store).query(text)
    assert isinstance(answer, ox.QueryTriples)
    assert facts(described(store, text)) == facts(answer.serialize(format=ox.RdfFormat.N_TRIPLES) or b"")


def test_the_request_names_the_graphs_to_describe_from(store: ox.Store) -> None:
    """A dataset of the request replaces that of the query."""
    assert IN_OTHER == facts(described(store, "DESCRIBE x:A FROM x:main", Dataset(default=("http://x/other",))))


@pytest.mark.parametrize("form", GRAPH_FORMATS, ids=lambda form: form.name)
def test_a_description_comes_in_every_format(store: ox.Store, form: Format) -> None:
    """Each format carries the same triples, each once."""
    data = described(store, "DESCRIBE x:A", form=form.name)
    expected = len(described(store, "DESCRIBE x:A").splitlines())
    assert form.rdf is not None
    assert expected == len(list(ox.parse(data, form.rdf)))


def test_circles_of_blank_nodes_come_to_an_end(store: ox.Store) -> None:
    """Nodes that point to each other are visited once."""
    store.update(
        "PREFIX x: <http://x/> INSERT DATA { GRAPH x:main { x:R x:to _:a . _:a x:to _:b . _:b x:to _:a, _:b } }"
    )
    assert {"R to _", "_ to _"} == facts(described(store, "DESCRIBE x:R"))


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ?describe { ?describe ?p 'DESCRIBE <x>' }",
        "CONSTRUCT { ?s ?p 'describe' } WHERE { ?s ?p ?o }",
        "PREFIX describe: <http://x/> ASK { describe:A ?p ?o }",
        "# DESCRIBE <x>\nASK {}",
    ],
)
def test_only_the_keyword_asks_for_a_description(text: str) -> None:
    """The word elsewhere in a query changes nothing."""
    assert read_describe(text) is None
