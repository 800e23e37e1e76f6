"""Changes of curated files are noticed, once each, until watching is stopped."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Event

from dualbio.sources.watch import changes, snapshot


class Saves:
    """An event that saves a file each time it is waited for, then stops."""

    def __init__(self, *saves: tuple[Path, str]) -> None:
        """Save each file in turn."""
        self.saves = list(saves)
        self.quiet = False

    def wait(self, timeout: float) -> bool:
        """Save the next file; the wait after a save finds it at rest."""
        assert timeout > 0
        if self.quiet:
            self.quiet = False
            return False
        if not self.saves:
            return True
        path, text = self.saves.pop(0)
        path.write_text(text, encoding="utf-8")
        os.utime(path, ns=(0, len(self.saves)))
        self.quiet = path.suffix in (".yaml", ".tsv")
        return False


def test_a_saved_file_is_told(tmp_path: Path) -> None:
    """A new and then a changed file are told, each once, others not."""
    study, text = tmp_path / "study.yaml", tmp_path / "notes.txt"
    stop = Saves((text, "x"), (study, "a: 1"), (text, "y"), (study, "a: 22"))
    told = list(changes([tmp_path], stop))  # type: ignore[arg-type]  # stands in for an event
    assert [(study,), (study,)] == told


def test_watching_stops_at_once() -> None:
    """A stop that is already set ends the watch before anything is looked at."""
    stop = Event()
    stop.set()
    assert [] == list(changes([Path()], stop))


def test_a_removed_file_is_told(tmp_path: Path) -> None:
    """A file that is gone is a change."""
    study = tmp_path / "study.yaml"
    study.write_text("a: 1", encoding="utf-8")

    class Removes(Saves):
        def wait(self, timeout: float) -> bool:
            if study.exists():
                study.unlink()
                self.quiet = True
                return timeout < 0
            return super().wait(timeout)

    assert [(study,)] == list(changes([tmp_path], Removes()))  # type: ignore[arg-type]  # stands in for an event


def test_only_curated_files_are_looked_at(tmp_path: Path) -> None:
    """Hidden files and other suffixes do not count."""
    for name in ("a.yaml", ".b.yaml", "c.swp", "d.tsv"):
        (tmp_path / name).write_text("x", encoding="utf-8")
    assert {tmp_path / "a.yaml", tmp_path / "d.tsv"} == set(snapshot([tmp_path]))
