"""Limits of a request: lengths and numbers, checked before it is parsed.

Whatever a web process does with the text of a request is linear in it, or bounded here; the rest is for the workers,
which can be stopped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dualbio_server.http.problems import ProblemError

__all__ = ["REFUSED", "URL_LIMIT", "check_parameters", "check_request", "shortened", "too_large"]

#: Where the environment of a request that is refused as a page holds the reason.
REFUSED = "dualbio.refused"
#: Bytes of a path, after its escapes are undone: the longest of a release has a tenth.
_PATH_LIMIT = 2048
#: Bytes of a query string; longer queries go in a body.
URL_LIMIT = 65536
#: Bytes of one header: browsers send some hundred.
_HEADER_LIMIT = 8192
#: Parameters of a request, and characters of the value of one.
_PARAMETERS = 200
_VALUE_LIMIT = 4096


def check_request(environ: Mapping[str, Any]) -> None:
    """Refuse a request whose path, query string or headers are beyond their limits.

    Raises:
        ProblemError: 414 or 431, with the limit.
    """
    if len(environ["PATH_INFO"]) > _PATH_LIMIT:
        raise _too_long(f"the path has more than {_PATH_LIMIT} bytes", _PATH_LIMIT)
    if len(environ.get("QUERY_STRING") or "") > URL_LIMIT:
        raise _too_long(f"the query string has more than {URL_LIMIT} bytes; repair: send it by POST", URL_LIMIT)
    for name, value in environ.items():
        if name.startswith("HTTP_") and len(value) > _HEADER_LIMIT:
            header = name.removeprefix("HTTP_").replace("_", "-").title()
            detail = f"the header {header[:80]} has more than {_HEADER_LIMIT} bytes; repair: send less"
            raise ProblemError(431, "header-size", detail, limit=_HEADER_LIMIT)


def shortened(environ: Mapping[str, Any], problem: ProblemError) -> dict[str, Any] | None:
    """Return a request that a page can be made for in the place of one that is refused; None for one of a program.

    What was too long is left out, so that nothing reads it.
    """
    accept = environ.get("HTTP_ACCEPT") or ""
    if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or len(accept) > _HEADER_LIMIT or "text/html" not in accept:
        return None
    kept = {name: value for name, value in environ.items() if not (isinstance(value, str) and len(value) > _PATH_LIMIT)}
    return {**kept, "PATH_INFO": "/", "QUERY_STRING": "", REFUSED: problem}


def _too_long(detail: str, limit: int) -> ProblemError:
    return ProblemError(414, "url-length", detail, limit=limit)


def check_parameters(pairs: Iterable[tuple[str, str]]) -> None:
    """Refuse more parameters, or longer ones, than any route has a use for; queries themselves are not among them.

    Raises:
        ProblemError: 400, with the limit.
    """
    for number, (name, value) in enumerate(pairs, 1):
        if number > _PARAMETERS:
            detail = f"found more than {_PARAMETERS} parameters; repair: send fewer, or a table of parameters"
            raise ProblemError(400, "parameters", detail, limit=_PARAMETERS)
        if max(len(name), len(value)) > _VALUE_LIMIT:
            detail = f"the parameter '{name[:40]}' has more than {_VALUE_LIMIT} characters; repair: send less"
            raise ProblemError(400, "parameter-length", detail, limit=_VALUE_LIMIT)


def too_large(limit: int) -> ProblemError:
    """Return the refusal of a body of more than `limit` bytes."""
    return ProblemError(
        413,
        "request-size",
        f"the request body has more than {limit} bytes; repair: send less, or raise DUALBIO_REQUEST_LIMIT",
        limit=limit,
    )
