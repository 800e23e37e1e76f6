"""What counts as a source in a folder of sources."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dualbio.owl.rules.domain import read_rules
from dualbio.queries import Library
from dualbio.sources.corpus import read_corpus
from dualbio.sources.folders import SourceFolders, files_in, shipped_sources

CURATED = Path(__file__).parents[2] / "data" / "curated"
#: What systems and editors leave beside a file that somebody copied or has open.
LEFT = ("._{}", ".{}.swp", ".~lock.{}#", ".git/{}")


@pytest.fixture
def sources(tmp_path: Path) -> SourceFolders:
    """A small ontology with a rule and a saved query."""
    shipped = shipped_sources()
    shutil.copytree(CURATED, tmp_path / "ontology")
    for folder, name in ((shipped.ontology / "rules", "ontology/rules"), (shipped.queries / "audit", "queries/audit")):
        (tmp_path / name).mkdir(parents=True)
        shutil.copy(files_in(folder, "*.rq")[0], tmp_path / name)
    return SourceFolders(tmp_path / "ontology", tmp_path / "queries")


def read(sources: SourceFolders) -> tuple[str, set[str], list[str], list[str]]:
    """Return the digest of the sources, and the names of what is read."""
    rules = [rule.name for rule in read_rules(sources.ontology / "rules")]
    return sources.digest, set(read_corpus(sources.ontology).studies), list(Library.read(sources.queries)), rules


@pytest.mark.parametrize("left", LEFT)
def test_what_a_system_leaves_is_no_source(sources: SourceFolders, left: str) -> None:
    """A file that begins with a dot, or stands in such a folder, is not read and changes no digest."""
    before = read(sources)
    assert all(before)
    for root in (sources.ontology, sources.queries):
        for file in [file for file in root.rglob("*") if file.is_file()]:
            other = file.parent / left.format(file.name)
            other.parent.mkdir(exist_ok=True)
            other.write_bytes(b"\x00\x05\x16\x07 no source at all")

    assert before == read(sources)


def test_files_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    """The order does not depend on the file system, and folders are no files."""
    for name in ("b.rq", "a.rq", "c.txt"):
        (tmp_path / name).touch()
    (tmp_path / "d.rq").mkdir()

    assert [tmp_path / "a.rq", tmp_path / "b.rq"] == files_in(tmp_path, "*.rq")
