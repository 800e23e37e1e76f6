"""What stands where in a SPARQL text, outside of strings, IRIs and comments: `VALUES` blocks, prefixes, hierarchies.

Only enough of the grammar is read to be sure of that (SPARQL 1.1, section 19.8); the engine checks the rest.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

__all__ = ["Block", "Hierarchy", "declarations", "hierarchies", "prefixes_in_use", "used_variables", "value_blocks"]

_TOKEN = re.compile(
    r"""
    (?P<skip>\#[^\n]*|\s+)
  | (?P<string>\"{3}(?:[^\\]|\\.)*?\"{3}|'{3}(?:[^\\]|\\.)*?'{3}|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
  | (?P<iri><[^<>"{}|^`\\\x00-\x20]*>)
  | (?P<variable>[?$]\w+)
  | (?P<word>[\w.:-]+)
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)


#: Properties that also reach what is below a thing, and what reaches the thing alone.
_OWN = {
    "dualbio:triedWithinDisease": "dualbio:triedInDisease",
    "dualbio:withinDisease": "dualbio:studiesDisease",
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
def _tokens(text: str) -> tuple[re.Match[str], ...]:
    return tuple(match for match in _TOKEN.finditer(text) if match.lastgroup != "skip")


def value_blocks(text: str) -> list[Block]:
    """Return the blocks of one bare variable, in their order; `VALUES (?a ?b) { … }` is a fixed table and left out."""
    blocks = []
    tokens = _tokens(text)
    for index, token in enumerate(tokens[:-2]):
        variable, brace = tokens[index + 1], tokens[index + 2]
        if token[0].upper() == "VALUES" and variable.lastgroup == "variable" and brace[0] == "{":
            close = next((later for later in tokens[index + 3 :] if later[0] == "}"), None)
            if close is not None:
                line = text.count("\n", 0, token.start()) + 1
                blocks.append(Block(variable[0][1:], brace.end(), close.start(), line))
    return blocks


def declarations(text: str) -> list[tuple[str, int]]:
    """Return the words `PREFIX` and `BASE` that open a declaration, each with its line (from 1)."""
    found = []
    tokens = _tokens(text)
    for token, following in pairwise(tokens):
        word = token[0].upper()
        if (word == "PREFIX" and following[0].endswith(":")) or (word == "BASE" and following.lastgroup == "iri"):
            found.append((word, text.count("\n", 0, token.start()) + 1))
    return found


def hierarchies(text: str) -> Iterator[Hierarchy]:
    """Yield the paths by which a variable stands for what is below it too, such as `dualbio:withinDisease ?disease`."""
    tokens = _tokens(text)
    for index, token in enumerate(tokens[:-2]):
        one, two = tokens[index + 1 : index + 3]
        if token[0] in _OWN and one.lastgroup == "variable":
            yield Hierarchy(one[0][1:], token.start(), token.end(), _OWN[token[0]])
        elif token[0] == _BROADER and one[0] in "?*" and two.lastgroup == "variable":
            before = tokens[index - 1] if index else token
            if before[0] == "/":
                yield Hierarchy(two[0][1:], before.start(), one.end(), "")
            else:
                yield Hierarchy(two[0][1:], token.start(), one.end(), _NOWHERE)


def used_variables(text: str, blocks: Collection[Block]) -> set[str]:
    """Return the variables that stand anywhere but at the head of their own block."""
    heads = {block.start for block in blocks}
    tokens = _tokens(text)
    return {
        token[0][1:]
        for token, following in pairwise(tokens)
        if token.lastgroup == "variable" and following.end() not in heads
    }


def prefixes_in_use(text: str) -> Iterator[tuple[str, int]]:
    """Yield each prefix of a name such as `drug:rituximab` with its line (from 1); those of blank nodes are none."""
    for token in _tokens(text):
        prefix, colon, _ = token[0].partition(":")
        if token.lastgroup == "word" and colon and prefix != "_":
            yield prefix, text.count("\n", 0, token.start()) + 1
