"""The questions across studies of the real release, through every face, and made again by R."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from click.testing import CliRunner

import dualbio
from dualbio.build.ontology import read_ontology, read_rule_set
from dualbio.cli.main import cli
from dualbio.database import Database
from dualbio.errors import DataError, NotFoundError, ParameterError
from dualbio.model.namespaces import graph_iri, individual, term
from dualbio.model.syntheses import SynthesisQuestion
from dualbio.owl.rules.run import infer
from dualbio.release.folder import Release
from dualbio.sources.corpus import read_folder
from dualbio.sources.folders import shipped_sources
from dualbio.store.embedded import EmbeddedStore
from dualbio.synthesis.kept_pools import KeptPools
from dualbio.synthesis.pooling import NOTICE, Synthesis
from dualbio.synthesis.pooling.facts import FactReader, Facts
from dualbio.synthesis.pooling.pool import facts_for, pool
from dualbio.synthesis.pooling.quads import moved_questions, pool_quads, question_json
from dualbio.synthesis.pooling.report import PARTS, as_csv, as_dict, r_script
from dualbio.synthesis.pooling.selection import Selection

NAME = "serious-infection-two-biologics-ra"


@pytest.fixture(scope="module")
def database(release: Release, store: EmbeddedStore) -> Database:
    """Return the release as users of Python have it."""
    return Database(release, shipped_sources().queries, store=store)


@pytest.fixture(scope="module")
def answers(database: Database) -> dict[str, Synthesis]:
    """Return the answers to all questions of the release."""
    return {name: database.synthesise(name) for name in database.syntheses}


def test_the_release_answers_the_questions_of_the_sources(database: Database) -> None:
    """Each file of `ontology/syntheses/` has its answer, and the question in the graph is that of the file."""
    questions = read_folder(shipped_sources().ontology)[0].questions
    assert set(questions) == set(database.syntheses)
    assert 12 <= len(questions)
    for name, question in questions.items():
        found = database.synthesise(name)
        assert question_json(question) == question_json(found.question)


def test_the_graph_says_what_python_says(answers: dict[str, Synthesis], store: EmbeddedStore) -> None:
    """The number, or the reason, of the release is what the same release answers when it is asked again."""
    told = {
        row["key"].value: (row["n"] and float(row["n"].value), row["why"] and row["why"].value, int(row["used"].value))
        for row in store.select(
            "SELECT ?key ?n ?why ?used { ?p a dualbio:PooledEstimate ; dualbio:key ?key ; dualbio:candidatesUsed ?used "
            "OPTIONAL { ?p dualbio:estimate ?n } OPTIONAL { ?p dualbio:noEstimateBecause ?why } }"
        )
    }
    for name, answer in answers.items():
        number, reason, used = told[name]
        assert (answer.reason, answer.used) == (reason, used)
        assert (answer.pooled is None) == (number is None)
        if answer.pooled and number is not None:
            assert answer.pooled.estimate == pytest.approx(number, rel=1e-4)


def test_the_graph_is_made_again_to_the_byte(store: EmbeddedStore) -> None:
    """The order in which quads were loaded does not decide what a pool says, or in which words."""
    names = tuple(individual(kind, "").value for kind in ("pool", "candidate"))
    quads = list(store.store)
    made = [quad for quad in quads if isinstance(quad.subject, ox.NamedNode) and quad.subject.value.startswith(names)]
    told = {quad for quad in made if quad.graph_name == graph_iri("synthesis")}
    part = ox.Store()
    part.bulk_extend(quad for quad in reversed(quads) if quad not in told)
    questions = read_folder(shipped_sources().ontology)[0].questions
    assert sorted(map(str, told)) == sorted(map(str, pool_quads(part, questions.values())))


#: Prints the pools of a release as another process makes them.
ELSEWHERE = """
import sys
from pathlib import Path
from dualbio.release.folder import open_release
from dualbio.sources.corpus import read_folder
from dualbio.sources.folders import shipped_sources
from dualbio.store.embedded import EmbeddedStore
from dualbio.synthesis.pooling.quads import pool_quads
questions = read_folder(shipped_sources().ontology)[0].questions
store = EmbeddedStore.in_memory(open_release(Path(sys.argv[1])).files).store
print(*sorted(map(str, pool_quads(store, questions.values()))), sep="\\n")
"""


@pytest.mark.slow
def test_every_process_makes_the_same_pools(release: Release) -> None:
    """Each process hashes texts in its own way, so that its sets have another order; the words have one."""
    path = {**os.environ, "PYTHONPATH": str(Path(dualbio.__file__).parents[1])}
    running = [
        subprocess.Popen(
            [sys.executable, "-c", ELSEWHERE, release.folder],
            stdout=subprocess.PIPE, env={**path, "PYTHONHASHSEED": seed}, text=True,
        )
        for seed in ("1", "2", "3")
    ]  # fmt: skip
    one, *others = (each.communicate()[0] for each in running)
    assert [0] * 3 == [each.returncode for each in running]
    assert "PooledEstimate" in one
    assert [one] * 2 == others


def test_a_pool_is_made_again_only_where_its_inputs_changed(
    store: EmbeddedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A number of ASSURE that changed costs the pools of what it counts alone, and they are those of a new start."""
    asked: list[str] = []

    def counted(question: SynthesisQuestion, facts: Facts, selection: Selection) -> Synthesis:
        asked.append(question.id)
        return pool(question, facts, selection)

    monkeypatch.setattr("dualbio.synthesis.pooling.quads.pool", counted)
    questions = read_folder(shipped_sources().ontology)[0].questions
    part = ox.Store()
    part.bulk_extend(store.store)
    first = KeptPools()
    made = set(pool_quads(part, questions.values(), first))
    assert len(questions) == len(asked)
    asked.clear()
    assert made == set(pool_quads(part, questions.values(), KeptPools(first.used)))
    assert [] == asked
    _change_a_count(part)
    again = set(pool_quads(part, questions.values(), KeptPools(first.used)))
    assert sorted(name for name, each in questions.items() if "serious-infection" in (each.events or ())) == sorted(
        asked
    )
    assert again == set(pool_quads(part, questions.values()))
    assert again != made


