"""Every block of code in the README, in CONTRIBUTING and in docs/ runs, and prints the block of text that follows it.

A block is fenced and names its language.  `text` shows something: a drawing, or what the block before it prints.
`not-run` behind the language marks a block that cannot run here; those are counted by file.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import duckdb
import pytest
from pydantic import ConfigDict, TypeAdapter

from asking import program
from documents import DOCUMENTS, ROOT, TOKEN, Block, Place, blocks
from dualbio.build.check_paths import OwnPaths, check_own
from dualbio.build.waivers import WAIVERS, WaiversFile
from dualbio.export.tables.files import write_tables
from dualbio.export.tables.rows import read_tables
from dualbio.model.evidence import Arm, StudyFile
from dualbio.model.lessons import FindingsFile
from dualbio.model.record_fields import Record
from dualbio.model.syntheses import SynthesisQuestion
from dualbio.queries import Library, QueryHead, Resolver, run_query
from dualbio.sources.corpus import read_corpus, read_document
from dualbio.sources.folders import shipped_sources
from dualbio.sources.project import PROJECT_FILE, Project, read_project
from dualbio.sources.yaml_lines import parse_yaml
from dualbio.store.embedded import EmbeddedStore

#: How many blocks of each document cannot run, and why.
NOT_RUN = {
    "CONTRIBUTING.md": 2,  # activates the environment; a watch ends with Ctrl-C
    "README.md": 1,  # set-up
    "docs/engines.md": 2,  # need an engine beside
    "docs/evidence.md": 3,  # the registry, Europe PMC, and a study of the reader
    "docs/first-study.md": 6,  # one walk, which tests/packaging/test_walk.py takes
    "docs/linked-data.md": 2,  # signs with a key of the reader; writes the whole site
    "docs/meta-analysis.md": 1,  # netmeta is in no package of Debian
    "docs/queries.md": 1,  # starts a service
    "docs/scale.md": 1,  # needs Java, and is run by tests/clients/test_spark.py
    "docs/updates.md": 2,  # starts a service; cancels a query of the reader (tests/server/test_update_server.py)
}
#: Pieces of other data sets, which examples join with ours.
JOINED = ROOT / "tests" / "data" / "joins"
#: The record that a block of YAML is, by its first field.
RECORDS: dict[str, type[Record]] = {
    "biomarker_findings": FindingsFile,
    "id": SynthesisQuestion,
    "study": StudyFile,
    "waivers": WaiversFile,
}
#: The records that a block may be some fields of, and how these are read.
PARTS: tuple[type[Record], ...] = (Arm, StudyFile, QueryHead)
STRICT = ConfigDict(strict=True)
PROGRAMS = {
    "fish": ("fish",),
    "js": ("node", "--input-type=module", "-"),
    "python": (sys.executable, "-"),
    "r": ("Rscript", "--vanilla", "-"),
    "sh": ("bash", "-euo", "pipefail", "-s"),
    "zsh": ("zsh", "-e", "-s"),
}


BLOCKS = tuple(block for path in DOCUMENTS for block in blocks(path))
RUN = tuple(block for block in BLOCKS if block.language != "text" and "not-run" not in block.words)


def run_program(block: Block, place: Place, folder: Path) -> str:
    """Return what a block prints as a program of its language, in `folder`."""
    name, *arguments = PROGRAMS[block.language]
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("DUALBIO_")},
        "DUALBIO_ONTOLOGY": str(folder / "ontology"),
        "DUALBIO_RELEASES": str(place.releases),
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])),
        "PYTHONPATH": os.pathsep.join(sys.path),
        "TOKEN": TOKEN,
        "XDG_CACHE_HOME": str(folder / "cache"),
        "CURL_HOME": str(folder),
    }
    (folder / ".curlrc").write_text("fail-with-body\nshow-error\n", encoding="utf-8")  # else a 404 is a success
    shutil.copytree(shipped_sources().ontology, folder / "ontology")
    shutil.copytree(JOINED, folder, dirs_exist_ok=True)
    (folder / "notes.ttl").write_text('<urn:x:a> <urn:x:b> "note" .\n', encoding="utf-8")
    done = subprocess.run(
        [program(name), *arguments],
        input=place.localised(block.text),
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout


def ask_endpoint(block: Block, place: Place, _folder: Path) -> str:
    """Return the answer of a query as CSV; it must have a row."""
    request = Request(  # noqa: S310 - our own server
        f"{place.address}/sparql?{urlencode({'query': block.text})}", headers={"Accept": "text/csv"}
    )
    with urlopen(request) as answer:  # noqa: S310 - our own server
        text: str = answer.read().decode()
    assert text.splitlines()[1:] or "graph/user/" in block.text, "no row"
    return text


def answer_saved_query(block: Block, place: Place, folder: Path) -> str:
    """Return the answer of a saved query as CSV: rows, each once, with its examples as with its defaults."""
    path = folder / "mine" / "example.rq"
    path.parent.mkdir()
    path.write_text(block.text, encoding="utf-8")
    query = Library.read(folder).find("example")
    store = EmbeddedStore.in_memory(place.release.files)
    for given in ({}, {param.name: param.examples for param in query.params}):
        result = run_query(query, store, given, resolver=Resolver(store))
        rows = [tuple(map(str, row)) for row in result.rows]
        assert rows
        assert sorted(set(rows)) == sorted(rows), "the same row twice"
    return result.to_csv().decode()


def read_yaml(block: Block, _place: Place, folder: Path) -> str:
    """Read a YAML file as the record that its first field makes it, or as fields of one record."""
    first = block.text.partition(":")[0]
    if model := RECORDS.get(first):
        path = folder / "example-trial.yaml"
        path.write_text(block.text, encoding="utf-8")
        assert isinstance(read_document(folder, path, model).record, model)
    else:
        content = parse_yaml(block.text)[0]
        part = next(model for model in PARTS if set(content) <= set(model.model_fields))
        for name, value in content.items():
            field: TypeAdapter[Any] = TypeAdapter(part.model_fields[name].rebuild_annotation(), config=STRICT)
            assert field.validate_python(value)
    return ""


def read_project_file(block: Block, _place: Place, folder: Path) -> str:
    """Read a project file; the folders that it names are made."""
    for name in re.findall(r'"([^"]+)"', block.text):
        (folder / name).mkdir()
    (folder / PROJECT_FILE).write_text(block.text, encoding="utf-8")
    assert read_project(folder) != Project()
    return ""


def join_tables(block: Block, place: Place, folder: Path) -> str:
    """Return the rows of a query in SQL over the tables of the release."""
    write_tables(read_tables(EmbeddedStore.in_memory(place.release.files)), folder, "parquet")
    rows = duckdb.connect().sql(f"SET file_search_path = '{folder}'; {block.text}").fetchall()
    assert rows
    return json.dumps(rows)


Runner = Callable[[Block, Place, Path], str]
RUNNERS: dict[str, Runner] = {
    **dict.fromkeys(PROGRAMS, run_program),
    "sparql": lambda *given: (answer_saved_query if given[0].text.startswith("#+") else ask_endpoint)(*given),
    "sql": join_tables,
    "toml": read_project_file,
    "yaml": read_yaml,
}


@pytest.mark.parametrize("block", RUN, ids=lambda block: block.name)
def test_an_example_runs_and_prints_what_stands_below_it(block: Block, place: Place, tmp_path: Path) -> None:
    """Each block, word for word but for address and release, runs as it stands there."""
    shown = RUNNERS[block.language](block, place, tmp_path)
    if block.printed is not None:
        assert block.printed.rstrip().splitlines() == shown.rstrip().splitlines()


def test_every_block_says_what_it_is() -> None:
    """A block names a language that can run, or is text; no other word than `not-run` stands behind it."""
    assert [] == [block.name for block in BLOCKS if block.language not in {*RUNNERS, "text"}]
    assert [] == [block.name for block in BLOCKS if block.words not in {(), ("not-run",)}]


def test_the_study_of_contributing_passes_every_check(tmp_path: Path) -> None:
    """The smallest file that says something, laid over the curated data, has neither an error nor a warning."""
    (block,) = (block for block in RUN if block.file == "CONTRIBUTING.md" and block.language == "yaml")
    path = tmp_path / "mine" / "evidence" / "example-trial.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(block.text, encoding="utf-8")
    report = check_own(read_corpus(shipped_sources().ontology), OwnPaths(evidence=(tmp_path / "mine",)))
    assert ((), ()) == (report.errors, report.warnings)


def test_the_waiver_of_the_page_is_one_that_is_in_force() -> None:
    """The example is a waiver of the curated file, and so waives what it says."""
    (block,) = (block for block in RUN if block.text.startswith("waivers:"))
    curated, _ = parse_yaml((shipped_sources().ontology / WAIVERS).read_text(encoding="utf-8"))
    assert [] == [waiver for waiver in parse_yaml(block.text)[0]["waivers"] if waiver not in curated["waivers"]]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_code_is_fenced(path: Path) -> None:
    """No block of code is merely indented, where it would have no language and not run."""
    prose = re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    assert [] == re.findall(r"(?<=\n\n)(?: {4,}|\t)\S.*", prose)


def test_what_does_not_run_is_counted() -> None:
    """A block is not left out without anybody noticing."""
    assert Counter(block.file for block in BLOCKS if "not-run" in block.words) == NOT_RUN


def test_each_language_has_an_example() -> None:
    """The search for blocks finds those of every language."""
    assert {block.language for block in RUN} == set(RUNNERS)


def test_the_query_of_contributing_names_each_drug_once(place: Place, tmp_path: Path) -> None:
    """For a target it lists the English labels of the drugs that the table gives that target, and each once."""
    (block,) = (block for block in RUN if block.file == "CONTRIBUTING.md" and block.language == "sparql")
    folder = shipped_sources().ontology / "entities"
    drugs, targets = (table_rows(folder / f"{name}.tsv") for name in ("drugs", "targets"))
    (target,) = (row["label"] for row in targets if row["key"] == "blys")
    labels = sorted(row["label"] for row in drugs if "blys" in row["targets"].split(" | "))
    assert len(labels) > 3
    _, *rows = csv.reader(io.StringIO(answer_saved_query(block, place, tmp_path)))
    assert [[target, label] for label in labels] == sorted(rows)


def table_rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a vocabulary table as they stand in the file."""
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))
