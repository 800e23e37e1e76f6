"""The report of the checks, cached for the next run over the same content."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

from dualbio.build.validate import Report
from dualbio.errors import Problem

__all__ = ["kept_report"]

_LEVELS = ("errors", "warnings", "notes", "waived")


def kept_report(folder: Path, about: str, content: str, make: Callable[[], Report]) -> Report:
    """Return the report that was kept for `content`, or what `make` finds, which is kept from then on.

    Args:
        folder: where reports are kept, one for each `about`; where it cannot be written, none is.
        about: what is checked, such as the paths.
        content: a digest of everything that the report depends on.
        make: runs the checks.
    """
    file = folder / f"{sha256(about.encode()).hexdigest()[:16]}.json"
    with suppress(OSError, ValueError, KeyError, TypeError):
        kept = json.loads(file.read_text(encoding="utf-8"))
        if kept["content"] == content:
            return Report(*(tuple(Problem(**problem) for problem in kept[level]) for level in _LEVELS))
    report = make()
    told = {level: [asdict(problem) for problem in getattr(report, level)] for level in _LEVELS}
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(".draft")
        draft.write_text(json.dumps({"content": content, **told}), encoding="utf-8")
        draft.replace(file)
    return report