def _change_a_count(store: ox.Store) -> None:
    """Let one more person of ASSURE have a serious infection."""
    [quad] = store.quads_for_pattern(individual("result", "assure.r019"), term("events"), None)
    assert isinstance(quad.object, ox.Literal)
    store.remove(quad)
    store.add(ox.Quad(quad.subject, quad.predicate, ox.Literal(int(quad.object.value) + 1), quad.graph_name))


def test_facts_of_one_study_are_its_part_of_all(store: EmbeddedStore) -> None:
    """What is held of one study, read alone, is what is held of it among all; of others nothing is read."""
    reader = FactReader(store)
    for question in read_folder(shipped_sources().ontology)[0].questions.values():
        parts = facts_for(reader, question).by_study()
        assert parts
        others = {individual("study", key).value for key in ("bliss-believe", "assure", "vega")} - parts.keys()
        for study in (*sorted(parts)[::5], *others):
            assert {study: parts[study]} if study in parts else {} == facts_for(reader, question, study).by_study()


def test_after_an_edit_questions_are_asked_again_that_it_touches(store: EmbeddedStore) -> None:
    """A number of ASSURE that changed touches what counts it; what no answer asks for touches none."""
    questions = read_folder(shipped_sources().ontology)[0].questions
    part = ox.Store()
    part.bulk_extend(store.store)
    first = KeptPools()
    made = set(pool_quads(part, questions.values(), first))
    assure = individual("study", "assure")

    def moved() -> tuple[set[str], set[str]]:
        kept = KeptPools(first.used, digests=dict(first.digests))
        asked = {each.id for each in moved_questions(part, questions.values(), kept, {assure.value})}
        return asked, {name for name, digest in first.digests.items() if digest in kept.used}

    assert (set(), {*questions}) == moved()
    part.add(ox.Quad(assure, term("population"), ox.Literal("others"), graph_iri("study/assure")))
    assert (set(), {*questions}) == moved()
    assert made == set(pool_quads(part, questions.values()))
    _change_a_count(part)
    counting = {name for name, each in questions.items() if "serious-infection" in (each.events or ())}
    assert (counting, {*questions} - counting) == moved()


