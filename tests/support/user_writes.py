"""A write to user graphs on disk, as a writer does it."""

from __future__ import annotations

from collections.abc import Mapping

from dualbio.store.user_graphs import Index, UserGraphs


def commit(users: UserGraphs, index: Index, changes: Mapping[str, bytes | None]) -> Index:
    """Draft the changes to the state of `index`, publish and confirm them, and return the new state."""
    draft = users.draft(index, changes)
    users.publish(draft)
    users.confirm()
    return draft.index
