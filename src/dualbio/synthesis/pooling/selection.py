"""Which contrasts answer a question: the candidates, the eligible, the used, and for each other one the reason.

One person is never counted twice: of arms that share people, and of studies that may, one is used.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf

from dualbio.model.evidence import CHECK_LEVELS
from dualbio.model.syntheses import Side, SynthesisQuestion
from dualbio.synthesis.pooling.facts import PART_OF_UNION, ArmFact, Facts, RowFact, StudyFact, arms_share
from dualbio.synthesis.pooling.numbers import Numbers, numbers_of
from dualbio.synthesis.pooling.result import Excluded

__all__ = ["SHARED_PEOPLE", "Selected", "Selection", "question_things", "select"]

#: How every reason begins that is about people counted twice.
SHARED_PEOPLE = "shares people with"
#: What two rows have in common that count the same thing in the same way.
_ALIKE = (
    "about", "reported_as", "definition", "seriousness", "subgroup", "week", "timepoint", "period", "population",
    "unit_of_analysis",
)  # fmt: skip
#: Which analysis population of a study is taken, where the question does not say.
_POPULATIONS = {
    "event": ("safety", "itt", "mitt", "not-stated", "per-protocol", "completers"),
    "outcome": ("itt", "mitt", "not-stated", "safety", "per-protocol", "completers"),
}
_DESIGNS = (
    "randomised-controlled-trial", "non-randomised-trial", "single-arm-trial", "cohort", "case-series", "not-stated",
    "pooled-analysis",
)  # fmt: skip
#: Types of a combination with one biologic whose other agent is no targeted one.
_ONE_BIOLOGIC = ("", "biologic-plus-conventional")


@dataclass(frozen=True)
class Selected:
    """Rows of one study that go into one line: those of the arms under test, and of their comparators.

    `lines` says of each comparator how many lines count it, each an equal part of its people.
    """

    study: StudyFact
    test: tuple[RowFact, ...]
    control: tuple[RowFact, ...]
    lines: tuple[int, ...] = ()

    @property
    def shares(self) -> tuple[float, ...]:
        """The part of each comparator that this line may count."""
        return tuple(1 / number for number in self.lines) if self.lines else (1.0,) * len(self.control)

    @property
    def rows(self) -> tuple[RowFact, ...]:
        """All rows of the line."""
        return (*self.test, *self.control)

    @property
    def people(self) -> float:
        """People (or person-years) that the line counts."""
        return sum(map(_size, self.rows))


@dataclass(frozen=True)
class Selection:
    """What answers a question, and what does not; `found`, `eligible` and `used` count candidates."""

    selected: tuple[Selected, ...]
    excluded: tuple[Excluded, ...]
    found: int
    eligible: int
    used: int


@dataclass(frozen=True)
class _Candidate:
    """A contrast of two rows, or a row alone."""

    study: StudyFact
    test: RowFact
    control: RowFact | None

    def is_in(self, line: Selected) -> bool:
        """Return whether its rows go into a line."""
        return self.test in line.test and (self.control is None or self.control in line.control)


def question_things(question: SynthesisQuestion) -> tuple[str, ...]:
    """Return the names of the events or outcomes that a question is about, such as `ae:serious-infection`."""
    kind, keys = ("ae", question.events) if question.events else ("outcome", question.outcomes or ())
    return tuple(f"{kind}:{key}" for key in keys)


def select(question: SynthesisQuestion, facts: Facts) -> Selection:
    """Return which candidates of a release answer a question, and why the others do not."""
    chooser = _Chooser(question, facts)
    candidates = list(chooser.candidates())
    withdrawn = list(chooser.withdrawn())
    excluded = [*withdrawn]
    eligible: dict[str, list[_Candidate]] = defaultdict(list)
    for candidate in candidates:
        reason = chooser.refusal(candidate)
        if reason:
            excluded.append(chooser.exclusion(candidate, reason))
        else:
            eligible[candidate.study.iri].append(candidate)
    lines: list[Selected] = []
    for each in eligible.values():
        chosen, left = chooser.choose(each)
        lines += chosen
        excluded += left
    kept, left = chooser.apart(lines)
    excluded += left
    found = len(candidates) + len(withdrawn)
    kept.sort(key=lambda line: (line.study.label.casefold(), line.rows[0].key))
    excluded.sort(key=lambda item: (item.study.casefold(), item.iri))
    used = sum(candidate.is_in(line) for line in kept for candidate in eligible[line.study.iri])
    return Selection(tuple(kept), tuple(excluded), found, sum(map(len, eligible.values())), used)


class _Chooser:
    """The rules of one question over one set of facts."""

    def __init__(self, question: SynthesisQuestion, facts: Facts) -> None:
        self.question, self.facts, self.arms = question, facts, facts.arms
        self._numbers: dict[str, Numbers | str] = {}

    def candidates(self) -> Iterator[_Candidate]:
        """Yield all contrasts of a row under test with one of a comparator, and rows that have no such partner."""
        for study, rows in self._of_studies.items():
            yield from self._of_study(self.facts.studies[study], rows)

    @cached_property
    def _of_studies(self) -> dict[str, list[RowFact]]:
        """The rows of each study."""
        by_study: dict[str, list[RowFact]] = defaultdict(list)
        for row in sorted(self.facts.rows, key=lambda row: (row.study, row.key, row.iri)):
            by_study[row.study].append(row)
        return by_study

    def _of_study(self, study: StudyFact, rows: Sequence[RowFact]) -> Iterator[_Candidate]:
        question = self.question
        tests = [row for row in rows if _fits(question.test, self.arms[row.arm])]
        taken = {(row.iri, row.arm) for row in tests}
        controls: dict[tuple[object, ...], list[RowFact]] = defaultdict(list)
        for row in rows if question.comparator else ():
            if (row.iri, row.arm) not in taken and _fits(question.comparator, self.arms[row.arm]):  # type: ignore[arg-type]
                controls[_slot(row)].append(row)
        for row in tests:
            partners = [each for each in controls.get(_slot(row), ()) if _set_against(row, each)]
            yield from (_Candidate(study, row, partner) for partner in partners)
            if not partners:
                yield _Candidate(study, row, None)

    def withdrawn(self) -> Iterator[Excluded]:
        """Yield the numbers on arms under test that were withdrawn, each once."""
        seen: set[str] = set()
        for fact in self.facts.withdrawn:
            arm = self.arms[fact.arm]
            if fact.iri not in seen and _fits(self.question.test, arm):
                seen.add(fact.iri)
                study = self.facts.studies[fact.study]
                words = f"{arm.label}, {fact.statement}"
                yield Excluded(fact.iri, study.label, study.iri, words, "withdrawn", fact.reason)

    def refusal(self, candidate: _Candidate) -> str | None:
        """Return why a candidate does not meet the question; None where it does."""
        question, arm = self.question, self.arms[candidate.test.arm]
        if candidate.study.design not in question.designs:
            return f"other design: {candidate.study.design.replace('-', ' ')}"
        if question.diseases and not arm.diseases & set(question.diseases):
            return f"other disease: {arm.disease or 'not reported'}"
        for row in (candidate.test, candidate.control):
            reason = self._row_refusal(row) if row else None
            if reason:
                return reason
        return self._contrast_refusal(candidate)

    def _row_refusal(self, row: RowFact) -> str | None:
        question = self.question
        if row.state:
            return f"{row.state}: the number is printed, and doubted"
        if not row.standing:
            return "another print of the same number was read more closely"
        if row.subgroup:
            return f"part of an arm: {row.subgroup}"
        if question.seriousness and row.seriousness not in question.seriousness:
            return f"definition differs: {row.seriousness.replace('-', ' ') or 'rule of seriousness not reported'}"
        if question.populations and row.population not in {name.lower() for name in question.populations}:
            return f"other population: {row.population.replace('-', ' ')}"
        if question.week_min is not None or question.week_max is not None:
            if row.week is None:
                return f"no week is reported: {row.period or row.timepoint or 'nothing'}"
            if not float(question.week_min or 0) <= row.week <= float(question.week_max or inf):
                return f"other time: week {row.week:g}"
        numbers = self.numbers(row)
        return numbers if isinstance(numbers, str) else None

    def _contrast_refusal(self, candidate: _Candidate) -> str | None:
        question = self.question
        if question.comparator is None:
            return None
        test = self.arms[candidate.test.arm]
        if candidate.control is None:
            others = [self.arms[row.arm] for row in self._of_studies[candidate.study.iri]]
            if any(_fits(question.comparator, arm) and not _fits(question.test, arm) for arm in others):
                return "the comparator is not counted in the same way: other words, time, population or unit"
            return "other comparator, or none"
        control = self.arms[candidate.control.arm]
        if test.observation or control.observation or arms_share(test, control, self.arms):
            return f"{SHARED_PEOPLE} its comparator: {control.label}"
        if control.open_label and not test.open_label:
            return f"not blinded alike: {control.label} is open-label beside blinded arms"
        if test.trial != control.trial:
            return f"not randomised against each other: {control.label} is of another trial"
        if test.stage != control.stage:
            return "the comparator is of another stage of the study"
        if question.same_drugs and not control.biologics <= test.biologics:
            return f"other comparator: {control.label} gives what the arm under test does not"
        if candidate.study.design == "randomised-controlled-trial" and not (
            test.running <= control.given and control.running <= test.given
        ):
            return f"not randomised against each other: {control.label} is of another stratum"
        return None

    def numbers(self, row: RowFact) -> Numbers | str:
        """Return the numbers that the measure takes of a row, or why there are none."""
        if row.iri not in self._numbers:
            self._numbers[row.iri] = numbers_of(row, self.question.measure)
        return self._numbers[row.iri]

    def exclusion(self, candidate: _Candidate, reason: str) -> Excluded:
        """Return a candidate as one that is left out."""
        arms = [self.arms[row.arm].label for row in (candidate.test, candidate.control) if row]
        rows = {row.iri: row for row in (candidate.test, candidate.control) if row}
        number = " against ".join(row.number for row in rows.values() if row.number)
        pair = frozenset(row.iri for row in (candidate.test, candidate.control) if row)
        iri = self.facts.contrasts.get(pair, candidate.test.iri)
        words = f"{' against '.join(arms)}, {candidate.test.reported_as}{_when(candidate.test)}"
        return Excluded(iri, candidate.study.label, candidate.study.iri, words, reason, number)

    def choose(self, candidates: Sequence[_Candidate]) -> tuple[list[Selected], list[Excluded]]:
        """Return the lines of one study, and the eligible candidates of it that are not in them."""
        slots: dict[tuple[object, ...], list[_Candidate]] = defaultdict(list)
        for candidate in candidates:
            slots[_slot(candidate.test)].append(candidate)
        first, *others = sorted(slots.values(), key=self._rank)
        used = first[0].test
        words = f"{used.reported_as}{_when(used)}, {used.population.replace('-', ' ')} population"
        left = [
            self.exclusion(candidate, f"{SHARED_PEOPLE} what is used of the study: {words}")
            for slot in others
            for candidate in slot
        ]
        if used.against:
            one, left_out = self._one_printed(first)
            return [one], [*left, *left_out]
        lines: list[Selected] = []
        kept = self._without_overlap(first)
        for candidate in first:
            blocked = kept.get(candidate.test.iri) or kept.get(candidate.control.iri if candidate.control else "")
            if blocked:
                left.append(self.exclusion(candidate, f"{SHARED_PEOPLE} {blocked}"))
        open_ = [c for c in first if not kept[c.test.iri] and not (c.control and kept[c.control.iri])]
        for stratum in _strata(open_) if self.question.comparator else (open_,):
            chosen, spare = self._lines(stratum)
            lines += chosen
            left += spare
        return lines, left

    def _one_printed(self, slot: Sequence[_Candidate]) -> tuple[Selected, list[Excluded]]:
        """Return the first printed effect of a study, and the others, which count some of its people."""
        one, *rest = sorted(slot, key=lambda candidate: candidate.test.key)
        assert one.control
        left = []
        for each in rest:
            shared = one.control if each.control and each.control.arm == one.control.arm else one.test
            left.append(self.exclusion(each, f"{SHARED_PEOPLE} {self.arms[shared.arm].label}, which is used"))
        return Selected(one.study, (one.test,), (one.control,)), left

    def _rank(self, slot: Sequence[_Candidate]) -> tuple[object, ...]:
        """Return the place of candidates that count alike among those of their study; the first is used."""
        row = slot[0].test
        asked = tuple(name.lower() for name in self.question.populations or ())
        populations = asked or _POPULATIONS["event" if self.question.events else "outcome"]
        rows = {each.iri: each for candidate in slot for each in (candidate.test, candidate.control) if each}
        people = sum(map(_size, rows.values()))
        checked = max(CHECK_LEVELS.index(each.check_level) for each in rows.values())
        return (
            question_things(self.question).index(row.about),
            populations.index(row.population) if row.population in populations else len(populations),
            -row.week if row.week is not None else inf, -people, checked, row.reported_as, row.key,
        )  # fmt: skip

    def _without_overlap(self, candidates: Sequence[_Candidate]) -> dict[str, str]:
        """Return each row of some candidates with the arm that it shares people with and gives way to; or nothing.

        A union gives way to its parts where all of them are there, otherwise a part to the union; and the smaller arm
        to the larger.
        """
        rows = {row.iri: row for each in candidates for row in (each.test, each.control) if row}
        there = {row.arm for row in rows.values()}
        whole = {iri for iri in there if (parts := self._parts.get(iri)) and parts <= there}
        order = sorted(
            rows.values(), key=lambda row: (row.arm in whole, -(row.total or row.person_years or 0), row.key)
        )
        shared: dict[str, str] = {}
        kept: list[RowFact] = []
        for row in order:
            arm = self.arms[row.arm]
            rival = next((other for other in kept if arms_share(arm, self.arms[other.arm], self.arms)), None)
            shared[row.iri] = f"{self.arms[rival.arm].label}, which is used" if rival else ""
            if rival is None:
                kept.append(row)
        return shared

    @cached_property
    def _parts(self) -> dict[str, set[str]]:
        """The parts of each arm that is a union."""
        parts: dict[str, set[str]] = defaultdict(set)
        for arm in self.arms.values():
            for other, how in arm.kin:
                if how == PART_OF_UNION:
                    parts[other].add(arm.iri)
        return parts

    def _lines(self, stratum: Sequence[_Candidate]) -> tuple[list[Selected], list[Excluded]]:
        """Return the lines of candidates that are joined by their arms, by the question's rule for several arms."""
        study, rule = stratum[0].study, self.question.several_arms
        if rule == "largest":
            return self._largest(stratum)
        groups: dict[object, list[_Candidate]] = defaultdict(list)
        for candidate in stratum:
            arm = self.arms[candidate.test.arm]
            groups[arm.active if rule == "combine" else candidate.test.iri].append(candidate)
        controls = [_rows(each.control for each in group if each.control) for group in groups.values()]
        counting = Counter(row.iri for rows in controls for row in rows)
        return [
            Selected(
                study, tuple(_rows(each.test for each in group)), tuple(rows), tuple(counting[r.iri] for r in rows)
            )
            for group, rows in zip(groups.values(), controls, strict=True)
        ], []

    def _largest(self, stratum: Sequence[_Candidate]) -> tuple[list[Selected], list[Excluded]]:
        """Return the largest arm under test against its largest comparator, then of those that share neither."""
        waiting, lines, left = list(stratum), [], []
        while waiting:
            test = min((each.test for each in waiting), key=_largest_first)
            own = [each.control for each in waiting if each.test is test and each.control]
            control = min(own, key=_largest_first, default=None)
            lines.append(Selected(waiting[0].study, (test,), (control,) if control else ()))
            for candidate in waiting:
                if candidate.test is test and candidate.control is not control:
                    left.append(
                        self.exclusion(candidate, f"{SHARED_PEOPLE} {self.arms[test.arm].label}, which is used")
                    )
                elif candidate.test is not test and control and candidate.control is control:
                    reason = f"shares a control with {self.arms[test.arm].label}, which is used"
                    left.append(self.exclusion(candidate, reason))
            waiting = [c for c in waiting if c.test is not test and not (control and c.control is control)]
        return lines, left

    def apart(self, lines: Sequence[Selected]) -> tuple[list[Selected], list[Excluded]]:
        """Return lines of studies of which no two may share people, and the lines that give way."""
        order = sorted(lines, key=lambda line: (_DESIGNS.index(line.study.design), -line.people, line.study.key))
        kept: list[Selected] = []
        left: list[Excluded] = []
        studies: dict[str, StudyFact] = {}
        near: dict[str, set[str]] = defaultdict(set)
        for study in self.facts.studies.values():
            for other in study.shares:
                near[study.iri].add(other)
                near[other].add(study.iri)
        for line in order:
            rival = next((studies[iri] for iri in sorted(near[line.study.iri]) if iri in studies), None)
            if rival is None:
                kept.append(line)
                studies[line.study.iri] = line.study
            else:
                reason = f"{SHARED_PEOPLE} {rival.label}, which is used"
                left += [
                    self.exclusion(_Candidate(line.study, test, control), reason)
                    for test in line.test
                    for control in line.control or (None,)
                ]
        return kept, left


