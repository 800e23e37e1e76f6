"""Records are read from files in every form, from packed files, archives and folders; what cannot be read is told."""

from __future__ import annotations

import gzip
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from dualbio.sources.importing.ctgov.inputs import read_studies
from dualbio.sources.importing.files import import_files
from dualbio.sources.importing.ledger import ImportFailedError
from registry_records import CTGOV, toy_entities

FILE = CTGOV / "NCT99999999.json"


@pytest.fixture(scope="module")
def record() -> dict[str, Any]:
    """The invented record."""
    return next(read_studies(FILE))


def forms(record: dict[str, Any]) -> dict[str, str]:
    """Return two studies in every form of file."""
    text = json.dumps(record)
    return {
        "page": json.dumps({"totalCount": 2, "studies": [record, record], "nextPageToken": "x"}),
        "list": f"[{text}, {text}]",
        "lines": f"{text}\n{text}\n",
    }


@pytest.mark.parametrize("form", ["page", "list", "lines"])
@pytest.mark.parametrize("way", ["plain", "byte order mark", "gzip"])
def test_every_form_of_file_is_read(form: str, way: str, record: dict[str, Any], tmp_path: Path) -> None:
    """A page of the API, a list, and a study a line hold the same studies, packed or not, with a mark or not."""
    text = forms(record)[form].encode()
    file = tmp_path / "studies.json"
    file.write_bytes({"plain": text, "byte order mark": b"\xef\xbb\xbf" + text, "gzip": gzip.compress(text)}[way])
    assert [record, record] == list(read_studies(file))


def test_a_folder_and_an_archive_are_read_whole(record: dict[str, Any], tmp_path: Path) -> None:
    """All their files are read, whatever their form; a file in another form is told, and so is one of a bad archive."""
    folder = tmp_path / "records"
    (folder / "below").mkdir(parents=True)
    (folder / "one.json").write_text(json.dumps(record), encoding="utf-8")
    (folder / "below" / "two.ndjson.gz").write_bytes(gzip.compress(forms(record)["lines"].encode()))
    (folder / "._one.json").write_bytes(b"\0")
    (folder / "list.csv").write_text("NCT Number,Title\n", encoding="utf-8")
    with zipfile.ZipFile(folder / "more.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("deep/page.json", forms(record)["page"])
        archive.writestr("__MACOSX/deep/._page.json", b"\0")
        archive.writestr("notes.txt", "notes")
    (folder / "torn.zip").write_bytes((folder / "more.zip").read_bytes()[:200])
    told: list[str] = []
    assert 5 == len(list(read_studies(folder, told.append)))
    assert ["list.csv: not read", "more.zip/notes.txt: not read", "torn.zip: File is not a zip file"] == [
        message.removeprefix(f"{folder}/").split(";")[0] for message in told
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not JSON"),
        ("", "not JSON"),
        ('{"a": 1}', "without 'protocolSection'"),
        ('{"studies": []}', "no study in it"),
        ('[{"protocolSection": {}}, 7]', "value 2 is no record but 7"),
        ("<html></html>", "it is XML or HTML; accepted: API v2 study records"),
        ("NCT Number,Study Title\n", "it is a table of the website; accepted: API v2"),
        ('{"FullStudiesResponse": {}}', "of another form of record .'FullStudiesResponse'.; accepted: API v2"),
        ('{"protocolSection": {}}\n{"protocolSection": \n', "line 2: not JSON"),
    ],
)
def test_a_wrong_file_is_named(text: str, words: str, tmp_path: Path) -> None:
    """A file that holds no study records is told with its name."""
    file = tmp_path / "wrong.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ImportFailedError, match=rf"wrong\.json.*{words}"):
        list(read_studies(file))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A file that does not exist is told with its name."""
    with pytest.raises(ImportFailedError, match=r"nowhere\.json: No such file"):
        list(read_studies(tmp_path / "nowhere.json"))


def test_one_broken_thing_stops_no_other(record: dict[str, Any], tmp_path: Path) -> None:
    """Of lines, values and files each broken one is told once, and the studies beside it are imported."""
    twin = json.loads(json.dumps(record).replace("NCT99999999", "NCT99999998").replace("000009-99", "000009-98"))
    (tmp_path / "lines.ndjson").write_text(f"{json.dumps(record)}\n{{broken\n7\n", encoding="utf-8")
    (tmp_path / "torn.json.gz").write_bytes(gzip.compress(json.dumps(twin).encode())[:-20])
    (tmp_path / "values.json").write_text(f"[1, {json.dumps(twin)}]", encoding="utf-8")
    files = [tmp_path / name for name in ("lines.ndjson", "torn.json.gz", "gone.json", "values.json")]
    summary = import_files(files, toy_entities(), tmp_path / "out")
    assert 2 == summary.studies
    assert ["lines.ndjson, line 2", "lines.ndjson, line 3", "torn.json.gz", "gone.json", "values.json"] == [
        message.removeprefix(f"{tmp_path}/").split(":")[0].split(" is ")[0] for message in summary.refused
    ]


def test_a_large_file_is_read_study_by_study(record: dict[str, Any], tmp_path: Path) -> None:
    """Of a file of many megabytes, what follows a study is not read before the study is used."""
    file, two = tmp_path / "many.json", f"{json.dumps(record)}, {json.dumps(record)}"
    file.write_text(f'{{"studies": [{two}, and then {"no" * 4_000_000}sense', encoding="utf-8")
    studies = read_studies(file)
    assert record == next(studies)
