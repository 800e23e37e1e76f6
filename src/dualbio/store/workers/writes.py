"""Writing to user graphs: what a client asks of a writer, and what it is told."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import ClassVar

from dualbio.store.workers.errors import QueryStopError

__all__ = [
    "BrokenDataError",
    "GraphRefusedError",
    "NoSuchGraphError",
    "Outcome",
    "PreconditionError",
    "UpdateDatasetError",
    "WriteRequest",
]


class GraphRefusedError(QueryStopError):
    """The write would touch a graph that is no user graph; `details["graph"]` names it."""

    code: ClassVar[str] = "graph-refused"


class UpdateDatasetError(QueryStopError):
    """The request and the update both name a dataset (SPARQL 1.1 Protocol, section 2.2.3)."""

    code: ClassVar[str] = "update-dataset"


class PreconditionError(QueryStopError):
    """The graph is not in the state that the client expects (RFC 9110, section 13)."""

    code: ClassVar[str] = "precondition"


class NoSuchGraphError(QueryStopError):
    """There is no such user graph."""

    code: ClassVar[str] = "no-such-graph"


class BrokenDataError(QueryStopError):
    """The body is not triples in the syntax that it claims."""

    code: ClassVar[str] = "broken-data"


@dataclass(frozen=True)
class WriteRequest:
    """One write on its way to a writer.

    `kind` is `update` (`body` is SPARQL Update), `put`, `post` (`body` is RDF in `format` for the graph `name`) or
    `delete`. `using` and `using_named` are graph IRIs of an update. `if_match` and `if_none_match` are the hashes of
    the states that a client expects or excludes, `*` for any; None when it does not care.
    """

    kind: str
    query_id: str
    timeout: float
    body: bytes = b""
    name: str = ""
    format: str = ""
    using: tuple[str, ...] = ()
    using_named: tuple[str, ...] = ()
    if_match: tuple[str, ...] | None = None
    if_none_match: tuple[str, ...] | None = None

    def pack(self) -> bytes:
        """Return the fields as JSON, a zero byte, and the body."""
        fields = {key: value for key, value in vars(self).items() if key != "body"}
        return json.dumps(fields).encode() + b"\0" + self.body

    @classmethod
    def unpack(cls, data: bytes) -> WriteRequest:
        """Read what `pack` wrote."""
        head, _, body = data.partition(b"\0")
        fields = json.loads(head)
        for key, value in fields.items():
            if isinstance(value, list):
                fields[key] = tuple(value)
        return cls(**fields, body=body)


@dataclass(frozen=True)
class Outcome:
    """What a write has done: names of the graphs that it made and removed, triples added and taken away, and when.

    `generation` is the number of the write; `changed` names the graphs whose triples are not as before.
    """

    generation: int
    created: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    inserted: int = 0
    deleted: int = 0

    def pack(self) -> bytes:
        """Return the fields as JSON."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def unpack(cls, data: bytes) -> Outcome:
        """Read what `pack` wrote."""
        fields = json.loads(data)
        created, removed, changed = (tuple(fields[key]) for key in ("created", "removed", "changed"))
        return cls(fields["generation"], created, removed, changed, fields["inserted"], fields["deleted"])
