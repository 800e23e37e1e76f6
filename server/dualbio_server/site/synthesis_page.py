"""The pages of questions across studies: the number first, or why there is none, then all that it rests on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from flask import Response, request

from dualbio.figures import Figure, Look
from dualbio.model.namespaces import BASE
from dualbio.store import Store, row_texts
from dualbio.synthesis.pooling import BiasShare, Excluded, Pooled, PooledStudy, Synthesis, forest_plot
from dualbio.synthesis.pooling.quads import IS_APART
from dualbio.synthesis.pooling.result import number_text, short_number
from dualbio_server.entities import labels
from dualbio_server.entities.documents import page
from dualbio_server.entities.evidence.across import spelled
from dualbio_server.entities.evidence.asking import named
from dualbio_server.http.language import say
from dualbio_server.http.links import local_path
from dualbio_server.service import current_service

__all__ = ["synthesis_figure", "synthesis_list", "synthesis_page"]

#: Files of an answer: the words of the link, and the end of its address.
_FILES = (("CSV", ".csv"), ("R", ".r"), ("SVG", ".svg"), ("JSON", ".json"))
_MEASURES = {
    "RD": "Risk difference",
    "RR": "Relative risk",
    "OR": "Odds ratio",
    "HR": "Hazard ratio",
    "MD": "Mean difference",
    "SMD": "Standardised mean difference",
    "rate-ratio": "Rate ratio",
    "rate-difference": "Rate difference",
    "proportion": "Share of people",
}

_ANSWERS = f"""SELECT ?key ?title ?question ?number ?unit ?reason ?studies ?people ?events ?measure
  (IF({IS_APART}, "apart", ?none) AS ?apart) {{
  ?pool a dualbio:PooledEstimate ; dualbio:key ?key ; rdfs:label ?title ; dualbio:question ?question ;
    dualbio:effectMeasure ?measure ; dualbio:studiesUsed ?studies ; dualbio:peopleUsed ?people .
  OPTIONAL {{ ?pool dualbio:numberText ?number }} OPTIONAL {{ ?pool dualbio:unit ?unit }}
  OPTIONAL {{ ?pool dualbio:eventsUsed ?events }} OPTIONAL {{ ?pool dualbio:noEstimateBecause ?reason }}
}} ORDER BY ?title"""


@dataclass(frozen=True)
class _LeftOut:
    """Candidates that are left out for reasons that begin alike, each with where it leads and the reason in full."""

    reason: str
    candidates: tuple[tuple[Excluded, str, str, str], ...]


def synthesis_page(answer: Synthesis, citation: str) -> Response:
    """Return the page of an answer; `citation` says how to cite it."""
    here = f"{request.script_root}/syntheses/{answer.question.id}"
    certainty = answer.certainty
    return page(
        "synthesis.html",
        title=answer.question.title,
        answer=answer,
        pooled=_numbers(answer.pooled) if answer.pooled else None,
        sentences=list(_sentences(answer)),
        figure=partial(synthesis_figure, answer),
        studies=[_study(study) for study in answer.studies],
        left_out=_left_out(answer.excluded),
        warnings=[_as_sentence(spelled(each)) for each in answer.warnings],
        levels=[(_level_name(name), f"{share:.0f}") for name, share in certainty.check_levels.items()],
        bias=list(_bias(answer)),
        one_left=[(each.label, _result(answer, each.pooled, each.reason)) for each in answer.left_one_out],
        groups=[(each, _result(answer, each.pooled, each.reason)) for each in answer.groups],
        files=[(name, here + ending) for name, ending in _FILES],
        here=here,
        pool=local_path(f"{BASE}pool/{answer.question.id}"),
        citation=citation,
    )


def _as_sentence(text: str) -> str:
    """Return a warning as it stands among others: with a capital, and an end."""
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"


def synthesis_figure(answer: Synthesis, look: Look | None = None) -> Figure:
    """Return the forest plot of an answer, which says why there is no number in the words of readers."""
    reason = spelled(answer.reason) if answer.reason else None
    link = f"{BASE}pool/{answer.question.id}"
    return forest_plot(replace(answer, reason=reason), current_service().release.id, look, link=link)


def synthesis_list(store: Store) -> Response:
    """Return the page that lists all questions across studies with their answers."""
    rows = list(row_texts(store.select(_ANSWERS)))
    told = [
        {
            **row,
            "number": " ".join((labels.number_words(row.get("number", "")), say(row.get("unit", "")))).strip(),
            "reason": spelled(row.get("reason", "")),
            "measure": named(row["measure"]),
            "href": f"{request.script_root}/syntheses/{row['key']}",
        }
        for row in rows
    ]
    return page("syntheses.html", title="Across studies", answers=sorted(told, key=lambda row: not row["number"]))


# --- words ------------------------------------------------------------------------------------------------------------


def _sentences(answer: Synthesis) -> Iterator[str]:
    """Yield the answer in words: the number or the reason, what it is of, and what its interval holds."""
    certainty = answer.certainty
    if answer.pooled is None:
        yield say("No number is given: {reason}.", reason=spelled(answer.reason or ""))
        return
    yield say(
        "{measure} {number}, 95 % interval in brackets.",
        measure=say(_MEASURES[answer.measure]),
        number=_with_unit(answer, answer.pooled),
    )
    of = {"studies": certainty.studies, "people": f"{certainty.people:,}"}
    yield (
        say("{studies} studies with {people} people and {events} events.", events=certainty.events, **of)
        if certainty.events is not None
        else say("{studies} studies with {people} people.", **of)
    )
    if certainty.crosses_no_effect is not None:
        yield say(
            "The interval includes no difference: these studies do not show which side is better."
            if certainty.crosses_no_effect
            else "The interval leaves out no difference."
        )


def _bias(answer: Synthesis) -> Iterator[tuple[str, str]]:
    """Yield each domain of a tool with how much of the people and of the weight others judged how."""
    domains: dict[str, list[str]] = {}
    for each in answer.certainty.risk_of_bias:
        place = f"{_value('bias-tool', each.tool)}, {_value('bias-domain', each.domain)}" if each.tool else ""
        domains.setdefault(place, []).append(_share(each))
    for place, told in domains.items():
        yield place, "; ".join(told)


def _share(each: BiasShare) -> str:
    words = [_value("bias-judgement", word) for word in each.judgement.split(" / ")] if each.judgement else []
    told = {"judgement": " / ".join(words) or say("no judgement held"), "n": each.studies}
    if each.people is None:
        return say("{judgement}: {n} studies", **told)
    told["people"] = f"{each.people:.0f}"
    if each.weight is None:
        return say("{judgement}: {n} studies, {people} % of the people", **told)
    return say(
        "{judgement}: {n} studies, {people} % of the people, {weight} % of the weight",
        weight=f"{each.weight:.0f}",
        **told,
    )


def _value(scheme: str, key: str | None) -> str:
    """Return what a judgement is called on the page; stars of a scale are no value of a scheme."""
    stars, _, word = (key or "").partition(" ")
    return say("{n} stars", n=stars) if word == "stars" else named(f"{BASE}value/{scheme}.{key}")


def _numbers(pooled: Pooled) -> list[tuple[str, str]]:
    """Return how far the studies differ, in the order in which a methodologist asks."""
    told = [("I²", f"{pooled.i2:.0f} %"), ("Q", f"{pooled.q:.2f}, {pooled.df} df")]
    if pooled.q_p is not None:
        told[-1] = ("Q", f"{told[-1][1]}, p = {pooled.q_p:.3g}")
    if pooled.tau2 is not None:
        told.append(("τ²", f"{pooled.tau2:.3g}"))
    if pooled.prediction_low is not None and pooled.prediction_high is not None:
        ends = map(short_number, (pooled.prediction_low, pooled.prediction_high))
        told.append((say("Prediction interval"), "\u2013".join(ends)))
    return told


def _result(answer: Synthesis, pooled: Pooled | None, reason: str | None) -> tuple[str, str]:
    """Return the number of a part of the studies, and the number of these; or why there is none."""
    if pooled is None:
        return spelled(reason or ""), ""
    return _with_unit(answer, pooled), str(pooled.studies)


def _with_unit(answer: Synthesis, pooled: Pooled) -> str:
    """Return a pooled number with its interval and its unit, in the language of the page."""
    return f"{_dashed(pooled.estimate, pooled.low, pooled.high)} {say(answer.unit)}".rstrip()


def _dashed(estimate: float, low: float | None, high: float | None) -> str:
    return number_text(estimate, low, high).replace(" to ", "\u2013")


def _study(study: PooledStudy) -> dict[str, Any]:
    effect = ""
    if study.estimate is not None:
        effect = _dashed(study.estimate, study.low, study.high)
    return {
        "study": (study.label, local_path(study.iri)),
        "arms": [each for each in zip(study.arms, study.numbers, strict=True) if any(each)],
        "effect": effect,
        "weight": study.weight_text,
        "level": _level_name(study.check_level),
        "rows": [(row.rpartition(".")[2], local_path(row)) for row in study.rows],
        "notes": [spelled(note) for note in study.notes],
    }


def _left_out(excluded: Iterable[Excluded]) -> list[_LeftOut]:
    """Return the candidates by the beginning of their reasons, most first."""
    by_reason: dict[str, list[tuple[Excluded, str, str, str]]] = {}
    for each in excluded:
        reason = spelled(each.reason)
        told = each, local_path(each.study_iri), local_path(each.iri), reason
        by_reason.setdefault(reason.partition(":")[0], []).append(told)
    order = Counter({reason: len(members) for reason, members in by_reason.items()}).most_common()
    return [_LeftOut(reason, tuple(by_reason[reason])) for reason, _ in order]


def _level_name(level: str) -> str:
    return named(f"{BASE}value/check-level.{level}")
