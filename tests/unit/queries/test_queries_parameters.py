"""Parameters: names of individuals are found, values are checked, and terms are bound instead of text."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualbio.errors import ParameterError
from dualbio.queries import Parameter, ParameterFaultsError, Resolver, SavedQuery, bind, run_query
from dualbio.queries.parameters import parameter_terms
from dualbio.store.embedded import EmbeddedStore

NOTHING = EmbeddedStore(ox.Store())


def parameter(kind: str, **more: object) -> Parameter:
    """Return a parameter `p` of a type."""
    return Parameter.model_validate({"name": "p", "type": kind, "description": "toy", "example": "x", **more})


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("https://w3id.org/dualbio/drug/rituximab", "drug", "drug/rituximab"),
        ("<https://w3id.org/dualbio/drug/rituximab>", "drug", "drug/rituximab"),
        ("drug:rituximab", "drug", "drug/rituximab"),
        ("rituximab", "drug", "drug/rituximab"),
        ("  RITUXIMAB ", "drug", "drug/rituximab"),
        ("利妥昔单抗", "drug", "drug/rituximab"),
        ("rtx", "drug", "drug/rituximab"),
        ("L01FA01", "drug", "drug/rituximab"),
        ("ATC:L01FA01", "drug", "drug/rituximab"),
        ("DB08879", "drug", "drug/belimumab"),
        ("DrugBank:DB08879", "drug", "drug/belimumab"),
        ("SLE", "disease", "disease/sle"),
        ("MONDO:0007915", "disease", "disease/sle"),
        ("http://purl.obolibrary.org/obo/MONDO_0007915", "disease", "disease/sle"),
        ("NCT00000001", "study", "study/one"),
        ("PMID:12345678", "study", "study/one"),
        ("one.a", "arm", "arm/one.a"),
        ("first arm", "arm", "arm/one.a"),
        ("b-cell-depletion+april-inhibition", "pair", "pair/april-inhibition_b-cell-depletion"),
        ("strategy.sequential", "value", "value/strategy.sequential"),
        ("sle", None, "disease/sle"),
        ("pair:april-inhibition_b-cell-depletion", "pair", "pair/april-inhibition_b-cell-depletion"),
        ("status.active", "value", "value/status.active"),
    ],
)
def test_individuals_go_by_many_names(text: str, kind: str | None, expected: str, resolver: Resolver) -> None:
    """IRI, CURIE, key, label in any language, synonym, abbreviation and outside id find the individual."""
    assert f"https://w3id.org/dualbio/{expected}" == resolver.resolve(text, kind).value


def test_a_withdrawn_outside_id_leads_on(resolver: Resolver) -> None:
    """An outside id that was replaced finds what its successor means."""
    assert resolver.resolve("SLE", "disease") == resolver.resolve("MONDO:9999999", "disease")


def test_a_value_is_named_without_its_scheme(resolver: Resolver) -> None:
    """Where the scheme is known its name need not be given; other schemes do not count."""
    assert (
        "https://w3id.org/dualbio/value/strategy.sequential"
        == resolver.resolve("sequential", "value", "strategy").value
    )
    with pytest.raises(ParameterError, match="found no strategy value 'active'; accepted: sequential"):
        resolver.resolve("active", "value", "strategy")


def test_a_shared_name_is_refused(resolver: Resolver) -> None:
    """A name of several individuals is answered with all of them."""
    with pytest.raises(ParameterError, match="name of 2 individuals; accepted: one of drug/belimumab, drug/rituximab"):
        resolver.resolve("shared", "drug")


def test_a_miss_hints_at_the_nearest(resolver: Resolver) -> None:
    """A misspelt name is answered with the nearest one of the kind."""
    with pytest.raises(ParameterError, match=r"found no drug 'rituxmab'.*did you mean 'rituximab'"):
        resolver.resolve("rituxmab", "drug")
    with pytest.raises(ParameterError, match=r"found no drug 'sle'.*it is the name of disease:sle"):
        resolver.resolve("sle", "drug")


@pytest.mark.parametrize(
    ("param", "found", "expected"),
    [
        (parameter("integer"), "52", '"52"^^<http://www.w3.org/2001/XMLSchema#integer>'),
        (parameter("integer"), 52, '"52"^^<http://www.w3.org/2001/XMLSchema#integer>'),
        (parameter("integer"), 52.0, '"52"^^<http://www.w3.org/2001/XMLSchema#integer>'),
        (parameter("decimal"), "1.50", '"1.50"^^<http://www.w3.org/2001/XMLSchema#decimal>'),
        (parameter("decimal"), "1e-19", '"0.000000000000000000"^^<http://www.w3.org/2001/XMLSchema#decimal>'),
        (parameter("decimal"), 1.5e-7, '"0.00000015"^^<http://www.w3.org/2001/XMLSchema#decimal>'),
        (parameter("boolean"), "yes", '"true"^^<http://www.w3.org/2001/XMLSchema#boolean>'),
        (parameter("boolean"), False, '"false"^^<http://www.w3.org/2001/XMLSchema#boolean>'),
        (parameter("date"), "2026-01-31", '"2026-01-31"^^<http://www.w3.org/2001/XMLSchema#date>'),
        (parameter("string"), 'say "hi" }', '"say \\"hi\\" }"'),
        (parameter("enum", values=("a", "b")), "b", '"b"'),
    ],
)
def test_literals_are_typed(param: Parameter, found: object, expected: str) -> None:
    """A value becomes a literal of the parameter's type."""
    assert (expected,) == tuple(map(str, parameter_terms(param, found, Resolver(NOTHING))))


