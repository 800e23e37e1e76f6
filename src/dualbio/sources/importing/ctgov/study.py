"""ClinicalTrials.gov API v2 records as evidence records, each number `checked: registry`.

Conditions, interventions, outcomes and adverse events become our keys only where that is certain.  A study or arm
keeps `to-decide` where it is not; a row whose arm or outcome is not certain waits outside the file until a curator has
decided.  What a registry record cannot say (strategy, order of a contrast) is asked too, each thing once, and the
account says what became of every item of the record.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydantic import ValidationError

from dualbio.model.evidence import Arm, Source, Study, StudyFile
from dualbio.model.outside_numbers import NCT, REGISTRY_NUMBER
from dualbio.sources.importing.ctgov import Json
from dualbio.sources.importing.ctgov.account import count_items, tell_unposted
from dualbio.sources.importing.ctgov.analyses import read_analyses
from dualbio.sources.importing.ctgov.arms import free_key, read_arms, unnamed_step
from dualbio.sources.importing.ctgov.baseline import read_baseline
from dualbio.sources.importing.ctgov.events import read_events
from dualbio.sources.importing.ctgov.flow import read_flow, started
from dualbio.sources.importing.ctgov.groups import Groups
from dualbio.sources.importing.ctgov.meanings import Meanings
from dualbio.sources.importing.ctgov.outcomes import outcome_measures, posted, read_outcomes, reason_of
from dualbio.sources.importing.ctgov.planned import read_planned
from dualbio.sources.importing.ctgov.values import (
    DESIGN_WORDS,
    DESIGNS,
    INTERVENTION_MODELS,
    PHASES,
    STATUSES,
    count,
    date,
    masking,
    slug_of,
    tidy,
)
from dualbio.sources.importing.ledger import LEAVE, TO_DECIDE, Answers, Imported, ImportFailedError, Ledger
from dualbio.sources.importing.vocabulary import Vocabulary, folded

__all__ = ["INDEPENDENCE", "import_study", "registry_ids"]

_ADDRESS = "https://clinicaltrials.gov/study/"
#: What an article that a record names can be to the study.
INDEPENDENCE = ("primary", "same-trial-later-report", "same-report-other-copy", "protocol", "secondary")
#: How far a disease has gone, which is no part of its name.
_STAGE = re.compile(r"\b(?:active|moderate(?:ly)?|severe(?:ly)?|to|early|refractory|adult)\b")
#: Where a word of a field's name begins.
_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")
_OTHER_ID = re.compile(REGISTRY_NUMBER)


def _spaced(value: str) -> str:
    """Return a value of a closed list as people write it."""
    return value.replace("_", " ").lower()


def import_study(record: Json, vocabulary: Vocabulary, answers: Answers | None = None) -> Imported:
    """Return one API v2 study record as a study file, what is to be decided, and the account of it.

    Args:
        record: the record.
        vocabulary: the names of our entities.
        answers: what a curator decided for this study.

    Raises:
        ImportFailedError: the record has no registry id, or what it says cannot be a study.
    """
    numbers = registry_ids(record)
    try:
        return _Import(record, numbers, vocabulary, answers).run()
    except ValidationError as error:
        raise ImportFailedError(
            f"{numbers[0]}: {reason_of(error)}; repair: look at the record in the registry, or take it over by hand"
        ) from error


def registry_ids(record: Json) -> tuple[str, ...]:
    """Return the registry ids of a record, its own first.

    Raises:
        ImportFailedError: the record has no registry id, or one that is none.
    """
    module: Json = (record.get("protocolSection") or {}).get("identificationModule") or {}
    found = tidy(module.get("nctId"))
    number = found.upper()
    if not re.fullmatch(NCT, number):
        told = (
            f"a record with nctId '{found}'" if found else "a record without protocolSection.identificationModule.nctId"
        )
        raise ImportFailedError(f"{told}; accepted: API v2 records, whose nctId is NCT and 8 digits")
    others = (tidy(other.get("id")).upper() for other in module.get("secondaryIdInfos", ()))
    return tuple(dict.fromkeys((number, *filter(_OTHER_ID.fullmatch, others))))


def _strategy(arms: tuple[Arm, ...]) -> str:
    """Return how the agents of a study's combinations were put together, if it is one way."""
    told = {arm.strategy for arm in arms if arm.role == "combination"}
    return (told.pop() if len(told) == 1 else "together-order-unknown") if told else "not-applicable"


def _question(part: Arm) -> str:
    """Return what a curator should look at in an arm that was made for people of another."""
    if part.stage != "extension":
        return "which part or phase?"
    drugs = ", ".join(str(step.drug) for step in part.regimen if step.role == "active") or "no tested drug"
    return f"later given {drugs}; from which week, and for how long?"


