"""Every saved query gives its expected answer; the answers hold the facts that the evidence states."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from time import process_time

import pyoxigraph as ox
import pytest

from dualbio.model.evidence import Arm
from dualbio.model.namespaces import BASE
from dualbio.queries import Library, QueryResult, Resolver, answer_default, bind, run_query
from dualbio.release.folder import Release
from dualbio.sources.corpus import Corpus, read_corpus
from dualbio.sources.folders import shipped_sources
from dualbio.store.embedded import EmbeddedStore

Answer = Callable[[str], QueryResult]

_LIBRARY = Library.read(shipped_sources().queries)
NAMES = tuple(_LIBRARY)
EXPECTED = tuple(name for name in NAMES if _LIBRARY[name].expected)

#: Columns that hold a printed number, and what must stand beside one.
NUMBERS = {"events", "value", "estimate", "p"}
ORIGIN = {"studyName", "source", "locator", "checkLevel"}


def rows_of(result: QueryResult, **wanted: str) -> list[dict[str, str]]:
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


#: Two things of a kind, where a parameter takes several.
TWO = {
    "ae": ("serious-infection", "death"),
    "disease": ("sle", "ra"),
    "drug": ("rituximab", "belimumab"),
    "iri": ("ae:serious-infection", "ae:death"),
    "mechanism": ("b-cell-depletion", "tnf-inhibition"),
    "outcome": ("sri-4", "acr20"),
    "pair": ("b-cell-depletion+blys-inhibition", "costimulation-blockade+tnf-inhibition"),
    "study": ("bliss-believe", "calibrate"),
}


@pytest.mark.parametrize(
    ("name", "param"),
    [(name, param.name) for name in NAMES for param in _LIBRARY[name].params if param.list and param.type in TWO],
)
def test_two_things_cost_no_more_than_each_of_them(
    name: str, param: str, library: Library, store: EmbeddedStore, resolver: Resolver
) -> None:
    """Who asks about two things at once waits no longer than one who asks twice."""
    query = library[name]
    required = {each.name: list(each.examples) for each in query.params if not query.defaults[each.name]}
    (kind,) = (each.type for each in query.params if each.name == param)

    def seconds(*values: str) -> float:
        text = bind(query, {**required, param: list(values)}, resolver)
        return min(_processor_time(store, text) for _ in range(4))

    one, other = TWO[kind]
    assert seconds(one, other) < 1.5 * (seconds(one) + seconds(other)) + 0.004


def _processor_time(store: EmbeddedStore, text: str) -> float:
    start = process_time()
    store.select_rows(text)
    return process_time() - start


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
    topics = {"audit", "dataset", "efficacy", "lessons", "mechanism", "omissions", "patients", "safety", "studies"}
    topics |= {"synthesis"}
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
    assert ("belimumab", "rituximab", "4 weeks", "belimumab") == (
        row["first"],
        row["second"],
        row["interval"],
        row["kept"],
    )
    assert "rituximab 1000 mg, week 4 to week 6, week 4 and week 6" in row["schedule"]


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
    """BLISS-BELIEVE missed superiority over belimumab; CALIBRATE, a trial of safety, was not designed to tell."""
    missed = {row["studyKey"] for row in answer("missed-superiority").records()}
    assert "bliss-believe" in missed
    assert "calibrate" not in missed
    verdicts = {row["studyKey"]: row["verdict"] for row in answer("superiority-side-by-side").records()}
    assert "not designed to tell" == verdicts["calibrate"]
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


#: Studies of lupus whose regimens, read in the files, pair B-cell depletion with BLyS inhibition.
LUPUS_PAIR = {
    "beat-lupus",
    "bliss-believe",
    "gualtierotti-2018",
    "mesnyankina-2016",
    "mesnyankina-2020",
    "sle-aps-rtx-telitacicept",
    "solovyev-2023",
    "synbiose-1",
    "synbiose-2",
}
#: Classes whose members are conventional drugs, which make no pair.
CONVENTIONAL = {"conventional-dmard", "conventional-immunosuppressant", "glucocorticoid-class", "immunomodulator"}


def test_evidence_matrix(answer: Answer, resolver: Resolver) -> None:
    """The matrix of pairs by disease counts what the regimens of the evidence files say, read without the graph."""
    counted = pairs_in_files(read_corpus(shipped_sources().ontology))
    expected = {
        (
            resolver.label(f"{BASE}pair/{pair}"),
            resolver.label(f"{BASE}disease/{disease}"),
            str(len({study for study, _ in arms})),
            str(len(arms)),
        )
        for (pair, disease), arms in counted.items()
    }
    found = {
        (row["pairName"], row["diseaseName"], row["studies"], row["arms"])
        for row in answer("pairs-by-disease").records()
        if " + any " not in str(row["pairName"])  # one side is told as a kind of agent alone
    }
    assert expected == found
    assert LUPUS_PAIR == {study for study, _ in counted["b-cell-depletion_blys-inhibition", "sle"]}


def pairs_in_files(corpus: Corpus) -> dict[tuple[str, str], set[tuple[str, str]]]:
    """Return the arms that try each pair of mechanisms in each disease, as study and arm; unions are left out."""
    found: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for study, file in corpus.study_files.items():
        for arm in file.arms:
            if arm.role == "combination" and not arm.union_of:
                for pair, disease in product(pairs_of(arm, corpus), arm.diseases or file.study.diseases or ()):
                    found.setdefault((pair, disease), set()).add((study, arm.id))
    return found


def pairs_of(arm: Arm, corpus: Corpus) -> set[str]:
    """Return the pairs of mechanisms that the targeted agents of an arm make."""
    agents = {**corpus.entities["drug"], **corpus.entities["drug-class"]}
    conventional = {member for key in CONVENTIONAL for member in getattr(agents[key], "members", ())} | CONVENTIONAL
    conventional |= {key for key, agent in agents.items() if getattr(agent, "kind", "") == "glucocorticoid"}
    grouped = {key: agent for key, agent in agents.items() if getattr(agent, "group", None)}
    conventional |= {member for agent in grouped.values() for member in getattr(agent, "members", ())} | set(grouped)
    steps = [
        (step.drug, [set(getattr(agents[key], "mechanisms", ())) for key in options])
        for step in arm.regimen
        if step.role == "active"
        and (options := step.drug_options or tuple(filter(None, (step.drug, step.drug_class))))
        and not set(options) <= conventional
    ]
    return {
        f"{first}_{second}"
        for (drug, one), (other, two) in product(steps, steps)
        if one is not two or arm.combination_type == "bispecific"
        if drug is None or drug != other or one is two
        for first, second in product(set.intersection(*one), set.intersection(*two))
        if first < second
    }


def test_answers_can_be_joined_by_the_numbers_of_registry_and_publication(answer: Answer) -> None:
    """BLISS-BELIEVE is NCT03312907, and its report of 2024 has a PubMed number and a DOI, wherever its rows stand."""
    for name in ("studies/missed-superiority", "efficacy/published-comparisons"):
        (found,) = {
            (row["nct"], row["pmid"], row["doi"])
            for row in answer(name).records()
            if (row["studyKey"], row["source"]) == ("bliss-believe", "Aranow 2024, Ann Rheum Dis")
        }
        assert ("NCT03312907", "39159997", "10.1136/ard-2024-225686") == found


@pytest.mark.parametrize(
    "name", [name for name in NAMES if any(column.name == "p" for column in _LIBRARY[name].columns)]
)
def test_a_p_value_is_a_number_beside_its_operator(name: str, answer: Answer) -> None:
    """Wherever a p value is shown it is a number of 0 to 1, and the sign that it was printed with stands beside it."""
    result = answer(name)
    assert {"p": "decimal"}.items() <= result.types.items()
    told = [row for row in result.records() if "p" in row]
    assert told
    assert all(0 <= float(row["p"]) <= 1 for row in told)
    assert {row.get("pOperator") for row in told} <= {"=", "<", "<=", ">", ">="}


@pytest.mark.parametrize("name", NAMES)
def test_a_column_of_numbers_says_that_it_is_one(name: str, answer: Answer) -> None:
    """Data frames get numbers, and pages make no facet and no sentence of counts of them."""
    found = answer(name)
    numbers = {f"http://www.w3.org/2001/XMLSchema#{kind}" for kind in ("integer", "decimal", "double")}
    for place, column in enumerate(found.columns):
        told = {cell.datatype.value for row in found.rows if isinstance(cell := row[place], ox.Literal)}
        if told and told <= numbers:
            assert found.types.get(column) in ("integer", "decimal"), column
