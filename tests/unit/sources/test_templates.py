"""The template of a new study passes the checks once it is filled in, and says so until then."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dualbio.build.validate import Report, check_folder
from dualbio.errors import ParameterError
from dualbio.sources.corpus import Corpus, read_corpus
from dualbio.sources.templates import StudyOptions, new_study

CURATED = Path(__file__).resolve().parents[2] / "data" / "curated"
FILLED = {
    "FILL IN": "An invented study",
    "[fill-in]": "[hand-tremor]",
    "drug: fill-in": "drug: alphamab",
    "https://example.org/FILL-IN": "https://example.org/new",
}


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    """Give the invented world."""
    return read_corpus(CURATED)


def check_with(folder: Path, key: str, text: str) -> Report:
    """Check the invented world with one more study file."""
    world = folder / "curated"
    shutil.copytree(CURATED, world)
    (world / "evidence" / f"{key}.yaml").write_text(text, encoding="utf-8")
    return check_folder(world)


def filled(text: str) -> str:
    """Replace what only the author knows."""
    for blank, value in FILLED.items():
        text = text.replace(blank, value)
    return text


@pytest.mark.parametrize(
    "options",
    [
        StudyOptions("new-trial"),
        StudyOptions(
            "new-trial",
            acronym="NEW: 'trial'",
            diseases=("hand-tremor", "tremor-disease"),
            arms=(
                "alphamab+betamab",
                "alphamab+placebo:betamab",
                "placebo:alphamab",
                "gammatinib",
                "alphamab+gammatinib",
            ),
            design="cohort",
            phase="2",
            masking="open-label",
            status="active",
            strategy="concurrent",
            registry_ids=("NCT99999994",),
            pmid="99999904",
        ),
    ],
    ids=["nothing known", "all known"],
)
def test_a_filled_template_passes(options: StudyOptions, corpus: Corpus, tmp_path: Path) -> None:
    """With every blank filled, the template is a sound study."""
    report = check_with(tmp_path, options.key, filled(new_study(options, corpus.entities)))
    assert [] == [str(problem) for problem in (*report.errors, *report.warnings)]


def test_an_unfilled_template_is_told_blank_by_blank(corpus: Corpus, tmp_path: Path) -> None:
    """Each blank is a problem with its line, so that the author sees what is left."""
    text = new_study(StudyOptions("new-trial"), corpus.entities)
    report = check_with(tmp_path, "new-trial", text)
    blanks = [line for line, words in enumerate(text.splitlines(), start=1) if "FILL" in words or "fill-in]" in words]
    assert set(blanks) <= {problem.line for problem in report.errors}


def test_rows_in_the_template_pass_when_uncommented(corpus: Corpus, tmp_path: Path) -> None:
    """The example rows are good rows: with our own outcome they pass as they stand."""
    options = StudyOptions(
        "new-trial", diseases=("hand-tremor",), arms=("alphamab+betamab", "alphamab"), strategy="sequential"
    )
    lines = filled(new_study(options, corpus.entities)).splitlines()
    start = lines.index("# results:")
    rows = [line.removeprefix("# ") if line.startswith("#") else line for line in lines[start:]]
    head = [line.replace("# ", "", 1) if "aims:" in line or "{aim:" in line else line for line in lines[:start]]
    text = "\n".join([*head, *rows]).replace("sri-4", "calm") + "\n"
    report = check_with(tmp_path, "new-trial", text)
    assert [] == [str(problem) for problem in (*report.errors, *report.warnings)]
    assert text.count("- id: r001") == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (StudyOptions("New Trial"), "key 'New Trial'; accepted: lower-case words"),
        (StudyOptions("new-trial", arms=("alphamap",)), "drug 'alphamap' is not known; .*did you mean 'alphamab'"),
        (StudyOptions("new-trial", diseases=("hand-tremors",)), "did you mean 'hand-tremor'"),
        (StudyOptions("new-trial", design="cohorts"), "design 'cohorts' is not known; .*did you mean 'cohort'"),
    ],
    ids=["key", "drug", "disease", "design"],
)
def test_a_wrong_option_is_refused(options: StudyOptions, words: str, corpus: Corpus) -> None:
    """What the vocabularies do not know is refused with the nearest known word."""
    with pytest.raises(ParameterError, match=words):
        new_study(options, corpus.entities)
