"""The operations of a SPARQL Update text: where each begins and ends, what it writes, and what it reaches for.

The engine tells nothing of what it parsed, so a scanner reads the terminals (SPARQL 1.1, section 19.8) of a text that
the engine accepts. It follows braces and keywords only; names of graphs are resolved by the engine itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from dualbio.store.workers.syntax import BLANK, IRI, LOCAL, STRING

__all__ = ["Operation", "Target", "Token", "UnclearUpdateError", "read_operations", "read_tokens"]

_TOKENS = re.compile(
    rf"(?P<blank>{BLANK})|(?P<iri>{IRI})|(?P<string>{STRING})|(?P<variable>[?$]\w+)|(?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)"
    rf"|(?P<name>(?:[^\W\d_](?:[\w\-.\u00b7]*[\w\-\u00b7])?)?:{LOCAL}|_:[\w\-.\u00b7]*)"
    r"|(?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<word>[A-Za-z][A-Za-z0-9_]*)"
    r"|(?P<sign>.)",
    re.DOTALL,
)
_OPEN = {"{": "}", "(": ")", "[": "]"}
#: After one of these, `<` may be a comparison for the engine where the scanner sees the start of an IRI.
_OPERANDS = frozenset({"iri", "string", "variable", "name", "number", ")"})


class UnclearUpdateError(Exception):
    """The scanner cannot follow the text."""


@dataclass(frozen=True)
class Token:
    """A terminal: its kind (that of a sign is the sign itself), its text, and its place in the text."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def word(self) -> str:
        """The text in capitals if this is a keyword, else nothing."""
        return self.text.upper() if self.kind == "word" else ""


@dataclass(frozen=True)
class Target:
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
    writes: list[Target] = field(default_factory=list)
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
    ('MODIFY', [Target(kind='graph', text='a:g')])
    """
    return list(_Reader(text).operations())


def read_tokens(text: str) -> Iterator[Token]:
    """Yield the terminals of a SPARQL text without blanks and comments."""
    for match in _TOKENS.finditer(text):
        kind = match.lastgroup or ""
        if kind != "blank":
            yield Token(match[0] if kind == "sign" else kind, match[0], match.start(), match.end())


class _Reader:
    """Reads tokens from left to right."""

    def __init__(self, text: str) -> None:
        self.tokens = [*read_tokens(text), Token("end", "", len(text), len(text))]
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
            self._quads(operation, Target("default", "DEFAULT"))
        elif word == "DELETE" and self.skip("WHERE"):
            operation.kind = "DELETE WHERE"
            operation.where = operation.start
            start = self.token.start
            self._quads(operation, Target("default", "DEFAULT"))
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
            operation.writes.append(Target("graph", self.name()))
        else:
            operation.writes.append(Target("default", "DEFAULT"))

    def _graph_or_all(self) -> Target:
        word = self.expect("GRAPH", "DEFAULT", "NAMED", "ALL")
        if word == "GRAPH":
            return Target("graph", self.name())
        return Target("default" if word == "DEFAULT" else "many", word)

    def _transfer(self, operation: Operation) -> None:
        self.skip("SILENT")
        source = self._graph_or_default()
        self.expect("TO")
        operation.writes.append(self._graph_or_default())
        if operation.kind == "MOVE":
            operation.writes.append(source)

    def _graph_or_default(self) -> Target:
        if self.skip("DEFAULT"):
            return Target("default", "DEFAULT")
        if not self.skip("GRAPH") and self.token.text.lower().startswith("graph:"):
            raise UnclearUpdateError(f"'{self.token.text[:40]}' may be a name or GRAPH and a name; write <…>")
        return Target("graph", self.name())

    def _modify(self, operation: Operation, word: str) -> None:
        operation.kind = "MODIFY"
        default = Target("default", "DEFAULT")
        if word == "WITH":
            default = Target("graph", self.name())
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

    def _quads(self, operation: Operation, default: Target) -> None:
        """Read triples in braces, some of them in graphs; `default` is where the others go."""
        self._open_brace()
        while self.token.kind != "}":
            if self.skip("GRAPH"):
                token = self.take()
                if token.kind not in ("iri", "name", "variable"):
                    raise UnclearUpdateError(f"'{token.text[:40]}' where a graph was expected")
                operation.writes.append(Target("variable" if token.kind == "variable" else "graph", token.text))
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
            elif token.kind == "iri" and ")" in closing and before in _OPERANDS and {"#", "'"} & set(token.text):
                self.ambiguous = True
            before = token.kind
            if not closing:
                return
