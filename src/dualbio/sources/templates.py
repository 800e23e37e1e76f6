"""A commented template for a new study, which passes `dualbio check` once it is filled in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dualbio.errors import ParameterError, did_you_mean
from dualbio.model.combination import combination_types
from dualbio.model.entities import Drug, Entities
from dualbio.model.evidence import RegimenStep, Study
from dualbio.model.record_fields import KEY, fields_of

__all__ = ["FILL_IN", "StudyOptions", "new_study"]

#: A placeholder for what only the author knows; `dualbio check` reports each that is left.
FILL_IN = "FILL IN"

_PLACEBO = "placebo:"


@dataclass(frozen=True)
class StudyOptions:
    """What is known of a new study when its file is begun.

    Each of `arms` names its agents, joined by `+`; `placebo:<drug>` is a placebo for a drug, as in
    `rituximab+placebo:belimumab`.
    """

    key: str
    acronym: str = FILL_IN
    description: str = FILL_IN
    population: str = FILL_IN
    diseases: tuple[str, ...] = ()
    arms: tuple[str, ...] = ()
    design: str = "not-stated"
    phase: str = "not-applicable"
    masking: str = "not-stated"
    status: str = "unknown"
    strategy: str = "not-applicable"
    registry_ids: tuple[str, ...] = ()
    pmid: str | None = None


def new_study(options: StudyOptions, entities: Entities) -> str:
    """Return the text of a new study file.

    Args:
        options: what is known already.
        entities: the vocabularies, by kind and key.

    Raises:
        ParameterError: a key is not a key, a word or a name is not known; the message names what is accepted.
    """
    if not re.fullmatch(KEY, options.key):
        raise ParameterError(f"key '{options.key}'; accepted: lower-case words joined by '-', such as example-trial")
    for name in ("design", "phase", "masking", "status", "strategy"):
        column = next(column for column in fields_of(Study) if column.name == name)
        _accept(name, getattr(options, name), [str(choice) for choice in column.choices])
    for disease in options.diseases:
        _accept("disease", disease, list(entities["disease"]))
    arms = [_Arm.parse(text, entities) for text in options.arms or ("",)]
    parts = (_study_text(options), "arms:", *(arm.text(options) for arm in arms), _rows_text(arms, options))
    return _aligned("\n".join(parts))


def _accept(name: str, found: str, accepted: Sequence[str]) -> None:
    if found not in accepted:
        shown = ", ".join(accepted)
        raise ParameterError(f"{name} '{found}' is not known; accepted: {shown}{did_you_mean(found, accepted)}")


def _study_text(options: StudyOptions) -> str:
    ids = f"  registry_ids: [{', '.join(options.registry_ids)}]"
    return f"""\
# yaml-language-server: $schema=../schemas/study.schema.json
# Leave out fields that are not known; never guess.  docs/evidence.md explains every field.
# Lines that begin with # are help: remove them when you are done.
study:
  id: {options.key}  # permanent; the name of this file
  acronym: {_quoted(options.acronym)}
{ids if options.registry_ids else "  # registry_ids: [NCT00000000]"}
  short_description: {_quoted(options.description)}  # one sentence, in your own words
  diseases: [{", ".join(options.diseases) or "fill-in"}]  # treated in it; keys of entities/diseases.tsv
  # harm_diseases: [key]  # appeared under treatment, and are what the study reports on
  design: {options.design}  # randomised-controlled-trial, non-randomised-trial, single-arm-trial, cohort, ...
  # intervention_model: parallel  # single-group, parallel, crossover, factorial, sequential
  phase: {_quoted(options.phase)}
  masking: {options.masking}  # double-blind, single-blind, open-label, not-stated
  status: {options.status}  # completed, terminated, recruiting, active, unknown
  # start: 2020-01  # YYYY, YYYY-MM or 'YYYY-MM-DD'; also primary_completion, end
  # enrolled: 100
  strategy: {options.strategy}  # the source's word: concurrent, sequential, add-on, together-order-unknown, ...
  population: {_quoted(options.population)}  # key eligibility
  # aims:  # the objective that the report names; needed if a pair is tested against one of its drugs
  # - {{aim: superiority-over-single, source: s1, locator: abstract, checked: abstract}}
  # overlaps_with:  # a study that shares people with this one; record it in both files
  # - {{study: other-study, kind: extends}}"""


