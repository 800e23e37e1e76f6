r"""Rewrites a query where the engine is stricter than the grammar, and refuses too deep nesting.

The engine (pyoxigraph 0.5) does not take all that SPARQL 1.1 allows. Rewritten here, each time with the place of every
character kept for messages:

- a byte order mark in front is left out;
- code point escapes (section 19.2) outside strings and IRIs, such as `rdfs:l\u0061bel`, become their characters;
- dots inside the local part of a name, such as `step:a.b.c`, are escaped: the engine takes only one group of them.

Its parser calls itself for each level of brackets, and ends the process when they are too many.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dualbio.errors import DualbioError
from dualbio.sparql.tokens import CODE_POINT_ESCAPE, ESCAPABLE, Token, offset_of, place_of, read_tokens, without_mark

__all__ = [
    "DEPTH",
    "ERROR_PLACE",
    "LENGTH",
    "WHOLE_IRI",
    "EngineText",
    "QueryDepthError",
    "engine_text",
    "rewritten",
    "without_escapes",
]

#: Levels of brackets, or signs of negation in a row, that a text may have.
DEPTH = 200
#: Operators, or clauses that begin with a keyword, in one pair of brackets: the engine nests each into the one before.
LENGTH = 2000

#: Where the engine found an error in a text, as line and column, in its words for it.
ERROR_PLACE = re.compile(r"error at (\d+):(\d+): ")
#: Two dots in one piece of text; a cheap test that most texts fail once whole IRIs are taken out.
_DOTTED = re.compile(r"\.[^\s.]*+\.(?=\S)")
#: An IRI that no comparison can be: what is left of a text without these has all its prefixes.
WHOLE_IRI = re.compile(r"<[A-Za-z][A-Za-z0-9+.\-]*+://[^<>\"'{}|^`\\\x00-\x20]*+>")
_DOTS = re.compile(r"(?<!\\)\.")
_OPENING = ("{", "(", "[")
_CLOSING = ("}", ")", "]")
#: Signs that nest what follows into what was before, by the bracket around them; all of them together.
_NESTED = {"(": frozenset("|&+-*/"), "{": frozenset("|/"), "[": frozenset("|/"), "": frozenset[str]()}
_OPERATORS = "|&+-*/"
_CLAUSES = frozenset({"FILTER", "BIND", "MINUS", "UNION", "OPTIONAL", "VALUES", "GRAPH", "SERVICE", "LATERAL"})


class QueryDepthError(DualbioError):
    """The text is nested too deeply, or chains too much, for the parser."""


@dataclass(frozen=True)
class EngineText:
    """A text for the engine, and the one that it was made from.

    Each change is a place in `text` from which on the text before is that much further on.
    """

    text: str
    before: EngineText | None = None
    changes: tuple[tuple[int, int], ...] = ()

    def place(self, line: int, column: int) -> tuple[int, int]:
        """Return line and column in the text as written of a place that the engine names in its own."""
        if self.before is None:
            return line, column
        return self.before.place(*place_of(self.before.text, self._offset(offset_of(self.text, line, column))))

    def _offset(self, offset: int) -> int:
        assert self.before is not None
        shift = next((shift for start, shift in reversed(self.changes) if start <= offset), 0)
        return min(offset + shift, len(self.before.text))


def engine_text(text: str) -> EngineText:
    r"""Return what the engine is given for a query or an update.

    Raises:
        QueryDepthError: the text would overrun the parser.

    >>> engine_text("SELECT ?o { step:a.b.1 dcterms:titl\\u0065 ?o }").text
    'SELECT ?o { step:a\\.b\\.1 dcterms:title ?o }'
    """
    made = without_escapes(EngineText(without_mark(text)))
    _check_depth(made.text)
    if _DOTTED.search(WHOLE_IRI.sub("", made.text)):
        made = rewritten(made, _escaped_dots(made.text))
    return made


def without_escapes(text: EngineText) -> EngineText:
    """Return a text in which code point escapes outside strings and IRIs are their characters (section 19.2)."""
    return rewritten(text, _characters(text.text)) if "\\u" in text.text or "\\U" in text.text else text


def rewritten(text: EngineText, edits: Iterable[tuple[int, int, str]]) -> EngineText:
    """Return a text with parts of it, given by their two places in order, replaced."""
    pieces, changes, at, length = [], [], 0, 0
    for start, end, new in edits:
        pieces += [text.text[at:start], new]
        length += start - at + len(new)
        at = end
        changes.append((length, end - length))
    return EngineText("".join([*pieces, text.text[at:]]), text, tuple(changes)) if changes else text


def _characters(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield the code point escapes outside strings and IRIs; others are the engine's to read, or to refuse."""
    end = 0
    for token in read_tokens(text):
        if token.kind == "\\" and token.start >= end and (found := CODE_POINT_ESCAPE.match(text, token.start)):
            character = chr(min(int(found[1] or found[2], 16), 0x10FFFF))
            if ESCAPABLE.fullmatch(character):
                end = found.end()
                yield found.start(), end, character


def _escaped_dots(text: str) -> Iterator[tuple[int, int, str]]:
    for token in read_tokens(text):
        local = token.start + len(token.prefix) if token.kind == "name" else token.end
        dots = [found.start() for found in _DOTS.finditer(text, local, token.end)]
        if len(dots) > 1:
            yield from ((dot, dot, "\\") for dot in dots)


def _check_depth(text: str) -> None:
    brackets = sum(map(text.count, (*_OPENING, "!")))
    if brackets <= DEPTH and sum(map(text.count, _OPERATORS)) <= LENGTH:  # each clause has a bracket
        return
    chains, opened, negations, before = [0], [""], 0, ""
    for token in read_tokens(text):
        if token.kind in _OPENING:
            chains.append(0)
            opened.append(token.kind)
        elif token.kind in _CLOSING and len(chains) > 1:
            chains.pop()
            opened.pop()
        elif (token.kind in _NESTED[opened[-1]] and token.kind != before) or token.word in _CLAUSES:
            chains[-1] += 1
        negations = negations + 1 if token.kind == "!" else 0
        before = token.kind
        if len(chains) - 1 > DEPTH or negations > DEPTH:
            raise _too_complex(text, token, f"more than {DEPTH} levels of brackets", "flatten its groups")
        if chains[-1] > LENGTH:
            raise _too_complex(text, token, f"more than {LENGTH} operators or clauses", "give values by VALUES or IN")


def _too_complex(text: str, token: Token, found: str, repair: str) -> QueryDepthError:
    line, column = place_of(text, token.start)
    return QueryDepthError(f"the query is nested too deeply: line {line}, column {column}: {found}; repair: {repair}")
