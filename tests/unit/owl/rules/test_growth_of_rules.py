"""What the engine evaluates by itself in a rule is held together: else it pairs all things with all others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import rdflib
from rdflib.plugins.sparql import prepareQuery
from rdflib.plugins.sparql.parserutils import CompValue

from dualbio.model.namespaces import PREFIXES
from dualbio.sources.folders import shipped_sources

RULES = sorted((shipped_sources().ontology / "rules").glob("*.rq"), key=lambda path: path.stem)


def _parts(node: Any) -> Iterator[CompValue]:
    if isinstance(node, CompValue):
        yield node
    for below in node.values() if isinstance(node, CompValue) else node if isinstance(node, list | tuple) else ():
        yield from _parts(below)


def _branches(union: CompValue) -> Iterator[CompValue]:
    for side in (union.p1, union.p2):
        yield from _branches(side) if side.name == "Union" else (side,)


def _loose(part: CompValue) -> bool:
    """Return whether the triple patterns of a part fall into two heaps that share no variable."""
    patterns = [triple for each in _parts(part) if each.name == "BGP" for triple in each.triples]
    heap = {node for node in patterns.pop() if isinstance(node, rdflib.Variable)}
    while joined := [pattern for pattern in patterns if heap.intersection(pattern)]:
        heap.update(node for pattern in joined for node in pattern if isinstance(node, rdflib.Variable))
        patterns = [pattern for pattern in patterns if pattern not in joined]
    return bool(patterns)


def _loose_branches(text: str) -> list[CompValue]:
    algebra = prepareQuery(text, initNs=PREFIXES).algebra
    unions = (part for part in _parts(algebra) if part.name == "Union")
    return [branch for union in unions for branch in _branches(union) if _loose(branch)]


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_a_branch_is_joined_within_itself(path: Path) -> None:
    """The engine makes each branch of a union whole before it joins it with what stands outside."""
    assert not _loose_branches(path.read_text(encoding="utf-8"))


def test_a_branch_that_pairs_all_steps_is_found() -> None:
    """What relates two steps stands outside here: a hundred studies would make ten thousand times one study's pairs."""
    text = """CONSTRUCT { ?b dualbio:startsAfter ?a } WHERE {
      ?regimen dualbio:hasStep ?a , ?b
      { ?a dualbio:stepOrder ?m . ?b dualbio:stepOrder ?n FILTER (?m < ?n) } UNION { ?b dualbio:lagOf ?a }
    }"""
    assert len(_loose_branches(text)) == 1
