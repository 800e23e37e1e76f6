"""The command line for people: what reads does not write, and whatever goes wrong is told, never traced."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import platformdirs
import pytest

from dualbio.client import connect
from dualbio.database import Database
from dualbio.queries import Library
from dualbio.release.diff import diff_releases
from dualbio.release.folder import Release, make_current, open_release
from dualbio.settings import Settings
from dualbio.sources.folders import SourceFolders, shipped_sources

command = import_module("dualbio.cli.main")
#: Every command that reads a release, with what it is asked.
READING = (
    ("describe", "rituximab"),
    ("search", "lupus"),
    ("why", "drug:rituximab", "rdf:type", "dualbio:Drug"),
    ("sparql", "ASK {}"),
    ("query", "missed-superiority"),
    ("query", "missed-superiority", "--format", "csv"),
    ("queries",),
    ("export", "--format", "nt", "--graph", "lessons"),
    ("diff", "current", "current"),
)
#: A table of labels in two scripts.
LABELS = ("sparql", 'SELECT * { ?s a dualbio:Drug ; rdfs:label ?label FILTER (LANG(?label) = "zh") } LIMIT 5')


def run(*arguments: str, releases: Path, **variables: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command line over a folder of releases, with further variables of the environment."""
    environment = {**os.environ, "DUALBIO_RELEASES": str(releases), **variables}
    dualbio = [sys.executable, "-m", "dualbio.cli", *arguments]
    return subprocess.run(dualbio, capture_output=True, env=environment, check=False, timeout=120)


def seen(folder: Path) -> dict[str, tuple[int, int]]:
    """Return what would show that something below a folder was made, moved, written or pointed elsewhere."""
    paths = (folder, *folder.rglob("*"))
    return {str(path): (path.lstat().st_mtime_ns, path.lstat().st_ino) for path in paths}


