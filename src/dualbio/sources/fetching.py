"""Fetches JSON from public services: rate-limited, with retries, and a one-line error without a network."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from dualbio.errors import DualbioError, NotFoundError, counted
from dualbio.version import __version__

__all__ = ["Fetch", "FetchError", "fetch_json"]

#: Returns the JSON at an address; the second argument says in words what is fetched.
Fetch = Callable[[str, str], dict[str, Any]]

_PASSING = (429, 500, 502, 503, 504)
_LONGEST_PAUSE = 60.0


class FetchError(DualbioError):
    """A service cannot be reached, or does not answer as it says that it does."""


def fetch_json(
    address: str,
    what: str,
    *,
    opener: Callable[..., Any] = urlopen,
    sleep: Callable[[float], None] = time.sleep,
    attempts: int = 4,
    timeout: float = 30,
) -> dict[str, Any]:
    """Return the JSON object at `address`, waiting 1, 2, 4 … seconds (or `Retry-After`) after a failure that may pass.

    Args:
        address: an http(s) address.
        what: what is fetched, for messages.
        opener: opens a request.
        sleep: waits some seconds.
        attempts: how often it is tried.
        timeout: seconds without a byte after which a try is given up.

    Raises:
        NotFoundError: the service answers 404.
        FetchError: no connection, no answer after all tries, or none that is a JSON object.
    """
    host = urlsplit(address).hostname
    request = Request(address, headers={"Accept": "application/json", "User-Agent": f"dualbio/{__version__}"})  # noqa: S310 - an address of ours or of a setting
    reason = ""
    for attempt in range(attempts):
        pause = 2.0**attempt
        try:
            with opener(request, timeout=timeout) as answer:
                content = json.load(answer)
            if isinstance(content, dict):
                return content
            reason = "the answer is not a JSON object"
        except HTTPError as error:
            if error.code == 404:
                raise NotFoundError(f"{what}: {host} does not know it; repair: look at the number again") from error
            if error.code not in _PASSING:
                raise FetchError(f"{what}: {host} answers {error.code} {error.reason}") from error
            reason = f"{error.code} {error.reason}"
            told = error.headers.get("Retry-After", "") if error.headers else ""
            pause = float(told) if told.isdigit() else pause
        except (URLError, TimeoutError, ConnectionError, ValueError) as error:
            reason = str(getattr(error, "reason", error))
        if attempt + 1 < attempts:
            sleep(min(pause, _LONGEST_PAUSE))
    raise FetchError(
        f"{what}: {host} cannot be reached ({reason}) after {counted(attempts, 'try')}; repair: connect to the internet"
    )
