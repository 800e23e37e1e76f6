"""How the agents of an arm followed one another, in words."""

from __future__ import annotations

from dualbio_server.entities.evidence.asking import Row, named, short_key
from dualbio_server.http.language import CATALOGUE, say

__all__ = ["order_words"]


def order_words(row: Row) -> str:
    """Return which biologic began first and how much later the second did, as far as that is reported.

    The row has what is known of an arm: `order`, `first`, `interval` from the first dose, `intervalLast` from the last.
    """
    order = short_key(row.get("order", ""))
    words = named(row["order"]) if order else ""
    if order == "later" and "first" in row:
        words = say("{drug} first", drug=named(row["first"]))
    interval = _length(row.get("interval", "")) if order != "same-day" else ""
    last = say("{interval} after its last dose", interval=_length(row["intervalLast"])) if "intervalLast" in row else ""
    return ", ".join(each for each in (words, interval, last) if each)


def _length(text: str) -> str:
    """Return a length of time, such as `4 weeks`, with its unit in the language of the page."""
    n, _, unit = text.partition(" ")
    words = f"{{n}} {unit}"
    return say(words, n=n) if n[:1].isdigit() and words in CATALOGUE else text
