"""What the tests with real clients ask, and how they start a client that is a program."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from dualbio.model.namespaces import PREFIXES

__all__ = ["ASK", "CONSTRUCT", "DENIED", "SELECT", "program", "run"]

_PROLOGUE = "".join(f"PREFIX {prefix}: <{PREFIXES[prefix]}>\n" for prefix in ("dualbio", "rdfs", "drug"))
_LABELS = "?drug a dualbio:Drug ; rdfs:label ?label"

#: Labels in two languages, one of them far from ASCII, in an order that SPARQL defines.
SELECT = (
    f'{_PROLOGUE}SELECT ?drug ?label {{\n  {_LABELS}\n  FILTER(LANG(?label) IN ("en", "zh"))\n}}\n'
    "ORDER BY ?drug ?label\nLIMIT 40\n"
)
CONSTRUCT = f"{_PROLOGUE}CONSTRUCT {{ {_LABELS} }}\nWHERE {{ {_LABELS} }}\n"
ASK = f"{_PROLOGUE}ASK {{ drug:rituximab a dualbio:Drug }}\n"
DENIED = f"{_PROLOGUE}ASK {{ drug:rituximab a rdfs:Literal }}\n"


def program(name: str) -> str:
    """Return the path of a program; the test fails without it, for a skipped client tells nothing."""
    path = shutil.which(name)
    assert path is not None, f"{name} is not installed; repair: install what .ci/run installs"
    return path


def run(*command: str | Path, stdin: str | None = None, folder: Path | None = None) -> str:
    """Return what a command prints; the test fails with its errors when it fails."""
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=120, input=stdin, cwd=folder, encoding="utf-8"
    )
    assert done.returncode == 0, f"{command[0]} ended with {done.returncode}: {done.stderr[-2000:]}"
    return done.stdout
