"""Every saved query gives its expected answer; the answers hold the facts that the evidence states."""

from __future__ import annotations

from collections.abc import Callable

import pyoxigraph as ox
import pytest

from dualbio.namespaces import BASE
from dualbio.queries import Library, Resolver, Result, answer_default, run_query
from dualbio.release import Release
from dualbio.resources import shipped_sources
from dualbio.store.embedded import EmbeddedStore

Answer = Callable[[str], Result]

_LIBRARY = Library.read(shipped_sources().queries)
NAMES = tuple(_LIBRARY)
EXPECTED = tuple(name for name in NAMES if _LIBRARY[name].expected)

#: Columns that hold a printed number, and what must stand beside one.
NUMBERS = {"events", "value", "estimate", "p"}
ORIGIN = {"studyName", "source", "locator", "checkLevel"}


def rows_of(result: Result, **wanted: str) -> list[dict[str, str]]:
    """Return the rows whose columns have the wanted values."""
    return [row for row in result.records() if all(row.get(name) == value for name, value in wanted.items())]


@pytest.mark.parametrize("name", EXPECTED)
def test_answer_is_as_expected(name: str, library: Library, answer: Answer) -> None:
    """Each query answers what the file beside it says, byte for byte."""
    expected = library[name].expected
    assert expected is not None
    assert expected.exists(), f"{expected.name} is missing; repair: dualbio queries --update-expected"
    assert expected.read_bytes() == answer(name).to_csv(), (
        "repair: dualbio queries --update-expected, then read the diff"
    )


@pytest.mark.parametrize("name", NAMES)
def test_answer_is_not_empty(name: str, answer: Answer) -> None:
    """With its defaults (or examples) every query has something to show."""
    assert len(answer(name)) > 0


@pytest.mark.parametrize("name", NAMES)
def test_numbers_come_with_their_origin(name: str, library: Library) -> None:
    """A query that shows a printed number shows study, source, locator and check level too.

    Biomarker findings are told apart by their key and have no locator.
    """
    columns = {column.name.replace("sourceName", "source") for column in library[name].columns}
    wanted = ORIGIN - {"locator"} if "finding" in columns else ORIGIN
    assert not columns & NUMBERS or columns >= wanted


@pytest.mark.parametrize("name", NAMES)
def test_examples_are_accepted(name: str, library: Library, store: EmbeddedStore, resolver: Resolver) -> None:
    """The example of every parameter names something that exists, and the query runs with it."""
    query = library[name]
    required = {param.name: list(param.examples) for param in query.params if not query.defaults[param.name]}
    for param in query.params:
        example = list(param.examples) if param.list else param.examples[0]
        result = run_query(query, store, {**required, param.name: example}, resolver=resolver)
        assert result.columns == tuple(column.name for column in query.columns)


def test_answers_do_not_depend_on_the_order_of_loading(release: Release, library: Library, answer: Answer) -> None:
    """The order of rows is a total one: a store loaded the other way round gives the same answers."""
    quads = [
        quad
        for file in sorted(release.graphs.rglob("*.nq"), reverse=True)
        for quad in ox.parse(path=str(file), format=ox.RdfFormat.N_QUADS)
    ]
    store = ox.Store()
    store.extend(reversed(quads))
    turned = EmbeddedStore(store)
    resolver = Resolver(turned)
    differing = [name for name in library if answer_default(library[name], turned, resolver).rows != answer(name).rows]
    assert [] == differing


def test_expected_files_have_queries() -> None:
    """No expected answer is left over from a query that is gone."""
    found = {str(path.relative_to(shipped_sources().queries)) for path in shipped_sources().queries.rglob("*.csv")}
    assert {f"{name}.expected.csv" for name in EXPECTED} == found


def test_the_library_is_large_enough_to_be_opened_first(library: Library) -> None:
    """There are queries for each of the topics that readers come with."""
    topics = {"audit", "dataset", "efficacy", "lessons", "mechanism", "patients", "safety", "studies"}
    assert topics == set(library.topics())
    assert len(library) >= 45


def test_graph_sizes_are_those_of_the_manifest(release: Release, answer: Answer) -> None:
    """The query of the named graphs counts what the manifest of the release counts."""
    expected = {f"{BASE}graph/{name}": str(count) for name, count in release.manifest["graphs"].items()}
    assert expected == {row["graph"]: row["triples"] for row in answer("dataset/graphs").records()}


def test_terms_in_use_are_explained(answer: Answer) -> None:
    """Every term of the vocabulary that the data uses has a label and a definition."""
    assert [] == [row["term"] for row in answer("terms-in-use").records() if not {"name", "definition"} <= set(row)]


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("safety/")])
def test_an_arm_of_two_pairs_is_counted_once(name: str, answer: Answer) -> None:
    """An arm whose drugs make two pairs (rituximab then atacicept) has one row for each number."""
    rows = [tuple(sorted((k, v) for k, v in row.items() if k != "pairName")) for row in answer(name).records()]
    assert len(rows) == len(set(rows))


def test_bliss_believe_gave_belimumab_first(answer: Answer) -> None:
    """BLISS-BELIEVE starts belimumab, gives rituximab at weeks 4 and 6, and keeps belimumab."""
    (row,) = rows_of(answer("sequence-and-interval"), studyKey="bliss-believe")
    assert ("belimumab", "rituximab", "4", "belimumab") == (
        row["first"],
        row["second"],
        row["intervalWeeks"],
        row["kept"],
    )
    assert "rituximab from week 4 to week 6 (week 4 and week 6)" in row["schedule"]


