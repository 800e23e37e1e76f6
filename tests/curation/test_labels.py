"""Labels of the vocabularies: every row has one in English and one in Chinese, and no two rows of a table share it."""

from __future__ import annotations

import re
from collections import Counter

import pyoxigraph as ox
import pytest

from dualbio.model.entities import TABLES, VocabularyTable
from dualbio.model.namespaces import BASE, KINDS, term
from dualbio.model.record_fields import fields_of
from dualbio.sources.corpus import read_corpus
from dualbio.sources.folders import shipped_sources
from dualbio.sources.yaml_lines import read_tsv
from dualbio.store.embedded import EmbeddedStore

HAN = re.compile(r"[一-鿿]")
#: Drugs of which no Chinese name is settled.
NAMELESS = {
    "bi-706321",
    "blisibimod",
    "dapirolizumab-pegol",
    "elsubrutinib",
    "ianalumab",
    "itepekimab",
    "jnj-78934804",
    "litifilimab",
    "morf-057",
    "remtolumab",
    "romilkimab",
    "rozibafusp-alfa",
    "tabalumab",
}
#: Rows that Chinese clinicians name in Latin letters: molecules by symbol or code, drugs without a settled name.
LATIN = {
    "april",
    "blys",
    "cd19",
    "cd20",
    "cd22",
    "cd38",
    "pr3-anca",
}


@pytest.fixture(name="rows", params=TABLES, ids=lambda table: table.file)
def fixture_rows(request: pytest.FixtureRequest) -> list[dict[str, str]]:
    """Return the rows of one table."""
    table: VocabularyTable = request.param
    columns = tuple(column.name for column in fields_of(table.model))
    return [row for _, row in read_tsv(shipped_sources().ontology / "entities" / table.file, columns)]


def test_every_row_has_a_chinese_label(rows: list[dict[str, str]]) -> None:
    """A Chinese label is written in Chinese unless usage keeps the Latin name; only drugs may have none as yet."""
    labels = {row["key"]: row["label_zh"] for row in rows if "label_zh" in row}
    assert set() == {row["key"] for row in rows if "label_zh" not in row} - NAMELESS
    assert {} == {key: label for key, label in labels.items() if not HAN.search(label) and key not in LATIN}


@pytest.mark.parametrize("column", ["label", "label_zh"])
def test_no_two_rows_share_a_label(rows: list[dict[str, str]], column: str) -> None:
    """Within a table a label tells its row from all others."""
    counts = Counter(row[column] for row in rows if column in row)
    assert [] == [text for text, count in counts.items() if count > 1]


#: Keys that no reader would take for words: of rows, sources, gaps and findings, and names made of a digest.
ROW_KEY = re.compile(
    r"\b(?:[rcp]\d{3}|[rs]\d{1,2}|g\d{2,3}|bf\d{2}|[al]\d|(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{12})\b"
)


def test_no_label_shows_a_key(store: EmbeddedStore) -> None:
    """What a thing is called is made of names and words: no key of a record of the sources stands in it."""
    corpus = read_corpus(shipped_sources().ontology)
    lessons, findings = corpus.lessons_file, corpus.findings_file
    taught = [each.id for each in lessons.lessons] + [each.id for each in lessons.reviews]
    found = [each.id for each in findings.biomarker_findings] + [each.id for each in findings.not_found]
    keys = {key for key in (*corpus.studies, *corpus.questions, *taught, *found) if "-" in key}
    shown = set()
    for quad in store.quads_for_pattern(None, term("rdfs:label"), None):
        assert isinstance(quad.subject, ox.NamedNode)
        assert isinstance(quad.object, ox.Literal)
        words = {word.strip(".,;:") for word in re.split(r"[\s()\[\]]+", quad.object.value)}
        if quad.subject.value.startswith(BASE) and (words & keys or ROW_KEY.search(quad.object.value)):
            shown.add((quad.subject.value.removeprefix(BASE), quad.object.value))
    assert set() == shown


def test_every_thing_has_a_label(store: EmbeddedStore) -> None:
    """No thing of any kind is called by its address; other names of entities and parts of queries lead on to others."""
    others = {quad.subject for quad in store.quads_for_pattern(None, term("dcterms:isReplacedBy"), None)}
    things = {
        quad.subject
        for quad in store.store
        if isinstance(quad.subject, ox.NamedNode) and quad.subject.value.removeprefix(BASE).partition("/")[0] in KINDS
    }
    labelled = {quad.subject for quad in store.quads_for_pattern(None, term("rdfs:label"), None)}
    parts = {thing for thing in things if re.search(r"/query/[^.]+\.[^.]+\.[pc]\d+$", thing.value)}
    assert set() == things - others - parts - labelled
