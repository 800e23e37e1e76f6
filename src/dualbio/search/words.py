"""Normalisation of text: without case, accents and punctuation; Chinese character by character."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import filterfalse

__all__ = ["STOP_WORDS", "compact", "folded", "joined", "spaced", "tokens", "unspaced"]

#: Letters that no accent makes.
_STROKES = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe"})
#: Words of a question that say nothing about what is looked for.
STOP_WORDS = frozenset(
    [
        *("a", "an", "and", "are", "as", "at", "be", "but", "by", "can", "did", "do", "does", "for", "from", "had"),
        *("has", "have", "how", "in", "is", "it", "its", "of", "on", "or", "than", "that", "the", "their", "there"),
        *("these", "they", "this", "to", "was", "were", "what", "when", "where", "which", "who", "why", "with"),
    ]
)
#: Chinese and Japanese letters are words of their own, because nothing stands between words.
_LETTER = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_ANY_LETTER = re.compile(f"[{_LETTER}]")
_BETWEEN = re.compile(f"(?<=[{_LETTER}])(?=[^\\W_])|(?<=[^\\W_])(?=[{_LETTER}])")
_TOKEN = re.compile(f"[{_LETTER}]|[^\\W_{_LETTER}]+")
#: What stands between such letters in an index: no reader sees it, and every tokenizer ends a word there.
_SPACE = "\u200b"


def folded(name: str) -> str:
    """Return a name as it is compared: without case, accents and runs of blanks.

    >>> folded(" Sjögren   Syndrome"), folded("Olbjørn")
    ('sjogren syndrome', 'olbjorn')
    """
    if name.isascii():
        return " ".join(name.lower().split())
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold().translate(_STROKES))
    return " ".join("".join(filterfalse(unicodedata.combining, plain)).split())


def tokens(text: str) -> list[str]:
    """Return the words of a text as they are compared.

    >>> tokens("Anti-CD20 in Sjögren's, 狼疮")
    ['anti', 'cd20', 'in', 'sjogren', 's', '狼', '疮']
    """
    return _TOKEN.findall(folded(text))


def compact(name: str) -> str:
    """Return a name without anything that is written in more than one way: "IL-6R" and "il 6r" are one.

    >>> compact("IL-6R"), compact("BLISS-BELIEVE"), compact("系统性红斑狼疮")
    ('il6r', 'blissbelieve', '系统性红斑狼疮')
    """
    return "".join(tokens(name))


def joined(text: str) -> Iterator[str]:
    """Yield how words of `text` are written that a tokenizer would cut or not fold, such as `il6` and `olbjorn`."""
    for word in text.split():
        if not (word.isascii() and word.isalnum()):
            yield from _joined_and_parts(word)


@lru_cache(20_000)  # the texts of a release say the same words again and again
def _joined_and_parts(word: str) -> tuple[str, ...]:
    parts = tokens(word)
    together = "".join(parts)
    whole = len(parts) > 1 and len(together) <= _LONGEST_JOINED and not _BETWEEN.search(together)
    return ((together,) if whole else ()) + tuple(part for part in parts if part not in word.lower())


#: Letters of the longest name that is written with and without a hyphen.
_LONGEST_JOINED = 16


def spaced(text: str) -> str:
    """Return a text in which every Chinese letter is a word for a tokenizer; it reads as before."""
    return _BETWEEN.sub(_SPACE, text) if _ANY_LETTER.search(text) else text  # most texts have none, and are long


def unspaced(text: str) -> str:
    """Return what `spaced` was given."""
    return text.replace(_SPACE, "")
