"""Marks words in another language than that of their page (WCAG 2.2, success criterion 3.1.2)."""

from __future__ import annotations

import re

__all__ = ["marked"]

#: Tags whose words are of a language of their own already, are no words, or can hold no tag.
_APART = frozenset({"code", "desc", "option", "pre", "samp", "script", "style", "svg", "textarea", "title"})
_PIECE = re.compile(r"(<!--.*?-->|<[^>]+>)", re.DOTALL)
_TAG = re.compile(r"<(/?)([a-z][a-z0-9-]*)")
_LANGUAGE = re.compile(r"\slang=\"([a-z-]+)\"")
_VOID = frozenset({"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})
#: A word of Latin letters; and what may stand between the first and the last of several in one language.
_WORD = r"[A-Za-z][A-Za-z\u00c0-\u017f'\u2019]+"
_RUN = re.compile(
    rf"(?<![&\w]){_WORD}(?:(?:&[a-z0-9#]+;|"
    r"[\s\u2013\u2014\u2026\u00b7\u2264\u2265\u00b1\u00d7%+\-/.,:;()\[\]=0-9A-Za-z\u00c0-\u017f'\u2019\u201c\u201d])*"
    rf"{_WORD})?"
)
_LETTERS = re.compile(r"[A-Za-z]{2}")
_HAN = re.compile(r"[\u4e00-\u9fff](?:[^<>&A-Za-z]*[\u4e00-\u9fff])?")
#: Words that are marked from the first to the last.
_WHOLE = re.compile(r'\s*<span lang="([a-z]+)">([^<>]*)</span>\s*')
#: Chinese words whose own tag says so.
_TOLD = re.compile(r'lang="zh"[^>]*>[^<]*')


def marked(text: str, language: str) -> str:
    """Return a page whose words of another language stand in a tag that says which.

    On a Chinese page those are two and more Latin words that follow one another; one alone is a name or a measure. On
    an English page they are Han letters.

    >>> marked("<p>Aranow 2024, Ann Rheum Dis; &lt; 5</p>", "zh")
    '<p><span lang="en">Aranow 2024, Ann Rheum Dis</span>; &lt; 5</p>'
    >>> marked('<p lang="en">two words</p><p>rituximab &lt; 5</p>', "zh")
    '<p lang="en">two words</p><p>rituximab &lt; 5</p>'
    >>> marked('<a href="/drug/x">two words</a>', "zh")
    '<a href="/drug/x" lang="en">two words</a>'
    """
    if language == "en" and not _HAN.search(_TOLD.sub("", text)):
        return text
    told: list[str] = []
    inside: list[tuple[str, str | None]] = []  # open tags that matter, each with the language of its words
    head, body, rest = text.partition("<body")
    for piece in _PIECE.split(body + rest if body else text):
        tag = _TAG.match(piece)
        if tag is None:
            told.append(piece if inside and inside[-1][1] else _with_marks(piece, language))
            continue
        closing, name = tag.groups()
        if closing:
            _tell_in_tag(told, name)
        told.append(piece)
        if closing:
            while inside and inside.pop()[0] != name:
                pass
        elif name not in _VOID and not piece.endswith("/>"):
            own = _LANGUAGE.search(piece)
            above = inside[-1][1] if inside else None
            inside.append((name, name if name in _APART else _other(own[1], language) if own else above))
    return (head if body else "") + "".join(told)


def _tell_in_tag(told: list[str], name: str) -> None:
    """Let an element that holds words of one language and no more tell it itself; pages get shorter by a tenth."""
    whole = _WHOLE.fullmatch(told[-1]) if len(told) > 1 else None
    if whole and re.fullmatch(rf"<{name}(?:\s[^<>]*)?>", told[-2]) and not _LANGUAGE.search(told[-2]):
        told[-2:] = [f'{told[-2][:-1]} lang="{whole[1]}">', whole[2]]


def _other(own: str, language: str) -> str | None:
    """Return the language of a tag, where it is not that of the page."""
    return None if own == language else own


def _with_marks(text: str, language: str) -> str:
    if language == "en":
        return _HAN.sub(r'<span lang="zh">\g<0></span>', text)
    return _RUN.sub(_run, text)


def _run(found: re.Match[str]) -> str:
    """Return Latin words with the mark of their language; one word alone, hyphens and all, is a name."""
    run = found[0]
    return f'<span lang="en">{run}</span>' if sum(map(bool, map(_LETTERS.search, run.split()))) > 1 else run
