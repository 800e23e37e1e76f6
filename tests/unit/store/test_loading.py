"""N-Quads in chunks: nothing is cut, joined or lost, and what has blank nodes goes apart."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualbio.errors import ReleaseError
from dualbio.store.embedded import load_files
from dualbio.store.loading import in_chunks, without_blank_nodes

LINE = st.sampled_from([b"<urn:a> <urn:b> <urn:c> .", b"_:x <urn:b> <urn:c> .", b'<urn:a> <urn:b> "_: \\n" .', b""])


@given(parts=st.lists(st.lists(LINE)), size=st.integers(1, 200))
def test_chunks_have_every_line_of_every_part_once(parts: list[list[bytes]], size: int) -> None:
    """Whatever the size of a chunk, no line is cut in two, and none is lost."""
    contents = [b"".join(line + b"\n" for line in lines) for lines in parts]

    chunks = list(in_chunks(contents, size))

    assert b"".join(contents) == b"".join(chunks)
    assert all(chunk.endswith(b"\n") for chunk in chunks)


def test_a_file_without_a_last_line_break_is_not_joined_to_the_next(tmp_path: Path) -> None:
    """The last line of one file and the first of the next stay two."""
    (tmp_path / "a.nq").write_bytes(b"<urn:a> <urn:b> <urn:c> .")

    assert [b"<urn:a> <urn:b> <urn:c> .\nnext\n"] == list(in_chunks([tmp_path / "a.nq", b"next\n"], 1000))


@given(lines=st.lists(LINE))
def test_lines_with_blank_nodes_are_those_that_go_apart(lines: list[bytes]) -> None:
    """Every line is in one of the two halves, in its order."""
    expected = [b"".join(line + b"\n" for line in lines if (b"_:" in line) == apart) for apart in (False, True)]

    assert tuple(expected) == without_blank_nodes(b"".join(line + b"\n" for line in lines))


def test_the_file_that_is_broken_is_named(tmp_path: Path) -> None:
    """Files are loaded together, and yet a message names the one that is to blame."""
    for name, content in (("a", "<urn:a> <urn:b> <urn:c> .\n"), ("b", "<urn:a> <urn:b> .\n"), ("c", "")):
        (tmp_path / f"{name}.nq").write_text(content, encoding="utf-8")

    with pytest.raises(ReleaseError, match=r"/b\.nq: .*repair: dualbio build"):
        load_files(tmp_path / f"{name}.nq" for name in "abc")
