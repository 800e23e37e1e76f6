"""The operations of a SPARQL Update text: where each begins and ends, its targets and its calls.

This follows braces and keywords only, of a text that the engine accepts; names of graphs are resolved by the engine
itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from dualbio.sparql.clauses import is_doubtful
from dualbio.sparql.tokens import Token, read_tokens

__all__ = ["GraphTarget", "Operation", "UnclearUpdateError", "read_operations"]

_OPEN = {"{": "}", "(": ")", "[": "]"}


class UnclearUpdateError(Exception):
    """The scanner cannot follow the text."""


@dataclass(frozen=True)
class GraphTarget:
    """A graph as written: `kind` is `graph`, `default`, `variable` or `many` (NAMED, ALL); `text` is its spelling."""

    kind: str
    text: str


@dataclass
class Operation:
    """One operation.

    `start` and `end` bound it in the text, `prologue` does so for each declaration that holds for it. `writes` are the
    graphs that it may change, `loads` the documents that it fetches. `dataset` tells of WITH or USING; `where` is the
    place before which USING may be put, None where there is none; `pattern` bounds the pattern of DELETE WHERE.
    """

    kind: str
    start: int
    prologue: list[tuple[int, int]]
    end: int = 0
    writes: list[GraphTarget] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    dataset: bool = False
    where: int | None = None
    pattern: tuple[int, int] | None = None
    #: Whether an IRI stands where the engine may see a comparison.
    ambiguous: bool = False


def read_operations(text: str) -> list[Operation]:
    """Return the operations of an update that the engine can parse.

    Raises:
        UnclearUpdateError: the text is not built of operations.

    >>> [operation] = read_operations("PREFIX a: <a:> WITH a:g DELETE { ?s ?p 1 } WHERE { ?s ?p ?o }")
    >>> operation.kind, operation.writes
    ('MODIFY', [GraphTarget(kind='graph', text='a:g')])
    """
    return list(_Reader(text).operations())


class _Reader:
    """Reads tokens from left to right."""

    def __init__(self, text: str) -> None:
        self.tokens = list(read_tokens(text))
        self.at = 0
        self.ambiguous = False

    # --- tokens ------------------------------------------------------------------------------------------------------

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        token = self.token
        if token.kind == "end":
            raise UnclearUpdateError("the text ends early")
        self.at += 1
        return token

    def skip(self, *words: str) -> str:
        """Take the next token if it is one of the keywords, and return which."""
        word = self.token.word
        if word not in words:
            return ""
        self.at += 1
        return word

    def expect(self, *words: str) -> str:
        found = self.skip(*words)
        if not found:
            raise UnclearUpdateError(f"'{self.token.text[:40]}' where {' or '.join(words)} was expected")
        return found

    def name(self) -> str:
        token = self.take()
        if token.kind not in ("iri", "name"):
            raise UnclearUpdateError(f"'{token.text[:40]}' where a name was expected")
        return token.text

    # --- operations --------------------------------------------------------------------------------------------------

    def operations(self) -> Iterator[Operation]:
        prologue: list[tuple[int, int]] = []
        while True:
            prologue += self._declarations()
            if self.token.kind == "end":
                return
            yield self._operation([*prologue])
            if self.token.kind == ";":
                self.take()
            elif self.token.kind != "end":
                raise UnclearUpdateError(f"'{self.token.text[:40]}' after an operation")

    def _declarations(self) -> Iterator[tuple[int, int]]:
        while self.token.word in ("PREFIX", "BASE", "VERSION"):
            start = self.take()
            if start.word == "PREFIX":
                self.take()
            yield start.start, self.take().end

    def _operation(self, prologue: list[tuple[int, int]]) -> Operation:
        first = self.token
        self.ambiguous = False
        word = self.expect("LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "INSERT", "DELETE", "WITH")
        operation = Operation(word, first.start, prologue)
        if word == "LOAD":
            self._load(operation)
        elif word in ("CLEAR", "DROP", "CREATE"):
            self.skip("SILENT")
            operation.writes.append(self._graph_or_all())
        elif word in ("ADD", "MOVE", "COPY"):
            self._transfer(operation)
        elif word != "WITH" and self.skip("DATA"):
            operation.kind = f"{word} DATA"
            self._quads(operation, GraphTarget("default", "DEFAULT"))
        elif word == "DELETE" and self.skip("WHERE"):
            operation.kind = "DELETE WHERE"
            operation.where = operation.start
            start = self.token.start
            self._quads(operation, GraphTarget("default", "DEFAULT"))
            operation.pattern = start, self.tokens[self.at - 1].end
        else:
            self._modify(operation, word)
        operation.end = self.tokens[self.at - 1].end
        operation.ambiguous = self.ambiguous
        return operation

    def _load(self, operation: Operation) -> None:
        self.skip("SILENT")
        operation.loads.append(self.name())
        if self.skip("INTO"):
            self.expect("GRAPH")
            operation.writes.append(GraphTarget("graph", self.name()))
        else:
            operation.writes.append(GraphTarget("default", "DEFAULT"))

    def _graph_or_all(self) -> GraphTarget:
        word = self.expect("GRAPH", "DEFAULT", "NAMED", "ALL")
        if word == "GRAPH":
            return GraphTarget("graph", self.name())
        return GraphTarget("default" if word == "DEFAULT" else "many", word)

    def _transfer(self, operation: Operation) -> None:
        self.skip("SILENT")
        source = self._graph_or_default()
        self.expect("TO")
        operation.writes.append(self._graph_or_default())
        if operation.kind == "MOVE":
            operation.writes.append(source)

    def _graph_or_default(self) -> GraphTarget:
        if self.skip("DEFAULT"):
            return GraphTarget("default", "DEFAULT")
        if not self.skip("GRAPH") and self.token.text.lower().startswith("graph:"):
            raise UnclearUpdateError(f"'{self.token.text[:40]}' may be a name or GRAPH and a name; write <…>")
        return GraphTarget("graph", self.name())

    def _modify(self, operation: Operation, word: str) -> None:
        operation.kind = "MODIFY"
        default = GraphTarget("default", "DEFAULT")
        if word == "WITH":
            default = GraphTarget("graph", self.name())
            operation.dataset = True
            word = self.expect("DELETE", "INSERT")
        self._quads(operation, default)
        if word == "DELETE" and self.skip("INSERT"):
            self._quads(operation, default)
        operation.where = self.token.start
        while self.skip("USING"):
            operation.dataset = True
            self.skip("NAMED")
            self.name()
        self.expect("WHERE")
        self._group()

    def _quads(self, operation: Operation, default: GraphTarget) -> None:
        """Read triples in braces, some of them in graphs; `default` is where the others go."""
        self._open_brace()
        while self.token.kind != "}":
            if self.skip("GRAPH"):
                token = self.take()
                if token.kind not in ("iri", "name", "variable"):
                    raise UnclearUpdateError(f"'{token.text[:40]}' where a graph was expected")
                operation.writes.append(GraphTarget("variable" if token.kind == "variable" else "graph", token.text))
                self._group()
                continue
            if self.token.kind != ".":
                operation.writes.append(default)
            if self.token.kind == "{":
                raise UnclearUpdateError("a group of triples without GRAPH and the name of a graph")
            self._skip_one()
        self.take()
        operation.writes = list(dict.fromkeys(operation.writes))

    def _group(self) -> None:
        """Read a group with everything in it."""
        if self.token.kind != "{":
            raise UnclearUpdateError(f"'{self.token.text[:40]}' where a group was expected")
        self._skip_one()

    def _open_brace(self) -> None:
        if self.take().kind != "{":
            raise UnclearUpdateError("no group where one was expected")

    def _skip_one(self) -> None:
        """Read one token, or everything up to the bracket that closes it."""
        closing: list[str] = []
        before = ""
        while True:
            token = self.take()
            if token.kind in _OPEN:
                closing.append(_OPEN[token.kind])
            elif token.kind in ("}", ")", "]") and (not closing or token.kind != closing.pop()):
                raise UnclearUpdateError(f"'{token.kind}' closes nothing")
            elif closing and closing[-1] == ")" and is_doubtful(token, before):
                self.ambiguous = True
            before = token.kind
            if not closing:
                return
