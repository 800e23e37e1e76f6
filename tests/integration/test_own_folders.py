"""A user's own folders over the curated data: what one release with three of them holds, and what it leaves alone."""

from __future__ import annotations

import csv
import io
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from dualbio.release.folder import Release
from dualbio.sources.folders import shipped_sources
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
  strategy: sequential
  population: nobody, this study does not exist
arms:
- id: both
  label: rituximab + tocilizumab
  role: combination
  combination_type: dual-biologic
  strategy: sequential
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


ROWS = """- id: one
  label: rituximab
  role: monotherapy
  strategy: not-applicable
  regimen:
  - {role: active, drug: rituximab, start_week: 0}
results:
"""
ROW = (
    "- {{id: {id}, arm: {arm}, kind: efficacy, outcome: sri-4, outcome_as_reported: response, role: primary, week: 24, "
    "population: ITT, unit_of_analysis: patient, statistic: count, events: {events}, total: 20, source: s1, "
    "locator: page 1, checked: secondary}}\n"
)


QUESTION = """id: mine-response
title: Response of my own study
question: Do more people respond to both?
outcomes: [sri-4]
test: {arms: [two-biologics]}
comparator: {arms: [one-biologic]}
diseases: [systemic-sclerosis]
designs: [single-arm-trial]
measure: RD
model: mantel-haenszel
"""


def _with_counts(folder: Path) -> Path:
    """Give the study of a folder a second arm, a count of responders in each, and a question across studies."""
    (folder / "syntheses").mkdir()
    (folder / "syntheses" / "mine-response.yaml").write_text(QUESTION, encoding="utf-8")
    (file,) = (folder / "evidence").glob("*.yaml")
    rows = ROWS + "".join(
        ROW.format(id=key, arm=arm, events=n) for key, arm, n in (("r001", "both", 9), ("r002", "one", 5))
    )
    file.write_text(file.read_text(encoding="utf-8").replace("sources:", f"{rows}sources:"), encoding="utf-8")
    return folder


def _from_template(workshop: Workshop, root: Path) -> Path:
    """Write a study by `dualbio new study` with all that it asks for."""
    folder = root / "fresh"
    known = {
        "--folder": str(folder),
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
    }
    run = workshop.dualbio("new", "study", "fresh-study", *(word for pair in known.items() for word in pair))
    assert 0 == run.returncode, run.stderr
    return folder


@dataclass(frozen=True)
class Layered:
    """A published release, the same with three folders over it, and how the published one was before that."""

    workshop: Workshop
    folders: tuple[Path, ...]
    before: dict[Path, int]

    def ask(self, *words: str) -> str:
        """Return what a command prints with the folders laid over."""
        run = self.workshop.dualbio(*words, *(word for folder in self.folders for word in ("--with", str(folder))))
        assert 0 == run.returncode, run.stderr
        return run.stdout


