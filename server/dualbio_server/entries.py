"""What the service notes of one request."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

__all__ = ["Entry", "stamp"]


@dataclass
class Entry:
    """One request: what was asked, what came of it (`outcome`, `status`, `bytes`, `rows`), and the seconds it took."""

    method: str
    path: str
    status: int
    size: int
    seconds: float
    outcome: str = "ok"
    cache: str = "none"
    query: str | None = None
    rows: int | None = None
    client: str | None = None
    time: float = field(default_factory=time.time)

    def line(self) -> str:
        """Return the entry as one line of JSON."""
        members: dict[str, Any] = {"time": stamp(self.time), **_without_time(self)}
        return json.dumps({key: value for key, value in members.items() if value is not None})


def _without_time(entry: Entry) -> dict[str, Any]:
    members = dict(vars(entry))
    del members["time"]
    members["bytes"] = members.pop("size")
    members["seconds"] = round(members["seconds"], 6)
    return members


def stamp(moment: float) -> str:
    """Return seconds since 1970 as an ISO 8601 time in UTC, to the millisecond."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
