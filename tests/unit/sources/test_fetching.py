"""What is fetched is asked for again where that may help, and told in one line where it does not."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from email.message import Message
from typing import Any
from urllib.error import HTTPError, URLError

import pytest

from dualbio.errors import NotFoundError
from dualbio.sources.fetching import FetchError, fetch_json

ADDRESS = "https://registry.example/api/NCT99999991"


def refusal(code: int, **headers: str) -> HTTPError:
    """Return an answer that refuses."""
    message = Message()
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    return HTTPError(ADDRESS, code, "refused", message, None)


def opener(*answers: object) -> Callable[..., Any]:
    """Return something that opens requests: it gives the answers, or raises them, in order."""
    waiting = iter(answers)

    def open_next(_request: object, timeout: float) -> io.BytesIO:
        assert timeout
        answer = next(waiting)
        if isinstance(answer, Exception):
            raise answer
        return io.BytesIO(json.dumps(answer).encode())

    return open_next


def test_a_failure_that_passes_is_waited_for() -> None:
    """Too many requests and a service that starts are asked again: after 1 second, or as long as the service says."""
    waited: list[float] = []
    answers = opener(refusal(503), refusal(429, Retry_After="7"), {"a": 1})
    assert {"a": 1} == fetch_json(ADDRESS, "NCT99999991", opener=answers, sleep=waited.append)
    assert [1.0, 7.0] == waited


def test_no_pause_is_longer_than_a_minute() -> None:
    """A service that asks for an hour gets a minute, and is then given up in its turn."""
    waited: list[float] = []
    with pytest.raises(FetchError):
        fetch_json(
            ADDRESS, "it", opener=opener(*[refusal(503, Retry_After="3600")] * 2), sleep=waited.append, attempts=2
        )
    assert [60.0] == waited


def test_without_a_network_one_line_says_so() -> None:
    """The message names what was fetched, the host, the reason and the repair; it is one line."""
    with pytest.raises(FetchError) as error:
        fetch_json(ADDRESS, "NCT99999991", opener=opener(*[URLError("no route")] * 4), sleep=lambda _: None)
    told = str(error.value)
    assert "NCT99999991: registry.example cannot be reached (no route) after 4 tries" in told
    assert "\n" not in told


def test_what_is_not_there_is_not_asked_again() -> None:
    """404 and other refusals end it at once."""
    with pytest.raises(NotFoundError, match=r"NCT99999991: registry\.example does not know it"):
        fetch_json(ADDRESS, "NCT99999991", opener=opener(refusal(404)))
    with pytest.raises(FetchError, match="answers 403"):
        fetch_json(ADDRESS, "NCT99999991", opener=opener(refusal(403)))
