"""HTTP for our clients: caching as the server allows, retries of transient failures, and errors translated.

Caching follows RFC 9111 (package hishel), repetition `Retry-After` (package httpx-retries); both come with the extra
`client`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from dualbio.errors import MissingExtraError, NotFoundError, ParameterError, StoreError
from dualbio.store.credentials import Credentials
from dualbio.version import __version__

if TYPE_CHECKING:
    import httpx

__all__ = ["make_client", "raise_for_problem", "translate_network_errors"]

_AGENT = f"dualbio/{__version__}"
#: Statuses that pass by themselves: too many requests, a queue that is full, a server that starts.
_PASSING = (429, 502, 503, 504)


def make_client(
    *, cache: Path | None = None, retries: int = 3, timeout: float = 60.0, credentials: Credentials | None = None
) -> httpx.Client:
    """Return an HTTP client that follows redirects.

    Args:
        cache: file (SQLite) in which answers are kept; none are when it is None.
        retries: how many times a request is tried again that may be repeated, as all of ours may but DELETE.
        timeout: seconds without a byte after which an answer is given up.
        credentials: what the server may ask for.

    Raises:
        MissingExtraError: the packages of the extra `client` are not installed.
    """
    try:
        import hishel  # noqa: PLC0415 - an optional dependency
        import hishel.httpx  # noqa: PLC0415
        import httpx  # noqa: PLC0415
        from httpx_retries import Retry, RetryTransport  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtraError("client", "talking to a server") from error
    transport: httpx.BaseTransport = httpx.HTTPTransport()
    if retries:
        # A time-out is not repeated: what was too much for the server once is so again.
        failures = (httpx.NetworkError, httpx.RemoteProtocolError)
        retry = Retry(
            retries,
            allowed_methods=("GET", "HEAD", "POST", "PUT"),
            status_forcelist=_PASSING,
            retry_on_exceptions=failures,
            backoff_factor=0.2,
            max_backoff_wait=30,
        )
        transport = RetryTransport(transport, retry)
    if cache is not None:
        cache.parent.mkdir(parents=True, exist_ok=True)
        storage = hishel.SqliteStorage(database_path=cache)
        transport = hishel.httpx.CacheTransport(transport, storage, rfc=hishel.CacheOptions(shared=False))
    known = credentials or Credentials()
    return httpx.Client(
        transport=transport,
        timeout=timeout,
        follow_redirects=True,
        headers={"User-Agent": _AGENT, **known.headers},
        auth=known.challenged,
    )


@contextmanager
def translate_network_errors(url: str) -> Iterator[None]:
    """Turn failures of the network into our error, which names the address.

    Raises:
        StoreError: no answer came, or it broke off.
    """
    import httpx  # noqa: PLC0415 - here because a client exists

    try:
        yield
    except httpx.TimeoutException as error:
        raise StoreError(
            f"{url}: no answer in time; repair: narrow the request, or raise the client's timeout"
        ) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        found = str(error) or type(error).__name__
        raise StoreError(f"{url}: {found}; accepted: the address of a running server; repair: check it") from error


def raise_for_problem(response: httpx.Response) -> None:
    """Raise what an error status means, in the server's own words where it sends problem details (RFC 9457).

    Raises:
        NotFoundError: status 404 or 410.
        ParameterError: status 400 for a parameter.
        StoreError: any other error status.
    """
    if response.is_success:
        return
    response.read()
    detail, kind = _problem(response)
    if response.status_code in (404, 410):
        raise NotFoundError(detail)
    if response.status_code == 400 and kind == "parameter":
        raise ParameterError(detail)
    raise StoreError(f"{response.request.url.copy_with(query=None)}: status {response.status_code}: {detail}")


def _problem(response: httpx.Response) -> tuple[str, str]:
    """Return detail and kind of the problem that an error response tells."""
    try:
        content = response.json()
        return str(content["detail"]), str(content.get("type", "")).rpartition("/")[2]
    except (ValueError, KeyError, TypeError, AttributeError):
        words = " ".join(response.text.split())[:300]
        return words or response.reason_phrase or "an error without a text", ""
