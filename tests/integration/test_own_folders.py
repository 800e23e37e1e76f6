"""A user's own folders, laid over the curated data."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from workshop import Workshop

STUDY = """study:
  id: {key}
  acronym: {acronym}
  short_description: A made-up study that only tests layering.
  diseases: [systemic-sclerosis]
  design: single-arm-trial
  phase: '2'
  masking: open-label
  status: recruiting
  strategy: concurrent
  population: nobody, this study does not exist
arms:
- id: both
  label: rituximab + tocilizumab
  role: combination
  combination_type: dual-biologic
  strategy: concurrent
  regimen:
  - {{role: active, drug: rituximab, start_week: 0}}
  - {{role: active, drug: tocilizumab, start_week: 2}}
sources:
- {{id: s1, type: review, url: 'https://example.org/{key}', year: 2026, first_author: Nobody, independence: primary}}
"""


def _folder(root: Path, name: str, acronym: str) -> Path:
    folder = root / name
    (folder / "evidence").mkdir(parents=True)
    (folder / "evidence" / f"{name}-study.yaml").write_text(STUDY.format(key=f"{name}-study", acronym=acronym))
    return folder


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Two folders with one study each."""
    return _folder(tmp_path, "mine", "MINE"), _folder(tmp_path, "yours", "YOURS")


def _from_template(workshop: Workshop, root: Path) -> Path:
    folder = root / "fresh"
    (folder / "evidence").mkdir(parents=True)
    known = {
        "--acronym": "FRESH",
        "--description": "A made-up study that only tests the template.",
        "--population": "nobody, this study does not exist",
        "--disease": "systemic-sclerosis",
        "--arm": "rituximab+tocilizumab",
        "--design": "single-arm-trial",
        "--masking": "open-label",
        "--status": "recruiting",
        "--strategy": "concurrent",
        "--pmid": "12345678",
        "-o": str(folder / "evidence" / "fresh-study.yaml"),
    }
    run = workshop.dualbio("new", "study", "fresh-study", *(word for pair in known.items() for word in pair))
    assert 0 == run.returncode, run.stderr
    return folder


def _matrix(workshop: Workshop, *options: str) -> list[dict[str, str]]:
    run = workshop.dualbio("query", "pairs-by-disease", "--format", "csv", *options)
    assert 0 == run.returncode, run.stderr
    return list(csv.DictReader(io.StringIO(run.stdout)))


def test_own_study_appears_in_the_evidence_matrix(workshop: Workshop, folders: tuple[Path, Path]) -> None:
    """After one build with two folders the matrix counts their studies; without the folders it does not."""
    before = _matrix(workshop)

    layered = _matrix(workshop, "--with", str(folders[0]), "--with", str(folders[1]))

    added = [row for row in layered if row not in before]
    assert ["2"] == [row["studies"] for row in added]
    assert before == _matrix(workshop)


def test_study_from_the_template_appears_in_the_evidence_matrix(workshop: Workshop, tmp_path: Path) -> None:
    """A study written by `dualbio new study` with all that it asks for is counted after one build."""
    before = _matrix(workshop)

    layered = _matrix(workshop, "--with", str(_from_template(workshop, tmp_path)))

    assert ["1"] == [row["studies"] for row in layered if row not in before]


def test_layers_leave_no_trace_in_the_published_release(workshop: Workshop, folders: tuple[Path, Path]) -> None:
    """Building with a folder neither changes the current release nor any of its files."""
    current = (workshop.releases / "current").resolve()
    state = {path: path.stat().st_mtime_ns for path in current.rglob("*") if path.is_file()}

    run = workshop.dualbio("build", "--with", str(folders[0]))

    assert 0 == run.returncode, run.stderr
    assert current == (workshop.releases / "current").resolve()
    assert state == {path: path.stat().st_mtime_ns for path in current.rglob("*") if path.is_file()}


def test_layer_stays_in_graphs_of_its_own(workshop: Workshop, folders: tuple[Path, Path]) -> None:
    """Every graph of the published release is there unchanged; what is new is below graph/local."""
    workshop.dualbio("build")
    workshop.dualbio("build", "--with", str(folders[0]))
    published = workshop.releases / "current" / "graphs"
    layered = workshop.releases / "local" / "current" / "graphs"

    for path in published.rglob("*.nq"):
        assert path.read_bytes() == (layered / path.relative_to(published)).read_bytes(), path
    new = {
        str(p.relative_to(layered)) for p in layered.rglob("*.nq") if not (published / p.relative_to(layered)).exists()
    }
    assert {"local/inferred.nq", "local/mine.nq", "local/mine/study/mine-study.nq"} == new


def test_own_counts_are_compared(workshop: Workshop, tmp_path: Path) -> None:
    """Two arms that a layer counts alike get their estimates, in the layer's own graph."""
    folder = _folder(tmp_path, "mine", "MINE")
    file = folder / "evidence" / "mine-study.yaml"
    row = "{{id: {id}, arm: {arm}, kind: efficacy, outcome: sri-4, outcome_as_reported: response, role: primary,"
    more = " week: 24, population: ITT, unit_of_analysis: patient, statistic: count, events: {events}, total: 20,"
    rows = [
        (row + more + " source: s1, locator: page 1, checked: secondary}}").format(id=key, arm=arm, events=events)
        for key, arm, events in (("r001", "both", 9), ("r002", "one", 5))
    ]
    other = """- id: one
  label: rituximab
  role: monotherapy
  strategy: not-applicable
  regimen:
  - {role: active, drug: rituximab, start_week: 0}
results:
"""
    text = file.read_text(encoding="utf-8")
    file.write_text(
        text.replace("sources:", other + "".join(f"- {row}\n" for row in rows) + "sources:"), encoding="utf-8"
    )

    ask = ("query", "estimates-of-a-study", "-p", "study=mine-study", "--with", str(folder), "--format", "csv")
    run = workshop.dualbio(*ask)

    (answer,) = csv.DictReader(io.StringIO(run.stdout))
    assert ("20", "r001, r002", "secondary") == (answer["estimate"], answer["rows"], answer["checkLevel"])
    graph = workshop.releases / "local" / "current" / "graphs" / "local" / "mine" / "synthesis.nq"
    assert "estimate/mine-study.r001_r002.rd" in graph.read_text(encoding="utf-8")


def test_broken_own_study_is_told_like_any_other(workshop: Workshop, folders: tuple[Path, Path]) -> None:
    """A defect in an own folder names the file and the line, and nothing is built."""
    file = folders[0] / "evidence" / "mine-study.yaml"
    file.write_text(file.read_text().replace("drug: rituximab", "drug: rituximap"))

    run = workshop.dualbio("build", "--with", str(folders[0]))

    assert 1 == run.returncode
    assert "mine/evidence/mine-study.yaml:19:" in run.stderr
    assert "did you mean 'rituximab'" in run.stderr
