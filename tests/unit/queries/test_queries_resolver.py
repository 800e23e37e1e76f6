"""Names are found alike with an index of search and without: the index only says where to look first."""

from __future__ import annotations

import pytest

from dualbio.errors import ParameterError
from dualbio.queries import Resolver
from dualbio.search import SearchIndex
from dualbio.search.names import names_of
from dualbio.store.embedded import EmbeddedStore

#: Kinds under which every name is looked for, alone and one after the other.
KINDS: tuple[tuple[str | None, ...], ...] = (("drug",), ("study",), ("drug", "disease", "study", None), (None,))


class Counted:
    """A store that keeps what it was asked."""

    def __init__(self, store: EmbeddedStore) -> None:
        """Ask `store`."""
        self.store, self.asked = store, list[str]()

    def select(self, text: str) -> object:
        """Pass a query on."""
        self.asked.append(text)
        return self.store.select(text)


def found(resolver: Resolver, text: str, kinds: tuple[str | None, ...]) -> str:
    """Return what a text names, or why it names nothing."""
    try:
        return resolver.resolve_among(text, kinds).value
    except ParameterError as error:
        return str(error)


@pytest.mark.parametrize("kinds", KINDS, ids=str)
def test_an_index_changes_no_answer(store: EmbeddedStore, resolver: Resolver, kinds: tuple[str | None, ...]) -> None:
    """Each form of each name, in two cases, and texts that name several things or nothing."""
    index = SearchIndex.of(store)
    by_kind = Resolver(store, index.called, lambda kind: index.listed(kind, limit=999))
    forms = {form for name in names_of(store) for form in name.forms()}
    curies = {"drug:belimumab", "study:one", "<https://w3id.org/dualbio/arm/one.a>", "nct:NCT00000001", "MONDO:0007915"}
    for text in sorted(forms | {form.upper() for form in forms} | curies | {"a", "no such thing", "belimumab, sle"}):
        expected = found(resolver, text, kinds)
        assert expected == found(Resolver(store, index.called), text, kinds), text
        # Some hints are lost: no index has an outside IRI under all its prefixes, nor the key of a row alone.
        assert expected.partition("; ")[0] == found(by_kind, text, kinds).partition("; ")[0], text


def test_one_name_is_read_of_the_index_alone(store: EmbeddedStore) -> None:
    """A label in capitals is found by asking for the names of one thing; all are read for one that is not known."""
    counted = Counted(store)
    resolver = Resolver(counted, SearchIndex.of(store).called)  # type: ignore[arg-type]  # as far as it is asked
    assert "https://w3id.org/dualbio/disease/sle" == resolver.resolve("Systemic LUPUS erythematosus", "disease").value
    assert [] == [text for text in counted.asked if "VALUES ?node" not in text]
    with pytest.raises(ParameterError, match="did you mean 'sle'"):
        resolver.resolve("slee", "disease")
    assert [] != [text for text in counted.asked if "VALUES ?node" not in text]


def test_a_label_is_looked_up_in_the_index_alone(store: EmbeddedStore) -> None:
    """Names of arms are put together from labels: those of all things of a large release would fill the memory."""
    counted = Counted(store)
    resolver, every = Resolver(counted, SearchIndex.of(store).called), Resolver(store)  # type: ignore[arg-type]
    labels = {name.text for name in names_of(store) if name.kind == "label"}
    for text in sorted(labels | {label.upper() for label in labels} | {"no such thing"}):
        for kind in ("drug", "disease", "study"):
            assert every.labelled(text, kind) == resolver.labelled(text, kind), (text, kind)
    assert [] == [text for text in counted.asked if "VALUES ?node" not in text]


def test_a_name_that_nothing_has_is_compared_with_those_of_its_kind(store: EmbeddedStore) -> None:
    """A misspelt key of a large release is answered without all its names."""
    counted, index = Counted(store), SearchIndex.of(store)
    resolver = Resolver(counted, index.called, lambda kind: index.listed(kind, limit=999))  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="did you mean 'sle'"):
        resolver.resolve("slee", "disease")
    with pytest.raises(ParameterError, match="it is the name of drug:belimumab"):
        resolver.resolve("belimumab", "disease")
    assert [] == [text for text in counted.asked if "VALUES ?node" not in text]
