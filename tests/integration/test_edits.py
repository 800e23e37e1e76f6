"""After random edits of studies and lessons a build by what differs is, byte for byte, a build of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from dualbio.build import package
from dualbio.build.difference import asserted
from editing import follow

#: Edits that are followed here; `tests/support/editing.py` follows as many as are asked for.
EDITS, EVERY = 12, 6


def test_random_edits_lead_to_the_release_of_a_build_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Builds that follow one another by what differs come to what a build in an empty folder comes to."""
    anew: list[object] = []
    build = package._anew

    def noting(*args: object) -> object:
        anew.append(args)
        return build(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(package, "_anew", noting)

    course = follow(tmp_path, 20261130, EDITS, EVERY)

    assert (EDITS, EDITS // EVERY, []) == (course.built, course.compared, course.different)
    assert 1 + EDITS // EVERY == len(anew), "an edit was not followed by what differs"


def test_a_step_left_out_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where studies that are told of by an edited one are not looked at, random edits lead elsewhere."""
    monkeypatch.setattr(asserted.Edit, "_told_of", lambda _: set())

    assert follow(tmp_path, 7, 12, 12).different
