"""Static analysis of a query: its SERVICE and dataset clauses, and its canonical spelling.

SERVICE and FROM are reserved words of the grammar (SPARQL 1.1, section 19.8). The engine finds them in more places
than the grammar does: it needs no blank after a keyword, so that `SERVICE:x {`, `true.SERVICEex:a {` and
`SERVICESILENT<a> {` are calls for it. Whatever it may take for a call counts as one here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dualbio.sparql.engine_text import EngineText, without_escapes
from dualbio.sparql.tokens import ABSOLUTE_IRI, CODE_POINT_ESCAPE, Token, read_tokens

__all__ = [
    "Clauses",
    "canonical_text",
    "declared_prefixes",
    "find_clauses",
    "iri_of",
    "is_doubtful",
    "is_stable",
    "names_graphs",
    "without_dataset",
]

_QUOTE = re.compile("[\"']")
#: Runs of blanks that are not yet one blank or one line end.
_RUN = re.compile(r"[ \t\r\n](?:[ \t\r\n]++|(?<=[\t\r]))")
#: Functions that answer otherwise the next time, and what the search for them begins with: most texts hold none.
_VOLATILE = re.compile(r"\b(?:NOW|RAND|UUID|STRUUID|BNODE)(?:\s|\#[^\r\n]*+)*+\(", re.IGNORECASE)
_SIGNS = ("now", "rand", "uuid", "bnode", "service", "construct", "\\u")
_ABSOLUTE = re.compile(r"<[A-Za-z][A-Za-z0-9+.\-]*://")
#: After one of these, `<` cannot be a comparison.
_BEFORE_TERM = frozenset("({[,;.|/^=!&<>+-*")
_NAMING_GRAPH = frozenset({"GRAPH", "FROM", "NAMED"})


@dataclass(frozen=True)
class Clauses:
    """The clauses of a query that reach beyond its patterns.

    `services` holds the target of each SERVICE clause: an IRI without its brackets, or what stands there instead;
    `dataset` says whether the query has a dataset clause (FROM or FROM NAMED); `unclear` is a part of the text that
    can be read in two ways, by one of which a SERVICE clause might be hidden.
    """

    services: tuple[str, ...] = ()
    dataset: bool = False
    unclear: str | None = None


def find_clauses(text: str, prefixes: Mapping[str, str] | None = None) -> Clauses:
    """Return the SERVICE and dataset clauses of a query text; `prefixes` need no declaration in it.

    >>> find_clauses("SELECT * { ?service a:service 'SERVICE' . SERVICE SILENT <http://a/> {} } # SERVICE <b>")
    Clauses(services=('http://a/',), dataset=False, unclear=None)
    """
    lower = text.lower()
    service = "service" in lower
    if not service and "from" not in lower:
        return Clauses()
    tokens = list(read_tokens(text))
    names = {**(prefixes or {}), **declared_prefixes(tokens)}
    dataset = any(_names_dataset(token, names) for token in tokens)
    if not service:
        return Clauses(dataset=dataset)
    return Clauses(tuple(_services(tokens, names)), dataset, _unclear(tokens))


def without_dataset(text: str, prefixes: Mapping[str, str]) -> tuple[str, list[str], list[str]]:
    """Return a query without its dataset clauses, and the IRIs of its default and of its named graphs.

    A clause that names a graph by a relative IRI stays where it is, and all others with it. Code point escapes in names
    are read as their characters, and left as these.

    >>> without_dataset("SELECT * FROM <urn:a> FROM NAMED g:b { ?s ?p ?o }", {"g": "urn:"})
    ('SELECT *                             { ?s ?p ?o }', ['urn:a'], ['urn:b'])
    """
    if "from" not in text.lower():
        return text, [], []
    text = without_escapes(EngineText(text)).text
    tokens = list(read_tokens(text))
    names = {**prefixes, **declared_prefixes(tokens)}
    default, named, left = list[str](), list[str](), text
    for at, token in enumerate(tokens[:-1]):
        if token.word != "FROM":
            continue
        naming = tokens[at + 1].word == "NAMED"
        target = tokens[min(at + 1 + naming, len(tokens) - 1)]
        iri = iri_of(target, names)
        if iri is None or not ABSOLUTE_IRI.fullmatch(iri):
            return text, [], []
        (named if naming else default).append(iri)
        left = left[: token.start] + " " * (target.end - token.start) + left[target.end :]
    return left, default, named


def _names_dataset(token: Token, prefixes: Mapping[str, str]) -> bool:
    glued = token.kind == "name" and token.prefix not in prefixes and token.prefix.lower().startswith("from")
    return glued or token.word.startswith("FROM")


def _services(tokens: Sequence[Token], prefixes: Mapping[str, str]) -> Iterable[str]:
    for place, token in enumerate(tokens[:-1]):
        after = tokens[place + 1]
        if "SERVICE" in token.word:
            target = tokens[min(place + 2, len(tokens) - 1)] if after.word == "SILENT" else after
            yield iri_of(target, prefixes) or target.text
        elif token.kind == "name" and after.kind == "{" and tokens[place - 1].word not in _NAMING_GRAPH:
            _, found, rest = token.text.lower().partition("service")
            if found and ":" in rest:
                yield token.text[len(token.text) - len(rest) :]


def _unclear(tokens: Iterable[Token]) -> str | None:
    """Return the first part that leaves it open where a string or a comment begins."""
    before, opened = "", [""]
    for token in tokens:
        if token.kind == "broken" or (opened[-1] == "(" and is_doubtful(token, before)):
            return token.text[:40]
        if token.kind in ("(", "[", "{"):
            opened.append(token.kind)
        elif token.kind in (")", "]", "}") and len(opened) > 1:
            opened.pop()
        before = token.kind
    return None


def is_doubtful(token: Token, before: str) -> bool:
    """Return whether an IRI in parentheses may be a comparison with a string or a comment for the engine.

    By the grammar, `?a<'x'>` is a variable and an IRI; the engine reads a comparison where one may stand. `before` is
    the kind of the token before.
    """
    return (
        token.kind == "iri"
        and before not in _BEFORE_TERM
        and not {"'", "#"}.isdisjoint(token.text)
        and _ABSOLUTE.match(token.text) is None
    )


def declared_prefixes(tokens: Sequence[Token]) -> dict[str, str]:
    """Return the prefixes that a text declares, with their namespaces."""
    return {
        name.prefix: _decoded(iri.text)
        for word, name, iri in zip(tokens, tokens[1:], tokens[2:], strict=False)
        if word.word == "PREFIX" and name.kind == "name" and iri.kind == "iri"
    }


def iri_of(token: Token, prefixes: Mapping[str, str]) -> str | None:
    """Return the IRI that a token writes, relative ones as they are; None when it writes none."""
    if token.kind == "iri":
        return _decoded(token.text)
    if token.kind == "name" and token.prefix in prefixes:
        return prefixes[token.prefix] + re.sub(r"\\(.)", r"\1", token.text.partition(":")[2])
    return None


def _decoded(iri: str) -> str:
    return CODE_POINT_ESCAPE.sub(lambda found: chr(int(found[1] or found[2], 16)), iri[1:-1])


def names_graphs(text: str) -> bool:
    """Return whether a query may look into named graphs; one without the words GRAPH and FROM cannot.

    >>> names_graphs("SELECT * { ?s ?p ?o }"), names_graphs("SELECT * { graph ?g { ?s ?p ?o } }")
    (False, True)
    """
    small = text.lower()
    return "graph" in small or "from" in small or "\\u" in small


def is_stable(text: str) -> bool:
    """Return whether a query answers alike each time it is asked of the same data.

    Otherwise it may look at clocks, draw random values, make blank nodes, or ask others; a keyword spelled with code
    point escapes counts as one of these.

    >>> is_stable("SELECT ?now { ?now ?p 'x' }"), is_stable("SELECT (RAND() AS ?x) {}")
    (True, False)
    """
    small = text.lower()
    if not any(sign in small for sign in _SIGNS):
        return True
    if "service" in small or "\\u" in small or _VOLATILE.search(text):
        return False
    blank = "[" in text or "_:" in text or "(" in text.partition("}")[0]
    return not (blank and "construct" in small)


def canonical_text(text: str) -> str:
    r"""Return the query with each run of blanks before its first string as one blank (or one line end).

    Texts with one spelling are one query. Nothing after the first quotation mark is touched, since blanks count inside
    strings; so a text can never be made to share the spelling of another query.

    >>> canonical_text("SELECT *  # all\n\n { ?s ?p  ' a  b ' }\n")
    "SELECT * # all\n{ ?s ?p ' a  b ' }"
    """
    quote = _QUOTE.search(text)
    end = quote.start() if quote else len(text)
    head = _RUN.sub(lambda run: "\n" if "\n" in run[0] or "\r" in run[0] else " ", text[:end])
    return (head + text[end:]).strip()
