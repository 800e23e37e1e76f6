"""HTTP responses from answers: content coding, ETag, headers, 304.

SPARQL, the graph store, pages, documents and saved queries all pass here. An entity tag is a hash of 128 bits (XXH3)
of the bytes that are sent: equal bytes have equal tags, on every machine and after every restart.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from xxhash import xxh3_128, xxh3_128_hexdigest

from dualbio_server.http.coding import compress, compress_file, worth_coding
from dualbio_server.http.file_body import FileBody
from dualbio_server.http.headers import COMMON, Headers
from dualbio_server.service import Service

__all__ = ["Reply", "completed", "entity_tag", "is_known", "make_reply", "not_modified"]

_PIECE = 256 * 1024
_VARY = ("Vary", "Accept, Accept-Encoding")
#: Headers that describe a body, which a 304 does not have.
_OF_BODY = frozenset({"content-type", "content-length", "content-encoding", "content-disposition"})


@dataclass(slots=True)
class Reply:
    """A whole answer with status 200: its headers, its body in memory or in a file, its length and its entity tag.

    The tag is empty for an answer that must not be kept. Of the answer to a query, `rows` is the number of rows or
    triples where it is known, `shared` says whether equal queries may be given it, and `log` is the end of the line
    that the access log has for each time that this happens.
    """

    headers: Headers
    body: bytes | FileBody
    length: int
    etag: str = ""
    rows: int | None = None
    shared: bool = True
    log: str = ""

    @property
    def not_modified(self) -> Headers:
        """The headers of the 304 in its place."""
        return not_modified(self.headers)

    @property
    def content(self) -> bytes:
        """The body of an answer that is in memory, as all are that are kept."""
        assert isinstance(self.body, bytes)
        return self.body

    def discard(self) -> None:
        """Close the file of an answer that is not sent."""
        if not isinstance(self.body, bytes):
            self.body.close()


def make_reply(service: Service, own: Headers, body: bytes | IO[bytes], coding: str, *, dated: bool = True) -> Reply:
    """Return the whole answer to a request.

    Args:
        service: what is served; its release is named in the answer.
        own: the headers that only this answer has; `Cache-Control: no-store` among them leaves the tag out.
        body: the content, in memory, or a file that stands at its start.
        coding: what the client takes: one of `CODINGS`, or `identity`.
        dated: whether the content is of the release alone, and so as old as that.

    Raises:
        OSError: there is no room for the coded content.
    """
    sent, length, coding = _coded(body, coding)
    headers = [*own, ("Content-Length", str(length))]
    if coding != "identity":
        headers.append(("Content-Encoding", coding))
    etag, validators = "", []
    if not any(name == "Cache-Control" and "no-store" in value for name, value in own):
        etag = _value(own, "ETag") or entity_tag(sent)
        validators = [("ETag", etag), ("Cache-Control", "public, no-cache")]
        if dated and service.last_modified:
            validators.append(("Last-Modified", service.last_modified))
    return Reply(completed(headers, service.release.id, *validators), sent, length, etag)


def _coded(body: bytes | IO[bytes], coding: str) -> tuple[bytes | FileBody, int, str]:
    if isinstance(body, bytes):
        if coding == "identity" or not worth_coding(len(body)):
            return body, len(body), "identity"
        coded = compress(body, coding)
        return coded, len(coded), coding
    length = body.seek(0, 2)
    body.seek(0)
    if coding == "identity":
        return FileBody(body), length, coding
    with body:
        file, length = compress_file(_pieces(body), coding)
    return FileBody(file), length, coding


def entity_tag(body: bytes | FileBody) -> str:
    """Return the strong entity tag (RFC 9110, section 8.8.3) of the bytes that are sent."""
    if isinstance(body, bytes):
        return f'"{xxh3_128_hexdigest(body)}"'
    digest = xxh3_128()
    for piece in _pieces(body.file):
        digest.update(piece)
    body.file.seek(0)
    return f'"{digest.hexdigest()}"'


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(_PIECE):
        yield piece


def completed(headers: Headers, release: str, *more: tuple[str, str]) -> Headers:
    """Return headers with `more`, and those that every answer has, whatever its status, where they lack them."""
    there = {name.lower() for name, _ in headers}
    defaults = (*more, _VARY, ("Dualbio-Release", release), *COMMON)
    return [*headers, *[default for default in defaults if default[0].lower() not in there]]


def _value(headers: Headers, wanted: str) -> str | None:
    return next((value for name, value in headers if name == wanted), None)


def is_known(method: str, condition: str | None, etag: str) -> bool:
    """Return whether `If-None-Match` names the entity tag (RFC 9110, section 13.1.2); only for methods that read."""
    if not condition or not etag or method == "POST":
        return False
    tags = [tag.strip().removeprefix("W/") for tag in condition.split(",")]
    return etag in tags or tags == ["*"]


def not_modified(headers: Headers) -> Headers:
    """Return the headers of the 304 in place of an answer with these."""
    return [header for header in headers if header[0].lower() not in _OF_BODY]
