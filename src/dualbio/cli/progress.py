"""Progress of long work, shown on a terminal only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

__all__ = ["stages"]


@contextmanager
def stages(title: str, names: Sequence[str]) -> Iterator[Callable[[str], None]]:
    """Show a bar with one step per name of `names`; yield a function to call when a step begins."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[stage]}"), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(title, total=len(names), stage="")

        def begin(stage: str) -> None:
            progress.update(task, completed=names.index(stage), stage=stage)

        yield begin
        progress.update(task, completed=len(names), stage="done")
