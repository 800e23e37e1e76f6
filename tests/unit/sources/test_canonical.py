"""The canonical form of curated files: one order, a row a line, values as they were read."""

from __future__ import annotations

import shutil
import tempfile
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualbio.model.evidence import Result, StudyFile
from dualbio.model.lessons import EvidenceGap, FindingsFile
from dualbio.model.record_fields import Record, fields_of
from dualbio.sources.canonical import canonical_problems, canonical_text, field_order, fix, table_text
from dualbio.sources.corpus import Corpus, read_corpus, read_document, read_folder

CURATED = Path(__file__).resolve().parents[2] / "data" / "curated"
ONTOLOGY = Path(__file__).resolve().parents[3] / "ontology"


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    """Give a copy of the invented world."""
    return read_corpus(Path(shutil.copytree(CURATED, tmp_path / "curated")))


def everything(corpus: Corpus) -> str:
    """Give all records of a corpus with the printed form of their numbers."""
    return repr((corpus.study_files, corpus.lessons_file, corpus.findings_file, corpus.entities))


def test_fixing_keeps_every_value(corpus: Corpus) -> None:
    """Rewriting changes the form of files and nothing of what they say."""
    assert 6 > len(fix(corpus)) > 0
    assert everything(corpus) == everything(read_corpus(corpus.folder))


def test_fixing_twice_changes_nothing(corpus: Corpus) -> None:
    """The canonical form is its own canonical form."""
    fix(corpus)
    again = read_corpus(corpus.folder)
    assert ([], []) == (fix(again), canonical_problems(again))


def test_a_file_in_another_form_is_told(corpus: Corpus) -> None:
    """A file whose fields stand in another order is named with the first line that differs."""
    fix(corpus)
    path = corpus.folder / "evidence" / "calm-3.yaml"
    text = path.read_text(encoding="utf-8").replace(
        "  phase: not-applicable\n  masking: open-label\n", "  masking: open-label\n  phase: not-applicable\n"
    )
    path.write_text(text, encoding="utf-8")
    problems = canonical_problems(read_corpus(corpus.folder))
    assert [("curated/evidence/calm-3.yaml", 8)] == [(problem.file, problem.line) for problem in problems]
    assert "repair: dualbio check --fix" in problems[0].message


@pytest.mark.parametrize(
    ("file", "sound", "broken"),
    [
        ("lessons/biomarker-findings.yaml", "not_found:", "not_yet_found:"),
        ("lessons/lessons.yaml", "lessons:", "lesson:"),
        ("entities/drugs.tsv", "key\t", "keys\t"),
        ("entities/drugs.tsv", "small-molecule", "large-molecule"),
        ("evidence/calm-3.yaml", "masking: open-label", "masking: half-open"),
    ],
)
def test_fixing_keeps_every_byte_of_a_broken_file(corpus: Corpus, file: str, sound: str, broken: str) -> None:
    """A file with a record that cannot be read is not rewritten: what was not read would be lost."""
    path = corpus.folder / file
    text = path.read_text(encoding="utf-8").replace(sound, broken, 1)
    path.write_text(text, encoding="utf-8")
    found, problems = read_folder(corpus.folder, whole=False)
    fix(found)
    assert {f"curated/{file}"} == {problem.file for problem in problems}
    assert text == path.read_text(encoding="utf-8")


def test_head_comments_stay(corpus: Corpus) -> None:
    """The comment lines before the first record are kept."""
    fix(corpus)
    text = (corpus.folder / "evidence" / "calm-1.yaml").read_text(encoding="utf-8")
    assert "# An invented world: no drug, disease, identifier or number in it is real." == text.splitlines()[0]


def test_a_written_study_reads_back_equal(corpus: Corpus, tmp_path: Path) -> None:
    """The canonical text of a study reads back as the same record, and that has the same text."""
    path = tmp_path / "calm-1.yaml"
    study = corpus.study("calm-1")
    path.write_text(canonical_text(study), encoding="utf-8")
    read = read_document(tmp_path, path, StudyFile).record
    assert repr(study) == repr(read)
    assert canonical_text(study) == canonical_text(read)


def test_rows_take_one_line(corpus: Corpus) -> None:
    """A row of plain values is one line that begins with what tells it apart."""
    lines = canonical_text(corpus.study("calm-1")).splitlines()
    assert any(line.startswith("- {id: r001, arm: alone, kind: efficacy, outcome: calm, ") for line in lines)


def test_every_field_has_its_place() -> None:
    """The order of fields names each field of the model once."""
    models: list[type[Record]] = [Result, *Record.__subclasses__()]
    for model in models:
        assert sorted(column.name for column in fields_of(model)) == sorted(field_order(model))


def test_a_table_reads_back_as_it_was() -> None:
    """The real tables are in canonical form."""
    corpus = read_corpus(ONTOLOGY)
    for kind, file in (("drug", "drugs.tsv"), ("value", "values.tsv")):
        rows = tuple(corpus.entities[kind].values())
        assert table_text(rows, type(rows[0])) == (ONTOLOGY / "entities" / file).read_text(encoding="utf-8")


TEXTS = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Co", "Cn"), exclude_characters="\ufeff\u2028\u2029\u0085"),
    min_size=1,
)


@given(TEXTS)
def test_any_text_survives(text: str) -> None:
    """Text comes back as it was, whatever YAML would make of it."""
    record = FindingsFile(biomarker_findings=(), not_found=(EvidenceGap(id="g01", statement=text, state="zero"),))
    assert record == reread(record)


@pytest.mark.parametrize(
    "text", ["no", "true", "2020-01-01", "1:30", "~", "null", "0x1F", "1e3", ".5", "- a", "a: b", "#x"]
)
def test_treacherous_words_survive(text: str) -> None:
    """Words that YAML takes for something else stay text."""
    record = FindingsFile(biomarker_findings=(), not_found=(EvidenceGap(id="g01", statement=text, state="zero"),))
    assert record == reread(record)


@pytest.mark.parametrize("text", ["a\nb", "a\n\n b", "a\u2028b", "a\u0085b", " a", "a ", "a\tb"])
def test_a_text_of_several_lines_takes_one(text: str) -> None:
    """Line breaks and blanks at the ends survive on the one line of their row."""
    record = FindingsFile(biomarker_findings=(), not_found=(EvidenceGap(id="g01", statement=text, state="zero"),))
    assert record == reread(record)
    assert 3 == len(canonical_text(record).splitlines())


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-1000, max_value=1000))
def test_any_number_keeps_its_zeros(number: Decimal) -> None:
    """Numbers come back in the form they were printed in."""
    row = Result.model_validate(ROW | {"value": number})
    file = invented_study().model_copy(update={"results": (row,)})
    again = reread(file)
    assert isinstance(again, StudyFile)
    assert again.results
    assert f"{number:f}" == f"{again.results[0].value:f}"


@cache
def invented_study() -> StudyFile:
    """Give a study without results."""
    return read_corpus(CURATED).study("calm-3")


ROW = {
    "id": "r001",
    "arm": "vial",
    "kind": "efficacy",
    "outcome": "calm",
    "outcome_as_reported": "calm",
    "role": "primary",
    "week": Decimal(4),
    "population": "ITT",
    "unit_of_analysis": "patient",
    "statistic": "mean",
    "source": "s1",
    "locator": "text",
    "checked": "secondary",
}


def reread(record: Record) -> Record:
    """Write a record as text and read the text back, without a file."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "record.yaml"
        path.write_text(canonical_text(record), encoding="utf-8")
        return read_document(Path(name), path, type(record)).record
