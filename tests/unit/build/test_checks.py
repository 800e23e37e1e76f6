"""Every check finds the record that breaks it, tells file, line, record and repair, and is documented."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from dualbio.build.checks import CHECKS
from dualbio.build.checks.survey import Place, Site
from dualbio.build.validate import Report, check_folder, validate
from dualbio.errors import DataError
from dualbio.model.record_fields import Record
from dualbio.sources.corpus import read_corpus

ROOT = Path(__file__).resolve().parents[3]
CURATED = ROOT / "tests" / "data" / "curated"


class Broken(NamedTuple):
    """In `file`, `old` becomes `new`; `check` must then name the line that holds `at`, the record and the words."""

    check: str
    file: str
    old: str
    new: str
    at: str
    record: str
    words: str


BROKEN = [Broken(**case) for case in yaml.safe_load((CURATED.parent / "broken-records.yaml").read_text("utf-8"))]


class Sound(NamedTuple):
    """Each old text of the `changes` of a file becomes the new one; `check` must say nothing: the `sentence`."""

    check: str
    sentence: str
    changes: dict[str, dict[str, str]]


SOUND = [Sound(**case) for case in yaml.safe_load((CURATED.parent / "sound-records.yaml").read_text("utf-8"))]


def copy_with(folder: Path, file: str, old: str, new: str) -> Path:
    """Copy the invented world below `folder` with one change, which must apply."""
    world = folder / "curated"
    shutil.copytree(CURATED, world)
    text = (world / file).read_text(encoding="utf-8")
    assert old in text, f"{file} has no {old!r}"
    (world / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    return world


def sound_world(folder: Path, case: Sound) -> Path:
    """Copy the invented world below `folder` with all changes of `case`, which must apply."""
    world = folder / "curated"
    shutil.copytree(CURATED, world)
    for file, changes in case.changes.items():
        text = (world / file).read_text(encoding="utf-8")
        for old, new in changes.items():
            assert old in text, f"{file} has no {old!r}"
            text = text.replace(old, new, 1)
        (world / file).write_text(text, encoding="utf-8")
    return world


def problems_of(report: Report) -> list[str]:
    """Give all problems of a report as lines."""
    return [str(problem) for problem in (*report.errors, *report.warnings, *report.notes)]


def test_the_invented_world_has_no_problem() -> None:
    """The data that the other tests break is sound to begin with."""
    report = check_folder(CURATED)
    assert [] == problems_of(report)
    assert () == report.errors


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: f"{case.check}: {case.new}"[:60])
def test_a_broken_record_gives_its_message_and_line(case: Broken, tmp_path: Path) -> None:
    """Each deliberately broken record is told once, with its file, line, record and the right words."""
    world = copy_with(tmp_path, case.file, case.old, case.new)
    lines = (world / case.file).read_text(encoding="utf-8").splitlines()
    line = next(number for number, text in enumerate(lines, start=1) if case.at in text)
    report = check_folder(world)
    found = [p for p in (*report.errors, *report.warnings, *report.notes) if p.check == case.check]
    place = (f"curated/{case.file}", line, case.record)
    told = [p for p in found if (p.file, p.line, p.record) == place]
    assert 1 == len(told), f"at {place}: {problems_of(report)}"
    assert case.words in told[0].message
    assert re.search(r"repair|did you mean|accepted", told[0].message), told[0].message


@pytest.mark.parametrize("case", SOUND, ids=lambda case: f"{case.check}: {case.sentence}"[:60])
def test_a_record_that_looks_odd_and_is_right_is_no_problem(case: Sound, tmp_path: Path) -> None:
    """What each check must let pass is read, and the check is silent."""
    report = check_folder(sound_world(tmp_path, case))
    assert [] == [
        str(p)
        for p in (*report.errors, *report.warnings, *report.notes)
        if p.check in (case.check, "schema", "syntax", "table")
    ]


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: f"{case.check}: {case.new}"[:60])
def test_a_problem_stands_at_a_field_that_its_record_has(
    case: Broken, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A check points at a value that is given: a path that leads nowhere would be told at the line around it."""
    lost: list[str] = []
    at = Site.at

    def followed(site: Site[Record], *path: str | int) -> Place:
        value: object = site.record
        for part in path:
            if isinstance(part, str) and part not in type(value).model_fields:  # type: ignore[attr-defined]
                lost.append(f"{type(value).__name__}.{part}")
                break
            value = getattr(value, part) if isinstance(part, str) else value[part]  # type: ignore[index]
            if value is None:
                lost.append(f"{part} of {site.root_name}, which is empty")
        return at(site, *path)

    monkeypatch.setattr(Site, "at", followed)
    check_folder(copy_with(tmp_path, case.file, case.old, case.new))
    assert [] == lost


