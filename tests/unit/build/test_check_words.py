"""Words, forms and kinds that a check looks for: each of them is found, and what resembles them is let pass."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from dualbio.build.validate import check_folder

#: Each case reads a folder of its own; the checks themselves are tried in test_checks.
pytestmark = pytest.mark.slow

CURATED = Path(__file__).resolve().parents[2] / "data" / "curated"
TRIAL, COHORT, SERIES = (f"evidence/calm-{number}.yaml" for number in (1, 2, 3))
LESSONS, FINDINGS = "lessons/lessons.yaml", "lessons/biomarker-findings.yaml"
EDGES, DRUGS = "entities/mechanism-edges.tsv", "entities/drugs.tsv"
#: Designs, those first that show a change best, and how many of them are as strong as a strength says.
DESIGNS = ("randomised-controlled-trial", "pooled-analysis", "non-randomised-trial", "cohort", "single-arm-trial",
           "case-series", "not-stated")  # fmt: skip
STRENGTHS = {"randomised": 2, "cohort": 5, "uncontrolled": 6, "single-case": 7, "hypothesis": 7}
#: What the other study must say of an overlap.
OVERLAPS = {
    "pools": "pooled-in",
    "pooled-in": "pools",
    "extends": "extended-by",
    "extended-by": "extends",
    "successive-cut": "successive-cut",
    **{kind: kind for kind in ("possible-overlap", "shared-pooled-analysis", "same-report")},
}


class Family(NamedTuple):
    """In `file`, `old` becomes each text of `found`, which `check` must report, and of `passed`, which it must not."""

    check: str
    file: str
    old: str
    found: tuple[str, ...]
    passed: tuple[str, ...] = ()


CLAIMS = ("raises", "raised", "increases", "increased", "lowers", "lowered", "reduces", "reduced", "decreases",
          "decreased", "RAISED")  # fmt: skip
PARTS = (". ", "; ", ": ", ", ", " but ", " while ", " whereas ", " yet ", " although ")
INVISIBLE = ("\\x01", "\\x1f", "\\x7f", "\\u00a0", "\\u00ad", "\\u200b", "\\u200f", "\\u2028", "\\u2029", "\\ufeff")

FAMILIES = (
    # A word for a change, in any form, claims a shown difference; a hedge takes the claim back.
    Family(
        "lesson-wording",
        LESSONS,
        "Infections were rare",
        (*(f"Betamab {claim} infections" for claim in CLAIMS), "Betamab raised unreported infections"),
        (
            "Betamab numerically raised infections",
            "Betamab is reported to have lowered infections",
            "Betamab prolonged infections",
            "Betamab braised infections",
            "Betamab lowerings of infections",
        ),
    ),
    # The difference that one clause shows does not carry the claim of the next.
    Family(
        "lesson-wording",
        LESSONS,
        "statement: Adding betamab after alphamab calmed more hands in an invented world.",
        tuple(f'statement: "There was more calm{part}infections were raised"' for part in PARTS),
        ('statement: "There was more calm and infections were raised"',),
    ),
    # No reader can see these characters, or they came about by a wrong encoding.
    Family(
        "clean-text",
        TRIAL,
        "population: adults of an invented country",
        (
            *(f'population: "adults{character}of a country"' for character in INVISIBLE),
            *(f'population: "adults of C{broken}te"' for broken in ("\\ufffd", "Ã©", "â€")),
            *(f'population: "{text}"' for text in (" adults", "adults ", "adults  of")),
        ),
        ('population: "adults of C\\u00f4te d\\u2019Ivoire \\u2013 of all ages"',),
    ),
    # What only its author could open, or meant to fill in later, is no text for readers.
    Family(
        "clean-text",
        TRIAL,
        "locator: Table 4",
        (
            *(f"locator: /{root}/somebody/table" for root in ("tmp", "home", "root", "mnt", "var", "Users")),
            *(f"locator: {text}" for text in ("TODO", "FIXME", "XXX", "FILL IN", "FILL-IN", "lorem ipsum")),
        ),
        ("locator: Table 4 of example.org/home/table", "locator: people/home/week", "locator: XXXL"),
    ),
    # Numbers of PubMed Central, and of three registries.
    Family(
        "identifier-form",
        TRIAL,
        "pmcid: PMC99999901",
        ("pmcid: PMC123", "pmcid: PMC01234", "pmcid: PMC123456789"),
        ("pmcid: PMC1234", "pmcid: PMC12345678"),
    ),
    Family(
        "identifier-form",
        TRIAL,
        "registry_ids: [NCT99999991, 2099-000001-11, ISRCTN99999991]",
        tuple(
            f"registry_ids: [{number}]"
            for number in ("NCT00000000", "ISRCTN9999999", "ISRCTN999999999", "1999-000001-11")
        ),
        tuple(f"registry_ids: [{number}]" for number in ("NCT00000001", "ISRCTN12345678", "2016-003050-32")),
    ),
    # An address that names another report is that of another report, whichever number it names.
    Family(
        "url-identity",
        TRIAL,
        "https://pubmed.ncbi.nlm.nih.gov/99999901/",
        (
            "https://pubmed.ncbi.nlm.nih.gov/99999902/",
            "https://pmc.ncbi.nlm.nih.gov/articles/PMC99999902/",
            "https://doi.org/10.9999/calm.2",
            "https://dx.doi.org/10.9999/calm.2",
        ),
        (
            "https://pubmed.ncbi.nlm.nih.gov/99999901",
            "https://pmc.ncbi.nlm.nih.gov/articles/PMC99999901/",
            "https://doi.org/10.9999/CALM.1",
            "https://example.org/99999902",
        ),
    ),
    Family(
        "url-identity",
        TRIAL,
        "https://clinicaltrials.gov/study/NCT99999991",
        ("https://clinicaltrials.gov/study/NCT99999992",),
        ("https://clinicaltrials.gov/search?id=NCT99999991",),
    ),
    # A name that gathers arms is that of a union.
    Family(
        "union-undeclared",
        SERIES,
        "label: the vial",
        tuple(f"label: {word} people" for word in ("all", "Any", "both", "Pooled")),
        ("label: allergic people", "label: people of both sexes"),
    ),
    Family("union-undeclared", SERIES, "id: vial", ("id: all", "id: any", "id: pooled"), ("id: overall",)),
    # Infections that needed a drug by vein are counted by another rule than serious ones.
    Family(
        "seriousness-against-event",
        TRIAL,
        "outcome_as_reported: serious infection, seriousness",
        tuple(
            f"outcome_as_reported: serious infection or {way} {drug}s, seriousness"
            for way, drug in (
                ("intravenous", "antibiotic"),
                ("IV", "antimicrobial"),
                ("i.v.", "anti-infective"),
                ("Intravenous", "Antibiotic"),
            )
        ),
        (
            "outcome_as_reported: serious infection under intravenous betamab, seriousness",
            "outcome_as_reported: serious infection or oral antibiotics, seriousness",
        ),
    ),
    # The first dose is the first number of the words, unless it begins a span.
    Family(
        "step-words",
        TRIAL,
        "start_week: 4",
        tuple(
            f"frequency: '{words}', start_week: 4"
            for words in ("week 8", "weeks 8 and 12", "Week 8", "weeks 12, 8", "day 57")
        ),
        tuple(
            f"frequency: '{words}', start_week: 4"
            for words in (
                *("week 4", "weeks 8 to 12", "weeks 12 to 16", "weeks 8-12", "weeks 8 - 12"),
                *("every 8 weeks", "once in week 8"),
            )
        ),
    ),
    # Small molecules and glucocorticoids are the drugs that are no biologic.
    Family(
        "drug-kind",
        DRUGS,
        "small-molecule\tantigen-c\t\t\tc-inhibition\t\tfalse",
        (
            "small-molecule\tantigen-c\t\t\tc-inhibition\t\ttrue",
            "glucocorticoid\tantigen-c\t\t\tc-inhibition\t\ttrue",
            "monoclonal-antibody\tantigen-c\t\t\tc-inhibition\t\tfalse",
            "fusion-protein\tantigen-c\t\t\tc-inhibition\t\tfalse",
        ),
        ("glucocorticoid\tantigen-c\t\t\tc-inhibition\t\tfalse",),
    ),
    # A trial's own report is that of one study; what others tell of it may be told of several.
    Family(
        "report-shared",
        SERIES,
        "{id: s1, type: review, url: https://example.org/vial, independence: primary}",
        tuple(
            f"{{id: s1, pmid: '99999901', type: journal-article, independence: {own}}}"
            for own in ("primary", "same-trial-later-report")
        ),
        ("{id: s1, pmid: '99999901', type: journal-article, independence: secondary}",),
    ),
    # A statistic is made of its number, in its unit.
    Family(
        "statistic-form",
        TRIAL,
        "statistic: percent, events: 8, total: 40, value: 20, unit: '%', derived: true, derived_fields: [events]",
        (
            "statistic: percent, events: 8, total: 40, unit: '%'",
            "statistic: percent, total: 40, value: 20, unit: points",
            "statistic: rate, person_years: 40, value: 20, unit: '%'",
            "statistic: rate, events: 8, person_years: 40, unit: per 100 patient-years",
        ),
        (
            "statistic: percent, total: 40, value: 20, unit: '%'",
            "statistic: rate, person_years: 40, value: 20, unit: per 100 patient-years",
            "statistic: count, total: 40, events: 8",
            "statistic: count, total: 40, value: 20, unit: '%'",
            "statistic: mean, total: 40, value: 20, unit: points",
        ),
    ),
    # A number is seen on a page of its level.
    Family(
        "level-of-source",
        TRIAL,
        "source: s1, locator: Table 4, checked: fulltext",
        ("source: s1, locator: Table 4, checked: registry",
         "source: s2, locator: Table 4, checked: fulltext",
         "source: s2, locator: Table 4, checked: abstract"),
        ("source: s1, locator: Table 4, checked: abstract",
         "source: s2, locator: Table 4, checked: registry",
         "source: s2, locator: Table 4, checked: secondary"),
    ),
)  # fmt: skip


FOUND = [(family, new) for family in FAMILIES for new in family.found]
PASSED = [(family, new) for family in FAMILIES for new in family.passed]


def named(value: Family | str) -> str:
    """Return the name of a case: its check, or its text."""
    return value if isinstance(value, str) else value.check


def told(check: str, folder: Path, changes: dict[str, tuple[str, str]]) -> list[str]:
    """Return what a check says of the world with a change in some files, and what keeps that world from being read."""
    world = folder / "curated"
    shutil.copytree(CURATED, world)
    for file, (old, new) in changes.items():
        text = (world / file).read_text(encoding="utf-8")
        assert old in text
        (world / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    report = check_folder(world)
    unread = ("schema", "syntax", "table", check)
    return [p.check for p in (*report.errors, *report.warnings, *report.notes) if p.check in unread]


@pytest.mark.parametrize(("family", "new"), FOUND, ids=named)
def test_every_member_of_a_family_is_found(family: Family, new: str, tmp_path: Path) -> None:
    """The check reports each word, form or kind that it is about, once."""
    assert [family.check] == told(family.check, tmp_path, {family.file: (family.old, new)})


@pytest.mark.parametrize(("family", "new"), PASSED, ids=named)
def test_what_resembles_a_family_is_let_pass(family: Family, new: str, tmp_path: Path) -> None:
    """The check says nothing of what only looks like it."""
    assert [] == told(family.check, tmp_path, {family.file: (family.old, new)})


@pytest.mark.parametrize("strength", STRENGTHS)
@pytest.mark.parametrize("design", DESIGNS)
def test_an_edge_is_as_strong_as_a_design_shows(design: str, strength: str, tmp_path: Path) -> None:
    """A randomised effect needs a randomised trial, one of a cohort a comparison, an uncontrolled one some people."""
    edge = f"loss\tloss\t\tmechanism:a-depletion\tlowers\tcell:a-cell\t\tfinding:bf01\tfulltext\t{strength}\t\n"
    header = "checked\tstrength\tnote\n"
    changes = {TRIAL: ("design: randomised-controlled-trial", f"design: {design}"), EDGES: (header, header + edge)}
    shown = DESIGNS.index(design) < STRENGTHS[strength]
    assert ([] if shown else ["edge-strength"]) == told("edge-strength", tmp_path, changes)


@pytest.mark.parametrize("kind", OVERLAPS)
@pytest.mark.parametrize("back", OVERLAPS)
def test_an_overlap_is_recorded_from_both_sides(kind: str, back: str, tmp_path: Path) -> None:
    """A study that pools another is pooled by nobody else, and one that extends it is extended by nobody else."""
    changes = {TRIAL: ("kind: pooled-in", f"kind: {kind}"), COHORT: ("kind: pools", f"kind: {back}")}
    assert (OVERLAPS[kind] == back) == (not told("overlap-mutual", tmp_path, changes))
