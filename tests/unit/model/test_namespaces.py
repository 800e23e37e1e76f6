"""IRIs of the project: the prefix table, and the way between CURIEs and IRIs."""

from __future__ import annotations

import pytest
from curies import Converter
from hypothesis import given
from hypothesis import strategies as st

from dualbio.errors import DualbioError
from dualbio.model.namespaces import (
    BASE,
    GRAPHS,
    KINDS,
    PREFIXES,
    VOCABULARY,
    compress,
    expand,
    graph_iri,
    individual,
    term,
)

PREFIX = st.sampled_from(sorted(PREFIXES))
KIND = st.sampled_from(KINDS)
#: Local names that need no escaping in SPARQL.
LOCAL_NAME = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,40}[A-Za-z0-9_]", fullmatch=True)


@given(prefix=PREFIX, name=LOCAL_NAME)
def test_a_curie_comes_back_from_its_iri(prefix: str, name: str) -> None:
    """Expanding a CURIE and compressing the IRI gives the CURIE again, for every prefix and name."""
    curie = f"{prefix}:{name}"
    assert curie == compress(expand(curie))


@given(prefix=PREFIX, name=st.text(max_size=20))
def test_an_independent_reader_of_curies_agrees(prefix: str, name: str) -> None:
    """The package curies expands and compresses as we do, over the same table, whatever the name."""
    peer = Converter.from_prefix_map(PREFIXES)
    assert peer.expand(f"{prefix}:{name}") == expand(f"{prefix}:{name}")
    assert peer.compress(PREFIXES[prefix] + name) == compress(PREFIXES[prefix] + name)


@given(kind=KIND, key=LOCAL_NAME)
def test_an_individual_is_the_expansion_of_its_curie(kind: str, key: str) -> None:
    """The node of a kind and a key is what the CURIE with the kind as prefix stands for."""
    assert expand(f"{kind}:{key}") == individual(kind, key).value


@given(name=LOCAL_NAME)
def test_a_vocabulary_name_is_a_name_with_our_prefix(name: str) -> None:
    """A bare name and the same name with the prefix of the vocabulary are one term."""
    assert term(f"dualbio:{name}") == term(name)


@given(text=st.text().filter(lambda text: not any(text.startswith(iri) for iri in PREFIXES.values())))
def test_an_iri_outside_the_table_stays_as_it_is(text: str) -> None:
    """Text that begins with no namespace of the table is returned unchanged."""
    assert text == compress(text)


def test_no_two_prefixes_share_a_namespace() -> None:
    """Each namespace has one prefix, so that an IRI has one CURIE."""
    assert len(PREFIXES) == len(set(PREFIXES.values()))


def test_each_kind_is_a_namespace_under_the_base() -> None:
    """A kind is at once a prefix and a folder under the base address."""
    assert {kind: f"{BASE}{kind}/" for kind in KINDS} == {kind: PREFIXES[kind] for kind in KINDS}


def test_the_vocabulary_is_no_namespace_of_individuals() -> None:
    """No individual can take the IRI of a term."""
    assert [] == [kind for kind in KINDS if PREFIXES[kind].startswith(VOCABULARY)]


@pytest.mark.parametrize("name", [*GRAPHS, "study/bliss-believe"])
def test_a_named_graph_lives_under_graph(name: str) -> None:
    """The IRI of a named graph is its name after `graph/`."""
    assert f"https://w3id.org/dualbio/graph/{name}" == graph_iri(name).value


def test_an_individual_needs_a_known_kind() -> None:
    """A kind outside the table is refused with the kinds that are accepted."""
    with pytest.raises(
        DualbioError, match="'drugs' is not a kind of individual; accepted: ae, aim, arm, bias-assessment"
    ):
        individual("drugs", "rituximab")


@given(prefix=st.from_regex(r"[a-z]{1,12}", fullmatch=True).filter(lambda word: word not in PREFIXES), name=LOCAL_NAME)
def test_a_curie_needs_a_known_prefix(prefix: str, name: str) -> None:
    """A prefix outside the table is refused, and the message repeats the CURIE."""
    with pytest.raises(
        DualbioError, match=f"^'{prefix}:{name}' has no prefix of the prefix table; accepted: ".replace(".", r"\.")
    ):
        expand(f"{prefix}:{name}")
