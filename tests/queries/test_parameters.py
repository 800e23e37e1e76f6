"""Parameters over the real release: what things go by, what is below them, and how to leave that out."""

from __future__ import annotations

import pytest

from dualbio.errors import ParameterError
from dualbio.model.namespaces import BASE
from dualbio.queries import Library, Resolver, run_query
from dualbio.sources.folders import shipped_sources
from dualbio.store.embedded import EmbeddedStore

_LIBRARY = Library.read(shipped_sources().queries)
NAMES = tuple(_LIBRARY)


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("https://w3id.org/dualbio/disease/sle", "disease", "disease/sle"),
        ("disease:sle", "disease", "disease/sle"),
        ("SLE", "disease", "disease/sle"),
        ("systemic lupus erythematosus", "disease", "disease/sle"),
        ("系统性红斑狼疮", "disease", "disease/sle"),
        ("MONDO:0007915", "disease", "disease/sle"),
        ("http://purl.obolibrary.org/obo/MONDO_0007915", "disease", "disease/sle"),
        ("ibd", "disease", "disease/inflammatory-bowel-disease"),
        ("RTX", "drug", "drug/rituximab"),
        ("ATC:L01FA01", "drug", "drug/rituximab"),
        ("DrugBank:DB00073", "drug", "drug/rituximab"),
        ("CHEMBL1201576", "drug", "drug/rituximab"),
        ("UNII:4F4X42SYQ6", "drug", "drug/rituximab"),
        ("RxNorm:121191", "drug", "drug/rituximab"),
        ("MeSH:D000069283", "drug", "drug/rituximab"),
        ("NCIT:C1702", "drug", "drug/rituximab"),
        ("NCT03312907", "study", "study/bliss-believe"),
        ("blys-inhibition+b-cell-depletion", "pair", "pair/b-cell-depletion_blys-inhibition"),
    ],
)
def test_things_go_by_all_their_names(text: str, kind: str, expected: str, resolver: Resolver) -> None:
    """IRI, CURIE, key, abbreviation, label in either language and outside identifiers lead to one thing."""
    assert BASE + expected == resolver.resolve(text, kind).value


def test_a_part_of_a_name_is_answered_with_those_who_have_it(resolver: Resolver) -> None:
    """What could be two things is an error that names both."""
    with pytest.raises(ParameterError, match=r"did you mean one of .*psoriatic-arthritis, rheumatoid-arthritis"):
        resolver.resolve("arthritis", "disease")


def test_a_disease_covers_those_below_it(library: Library, store: EmbeddedStore, resolver: Resolver) -> None:
    """`disease=ibd` finds what its forms and studies of it as a whole find together; `exact` leaves the forms out."""
    query = library["studies/combination-studies-by-disease"]

    def studies(**given: object) -> set[str]:
        return {row["studyKey"] for row in run_query(query, store, given, resolver=resolver).records()}

    whole = studies(disease="ibd", exact="disease")
    forms = [studies(disease=form) for form in ("crohns-disease", "ulcerative-colitis")]
    assert studies(disease="ibd") == whole.union(*forms)
    assert all(forms)
    assert whole < studies(disease="ibd")


@pytest.mark.parametrize("name", [name for name in NAMES if _LIBRARY[name].params])
def test_words_and_paths_agree(name: str, library: Library) -> None:
    """A parameter that is said to include what is below it does so, and no other does."""
    query = library[name]
    told = {param.name for param in query.head.params if "below" in param.description}
    assert told == {each.name for each in query.hierarchies}


@pytest.mark.parametrize("name", [name for name in NAMES if _LIBRARY[name].hierarchies])
def test_less_is_found_without_what_is_below(
    name: str, library: Library, store: EmbeddedStore, resolver: Resolver
) -> None:
    """Every query with hierarchies runs without them and keeps its columns, with each of its parameters alone."""
    query = library[name]
    required = {param.name: list(param.examples) for param in query.params if not query.defaults[param.name]}
    for alone in query.parameter("exact").values or ():
        result = run_query(query, store, {**required, "exact": alone}, resolver=resolver)
        assert [column.name for column in query.columns] == list(result.columns)
        assert result.text != query.text
