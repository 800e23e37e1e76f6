"""Crates: everything that the description names is in the folder, with the size and sum that it tells."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from dualbio.errors import MissingExtraError, NotFoundError
from dualbio.export.packages import crate
from dualbio.export.packages.crate import description_file, write_crate
from dualbio.export.tables.columns import TABLES


@pytest.fixture
def whole(release: Path) -> Path:
    """The toy release with a manifest."""
    manifest = {"version": "0.1.0", "built": "2026-01-02T03:04:05+00:00"}
    (release / "manifest.json").write_text(json.dumps(manifest))
    return release


def test_a_crate_holds_what_it_names(whole: Path, tmp_path: Path) -> None:
    """Every part of the root data set is described, and is a file of the told size."""
    out = tmp_path / "crate"
    write_crate(whole, out)
    graph = {each["@id"]: each for each in json.loads((out / "ro-crate-metadata.json").read_text("utf-8"))["@graph"]}
    parts = [each["@id"] for each in graph["./"]["hasPart"]]

    assert {str(file.relative_to(out)) for file in out.rglob("*") if file.is_file()} == {
        *parts,
        "ro-crate-metadata.json",
    }
    for part in parts:
        assert (part, str((out / part).stat().st_size)) == (part, graph[part]["contentSize"])


def test_a_crate_says_when_and_on_which_terms(whole: Path, tmp_path: Path) -> None:
    """The root has what RO-Crate 1.1 requires of it: name, description, date and licence."""
    write_crate(whole, tmp_path / "crate")
    graph = json.loads((tmp_path / "crate" / "ro-crate-metadata.json").read_text("utf-8"))["@graph"]
    (root,) = [each for each in graph if each["@id"] == "./"]

    assert ("2026-01-02T03:04:05+00:00", "https://creativecommons.org/licenses/by/4.0/") == (
        root["datePublished"],
        root["license"]["@id"],
    )
    assert {"name", "description"} <= set(root)


def test_croissant_names_the_tables_with_their_sums(whole: Path, tmp_path: Path) -> None:
    """Each record set reads columns of a file whose SHA-256 is told."""
    write_crate(whole, tmp_path / "crate")
    found = json.loads((tmp_path / "crate" / "croissant.json").read_text("utf-8"))
    files = {each["@id"]: each for each in found["distribution"]}

    for name, each in files.items():
        content = (tmp_path / "crate" / "tables" / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == each["sha256"]
    fields = [field for records in found["recordSet"] for field in records["field"]]
    assert (
        {f"{name}.csv" for name in TABLES.values()}
        == set(files)
        == {field["source"]["fileObject"]["@id"] for field in fields}
    )


def test_a_second_crate_reads_no_table_again(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All that describes the tables is kept beside the release, and both crates are the same."""
    write_crate(whole, tmp_path / "first")
    monkeypatch.setattr(crate, "read_tables", None)
    write_crate(whole, tmp_path / "second")
    first, second = (tmp_path / name / "croissant.json" for name in ("first", "second"))
    assert first.read_bytes() == second.read_bytes()


def test_a_crate_without_parquet_is_refused_before_anything_is_made(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has to be installed is told at once, and not after half a minute of writing dumps."""
    monkeypatch.setattr(crate, "find_spec", lambda _name: None)
    with pytest.raises(MissingExtraError, match="analysis"):
        write_crate(whole, tmp_path / "crate")
    assert not (whole / "dumps").exists()
    assert not (tmp_path / "crate").exists()


def test_a_description_is_made_once(whole: Path) -> None:
    """The file of a description stays as it was first made."""
    first = description_file(whole, "croissant.json")
    before = first.stat().st_mtime_ns

    assert (first, before) == (description_file(whole, "croissant.json"), first.stat().st_mtime_ns)


def test_an_unknown_description_is_told(whole: Path) -> None:
    """A name that is none is an error with those that are."""
    with pytest.raises(NotFoundError, match=r"accepted: croissant\.json, ro-crate-metadata"):
        description_file(whole, "bagit.txt")
