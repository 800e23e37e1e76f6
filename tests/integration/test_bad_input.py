"""Bad input: one line that names file, line and repair; exit code 1; the release before stays as it was."""

from __future__ import annotations

import re

import pytest

from workshop import Workshop

BELIEVE = "ontology/evidence/bliss-believe.yaml"
INFECTIONS = "queries/safety/infection-by-depletion-dose.rq"

#: What is broken: the file, the text that is replaced, the text put there, and what the message must say.
DEFECTS = {
    "broken YAML": (BELIEVE, "study:\n", "study: [\n", "not YAML"),
    "unknown drug": (BELIEVE, "drug: belimumab", "drug: belimumap", "did you mean 'belimumab'"),
    "events above total": (BELIEVE, "events: 12, total: 72", "events: 82, total: 72", "82"),
    "missing source": (BELIEVE, "source: s1, locator: Table 2", "source: s9, locator: Table 2", "s9"),
    "wrong word": (BELIEVE, "masking: double-blind", "masking: double-blnd", "did you mean 'double-blind'"),
    "unknown field": (BELIEVE, "enrolled: 292", "enroled: 292", "did you mean 'enrolled'"),
    "query head": (INFECTIONS, "#+ summary:", "#+ sumary:", "did you mean 'summary'"),
    "query body": (INFECTIONS, "WHERE {", "WHERE {{{", ""),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_defect_is_told_in_one_line_and_nothing_is_lost(workshop: Workshop, defect: str) -> None:
    """A defect ends the build with code 1 and one line with file and line; the current release is untouched."""
    file, old, new, said = DEFECTS[defect]
    line = workshop.edit(file, old, new)
    before = (workshop.releases / "current").resolve()

    run = workshop.dualbio("build")

    told = [text for text in run.stderr.splitlines() if text.startswith(f"{file}:")]
    assert run.returncode == 1, run.stderr
    assert told, run.stderr
    assert "Traceback" not in run.stderr
    assert said in told[0]
    found = int(re.match(rf"{re.escape(file)}:(\d+):", told[0]).group(1))  # type: ignore[union-attr]
    assert found >= line
    assert before == (workshop.releases / "current").resolve()


def test_all_problems_are_told_at_once(workshop: Workshop) -> None:
    """`dualbio check` tells the problems of several files in one run."""
    workshop.edit(BELIEVE, "drug: belimumab", "drug: belimumap")
    workshop.edit("ontology/evidence/calibrate.yaml", "events: 11, total: 21", "events: 31, total: 21")

    run = workshop.dualbio("check")

    assert run.returncode == 1
    assert "bliss-believe.yaml" in run.stderr
    assert "calibrate.yaml" in run.stderr


def test_standing_warnings_do_not_hide_new_ones(workshop: Workshop) -> None:
    """Warnings of untouched files are counted by kind; those of a file that was saved are shown with their line."""
    before = workshop.dualbio("check")
    assert "warning: " not in before.stderr
    (standing,) = before.stderr.splitlines()
    kinds = {kind: number for number, kind in re.findall(r"(\d+) ([a-z-]+)[,;]", standing)}
    assert standing.endswith("list them: dualbio check --all")
    total = int(re.findall(r"(\d+) warnings", before.stdout)[0])
    assert total == sum(map(int, kinds.values())) > 0

    workshop.edit(BELIEVE, "locator: Table 2, checked: fulltext", "locator: Table 2, checked: memory")
    after = workshop.dualbio("check")
    shown = [line for line in after.stderr.splitlines() if line.startswith("warning: ")]
    assert shown
    assert all(line.startswith(f"warning: {BELIEVE}:") for line in shown)

    everything = workshop.dualbio("check", "--all").stderr.splitlines()
    assert total + len(shown) == len([line for line in everything if line.startswith("warning: ")])
    folder = str(workshop.sources.ontology / "evidence")
    assert "warning: ontology/evidence/act-2.yaml:" in workshop.dualbio("check", folder).stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("query", "no-such-query"), 2, "no-such-query"),
        (("query", "infections-by-arm", "-p", "disease=lupsu"), 2, "lupsu"),
        (("query", "infections-by-arm", "-p", "dizease=sle"), 2, "did you mean 'disease'"),
        (("sparql", "SELECT ?x WHERE { ?x "), 3, "error"),
        (("describe", "nobody-knows-this"), 2, "nobody-knows-this"),
        (("export", "--format", "docx"), 2, "docx"),
        (("export", "--graph", "study/bliss-belief"), 2, "bliss-believe"),
    ],
)
def test_wrong_use_is_told_in_one_line(workshop: Workshop, arguments: tuple[str, ...], code: int, said: str) -> None:
    """A wrong name or value gives its own exit code and a line that says what is accepted."""
    run = workshop.dualbio(*arguments)

    assert code == run.returncode, run.stderr
    assert said in run.stderr
    assert "Traceback" not in run.stderr


def test_a_query_that_can_never_answer_is_told(workshop: Workshop) -> None:
    """`dualbio check` names file and line of a term that there is not, and the query that has no expected answer."""
    line = workshop.edit(INFECTIONS, "dualbio:withinEvent", "dualbio:withinEventt")
    (workshop.sources.queries.parent / INFECTIONS).with_suffix(".expected.csv").unlink()

    run = workshop.dualbio("check")

    assert run.returncode == 1
    assert f"{INFECTIONS}:{line}: body: dualbio:withinEventt stands for nothing" in run.stderr
    assert f"{INFECTIONS}:1: file: there is no infection-by-depletion-dose.expected.csv beside it" in run.stderr
