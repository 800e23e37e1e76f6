"""Domain rules: SPARQL CONSTRUCT files that infer what OWL cannot say.

A file `<name>.rq` is one rule.  Its first lines, beginning with `#+ `, hold a YAML head with `summary` (one sentence)
and optionally `after` (names of rules that must have run before); its body is a CONSTRUCT query over the prefix table,
without PREFIX lines.  Accepted in the body: triple patterns, UNION, OPTIONAL, FILTER, NOT EXISTS, MINUS, BIND, VALUES,
sub-selects with aggregates, and the property paths `p|q` and `^p`.  Refused: blank nodes, GRAPH, SERVICE, and the
paths that hide a step (`p/q`, `p*`), since every premise of an inferred triple is to be shown; for the same reason
each branch of a UNION has a triple pattern.

Under NOT EXISTS the engine orders patterns as if no variable had a value yet: what is asked of a record that another
pattern has led to (its class, a number of it) stands in a FILTER EXISTS of its own there, or each match would begin
with all members of the class, and the time would grow with the square of the data.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import rdflib
import yaml
from pyparsing import ParseBaseException
from rdflib.paths import AlternativePath, InvPath
from rdflib.paths import Path as PropertyPath
from rdflib.plugins.sparql.algebra import translateQuery
from rdflib.plugins.sparql.parser import parseQuery
from rdflib.plugins.sparql.parserutils import CompValue

from dualbio.errors import QueryFileError
from dualbio.namespaces import BASE, PREFIXES
from dualbio.rules.model import Count, Node, Pattern, Rule

__all__ = ["parse_rule", "read_rules"]

_HEAD_KEYS = ("summary", "after")
#: Tokens in which a brace, a keyword or a question mark means nothing: IRIs, strings, comments; then the braces.
_TOKEN = re.compile(
    r"<[^<>\"{}|^`\\\s]*>"
    r"|\"\"\".*?\"\"\"|'''.*?'''|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'"
    r"|#[^\n]*|[{}]|[?$]?\w+",
    re.DOTALL,
)


def read_rules(folder: Path) -> tuple[Rule, ...]:
    """Return the rules of every `.rq` file of `folder`, sorted by name.

    Raises:
        QueryFileError: a file is broken; the message names the file and the line.
    """
    return tuple(parse_rule(path.read_text("utf-8"), path.name) for path in sorted(folder.glob("*.rq")))


def parse_rule(text: str, file: str) -> Rule:
    """Return the rule that `text` says; `file` names it, with or without a folder.

    Raises:
        QueryFileError: head or body is broken; the message names the file and the line.
    """
    head = _read_head(text, file)
    _check_syntax(text, file)
    found = _Body(text, file)
    found.walk(_algebra(text, file))
    groups = _groups(text)
    where = groups[1]
    return Rule(
        name=Path(file).stem,
        summary=head["summary"],
        origin="domain",
        head=tuple(found.head),
        alternatives=tuple(tuple(dict.fromkeys(patterns)) for patterns in found.alternatives),
        where=text[where[0] + 1 : where[1]].strip(),
        optional=found.optional_by_head(),
        delayed=tuple(dict.fromkeys(found.delayed)),
        counts=tuple(found.counts),
        after=tuple(head.get("after", ())),
    )


def _error(file: str, line: int, problem: str) -> QueryFileError:
    return QueryFileError(f"{file}:{line}: {problem}")


def _read_head(text: str, file: str) -> dict[str, Any]:
    lines = [line[3:] for line in text.splitlines() if line.startswith("#+ ") or line == "#+"]
    try:
        head = yaml.safe_load("\n".join(lines))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise _error(file, line, f"the head is not YAML: {error.problem}") from error
    if not isinstance(head, dict) or not isinstance(head.get("summary"), str):
        raise _error(file, 1, "no summary in the head; accepted: a first line such as '#+ summary: An arm tests …'")
    for key in head:
        if key not in _HEAD_KEYS:
            line = next((i for i, found in enumerate(lines, start=1) if found.startswith(f"{key}:")), 1)
            raise _error(file, line, f"unknown head key '{key}'; accepted: {', '.join(_HEAD_KEYS)}")
    after = head.get("after", [])
    head["after"] = [after] if isinstance(after, str) else after
    head["summary"] = " ".join(head["summary"].split())
    return head


def _check_syntax(text: str, file: str) -> None:
    """Let the engine that will run the rule read it first: its messages carry line and column."""
    try:
        answer = ox.Store().query(text, prefixes=PREFIXES, base_iri=BASE)
    except SyntaxError as error:
        message = str(error)
        place = re.search(r"(\d+):\d+", message)
        raise _error(file, int(place[1]) if place else 1, f"not SPARQL: {message}") from error
    if not isinstance(answer, ox.QueryTriples):
        raise _error(file, _line_of_body(text), "a rule is a CONSTRUCT query; found another form")


def _line_of_body(text: str) -> int:
    return next((i for i, line in enumerate(text.splitlines(), start=1) if line and line[0] != "#"), 1)


def _algebra(text: str, file: str) -> CompValue:
    try:
        query = translateQuery(parseQuery(text), base=BASE, initNs=PREFIXES)
    except ParseBaseException as error:
        raise _error(file, error.lineno, f"not SPARQL: {error.msg}") from error
    algebra: CompValue = query.algebra
    return algebra


def _groups(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """Return the spans of the outermost brace groups of `text` between `start` and `end`."""
    spans, depth, opened = [], 0, 0
    for token in _TOKEN.finditer(text, start, len(text) if end is None else end):
        if token[0] == "{":
            opened = token.start() if depth == 0 else opened
            depth += 1
        elif token[0] == "}":
            depth -= 1
            if depth == 0:
                spans.append((opened, token.start()))
    return spans


def _selects(text: str) -> list[str]:
    """Return the WHERE texts of the sub-selects of `text`, in the order in which they begin."""
    found = []
    for token in _TOKEN.finditer(text):
        if token[0].upper() == "SELECT":
            start, end = _groups(text, token.end())[0]
            found.append(text[start + 1 : end].strip())
    return found


class _Body:
    """What a rule's algebra says: head, alternatives, optional and delayed patterns, aggregates, uses of variables."""

    def __init__(self, text: str, file: str) -> None:
        self._text = text
        self._file = file
        self._selects = iter(_selects(text))
        self.head: list[Pattern] = []
        self.alternatives: list[tuple[Pattern, ...]] = []
        self.optional: list[tuple[Pattern, ...]] = []
        self.delayed: list[Pattern] = []
        self.counts: list[Count] = []
        self._made_from: dict[str, frozenset[str]] = {}
        self._tested: frozenset[str] = frozenset()

    def walk(self, query: CompValue) -> None:
        """Read the algebra of a CONSTRUCT query."""
        if query.name != "ConstructQuery" or query.template is None:
            raise self._refuse("a rule says CONSTRUCT { … } WHERE { … }", "CONSTRUCT")
        self.head = [Pattern(*map(self._node, triple)) for triple in query.template]
        inner = query.p
        while inner.name in ("Project", "Slice", "Distinct", "OrderBy"):
            if inner.name in ("Slice", "OrderBy"):
                raise self._refuse("LIMIT, OFFSET and ORDER BY have no meaning in a rule", "LIMIT")
            inner = inner.p
        self.alternatives = self._alternatives(inner)
        if not self.counts and not all(self.alternatives):
            raise self._refuse(
                "a branch without a triple pattern, whose match nothing shows; accepted: one in each", "{"
            )
        for pattern in self.head:
            if isinstance(pattern.predicate, ox.Variable):
                raise self._refuse("a head predicate is a name, not a variable", str(pattern.predicate))

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

    def _refuse(self, problem: str, word: str) -> QueryFileError:
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

    def _node(self, node: Any) -> Node:
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
                raise self._refuse(f"{other.upper()} is not accepted in a rule", other.upper())

    def _select(self, select: CompValue) -> list[tuple[Pattern, ...]]:
        """Read a sub-select: its patterns stay aside, since a match of the rule shows only what it projects."""
        where = next(self._selects)
        inside = [pattern for patterns in self._alternatives(select) for pattern in patterns]
        self.delayed += inside
        self.counts.append(Count(where, tuple(dict.fromkeys(inside)), tuple(sorted(map(str, select.PV)))))
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