def test_every_check_is_broken_by_a_record() -> None:
    """No check is without a record that proves it can fail."""
    assert {check.name for check in CHECKS} == {case.check for case in BROKEN}


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    """Two defects in two files are told in one run, sorted by file and line."""
    world = copy_with(tmp_path, "evidence/calm-1.yaml", "drug: betamab", "drug: betamap")
    text = (world / "lessons/lessons.yaml").read_text(encoding="utf-8").replace("[r002, c001]", "[r002, c009]")
    (world / "lessons/lessons.yaml").write_text(text, encoding="utf-8")
    errors = check_folder(world).errors
    assert ["unknown-key", "unknown-id"] == [problem.check for problem in errors]
    with pytest.raises(DataError, match=r"betamap[\s\S]*c009"):
        check_folder(world).raise_errors()


def test_a_broken_file_does_not_hide_the_others(tmp_path: Path) -> None:
    """A file that cannot be read is told together with the defects of sound ones; its lack causes no others."""
    world = copy_with(tmp_path, "evidence/calm-1.yaml", "drug: betamab", "drug: betamap")
    (world / "evidence" / "calm-2.yaml").write_text("study: {id: calm-2", encoding="utf-8")
    text = (world / "evidence" / "calm-3.yaml").read_text(encoding="utf-8")
    (world / "evidence" / "calm-3.yaml").write_text(text.replace("design: case-series", "design: cohorts"), "utf-8")
    assert [("calm-1", "unknown-key"), ("calm-2", "syntax"), ("calm-3", "schema")] == [
        (Path(problem.file).stem, problem.check) for problem in check_folder(world).errors
    ]


def test_a_severity_decides_where_a_problem_goes(tmp_path: Path) -> None:
    """Warnings and notes do not stop a build."""
    world = copy_with(tmp_path, "evidence/calm-2.yaml", "checked: fulltext", "checked: memory")
    report = check_folder(world)
    assert () == report.errors
    assert "memory-primary" in [problem.check for problem in report.warnings]


WAIVER = """\
waivers:
- check: {check}
  file: evidence/calm-1.yaml
  records: [{record}]
  reason: {reason}
"""
GOOD_REASON = "The invented table prints another percentage beside these counts, and both numbers stay."


def waived(folder: Path, old: str, new: str, **waiver: str) -> Report:
    """Check the invented world with one change and one waiver."""
    world = copy_with(folder, "evidence/calm-1.yaml", old, new)
    values = {"check": "percentage-against-count", "record": "results r001", "reason": GOOD_REASON} | waiver
    (world / "waivers.yaml").write_text(WAIVER.format(**values), encoding="utf-8")
    return check_folder(world)


def test_a_waiver_sets_a_known_oddity_apart(tmp_path: Path) -> None:
    """A waived problem is neither an error nor lost."""
    report = waived(tmp_path, "value: 25.0, unit: '%'", "value: 26.0, unit: '%'")
    assert [] == problems_of(report)
    assert ["results r001"] == [problem.record for problem in report.waived]


@pytest.mark.parametrize(
    ("waiver", "check", "words"),
    [
        ({"record": "results r002"}, "waiver-stale", "results r002 of evidence/calm-1.yaml passes"),
        ({"reason": "Kept as it is printed."}, "waiver-reason", "has 5 different words; accepted: 10 or more"),
        ({"reason": "kept " * 12}, "waiver-reason", "has 1 different words"),
        ({"check": "percentage-against-counts"}, "waiver-unknown", "did you mean 'percentage-against-count'?"),
        ({"check": "unknown-key"}, "waiver-unknown", "'unknown-key' cannot be waived"),
    ],
    ids=["applies to nothing", "short reason", "same word again", "no such check", "check that nothing waives"],
)
def test_a_bad_waiver_is_an_error(waiver: dict[str, str], check: str, words: str, tmp_path: Path) -> None:
    """A waiver that matches nothing, names no check, or hardly says why is a defect with a line of its own."""
    report = waived(tmp_path, "value: 25.0, unit: '%'", "value: 26.0, unit: '%'", **waiver)
    told = [problem for problem in report.errors if problem.check == check]
    assert ["curated/waivers.yaml"] == [problem.file for problem in told]
    assert words in told[0].message
    assert 0 < told[0].line < 6


