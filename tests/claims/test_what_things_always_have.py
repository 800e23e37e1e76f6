"""What every thing of a kind has: saved queries look up all else of it beside that, and would lose it with it."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from dualbio.store.embedded import EmbeddedStore

#: A pattern that picks things out, and what each of them has.
ALWAYS = [
    ("?thing a dualbio:StandingRow", "dualbio:numberText"),
    ("?thing a dualbio:StandingRow", "dualbio:reportedAs"),
    ("?thing a dualbio:StandingRow", "dualbio:key"),
    ("?thing a dualbio:StandingRow", "dualbio:source/dualbio:shortLabel"),
    ("?thing dualbio:armOf ?study", "dualbio:shortLabel"),
    ("?thing dualbio:armOf ?study", "dualbio:key"),
    ("?thing dualbio:stepOf ?regimen", "dualbio:position"),
    ("?thing a dualbio:Study", "rdfs:label"),
    ("?row dualbio:outcome ?thing", "schema:name"),
]


@pytest.mark.parametrize(("pattern", "path"), ALWAYS)
def test_a_thing_has_what_its_other_facts_are_looked_up_beside(store: EmbeddedStore, pattern: str, path: str) -> None:
    """None lacks it, and there are some."""
    lacking = store.query(f"ASK {{ {pattern} FILTER NOT EXISTS {{ ?thing {path} ?value }} }}")
    having = store.query(f"ASK {{ {pattern} . ?thing {path} ?value }}")
    assert isinstance(lacking, ox.QueryBoolean)
    assert isinstance(having, ox.QueryBoolean)
    assert not lacking
    assert having
