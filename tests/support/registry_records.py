"""Invented registry records, as imported with the toy vocabularies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from dualbio.model.entities import AdverseEvent
from dualbio.sources.corpus import read_corpus
from dualbio.sources.importing.ledger import Imported, Tally

__all__ = ["CTGOV", "Import", "is_balanced", "toy_entities"]

#: Folder of the invented records.
CTGOV = Path(__file__).resolve().parents[1] / "data" / "ctgov"
#: Gives what becomes of the record in a file of that folder.
Import = Callable[[str], Imported]


def is_balanced(tally: Tally) -> bool:
    """Return whether every item that was read is written, listed, or left out for a reason."""
    return tally.read == tally.written + tally.listed + tally.left_out.total()


def toy_entities() -> dict[str, Any]:
    """Return the toy vocabularies with three adverse events, gammatinib being a conventional drug."""
    keys = ("infection", "serious-adverse-event", "death")
    events = {key: AdverseEvent(key=key, label=key.replace("-", " ")) for key in keys}
    entities = read_corpus(CTGOV.parent / "curated").entities
    classes = dict(entities["drug-class"])
    classes["standard-therapy"] = classes["standard-therapy"].model_copy(update={"group": "conventional"})
    return {**entities, "ae": events, "drug-class": classes}
