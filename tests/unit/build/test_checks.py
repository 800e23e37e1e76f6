"""Every check finds the record that breaks it, tells file, line, record and repair, and is documented."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from dualbio.build.checks import CHECKS
from dualbio.build.validate import Report, check_folder, validate
from dualbio.corpus import read_corpus
from dualbio.errors import DataError

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


def copy_with(folder: Path, file: str, old: str, new: str) -> Path:
    """Copy the invented world below `folder` with one change, which must apply."""
    world = folder / "curated"
    shutil.copytree(CURATED, world)
    text = (world / file).read_text(encoding="utf-8")
    assert old in text, f"{file} has no {old!r}"
    (world / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    return world


def problems_of(report: Report) -> list[str]:
    """Give all problems of a report as lines."""
    return [str(problem) for problem in (*report.errors, *report.warnings, *report.notes)]


def test_the_invented_world_has_no_problem() -> None:
    """The data that the other tests break is sound to begin with."""
    report = check_folder(CURATED)
    assert [] == problems_of(report)
    assert report.ok


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
    world = copy_with(tmp_path, "evidence/calm-1.yaml", "unit: ug/g", "unit: UG/g")
    report = check_folder(world)
    assert report.ok
    assert ["unit-spelling"] == [problem.check for problem in report.warnings]


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
