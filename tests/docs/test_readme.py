"""The README says what is so."""

from __future__ import annotations

from documents import ROOT, blocks
from dualbio.sources.corpus import read_corpus
from dualbio.sources.folders import shipped_sources
from dualbio.version import __version__

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_first_screen_says_how_current_the_data_are() -> None:
    """Version, number of studies and year of the newest source are those of the data."""
    studies = read_corpus(shipped_sources().ontology).study_files.values()
    newest = max(source.year for study in studies for source in study.sources if source.year is not None)
    assert f"Version {__version__} holds {len(studies)} studies, with sources published up to {newest}." in README


def test_the_first_screen_shows_what_its_commands_print() -> None:
    """Each command of the first screen has a block of text below it, which is compared with what it prints."""
    shown = {block.text: block.printed or "" for block in blocks(ROOT / "README.md") if "superiority -p" in block.text}
    assert ["BLISS-BELIEVE", "BEAT-LUPUS"] == [text.split()[6] for text in shown.values()]