def _slot(row: RowFact) -> tuple[object, ...]:
    kind = "share" if row.statistic in ("count", "percent") else row.statistic
    unit = row.unit if kind not in ("share", "rate") else ""
    return (*(getattr(row, name) for name in _ALIKE), kind, unit)


def _set_against(row: RowFact, other: RowFact) -> bool:
    """Return whether two rows may be a contrast; an effect that is printed is one of its own two arms alone."""
    return not row.against or (row.iri == other.iri and row.against == other.arm)


def _size(row: RowFact) -> float:
    """Return the people that a row counts, or their years."""
    return row.total or row.person_years or 0


def _largest_first(row: RowFact) -> tuple[float, str]:
    return -_size(row), row.key


def _rows(rows: Iterable[RowFact]) -> list[RowFact]:
    return list({row.iri: row for row in rows}.values())


def _when(row: RowFact) -> str:
    return f" at week {row.week:g}" if row.week is not None else f" ({row.period})" if row.period else ""


def _strata(candidates: Sequence[_Candidate]) -> Iterator[list[_Candidate]]:
    """Yield the candidates that a chain of shared rows joins, together."""
    waiting = list(candidates)
    while waiting:
        group = [waiting.pop(0)]
        rows = {row.iri for row in (group[0].test, group[0].control) if row}
        grown = True
        while grown:
            near = [c for c in waiting if c.test.iri in rows or (c.control and c.control.iri in rows)]
            grown = bool(near)
            group += near
            rows |= {row.iri for c in near for row in (c.test, c.control) if row}
            waiting = [c for c in waiting if c not in near]
        yield group


def _fits(side: Side, arm: ArmFact) -> bool:
    """Return whether an arm is on a side of the question."""
    if not any(_IS[kind](arm) for kind in side.arms):
        return False
    named = {key for agents in arm.active for key in agents if len(agents) == 1}
    if not set(side.drugs or ()) <= named or not set(side.mechanisms or ()) <= arm.mechanisms:
        return False
    if side.dose is None:
        return True
    doses = [step.dose for step in arm.steps if step.agents == (side.dose.drug,) and step.unit == side.dose.unit]
    low, high = float(side.dose.min or 0), float(side.dose.max or inf)
    return bool(doses) and all(dose is not None and low <= dose <= high for dose in doses)


_IS: dict[str, Callable[[ArmFact], bool]] = {
    "two-biologics": lambda arm: arm.dual and arm.role == "combination",
    "bispecific": lambda arm: arm.combination_type == "bispecific",
    "one-biologic": lambda arm: (
        len(arm.biologics) == 1 and not arm.dual and arm.combination_type in _ONE_BIOLOGIC
        and arm.role != "external-comparator"
    ),
    "placebo": lambda arm: arm.role == "placebo",
    "conventional-therapy": lambda arm: arm.role == "conventional-therapy",
}  # fmt: skip
