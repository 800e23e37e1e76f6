"""Where the `VALUES` blocks and the prologue of a SPARQL text are, outside of strings, IRIs and comments.

Only enough of the grammar is read to be sure of that (SPARQL 1.1, section 19.8); the engine checks the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

__all__ = ["Block", "declarations", "value_blocks"]

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


@dataclass(frozen=True)
class Block:
    """A `VALUES ?name { rows }` of one variable: the places of its rows in the text, and its line (from 1)."""

    name: str
    start: int
    end: int
    line: int


def _tokens(text: str) -> Iterator[re.Match[str]]:
    return (match for match in _TOKEN.finditer(text) if match.lastgroup != "skip")


def value_blocks(text: str) -> list[Block]:
    """Return the blocks of one bare variable, in their order; `VALUES (?a ?b) { … }` is a fixed table and left out."""
    blocks = []
    tokens = list(_tokens(text))
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
    tokens = list(_tokens(text))
    for token, following in pairwise(tokens):
        word = token[0].upper()
        if (word == "PREFIX" and following[0].endswith(":")) or (word == "BASE" and following.lastgroup == "iri"):
            found.append((word, text.count("\n", 0, token.start()) + 1))
    return found
