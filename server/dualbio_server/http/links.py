"""Addresses: where this service answers for an IRI, and the `Link` headers of a document (RFC 8288).

RDF always has the canonical IRIs. Pages lead to the same host that served them, by paths below the root of the service
(`SCRIPT_NAME`): the path of DUALBIO_BASE_URL, and within a pinned release its `/v/<release>` behind that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

import pyoxigraph as ox
from flask import current_app, request

from dualbio.model.namespaces import BASE
from dualbio_server.http.problems import ProblemError
from dualbio_server.service import current_service

__all__ = [
    "candidates",
    "corrected",
    "has_route",
    "host_url",
    "link_header",
    "local_path",
    "origin",
    "unpinned_root",
    "uri",
    "without_origin",
]

_SCHEMES = ("http", "https")
_HOST = re.compile(r"[A-Za-z0-9.\-_]+(?::[0-9]{1,5})?|\[[0-9A-Fa-f:]+\](?::[0-9]{1,5})?")
#: Characters that a path keeps; `%` among them, for what is escaped in an IRI is part of its name.
_KEPT = "%/:@!$&'()*+,;=~#?"
#: Characters of a path beyond letters and digits, and what a path of an IRI cannot hold unescaped.
_PLAIN = "/:@!$&'()*+,;=~"
_FORBIDDEN = re.compile(r"[^\w\-.~/:@!$&'()*+,;=]")
#: What a message about a parameter says was found, and what it proposes.
_FOUND = re.compile(r"found [^']*'([^']+)'")
_PROPOSED = re.compile(r"; did you mean '([^']+)'\?$")


def uri(iri: str) -> str:
    """Return an IRI as a URI: everything outside ASCII as escaped UTF-8 (RFC 3987, section 3.1).

    >>> uri("https://w3id.org/dualbio/drug/é%20x")
    'https://w3id.org/dualbio/drug/%C3%A9%20x'
    """
    return quote(iri, safe=_KEPT + "[]")


def local_path(iri: str) -> str:
    """Return where this service answers for an IRI of the base; another IRI as it is."""
    if not iri.startswith(BASE):
        return uri(iri)
    return f"{request.script_root}/{quote(iri.removeprefix(BASE), safe=_KEPT)}"


def candidates(path: str) -> Iterator[ox.NamedNode]:
    """Yield the IRIs that a requested path may mean: the server undid its escapes, which the IRI may have had.

    First as it came, then with what no IRI may hold escaped again, then with everything outside ASCII escaped.
    """
    readings = (path, _FORBIDDEN.sub(lambda match: quote(match[0], safe=""), path), quote(path, safe=_PLAIN))
    for text in dict.fromkeys(readings):
        try:
            yield ox.NamedNode(BASE + text)
        except ValueError:
            continue


def origin() -> str:
    """Return scheme and host under which this service is known, without a path: as configured, else as asked.

    Raises:
        ProblemError: the client sent a host that is none.
    """
    base = current_service().settings.base_url
    if base != BASE:
        parts = urlsplit(base)
        return f"{parts.scheme}://{parts.netloc}"
    if not _HOST.fullmatch(request.host):
        raise ProblemError(400, "host", "the Host header is not a host name with an optional port")
    forwarded = request.headers.get("X-Forwarded-Proto")
    return f"{forwarded if forwarded in _SCHEMES else request.scheme}://{request.host}"


def host_url() -> str:
    """Return the address of this service (within a pinned release: of that), without a slash at its end.

    Raises:
        ProblemError: as `origin` says.
    """
    return origin() + request.script_root


def without_origin(address: str) -> str:
    """Return the path of an address on the host that was asked, and any other address as it is.

    A redirect so leads to the host and scheme that the client knows, whatever it told this service about them.
    """
    parts = urlsplit(address)
    if parts.netloc != request.host:
        return address
    return urlunsplit(("", "", "/" + parts.path.lstrip("/"), parts.query, parts.fragment))


def corrected(told: str) -> tuple[str, str] | None:
    """Return the word that a message about a parameter proposes, and this address with it in place of what was found.

    None where the message proposes no word, or what it found is in no parameter of the address.
    """
    wrong, meant = _FOUND.search(told), _PROPOSED.search(told)
    given = list(request.args.items(multi=True))
    asked = [(name, value.replace(wrong[1], meant[1])) for name, value in given] if wrong and meant else given
    return (meant[1], f"{request.script_root}{request.path}?{urlencode(asked)}") if meant and asked != given else None


def unpinned_root() -> str:
    """Return where the service begins, also within a release that is pinned by `/v/<release>/`."""
    root = request.environ.get("dualbio.root", request.script_root)
    assert isinstance(root, str)
    return root


def has_route(path: str) -> bool:
    """Return whether the application has a route at `path`."""
    return any(rule.rule == path for rule in current_app.url_map.iter_rules())


def link_header(links: Iterable[tuple[str, str, str | None]]) -> str:
    """Return the value of a `Link` header from target, relation and media type (None to leave it out) of each link."""
    return ", ".join(
        f'<{uri(target)}>; rel="{relation}"' + (f'; type="{media_type}"' if media_type else "")
        for target, relation, media_type in links
    )
