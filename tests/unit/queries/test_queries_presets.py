"""Presets: a query of another name that is the same question with other values."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import pytest

from dualbio.errors import DataError, Problem
from dualbio.model.namespaces import individual, term
from dualbio.queries import Library, Resolver, SavedQuery, catalogue_quads, library, parse_query, query_iri, run_query
from dualbio.store.embedded import EmbeddedStore

Write = Callable[..., Path]

PRESETS = """#+ presets:
#+ - name: second
#+   summary: Which drugs come second?
#+   description: Drugs of rank two.
#+   tags: [toy, rank]
#+   params: {rank: [2]}
#+ - name: any-rank
#+   summary: Which drugs have a rank, whichever?
#+   description: Drugs of any rank.
#+   tags: [toy]
#+   params: {drug: ['drug:rituximab', 'drug:belimumab'], rank: []}
SELECT ?name ?rank
"""
ELSEWHERE = """#+ presets:
#+ - name: other/bowel
#+   summary: Which studies are of bowel disease as such?
#+   description: Studies.
#+   tags: [toy]
#+   params: {disease: ['disease:ibd'], exact: [disease]}
"""


def with_presets(*changes: tuple[str, str]) -> tuple[str, str]:
    """Return the replacement that gives the toy query its presets, changed."""
    text = PRESETS
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return "SELECT ?name ?rank\n", text


def test_a_preset_is_a_query_with_defaults_of_its_own(write: Write, folder: Path) -> None:
    """It has its own question, tags, defaults and file of its answer, and the parameters and columns of its query."""
    write(with_presets())
    library = Library.read(folder)
    assert ["toy/any-rank", "toy/drugs", "toy/second"] == list(library)
    base, second, both = library["toy/drugs"], library["toy/second"], library["toy/any-rank"]
    assert ("Which drugs come second?", ("toy", "rank")) == (second.head.summary, second.head.tags)
    assert ([(param.name, param.type) for param in base.params], base.columns) == (
        [(param.name, param.type) for param in second.params],
        second.columns,
    )
    assert "the rank; those of this question when left out" == second.parameter("rank").description
    assert {"drug": (None,), "rank": (ox.Literal(2),)} == dict(second.defaults)
    drugs = (individual("drug", "rituximab"), individual("drug", "belimumab"))
    assert {"drug": drugs, "rank": (None,)} == dict(both.defaults)
    assert (None, "toy/drugs", "toy/drugs") == (base.base, second.base, both.base)
    assert second.expected == folder / "toy" / "second.expected.csv"


def test_the_text_of_a_preset_stands_alone(write: Write, folder: Path) -> None:
    """Read again without its file, the text says the same question with the same defaults."""
    write(with_presets())
    for query in Library.read(folder).values():
        again = parse_query(query.text, query.name)
        assert (query.head.summary, query.head.columns) == (again.head.summary, again.head.columns)
        assert dict(query.defaults) == dict(again.defaults)


def test_the_engine_parses_a_body_once(write: Write, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Presets have the body of their query, which has been parsed; each parse is a thousandth of a second or more."""
    write(with_presets())
    parsed: list[str] = []

    def count(text: str, _file: str) -> tuple[list[Problem], list[str] | None]:
        parsed.append(text)
        return [], None

    monkeypatch.setattr(library, "_syntax_problems", count)
    parse_query.cache_clear()
    assert 3 == len(Library.read(folder))
    assert 1 == len(parsed)


def test_a_preset_still_takes_parameters(write: Write, folder: Path, store: EmbeddedStore, resolver: Resolver) -> None:
    """Its values are defaults, which a reader may replace."""
    write(with_presets())
    second = Library.read(folder)["toy/second"]
    rows = [
        [row["name"] for row in run_query(second, store, params, resolver=resolver).records()]
        for params in ({}, {"rank": "1"})
    ]
    assert [["belimumab"], ["rituximab"]] == rows


def test_the_catalogue_knows_whose_preset_it_is(write: Write, folder: Path) -> None:
    """A preset is an executable of its own, and a version of its query."""
    write(with_presets())
    library = Library.read(folder)
    quads = list(catalogue_quads(library.values()))
    versions = {(q.subject, q.object) for q in quads if q.predicate == term("dcterms:isVersionOf")}
    base = query_iri(library["toy/drugs"])
    assert {(query_iri(library[name]), base) for name in ("toy/second", "toy/any-rank")} == versions


def test_a_preset_may_take_values_alone_and_live_elsewhere(nested: SavedQuery, folder: Path) -> None:
    """Under `exact` the path that goes down gives way to the one that does not; a topic in the name is its topic."""
    assert nested.path is not None
    lines = nested.path.read_text(encoding="utf-8").replace("SELECT ?key", f"{ELSEWHERE}SELECT ?key")
    nested.path.write_text(lines, encoding="utf-8")
    library = Library.read(folder)
    found = library["other/bowel"]
    assert ("other", folder / "other" / "bowel.expected.csv") == (found.topic, found.expected)
    assert {"form"} == {each.name for each in found.hierarchies}
    assert "(dualbio:studiesDisease|dualbio:inDisease) ?disease" in found.text


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("{rank: [2]}", "{ranks: [2]}", "preset 'second' sets 'ranks'; accepted: drug, rank; did you mean 'rank'?"),
        ("drug:belimumab", "ae:death", "preset 'any-rank': 'drug' is 'ae:death'; accepted: a name such as drug:…"),
        ("name: any-rank", "name: second", "field 'presets' names 'second' twice"),
        ("rank: []}", "exact: [rank]}", "preset 'any-rank': 'exact' is 'rank'; accepted: nothing here"),
        ("name: any-rank", "name: drugs", "exists in another folder too, or as a preset"),
        ("params: {rank: [2]}", "params: {}", "params"),
    ],
)
def test_a_broken_preset_is_told(old: str, new: str, words: str, write: Write, folder: Path) -> None:
    """A value of another kind, an unknown parameter and a name that is taken are mistakes of the query's file."""
    write(with_presets((old, new)))
    with pytest.raises(DataError) as caught:
        Library.read(folder)
    assert any(words in problem.message for problem in caught.value.problems), caught.value
    assert {"queries/toy/drugs.rq"} == {problem.file for problem in caught.value.problems}
