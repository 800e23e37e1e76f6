"""Answers to questions across studies as triples: the number or why there is none, and every candidate with its fate.

They are made after everything is inferred, because selection asks what arms give and who shares people.  So nothing may
follow from them that is not said: the classes above theirs are said too, and their properties stand below no other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Context, Decimal
from functools import partial

import pyoxigraph as ox
from pyoxigraph import Literal, NamedNode, Quad

from dualbio.errors import NotFoundError, did_you_mean
from dualbio.model.evidence import CHECK_LEVELS
from dualbio.model.namespaces import expand, graph_iri, individual, term
from dualbio.model.rdf_terms import GroundTerm
from dualbio.model.syntheses import SynthesisQuestion
from dualbio.rdf.numbers import number_literal
from dualbio.store import Store
from dualbio.store.embedded import EmbeddedStore
from dualbio.synthesis.kept_pools import KeptPools, facts_digest, inputs_digest
from dualbio.synthesis.pooling.certainty import bias_words
from dualbio.synthesis.pooling.effects import RATIOS
from dualbio.synthesis.pooling.facts import FactReader, Facts
from dualbio.synthesis.pooling.pool import LEVEL, facts_for, pool
from dualbio.synthesis.pooling.result import (
    Excluded,
    Pooled,
    PooledGroup,
    PooledStudy,
    Synthesis,
    number_text,
    short_number,
)
from dualbio.synthesis.pooling.selection import question_things, select

__all__ = [
    "APART",
    "IS_APART",
    "moved_questions",
    "pool_quads",
    "pools_held",
    "question_json",
    "stored_answers",
    "stored_question",
]

#: How the caveat of an answer of the release begins that knows nothing of a user's own evidence.
APART = "own evidence is not in this number"
#: Condition of SPARQL that `?pool` has such a caveat.
IS_APART = f'EXISTS {{ ?pool dualbio:caveat ?told FILTER (STRSTARTS(STR(?told), "{APART}")) }}'
_GRAPH = graph_iri("synthesis")
_TYPE = term("rdf:type")
#: Numbers are rounded to what every machine computes alike.
_DIGITS = Context(prec=5)
_ANSWER = ("key", "title", "number", "unit", "reason", "apart")
_LEVELS: tuple[str, ...] = CHECK_LEVELS
Told = tuple[str, GroundTerm]


def pool_quads(
    store: ox.Store, questions: Iterable[SynthesisQuestion], kept: KeptPools | None = None
) -> Iterator[Quad]:
    """Yield the answers of a store, in which everything is inferred, as quads of the graph `synthesis`.

    Args:
        store: what is asked.
        questions: what to ask.
        kept: answers of an earlier build; one whose inputs are the same is not made again.
    """
    kept = kept or KeptPools()
    asked = EmbeddedStore(store)
    above = {name: _classes_above(asked, name) for name in ("PooledEstimate", "PoolCandidate")}
    reader = FactReader(asked)
    for question in questions:
        facts = facts_for(reader, question)
        studies = _digests(facts)
        digest = inputs_digest(question, studies, facts.labels, above)
        yield from kept.quads(question.id, digest, studies, partial(_pool_quads, question, facts, above))


def moved_questions(
    store: ox.Store, questions: Iterable[SynthesisQuestion], kept: KeptPools, touched: Collection[str]
) -> Iterator[SynthesisQuestion]:
    """Yield the questions whose answers may be other ones than those of the release before.

    Args:
        store: what is asked, as it is now.
        questions: all of them; they, the vocabularies and the ontology are as they were.
        kept: the answers of the release before; those that stay are kept.
        touched: the IRIs of studies of which something that the store holds is another than it was; others do no harm.
    """
    reader = FactReader(EmbeddedStore(store))
    held = [study for study in touched if any(store.quads_for_pattern(NamedNode(study), _TYPE, term("Study"), None))]
    for question in questions:
        before = kept.before(question.id)
        if before:
            now = {study: digest for study, digest in before.studies.items() if study not in touched}
            for study in held:
                now |= _digests(facts_for(reader, question, study))
            if now == before.studies:
                kept.keep(question.id)
                continue
        yield question


def _digests(facts: Facts) -> dict[str, str]:
    return {study: facts_digest(held) for study, held in facts.by_study().items()}


def pools_held(store: ox.Store, questions: Iterable[SynthesisQuestion]) -> Iterator[Quad]:
    """Yield what a store holds of the answers to questions that were made with it."""
    for question in questions:
        node = individual("pool", question.id)
        yield from store.quads_for_pattern(node, None, None, _GRAPH)
        for link in store.quads_for_pattern(node, term("hasCandidate"), None, _GRAPH):
            assert isinstance(link.object, NamedNode)
            yield from store.quads_for_pattern(link.object, None, None, _GRAPH)


def _pool_quads(question: SynthesisQuestion, facts: Facts, above: Mapping[str, list[NamedNode]]) -> Iterator[Quad]:
    answer = pool(question, facts, select(question, facts))
    node = individual("pool", question.id)
    yield from _quads(node, "PooledEstimate", above, _answer(answer))
    for number, (name, told) in enumerate((*map(_used, answer.studies), *map(_left, answer.excluded)), start=1):
        candidate = individual("candidate", f"{question.id}.{number}")
        yield Quad(node, term("hasCandidate"), candidate, _GRAPH)
        label = Literal(f"{question.title}, candidate {number}: {name}", language="en")
        yield from _quads(candidate, "PoolCandidate", above, [("rdfs:label", label), *told])


def question_json(question: SynthesisQuestion) -> str:
    """Return a question as JSON, without what is left to the defaults."""
    return question.model_dump_json(exclude_none=True, exclude_defaults=True)


def stored_question(store: Store, name: str) -> SynthesisQuestion:
    """Return a question that a release answers.

    Raises:
        NotFoundError: it has no question of that name; its names are listed.
    """
    known = {
        row["key"].value: row["text"].value
        for row in store.select("SELECT ?key ?text { ?pool dualbio:key ?key ; dualbio:selectionText ?text }")
    }
    if name not in known:
        accepted = f"{did_you_mean(name, [*known])}; accepted: {', '.join(sorted(known))}"
        raise NotFoundError(f"no question across studies is called '{name}'{accepted}")
    return SynthesisQuestion.model_validate_json(known[name], strict=False)


def stored_answers(store: Store) -> dict[str, str]:
    """Return the questions that a release answers by name, each with its title and its answer in words."""
    found = store.select(
        f"""SELECT ?key ?title ?number ?unit ?reason (IF({IS_APART}, "; without own evidence", "") AS ?apart) {{
          ?pool dualbio:key ?key ; dualbio:selectionText ?text ; rdfs:label ?title .
          OPTIONAL {{ ?pool dualbio:numberText ?number }} OPTIONAL {{ ?pool dualbio:unit ?unit }}
          OPTIONAL {{ ?pool dualbio:noEstimateBecause ?reason }}
        }} ORDER BY ?key"""
    )
    told = ({name: cell.value if cell else "" for name, cell in zip(_ANSWER, row, strict=True)} for row in found)
    return {
        each["key"]: f"{each['title']}: {each['number'] or 'no number, ' + each['reason']} {each['unit']}".rstrip()
        + each["apart"]
        for each in told
    }


def _quads(node: NamedNode, name: str, above: Mapping[str, list[NamedNode]], told: Iterable[Told]) -> Iterator[Quad]:
    for kind in (term(name), *above[name]):
        yield Quad(node, _TYPE, kind, _GRAPH)
    for predicate, value in told:
        yield Quad(node, term(predicate), value, _GRAPH)


def _classes_above(store: EmbeddedStore, name: str) -> list[NamedNode]:
    found = store.select(f"SELECT DISTINCT ?class {{ dualbio:{name} rdfs:subClassOf+ ?class FILTER (ISIRI(?class)) }}")
    return sorted((row["class"] for row in found), key=str)


def _answer(answer: Synthesis) -> Iterator[Told]:
    question = answer.question
    yield "rdfs:label", Literal(question.title, language="en")
    yield "key", Literal(question.id)
    yield "question", Literal(question.question, language="en")
    for thing in question_things(question):
        yield "IAO:0000136", NamedNode(expand(thing))
    yield "effectMeasure", individual("value", f"effect-measure.{answer.measure.lower()}")
    yield "selectionText", Literal(question_json(question))
    yield "methodText", Literal(answer.method)
    yield "candidatesFound", Literal(answer.found)
    yield "candidatesEligible", Literal(answer.eligible)
    yield "candidatesUsed", Literal(answer.used)
    yield "studiesUsed", Literal(answer.certainty.studies)
    if answer.certainty.events is not None:
        yield "eventsUsed", Literal(answer.certainty.events)
    yield "peopleUsed", Literal(answer.certainty.people)
    for study in answer.studies:
        yield from (("pooledFrom", NamedNode(row)) for row in study.rows)
    if answer.studies:
        weakest = max((study.check_level for study in answer.studies), key=_LEVELS.index)
        yield "checkLevel", individual("value", f"check-level.{weakest}")
    for group in answer.groups:
        yield "groupText", Literal(_group_text(group, answer))
    for words in bias_words(answer):
        yield "riskOfBiasText", Literal(words)
    for warning in answer.warnings:
        yield "caveat", Literal(warning, language="en")
    if answer.reason:
        yield "noEstimateBecause", Literal(answer.reason, language="en")
    if answer.pooled:
        yield from _number(answer.pooled, answer.unit)


def _number(pooled: Pooled, unit: str) -> Iterator[Told]:
    low, high = pooled.prediction_low, pooled.prediction_high
    for name, number in (
        ("estimate", pooled.estimate), ("intervalLow", pooled.low), ("intervalHigh", pooled.high),
        ("predictionLow", low), ("predictionHigh", high), ("tauSquared", pooled.tau2), ("iSquared", pooled.i2),
        ("cochranQ", pooled.q),
    ):  # fmt: skip
        if number is not None:
            yield name, number_literal(_rounded(number))
    yield "intervalLevel", number_literal(Decimal(int(LEVEL)), counted=True)
    yield "numberText", Literal(number_text(pooled.estimate, pooled.low, pooled.high))
    if unit:
        yield "unit", Literal(unit)


def _group_text(group: PooledGroup, answer: Synthesis) -> str:
    """Return the number of a group, or why it has none, and how far it is from the number of all."""
    name, pooled = f"{group.by.replace('-', ' ')} {group.value}", group.pooled
    if pooled is None:
        return f"{name}: no number, {group.reason}"
    number = f"{name}: {number_text(pooled.estimate, pooled.low, pooled.high)} {answer.unit}".rstrip()
    if answer.pooled is None:
        return number
    if pooled.studies == answer.pooled.studies:
        return f"{number}, all of them"
    if answer.measure in RATIOS:
        return f"{number}, {short_number(pooled.estimate / answer.pooled.estimate)} times the number of all"
    apart = pooled.estimate - answer.pooled.estimate
    return f"{number}, {short_number(abs(apart))} {'more' if apart > 0 else 'less'} than the number of all"


def _used(study: PooledStudy) -> tuple[str, list[Told]]:
    """Return the label of a line that is in the number, or would be, and what is said of it."""
    told: list[Told] = [
        ("usedInPool", Literal(True)),
        ("study", NamedNode(study.iri)),
        ("checkLevel", individual("value", f"check-level.{study.check_level}")),
        *(("pooledFrom", NamedNode(row)) for row in study.rows),
        *(("concernsContrast", NamedNode(contrast)) for contrast in study.contrasts),
        *(("armUnderTest", NamedNode(arm)) for arm in study.arms_under_test),
        ("contrastText", Literal(" against ".join(arm for arm in study.arms if arm))),
    ]
    if any(study.numbers):
        told.append(("countsText", Literal(" against ".join(number for number in study.numbers if number))))
    if study.estimate is not None and study.low is not None and study.high is not None:
        told += [
            ("estimate", number_literal(_rounded(study.estimate))),
            ("intervalLow", number_literal(_rounded(study.low))),
            ("intervalHigh", number_literal(_rounded(study.high))),
            ("intervalLevel", number_literal(Decimal(int(LEVEL)), counted=True)),
            ("numberText", Literal(number_text(study.estimate, study.low, study.high))),
        ]
    if study.weight is not None:
        told.append(("poolWeight", number_literal(Decimal(study.weight).quantize(Decimal("0.1")))))
    told += [("caveat", Literal(note, language="en")) for note in study.notes]
    return study.label, told


def _left(item: Excluded) -> tuple[str, list[Told]]:
    """Return the label of a candidate that is left out, and what is said of it."""
    told: list[Told] = [
        ("usedInPool", Literal(False)),
        ("study", NamedNode(item.study_iri)),
        ("leftOutBecause", Literal(item.reason, language="en")),
        ("contrastText", Literal(item.contrast)),
    ]
    if item.detail:
        told.append(("countsText", Literal(item.detail)))
    where = "concernsContrast" if "/contrast/" in item.iri else "concernsRow"
    return item.label, [*told, (where, NamedNode(item.iri))]


def _rounded(number: float) -> Decimal:
    return _DIGITS.create_decimal_from_float(number)