def test_nothing_follows_from_a_pool_that_is_not_said(store: EmbeddedStore) -> None:
    """Pools are added after everything was inferred: the rules add nothing to them."""
    axioms = list(read_ontology(shipped_sources().ontology))
    pools = tuple(individual(kind, "").value for kind in ("pool", "candidate"))
    part = ox.Store()
    part.extend(axioms)
    quads = store.store.quads_for_pattern(None, None, None, graph_iri("synthesis"))
    part.extend(quad for quad in quads if str(quad.subject).strip("<>").startswith(pools))
    infer(part, read_rule_set(shipped_sources().ontology, axioms), inferred_graph=graph_iri("inferred"))
    added = {
        quad.triple
        for quad in part.quads_for_pattern(None, None, None, graph_iri("inferred"))
        if str(quad.subject).strip("<>").startswith(pools)
    }
    assert set() == added


@pytest.mark.slow
def test_r_makes_the_numbers_again(answers: dict[str, Synthesis], tmp_path: Path) -> None:
    """The script of each question with a number, run on the exported table, prints the same number."""
    with_number = {name: answer for name, answer in answers.items() if answer.pooled}
    assert len(with_number) > 5
    script = ""
    for name, answer in with_number.items():
        (tmp_path / f"{name}.csv").write_text(as_csv(answer), encoding="utf-8", newline="")
        script += r_script(answer, f"{name}.csv")
    (tmp_path / "all.R").write_text(script, encoding="utf-8")
    done = subprocess.run(["Rscript", "all.R"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert [*with_number] == [line[0] for line in lines]
    for name, *numbers in lines:
        pooled = with_number[name].pooled
        assert pooled is not None
        # glmer, which fits proportions, searches less closely.
        close = 1e-3 if with_number[name].measure == "proportion" else 2e-5
        assert [pooled.estimate, pooled.low, pooled.high] == pytest.approx([float(each) for each in numbers], rel=close)


def test_an_answer_without_a_number_has_a_script_that_says_so(answers: dict[str, Synthesis]) -> None:
    """It computes nothing."""
    script = r_script(answers["death-two-biologics"], "x.csv")
    assert "# No number: no study has an event" in script
    assert "rma" not in script


def test_the_shell_answers_in_every_form(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The table names the number and the notice; JSON and CSV hold what Python gives."""
    monkeypatch.setattr("dualbio.cli.studies.synthesise.open_database", lambda *_, **__: database)
    answer = database.synthesise(NAME)
    run = CliRunner().invoke
    table = run(cli, ["synthesise", NAME])
    assert table.exit_code == 0, table.output
    assert f"{answer.pooled.estimate:.3g}" in table.stdout  # type: ignore[union-attr]
    assert NOTICE in table.stderr
    assert json.loads(json.dumps(as_dict(answer, database.release_id))) == json.loads(
        run(cli, ["synthesise", NAME, "--format", "json"]).stdout
    )
    for part in PARTS:
        found = run(cli, ["synthesise", NAME, "--format", "csv", "--part", part]).stdout
        assert as_csv(answer, part, database.release_id).splitlines() == found.splitlines()
    assert NAME in run(cli, ["synthesise", "--list"]).stdout
    assert 2 == run(cli, ["synthesise"]).exit_code


def test_a_question_made_of_words_is_that_of_the_file(database: Database, tmp_path: Path) -> None:
    """Names of the data are found by any name; a file of one's own is asked too."""
    made = database.synthesise(outcome="serious infection", compare="two:one", diseases=("RA",), measure="RD")
    named = database.synthesise(NAME)
    assert (named.pooled and named.pooled.estimate) == (made.pooled and made.pooled.estimate)
    file = tmp_path / f"{NAME}.yaml"
    file.write_bytes((shipped_sources().ontology / "syntheses" / f"{NAME}.yaml").read_bytes())
    assert named == database.synthesise(file)
    arms = database.synthesise(outcome="serious-infection", compare="two-biologics")
    assert "proportion" == arms.measure
    placebo = database.synthesise(
        outcome="serious-infection", compare="one-biologic,rituximab:placebo", diseases=("ra",),
        seriousness=("serious", "serious-or-intravenous-antibiotics"),
    )  # fmt: skip
    other = database.synthesise("serious-infection-rituximab")
    assert (other.pooled and other.pooled.estimate) == (placebo.pooled and placebo.pooled.estimate)


def test_a_wrong_question_says_what_is_accepted(database: Database, tmp_path: Path) -> None:
    """Names, kinds of arms, models and files that are none are told with what is accepted."""
    with pytest.raises(NotFoundError, match="did you mean 'serious-infection-two-biologics-ra'"):
        database.synthesise("serious-infection-two-biologics-rq")
    with pytest.raises(ParameterError, match="is not a kind of arm; did you mean 'one-biologic'"):
        database.synthesise(outcome="serious-infection", compare="two-biologics:one-biologik")
    with pytest.raises(ParameterError, match="nothing of kind ae or outcome"):
        database.synthesise(outcome="serious-infektion-xyz")
    with pytest.raises(ParameterError, match="accepted: mantel-haenszel"):
        database.synthesise(outcome="serious-infection", measure="RR", model="peto")
    with pytest.raises(ParameterError, match="one of them only"):
        database.synthesise()
    with pytest.raises(ParameterError, match="'' is not a kind of arm"):
        database.synthesise(outcome="serious-infection", compare="two-biologics:")
    with pytest.raises(ParameterError, match="nothing differs from itself"):
        database.synthesise(outcome="serious-infection", compare="one:one")
    file = tmp_path / "wrong.yaml"
    file.write_text("id: wrong\n", encoding="utf-8")
    with pytest.raises(DataError, match="title"):
        database.synthesise(file)


@pytest.mark.parametrize(
    ("right", "wrong", "words"),
    [
        ("[serious-infection]", "[serious-infektion-xyz]", "nothing of kind ae is called"),
        ("[rheumatoid-arthritis]", "[ra]", "'ra' is no key of kind disease; did you mean 'rheumatoid-arthritis'"),
        ("{arms: [two-biologics]}", "{arms: [two-biologics], drugs: [nosuchmab]}", "nothing of kind drug is called"),
        ("{arms: [two-biologics]}", "{arms: [two-biologics], mechanisms: [nosuch]}", "nothing of kind mechanism is"),
    ],
)
def test_a_file_that_names_what_nobody_knows_is_no_question_without_an_answer(
    database: Database, tmp_path: Path, right: str, wrong: str, words: str
) -> None:
    """A misspelt event is an error; it would look like an event that no trial counts."""
    file = tmp_path / "mine.yaml"
    text = """
id: mine
title: Mine
question: Mine?
events: [serious-infection]
test: {arms: [two-biologics]}
comparator: {arms: [one-biologic]}
diseases: [rheumatoid-arthritis]
measure: RD
model: mantel-haenszel
"""
    file.write_text(text, encoding="utf-8")
    assert database.synthesise(file).used
    file.write_text(text.replace(right, wrong), encoding="utf-8")
    with pytest.raises(ParameterError, match=words):
        database.synthesise(file)


@pytest.mark.parametrize(
    "given", [{"compare": "one:placebo"}, {"diseases": ("sle",)}, {"measure": "OR"}, {"several_arms": "split"}]
)
def test_what_is_asked_beside_a_written_question_is_not_passed_over(
    database: Database, given: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who asks for lupus by a question on rheumatoid arthritis gets no number of rheumatoid arthritis, but an error."""
    [name] = given
    words = f"{name} can be given with an outcome alone"
    with pytest.raises(ParameterError, match=words):
        database.synthesise(NAME, **given)
    monkeypatch.setattr("dualbio.cli.studies.synthesise.open_database", lambda *_, **__: database)
    option = {"diseases": "disease"}.get(name, name).replace("_", "-")
    value = given[name] if isinstance(given[name], str) else given[name][0]
    done = CliRunner().invoke(cli, ["synthesise", NAME, f"--{option}", value])
    assert isinstance(done.exception, ParameterError)
    assert words in str(done.exception)
    assert 2 == CliRunner().invoke(cli, ["synthesise", "--list", NAME]).exit_code


def test_the_table_of_studies_is_that_of_the_answer(database: Database) -> None:
    """The CSV has a row for each study with the numbers as metafor names them; weights sum to a hundred."""
    answer = database.synthesise(NAME)
    rows = list(csv.DictReader(io.StringIO(as_csv(answer))))
    assert [study.label for study in answer.studies] == [row["study"] for row in rows]
    assert {"ai", "n1i", "ci", "n2i"} <= set(rows[0])
    assert sum(float(row["weight"]) for row in rows) == pytest.approx(100)


def test_every_number_of_a_pool_is_explained(database: Database, store: EmbeddedStore) -> None:
    """Each number says what it is, by which method, and leads to the studies and rows that it is made of."""
    found = store.select(
        "SELECT DISTINCT ?kind ?thing ?name ?value { ?thing a ?kind ; ?name ?value FILTER (ISNUMERIC(?value)) "
        "VALUES ?kind { dualbio:PooledEstimate dualbio:PoolCandidate } }"
    )
    numbers = [tuple(row[name].value for name in ("thing", "name", "value")) for row in found]
    assert len(numbers) > 150
    for thing, name, value in numbers:
        (why,) = database.why(thing, name, value)
        assert why.rule, (thing, name)
        assert why.summary, (thing, name)
    (flare,) = database.why("pool:severe-flare-blys-inhibition", "dualbio:estimate", "0.7205")
    rows = [str(row.triple.subject) for each in flare.premises for row in each.premises]
    assert rows
    assert [] == [row for row in rows if "/comparison/" not in row]
    with pytest.raises(ParameterError, match=r"is no value of 'dualbio:estimate' of .*accepted: 0[.]7205"):
        database.why("pool:severe-flare-blys-inhibition", "dualbio:estimate", "0.9")


def test_the_shell_can_name_what_a_refusal_asks_for(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reason such as "name those that may stand together under seriousness" is met by an option of that name."""
    monkeypatch.setattr("dualbio.cli.studies.synthesise.open_database", lambda *_, **__: database)
    run = CliRunner().invoke
    asked = ["synthesise", "--outcome", "serious-infection", "--compare", "one:placebo", "--format", "json"]
    assert "name those that may stand together under seriousness" in json.loads(run(cli, asked).stdout)["reason"]
    rules = ("serious", "serious-or-intravenous-antibiotics")
    more = ["--week-min", "20", "--week-max", "60", "--group", "disease", "--threshold", "2", "--population", "safety"]
    told = run(cli, [*asked, *(word for rule in rules for word in ("--seriousness", rule)), *more]).stdout
    answer = database.synthesise(
        outcome="serious-infection",
        compare="one:placebo",
        seriousness=[*rules],
        week_min=20,
        week_max=60,
        groups=["disease"],
        threshold=2,
        populations=["safety"],
    )
    assert json.loads(json.dumps(as_dict(answer, database.release_id))) == json.loads(told)
    assert answer.pooled
    for words in (["--week-min", "soon"], ["--threshold", "much"]):
        assert 2 == CliRunner().invoke(cli, [*asked, *words]).exit_code
