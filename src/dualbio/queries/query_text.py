"""Analysis of the text of a saved query: `VALUES` blocks, prefixes, hierarchies, names of things."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from dualbio.model.namespaces import PREFIXES
from dualbio.sparql.clauses import iri_of
from dualbio.sparql.tokens import Token, place_of, read_tokens

__all__ = [
    "Block",
    "Hierarchy",
    "declarations",
    "hierarchies",
    "names_in_use",
    "prefixes_in_use",
    "selecting_all",
    "used_variables",
    "value_blocks",
]

#: Properties that also reach what is below a thing, and what reaches the thing alone.
_OWN = {
    "dualbio:triedWithinDisease": "dualbio:triedInDisease",
    "dualbio:withinDisease": "(dualbio:studiesDisease|dualbio:inDisease)",
    "dualbio:emergentWithinDisease": "dualbio:reportsEmergentDisease",
    "dualbio:withinEvent": "dualbio:adverseEvent",
}
_BROADER = "dualbio:narrowerThan"
#: A path to the thing itself: no step, or one by the property that relates nothing.
_NOWHERE = "owl:bottomObjectProperty?"


@dataclass(frozen=True)
class Hierarchy:
    """A path of the text that reaches ?name from what is below it, and what replaces it to reach ?name alone."""

    name: str
    start: int
    end: int
    own: str


@dataclass(frozen=True)
class Block:
    """A `VALUES ?name { rows }` of one variable: the places of its rows in the text, and its line (from 1)."""

    name: str
    start: int
    end: int
    line: int


@lru_cache(maxsize=4)
def _tokens(text: str) -> tuple[Token, ...]:
    return tuple(read_tokens(text))


def _line(text: str, token: Token) -> int:
    return place_of(text, token.start)[0]


def value_blocks(text: str) -> list[Block]:
    """Return the blocks of one bare variable, in their order; `VALUES (?a ?b) { … }` is a fixed table and left out."""
    blocks = []
    tokens = _tokens(text)
    for index, token in enumerate(tokens[:-2]):
        variable, brace = tokens[index + 1], tokens[index + 2]
        if token.word == "VALUES" and variable.kind == "variable" and brace.kind == "{":
            close = next((later for later in tokens[index + 3 :] if later.kind == "}"), None)
            if close is not None:
                blocks.append(Block(variable.text[1:], brace.end, close.start, _line(text, token)))
    return blocks


def selecting_all(text: str) -> str | None:
    """Return a query with every variable of its body in the place of its columns; None where its rows are groups."""
    tokens = _tokens(text)
    first = next(index for index, token in enumerate(tokens) if token.word == "SELECT")
    body = next(token for token in tokens[first:] if token.word == "WHERE" or token.kind == "{")
    depth = 0
    for token in tokens[first:]:
        depth += {"{": 1, "}": -1}.get(token.kind, 0)
        if depth == 0 and token.word == "GROUP":
            return None
    return f"{text[: tokens[first].start]}SELECT *\n{text[body.start :]}"


def declarations(text: str) -> list[tuple[str, int]]:
    """Return the words `PREFIX` and `BASE` that open a declaration, each with its line (from 1)."""
    return [
        (token.word, _line(text, token))
        for token, following in pairwise(_tokens(text))
        if (token.word == "PREFIX" and following.text.endswith(":"))
        or (token.word == "BASE" and following.kind == "iri")
    ]


def hierarchies(text: str) -> Iterator[Hierarchy]:
    """Yield the paths by which a variable stands for what is below it too, such as `dualbio:withinDisease ?disease`."""
    tokens = _tokens(text)
    for index, token in enumerate(tokens[:-2]):
        one, two = tokens[index + 1 : index + 3]
        if token.text in _OWN and one.kind == "variable":
            yield Hierarchy(one.text[1:], token.start, token.end, _OWN[token.text])
        elif token.text == _BROADER and one.kind in ("?", "*") and two.kind == "variable":
            before = tokens[index - 1] if index else token
            if before.kind == "/":
                yield Hierarchy(two.text[1:], before.start, one.end, "")
            else:
                yield Hierarchy(two.text[1:], token.start, one.end, _NOWHERE)


def used_variables(text: str, blocks: Collection[Block]) -> set[str]:
    """Return the variables that stand anywhere but at the head of their own block."""
    heads = {block.start for block in blocks}
    return {
        token.text[1:]
        for token, following in pairwise(_tokens(text))
        if token.kind == "variable" and following.end not in heads
    }


def prefixes_in_use(text: str) -> Iterator[tuple[str, int]]:
    """Yield each prefix of a name such as `drug:rituximab` with its line (from 1); those of blank nodes are none."""
    for token in _tokens(text):
        if token.kind == "name":
            yield token.prefix, _line(text, token)


def names_in_use(text: str) -> Iterator[tuple[str, int]]:
    """Yield each IRI that a text names by the prefix table or in full, with its line (from 1)."""
    for token in _tokens(text):
        iri = iri_of(token, PREFIXES)
        if iri is not None:
            yield iri, _line(text, token)