def test_a_waiver_of_one_record_leaves_the_others(tmp_path: Path) -> None:
    """A waiver covers the records it names and no more."""
    world = copy_with(tmp_path, "evidence/calm-1.yaml", "value: 25.0, unit: '%'", "value: 26.0, unit: '%'")
    file = world / "evidence/calm-1.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("value: 50, unit", "value: 60, unit"), encoding="utf-8")
    waiver = WAIVER.format(check="percentage-against-count", record="results r001", reason=GOOD_REASON)
    (world / "waivers.yaml").write_text(waiver, encoding="utf-8")
    assert ["results r002"] == [
        problem.record for problem in check_folder(world).errors if "percentage" in problem.check
    ]


def test_a_waiver_of_one_file_leaves_the_same_row_of_another(tmp_path: Path) -> None:
    """Row ids are good inside their study: a waiver of r001 of one study is none of r001 of another."""
    world = copy_with(tmp_path, "evidence/calm-1.yaml", "value: 25.0, unit: '%'", "value: 26.0, unit: '%'")
    other = world / "evidence/calm-2.yaml"
    text = other.read_text(encoding="utf-8")
    assert "events: 1, total: 9" in text
    other.write_text(text.replace("events: 1, total: 9", "events: 1, total: 9, value: 90, unit: '%'"), "utf-8")
    both = [("curated/evidence/calm-1.yaml", "results r001"), ("curated/evidence/calm-2.yaml", "results r001")]
    assert both == [(problem.file, problem.record) for problem in check_folder(world).errors]
    waiver = WAIVER.format(check="percentage-against-count", record="results r001", reason=GOOD_REASON)
    (world / "waivers.yaml").write_text(waiver, encoding="utf-8")
    report = check_folder(world)
    assert both[1:] == [(problem.file, problem.record) for problem in report.errors]
    assert both[:1] == [(problem.file, problem.record) for problem in report.waived]


def test_a_waiver_of_one_check_leaves_the_others(tmp_path: Path) -> None:
    """A record that breaks two checks and is waived for one is still told for the other."""
    world = copy_with(tmp_path, "evidence/calm-1.yaml", "value: 25.0, unit: '%'", "value: 126.0, unit: '%'")
    broken = {problem.check for problem in check_folder(world).errors if problem.record == "results r001"}
    assert {"percentage-against-count", "percentage-range"} == broken
    waiver = WAIVER.format(check="percentage-against-count", record="results r001", reason=GOOD_REASON)
    (world / "waivers.yaml").write_text(waiver, encoding="utf-8")
    left = {problem.check for problem in check_folder(world).errors if problem.record == "results r001"}
    assert {"percentage-range"} == left


def test_validate_takes_any_table_of_checks() -> None:
    """A caller may run a part of the checks."""
    report = validate(read_corpus(CURATED), checks=CHECKS[:1])
    assert [] == problems_of(report)


def test_each_check_has_one_name() -> None:
    """Names of checks are words joined by hyphens, each used once."""
    names = [check.name for check in CHECKS]
    assert sorted(set(names)) == sorted(names)
    assert [] == [name for name in names if not re.fullmatch(r"[a-z]+(-[a-z]+)+", name)]


def test_every_check_is_documented() -> None:
    """The page of checks has one section a check, in the order of the table, with severity and rule."""
    page = (ROOT / "docs" / "checks.md").read_text(encoding="utf-8")
    assert [check.name for check in CHECKS] == re.findall(r"^### `([\w-]+)`$", page, re.MULTILINE)
    for check in CHECKS:
        section = page.split(f"### `{check.name}`\n")[1].split("\n#")[0]
        assert f"**{check.severity}" in section, check.name
        assert check.title in section, check.name


