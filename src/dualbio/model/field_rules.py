"""Rules on which fields of a record are given, alone or with others, and how a curator is told."""

from __future__ import annotations

from dualbio.model.record_fields import Record

__all__ = ["at_least_one", "exactly_one", "together"]


def at_least_one(record: Record, *names: str) -> None:
    """Complain unless one of the fields `names` is given."""
    if all(getattr(record, name) is None for name in names):
        raise ValueError(f"one of {', '.join(names)} is required, found none")


def exactly_one(record: Record, names: tuple[str, ...]) -> str:
    """Return the one field of `names` that is given, or complain naming what was found."""
    given = [name for name in names if getattr(record, name) is not None]
    if len(given) != 1:
        raise ValueError(f"exactly one of {', '.join(names)} is accepted, found {' and '.join(given) or 'none'}")
    return given[0]


def together(record: Record, field: str, wanted: bool, when: str) -> None:
    """Complain unless `field` is given exactly when `wanted`; `when` says the condition in words."""
    if (getattr(record, field) is not None) != wanted:
        verb = "is required" if wanted else "is only accepted"
        raise ValueError(f"field '{field}' {verb} {when}")
