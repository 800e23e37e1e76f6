"""Zero-length paths from terms that are not in the data: `<x> rdfs:subClassOf* ?y` has the answer `<x>`.

By SPARQL 1.1 (section 18.4) such a path leads from a term to itself, whether or not the term is in the graph. The
engine (pyoxigraph 0.5) looks for the term first. Where the store does not have it, no step of the path can match, so
that the pattern says no more than `VALUES ?y { <x> }`; it is replaced by that. Patterns that share labelled blank nodes
with others, those inside square brackets, objects in lists with constants, and literals stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyoxigraph as ox

from dualbio.sparql.clauses import declared_prefixes, iri_of
from dualbio.sparql.engine_text import EngineText, rewritten
from dualbio.sparql.tokens import ABSOLUTE_IRI, Token, read_tokens

__all__ = ["with_zero_length_paths"]

#: A sign that may end the last step of a path, and what follows one that can be written as a value: a variable, a name,
#: another way, or a closing bracket.  Most texts have none.
_OPTIONAL = re.compile(r"[*?](?<=[\w>):\s][*?])\s*+(?=[|)?$<:]|[\w.\-]++:)")
_BEFORE_SUBJECT = frozenset("{}.)")
_NAMES = ("iri", "name")


def with_zero_length_paths(text: EngineText, store: ox.Store, prefixes: Mapping[str, str]) -> EngineText:
    """Return a query in which paths of no step from terms that `store` does not have are written as values."""
    if not _OPTIONAL.search(text.text):
        return text
    tokens = list(read_tokens(text.text))
    if any(token.kind == "label" for token in tokens):
        return text
    names = {**prefixes, **declared_prefixes(tokens)}

    def unknown(token: Token) -> bool:
        iri = iri_of(token, names)
        if iri is None or not ABSOLUTE_IRI.fullmatch(iri):
            return False
        try:
            node = ox.NamedNode(iri)
        except ValueError:  # the engine will say so
            return False
        patterns = ((node, None), (None, node))
        return not any(any(True for _ in store.quads_for_pattern(s, None, o, None)) for s, o in patterns)

    return rewritten(text, _edits([pattern for pattern in _patterns(tokens) if unknown(pattern.constant)]))


@dataclass(frozen=True)
class _Pattern:
    """A pattern whose path may have no step: from or to a constant, with a variable (or the same) at the other end.

    `first` is its subject, or the semicolon before it; `semicolon` the one after it, if there is one.
    """

    first: Token
    subject: Token
    value: Token
    constant: Token
    semicolon: Token | None

    @property
    def values(self) -> str:
        """What the pattern says when the constant is unknown."""
        other = self.value if self.constant is self.subject else self.subject
        before = " . " if self.first.kind == ";" else ""
        if other.kind != "variable":
            return f"{before}FILTER(true)"
        return f"{before}VALUES {other.text} {{ {self.constant.text} }}"


def _edits(patterns: Sequence[_Pattern]) -> Iterator[tuple[int, int, str]]:
    replaced = {pattern.first.start for pattern in patterns}
    for pattern in patterns:
        yield pattern.first.start, pattern.value.end, pattern.values
        after = pattern.semicolon
        if after and after.start not in replaced:
            yield after.start, after.end, f" {pattern.subject.text}"


def _patterns(tokens: Sequence[Token]) -> Iterator[_Pattern]:
    subject: Token | None = None
    at = inside = 0
    while at < len(tokens) - 1:
        token = tokens[at]
        inside += {"[": 1, "]": -1}.get(token.kind, 0)
        first = not inside and at > 0 and tokens[at - 1].kind in _BEFORE_SUBJECT and token.kind in (*_NAMES, "variable")
        if first:
            subject = token
        elif token.kind in _BEFORE_SUBJECT:
            subject = None
        if subject is not None and (first or (token.kind == ";" and not inside)):
            end, optional = _path(tokens, at + 1)
            pattern = _pattern(tokens, (subject, at, end)) if optional else None
            if pattern:
                yield pattern
                at = end
        at += 1


def _pattern(tokens: Sequence[Token], place: tuple[Token, int, int]) -> _Pattern | None:
    """Return the pattern of a subject whose path goes from one place (the subject, or a semicolon) to the object."""
    subject, start, end = place
    value, after, following = (tokens[min(at, len(tokens) - 1)] for at in range(end, end + 3))
    constant, other = (subject, value) if subject.kind in _NAMES else (value, subject)
    fits = constant.kind in _NAMES and (other.kind == "variable" or other.text == constant.text)
    annotated = after.kind == "{" and following.kind == "|"
    ends_oddly = after.kind == ";" and following.kind in (";", ".", "}")
    if not fits or annotated or ends_oddly or after.kind in (",", "language", "^", "|", "/"):
        return None
    return _Pattern(tokens[start], subject, value, constant, after if after.kind == ";" else None)


def _path(tokens: Sequence[Token], at: int) -> tuple[int, bool]:
    """Return where the path that begins at a place ends, and whether it may have no step."""
    at, optional = _sequence(tokens, at)
    while tokens[at].kind == "|":
        at, also = _sequence(tokens, at + 1)
        optional = optional or also
    return at, optional


def _sequence(tokens: Sequence[Token], at: int) -> tuple[int, bool]:
    at, optional = _step(tokens, at)
    while tokens[at].kind == "/":
        at, also = _step(tokens, at + 1)
        optional = optional and also
    return at, optional


def _step(tokens: Sequence[Token], at: int) -> tuple[int, bool]:
    optional = False
    while tokens[at].kind in ("^", "!"):
        at += 1
    if tokens[at].kind == "(":
        at, optional = _path(tokens, at + 1)
        if tokens[at].kind != ")":
            return at, False
    elif tokens[at].kind not in _NAMES and tokens[at].word != "A":
        return at, False
    at += 1
    if tokens[at].kind in ("*", "?"):
        return at + 1, True
    return at + (tokens[at].kind == "+"), optional
