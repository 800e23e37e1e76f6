"""Two builds of one state of the sources lead to the same files for users, byte for byte."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from dualbio.release.folder import Release


def exporting(release: Release, folder: Path, seed: str) -> subprocess.Popen[bytes]:
    """Start a process that makes all files of a copy of `release`, built at another time, with its own hash seed."""
    copy = folder / release.id
    shutil.copytree(release.folder, copy, ignore=shutil.ignore_patterns("dumps"))
    manifest = json.loads((copy / "manifest.json").read_text(encoding="utf-8"))
    manifest["built"] = f"202{seed}-01-02T03:04:05+00:00"
    (copy / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    env = {**os.environ, "DUALBIO_RELEASES": str(folder), "PYTHONHASHSEED": seed}
    command = [sys.executable, "-m", "dualbio.cli", "export", "--format", "dumps"]
    return subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def test_exports_of_two_builds_are_byte_equal(release: Release, tmp_path: Path) -> None:
    """Dumps, parts, tables and descriptions do not depend on when, where and in which process they are made.

    That two builds write the same graphs is another test's matter.
    """
    folders = [tmp_path / name for name in ("one", "other")]
    running = [exporting(release, folder, str(seed)) for seed, folder in enumerate(folders, 1)]
    for each in running:
        _, errors = each.communicate()
        assert (0, b"") == (each.returncode, errors.replace(b"Making dumps\n", b""))
    one, other = (
        {
            str(file.relative_to(folder)): file.read_bytes()
            for file in sorted(folder.rglob("dumps/**/*"))
            if file.is_file()
        }
        for folder in folders
    )

    assert one.keys() == other.keys()
    assert [] == [name for name in one if one[name] != other[name]]
    assert len(one) > 60