@pytest.mark.parametrize(
    ("param", "found", "words"),
    [
        (parameter("integer"), "1.5", "found '1.5'; accepted: a whole number"),
        (parameter("integer"), 10**18 + 1, "accepted: a whole number such as 52, up to 1,000,000,000,000,000,000"),
        (parameter("decimal"), "1e999", "accepted: a number"),
        (parameter("decimal"), "one", "accepted: a number"),
        (parameter("boolean"), "maybe", "accepted: true, false"),
        (parameter("date"), "31.1.2026", "accepted: a date"),
        (parameter("date"), "2026-02-30", "accepted: a date"),
        (parameter("date"), "20260131", "accepted: a date such as 2026-01-31"),
        (parameter("date"), "2026-W05-6", "accepted: a date such as 2026-01-31"),
        (parameter("date"), "2026W056", "accepted: a date such as 2026-01-31"),
        (parameter("date"), "2026-W05", "accepted: a date such as 2026-01-31"),
        (parameter("date"), "2026-031", "accepted: a date such as 2026-01-31"),
        (parameter("date"), "2026-1-31", "accepted: a date such as 2026-01-31"),
        (parameter("date"), "26-01-31", "accepted: a date such as 2026-01-31"),
        (parameter("date"), "2026-01", "accepted: a date such as 2026-01-31"),
        (parameter("date"), "2026-01-31T00:00:00", "accepted: a date such as 2026-01-31"),
        (parameter("date"), "+2026-01-31", "accepted: a date such as 2026-01-31"),
        (parameter("date"), "\N{FULLWIDTH DIGIT TWO}026-01-31", "accepted: a date such as 2026-01-31"),
        (parameter("enum", values=("depletes", "modulates")), "depletse", "did you mean 'depletes'"),
        (parameter("integer"), [1, 2], "found 2 values; accepted: one"),
        (parameter("integer"), "", "found an empty value"),
        (parameter("integer", list=True), [], "found an empty value"),
        (parameter("drug"), "aspirin", "parameter 'p': found no drug 'aspirin'"),
    ],
)
def test_a_wrong_value_is_told(param: Parameter, found: object, words: str) -> None:
    """The message says what was found and what is accepted."""
    with pytest.raises(ParameterError) as caught:
        parameter_terms(param, found, Resolver(NOTHING))
    assert words in str(caught.value)


def test_a_list_takes_commas_and_sequences(resolver: Resolver) -> None:
    """Several values come as a text with commas or as a sequence, each once."""
    drugs = parameter("drug", list=True)
    expected = ("https://w3id.org/dualbio/drug/rituximab", "https://w3id.org/dualbio/drug/belimumab")
    for found in ("RTX, belimumab", ["rituximab", "BEL", "rituximab"]):
        terms = parameter_terms(drugs, found, resolver)
        assert expected == tuple(term.value for term in terms)


def test_a_name_may_hold_a_comma(resolver: Resolver) -> None:
    """A text that is a name as a whole is not taken apart."""
    (term,) = parameter_terms(parameter("study", list=True), "ONE, the trial", resolver)
    assert "https://w3id.org/dualbio/study/one" == term.value


def test_binding_replaces_rows_alone(query: SavedQuery, resolver: Resolver) -> None:
    """The text stays as it is but for the rows of the blocks that are given."""
    text = bind(query, {"drug": "BEL"}, resolver)
    assert query.text.replace("{ UNDEF }", "{ <https://w3id.org/dualbio/drug/belimumab> }") == text
    assert query.text == bind(query, {}, resolver)


def test_an_unknown_parameter_is_told(query: SavedQuery, resolver: Resolver) -> None:
    """A misspelt parameter is answered with the nearest."""
    with pytest.raises(ParameterError, match="no parameter 'drugs'; accepted: drug, rank; did you mean 'drug'"):
        bind(query, {"drugs": "BEL"}, resolver)


