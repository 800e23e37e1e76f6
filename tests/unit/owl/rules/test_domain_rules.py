"""Each domain rule and each family of axioms matters: leave it out, and the closure of a few real studies changes."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pytest

from dualbio.build.convert import corpus_quads
from dualbio.build.ontology import read_ontology
from dualbio.model.namespaces import graph_iri
from dualbio.owl.rules import Rule, compile_axioms, read_rules
from dualbio.owl.rules.run import infer
from dualbio.sources.corpus import read_corpus
from dualbio.sources.folders import shipped_sources
from dualbio.synthesis import synthesis_quads

pytestmark = pytest.mark.slow

#: Studies that between them make every domain rule fire.
STUDIES = (
    "beat-lupus",
    "bliss-believe",
    "calibrate",
    "genovese-2004-etanercept-anakinra",
    "glatt-2019-bimekizumab-certolizumab",
    "greenwald-2011-rituximab-tnf",
    "synbiose-2",
    "assure",
    "mesnyankina-2016",
    "sleek",
    "lunar",
    "uc-success",
    "ultra-2",
    "stohl-2013-belimumab-ra",
)
DOMAIN_RULES = sorted(path.stem for path in (shipped_sources().ontology / "rules").glob("*.rq"))
#: Kinds of axiom whose rules add triples here that nothing else gives.  Domain, range and symmetry repeat what is
#: given otherwise; `tests/unit/build/test_infer.py` has them in a toy ontology.
FAMILIES = ("EquivalentTo", "InverseOf", "PropertyChain", "SubClassOf", "SubPropertyOf", "Transitive")


@cache
def _asserted() -> tuple[ox.Quad, ...]:
    folder = shipped_sources().ontology
    kept = {graph_iri(name) for name in ("entities", *(f"study/{key}" for key in STUDIES))}
    corpus = read_corpus(folder)
    data = (quad for quad in corpus_quads(corpus) if quad.graph_name in kept)
    contrasts = synthesis_quads(corpus.study_files[key] for key in STUDIES)
    return (*read_ontology(folder), *data, *contrasts)


@cache
def _rules() -> tuple[Rule, ...]:
    folder: Path = shipped_sources().ontology
    return (*compile_axioms(read_ontology(folder)), *read_rules(folder / "rules"))


def _closure(rules: tuple[Rule, ...]) -> frozenset[ox.Triple]:
    store = ox.Store()
    store.extend(_asserted())
    return frozenset(infer(store, rules, inferred_graph=graph_iri("inferred")).derived)


@pytest.fixture(scope="module")
def whole() -> frozenset[ox.Triple]:
    """The closure under all rules."""
    return _closure(_rules())


@pytest.mark.parametrize("name", DOMAIN_RULES)
def test_leaving_out_a_domain_rule_loses_triples(whole: frozenset[ox.Triple], name: str) -> None:
    """Without one rule file the closure lacks something."""
    rest = tuple(rule for rule in _rules() if rule.name != name)

    assert whole - _closure(rest)


@pytest.mark.parametrize("family", FAMILIES)
def test_leaving_out_a_kind_of_axiom_loses_triples(whole: frozenset[ox.Triple], family: str) -> None:
    """Without the rules of one kind of axiom the closure lacks something."""
    rest = tuple(rule for rule in _rules() if not rule.name.startswith(f"{family}("))

    assert len(rest) < len(_rules())
    assert whole - _closure(rest)
