"""How the agents of an arm followed one another, in words."""

from __future__ import annotations

from dualbio_server.entities.evidence.asking import Row, key_of, named
from dualbio_server.http.language import say

__all__ = ["order_words"]


def order_words(row: Row) -> str:
    """Return which biologic began first and how much later the second did, as far as that is told.

    The row has what is known of an arm: `order`, `first`, `interval` from the first dose, `intervalLast` from the last.
    """
    order = key_of(row.get("order", ""))
    words = named(row["order"]) if order else ""
    if order == "later" and "first" in row:
        words = say("{drug} first", drug=named(row["first"]))
    interval = row.get("interval", "") if order != "same-day" else ""
    last = say("{interval} after its last dose", interval=row["intervalLast"]) if "intervalLast" in row else ""
    return ", ".join(each for each in (words, interval, last) if each)
