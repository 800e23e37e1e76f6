"""Incoming requests: a WSGI environment (PEP 3333), with a body in memory or in a file."""

from __future__ import annotations

import tempfile
from io import BytesIO
from typing import IO, Any
from urllib.parse import unquote_to_bytes

import httptools

from dualbio_server.http.problems import ProblemError

__all__ = ["HttpRequest"]

#: Bytes of a body that stay in memory.
_IN_MEMORY = 64 * 1024
_MOST_HEADERS = 128
#: Names of headers as keys of the environment; there are few, unless somebody plays.
_KEYS: dict[bytes, str] = {b"Content-Type": "CONTENT_TYPE", b"Content-Length": "CONTENT_LENGTH"}
_MOST_KEYS = 512
_LONGEST_KEY = 64


class HttpRequest:
    """A request that is read piece by piece; `problem` is why it is refused."""

    __slots__ = ("_body", "_headers", "environ", "last", "problem", "size", "url", "whole")

    def __init__(self, environ: dict[str, Any]) -> None:
        """Begin with an environment that holds nothing of the request yet."""
        self.environ = environ
        self.url = b""
        self.size = 0
        self.last = False
        self.whole = False
        self.problem: ProblemError | None = None
        self._body: IO[bytes] | None = None
        self._headers = 0

    def header(self, name: bytes, value: bytes) -> None:
        """Take a header; lines of one name are one list."""
        self._headers += 1
        key = _KEYS.get(name) or _key(name)
        environ, text = self.environ, value.decode("latin-1")
        if key not in environ:
            environ[key] = text
        elif key == "HTTP_HOST":
            self._refuse(400, "host", "found several Host headers; accepted: exactly one")
        else:
            environ[key] += ("; " if key == "HTTP_COOKIE" else ", ") + text

    def head(self, method: str, version: str, limit: int) -> None:
        """Take the rest of the head, and refuse what need not be read on: a body may have `limit` bytes."""
        environ = self.environ
        environ["REQUEST_METHOD"] = method
        environ["SERVER_PROTOCOL"] = f"HTTP/{version}"
        url = self.url
        if not url.startswith(b"/"):
            url = self._absolute(url)
        path, _, query = url.partition(b"#")[0].partition(b"?")
        environ["PATH_INFO"] = (unquote_to_bytes(path) if b"%" in path else path).decode("latin-1")
        environ["QUERY_STRING"] = query.decode("latin-1")
        if version == "1.0":
            self.last = True
        elif "HTTP_HOST" not in environ:
            self._refuse(400, "host", "found no Host header; accepted: exactly one (RFC 9112, section 3.2)")
        if self._headers > _MOST_HEADERS:
            self._refuse(431, "headers", f"found {self._headers} headers; accepted: at most {_MOST_HEADERS}")
        if int(environ.get("CONTENT_LENGTH") or 0) > limit:
            self.too_large(limit)

    def _absolute(self, url: bytes) -> bytes:
        """Take the host from a URL in absolute form (RFC 9112, section 3.2.2), and return the rest."""
        try:
            parsed = httptools.parse_url(url)
        except httptools.HttpParserError:
            self._refuse(400, "url", "the request target is not a path; accepted: a path that begins with '/'")
            return b"/"
        if parsed.host:
            host = parsed.host.decode("latin-1")
            self.environ["HTTP_HOST"] = f"{host}:{parsed.port}" if parsed.port else host
        query = b"?" + parsed.query if parsed.query else b""
        return (parsed.path or b"/") + query

    @property
    def has_body(self) -> bool:
        """Whether a body follows the head."""
        environ = self.environ
        return "HTTP_TRANSFER_ENCODING" in environ or environ.get("CONTENT_LENGTH", "0").strip("0") != ""

    @property
    def waits_for_us(self) -> bool:
        """Whether the client sends the body only when it is told to (RFC 9110, section 10.1.1)."""
        return self.has_body and self.environ.get("HTTP_EXPECT", "").lower() == "100-continue"

    def take(self, piece: bytes, limit: int) -> None:
        """Take a piece of the body."""
        self.size += len(piece)
        if self.size > limit:
            self.too_large(limit)
            return
        try:
            if self._body is None:
                self._body = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - closed with the request
            self._body.write(piece)
        except OSError as error:
            self._refuse(507, "storage", f"no disk space for the request: {error.strerror}; repair: retry later")

    def finish(self) -> None:
        """Tell that all of it is there."""
        self.whole = True
        if self.environ.pop("HTTP_TRANSFER_ENCODING", None) or self.size:
            self.environ["CONTENT_LENGTH"] = str(self.size)
        if self._body:
            self._body.seek(0)

    def complete_environ(self) -> dict[str, Any]:
        """Return the environment for an application."""
        self.environ["wsgi.input"] = self._body or BytesIO()
        return self.environ

    def too_large(self, limit: int) -> None:
        """Refuse a body for its size."""
        self.refuse(
            ProblemError(
                413,
                "request-size",
                f"the request body has more than {limit} bytes; repair: send less, or raise DUALBIO_REQUEST_LIMIT",
                limit=limit,
            )
        )

    def refuse(self, problem: ProblemError) -> None:
        """Note why the request is refused; the first reason counts, and the connection ends with it."""
        self.problem = self.problem or problem
        self.last = True

    def _refuse(self, status: int, code: str, detail: str) -> None:
        self.refuse(ProblemError(status, code, detail))

    def close(self) -> None:
        """Give up what holds the body."""
        if self._body:
            self._body.close()


def _key(name: bytes) -> str:
    """Return the key of a header; names with `_` could pass for others, so they are put where nobody looks."""
    text = name.decode("latin-1").upper()
    key = "dualbio.ignored" if "_" in text else f"HTTP_{text.replace('-', '_')}"
    if key in ("HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH"):
        key = key.removeprefix("HTTP_")
    if len(_KEYS) < _MOST_KEYS and len(name) <= _LONGEST_KEY:
        _KEYS[name] = key
    return key
