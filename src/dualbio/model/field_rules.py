"""Rules on which fields of a record are given alone or together, and their messages."""

from __future__ import annotations

from dualbio.model.record_fields import Record

__all__ = ["at_least_one", "exactly_one", "in_order", "together"]


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


def in_order(record: Record, low: str, high: str) -> None:
    """Complain where the field `low` is above the field `high`, so that nothing lies between them."""
    least, most = getattr(record, low), getattr(record, high)
    if least is not None and most is not None and float(least) > float(most):
        raise ValueError(f"field '{low}' is {least}; accepted: not above '{high}', which is {most}")


def together(record: Record, field: str, wanted: bool, when: str) -> None:
    """Complain unless `field` is given exactly when `wanted`; `when` says the condition in words."""
    if (getattr(record, field) is not None) != wanted:
        verb = "is required" if wanted else "is only accepted"
        raise ValueError(f"field '{field}' {verb} {when}")
