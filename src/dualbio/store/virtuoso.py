"""Rewrites queries for Virtuoso, and corrects its answers, so that they follow the SPARQL standard.

Virtuoso 7 puts texts of more than some twenty letters into any order, and may give a row twice under DISTINCT: rows are
ordered and told apart here. Orders of subqueries are asked for by the letters of a text. Booleans come as 1 and 0. An
unbound variable is an empty text in CONCAT there, and a false condition in IF, so that it is asked whether it is bound.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import pyoxigraph as ox

from dualbio.model.namespaces import PREFIXES
from dualbio.sparql.clauses import declared_prefixes, iri_of
from dualbio.sparql.tokens import Token, read_tokens, replaced

__all__ = ["VIRTUOSO", "WITHOUT_OWN", "Spoken", "spoken", "with_truth"]

#: What the server calls itself.
VIRTUOSO = "Virtuoso"

_BOOLEAN = f"{PREFIXES['xsd']}boolean"
_TRUTH = {"1": "true", "0": "false"}
#: Functions that have a value where a variable in them is unbound.
_OWN_UNBOUND = frozenset({"COALESCE", "IF", "BOUND"})
#: A variable that nothing binds.
_NOTHING = "?unbound_"
#: Graphs of the server's own, which belong to no release.
_OWN = (
    "http://www.openlinksw.com/schemas/virtrdf#",
    "http://www.w3.org/ns/ldp#",
    "http://localuriqaserver/sparql",
)
#: What keeps them out of a query that names no dataset, in front of its text; other queries would suffer from it.
WITHOUT_OWN = "".join(
    f"define input:{kind}-graph-exclude <{graph}> " for kind in ("default", "named") for graph in _OWN
)
_MODIFIERS = frozenset({"ORDER", "LIMIT", "OFFSET"})
#: What stands in an order that only the server can compute.
_SUBJECTS = ("variable", "iri", "name", "label", "]")
_AGGREGATES = frozenset({"COUNT", "SUM", "MIN", "MAX", "AVG", "SAMPLE", "GROUP_CONCAT", "EXISTS"})


@dataclass(frozen=True)
class Spoken:
    """What Virtuoso is sent for a query, and what is left to do with its rows.

    `rest` begins with SELECT and ends with the order and the limits; `VALUES` of the rows belong where `{}` stands. It
    is empty where the rows are good as they come. `own` says whether the server's own graphs would be seen.
    """

    text: str
    own: bool = False
    prologue: str = ""
    rest: tuple[str, str] | None = None

    def finished(self, answer: ox.QuerySolutions) -> ox.QuerySolutions | None:
        """Return the rows without duplicates and sorted; None where they hold what no query can name."""
        if self.rest is None:
            return answer
        names = " ".join(map(str, answer.variables))
        rows = [tuple(row) for row in answer]
        if any(isinstance(term, ox.BlankNode | ox.Triple) for row in rows for term in row):
            return None
        cells = "\n".join(f"({' '.join('UNDEF' if term is None else str(term) for term in row)})" for row in rows)
        before, after = self.rest
        text = f"{self.prologue}{before} {{ VALUES ({names}) {{ {cells} }} }} {after}"
        found = ox.Store().query(text, prefixes=PREFIXES)
        assert isinstance(found, ox.QuerySolutions)
        return found


def spoken(text: str) -> Spoken:
    """Return what Virtuoso is sent for a query, and what is left to do here.

    >>> spoken("SELECT DISTINCT ?a WHERE { ?a ?p ?b } ORDER BY ?b LIMIT 2").text
    'SELECT DISTINCT ?a ?b WHERE { ?a ?p ?b }  '
    >>> spoken("SELECT ?d { ?a ?p ?b BIND (CONCAT(?b, COALESCE(?c, '')) AS ?d) }").text
    "SELECT ?d { ?a ?p ?b BIND (IF(BOUND(?b), CONCAT(?b, COALESCE(?c, '')), ?unbound_) AS ?d) }"
    >>> spoken("SELECT ?a { { SELECT ?a { ?a ?p ?b } ORDER BY ?b } }").text
    'SELECT ?a { { SELECT ?a { ?a ?p ?b } ORDER BY IF(isNumeric(?b), ?b, 0) STR(?b) } }'
    """
    tokens = list(read_tokens(text))
    outer = list(_outermost(tokens))
    inner = [*_inner_orders(tokens), *_guarded(tokens), *_whole_names(tokens)]
    own = _sees_all(tokens)
    asked = Spoken(replaced(text, inner), own)
    select = next((at for at, token in enumerate(outer) if token.word == "SELECT"), None)
    opening = next((at for at, token in enumerate(outer) if token.kind == "{"), None)
    closing = max((at for at, token in enumerate(outer) if token.kind == "}"), default=0)
    if select is None or opening is None or not select < opening < closing:
        return asked
    tail = outer[closing + 1 :]
    first = next((at for at, token in enumerate(tail) if token.word in _MODIFIERS), len(tail) - 1)
    words = {token.word for token in tail}
    ordered, distinct = "ORDER" in words, outer[select + 1].word == "DISTINCT"
    if "VALUES" in words or words & _AGGREGATES & {token.word for token in tail[first:]}:
        return asked
    if not ordered and (not distinct or words & _MODIFIERS):
        return asked
    end = next(at for at, token in enumerate(outer) if token.kind == "{" or token.word in ("WHERE", "FROM"))
    shown = outer[select + 1 + distinct : end]
    names = list(_projected(shown))
    keys = {token.text: None for token in tail[first:] if token.kind == "variable"}
    more = [key for key in keys if key not in names] if names else []
    cut = tail[first].start
    changes = [each for each in inner if each[0] < cut]
    changes += [(shown[-1].end, shown[-1].end, "".join(f" {key}" for key in more)), (cut, len(text), " ")]
    columns = " ".join(names) or "*"
    before = f"SELECT {'DISTINCT ' if distinct else ''}{columns}"
    return Spoken(replaced(text, changes), own, text[: outer[select].start], (before, text[cut:]))


def with_truth(content: bytes) -> bytes:
    """Return SPARQL results in JSON, or triples, in which booleans are words.

    A truth value that is the answer of ASK may come as a row, or none, of a column of its own.
    """
    if not content.lstrip().startswith(b"{"):
        for digit, word in _TRUTH.items():
            content = content.replace(f'"{digit}"^^<{_BOOLEAN}>'.encode(), f'"{word}"^^<{_BOOLEAN}>'.encode())
        return content
    if _BOOLEAN.encode() not in content:
        return content
    document: dict[str, Any] = json.loads(content)
    for row in document.get("results", {}).get("bindings", []):
        for term in row.values():
            if term.get("datatype") == _BOOLEAN:
                term["value"] = _TRUTH.get(term["value"], term["value"])
    return json.dumps(document).encode()


def _outermost(tokens: Sequence[Token]) -> Iterator[Token]:
    """Yield the terminals outside braces, and the braces themselves."""
    depth = 0
    for token in tokens:
        depth -= token.kind == "}"
        if depth == 0:
            yield token
        depth += token.kind == "{"


def _projected(shown: Sequence[Token]) -> Iterator[str]:
    """Yield the variables that a SELECT clause shows."""
    depth, before = 0, ""
    for token in shown:
        depth += (token.kind == "(") - (token.kind == ")")
        if token.kind == "variable" and (depth == 0 or (depth == 1 and before == "AS")):
            yield token.text
        before = token.word


def _inner_orders(tokens: Sequence[Token]) -> list[tuple[int, int, str]]:
    """Return what becomes of the variables that subqueries are ordered by: numbers first by number, then letters."""
    changes, depth, at = list[tuple[int, int, str]](), 0, 0
    while at < len(tokens):
        token = tokens[at]
        depth += (token.kind == "{") - (token.kind == "}")
        at += 1
        if depth and token.word == "ORDER":
            at += 1
            while tokens[at].kind == "variable":
                name = tokens[at].text
                changes.append((tokens[at].start, tokens[at].end, f"IF(isNumeric({name}), {name}, 0) STR({name})"))
                at += 1
    return changes


def _guarded(tokens: Sequence[Token]) -> Iterator[tuple[int, int, str]]:
    """Yield what stands around each CONCAT and IF, so that it is unbound where a variable that it needs is."""
    if any(_is_star(tokens, at) for at in range(len(tokens))):  # which would show the variable that nothing binds
        return
    for at, token in enumerate(tokens):
        if token.word in ("CONCAT", "IF") and tokens[at + 1].kind == "(":
            close, names = _needed(tokens, at + 1, token.word == "IF")
            if names:
                bound = " && ".join(f"BOUND({name})" for name in names)
                yield token.start, token.start, f"IF({bound}, "
                yield tokens[close].end, tokens[close].end, f", {_NOTHING})"


def _is_star(tokens: Sequence[Token], at: int) -> bool:
    after = at + 1 + (tokens[min(at + 1, len(tokens) - 1)].word in ("DISTINCT", "REDUCED"))
    return tokens[at].word == "SELECT" and tokens[after].kind == "*"


def _needed(tokens: Sequence[Token], opening: int, first: bool) -> tuple[int, list[str]]:
    """Return where the parentheses that open at `opening` close, and the variables that the arguments need bound.

    Where only the `first` argument counts, it is a condition, and needs nothing if it is more than a comparison.
    """
    depth, apart, counts = 0, list[int](), True
    names: dict[str, None] = {}
    for at in range(opening, len(tokens)):
        token = tokens[at]
        if token.kind == "(":
            depth += 1
            if tokens[at - 1].word in _OWN_UNBOUND and at > opening:
                apart.append(depth)
        elif token.kind == ")":
            if apart and apart[-1] == depth:
                apart.pop()
            depth -= 1
            if depth == 0:
                return at, list(names)
        elif token.kind == "," and depth == 1 and first:
            counts = False
        elif counts and (token.word in _AGGREGATES or (first and (token.kind in "&|!" or token.word in _OWN_UNBOUND))):
            names, counts, first = {}, False, True
        elif counts and not apart and token.kind == "variable":
            names[token.text] = None
    return len(tokens) - 1, []


def _sees_all(tokens: Sequence[Token]) -> bool:
    """Return whether a query asks for graphs, or for whatever property a thing may have."""
    listed, selecting, depth = set(_listed(tokens)), False, 0
    for before, subject, token in zip(tokens, tokens[1:], tokens[2:], strict=False):
        depth += (token.kind == "{") - (token.kind == "}")
        selecting = token.word == "SELECT" or (selecting and token.kind != "{")
        if token.kind != "variable" or token.text in listed or selecting or not depth:
            continue
        begins = before.kind in ("{", "}", ".", ")") and subject.kind in _SUBJECTS
        if begins or subject.kind == ";" or subject.word == "GRAPH":
            return True
    return False


def _listed(tokens: Sequence[Token]) -> Iterator[str]:
    """Yield the variables that VALUES bind."""
    for at, token in enumerate(tokens):
        if token.word == "VALUES":
            names = takewhile(lambda each: each.kind in ("variable", "("), tokens[at + 1 :])
            yield from (each.text for each in names)


def _whole_names(tokens: Sequence[Token]) -> Iterator[tuple[int, int, str]]:
    """Yield the IRIs of names with dots in them, some of which Virtuoso does not read."""
    declared = declared_prefixes(tokens)
    for token in tokens:
        if token.kind == "name" and "." in token.text and (iri := iri_of(token, declared)):
            yield token.start, token.end, f"<{iri}>"
