"""Invented studies have the shape of the real ones: families stay together, counts are drawn anew, by a seed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import pytest
from generate import invented

from dualbio.model.evidence import StudyFile


def study(key: str, *, shares: str = "", events: int = 20) -> StudyFile:
    """Return a study of one arm with one count, which may share people with another one."""
    head: dict[str, Any] = {
        "id": key, "acronym": key.upper(), "short_description": "An invented trial.", "diseases": ["sle"],
        "design": "randomised-controlled-trial", "phase": "2", "masking": "double-blind", "status": "completed",
        "strategy": "not-applicable", "population": "adults",
    }  # fmt: skip
    if shares:
        head["overlaps_with"] = [{"study": shares, "kind": "possible-overlap", "note": "the same people"}]
    arm = {
        "id": "rtx", "label": "rituximab", "role": "monotherapy", "strategy": "not-applicable", "n_randomised": 100,
        "regimen": [{"order": 1, "role": "active", "drug": "rituximab", "dose": 1000, "unit": "mg", "route": "IV"}],
    }  # fmt: skip
    row = {
        "id": "r001", "arm": "rtx", "kind": "efficacy", "outcome": "clinical-response-sle", "role": "primary",
        "outcome_as_reported": "response", "week": 52, "population": "ITT", "unit_of_analysis": "patient",
        "statistic": "count", "events": events, "total": 100, "source": "s1", "locator": "Table 2",
        "checked": "fulltext",
    }  # fmt: skip
    source = {
        "id": "s1",
        "type": "journal-article",
        "doi": "10.0000/x",
        "year": 2020,
        "first_author": "A",
        "independence": "primary",
    }
    record = {"study": head, "arms": [arm], "results": [row], "sources": [source]}
    return StudyFile.model_validate_json(json.dumps(record))


@pytest.fixture
def real() -> Mapping[str, StudyFile]:
    """Two studies that share people, one that stands alone."""
    return {"a": study("a", shares="b"), "b": study("b"), "c": study("c", events=90)}


def first(real: Mapping[str, StudyFile], seed: int) -> Iterator[StudyFile]:
    """Return the first 200 invented studies."""
    return islice(invented(real, seed), 200)


def test_one_seed_always_gives_the_same_studies(real: Mapping[str, StudyFile]) -> None:
    """And another seed gives others."""
    assert [*first(real, 1)] == [*first(real, 1)]
    assert [*first(real, 1)] != [*first(real, 2)]


def test_a_family_is_drawn_together_under_keys_of_its_own(real: Mapping[str, StudyFile]) -> None:
    """What shares people names its own draw, and no key comes twice."""
    files = {file.study.id: file for file in first(real, 1)}
    assert 200 == len(files)
    sharing = [file for file in files.values() if file.study.overlaps_with]
    assert sharing
    for file in sharing[:-1]:
        assert file.study.overlaps_with is not None
        (overlap,) = file.study.overlaps_with
        assert f"b-{file.study.id.removeprefix('a-')}" == overlap.study
        assert overlap.study in files


def test_counts_are_drawn_from_the_printed_shares(real: Mapping[str, StudyFile]) -> None:
    """People stay; events vary around what was printed."""
    rows = [(file.study.id[0], row) for file in first(real, 1) for row in file.results or ()]
    assert {100} == {row.total for _, row in rows}
    for kind, share in (("b", 20), ("c", 90)):
        events = [row.events for key, row in rows if key == kind and row.events is not None]
        assert len({*events}) > 5
        assert abs(sum(events) / len(events) - share) < 3