@pytest.fixture(name="releases", scope="module")
def fixture_releases(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The release of the sources beside an earlier one, which an operator has gone back to; nobody may write here."""
    folder = tmp_path_factory.mktemp("kept") / "releases"
    shutil.copytree(release.folder, folder / release.id)
    earlier = folder / "0.0.9-earlier"
    shutil.copytree(release.folder, earlier)
    manifest = earlier / "manifest.json"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace('"inputs": "', '"inputs": "of-old-'), "utf-8")
    make_current(folder, open_release(earlier))
    paths = (folder, *(path for path in folder.rglob("*") if not path.is_symlink()))
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield folder
    for path in paths:
        path.chmod(0o755)


@pytest.mark.parametrize("asked", READING, ids=" ".join)
def test_a_command_that_reads_writes_nothing(releases: Path, asked: tuple[str, ...]) -> None:
    """It answers over releases that may only be read, and `current` stays where the operator pointed it."""
    before = seen(releases)
    done = run(*asked, releases=releases)

    assert 0 == done.returncode, done.stderr
    assert before == seen(releases)
    assert "0.0.9-earlier" == str((releases / "current").readlink())


@pytest.mark.parametrize("mask", [0o022, 0o027])
def test_a_release_has_the_rights_that_the_umask_leaves(invented: SourceFolders, tmp_path: Path, mask: int) -> None:
    """So another account can serve what this one builds, where the operator allows it."""
    environment = {
        **os.environ,
        "DUALBIO_ONTOLOGY": str(invented.ontology),
        "DUALBIO_QUERIES": str(invented.queries),
        "DUALBIO_RELEASES": str(tmp_path / "releases"),
    }
    dualbio = [sys.executable, "-m", "dualbio.cli"]
    subprocess.run([*dualbio, "build"], env=environment, umask=mask, capture_output=True, check=True)

    wrong = {}
    for path in (tmp_path / "releases").rglob("*"):
        most = 0o777 if path.is_dir() else 0o666
        if not path.is_symlink() and path.stat().st_mode & 0o777 != most & ~mask:
            wrong[str(path)] = oct(path.stat().st_mode)
    assert {} == wrong


@pytest.mark.parametrize(("coding", "asked"), [("latin-1", READING[0]), ("latin-1", READING[1]), ("ascii", LABELS)])
def test_every_terminal_is_written_to(release: Release, coding: str, asked: tuple[str, ...]) -> None:
    """What its characters cannot show is escaped: 1,077 labels are Chinese."""
    done = run(*asked, releases=release.folder.parent, PYTHONIOENCODING=coding)

    assert 0 == done.returncode, done.stderr
    assert b"Traceback" not in done.stderr


def test_a_plain_locale_is_written_to(release: Release) -> None:
    """As in a container without any locale, where Python is told not to help."""
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = run("describe", "rituximab", releases=release.folder.parent, **plain)

    assert 0 == done.returncode, done.stderr


def test_a_user_without_a_home_is_told_what_to_set(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An account that no system knows of, as containers have them, reads one line."""

    def homeless(*_: object) -> str:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("DUALBIO_RELEASES", raising=False)
    monkeypatch.setattr(platformdirs, "user_cache_dir", homeless)
    monkeypatch.setattr(sys, "argv", ["dualbio", "describe", "rituximab"])
    with pytest.raises(SystemExit) as ended:
        command.main()

    assert 3 == ended.value.code
    assert capsys.readouterr().err.endswith("; repair: set HOME or DUALBIO_RELEASES\n")


def test_an_endpoint_that_cannot_be_reached_is_told(release: Release) -> None:
    """A SERVICE where nothing listens ends the query with a line."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        place = f"http://127.0.0.1:{free.getsockname()[1]}/"
    done = run("sparql", f"SELECT * {{ SERVICE <{place}> {{ ?s ?p ?o }} }}", releases=release.folder.parent)

    assert (3, 1) == (done.returncode, len(done.stderr.decode().strip().splitlines()))
    assert done.stderr.startswith(b"dualbio: the query ended: ")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (KeyError("x"), "a fault of dualbio itself, please report it: KeyError: 'x'"),
        (MemoryError(), "there is not enough memory"),
        (RecursionError("maximum recursion depth exceeded"), "nested too deeply"),
        (PermissionError(13, "Permission denied", "/some/file"), "/some/file: Permission denied"),
        (OSError(28, "No space left on device"), "No space left on device"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_whatever_goes_wrong_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception, words: str
) -> None:
    """Exit code 3, and what happened."""

    def fail(**_: object) -> None:
        raise error

    monkeypatch.setattr(command.cli, "main", fail)
    with pytest.raises(SystemExit) as ended:
        command.main()
    printed = capsys.readouterr().err

    assert (3, 1) == (ended.value.code, printed.count("\n"))
    assert words in printed


def test_a_query_longer_than_a_file_name_is_a_query(release: Release) -> None:
    """A long text is not looked for on the disk."""
    done = run("sparql", f"ASK {{}} # {'x' * 9000}", releases=release.folder.parent)

    assert (0, b"true\n") == (done.returncode, done.stdout)


def test_paths_may_be_text(release: Release) -> None:
    """Python users write paths as text."""
    folder, queries = str(release.folder), str(shipped_sources().queries)

    assert release.id == open_release(folder).id
    assert len(Library.read(queries)) == len(Database(open_release(folder), queries).queries)
    assert diff_releases(folder, folder).empty
    assert Settings(releases=folder).releases == release.folder
    assert connect.__annotations__["cache"] == "str | Path | bool"


BOMBS = {
    "aliases": "study: &a [x, x]\n"
    + "".join(f"k{n}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(25)),
    "brackets": "[" * 30_000_000,
    "nesting": "{a: " * 500_000,
    "documents": "a: 1\n---\n" * 5,
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_folder_of_own_evidence_cannot_stop_the_build(release: Release, tmp_path: Path, name: str) -> None:
    """What is larger, deeper or more repeated than any record is told with its file, at once."""
    folder = tmp_path / "mine" / "evidence"
    folder.mkdir(parents=True)
    (folder / "bomb.yaml").write_text(BOMBS[name], encoding="utf-8")
    done = run("build", "--with", str(folder.parent), releases=release.folder.parent / "other")

    assert 1 == done.returncode, done.stderr[-2000:]
    assert done.stderr.startswith(b"mine/evidence/bomb.yaml:")
    assert 1 == done.stderr.count(b"\n")
