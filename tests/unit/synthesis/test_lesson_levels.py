"""A lesson is checked as far as the least checked thing that it rests on."""

from __future__ import annotations

import re
from pathlib import Path
from unittest.mock import Mock

import pytest

from dualbio.model.evidence import CHECK_LEVELS
from dualbio.model.lessons import Lesson, Support
from dualbio.model.namespaces import compress, term
from dualbio.sources.corpus import read_corpus
from dualbio.synthesis.lesson_levels import lesson_level, level_quads, support_level

TOY = read_corpus(Path(__file__).resolve().parents[2] / "data" / "curated")
BASE = {
    "id": "l-calm",
    "level": "single-study",
    "statement": "Calm.",
    "topic": "efficacy",
    "diseases": ("hand-tremor",),
}


def support(**fields: object) -> Support:
    """A support of the first invented trial."""
    return Support.model_validate({"study": "calm-1", **fields})


@pytest.mark.parametrize(
    ("rows", "level"), [(("r001",), "fulltext"), (("r001", "r006"), "registry"), (("r006", "r008"), "abstract")]
)
def test_a_support_is_checked_as_far_as_its_least_checked_row(rows: tuple[str, ...], level: str) -> None:
    """One row of the registry or of an abstract takes the whole support down to it."""
    assert level == support_level(support(rows=rows), TOY.study_files)


def test_words_have_the_level_that_is_given() -> None:
    """Where a study says it in words, the level is that of the words."""
    assert "secondary" == support_level(support(checked="secondary"), TOY.study_files)


def test_a_row_is_no_surer_than_its_arm() -> None:
    """A number that was read and whose arm was recalled counts as recalled."""
    file = TOY.study_files["calm-1"]
    assert file.results
    recalled = file.results[0].model_copy(update={"arm_assignment_checked": "memory"})
    files = {"calm-1": file.model_copy(update={"results": (recalled,)})}
    assert "memory" == support_level(support(rows=("r001",)), files)


def test_what_contradicts_a_lesson_does_not_weaken_it() -> None:
    """Only what supports a lesson decides how far it is checked."""
    lesson = Lesson.model_validate(
        {
            **BASE,
            "drugs": (),
            "direction": "neutral",
            "concerns": ("outcome:calm",),
            "supported_by": (support(rows=("r001",)), support(checked="registry")),
            "contradicted_by": (support(rows=("r008",)),),
        }
    )
    assert "registry" == lesson_level(lesson, TOY.study_files)


def test_levels_are_ranked_as_in_the_graph() -> None:
    """The order of check levels is that of the rule which ranks them for queries."""
    rule = (Path(__file__).resolve().parents[3] / "ontology/rules/check-rank.rq").read_text(encoding="utf-8")
    ranks = {level: int(rank) for level, rank in re.findall(r"\(value:check-level\.(\w+) (\d+)\)", rule)}
    assert list(CHECK_LEVELS) == sorted(CHECK_LEVELS, key=ranks.__getitem__)
    assert len(ranks) == len(set(ranks.values()))


def test_a_comparison_has_its_own_level() -> None:
    """What a support names may be a comparison as well as a result."""
    file = TOY.study_files["calm-1"]
    assert file.comparisons
    weak = file.comparisons[0].model_copy(update={"checked": "secondary"})
    files = {"calm-1": file.model_copy(update={"comparisons": (weak,), "results": None})}
    assert "secondary" == support_level(support(rows=("c001",)), files)


def test_what_is_not_held_has_no_level() -> None:
    """Of a study or of rows that nobody holds it is not known how far they are checked."""
    assert support_level(support(study="calm-9", rows=("r001",)), TOY.study_files) is None
    assert support_level(support(rows=("r099",)), TOY.study_files) is None


def test_each_lesson_and_each_support_that_names_rows_is_given_its_level() -> None:
    """A support in words says its level itself; what speaks against a lesson has one too."""
    lessons = TOY.lessons_file.lessons
    against = lessons[1].model_copy(update={"contradicted_by": (support(rows=("r006",)), support(rows=("r099",)))})
    changed = TOY.lessons_file.model_copy(update={"lessons": (lessons[0], against)})
    corpus = Mock(study_files=TOY.study_files, lessons_file=changed)
    said = {
        (compress(str(quad.subject)[1:-1]), str(quad.predicate), compress(str(quad.object)[1:-1]))
        for quad in level_quads(corpus)
    }
    assert {
        ("lesson:l-both-calm", str(term("checkLevel")), "value:check-level.fulltext"),
        ("support:l-both-calm.s1", str(term("checkLevel")), "value:check-level.fulltext"),
        ("lesson:f-calm-1-1", str(term("checkLevel")), "value:check-level.fulltext"),
        ("support:f-calm-1-1.s1", str(term("checkLevel")), "value:check-level.fulltext"),
        ("support:f-calm-1-1.c1", str(term("checkLevel")), "value:check-level.registry"),
    } == said
