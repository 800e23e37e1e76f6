"""When no number is given, the inputs of a judgement on certainty, and caveats."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence

from dualbio.errors import counted
from dualbio.model.evidence import CHECK_LEVELS
from dualbio.model.syntheses import SynthesisQuestion
from dualbio.synthesis.pooling.effects import RATIOS, Counts, Data, Times, effect_of
from dualbio.synthesis.pooling.lines import LEVEL, StudyLine, scale, totals
from dualbio.synthesis.pooling.models import COMMON, Fit, random_effects
from dualbio.synthesis.pooling.result import (
    BiasShare,
    Certainty,
    LeftOne,
    Pooled,
    Synthesis,
    number_text,
    short_number,
)
from dualbio.synthesis.pooling.selection import SHARED_PEOPLE, Selection

__all__ = ["bias_words", "certainty", "one_study_tells", "refusal", "warnings"]

_LEVELS: tuple[str, ...] = CHECK_LEVELS
#: Share of the weight from which one study is named as the one that a number leans on.
_MOST = 0.75
#: The longest time is so many times the shortest, above which both are reported.
_UNLIKE_TIME = 2


def certainty(
    question: SynthesisQuestion,
    lines: Sequence[StudyLine],
    selection: Selection,
    pooled: Pooled | None,
    weights: Mapping[int, float],
) -> Certainty:
    """Return what a judgement on certainty begins with.

    Args:
        question: what is asked.
        lines: what was selected.
        selection: with what was left out.
        pooled: the number, if there is one.
        weights: shares of the lines in it, by their places; empty where there is none.
    """
    levels = Counter(line.checked for line in lines)
    shares = {level: 100 * levels[level] / len(lines) for level in _LEVELS if levels[level]}
    rows = [row for line in lines for row in line.selected.rows]
    words = {row.reported_as + (f" ({row.definition})" if row.definition else "") for row in rows}
    none = 1.0 if question.measure in RATIOS else 0.0
    threshold = float(question.threshold) if question.threshold is not None else None
    events, people = totals(lines)
    compared = pooled is not None and question.measure != "proportion"
    return Certainty(
        studies=len({line.selected.study.iri for line in lines}),
        events=events,
        people=people,
        check_levels=shares,
        definitions=tuple(sorted(words)),
        diseases=tuple(sorted({line.groups["disease"] for line in lines})),
        comparators=tuple(sorted({arm.label for line in lines for arm in line.arms[1]})),
        overlap_left_out=sum(each.reason.startswith(SHARED_PEOPLE) for each in selection.excluded),
        crosses_no_effect=_holds(pooled.low, none, pooled.high) if pooled and compared else None,
        threshold=threshold,
        crosses_threshold=_holds(pooled.low, threshold, pooled.high) if pooled and threshold is not None else None,
        i2=pooled.i2 if pooled else None,
        prediction_crosses_no_effect=(
            _holds(pooled.prediction_low, none, pooled.prediction_high)
            if pooled and compared and pooled.prediction_low is not None and pooled.prediction_high is not None
            else None
        ),
        risk_of_bias=tuple(_bias_shares(lines, weights)),
    )


def _bias_shares(lines: Sequence[StudyLine], weights: Mapping[int, float]) -> Iterator[BiasShare]:
    """Yield for each domain of each tool how much was judged how, and of how much no judgement is held."""
    judged = [_judged(line) for line in lines]
    asked: list[tuple[str | None, str | None]] = sorted({place for found in judged for place in found})
    people = [totals([line])[1] for line in lines]
    for place in asked or ([(None, None)] if lines else []):
        answers: dict[str | None, list[int]] = defaultdict(list)
        for number, found in enumerate(judged):
            answers[found.get(place)].append(number)
        for judgement in sorted(answers, key=lambda each: (each is None, each or "")):
            own = answers[judgement]
            yield BiasShare(
                *place, judgement, len({lines[n].selected.study.iri for n in own}),
                100 * sum(people[n] for n in own) / sum(people) if sum(people) else None,
                100 * sum(weights.get(n, 0.0) for n in own) if weights else None,
            )  # fmt: skip


def _judged(line: StudyLine) -> dict[tuple[str | None, str | None], str]:
    """Return the judgements that a line has, by tool and domain: that of its row before that of its outcome or study.

    Where two are of the same thing and differ, both are reported.
    """
    rows, found = {row.iri for row in line.selected.rows}, defaultdict[tuple[str, str], dict[int, set[str]]](dict)
    for each in line.selected.study.bias:
        apart = (each.row in rows, each.about in line.things, not each.row and not each.about)
        if any(apart):
            found[each.tool, each.domain].setdefault(apart.index(True), set()).add(each.judgement)
    return {place: " / ".join(sorted(by[min(by)])) for place, by in found.items()}


def bias_words(answer: Synthesis) -> Iterator[str]:
    """Yield in words how others judged the studies, a sentence for each domain of a tool."""
    size = "person-years" if answer.measure.startswith("rate") else "people"
    domains: dict[tuple[str | None, str | None], list[str]] = defaultdict(list)
    for each in answer.certainty.risk_of_bias:
        shares = ((each.people, f"the {size}"), (each.weight, "the weight"))
        told = ", ".join(f"{share:.0f} % of {what}" for share, what in shares if share is not None)
        judgement = (each.judgement or "no judgement held").replace("-", " ")
        studies = f"{each.studies} {'study' if each.studies == 1 else 'studies'}"
        domains[each.tool, each.domain].append(f"{judgement} in {studies}" + (f" ({told})" if told else ""))
    for (tool, domain), sentences in domains.items():
        place = f"{tool.replace('-', ' ')}, {domain.replace('-', ' ')}: " if tool and domain else ""
        yield place + "; ".join(sentences)


def _holds(low: float, number: float, high: float) -> bool:
    return low <= number <= high


def warnings(
    question: SynthesisQuestion,
    lines: Sequence[StudyLine],
    fit: Fit | None,
    taken: Sequence[int],
    left_one_out: Sequence[LeftOne],
) -> Iterator[str]:
    """Yield what a reader must know beside the number: that of the question, and those that follow from its studies.

    Args:
        question: what is asked.
        lines: what was selected.
        fit: the number, if there is one.
        taken: the places of the lines that it weighs.
        left_one_out: the number without each study.
    """
    if question.warning:
        yield question.warning
    own = sorted({line.selected.study.label for line in lines if line.selected.study.own})
    if own:
        yield f"no release holds {', '.join(own)}"
    diseases = sorted({line.groups["disease"] for line in lines})
    if len(diseases) > 1:
        yield f"{len(diseases)} diseases stand in one pool: {'; '.join(diseases)}"
    elif fit and not question.diseases:
        yield f"no disease is asked for, and every study is of one: {diseases[0]}"
    rules = sorted({row.seriousness for line in lines for row in line.selected.rows} - {""})
    if len(rules) > 1:
        yield f"what is serious is not defined alike: {', '.join(rule.replace('-', ' ') for rule in rules)}"
    if question.measure == "MD" and len(unlike := _statistics(lines)) > 1:
        yield f"unlike statistics stand in one pool: {', '.join(unlike)}"
    weeks = sorted({row.week for line in lines for row in line.selected.rows if row.week is not None})
    if weeks and weeks[-1] >= _UNLIKE_TIME * weeks[0]:
        yield f"follow-up differs: events were counted at week {weeks[0]:g} to week {weeks[-1]:g}"
    data = [line.data for line in lines]
    if (
        fit
        and question.model not in (*COMMON[:2], "binomial-normal")
        and any(isinstance(each, (Counts, Times)) and each.has_zero for each in data)
    ):
        yield "a cell is empty, and weights by inverse variance depend on what is added to it"
    if fit and fit.tau2 is not None and len(fit.weights) < 5:
        yield f"the variance between {counted(len(fit.weights), 'study')} is hardly known"
    if fit and 0 < fit.df < len(taken) - 1:
        of = f"{fit.df + 1} of the {counted(len(taken), 'study')}"
        yield f"Q and I² are of {of}: a study without an event in either group has no variance here"
    if fit:
        yield from _other_interval(question, fit, [data[n] for n in taken])
        yield from _leaning([(lines[n], weight) for n, weight in zip(taken, fit.weights, strict=True)])
        yield from _recalled(lines, left_one_out)


def _other_interval(question: SynthesisQuestion, fit: Fit, taken: Sequence[Data]) -> Iterator[str]:
    """Yield the normal interval where that of Hartung and Knapp is no wider, or rests on two studies.

    It can be the narrower one where studies agree closely (Roever, Knapp and Friede, BMC Medical Research
    Methodology 2015, 15: 99).
    """
    if question.model != "random-effects" or question.interval == "normal":
        return
    effects = [effect_of(each, question.measure) for each in taken]
    normal = random_effects(effects, question.tau2 or "REML", "normal", LEVEL)
    low, high = (scale(question.measure)(limit) for limit in (normal.low, normal.high))
    words = f"that of the normal distribution is {short_number(low)} to {short_number(high)}"
    if fit.high - fit.low < normal.high - normal.low:
        yield f"the interval of Hartung and Knapp is the narrower one, as the studies agree closely: {words}"
    elif len(effects) == 2:
        yield f"of two studies the interval of Hartung and Knapp has one degree of freedom: {words}"


def _leaning(weighed: Sequence[tuple[StudyLine, float]]) -> Iterator[str]:
    shares: dict[str, float] = defaultdict(float)
    for line, weight in weighed:
        shares[line.selected.study.label] += weight
    for label, share in shares.items():
        if share >= _MOST:
            yield f"{label} alone has {100 * share:.0f} % of the weight"


def _recalled(lines: Sequence[StudyLine], left_one_out: Sequence[LeftOne]) -> Iterator[str]:
    without = {each.label: each for each in left_one_out}
    for line in lines:
        label = line.selected.study.label
        if line.checked != "memory":
            continue
        left = without.get(label)
        if left and left.pooled:
            number = number_text(left.pooled.estimate, left.pooled.low, left.pooled.high)
            yield f"{label} is recalled, not read: without it the number is {number}"
        else:
            yield f"{label} is recalled, not read: without it there is no number"


def refusal(question: SynthesisQuestion, lines: Sequence[StudyLine]) -> str | None:
    """Return why what was selected may not be pooled."""
    studies = {line.selected.study.iri: line.selected.study.label for line in lines}
    if not lines:
        return "no candidate meets the question"
    if len(studies) == 1:
        return f"one study alone, {next(iter(studies.values()))}: nothing is pooled"
    things = {thing for line in lines for thing in line.things}
    if len(things) > 1:
        labels = lines[0].facts.labels
        return f"unlike outcomes: {', '.join(labels.get(thing) or thing for thing in sorted(things))}"
    rules = {row.seriousness for line in lines for row in line.selected.rows}
    if question.seriousness is None and len(rules) > 1:
        words = ", ".join(sorted(rule.replace("-", " ") or "not reported" for rule in rules))
        return f"unlike rules of what is serious: {words}; name those that may stand together under seriousness"
    unlike = _statistics(lines)
    if question.measure == "SMD" and len(unlike) > 1:
        return f"unlike statistics: {', '.join(unlike)}; a standardised difference takes one of them"
    units = {row.unit for line in lines for row in line.selected.rows}
    if question.measure == "MD" and len(units) > 1:
        return f"unlike units: {', '.join(sorted(units))}; ask for a standardised difference"
    return None


def _statistics(lines: Sequence[StudyLine]) -> list[str]:
    return sorted({row.statistic.replace("-", " ") for line in lines for row in line.selected.rows})


def one_study_tells(question: SynthesisQuestion, taken: Sequence[StudyLine]) -> str | None:
    """Return why a ratio would be that of one study's arm, where one study alone has an event on one side.

    Such a ratio of Mantel and Haenszel has weight from one study alone, and one by inverse variance has it from what is
    added to empty cells.  Odds rest on those who do not have the event as well.  Peto's odds ratio is no quotient of
    sums, and a difference has none either.
    """
    if question.measure not in RATIOS or question.model == "peto":
        return None
    told = [(line.selected.study.label, each) for line in taken if isinstance(each := line.data, (Counts, Times))]
    for what, side, number_of in (*_EVENTS, *(_WITHOUT if question.measure == "OR" else ())):
        having = {label: number for label, each in told if (number := number_of(each))}
        if told and len(having) < 2:
            label, number = next(iter(having.items()), ("no study", 0.0))
            return (
                f"{label} alone has {what} {side} ({number:g}): a ratio would rest on it; ask for a difference"
                if having
                else f"no arm {side} has {what}: a ratio would rest on what is added"
            )
    return None


#: What a ratio is made of, side by side; odds are made of those without the event, too.
_EVENTS: tuple[tuple[str, str, Callable[[Counts | Times], float]], ...] = (
    ("an event", "under test", lambda each: each.a if isinstance(each, Counts) else each.x1),
    ("an event", "of the comparator", lambda each: each.c if isinstance(each, Counts) else each.x2),
)
_WITHOUT: tuple[tuple[str, str, Callable[[Counts | Times], float]], ...] = (
    ("people without the event", "under test", lambda each: each.n1 - each.a if isinstance(each, Counts) else 0),
    ("people without the event", "of the comparator", lambda each: each.n2 - each.c if isinstance(each, Counts) else 0),
)
