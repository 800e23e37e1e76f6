"""Another name of an entity is read as its key, in whatever way a query writes it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pyoxigraph as ox
import pytest

from dualbio.model.namespaces import BASE, PREFIXES, graph_iri, term
from dualbio.sparql.aliases import key_in, keys_of, with_keys
from dualbio.sparql.engine_text import EngineText, engine_text

WRITTEN = (
    "SELECT * { ?s ?p disease:ra }",
    "SELECT * { ?s ?p disease:ra. }",
    f"SELECT * {{ ?s ?p <{BASE}disease/ra> }}",
    f"PREFIX d: <{BASE}disease/> SELECT * {{ ?s ?p d:ra }}",
    f"PREFIX b: <{BASE}> SELECT * {{ ?s ?p b:disease\\/ra }}",
    "SELECT * { ?s ?p disease:r\\u0061 }",
)
OTHERS = (
    "SELECT * { ?s ?p disease:sle }",
    "SELECT * { ?s ?p disease:ra-x }",
    "SELECT * { ?s ?p 'disease:ra' } # disease:ra",
    f"SELECT * {{ ?s ?p <{BASE}drug/ra> }}",
)


@pytest.fixture(name="store")
def fixture_store() -> ox.Store:
    """A store in which `disease:ra` is another name."""
    store = ox.Store()
    names = (ox.NamedNode(f"{BASE}disease/{key}") for key in ("ra", "rheumatoid-arthritis"))
    store.add(ox.Quad(next(names), term("dcterms:isReplacedBy"), next(names), graph_iri("entities")))
    return store


def read(query: str, store: ox.Store) -> EngineText:
    """Read a query as a worker does, which has all names at hand, and as a store in this process does: alike."""
    by_worker, here = (with_keys(engine_text(query), key_of, PREFIXES) for key_of in ways(store))
    assert by_worker == here
    return here


def ways(store: ox.Store) -> tuple[Callable[[str], str | None], Callable[[str], str | None]]:
    """Return both ways to look a name up."""
    return keys_of(store).get, partial(key_in, store)


@pytest.mark.parametrize("query", WRITTEN)
def test_another_name_is_read_as_the_key(query: str, store: ox.Store) -> None:
    """Prefix, IRI, a prefix of one's own and escapes."""
    assert f"<{BASE}disease/rheumatoid-arthritis>" in read(query, store).text


@pytest.mark.parametrize("query", OTHERS)
def test_what_is_no_other_name_stays(query: str, store: ox.Store) -> None:
    """Keys, longer names, strings, comments, and other kinds."""
    assert query == read(query, store).text
