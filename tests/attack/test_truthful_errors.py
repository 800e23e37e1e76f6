"""What goes wrong inside is told as what it is, and found again in the log under the id that the client has."""

from __future__ import annotations

import errno
import re
from io import BytesIO
from typing import Any

import pytest
from flask import Flask

from dualbio.errors import ReleaseError
from dualbio.store.workers import WorkError
from dualbio_server.http import replies
from dualbio_server.http.problems import problem_of
from dualbio_server.sparql import endpoint

PLACES = (
    "/sparql?query=SELECT%20*%20%7B%3Fs%20%3Fp%20%3Fo%7D%20LIMIT%20200",
    "/drug/?format=ttl",
    "/search?q=drug+number&format=json",
)
TRACED = re.compile(r"dualbio: error ([0-9a-f]{16})\nTraceback")


def fail(error: BaseException) -> Any:
    """Return a function that raises an error, whatever it is given."""

    def failing(*_: Any, **__: Any) -> Any:
        raise error

    return failing


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize("place", PLACES)
def test_a_full_disk_is_507(app: Flask, monkeypatch: pytest.MonkeyPatch, place: str, number: int) -> None:
    """While an answer is compressed too: it passes, so the client may come back."""
    monkeypatch.setattr(replies, "compress", fail(OSError(number, "No space left on device")))
    answer = app.test_client().get(f"{place}&x={number}", headers={"Accept-Encoding": "gzip"})

    assert (507, "storage") == (answer.status_code, answer.get_json()["type"].rpartition("/")[2])
    assert "Retry-After" in answer.headers


def test_a_large_answer_that_finds_no_room_is_507_and_leaves_no_file(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer in a file is compressed into another one; when that is too much, the first is closed."""
    body = BytesIO()
    body.write(b"x" * 5000)
    monkeypatch.setattr(replies, "compress_file", fail(OSError(errno.ENOSPC, "No space left on device")))
    with pytest.raises(OSError, match="No space"):
        replies.make_reply(app.extensions["dualbio"], [], body, "gzip")

    assert body.closed


@pytest.mark.parametrize("error", [KeyError("x"), ValueError("x"), AssertionError(), OSError(errno.EIO, "x")], ids=repr)
@pytest.mark.parametrize("place", PLACES)
def test_what_nobody_expects_is_traced_under_an_id(
    app: Flask, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], place: str, error: Exception
) -> None:
    """The client has an id, and the log a traceback under it; nothing of the inside is told."""
    monkeypatch.setattr(replies, "entity_tag", fail(error))
    answer = app.test_client().get(f"{place}&x={id(error)}")
    problem, logged = answer.get_json(), capsys.readouterr().err

    assert (500, "application/problem+json; charset=utf-8") == (answer.status_code, answer.content_type)
    assert [problem["error"]] == TRACED.findall(logged)
    assert problem["error"] in problem["detail"]
    assert type(error).__name__ in logged
    assert "Traceback" not in answer.text


def test_every_answer_has_another_id(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two clients that report are told apart."""
    monkeypatch.setattr(replies, "entity_tag", fail(KeyError("x")))
    client = app.test_client()

    assert 2 == len(
        {client.get(f"/search?q=drug+number&format=json&x={number}").get_json()["error"] for number in range(2)}
    )


def test_nesting_that_python_gives_up_is_the_clients(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever it is met, a recursion without end is 422 and not a fault of the service."""
    monkeypatch.setattr(endpoint, "read_request", fail(RecursionError("maximum recursion depth exceeded")))
    answer = app.test_client().get("/sparql?query=ASK%7B%7D&x=deep")

    assert (422, "too-complex") == (answer.status_code, answer.get_json()["type"].rpartition("/")[2])


def test_a_damaged_release_is_told(
    app: Flask, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A client reads that a file is damaged, and the operator which."""
    service = app.extensions["dualbio"]
    monkeypatch.setattr(type(service.store), "quads", fail(ReleaseError("graphs/x.nq: SHA-256 is 1; repair: build")))
    answer = app.test_client().get("/graph/entities.nt?x=damaged")

    assert (503, "release") == (answer.status_code, answer.get_json()["type"].rpartition("/")[2])
    assert "graphs/x.nq" not in answer.text
    assert "graphs/x.nq: SHA-256 is 1" in capsys.readouterr().err


@pytest.mark.parametrize("kind", WorkError.kinds.values(), ids=WorkError.kinds)
def test_every_end_of_a_query_has_a_status_of_its_own_words(kind: type[WorkError]) -> None:
    """Whatever a worker may report is told under its code, and none of it is the error that nobody expects."""
    problem = problem_of(kind("what happened"))

    assert (kind.code, "what happened") == (problem.code, str(problem))
