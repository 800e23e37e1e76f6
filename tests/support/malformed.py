"""Requests that are wrong, or look so: SPARQL with its tokens shuffled, odd parameters and headers, broken HTTP."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

__all__ = ["mutate_query", "raw_request", "wsgi_request"]

_WORDS = [
    "SELECT", "ASK", "CONSTRUCT", "DESCRIBE", "*", "?s", "?p", "?o", "{", "}", "(", ")", "WHERE", "FILTER",
    "OPTIONAL", "UNION", "GRAPH", "SERVICE", "SILENT", "FROM", "NAMED", "<http://x/>", "<x y>", "dualbio:arm", "ex:y",
    "'", '"', "'''", "\\", "\\u0041", "\\uD800", "%", "#", "\n", "\0", "é", "\ud7ff", "\U0001f600", "BIND", "AS",
    "VALUES", "UNDEF", "1", "-1e309", "+", ";", ".", ",", "a", "^", "|", "/", "!", "GROUP BY", "ORDER BY", "LIMIT",
    "-5", "99999999999999999999", "INSERT DATA", "DELETE WHERE", "LOAD", "CLEAR ALL", "BASE", "PREFIX", "<<", ">>",
    "<<(", "~", "{|", "|}", "EXISTS", "NOT", "IN", "COUNT", "DISTINCT", "HAVING", "MINUS", "LANG", "REGEX", "IF",
    "@en", "^^", "_:b", "[]", "()", "$x", "?", "<>", "&&", "||", "=", "0x", "1.", ".1e", "true", "\ufeff", "\u2028",
]  # fmt: skip
_QUERY = "application/sparql-query"
_FORM = "application/x-www-form-urlencoded"
_TYPES = [
    _QUERY, _QUERY, _FORM, _FORM, "application/sparql-update", "text/plain", "", ";", "a/b;c", "multipart/form-data",
    "multipart/form-data; boundary=x", f"{_QUERY};charset=utf-8", f"{_QUERY};charset=utf-7", f'{_QUERY};charset="',
    f"{_FORM};charset=latin-1", "application/json", "\x00", "x" * 500,
]  # fmt: skip
_ACCEPTS = [
    "*/*", "text/csv", "q=1", "text/*;q=0", ",,;;", "application/json;q=0.5", "image/png", "é/ü", '"', "*",
    "text/turtle;a=b", "text/html", "text/csv;q=2", "text/csv;q=-1", "*/csv", "text/csv;q=0.0001", "a/b," * 300,
]  # fmt: skip
_NAMES = [
    "query", "query", "query", "update", "default-graph-uri", "named-graph-uri", "timeout", "format", "output", "q",
    "", "%71uery", "a%00", "using-graph-uri", "graph", "default",
]  # fmt: skip
_VALUES = ["%", "%zz", "%ff", "%C3%28", "1", "http://x/", "", "%00", "0", "-1", "1e3", "9" * 40, "a b", "csv", "json"]
_METHODS = ["GET", "GET", "POST", "POST", "QUERY", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "BREW", "get"]
_PATHS = [
    "/sparql", "/sparql", "/sparql", "/sparql/", "/sparql/running", "/sparql/running/x", "/sparql//",
    "/.well-known/void", "/queries/", "/queries/none/none", "/health/ready", "/sparql/prefixes.json",
]  # fmt: skip
_HEADERS = {
    "Accept": _ACCEPTS,
    "Accept-Encoding": ["gzip", "*;q=0", "identity;q=0", "zstd;q=x", "", "br;q=0.001, ,"],
    "Content-Encoding": ["gzip", "identity", "", "é"],
    "X-Query-Id": ["", "abcdefgh", "x" * 80, "é"],
    "If-None-Match": ["*", '"', 'W/"x"', "", '"a", ' * 200],
    "Authorization": ["Bearer", "Bearer guess", "Basic eA==", "Bearer \xe9"],
    "Host": ["localhost", "a b", "[::1]:80", "x" * 300],
    "Range": ["bytes=0-0", "bytes=9-1", "rows=1"],
}
_TOKEN = re.compile(r"""\s+|<[^<>\s]*>|"[^"\n]*"|'[^'\n]*'|[?$]?[\w:.-]+|.""", re.DOTALL)