@pytest.mark.parametrize(
    ("new", "check"), [("cell:a-cell\tB cell", "subject-label"), ("cell:z-cell\tA cell", "unknown-subject")]
)
def test_what_a_build_refuses_of_mappings_is_told_before(tmp_path: Path, new: str, check: str) -> None:
    """A mapping under another label, or of nothing, is an error of the checks, not first of the build."""
    world = copy_with(tmp_path, "mappings/cells.sssom.tsv", "cell:a-cell\tA cell", new)

    assert check in {problem.check for problem in check_folder(world).errors}


@pytest.mark.parametrize("printed", ["'<', value: 0.05", "'<', value: 0.01", "'<=', value: 0.049", "'<', value: 0.1"])
def test_p_below_a_bound_goes_with_what_it_can_tell(printed: str, tmp_path: Path) -> None:
    """A significant result may be printed as p < 0.05; a bound above 0.05 tells nothing."""
    world = copy_with(tmp_path, "evidence/calm-1.yaml", "'=', value: 0.02", printed)
    assert [] == [text for text in problems_of(check_folder(world)) if "significant-against-p" in text]


def test_a_broken_mapping_hides_no_other_problem(tmp_path: Path) -> None:
    """What no build could read of mappings stands beside what is wrong with the records."""
    world = copy_with(tmp_path, "mappings/cells.sssom.tsv", "cell:a-cell\tA cell", "cell:z-cell\tA cell")
    text = (world / "evidence/calm-1.yaml").read_text(encoding="utf-8").replace("drug: betamab", "drug: betamap", 1)
    (world / "evidence/calm-1.yaml").write_text(text, encoding="utf-8")
    assert {"unknown-subject", "unknown-key"} <= {problem.check for problem in check_folder(world).errors}
    table = world / "mappings" / "subsumptions.tsv"
    table.write_text(table.read_text(encoding="utf-8").replace("narrower_id", "narrow"), encoding="utf-8")
    assert "unknown-key" in {problem.check for problem in check_folder(world).errors}


def test_a_value_that_nothing_describes_is_told_once(tmp_path: Path) -> None:
    """However many records have it, one row is to be added, and one problem says so."""
    world = copy_with(tmp_path, "evidence/calm-1.yaml", "phase: '2'", "phase: 2b")
    other = world / "evidence" / "calm-2.yaml"
    text = other.read_text(encoding="utf-8")
    assert "phase: " in text
    other.write_text(re.sub("phase: .*", "phase: 2b", text, count=1), encoding="utf-8")
    assert ["scheme-value"] == [problem.check for problem in check_folder(world).errors]


@pytest.mark.parametrize(("most", "shown"), [("7", False), ("6.9", True)])
def test_an_interval_that_ends_at_no_difference_shows_none(most: str, *, shown: bool, tmp_path: Path) -> None:
    """Rates of 8 (5 to 13) and 3 (1 to 7) differ by 5, from 0 on, and a claim of a change needs more than that."""
    row = (
        "{{id: {}, arm: {}, kind: safety, outcome: adverse-event-rate, ae: infection, outcome_as_reported: infections, "
        "role: adverse-event, timepoint: follow-up, population: safety, unit_of_analysis: event, statistic: rate, "
        "value: {}, unit: per 100 patient-years, interval: {{type: confidence, level: 95, low: {}, high: {}}}, "
        "source: s1, locator: Table 5, checked: fulltext}}"
    )
    rows = (row.format("r010", "both", "8", "5", "13"), row.format("r011", "alone", "3", "1", most))
    text = "\n".join(f"- {each}" for each in rows)
    world = copy_with(tmp_path, "evidence/calm-1.yaml", "comparisons:\n", f"{text}\ncomparisons:\n")
    lessons = world / "lessons" / "lessons.yaml"
    told = lessons.read_text(encoding="utf-8").replace("Infections were rare", "Betamab raised infections")
    lessons.write_text(told.replace("rows: [r003]", "rows: [r010, r011]"), encoding="utf-8")
    report = check_folder(world)
    found = [problem.check for problem in (*report.errors, *report.warnings) if problem.check == "lesson-wording"]
    assert ([] if shown else ["lesson-wording"]) == found, problems_of(report)
