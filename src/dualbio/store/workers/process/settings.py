"""The configuration of a pool of query workers, passed from the parent to the supervisor."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field

__all__ = ["PoolSettings"]

_MIB = 1024 * 1024


@dataclass(frozen=True)
class PoolSettings:
    """What a pool serves, and within which limits.

    `files` are the N-Quads files of the release, `index` its index for search, empty where it has none. They are loaded
    into memory, unless `disk` is its store on disk, which every worker reads; `counts` are its triples by graph.
    `engine` is the SPARQL endpoint that answers instead, asked as whom `credentials` say: user, password, token.
    `folder` is a private folder for sockets and spooled answers; `queue` is the number of queries that may wait;
    `memory` and `spool` are bytes, `timeout` is seconds at most; `user_graphs` is the folder of user graphs, empty
    where there are none.
    """

    release: str
    files: tuple[str, ...]
    folder: str
    workers: int = 2
    queue: int = 32
    memory: int = 1024 * _MIB
    spool: int = 4096 * _MIB
    timeout: float = 60.0
    base: str = ""
    prefixes: dict[str, str] = field(default_factory=dict, hash=False)
    service_allow: tuple[str, ...] = ()
    user_graphs: str = ""
    index: str = ""
    disk: str = ""
    counts: dict[str, int] = field(default_factory=dict, hash=False)
    engine: str = ""
    credentials: tuple[str, str, str] = ("", "", "")

    def to_json(self) -> str:
        """Return one line of JSON."""
        return json.dumps(asdict(self)) + "\n"

    @classmethod
    def from_json(cls, text: str) -> PoolSettings:
        """Read what `to_json` wrote."""
        values = json.loads(text)
        values["files"] = tuple(values["files"])
        values["credentials"] = tuple(values["credentials"])
        values["service_allow"] = tuple(values["service_allow"])
        return cls(**values)