def test_answers_follow_the_parameters(query: SavedQuery, store: EmbeddedStore) -> None:
    """Without parameters both drugs come, with one only that."""
    assert ["belimumab", "rituximab"] == [row["name"] for row in run_query(query, store).records()]
    result = run_query(query, store, {"drug": "RTX", "rank": 1})
    assert ["rituximab"] == [row["name"] for row in result.records()]
    assert {"drug": ["https://w3id.org/dualbio/drug/rituximab"], "rank": ["1"]} == result.metadata["params"]


@given(st.text())
def test_no_text_escapes_its_literal(text: str) -> None:
    """Whatever a string parameter holds, the engine reads it back as that one string."""
    (term,) = parameter_terms(parameter("string"), [text], Resolver(NOTHING)) if text else (ox.Literal(text),)
    answer = ox.Store().query(f"SELECT ?p {{ VALUES ?p {{ {term} }} }}")
    assert isinstance(answer, ox.QuerySolutions)
    assert [text.strip()] == [solution["p"].value for solution in answer]


def studies(query: SavedQuery, store: EmbeddedStore, **given: object) -> set[tuple[str, str]]:
    """Return the studies that a query finds, each with a form of disease."""
    return {(row["key"], row["name"]) for row in run_query(query, store, given).records()}


def test_what_is_below_counts_unless_it_is_switched_off(nested: SavedQuery, store: EmbeddedStore) -> None:
    """A disease covers its forms; `exact` names the parameters that are taken alone."""
    bowel, crohn = "inflammatory bowel disease", "Crohn's disease"
    assert {("both", bowel), ("gut", bowel), ("gut", crohn)} == studies(nested, store, disease="ibd")
    assert {("both", bowel)} == studies(nested, store, disease="ibd", exact="disease")
    assert {("gut", bowel), ("gut", crohn)} == studies(nested, store, disease="cd")
    assert {("both", bowel), ("gut", bowel)} == studies(nested, store, form="ibd")
    assert {("both", bowel)} == studies(nested, store, form="ibd", exact=["form"])
    assert set() == studies(nested, store, disease="ibd", form="cd", exact="disease,form")


def test_only_parameters_with_something_below_are_exact(nested: SavedQuery, query: SavedQuery) -> None:
    """`exact` is offered where there are hierarchies, and takes the names of those parameters alone."""
    assert ["disease", "form", "plain", "exact"] == [param.name for param in nested.params]
    assert ("disease", "form") == nested.parameter("exact").values
    assert "exact" not in [param.name for param in query.params]
    with pytest.raises(ParameterError, match="found 'plain'; accepted: disease, form"):
        bind(nested, {"exact": "plain"}, Resolver(NOTHING))


def test_exact_changes_paths_alone(nested: SavedQuery, resolver: Resolver) -> None:
    """Remarks and strings stay; each path gives way to one that reaches the thing alone; the text stays SPARQL."""
    text = bind(nested, {"exact": "disease,form"}, resolver)
    assert "# dualbio:withinDisease ?disease in a remark" in text
    assert '?name != "dualbio:withinDisease ?disease"' in text
    assert "?study (dualbio:studiesDisease|dualbio:inDisease) ?disease ;" in text
    assert "dualbio:key ?key ; dualbio:studiesDisease ?form ." in text
    assert "?d owl:bottomObjectProperty? ?form ." in text


def test_every_fault_is_told(query: SavedQuery, resolver: Resolver) -> None:
    """Unknown, missing and wrong parameters are told together, each under its name."""
    with pytest.raises(ParameterFaultsError) as caught:
        bind(query, {"drugs": "BEL", "rank": "first", "drug": "Shared"}, resolver)
    assert ["drugs", "drug", "rank"] == list(caught.value.faults)
    assert "name of 2 individuals" in caught.value.faults["drug"]
    assert str(caught.value) == "; ".join(caught.value.faults.values())


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("colitis", "disease", "did you mean 'uc'?"),
        ("arm", "arm", "did you mean one of one.a, two.a?"),
        ("inflamatory bowel diseas", "disease", "did you mean 'inflammatory bowel disease'?"),
        ("nothing like it", "disease", "accepted: cd, ibd, sle, uc"),
    ],
)
def test_parts_of_names_and_slips_are_understood(text: str, kind: str, words: str, resolver: Resolver) -> None:
    """A word of a name leads to those who have it, a slip of the pen to the nearest name."""
    with pytest.raises(ParameterError) as caught:
        resolver.resolve(text, kind)
    assert words in str(caught.value)
