"""Analysis of the body of a domain rule: its algebra by rdflib, reduced to patterns, counts and dependencies.

It is needed only for rules that are new or changed, and rdflib's parser is slow to load, so callers import
this module then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import Any

import pyoxigraph as ox
import rdflib
from pyparsing import ParseBaseException
from rdflib.paths import AlternativePath, InvPath
from rdflib.paths import Path as PropertyPath
from rdflib.plugins.sparql.algebra import translateQuery
from rdflib.plugins.sparql.parser import parseQuery
from rdflib.plugins.sparql.parserutils import CompValue

from dualbio.errors import DataError, Problem
from dualbio.model.namespaces import BASE, PREFIXES
from dualbio.model.rdf_terms import VarOrTerm
from dualbio.owl.rules.model import CountCondition, Pattern
from dualbio.sparql.engine_text import QueryDepthError, engine_text
from dualbio.sparql.syntax_errors import explain
from dualbio.sparql.tokens import Token, read_tokens

__all__ = ["Body", "read_body"]


def read_body(text: str, file: str) -> tuple[Body, str]:
    """Return what the body of a rule says, and its WHERE text.

    Raises:
        DataError: the body is broken, or says what a rule may not; the problem names the file and the line.
    """
    _check_syntax(text, file)
    found = Body(text, file)
    found.walk(_algebra(text, file))
    start, end = _groups(list(read_tokens(text)))[1]
    return found, text[start + 1 : end].strip()


def _error(file: str, line: int, message: str) -> DataError:
    return DataError([Problem(file, line, "rule", "rule", message)])


def _check_syntax(text: str, file: str) -> None:
    """Let the engine that will run the rule read it first: its messages carry line and column."""
    try:
        given = engine_text(text)
        answer = ox.Store().query(given.text, prefixes=PREFIXES, base_iri=BASE)
    except SyntaxError as error:
        fault = explain(given, str(error), PREFIXES)
        raise _error(file, fault.line or 1, f"not SPARQL: column {fault.column}: {fault.words}") from error
    except QueryDepthError as error:
        raise _error(file, 1, str(error)) from error
    if not isinstance(answer, ox.QueryTriples):
        raise _error(file, _line_of_body(text), "found another form of query; accepted: CONSTRUCT")


def _line_of_body(text: str) -> int:
    return next((i for i, line in enumerate(text.splitlines(), start=1) if line and line[0] != "#"), 1)


def _algebra(text: str, file: str) -> CompValue:
    try:
        used = {token.prefix: PREFIXES[token.prefix] for token in read_tokens(text) if token.kind == "name"}
        query = translateQuery(parseQuery(text), base=BASE, initNs=used)  # to bind the whole table takes longer
    except ParseBaseException as error:
        raise _error(file, error.lineno, f"not SPARQL: {error.msg}") from error
    algebra: CompValue = query.algebra
    return algebra


def _groups(tokens: Sequence[Token]) -> list[tuple[int, int]]:
    """Return the places in the text of the outermost brace groups that begin in `tokens`, up to one that closes."""
    spans, depth, opened = [], 0, 0
    for token in tokens:
        if token.kind == "{":
            opened = token.start if depth == 0 else opened
            depth += 1
        elif token.kind == "}":
            depth -= 1
            if depth < 0:
                break
            if depth == 0:
                spans.append((opened, token.start))
    return spans


def _selects(text: str) -> list[str]:
    """Return the WHERE texts of the sub-selects of `text`, in the order in which they begin."""
    found = []
    tokens = list(read_tokens(text))
    for number, token in enumerate(tokens):
        if token.word == "SELECT":
            start, end = _groups(tokens[number:])[0]
            found.append(text[start + 1 : end].strip())
    return found


class Body:
    """What a rule's algebra says: head, alternatives, optional and delayed patterns, aggregates, uses of variables."""

    def __init__(self, text: str, file: str) -> None:
        """Begin with the text of a rule; `file` names it."""
        self._text = text
        self._file = file
        self._selects = iter(_selects(text))
        self.head: list[Pattern] = []
        self.alternatives: list[tuple[Pattern, ...]] = []
        self.optional: list[tuple[Pattern, ...]] = []
        self.delayed: list[Pattern] = []
        self.counts: list[CountCondition] = []
        self._made_from: dict[str, frozenset[str]] = {}
        self._tested: frozenset[str] = frozenset()

    def walk(self, query: CompValue) -> None:
        """Read the algebra of a CONSTRUCT query."""
        if query.name != "ConstructQuery" or query.template is None:
            raise self._refuse("found no body; accepted: CONSTRUCT { … } WHERE { … }", "CONSTRUCT")
        self.head = [Pattern(*map(self._node, triple)) for triple in query.template]
        inner = query.p
        while inner.name in ("Project", "Slice", "Distinct", "OrderBy"):
            if inner.name in ("Slice", "OrderBy"):
                raise self._refuse(
                    "LIMIT, OFFSET and ORDER BY have no meaning in a rule; repair: leave them out", "LIMIT"
                )
            inner = inner.p
        self.alternatives = self._alternatives(inner)
        if not self.counts and not all(self.alternatives):
            raise self._refuse(
                "a branch without a triple pattern, whose match nothing shows; accepted: one in each", "{"
            )
        for pattern in self.head:
            if isinstance(pattern.predicate, ox.Variable):
                raise self._refuse("the predicate of a head is a variable; accepted: a name", str(pattern.predicate))

    def optional_by_head(self) -> tuple[tuple[Pattern, ...], ...]:
        """Return for each head the patterns of those OPTIONALs that give it, or a filter, a value; () without any."""
        plain = frozenset[str]().union(*(p.variables for patterns in self.alternatives for p in patterns))
        given = [(frozenset[str]().union(*(p.variables for p in group)) - plain, group) for group in self.optional]
        return tuple(
            tuple(dict.fromkeys(p for names, group in given if names & self._needed(head) for p in group))
            for head in (self.head if given else ())
        )

    def _needed(self, head: Pattern) -> frozenset[str]:
        """Return the variables by which it is decided that a head holds, and what it says."""
        needed, more = frozenset[str](), head.variables | self._tested
        while more - needed:
            needed |= more
            more = needed.union(*(self._made_from.get(name, ()) for name in needed))
        return needed

    def _refuse(self, problem: str, word: str) -> DataError:
        lines = self._text.splitlines()
        line = next(
            (i for i, found in enumerate(lines, start=1) if word in found and not found.startswith("#")),
            _line_of_body(self._text),
        )
        return _error(self._file, line, problem)

    def _conjunctions(self, triples: Iterable[tuple[Any, Any, Any]]) -> list[tuple[Pattern, ...]]:
        """Return a basic graph pattern as its alternatives: one, unless it has a path `p|q`."""
        return [tuple(patterns) for patterns in product(*(self._ways(*triple) for triple in triples))]

    def _ways(self, subject: Any, predicate: Any, obj: Any) -> list[Pattern]:
        if isinstance(predicate, AlternativePath):
            return [way for arg in predicate.args for way in self._ways(subject, arg, obj)]
        if isinstance(predicate, InvPath):
            return self._ways(obj, predicate.arg, subject)
        if isinstance(predicate, PropertyPath):
            raise self._refuse(
                f"property path {predicate.n3()} in a rule; accepted: p|q and ^p, whose every step can be shown; "
                "repair: write the steps out with variables, or let the ontology infer a transitive property",
                "",
            )
        return [Pattern(self._node(subject), self._node(predicate), self._node(obj))]

    def _node(self, node: Any) -> VarOrTerm:
        if isinstance(node, rdflib.BNode):
            raise self._refuse("blank node in a rule; accepted: variables and names; repair: use ?variables", "[")
        if isinstance(node, rdflib.Variable):
            return ox.Variable(str(node))
        if isinstance(node, rdflib.URIRef):
            return ox.NamedNode(str(node))
        datatype = ox.NamedNode(str(node.datatype)) if node.datatype else None
        return ox.Literal(str(node), datatype=datatype, language=node.language or None)

    def _alternatives(self, part: CompValue) -> list[tuple[Pattern, ...]]:
        """Return the conjunctions of positive patterns by which `part` can match; note the other kinds aside."""
        match part.name:
            case "BGP":
                return self._conjunctions(part.triples)
            case "Join":
                pairs = product(self._alternatives(part.p1), self._alternatives(part.p2))
                return [left + right for left, right in pairs]
            case "Union":
                return self._alternatives(part.p1) + self._alternatives(part.p2)
            case "LeftJoin":
                found = self._alternatives(part.p1)
                aside = [pattern for patterns in self._alternatives(part.p2) for pattern in patterns]
                self.optional.append(tuple(aside))
                self.delayed += aside
                self._expressions(part.expr)
                return found
            case "Minus":
                found = self._alternatives(part.p1)
                self.delayed += [pattern for patterns in self._alternatives(part.p2) for pattern in patterns]
                return found
            case "Filter":
                self._tested |= _variables(part.expr)
                self._expressions(part.expr)
                return self._alternatives(part.p)
            case "Extend":
                self._made_from[str(part.var)] = _variables(part.expr)
                self._expressions(part.expr)
                return self._alternatives(part.p)
            case "ToMultiSet" if part.p.name == "values":
                return [()]
            case "ToMultiSet":
                return self._select(part.p)
            case "Group" | "AggregateJoin" | "Project" | "Distinct" | "Reduced":
                return self._alternatives(part.p)
            case other:
                raise self._refuse(
                    f"{other.upper()} is not accepted in a rule; repair: say it with patterns, UNION, FILTER or BIND",
                    other.upper(),
                )

    def _select(self, select: CompValue) -> list[tuple[Pattern, ...]]:
        """Read a sub-select: its patterns stay aside, since a match of the rule shows only what it projects."""
        where = next(self._selects)
        inside = [pattern for patterns in self._alternatives(select) for pattern in patterns]
        self.delayed += inside
        self.counts.append(CountCondition(where, tuple(dict.fromkeys(inside)), tuple(sorted(map(str, select.PV)))))
        return [()]

    def _expressions(self, expression: Any) -> None:
        """Note the patterns that stand under EXISTS or NOT EXISTS in an expression."""
        for graph in _exists(expression):
            self.delayed += [pattern for patterns in self._alternatives(graph) for pattern in patterns]


def _exists(expression: Any) -> Iterator[CompValue]:
    if isinstance(expression, CompValue):
        if expression.name in ("Builtin_NOTEXISTS", "Builtin_EXISTS"):
            yield expression.graph
            return
        for value in expression.values():
            yield from _exists(value)
    elif isinstance(expression, list | tuple):
        for value in expression:
            yield from _exists(value)


def _variables(expression: Any) -> frozenset[str]:
    if isinstance(expression, rdflib.Variable):
        return frozenset([str(expression)])
    parts = expression.values() if isinstance(expression, CompValue) else expression
    if isinstance(parts, str) or not isinstance(parts, Iterable):  # a name or a literal of the query
        return frozenset()
    return frozenset[str]().union(*map(_variables, parts))
