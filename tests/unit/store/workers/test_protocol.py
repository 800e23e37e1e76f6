"""Messages between the processes of a pool arrive whole, in however many pieces they are sent."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from dualbio.store.workers.process.protocol import Connection, Dataset, Kind, QueryRequest, encode_head


@pytest.mark.parametrize("sizes", [(), (3,), (0, 5), (70_000,), (1_000,) * 40, (300_000, 1, 300_000), (2_000,) * 17])
def test_a_message_in_pieces_arrives_as_one(sizes: tuple[int, ...]) -> None:
    """No piece, more than one call takes, and more than the system holds for a reader."""
    pieces = [bytes([65 + place % 26]) * size for place, size in enumerate(sizes)]
    ours, theirs = socket.socketpair()
    with ours, theirs, ThreadPoolExecutor(1) as thread:
        received = thread.submit(Connection(theirs).receive)
        Connection(ours).send_all([encode_head(Kind.ANSWER, {"kind": "select"}, sum(sizes)), *pieces])
        assert (Kind.ANSWER, {"kind": "select"}, b"".join(pieces)) == received.result(10)


@pytest.mark.parametrize("dataset", [Dataset(), Dataset(("urn:a",)), Dataset(("urn:a", "urn:b"), ("urn:c",))])
@pytest.mark.parametrize("lookup", [None, {"limit": 5}])
def test_a_query_is_read_as_it_was_sent(dataset: Dataset, lookup: dict[str, int] | None) -> None:
    """Every field, among them those that few queries have."""
    request = QueryRequest("id", "127.0.0.1", 2.5, "json", "", dataset, True, "ASK { ?é ?p 'x' }", lookup, here=True)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        Connection(ours).send(request.encode())
        assert request == QueryRequest.of(Connection(theirs).receive())