@dataclass(frozen=True)
class _Arm:
    """An arm to be: its agents, active or placebo, and what follows from them."""

    active: tuple[str, ...]
    placebos: tuple[str, ...]
    biologics: int
    kind: str

    @classmethod
    def parse(cls, text: str, entities: Entities) -> _Arm:
        drugs = entities["drug"]
        names = [name.strip() for name in text.split("+") if name.strip()]
        for name in names:
            _accept("drug", name.removeprefix(_PLACEBO), list(drugs))
        active = tuple(name for name in names if not name.startswith(_PLACEBO))
        biologics = sum(1 for name in active if isinstance(drug := drugs[name], Drug) and drug.is_biologic)
        placebos = tuple(name.removeprefix(_PLACEBO) for name in names if name not in active)
        types = combination_types([RegimenStep(role="active", drug=name) for name in active], entities)
        return cls(active, placebos, biologics, next(iter(types), "mixed"))

    @property
    def key(self) -> str:
        """A local id from the agents."""
        return "-".join((*self.active, *(f"{name}-placebo" for name in self.placebos))) or "fill-in"

    @property
    def role(self) -> str:
        """The role that the agents give the arm."""
        if len(self.active) > 1:
            return "combination"
        if self.active:
            return "monotherapy" if self.biologics else "conventional-therapy"
        return "placebo" if self.placebos else "monotherapy"

    def text(self, options: StudyOptions) -> str:
        """Return the arm as YAML."""
        lines = [f"- id: {self.key}", f"  label: {' + '.join(self._words()) or FILL_IN}", f"  role: {self.role}"]
        strategy = "not-applicable"
        if self.role == "combination":
            strategy = options.strategy if options.strategy != "not-applicable" else "together-order-unknown"
            lines.append(
                f"  combination_type: {self.kind}  # must agree with the steps; docs/evidence.md lists the types"
            )
        lines += [
            f"  strategy: {strategy}",
            "  # n_randomised: 50  # also n_enrolled, n_safety, n_efficacy",
            "  # diseases: [key]  # if the people of the arm have only some of the study's diseases",
            "  regimen:  # order: 1, 2, ... ranks the agents by first dose, even if only words state it",
        ]
        lines += [
            f"  - {{role: active, drug: {name}}}" for name in self.active or (() if self.placebos else ("fill-in",))
        ]
        lines += [f"  - {{role: placebo, placebo_for: [{name}]}}" for name in self.placebos]
        lines.append(
            "  # - {order: 2, role: active, drug: key, dose: 200, unit: mg, route: SC, start_week: 4, end_week: 52}"
        )
        lines.append(
            "  # a drug given before the arm began: running_at_start: true; a window: start_week_max; days: start_day"
        )
        lines.append("  # a printed interval: lag: {anchor: last-dose, of: key, min: 4, max: 4, unit: week}")
        return "\n".join(lines)

    def _words(self) -> tuple[str, ...]:
        return (*self.active, *(f"{name} placebo" for name in self.placebos))


def _rows_text(arms: Sequence[_Arm], options: StudyOptions) -> str:
    identifier = f"pmid: '{options.pmid}'" if options.pmid else "url: 'https://example.org/FILL-IN'"
    first, last = arms[0].key, arms[-1].key
    return f"""\
# Every printed number is a row: one row, one arm, one number.  Ids r001, r002, ... are never used again.
# results:
# - id: r001
#   arm: {first}
#   kind: efficacy  # efficacy, biomarker, safety (then also ae: key), disposition
#   outcome: sri-4  # a key of entities/outcomes.tsv
#   outcome_as_reported: the outcome in short own words
#   role: primary  # primary, secondary, exploratory, post-hoc, adverse-event
#   week: 52  # or timepoint: follow-up, not-stated
#   population: ITT  # ITT, mITT, safety, per-protocol, completers, not-stated
#   unit_of_analysis: patient  # patient, treatment-course, event, unknown
#   statistic: count  # count, percent, mean, median, geometric-mean, mean-change, median-change, rate
#   events: 10
#   total: 50  # the denominator of this row
#   value: 20.0  # as printed, trailing zeros included
#   unit: '%'
#   source: s1
#   locator: Table 2
#   checked: fulltext  # where the number was seen: fulltext, abstract, registry, secondary, memory
# comparisons:
# - id: c001
#   a: {first}
#   b: {last}
#   contrast_type: between-arms
#   kind: efficacy
#   outcome: sri-4
#   outcome_as_reported: the outcome in short own words
#   role: primary
#   week: 52
#   measure: OR  # a against b: OR, RR, HR, RD, MD, rate-difference, ratio-of-geometric-means, p-only, statement-only
#   estimate: 1.5
#   interval: {{type: confidence, level: 95, low: 0.7, high: 3.1}}
#   p: {{operator: '=', value: 0.3, sides: two}}
#   significant: false  # true, false, unknown: as published
#   favours: a  # the arm with the better point estimate, whatever its significance
#   source: s1
#   locator: Table 2
#   checked: fulltext
sources:  # also pmcid, doi, year, first_author, journal
- {{id: s1, type: journal-article, {identifier}, independence: primary}}
# risk_of_bias:  # published judgements, one record for each domain; docs/evidence.md lists the terms
# - {{tool: rob-2, domain: overall, judgement: low, by: authors of the source, source: s1, locator: T2,
#    checked: fulltext}}
"""


def _aligned(text: str) -> str:
    """Put the help at the end of lines into one column."""
    lines = []
    for line in text.splitlines():
        code, mark, help_ = line.partition("  # ")
        lines.append(f"{code.rstrip() + '  ':<40}# {help_}" if mark and code.strip() else line)
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """Return text as a YAML scalar that is read as text."""
    plain = re.fullmatch(r"[A-Za-z][\w /()-]*", text) and text.lower() not in ("true", "false", "null", "yes", "no")
    return text if plain else "'" + text.replace("'", "''") + "'"
