"""Check a release with OWL 2 DL and HermiT: profile, consistency, and the closure in both directions.

Profile and consistency look at everything, literals included; the comparison goes slice by slice.
For consistency, different keys of one kind are different things: two values of a functional property contradict it.
A slice is some studies with every entity that they lead to, without annotations and without literals that no class
expression looks at.  What domain rules add is taken as given: the question is whether the axioms were followed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from dualbio.errors import counted
from dualbio.model.namespaces import BASE, VOCABULARY, compress, graph_iri, kind_of, term
from dualbio.model.rdf_terms import Resource
from dualbio.owl.gate.conflict import Axiom, minimal_conflict, minimal_failing
from dualbio.owl.gate.hermit import InconsistentError, is_consistent, realise_each
from dualbio.owl.gate.profile import profile_violations
from dualbio.owl.rules import compile_axioms
from dualbio.owl.rules.run import infer, read_derivations
from dualbio.release.folder import Release

__all__ = ["GateDifference", "GateReport", "run_gate"]

_TYPE = term("rdf:type")
#: Kinds whose individuals are declared different; rows are too many, and functional properties lead to others.
_DISTINCT = (
    "ae",
    "arm",
    "biomarker",
    "cell",
    "disease",
    "drug",
    "drug-class",
    "mechanism",
    "outcome",
    "process",
    "regimen",
    "source",
    "study",
    "target",
    "value",
)
_ANNOTATIONS = frozenset(term(f"rdfs:{name}") for name in ("label", "comment", "isDefinedBy", "seeAlso"))


@dataclass(frozen=True)
class GateDifference:
    """A triple that only one side holds; `entailed` is what a separate consistency test says of it."""

    triple: ox.Triple
    only_in: str
    entailed: bool

    def __str__(self) -> str:
        """Give the triple, who holds it, and who is right."""
        text = " ".join(compress(node.value) for node in self.triple if not isinstance(node, ox.Triple))
        return f"{text}: only in {self.only_in}, {'' if self.entailed else 'not '}entailed"

    @property
    def is_defect(self) -> bool:
        """Whether the closure is wrong: it misses an entailed triple, or holds one that is not."""
        return self.entailed == (self.only_in == "HermiT")


@dataclass(frozen=True)
class GateReport:
    """What the gate found: `conflict` holds the axioms of a contradiction, one text each.

    `violations` are what breaks OWL 2 DL; where there are any, HermiT is not believed and `consistent` is None.
    """

    consistent: bool | None
    slices: int
    compared: int
    unsatisfiable: tuple[str, ...] = ()
    differences: tuple[GateDifference, ...] = ()
    conflict: tuple[str, ...] = ()
    violations: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the release may be published."""
        defects = any(difference.is_defect for difference in self.differences)
        return bool(self.consistent) and not self.unsatisfiable and not self.violations and not defects


