"""Studies side by side: design, people, treatments over time, results, and what is not known.

What is compared comes from saved queries, one for each group of topics, so that every face of a release can do it and
each line can be asked for again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import pyoxigraph as ox

from dualbio.errors import NotFoundError, ParameterError, counted
from dualbio.figures import Figure, Look
from dualbio.model.rdf_terms import Term
from dualbio.queries import QueryResult
from dualbio.queries.answers.reading import ShownColumn, plain_reading

__all__ = ["ASKED", "MOST_STUDIES", "TOPICS", "Compared", "ComparedStudy", "Fact", "compare"]

#: Most studies in one comparison.
MOST_STUDIES = 8

#: Runs a saved query by name and parameters.
Ask = Callable[..., QueryResult]

FACTS = "studies/facts-of-a-study"
SEQUENCE = "studies/sequence-and-interval"
ARMS = "studies/arms-of-a-study"
TESTS = "studies/superiority-side-by-side"
OUTCOMES = "studies/core-outcomes-of-a-study"
SCOPE = "studies/combination-studies-by-disease"

#: The saved queries that a comparison runs.
ASKED = (FACTS, SEQUENCE, ARMS, TESTS, OUTCOMES, SCOPE)

#: Designs from the one that tells most of an effect on.
_DESIGNS = (
    "randomised controlled trial", "non-randomised trial", "single-arm trial", "pooled analysis", "cohort study",
    "case series",
)  # fmt: skip
_SOURCE = ShownColumn("source", "{source}[ · {locator}][ · {checkLevel}]")
_NUMBER_HELD = "number held"
_NOT_DESIGNED = "not designed to tell"
_NO_SUPERIORITY = "no test of superiority"
#: What the kinds of outcomes of a test are called.
_KINDS = {"efficacy": "a clinical outcome", "biomarker": "a blood test"}


@dataclass(frozen=True)
class Topic:
    """A line of the comparison: the query that it comes from, and templates for what it says of a row.

    Of the rows of the query those count whose cells are as `only` says, without those that are as `but` says. Where a
    study has none, `absent` is said.
    """

    name: str
    query: str
    text: str
    what: str = ""
    arm: str = ""
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    but: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    absent: str = ""


def _core(name: str, key: str, **more: Any) -> Topic:
    """Return the topic of a core outcome; a study without a number has a row that says why."""
    what = "{measured}[, week {week}|, {period}][; {subgroup}]"
    return Topic(
        name, OUTCOMES, "[{measure} ]{number}[: {words}]", what, "{arm}[ against {against}]", {"core": (key,)}, **more
    )


#: Why studies of these designs have no test, where the name of the design does not say it.
_UNTESTED = {"single-arm trial": "it had no arm to compare with, so its numbers show a course, not an effect"}
#: What a comparison came to, and a comparison at a clinical outcome, in a sentence.
_NUMBER = "[{measure} ]{number}"
_CLINICAL = f"{{measured}}[, week {{week}}] ({_NUMBER})"

#: What is compared, in the order in which a reader asks.
TOPICS: tuple[Topic, ...] = (
    Topic("Design", FACTS, "{design}[, {masking}][, {phase}][; {people} people][; {status}]"),
    Topic("People", FACTS, "{eligibility}", absent="not reported"),
    Topic("Set out to show", FACTS, "{aims}", absent="no aim is recorded"),
    Topic(
        "Order and interval",
        SEQUENCE,
        "[{first} first, then {second}|{first}, {startRelation}|{startRelation}][; interval {interval}][; {effect}]",
        arm="{arm}",
        absent="no arm of two biologics",
    ),
    Topic(
        "Given",
        ARMS,
        "{agent}[ {dose}[ {unit}]][, {start}[ to {end}]|, to {end}]",
        arm="{arm}",
        only={"stepRole": ("tested or paired agent",)},
        absent="the regimen is not recorded",
    ),
    Topic("Background", ARMS, "{background}", arm="{arm}", absent="not reported"),
    Topic(
        "Test against one of its drugs",
        TESTS,
        f"{{verdict}}: {_NUMBER}",
        "{outcomeName}[, week {week}] ({resultRole}, {kind})",
        "{combinationArm} against {singleArm}",
        absent="no test of this kind is recorded",
    ),
    _core("Primary outcome", "primary-outcome"),
    _core(
        "Other clinical outcomes",
        "disease-control",
        but={"resultRole": ("primary outcome",)},
        absent="nothing beyond the primary outcome",
    ),
    _core("B cells", "b-cells"),
    _core("Autoantibodies", "autoantibodies"),
    _core("IgG", "igg"),
    _core("Serious infection", "serious-infection"),
    _core("Any infection", "infection"),
    _core("Serious adverse events", "serious-adverse-event"),
    _core("Deaths", "death"),
    _core("Stopping for harm", "stopping-for-harm"),
    _core("Steroid dose", "steroid-dose"),
)


@dataclass(frozen=True)
class ComparedStudy:
    """A study that is compared: its key and name, its diseases and design, its arms, and how its test came out.

    `verdict` is empty where none of its arms was tested against one of its drugs.
    """

    key: str
    name: str
    diseases: str = ""
    design: str = ""
    arms: tuple[str, ...] = ()
    verdict: str = ""


@dataclass(frozen=True)
class Fact:
    """What is told of a study under a topic; `known` is false where the text says why nothing is reported.

    `row` is the thing that it rests on, as a CURIE, where it is a row of the study, and `looked_in` where a number was
    looked for that is not held.
    """

    topic: str
    study: str
    text: str
    what: str = ""
    arm: str = ""
    source: str = ""
    row: str = ""
    known: bool = True
    looked_in: str = ""


@dataclass(frozen=True)
class Compared:
    """Studies side by side: facts by topic and study, what they say together, and who was left out."""

    studies: tuple[ComparedStudy, ...]
    facts: tuple[Fact, ...]
    sentences: tuple[str, ...]
    arms: QueryResult = field(repr=False)
    left_out: tuple[tuple[str, str, str], ...] = ()
    release: str | None = None

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics under which anything is reported."""
        return tuple(dict.fromkeys(fact.topic for fact in self.facts))

    def cell(self, topic: str, study: str) -> tuple[Fact, ...]:
        """Return what is told of a study, given by its key, under a topic."""
        return tuple(fact for fact in self.facts if (fact.topic, fact.study) == (topic, study))

    @property
    def title(self) -> str:
        """The names of the studies, as a heading."""
        *names, last = (study.name for study in self.studies)
        return f"{', '.join(names)} and {last}" if names else last

    @property
    def table(self) -> QueryResult:
        """The facts as an answer in long form, which can be written in every form that answers have."""
        names = {study.key: study.name for study in self.studies}
        columns = ("topic", "studyName", "studyKey", "what", "arm", "text", "known", "source", "row", "lookedIn")
        rows = tuple(
            (
                *map(_cell, (fact.topic, names[fact.study], fact.study, fact.what, fact.arm, fact.text)),
                ox.Literal(fact.known),
                *map(_cell, (fact.source, fact.row, fact.looked_in)),
            )
            for fact in self.facts
        )
        return QueryResult(columns, rows, release=self.release, reading=plain_reading(columns))

    def figure(self, look: Look | None = None) -> Figure:
        """Return the timeline of all arms on one clock; `look` says in which words and for which width of a screen."""
        plot = self.arms.plot
        assert plot is not None
        order = [study.key for study in self.studies]
        place = self.arms.columns.index("studyKey")
        rows = sorted(self.arms.rows, key=lambda row: order.index(_value(row[place])))
        title = (look or Look()).say("Who got what and when: {studies}", studies=self.title)
        return plot.draw(self.arms.columns, rows, title=title, release=self.release, look=look)

    def to_dict(self) -> dict[str, Any]:
        """Return all of it as JSON has it: topics with a list of facts for each study."""
        told = {
            topic: {study.key: [_fact_json(fact) for fact in self.cell(topic, study.key)] for study in self.studies}
            for topic in self.topics
        }
        return {
            "release": self.release,
            "studies": [{**vars(study), "arms": list(study.arms)} for study in self.studies],
            "sentences": list(self.sentences),
            "topics": told,
            "left_out": [{"key": key, "name": name, "reason": reason} for key, name, reason in self.left_out],
        }

    def to_json(self) -> str:
        """Return `to_dict` as text."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=1)

    def to_markdown(self) -> str:
        """Return sentences and a table with a column for each study."""
        heads = ["", *(study.name for study in self.studies)]
        lines = [heads, ["---"] * len(heads)]
        lines += [
            [topic, *(_cell_text(self.cell(topic, study.key)) for study in self.studies)] for topic in self.topics
        ]
        table = "".join(f"| {' | '.join(text.replace('|', chr(92) + '|') for text in line)} |\n" for line in lines)
        return "\n".join([*(f"{sentence}\n" for sentence in self.sentences), table])

    def __str__(self) -> str:
        """Return what the studies say together."""
        return "\n".join(self.sentences)


def compare(ask: Ask, studies: Sequence[str] = (), *, pair: str | None = None, disease: str | None = None) -> Compared:
    """Return studies side by side: those that are named, or those of a pair in a disease.

    Args:
        ask: runs a saved query.
        studies: names or keys of studies, in the order in which they shall stand.
        pair: a mechanism pair; with a disease, the studies are those that tried it there, the best designed first.
        disease: the disease, with what is below it.

    Raises:
        ParameterError: a name is not known, there are too many, or neither studies nor a pair are given.
        NotFoundError: no study fits.
    """
    keys = list(studies)
    left_out: list[tuple[str, str, str]] = []
    if not keys:
        if not (pair or disease):
            raise ParameterError("nothing to compare; accepted: names of studies, or a pair, a disease or both")
        keys, left_out = _of_a_pair(ask, {"pair": pair, "disease": disease})
    found = {row["studyKey"]: row for row in ask(FACTS, study=keys).records()}
    if len(found) > MOST_STUDIES:  # a study that is named twice, by two names of it, is one
        raise ParameterError(f"found {counted(len(found), 'study')}; accepted: up to {MOST_STUDIES} side by side")
    if found.keys() >= set(keys):
        found = {key: found[key] for key in keys}
    else:  # by other names, each of which is asked for its key, so that they stand in the order of the reader
        found = {row["studyKey"]: row for name in keys for row in ask(FACTS, study=name).records()}
    answers = {name: ask(name, study=[*found]) for name in (SEQUENCE, ARMS, TESTS, OUTCOMES)}
    rows = {FACTS: [*found.values()], **{name: answer.records() for name, answer in answers.items()}}
    chosen = tuple(_study(key, row, rows) for key, row in found.items())
    facts = tuple(fact for topic in TOPICS for study in chosen for fact in _facts(topic, study.key, rows[topic.query]))
    sentences = tuple(_sentences(chosen, rows))
    return Compared(chosen, facts, sentences, answers[ARMS], tuple(left_out), answers[ARMS].release)


def _of_a_pair(ask: Ask, limits: Mapping[str, str | None]) -> tuple[list[str], list[tuple[str, str, str]]]:
    """Return the studies of a pair and a disease, the best designed first, and those left out, each with a reason."""
    answer = ask(SCOPE, **{name: value for name, value in limits.items() if value})
    rows = {row["studyKey"]: row for row in answer.records()}
    if not rows:
        words = " and ".join(f"{name} '{value}'" for name, value in limits.items() if value)
        raise NotFoundError(
            f"no study of {words} in this release; accepted: a pair and a disease that were tried together"
        )

    def rank(key: str) -> tuple[int, int, str]:
        design, results = rows[key].get("design", ""), int(rows[key].get("results", 0))
        return _DESIGNS.index(design) if design in _DESIGNS else len(_DESIGNS), -results, key

    held = sorted((key for key in rows if int(rows[key].get("results", 0))), key=rank)
    chosen = (held or sorted(rows, key=rank))[:MOST_STUDIES]
    left_out = [
        (key, rows[key]["studyName"], f"{rows[key]['design']}, {rows[key]['status']}; {why}")
        for key in sorted(rows, key=rank)
        for why in [f"only {MOST_STUDIES} fit side by side" if key in held else "no number of it is held here"]
        if key not in chosen
    ]
    return chosen, left_out


def _study(key: str, row: Mapping[str, str], rows: Mapping[str, Sequence[Mapping[str, str]]]) -> ComparedStudy:
    """Return a study with its arms in the order in which it lists them, and how its tests came out."""
    arms = dict.fromkeys(each["arm"] for each in rows[ARMS] if each["studyKey"] == key)
    verdicts = [
        _NO_SUPERIORITY
        if each["verdict"] == _NOT_DESIGNED
        else f"{each['verdict']}, {_KINDS.get(each['kind'], each['kind'])}"
        for each in rows[TESTS]
        if each["studyKey"] == key
    ]
    told = (row["studyName"], row.get("diseases", ""), row.get("design", ""))
    return ComparedStudy(key, *told, tuple(arms), "; ".join(dict.fromkeys(verdicts)))


def _facts(topic: Topic, study: str, rows: Iterable[Mapping[str, str]]) -> Iterator[Fact]:
    """Yield what rows say of a study under a topic, arms with one text together; why nothing, where there are none."""
    own = [
        row
        for row in rows
        if row["studyKey"] == study and all(row.get(name) in accepted for name, accepted in topic.only.items())
    ]
    kept = [row for row in own if not any(row.get(name) in values for name, values in topic.but.items())]
    found = [fact for row in kept for fact in [_fact(topic, study, row)] if fact.text]
    merged: dict[tuple[str, ...], list[str]] = {}
    for fact in dict.fromkeys(found):
        merged.setdefault((fact.text, fact.what, fact.source, fact.row), []).append(fact.arm)
    arms = {fact.arm for fact in found}
    for (text, what, source, row), of in merged.items():
        shared = len(arms) > 1 and set(of) == arms
        yield Fact(topic.name, study, text, what, "all arms" if shared else "; ".join(filter(None, of)), source, row)
    if not found:
        text, looked_in = (topic.absent, "") if kept != own else _absence(own, topic)
        yield Fact(topic.name, study, text, known=False, looked_in=looked_in)


def _fact(topic: Topic, study: str, row: Mapping[str, str]) -> Fact:
    cells = _Cells(row)
    text, what, arm = (_template_text(template, cells) for template in (topic.text, topic.what, topic.arm))
    key = row.get("row", "")
    kind = "comparison" if key.startswith("c") else "result"
    source = _template_text(_SOURCE.template, cells) if key else ""
    return Fact(topic.name, study, text, what, arm, source, f"{kind}:{study}.{key}" if key else "")


def _absence(rows: Sequence[Mapping[str, str]], topic: Topic) -> tuple[str, str]:
    """Return why there is nothing: the state of a core outcome and where it was looked for, else that of the topic."""
    for row in rows:
        if "state" in row:
            state = "number held, but contested or withdrawn" if row["state"] == _NUMBER_HELD else row["state"]
            return state, row.get("lookedIn", "")
    return topic.absent or "nothing is recorded", ""


class _Cells(dict[str, ox.Literal | None]):
    """The cells of a row by column; a column that the row leaves empty is None."""

    def __init__(self, row: Mapping[str, str]) -> None:
        super().__init__({name: ox.Literal(text) for name, text in row.items()})

    def __missing__(self, name: str) -> None:
        return None


def _template_text(template: str, cells: _Cells) -> str:
    return "".join(piece.text for piece in ShownColumn("", template).pieces(cells)) if template else ""


# --- what they say together -----------------------------------------------------------------------------------------


def _sentences(studies: Sequence[ComparedStudy], rows: Mapping[str, Sequence[Mapping[str, str]]]) -> Iterator[str]:
    """Yield how each test came out, in what the studies differ, and what that does not show."""
    untested: dict[str, list[str]] = {}
    for study in studies:
        own = {query: [row for row in rows[query] if row["studyKey"] == study.key] for query in rows}
        if own[TESTS]:
            yield from _verdicts(study, own)
        else:
            untested.setdefault(study.design, []).append(study.name)
    for design, names in untested.items():
        why = _UNTESTED.get(design, design or "design not reported")
        yield f"{', '.join(names)}: no test against one of its drugs ({why})."
    if len(studies) < 2:
        return
    orders = list(_orders(studies, rows[SEQUENCE]))
    differing = [name for name, values in _compared_on(studies, rows).items() if len(values) > 1]
    if len(orders) > 1:
        yield f"Order: {'; '.join(orders)}."
    if differing:
        several = (
            "" if len(differing) == 1 else "; where trials differ in several things at once, none of them explains it"
        )
        yield f"They differ in {', '.join(differing)}{several}."


def _verdicts(study: ComparedStudy, rows: Mapping[str, Sequence[Mapping[str, str]]]) -> Iterator[str]:
    """Yield how each test of a study came out, against which arm of several; a blood test with its patients."""
    aims = "; ".join(row["aims"] for row in rows[FACTS] if "aims" in row)
    clinical = [_template_text(_CLINICAL, _Cells(row)) for row in rows[OUTCOMES] if _is_clinical(row)]
    beside = f"; clinical outcomes beside it: {'; '.join(dict.fromkeys(clinical))}" if clinical else ""
    several = len({row["singleArm"] for row in rows[TESTS]}) > 1
    for row in rows[TESTS]:
        against = f" against {row['singleArm']}" if several else ""
        number = _template_text(_NUMBER, _Cells(row))
        what = f"{_KINDS.get(row['kind'], row['kind'])}: {row['outcomeName']} ({number})"
        if row["verdict"] == _NOT_DESIGNED:
            why = f" ({aims})" if aims else ""
            yield f"{study.name}: {_NO_SUPERIORITY}{why}; its {row['resultRole']}{against}, {what}."
        else:
            more = beside if row["kind"] == "biomarker" else ""
            yield f"{study.name}: {row['verdict']}{against} at its {row['resultRole']}, {what}{more}."


def _is_clinical(row: Mapping[str, str]) -> bool:
    """Return whether a row of core outcomes compares arms, all people of them, by disease control, in a number."""
    return (
        row["core"] == "disease-control"
        and "measure" in row
        and row.get("resultRole") != "primary outcome"
        and "subgroup" not in row
        and row.get("against") not in (None, "itself at another time")
    )


def _orders(studies: Sequence[ComparedStudy], rows: Sequence[Mapping[str, str]]) -> Iterator[str]:
    names = {study.key: study.name for study in studies}
    told = sorted((_start_order(row), names[row["studyKey"]]) for row in rows)
    for order, group in groupby(dict.fromkeys(told), key=lambda each: each[0]):
        yield f"{order} in {', '.join(name for _, name in group)}"


def _start_order(row: Mapping[str, str]) -> str:
    return f"{row['first']} first" if row.get("second") else row["startRelation"]


def _compared_on(
    studies: Sequence[ComparedStudy], rows: Mapping[str, Sequence[Mapping[str, str]]]
) -> dict[str, set[tuple[str, ...]]]:
    """Return by name of what may differ all that the studies have there; what one does not tell is no difference."""

    def different_texts(query: str, *columns: str) -> set[tuple[str, ...]]:
        found: dict[str, set[str]] = {study.key: set() for study in studies}
        for row in rows[query]:
            found[row["studyKey"]].add(" ".join(row[column] for column in columns if column in row))
        return {tuple(sorted(values)) for values in found.values() if any(values)}

    return {
        "design": different_texts(FACTS, "design", "masking"),
        "people": different_texts(FACTS, "eligibility"),
        "order": different_texts(SEQUENCE, "first", "startRelation"),
        "interval": {values for values in different_texts(SEQUENCE, "interval") if "not reported" not in values},
        "background": different_texts(ARMS, "background"),
        "outcome of the test": different_texts(TESTS, "outcomeName"),
    }


def _fact_json(fact: Fact) -> dict[str, Any]:
    return {name: value for name, value in vars(fact).items() if name not in ("topic", "study") and value != ""}


def _cell_text(facts: Iterable[Fact]) -> str:
    return "<br>".join(
        " ".join(filter(None, (f"{fact.what}:" if fact.what else "", fact.text, f"({fact.arm})" if fact.arm else "")))
        for fact in facts
    )


def _cell(text: str) -> ox.Literal | None:
    return ox.Literal(text) if text else None


def _value(cell: Term | None) -> str:
    return cell.value if cell is not None else ""
