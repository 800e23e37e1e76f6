"""What a build leaves in the folder of a release, and what it takes over from one that is there."""

from __future__ import annotations

import gc
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dualbio.build import package
from dualbio.build.package import build_release
from dualbio.errors import DataError, Problem
from dualbio.release.folder import open_release
from dualbio.search import SearchIndex
from dualbio.sources.folders import SourceFolders

CURATED = Path(__file__).resolve().parents[2] / "data" / "curated"


@pytest.fixture(name="sources")
def fixture_sources(tmp_path: Path) -> SourceFolders:
    """The invented world, without saved queries."""
    shutil.copytree(CURATED, tmp_path / "curated")
    (tmp_path / "curated" / "rules").mkdir()
    (tmp_path / "queries").mkdir()
    return SourceFolders(tmp_path / "curated", tmp_path / "queries")


def test_a_release_without_an_index_is_built_anew(sources: SourceFolders, tmp_path: Path) -> None:
    """The same data, built before there was an index, gets one under the same name."""
    first = build_release(sources, tmp_path / "releases")
    files = {name: told for name, told in first.manifest["files"].items() if name != "search.sqlite"}
    text = json.dumps({**first.manifest, "files": files})
    (first.folder / "manifest.json").write_text(text, encoding="utf-8")
    assert open_release(first.folder).search_index is None

    again = build_release(sources, tmp_path / "releases")

    assert first.id == again.id
    assert again.search_index is not None
    assert SearchIndex.open(again.search_index).search("deltamab").total


def test_a_fault_in_the_records_is_told_before_one_that_follows_from_it(
    sources: SourceFolders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Records are checked while rules run over them; where both fail, the reader hears what to repair in a record."""

    def failing(check: str) -> Callable[..., None]:
        def fail(*_: object) -> None:
            raise DataError([Problem("studies/x.yaml", 1, "x", check, "found so")])

        return fail

    monkeypatch.setattr(package, "_checked", failing("record"))
    monkeypatch.setattr(package, "_inferred", failing("rule"))

    with pytest.raises(DataError) as refused:
        build_release(sources, tmp_path / "releases")

    assert ["record"] == [problem.check for problem in refused.value.problems]
    assert [] == list((tmp_path / "releases").iterdir())


def test_a_build_leaves_the_process_as_it_was(sources: SourceFolders, tmp_path: Path) -> None:
    """While it is at work nothing is collected and threads take turns more often; behind it all is as before."""
    before, seen = (gc.isenabled(), sys.getswitchinterval()), []

    def stop(stage: str) -> None:
        seen.append((gc.isenabled(), sys.getswitchinterval()))
        if stage == "infer":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_release(sources, tmp_path / "releases", stop)

    assert {False} == {collecting for collecting, _ in seen}
    assert all(interval < before[1] / 5 for _, interval in seen)
    assert before == (gc.isenabled(), sys.getswitchinterval())