@pytest.mark.parametrize(
    ("study", "arm", "events", "total"),
    [
        ("bliss-believe", "belimumab + rituximab", "28", "144"),
        ("bliss-believe", "belimumab + rituximab-placebo", "12", "72"),
        ("calibrate", "rituximab + cyclophosphamide then belimumab", "11", "21"),
        ("calibrate", "rituximab + cyclophosphamide", "9", "22"),
    ],
)
def test_main_counts(study: str, arm: str, events: str, total: str, answer: Answer) -> None:
    """The main outcome of the lupus trials of rituximab with belimumab is counted as their reports print it."""
    (row,) = rows_of(answer("rituximab-belimumab-primary-results"), studyKey=study, arm=arm)
    assert (events, total) == (row["events"], row["total"])


@pytest.mark.parametrize(("arm", "value"), [("rituximab then belimumab", "47"), ("rituximab then placebo", "103")])
def test_beat_lupus_autoantibodies(arm: str, value: str, answer: Answer) -> None:
    """BEAT-LUPUS had anti-dsDNA at 47 against 103 IU/mL at week 52."""
    (row,) = rows_of(answer("rituximab-belimumab-primary-results"), studyKey="beat-lupus", arm=arm)
    assert (value, "IU/mL", "52") == (row["value"], row["unit"], row["week"])


def test_the_trials_that_missed_superiority(answer: Answer) -> None:
    """BLISS-BELIEVE and CALIBRATE missed superiority over one of their drugs; BEAT-LUPUS met it in the laboratory."""
    missed = {row["studyKey"] for row in answer("missed-superiority").records()}
    assert {"bliss-believe", "calibrate"} <= missed
    (met,) = rows_of(answer("met-superiority"), studyKey="beat-lupus")
    assert "IgG anti-dsDNA level" == met["outcomeName"]


def test_synbiose_2_is_running_without_results(answer: Answer) -> None:
    """SynBioSe-2 is registered and has no results."""
    rows = rows_of(answer("ongoing-trials"), studyKey="synbiose-2")
    assert {("NCT03747159", "0")} == {(row["registryIds"], row["results"]) for row in rows}


def test_low_disease_activity_of_synbiose(answer: Answer) -> None:
    """SynBioSe-1 brought 10 of 16 people to low disease activity, and 10 of 15 at two years."""
    rows = rows_of(
        answer("low-disease-activity"), studyKey="synbiose-1", outcomeName="Lupus low disease activity state"
    )
    assert {("10", "16"), ("10", "15")} == {(row["events"], row["total"]) for row in rows}


#: Studies / arms of each pair by disease; unions of arms are left out.
MATRIX = {
    "b-cell-depletion_blys-inhibition": {
        "sle": (6, 6),
        "lupus-nephritis": (6, 8),
        "rheumatoid-arthritis": (1, 1),
        "sjogren-syndrome": (3, 3),
        "anca-vasculitis": (1, 1),
        "cryoglobulinaemic-vasculitis": (1, 1),
        "membranous-nephropathy": (1, 1),
        "immune-thrombocytopenia": (2, 2),
        "systemic-sclerosis": (1, 1),
        "bullous-pemphigoid": (1, 1),
    },
    "gut-selective-integrin-blockade_tnf-inhibition": {
        "inflammatory-bowel-disease": (10, 11),
        "crohns-disease": (4, 4),
    },
    "gut-selective-integrin-blockade_il-12-23-inhibition": {
        "inflammatory-bowel-disease": (6, 6),
        "crohns-disease": (3, 3),
    },
    "il-12-23-inhibition_tnf-inhibition": {"inflammatory-bowel-disease": (6, 6), "crohns-disease": (1, 1)},
    "b-cell-depletion_tnf-inhibition": {"rheumatoid-arthritis": (5, 5)},
    "gut-selective-integrin-blockade_jak-inhibition": {"inflammatory-bowel-disease": (3, 3), "crohns-disease": (2, 2)},
    "il-12-23-inhibition_jak-inhibition": {"inflammatory-bowel-disease": (3, 3), "crohns-disease": (2, 2)},
    "il-17-inhibition_tnf-inhibition": {"rheumatoid-arthritis": (4, 5), "psoriatic-arthritis": (2, 4)},
    "il-23-inhibition_tnf-inhibition": {
        "crohns-disease": (1, 1),
        "ulcerative-colitis": (2, 2),
        "psoriatic-arthritis": (1, 1),
    },
    "april-inhibition_b-cell-depletion": {"lupus-nephritis": (2, 2), "rheumatoid-arthritis": (1, 1)},
    "jak-inhibition_tnf-inhibition": {"inflammatory-bowel-disease": (2, 2), "crohns-disease": (1, 1)},
    "costimulation-blockade_tnf-inhibition": {"rheumatoid-arthritis": (2, 3)},
    "alpha4-integrin-blockade_tnf-inhibition": {"crohns-disease": (1, 1)},
    "il-1-inhibition_tnf-inhibition": {"rheumatoid-arthritis": (1, 2)},
    "pde4-inhibition_tnf-inhibition": {"inflammatory-bowel-disease": (1, 1)},
}


def test_evidence_matrix(answer: Answer, resolver: Resolver) -> None:
    """The matrix of pairs by disease is the one that was counted by hand from the evidence files."""
    expected = {
        (resolver.label(f"{BASE}pair/{pair}"), resolver.label(f"{BASE}disease/{disease}"), *map(str, counts))
        for pair, diseases in MATRIX.items()
        for disease, counts in diseases.items()
    }
    found = {
        (row["pairName"], row["diseaseName"], row["studies"], row["arms"])
        for row in answer("pairs-by-disease").records()
    }
    assert expected == found
