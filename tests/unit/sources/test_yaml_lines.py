"""YAML and tables of strangers are read within bounds, and what is refused is told with its line."""

from __future__ import annotations

import time
from decimal import Decimal
from pathlib import Path

import pytest

from dualbio.sources.yaml_lines import UnreadableError, parse_yaml, read_tsv, read_yaml

BOMB = "".join(
    [
        "a: &a [x, x, x, x, x, x, x, x, x]\n",
        *(f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(12)),
    ]
)


def test_values_keep_their_form_and_their_line() -> None:
    """Numbers stay as they were printed, dates stay text, and each value knows where it stands."""
    content, lines = parse_yaml("# a comment\na: {b: 0.50, c: [1, 2018-01-02]}\nd: yes\n")

    assert {"a": {"b": Decimal("0.50"), "c": (1, "2018-01-02")}, "d": "yes"} == content
    assert "0.50" == str(content["a"]["b"])
    assert {(): 2, ("a",): 2, ("a", "b"): 2, ("a", "c"): 2, ("a", "c", 0): 2, ("a", "c", 1): 2, ("d",): 3} == lines


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("[" * 1_000_000, 1, "nested more than"),
        ("{a: " * 1_000_000, 1, "nested more than"),
        ("a:\n" + "".join(f"{' ' * n}x:\n" for n in range(1, 60)), 34, "nested more than"),
        ("- " * 100_000, 1, "nested more than"),
        (BOMB, 2, "alias '*a' is not taken; repair: write the value again"),
        ("a: &a [*a]", 1, "alias"),
        ("a: 1\n---\nb: 1\n", 2, "a second document begins; accepted: one"),
        ("? [a]\n: b\n", 1, "accepted: a name"),
        ("a: 1\n\na: 2\n", 3, "key 'a' is given twice; repair: remove one"),
        ("a: [1, 2\n", 2, "not YAML"),
        ("", 1, "the file is empty"),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_what_is_refused_is_told_at_once(text: str, line: int, words: str) -> None:
    """Neither depth nor repetition costs more than reading up to the place that is named."""
    started = time.process_time()
    with pytest.raises(UnreadableError, match=words.replace("*", r"\*")) as caught:
        parse_yaml(text)

    assert line == caught.value.line
    assert time.process_time() - started < 2


def test_a_number_without_end_stays_text() -> None:
    """It is no count, and the record that it stands in says so."""
    assert ("9" * 5000,) == tuple(parse_yaml(f"a: {'9' * 5000}")[0].values())


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.getcwd", "!!binary", "!own"])
def test_a_tag_makes_nothing(tag: str) -> None:
    """Whatever a tag asks for, the value is its text."""
    assert {"a": "x"} == parse_yaml(f"a: {tag} x")[0]


def test_a_file_beyond_any_record_is_not_read(tmp_path: Path) -> None:
    """Thirty megabytes are told by their size, of YAML and of a table."""
    file = tmp_path / "large"
    file.write_text("[" * 30_000_000, encoding="utf-8")
    for read in (read_yaml, lambda path: read_tsv(path, ("key",))):
        with pytest.raises(UnreadableError, match="has 30,000,000 bytes; accepted: at most"):
            read(file)
