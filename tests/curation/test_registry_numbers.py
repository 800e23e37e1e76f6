"""A number of a registry makes a trial findable, and a wrong one makes it another trial."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dualbio.model.evidence import StudyFile
from dualbio.sources.corpus import read_corpus

ONTOLOGY = Path(__file__).resolve().parents[2] / "ontology"


def unseen(file: StudyFile) -> Iterator[str]:
    """Yield the numbers of a study that no page of its sources has, and of which no note says where they stand."""
    told = " ".join(filter(None, (file.study.note, *(source.note for source in file.sources))))
    read = {source.registry_id for source in file.sources if source.url}
    yield from (number for number in file.study.registry_ids or () if number not in read and number not in told)


def test_every_registry_number_was_read_on_a_page() -> None:
    """It is the number of a record among the sources, or a note says which page prints it, or that none does."""
    documents = read_corpus(ONTOLOGY).studies
    files = {name: each.record for name, each in documents.items() if isinstance(each.record, StudyFile)}
    assert sum(len(file.study.registry_ids or ()) for file in files.values()) > 100
    assert {} == {name: found for name, file in files.items() if (found := list(unseen(file)))}
