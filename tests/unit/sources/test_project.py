"""The project file names folders, and a mistake in it is told with file, key and repair."""

from __future__ import annotations

from pathlib import Path

import pytest

from dualbio.errors import ParameterError
from dualbio.sources.project import PROJECT_FILE, Project, read_project


def test_the_nearest_file_above_counts(tmp_path: Path) -> None:
    """Folders are relative to the file, wherever below it one works; one name is a list of one."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / PROJECT_FILE).write_text('with = "mine"\nqueries = ["deep"]\n', encoding="utf-8")
    found = Project((tmp_path.resolve() / "mine",), (tmp_path.resolve() / "deep",))
    assert found == read_project(tmp_path / "deep" / "er")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("with = [", "not TOML"),
        ("with = [\xff", "not TOML"),
        ('wiht = ["mine"]', "'wiht' .* accepted: with, queries; did you mean 'with'?"),
        ("with = 3", "'with' is 3; accepted: the name of a folder, or a list of names"),
        ("queries = [1]", "accepted: the name of a folder, or a list of names"),
        ('with = ["nowhere"]', "'with' names .*nowhere.*repair: create it"),
        (f'with = ["{PROJECT_FILE}"]', "'with' names .*repair: create it"),
    ],
)
def test_a_mistake_is_told(text: str, words: str, tmp_path: Path) -> None:
    """No command runs without the folders that somebody meant it to take into account."""
    (tmp_path / PROJECT_FILE).write_bytes(text.encode("latin-1"))
    with pytest.raises(ParameterError, match=words) as caught:
        read_project(tmp_path)
    assert str(tmp_path.resolve() / PROJECT_FILE) in str(caught.value)
