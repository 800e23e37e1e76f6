"""Writes to user graphs: the requests of a client and the answers of a writer."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from dualbio.store.workers.process.protocol import Kind, Message, encode

__all__ = ["WriteReceipt", "WriteRequest"]


@dataclass(frozen=True)
class WriteRequest:
    """One write on its way to a writer.

    `kind` is `update` (`body` is SPARQL Update), `put`, `post` (`body` is RDF in `format` for the graph `name`) or
    `delete`. `using` and `using_named` are graph IRIs of an update. `if_match` and `if_none_match` are the hashes of
    the states that a client expects or excludes, `*` for any; None when it does not care.
    `client` is the address that asks.
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
    client: str = ""

    def encode(self) -> bytes:
        """Return the write as a message."""
        fields = {key: value for key, value in vars(self).items() if key != "body"}
        return encode(Kind.WRITE, fields, self.body)

    @classmethod
    def of(cls, message: Message) -> WriteRequest:
        """Read what `encode` wrote."""
        return cls(**_with_tuples(message.fields), body=message.body)


@dataclass(frozen=True)
class WriteReceipt:
    """What a write has done: names of the graphs that it made and removed, triples added and taken away, and when.

    `generation` is the number of the write; `changed` names the graphs whose triples are not as before.
    """

    generation: int
    created: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    inserted: int = 0
    deleted: int = 0

    def encode(self) -> bytes:
        """Return the receipt as a message."""
        return encode(Kind.RECEIPT, asdict(self))

    @classmethod
    def of(cls, message: Message) -> WriteReceipt:
        """Read what `encode` wrote."""
        return cls(**_with_tuples(message.fields))


def _with_tuples(fields: dict[str, Any]) -> dict[str, Any]:
    """Return fields with tuples, which travel as lists."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in fields.items()}
