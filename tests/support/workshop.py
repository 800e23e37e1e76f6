"""Copied sources that a test may break, and the command line over them."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from dualbio.sources.folders import SourceFolders

__all__ = ["Workshop"]


@dataclass(frozen=True)
class Workshop:
    """Copied sources, a folder of releases, and the command line over both."""

    sources: SourceFolders
    releases: Path

    def dualbio(self, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run the command line on the copied sources."""
        environment = {
            **os.environ,
            "DUALBIO_ONTOLOGY": str(self.sources.ontology),
            "DUALBIO_QUERIES": str(self.sources.queries),
            "DUALBIO_RELEASES": str(self.releases),
        }
        command = [sys.executable, "-m", "dualbio.cli", *arguments]
        return subprocess.run(command, capture_output=True, text=True, input=stdin, env=environment, check=False)

    def edit(self, file: str, old: str, new: str) -> int:
        """Replace the first `old` of a copied file; return the line it was on."""
        root = self.sources.queries if file.startswith("queries/") else self.sources.ontology
        path = root.parent / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return text[: text.index(old)].count("\n") + 1
