"""ClinicalTrials.gov API v2 records as evidence records, each number `checked: registry`.

Conditions, interventions, outcomes and adverse events become our keys only where exactly one row has that name.
A study or arm keeps `to-decide` where a key is not certain; a row whose outcome is not certain is left out of the file
and listed, ready to be put in.  What a registry record cannot say (strategy, direction of a contrast) is listed too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from dualbio.entities import Drug
from dualbio.evidence import Arm, RegimenStep, Result, Source, Study, StudyFile
from dualbio.importing.ctgov_rows import RowReader
from dualbio.importing.ctgov_values import DESIGNS, MASKINGS, PHASES, STATUSES, count, date, slug_of
from dualbio.importing.records import TO_DECIDE, Imported, ImportFailedError, ToDecide, Vocabulary

__all__ = ["import_study"]

Json = dict[str, Any]
_DRUG_TYPES = ("BIOLOGICAL", "DRUG", "COMBINATION_PRODUCT", "GENETIC")
_ADDRESS = "https://clinicaltrials.gov/study/"


def import_study(record: Json, vocabulary: Vocabulary) -> Imported:
    """Return one API v2 study record as a study file and the list of what is to be decided.

    Raises:
        ImportFailedError: the record has no registry id.
    """
    return _Import(record, vocabulary).run()


class _Import:
    """The import of one record."""

    def __init__(self, record: Json, vocabulary: Vocabulary) -> None:
        self.protocol: Json = record.get("protocolSection", {})
        self.results: Json = record.get("resultsSection") or {}
        self.vocabulary = vocabulary
        self.nct_id = str(self._module("identification").get("nctId", ""))
        if not self.nct_id:
            raise ImportFailedError(
                "a record without protocolSection.identificationModule.nctId; accepted: API v2 records"
            )
        self.key = self.nct_id.lower()
        self.to_decide: list[ToDecide] = []

    def run(self) -> Imported:
        study, arms = self._study(), self._arms()
        reader = RowReader(self.key, self.results, arms, self.vocabulary)
        results, comparisons = reader.results(), reader.comparisons()
        self.to_decide += reader.to_decide
        for arm in reader.new_arms:
            self._decide("arm", f"the results have a group '{arm.label}' that is no arm of the protocol")
        file = StudyFile(
            study=study,
            arms=(*arms, *reader.new_arms),
            results=results or None,
            comparisons=comparisons or None,
            sources=tuple(self._sources()),
        )
        return Imported(file, tuple(self.to_decide))

    def _module(self, name: str) -> Json:
        return self.protocol.get(f"{name}Module") or {}

    def _decide(self, what: str, found: str, nearest: tuple[str, ...] = (), row: Result | None = None) -> None:
        self.to_decide.append(ToDecide(self.key, what, found, nearest, row))

    def _study(self) -> Study:
        identification, status, design = self._module("identification"), self._module("status"), self._module("design")
        info = design.get("designInfo") or {}
        people = design.get("enrollmentInfo") or {}
        phases = tuple(design.get("phases") or ())
        conditions = [str(name) for name in self._module("conditions").get("conditions", ())]
        return Study.model_validate({
            "id": self.key,
            "acronym": identification.get("acronym") or self.nct_id,
            "registry_ids": (self.nct_id, *self._other_ids(identification)),
            "short_description": self._description(conditions),
            "diseases": tuple(dict.fromkeys(self._find("disease", name) for name in conditions)) or (TO_DECIDE,),
            "design": self._design(design, info),
            "phase": PHASES.get(phases, "not-applicable"),
            "masking": MASKINGS.get((info.get("maskingInfo") or {}).get("masking", ""), "not-stated"),
            "status": STATUSES.get(status.get("overallStatus", ""), "unknown"),
            "start": date(status.get("startDateStruct")),
            "primary_completion": date(status.get("primaryCompletionDateStruct")),
            "end": date(status.get("completionDateStruct")),
            "enrolled": count(people.get("count")),
            "strategy": "not-applicable",
            "population": "see the eligibility criteria of the registry record",
            "note": "enrolled is the planned number" if people.get("type") == "ESTIMATED" else None,
        })  # fmt: skip

    def _design(self, design: Json, info: Json) -> str:
        if design.get("studyType") == "OBSERVATIONAL":
            return "cohort"
        return DESIGNS.get(info.get("allocation", ""), "not-stated")

    def _other_ids(self, identification: Json) -> Iterator[str]:
        for other in identification.get("secondaryIdInfos", ()):
            number = str(other.get("id", ""))
            if other.get("type") == "EUDRACT_NUMBER" and re.fullmatch(r"\d{4}-\d{6}-\d{2}", number):
                yield number

    def _description(self, conditions: list[str]) -> str:
        names = [str(i.get("name", "?")) for i in self._module("armsInterventions").get("interventions", ())]
        return (
            f"Registry record on {', '.join(names) or 'no intervention'} in {', '.join(conditions) or 'no condition'}."
        )

    def _find(self, kind: str, name: str) -> str:
        key = self.vocabulary.find(kind, name)
        if key is None:
            self._decide(kind, name, self.vocabulary.nearest(kind, name))
        return key or TO_DECIDE

    def _arms(self) -> tuple[Arm, ...]:
        module = self._module("armsInterventions")
        interventions = {str(i.get("name")): i for i in module.get("interventions", ())}
        sizes = self._randomised()
        arms: dict[str, Arm] = {}
        for group in module.get("armGroups", ()):
            label = str(group.get("label") or "arm")
            names = [str(name).partition(": ")[2] or str(name) for name in group.get("interventionNames", ())]
            key = _free(slug_of(label), arms)
            arms[key] = self._arm(key, label, [interventions.get(name, {"name": name}) for name in names], sizes)
        if not arms:
            self._decide("arm", "the record has no arms")
            arms["group"] = self._arm("group", "all people", [], sizes)
        return tuple(arms.values())

    def _arm(self, key: str, label: str, interventions: list[Json], sizes: dict[str, int]) -> Arm:
        steps = [step for item in interventions if (step := self._step(key, item))]
        active = [step for step in steps if step.role == "active"]
        if not steps:
            self._decide("regimen", f"arm '{label}' has no drug in the record")
            steps = active = [RegimenStep(role="active", drug=TO_DECIDE)]
        role = "combination" if len(active) > 1 else "monotherapy" if active else "placebo"
        fields: Json = {"id": key, "label": label, "role": role, "strategy": "not-applicable", "regimen": tuple(steps)}
        if role == "combination":
            fields |= {"strategy": "concurrent", "combination_type": self._combination(active)}
            self._decide("strategy", f"arm '{label}': concurrent, sequential or add-on? and which weeks?")
        randomised = self._module("design").get("designInfo", {}).get("allocation") == "RANDOMIZED"
        fields["n_randomised" if randomised else "n_enrolled"] = sizes.get(label.lower())
        return Arm.model_validate(fields)

    def _step(self, arm: str, item: Json) -> RegimenStep | None:
        name = str(item.get("name", "?"))
        if "placebo" in name.lower():
            rest = name.lower().replace("placebo", "").replace("matching", "").strip(" -,()")
            key = self.vocabulary.find("drug", rest.removeprefix("to ").removeprefix("for ")) if rest else None
            if key is None:
                self._decide("placebo", f"arm '{arm}': '{name}' is a placebo for which drug?")
            return RegimenStep(role="placebo", placebo_for=(key or TO_DECIDE,))
        if item.get("type", "DRUG") not in _DRUG_TYPES:
            return None
        names = [name, *(str(other) for other in item.get("otherNames", ()))]
        keys = {key for one in names if (key := self.vocabulary.find("drug", one))}
        if len(keys) == 1:
            return RegimenStep(role="active", drug=keys.pop())
        return RegimenStep(role="active", drug=self._find("drug", name))

    def _combination(self, active: list[RegimenStep]) -> str:
        drugs = self.vocabulary.entities["drug"]
        known = [drug for step in active if isinstance(drug := drugs.get(step.drug or ""), Drug)]
        if len(known) < len(active):
            return "dual-targeted-unspecified"
        return "dual-biologic" if sum(drug.is_biologic for drug in known) > 1 else "mixed"

    def _randomised(self) -> dict[str, int]:
        """Return the people who started the first period, by the title of their group."""
        flow = self.results.get("participantFlowModule") or {}
        titles = {str(group.get("id")): str(group.get("title", "")).lower() for group in flow.get("groups", ())}
        started: dict[str, int] = {}
        periods: list[Json] = flow.get("periods") or [{}]
        for milestone in periods[0].get("milestones", ()):
            for achieved in milestone.get("achievements", ()) if milestone.get("type") == "STARTED" else ():
                people = count(achieved.get("numSubjects"))
                if people is not None:
                    started[titles.get(str(achieved.get("groupId")), "")] = people
        return started

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
                yield Source(id=f"s{number}", type="journal-article", pmid=pmid, independence="same-trial-later-report")
                self._decide("source", f"PMID {pmid}: first report, later report, or another study?")


def _free(key: str, taken: dict[str, Arm]) -> str:
    return next(name for n in range(1, 1000) if (name := key if n == 1 else f"{key}-{n}") not in taken)