def run_gate(
    release: Release,
    *,
    size: int = 6,
    studies: Sequence[str] | None = None,
    processes: int = 2,
    progress: Callable[[str], None] | None = None,
) -> GateReport:
    """Compare a release with HermiT.

    Args:
        release: a built release.
        size: studies in one slice.
        studies: keys of the studies to look at, beside ontology and vocabularies; by default all.
        processes: HermiT processes at a time.
        progress: called with a word on each finished piece.

    Raises:
        MissingExtraError: the extra `reason` is not installed.
        HermitError: HermiT failed.
    """
    tell = progress or (lambda _text: None)
    data = _Data(release)
    chosen = list(studies or data.studies)
    with ThreadPoolExecutor(2) as pool:
        profile = pool.submit(profile_violations, data.everything)
        model = pool.submit(is_consistent, data.whole(chosen))
        violations = profile.result()
    if violations:
        tell("outside OWL 2 DL")
        return GateReport(None, 0, 0, violations=violations)
    tell("OWL 2 DL")
    if not model.result():
        tell("contradiction")
        return GateReport(False, 0, 0, conflict=tuple(map(_axiom_text, _conflict(data, chosen, tell))))
    tell("consistent")
    slices = [chosen[i :: -(-len(chosen) // size)] for i in range(-(-len(chosen) // size))]

    def compare(slices: Sequence[Sequence[str]]) -> list[_Compared]:
        found = []
        for each in _compare(data, slices):
            found.append(each)
            tell(f"{counted(len(slices[len(found) - 1]), 'study')} compared")
        return found

    with ThreadPoolExecutor(processes) as pool:
        shares = filter(None, (slices[number::processes] for number in range(processes)))
        found = [each for some in pool.map(compare, shares) for each in some]
    unsatisfiable = sorted(set().union(*(names for _, names, _ in found)))
    differences = tuple(difference for _, _, some in found for difference in some)
    return GateReport(True, len(slices), sum(count for count, _, _ in found), tuple(unsatisfiable), differences)


def _conflict(data: _Data, chosen: Sequence[str], tell: Callable[[str], None]) -> list[Axiom]:
    """Return the axioms and facts of a contradiction: first the fewest studies that hold it, then what in them."""

    def holds(keys: Sequence[str]) -> bool:
        return is_consistent(data.whole(keys))

    studies = minimal_failing(chosen, holds)
    tell(f"within {', '.join(studies) or 'the axioms and vocabularies'}")
    return minimal_conflict(data.whole(studies), is_consistent)


def _axiom_text(axiom: Axiom) -> str:
    """Return an axiom as text; one that tells individuals of a kind apart by that kind."""
    if any(triple.object == term("owl:AllDifferent") for triple in axiom):
        first = next(triple.object for triple in axiom if triple.predicate == term("rdf:first"))
        assert isinstance(first, ox.NamedNode)
        return f"different keys of kind '{kind_of(first.value)}' are different things"
    return " ".join(map(str, axiom))


class _Data:
    """The logical part of a release."""

    def __init__(self, release: Release) -> None:
        graphs = release.graphs
        ontology = _read_triples(graphs / "ontology.nq")
        self._skipped = {
            t.subject for t in ontology if t.predicate == _TYPE and t.object == term("owl:AnnotationProperty")
        }
        self._skipped |= _ANNOTATIONS
        literal = {t.subject for t in ontology if t.predicate == _TYPE and t.object == term("owl:DatatypeProperty")}
        #: Data properties that no class expression looks at.
        self._literal = literal - {t.object for t in ontology if t.predicate == term("owl:onProperty")}
        self.ontology = self._logical(ontology)
        self.studies = sorted(path.stem for path in (graphs / "study").glob("*.nq"))
        stated = {key: _read_triples(graphs / "study" / f"{key}.nq") for key in self.studies}
        computed: list[ox.Triple] = []  # about what belongs to no study: measures of findings
        for triple in _read_triples(graphs / "synthesis.nq") if (graphs / "synthesis.nq").exists() else ():
            stated.get(_study_of(triple), computed).append(triple)
        self._study_facts = {key: self._logical(triples) for key, triples in stated.items()}
        derivations = read_derivations(release.folder)
        names = {name for name, rule in derivations.rules.items() if rule.origin == "domain"}
        ruled = [triple for triple, (name, _) in derivations.derived.items() if name in names]
        self._entity_facts: dict[object, list[ox.Triple]] = {}
        lessons = _read_triples(graphs / "lessons.nq") if (graphs / "lessons.nq").exists() else []
        shared = [*_read_triples(graphs / "entities.nq"), *lessons, *computed, *ruled]
        #: The release as curated and as domain rules added to it, annotations included.
        self.everything = [*ontology, *shared, *(triple for triples in stated.values() for triple in triples)]
        for triple in self._logical(shared):
            self._entity_facts.setdefault(triple.subject, []).append(triple)
        self._roots = {t.object for t in ontology if t.predicate == term("owl:hasValue")}

    def _logical(self, triples: Iterable[ox.Triple]) -> list[ox.Triple]:
        return [triple for triple in triples if triple.predicate not in self._skipped]

    def whole(self, keys: Iterable[str]) -> list[ox.Triple]:
        """Return axioms and facts of some studies, with all literals, and that different keys are different things."""
        facts = self.facts(keys, literals=True)
        return [*self.ontology, *facts, *_different(facts)]

    def facts(self, keys: Iterable[str], *, literals: bool = False) -> list[ox.Triple]:
        """Return the facts of some studies and of all that they lead to.

        With `literals` the values that no class expression looks at come along; datatypes and ranges then count.
        """
        facts = dict.fromkeys(triple for key in keys for triple in self._study_facts[key])
        todo: list[object] = [*(node for t in facts for node in (t.subject, t.object)), *self._roots]
        seen: set[object] = set()
        while todo:
            node = todo.pop()
            if node in seen:
                continue
            seen.add(node)
            for triple in self._entity_facts.get(node, ()):
                facts[triple] = None
                todo.append(triple.object)
        return [triple for triple in facts if literals or triple.predicate not in self._literal]


def _different(facts: Iterable[ox.Triple]) -> Iterator[ox.Triple]:
    """Yield for each kind the axiom that its individuals are all different."""
    named: dict[str, set[str]] = {kind: set() for kind in _DISTINCT}
    for node in (node for triple in facts for node in (triple.subject, triple.object)):
        if isinstance(node, ox.NamedNode) and node.value.startswith(BASE) and kind_of(node.value) in named:
            named[kind_of(node.value)].add(node.value)
    for members in (sorted(found) for found in named.values() if len(found) > 1):
        cells = [ox.BlankNode() for _ in members]
        rests: list[Resource] = [*cells[1:], term("rdf:nil")]
        head = ox.BlankNode()
        yield ox.Triple(head, _TYPE, term("owl:AllDifferent"))
        yield ox.Triple(head, term("owl:distinctMembers"), cells[0])
        for cell, member, rest in zip(cells, members, rests, strict=True):
            yield ox.Triple(cell, term("rdf:first"), ox.NamedNode(member))
            yield ox.Triple(cell, term("rdf:rest"), rest)


def _read_triples(file: Path) -> list[ox.Triple]:
    return [quad.triple for quad in ox.parse(path=str(file), format=ox.RdfFormat.N_QUADS)]


def _study_of(triple: ox.Triple) -> str:
    """Return the key of the study that something computed belongs to."""
    assert isinstance(triple.subject, ox.NamedNode)
    return triple.subject.value.rpartition("/")[2].partition(".")[0]


#: How many triples were compared, which classes have no member, and what only one side holds.
_Compared = tuple[int, set[str], list[GateDifference]]


def _compare(data: _Data, slices: Sequence[Sequence[str]]) -> Iterator[_Compared]:
    each = [data.facts(keys) for keys in slices]
    for facts, hermit in zip(each, realise_each([*data.ontology, *facts] for facts in each), strict=True):
        theirs = set(_comparable(_as_triples(hermit.all_types, hermit.all_values)))
        ours = set(_comparable([*facts, *_closure(data.ontology, facts)]))
        differences = [
            GateDifference(triple, side, _entailed([*data.ontology, *facts], triple))
            for side, triples in (("HermiT", theirs - ours), ("the closure", ours - theirs))
            for triple in sorted(triples, key=str)
        ]
        yield len(theirs | ours), set(hermit.unsatisfiable), differences


def _closure(ontology: list[ox.Triple], facts: list[ox.Triple]) -> Iterator[ox.Triple]:
    store = ox.Store()
    store.extend(ox.Quad(t.subject, t.predicate, t.object, graph_iri("facts")) for t in facts)
    yield from infer(store, compile_axioms(ontology), inferred_graph=graph_iri("inferred")).derived


def _as_triples(types: Iterable[tuple[str, str]], values: Iterable[tuple[str, str, str]]) -> Iterator[ox.Triple]:
    for individual, name in types:
        yield ox.Triple(ox.NamedNode(individual), _TYPE, ox.NamedNode(name))
    for predicate, subject, value in values:
        yield ox.Triple(ox.NamedNode(subject), ox.NamedNode(predicate), ox.NamedNode(value))


def _comparable(triples: Iterable[ox.Triple]) -> Iterator[ox.Triple]:
    """Yield class memberships and values of object properties in our own vocabulary, without the trivial ones."""
    for triple in triples:
        if not isinstance(triple.subject, ox.NamedNode) or not isinstance(triple.object, ox.NamedNode):
            continue
        if triple.predicate == _TYPE:
            if triple.object.value.startswith(VOCABULARY):
                yield triple
        elif triple.predicate.value.startswith(VOCABULARY):
            yield triple


def _entailed(axioms: list[ox.Triple], triple: ox.Triple) -> bool:
    """Return whether the axioms entail a triple: whether they contradict its negation."""
    node = ox.BlankNode()
    if triple.predicate == _TYPE:
        negation = [
            ox.Triple(triple.subject, _TYPE, node),
            ox.Triple(node, _TYPE, term("owl:Class")),
            ox.Triple(node, term("owl:complementOf"), triple.object),
        ]
    else:
        negation = [
            ox.Triple(node, _TYPE, term("owl:NegativePropertyAssertion")),
            ox.Triple(node, term("owl:sourceIndividual"), triple.subject),
            ox.Triple(node, term("owl:assertionProperty"), triple.predicate),
            ox.Triple(node, term("owl:targetIndividual"), triple.object),
        ]
    try:
        return not is_consistent([*axioms, *negation])
    except InconsistentError:
        return True