class _Import:
    """The import of one record."""

    def __init__(self, record: Json, numbers: tuple[str, ...], vocabulary: Vocabulary, answers: Answers | None) -> None:
        self.protocol: Json = record.get("protocolSection", {})
        self.results: Json = record.get("resultsSection") or {}
        self.derived: Json = record.get("derivedSection") or {}
        self.vocabulary = vocabulary
        self.numbers = numbers
        self.nct_id = numbers[0]
        self.key = self.nct_id.lower()
        self.ledger = Ledger(self.key, answers)

    def run(self) -> Imported:
        for module, items in count_items(self.protocol, self.results).items():
            self.ledger.tally(module).read = items
        study = self._study()
        groups, arms = self._arms()
        study = study.model_copy(update={"strategy": _strategy(arms)})
        measures = posted(self.results)
        meanings = Meanings(self.vocabulary, self.ledger, study.diseases or ())
        read_outcomes(measures, groups, meanings, self.ledger)
        read_analyses(measures, groups, meanings, self.ledger)
        read_baseline(self.results.get("baselineCharacteristicsModule") or {}, groups, self.vocabulary, self.ledger)
        read_events(self.results.get("adverseEventsModule") or {}, groups, self.vocabulary, self.ledger)
        tell_unposted(self.results, self.ledger)
        for part in groups.parts:
            whole = part.subset_of or ", ".join(part.derived_from or ())
            self.ledger.remark("arms", f"'{part.label}' is taken for people of arm '{whole}': {_question(part)}")
        sources = tuple(self._sources())
        file = StudyFile(
            study=study,
            arms=(*arms, *groups.parts),
            planned_outcomes=read_planned(self.protocol, outcome_measures(self.results), meanings, self.ledger),
            results=tuple(self.ledger.rows) or None,
            comparisons=tuple(self.ledger.comparisons) or None,
            sources=sources,
        )
        return Imported(file, self.ledger.questions, tuple(self.ledger.remarks), self.ledger.account)

    def _module(self, name: str) -> Json:
        return self.protocol.get(f"{name}Module") or {}

    def _study(self) -> Study:
        identification, status, design = self._module("identification"), self._module("status"), self._module("design")
        info = design.get("designInfo") or {}
        people = design.get("enrollmentInfo") or {}
        phases = tuple(design.get("phases") or ())
        conditions = [tidy(name) for name in self._module("conditions").get("conditions", ())]
        return Study.model_validate({
            "id": self.key,
            "acronym": tidy(identification.get("acronym")) or self.nct_id,
            "registry_ids": self.numbers,
            "short_description": self._description(conditions),
            "diseases": self._diseases(conditions),
            "design": self._design(design, info),
            "intervention_model": INTERVENTION_MODELS.get(info.get("interventionModel", "")),
            "phase": PHASES.get(phases, "not-applicable"),
            "masking": masking(info),
            "status": STATUSES.get(status.get("overallStatus", ""), "unknown"),
            "start": date(status.get("startDateStruct")),
            "primary_completion": date(status.get("primaryCompletionDateStruct")),
            "end": date(status.get("completionDateStruct")),
            "enrolled": count(people.get("count")),
            "strategy": "not-applicable",
            "population": "see the eligibility criteria of the registry record",
            "note": "; ".join(self._notes(design, info)) or None,
        })  # fmt: skip

    def _notes(self, design: Json, info: Json) -> Iterator[str]:
        """Yield what the record says of the design that our values do not tell apart."""
        if (design.get("enrollmentInfo") or {}).get("type") == "ESTIMATED":
            yield "enrolled is the planned number"
        if design.get("studyType") == "EXPANDED_ACCESS":
            yield "expanded access, no trial"
        for field, plain in DESIGN_WORDS.items():
            told = info.get(field)
            if told and told not in plain:
                yield f"{_WORDS.sub(' ', field).lower()}: {_spaced(told)}"
        roles = (info.get("maskingInfo") or {}).get("whoMasked") or ()
        if roles and masking(info) == "single-blind":
            yield f"masked: {', '.join(map(_spaced, roles))}"
        if (status := self._module("status").get("overallStatus")) and status not in (*STATUSES, "UNKNOWN"):
            yield f"status: {_spaced(status)}"
        if "EARLY_PHASE1" in (design.get("phases") or ()):
            yield "registered as early phase 1"

    def _design(self, design: Json, info: Json) -> str:
        if design.get("studyType") == "OBSERVATIONAL":
            return DESIGNS.get(info.get("observationalModel", ""), "not-stated")
        found = DESIGNS.get(info.get("allocation", ""), "not-stated")
        alone = len(self._module("armsInterventions").get("armGroups", ())) <= 1
        return "single-arm-trial" if found == "non-randomised-trial" and alone else found

    def _description(self, conditions: list[str]) -> str:
        names = [tidy(i.get("name")) or "?" for i in self._module("armsInterventions").get("interventions", ())]
        return (
            f"Registry record on {', '.join(names) or 'no intervention'} in {', '.join(conditions) or 'no condition'}."
        )

    def _diseases(self, conditions: list[str]) -> tuple[str, ...]:
        """Return the diseases of the record's conditions, by our names or by the registry's own MeSH terms."""
        indexed = self.vocabulary.indexed("disease", self.derived.get("conditionBrowseModule") or {})
        diseases: dict[str, None] = {}
        for name in conditions:
            if self.vocabulary.left("disease", name):
                continue
            bare = " ".join(_STAGE.sub(" ", folded(name)).split())
            key = self.vocabulary.disease_in(name) or self.vocabulary.find("disease", bare) or indexed.get(bare)
            if key is None:
                self.ledger.ask("disease", name, nearest=self.vocabulary.nearest("disease", name))
            diseases[key or TO_DECIDE] = None
        return tuple(diseases) or (TO_DECIDE,)

    @property
    def _randomised(self) -> bool:
        return bool((self._module("design").get("designInfo") or {}).get("allocation") == "RANDOMIZED")

    def _arms(self) -> tuple[Groups, tuple[Arm, ...]]:
        """Return the arms with their sizes, and what says which arm a group of the results is."""
        module = self._module("armsInterventions")
        flow = self.results.get("participantFlowModule") or {}
        descriptions = [tidy(group.get("description")) for group in module.get("armGroups", ())]
        indexed = self.vocabulary.indexed("drug", self.derived.get("interventionBrowseModule") or {})
        arms = read_arms(module, self.vocabulary, self.ledger, indexed)
        if not arms:
            arms, descriptions = self._arms_of_flow(flow)
        people = started(flow, self.ledger, randomised=self._randomised)
        whole = {arm.id for arm in arms}
        began = [tidy(group.get("title")) for group in flow.get("groups", ()) if str(group.get("id")) in people]
        answers = {key: answer for key, answer in self.ledger.answers.items() if answer in whole or answer == LEAVE}
        found = Groups(arms, descriptions, self.vocabulary, answers).find_all(flow.get("groups", ()), people)
        told = {words for what, words in self.ledger.answers if what == "group"}
        of_flow = {
            key: group if group.arm in whole else group._replace(arm=None, left=group.left or group.title in told)
            for key, group in found.items()
        }
        sizes = read_flow(flow, people, of_flow, self.vocabulary, self.ledger, randomised=self._randomised)
        name = "n_randomised" if self._randomised else "n_enrolled"
        arms = tuple(arm.model_copy(update={name: sizes.get(arm.id)}) for arm in arms)
        return Groups(arms, descriptions, self.vocabulary, self.ledger.answers, began if people else None), arms

    def _arms_of_flow(self, flow: Json) -> tuple[tuple[Arm, ...], list[str]]:
        """Return arms of a record whose protocol has none: the groups that people came in by, or all people."""
        self.ledger.remark("arms", "the record has no arms; its groups of people are taken for them")
        groups = flow.get("groups") or [{"title": "all people"}]
        arms: dict[str, Arm] = {}
        for group in groups:
            label = tidy(group.get("title")) or "group"
            step = unnamed_step(label, self.vocabulary, self.ledger)
            key = free_key(slug_of(label), arms)
            arms[key] = Arm(
                id=key,
                label=label,
                role="placebo" if step.role == "placebo" else "monotherapy",
                strategy="not-applicable",
                regimen=(step,),
            )
        return tuple(arms.values()), [tidy(group.get("description")) for group in groups]

    def _sources(self) -> Iterator[Source]:
        """Yield the registry record itself, then the articles that it calls its results."""
        yield Source(
            id="s1",
            type="registry-record",
            registry_id=self.nct_id,
            url=f"{_ADDRESS}{self.nct_id}",
            independence="primary",
        )
        number = 1
        for reference in self._module("references").get("references", ()):
            pmid = str(reference.get("pmid", ""))
            if reference.get("type") in ("RESULT", "DERIVED") and pmid.isdigit() and len(pmid) in (7, 8):
                number += 1
                asked = ("source", f"PMID {pmid}")
                told = self.ledger.answers.get(asked)
                if told is None and reference.get("type") == "RESULT":
                    self.ledger.ask(*asked, "the first report, a later one, or another study?", INDEPENDENCE)
                if told != LEAVE:
                    fields = {"type": "journal-article", "pmid": pmid, "independence": told or INDEPENDENCE[1]}
                    yield Source.model_validate({"id": f"s{number}"} | fields)
