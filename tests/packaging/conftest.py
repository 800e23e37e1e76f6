"""The distribution as a user gets it: an sdist, the wheel made from it, and an installation without the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WHEELHOUSE = ROOT / ".venv" / "wheelhouse"

Run = Callable[..., subprocess.CompletedProcess[str]]


def _run(*command: str | Path, cwd: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run `command` and fail with its output unless it succeeds."""
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=240)
    if done.returncode:
        pytest.fail(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return done


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the sdist, and the wheel from it; return their folder."""
    folder = tmp_path_factory.mktemp("dist")
    _run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    return folder


@pytest.fixture(scope="session")
def sdist(dist: Path) -> Path:
    """Return the one sdist."""
    (path,) = dist.glob("*.tar.gz")
    return path


@pytest.fixture(scope="session")
def wheel(dist: Path) -> Path:
    """Return the one wheel."""
    (path,) = dist.glob("*.whl")
    return path


@pytest.fixture(scope="session")
def wheel_files(wheel: Path) -> dict[str, bytes]:
    """Return the content of the wheel by name."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Install the wheel with its core dependencies only; return a function that runs a program of that environment.

    The dependencies come from the wheels that `make wheelhouse` fetched and checked against their pinned hashes,
    so the installation needs no network and ignores what else this machine has.
    """
    if not WHEELHOUSE.is_dir():
        pytest.fail(f"{WHEELHOUSE} does not exist; accepted: the pinned wheels; repair: make wheelhouse")
    place = tmp_path_factory.mktemp("installed")
    empty = tmp_path_factory.mktemp("empty")
    venv.create(place, with_pip=True)
    pip: list[str | Path] = [place / "bin" / "python", "-m", "pip", "--isolated", "--disable-pip-version-check", "-qq"]
    _run(*pip, "install", "--no-index", "--find-links", WHEELHOUSE, wheel, cwd=empty)
    home = tmp_path_factory.mktemp("home")
    path = os.pathsep.join((str(place / "bin"), os.defpath))
    env = {"PATH": path, "HOME": str(home), "XDG_CACHE_HOME": str(home / "cache"), "LC_ALL": "C.UTF-8"}

    def run(program: str, *arguments: str, cwd: Path = empty) -> subprocess.CompletedProcess[str]:
        return _run(place / "bin" / program, *arguments, cwd=cwd, env=env)

    return run