def mutate_query(source: random.Random, queries: Sequence[str]) -> str:
    """Return one of `queries` with a few of its tokens lost, doubled, swapped, replaced, or cut off."""
    tokens = _TOKEN.findall(source.choice(queries))
    for _ in range(source.randrange(1, 5)):
        source.choice(_CHANGES)(source, tokens)
    if source.random() < 0.1:
        other = _TOKEN.findall(source.choice(queries))
        tokens = [*tokens[: len(tokens) // 2], *other[len(other) // 2 :]]
    return "".join(tokens)


def _place(source: random.Random, tokens: list[str]) -> int:
    return source.randrange(len(tokens)) if tokens else 0


def _lose(source: random.Random, tokens: list[str]) -> None:
    if tokens:
        tokens.pop(_place(source, tokens))


def _double(source: random.Random, tokens: list[str]) -> None:
    place = _place(source, tokens)
    tokens[place:place] = tokens[place : place + source.randrange(1, 8)]


def _swap(source: random.Random, tokens: list[str]) -> None:
    if tokens:
        one, other = _place(source, tokens), _place(source, tokens)
        tokens[one], tokens[other] = tokens[other], tokens[one]


def _replace(source: random.Random, tokens: list[str]) -> None:
    place = _place(source, tokens)
    tokens[place : place + 1] = [source.choice(_WORDS)]


def _insert(source: random.Random, tokens: list[str]) -> None:
    tokens.insert(_place(source, tokens), source.choice(_WORDS))


def _cut(source: random.Random, tokens: list[str]) -> None:
    del tokens[_place(source, tokens) :]


_CHANGES: list[Callable[[random.Random, list[str]], None]] = [_lose, _double, _swap, _replace, _insert, _cut]


def _text(source: random.Random, queries: Sequence[str]) -> str:
    if source.random() < 0.6:
        return mutate_query(source, queries)
    return source.choice(["", " "]).join(source.choices(_WORDS, k=source.randrange(12)))


def _encoded(text: str) -> str:
    return quote(text.encode("utf-8", "replace"))


def wsgi_request(source: random.Random, queries: Sequence[str]) -> dict[str, Any]:
    """Return the arguments of one request for a test client of Werkzeug."""
    text = _text(source, queries)
    pairs = [f"{source.choice(_NAMES)}={source.choice([_encoded(text), *_VALUES])}" for _ in range(source.randrange(4))]
    body = source.choice(
        [
            text.encode("utf-8", "replace"),
            "&".join(pairs).encode(),
            b"query=" + _encoded(text).encode(),
            source.randbytes(20),
            b"",
        ]
    )
    return {
        "method": source.choice(_METHODS),
        "path": source.choice(_PATHS),
        "query_string": "&".join(pairs),
        "data": body,
        "content_type": source.choice(_TYPES),
        "headers": {name: source.choice(values) for name, values in _HEADERS.items() if source.random() < 0.2},
    }


# --- HTTP as bytes ---------------------------------------------------------------------------------------------------


def raw_request(source: random.Random, queries: Sequence[str]) -> bytes:
    """Return the bytes of one request, broken somewhere between its first line and its body."""
    asked = wsgi_request(source, queries)
    target = asked["path"] + ("?" + asked["query_string"] if asked["query_string"] else "")
    body: bytes = asked["data"]
    headers = {"Host": "localhost", "Content-Type": asked["content_type"], "Connection": "close", **asked["headers"]}
    lines = [f"{asked['method']} {target} {source.choice(_VERSIONS)}", *(f"{n}: {v}" for n, v in headers.items())]
    lines += source.choice(
        [
            [f"Content-Length: {len(body)}"],
            [f"Content-Length: {len(body)}"],
            [f"Content-Length: {len(body) + source.randrange(1, 900)}"],
            [f"Content-Length: {source.choice(['-1', 'x', '', '9' * 30, '1, 2', '+5'])}"],
            [f"Content-Length: {len(body)}", "Content-Length: 3"],
            ["Transfer-Encoding: chunked"],
            ["Transfer-Encoding: chunked", f"Content-Length: {len(body)}"],
            [f"Transfer-Encoding: {source.choice(['gzip', 'chunked, chunked', 'identity', chr(1)])}"],
            ["Expect: 100-continue", f"Content-Length: {len(body)}"],
            [],
        ]
    )
    lines += source.choice([[], [], [], [f"X-{n}: y" for n in range(200)], ["X: " + "a" * 70000], ["no colon here"]])
    ending = source.choice(["\r\n", "\r\n", "\r\n", "\n", "\r"])
    head = (ending.join(lines) + ending * 2).encode("latin-1", "replace")
    return _break(source, head + _framed(source, lines, body))


_VERSIONS = ["HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/9.9", "HTTP/2.0", "", "SPARQL/1.1"]


def _framed(source: random.Random, lines: list[str], body: bytes) -> bytes:
    if not any("chunked" in line for line in lines):
        return body
    size = source.choice([f"{len(body):x}", f"{len(body) + 7:x}", "zz", "-1", "f" * 20, ""])
    return f"{size}\r\n".encode() + body + source.choice([b"\r\n0\r\n\r\n", b"\r\n", b"0\r\n", b""])


def _break(source: random.Random, data: bytes) -> bytes:
    """Cut, flip or add some bytes in one of three requests."""
    kind = source.randrange(9)
    if kind == 0:
        return data[: source.randrange(len(data) + 1)]
    if kind == 1:
        broken = bytearray(data)
        for _ in range(source.randrange(1, 6)):
            broken[source.randrange(len(broken))] = source.randrange(256)
        return bytes(broken)
    if kind == 2:
        return source.randbytes(source.randrange(1, 200)) + data
    return data
