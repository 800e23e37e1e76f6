"""How text is compared, and how names are cut into words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualbio.search.words import compact, folded, joined, spaced, tokens, unspaced


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("IL-6R", "il 6r"),
        ("Sjögren", "SJOGREN"),
        ("BLISS-BELIEVE", "BlissBelieve"),
        ("Olbjørn", "olbjorn"),
        ("MONDO:0007915", "mondo_0007915"),
        ("狼疮性肾炎", "狼疮 性肾炎"),
    ],
)
def test_spellings_of_one_name_are_one(one: str, other: str) -> None:
    """Case, accents, hyphens and blanks do not tell two names apart."""
    assert compact(one) == compact(other)


def test_words_of_a_name_are_found_written_together() -> None:
    """A hyphenated name is a word of its own, and so is one whose letters fold to others; long ones are not."""
    assert {"il6r", "olbjorn"} <= set(joined("IL-6R of Olbjørn"))
    assert [] == list(joined("plain words"))
    assert [] == list(joined("a-very-long-hyphenated-sequence"))


def test_chinese_is_compared_letter_by_letter() -> None:
    """Nothing stands between Chinese words, so each letter is one."""
    assert ["狼", "疮", "b", "细", "胞"] == tokens("狼疮B细胞")


@given(st.text())
def test_what_is_spaced_for_a_tokenizer_reads_as_before(text: str) -> None:
    """The blanks that no reader sees come and go, and never change the words."""
    plain = text.replace("\u200b", "")

    assert plain == unspaced(spaced(plain))
    assert tokens(plain) == tokens(spaced(plain))


@given(st.text())
def test_a_folded_text_is_folded(text: str) -> None:
    """Words hold letters and digits alone, so none of them means anything to a query language."""
    assert all(token.isalnum() for token in tokens(text))
    assert tokens(text) == tokens(" ".join(tokens(folded(text))))