def _state(release: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in release.resolve().rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def layered(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Layered:
    """Three folders with one study each, built once: counts to compare, nothing but arms, and a filled-in template."""
    root = tmp_path_factory.mktemp("layered")
    shutil.copytree(release.folder.parent, root / "releases", symlinks=True)
    workshop = Workshop(shipped_sources(), root / "releases")
    mine, yours = _with_counts(_folder(root, "mine", "MINE")), _folder(root, "yours", "YOURS")
    found = Layered(workshop, (mine, yours, _from_template(workshop, root)), _state(root / "releases" / "current"))
    found.ask("build")
    return found


def _matrix(text: str) -> list[dict[str, str]]:
    """Return the rows of the matrix without what they rest on, which only a release with own folders tells."""
    return [{name: cell for name, cell in row.items() if name != "origin"} for row in csv.DictReader(io.StringIO(text))]


MATRIX = ("query", "pairs-by-disease", "--format", "csv")


def test_own_studies_appear_in_the_evidence_matrix(layered: Layered) -> None:
    """With three folders the matrix counts their studies, that of the template too; without them it does not."""
    before = _matrix(layered.workshop.dualbio(*MATRIX).stdout)
    added = [row for row in _matrix(layered.ask(*MATRIX)) if row not in before]
    assert ["3"] == [row["studies"] for row in added]
    assert before


def test_own_study_is_found(layered: Layered) -> None:
    """A search over the release with the folders finds a study by its acronym, and without them it does not."""
    assert "study:yours-study" == layered.ask("search", "YOURS", "--kind", "study").partition("\t")[0]
    assert "yours-study" not in layered.workshop.dualbio("search", "YOURS", "--kind", "study").stdout


def test_layers_leave_no_trace_in_the_published_release(layered: Layered) -> None:
    """Building with folders neither changes the current release nor any of its files."""
    assert layered.before == _state(layered.workshop.releases / "current")


def test_layers_stay_in_graphs_of_their_own(layered: Layered) -> None:
    """Every graph of the published release is there unchanged; what is new is below graph/local."""
    published = layered.workshop.releases / "current" / "graphs"
    own = layered.workshop.releases / "local" / "current" / "graphs"
    for path in published.rglob("*.nq"):
        assert path.read_bytes() == (own / path.relative_to(published)).read_bytes(), path
    new = {str(p.relative_to(own)) for p in own.rglob("*.nq") if not (published / p.relative_to(own)).exists()}
    names = {
        f"local/{folder.name}{part}.nq"
        for folder in layered.folders
        for part in ("", f"/study/{folder.name}-study", "/synthesis")
    }
    assert {"local/inferred.nq", "local/fresh/alternates.nq", *names} == new  # one of them has a PubMed number


def test_own_counts_are_compared(layered: Layered) -> None:
    """Two arms that a layer counts alike get their estimates, in the layer's own graph."""
    text = layered.ask("query", "estimates-of-a-study", "-p", "study=mine-study", "--format", "csv")
    (answer,) = csv.DictReader(io.StringIO(text))
    assert ("20", "r001, r002", "secondary") == (answer["estimate"], answer["rows"], answer["checkLevel"])
    graph = layered.workshop.releases / "local" / "current" / "graphs" / "local" / "mine" / "synthesis.nq"
    assert "estimate/mine-study.r001_r002.rd" in graph.read_text(encoding="utf-8")


def test_an_own_question_across_studies_is_answered(layered: Layered) -> None:
    """It finds the study of its folder, and stands in the graph of that folder, beside the pools of the release."""
    text = layered.ask("query", "pooled-estimates", "-p", "pool=mine-response", "--format", "csv")
    (answer,) = csv.DictReader(io.StringIO(text))
    assert ("one study alone, MINE (own evidence: mine): nothing is pooled", "1") == (
        answer["reason"],
        answer["studies"],
    )
    assert "no release holds MINE (own evidence: mine)" in answer["caveats"]
    graph = layered.workshop.releases / "local" / "current" / "graphs" / "local" / "mine" / "synthesis.nq"
    assert "pool/mine-response" in graph.read_text(encoding="utf-8")


def test_each_line_of_own_evidence_is_marked(layered: Layered) -> None:
    """Whoever takes one line out of an answer, as a table or as data, still sees that no release holds it."""
    for form in ("json", "csv", "table"):
        text = layered.ask("synthesise", "mine-response", "--format", form)
        assert "MINE (own" in text, form  # a table breaks lines


def test_a_kept_answer_says_that_own_evidence_is_not_in_it(layered: Layered) -> None:
    """The release's number stays, and says so only where the folder reports what the question counts."""
    text = layered.ask("query", "pooled-estimates", "--format", "csv")
    told = {row["poolKey"] for row in csv.DictReader(io.StringIO(text)) if "is not in this number" in row["caveats"]}
    listed = layered.ask("synthesise", "--list").splitlines()
    about_sri_4 = {"response-blys-after-depletion", "sri4-blys-april"}
    assert about_sri_4 == told
    assert about_sri_4 == {line.partition(":")[0] for line in listed if line.endswith("; without own evidence")}


def test_broken_own_study_is_told_like_any_other(layered: Layered, tmp_path: Path) -> None:
    """A defect in an own folder names the file and the line, and nothing is built."""
    folder = _folder(tmp_path, "broken", "BROKEN")
    file = folder / "evidence" / "broken-study.yaml"
    file.write_text(file.read_text().replace("drug: rituximab", "drug: rituximap"))

    run = layered.workshop.dualbio("build", "--with", str(folder))

    assert 1 == run.returncode
    assert "broken/evidence/broken-study.yaml:19:" in run.stderr
    assert "did you mean 'rituximab'" in run.stderr
