"""Studies as the tables that RevMan imports, and Covidence exports: study information, study arms, study results.

Counts and means of arms go in as arm-level data, printed effects as contrast-level data; a ratio is put where RevMan
takes it as it is, not its logarithm.  What these tables cannot hold is left out and counted by reason.
Sources: https://documentation.cochrane.org/revman-kb/data-extraction-templates-260702375.html and
https://support.covidence.org/help/how-to-upload-your-data-to-revman-web
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from dualbio.model.entities import Entities
from dualbio.model.evidence import AnyRow, Arm, Comparison, Result, Row, StudyFile
from dualbio.sources.exchange.cells import write_rows

__all__ = ["REVMAN_COLUMNS", "StudyTables", "study_tables"]

_INFORMATION = (
    *("Study", "Char: Identification", "Char: Methods", "Char: Participants", "Char: Interventions"),
    *("Char: Outcomes", "Char: Notes"),
)
_ARMS = ("Study", "Arm", "Description", "Intervention")
_RESULTS = (
    *("Study", "Outcome", "Data type", "Effect measure", "Arm", "Reference arm", "Sample size", "Cases", "Mean", "SD"),
    *("SE", "Variance", "CI level", "CI start", "CI end", "Exp mean", "Exp CI start", "Exp CI end", "t-test", "z-test"),
    *("P value", "Footnotes"),
)
#: The columns of each table, by the name of its file.
REVMAN_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "study-information.csv": _INFORMATION,
    "study-arms.csv": _ARMS,
    "study-results.csv": _RESULTS,
}
_RATIOS = {"OR": "OR", "RR": "RR", "HR": "HR"}
_DIFFERENCES = {"RD": "RD", "MD": "MD"}
_MEANS = ("mean", "mean-change")


@dataclass
class StudyTables:
    """Three tables as CSV by the names of their files, and the number of rows that they leave out by reason."""

    files: dict[str, str] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)


def study_tables(studies: Iterable[StudyFile], entities: Entities) -> StudyTables:
    """Return studies as tables for RevMan.

    Args:
        studies: the studies.
        entities: the vocabularies, by kind and key, for the names of outcomes, events and drugs.
    """
    files = tuple(studies)
    tables = StudyTables()
    results = [row for file in files for row in _result_rows(file, entities, tables.left_out)]
    rows = {
        "study-information.csv": (_information(file) for file in files),
        "study-arms.csv": (row for file in files for row in _arm_rows(file, entities)),
        "study-results.csv": iter(results),
    }
    tables.files = {name: write_rows(columns, rows[name]) for name, columns in REVMAN_COLUMNS.items()}
    return tables


def _information(file: StudyFile) -> dict[str, str]:
    study = file.study
    dates = ", ".join(f"{name} {value}" for name, value in (("start", study.start), ("end", study.end)) if value)
    outcomes = dict.fromkeys(row.outcome_as_reported for row in file.rows if row.role == "primary")
    return {
        "Study": study.acronym,
        "Char: Identification": ", ".join(study.registry_ids or ()),
        "Char: Methods": "; ".join(
            filter(None, (study.design, f"phase {study.phase}", study.masking, study.status, dates))
        ),
        "Char: Participants": study.population + (f"; enrolled {study.enrolled}" if study.enrolled is not None else ""),
        "Char: Interventions": "; ".join(arm.label for arm in file.arms),
        "Char: Outcomes": "; ".join(outcomes),
        "Char: Notes": study.short_description,
    }


def _arm_rows(file: StudyFile, entities: Entities) -> Iterator[dict[str, str]]:
    labels = {arm.id: arm.label for arm in file.arms}
    for arm in file.arms:
        yield {
            "Study": file.study.acronym,
            "Arm": arm.label,
            "Description": "; ".join(filter(None, (_people(arm, labels), arm.note))),
            "Intervention": " + ".join(_agent_names(arm, entities)) or arm.label,
        }


def _people(arm: Arm, labels: Mapping[str, str]) -> str:
    """Return whose people an arm has that are in another arm too: an analysis may have one of them only."""
    others = dict.fromkeys(filter(None, (arm.subset_of, *(arm.derived_from or ()), *(arm.union_of or ()))))
    return f"people of {' and of '.join(labels[key] for key in others)}: never add them up" if others else ""


def _agent_names(arm: Arm, entities: Entities) -> Iterator[str]:
    """Yield the names of what an arm is given, each once; a placebo goes by that name."""
    found = dict.fromkeys(
        "placebo" if step.role == "placebo" else _label(entities, ("drug", "drug-class"), step.drug or step.drug_class)
        for step in arm.regimen
        if step.role in ("active", "placebo")
    )
    yield from (name for name in found if name)


def _result_rows(file: StudyFile, entities: Entities, left_out: Counter[str]) -> Iterator[dict[str, str]]:
    labels = {arm.id: arm.label for arm in file.arms}
    for row in file.rows:
        cells = _arm_level(row, labels) if isinstance(row, Result) else _contrast(row, labels)
        if isinstance(cells, str):
            left_out[cells] += 1
            continue
        note = f"{row.id}, {row.source}, {row.locator}, checked {row.checked}" + (f"; {row.note}" if row.note else "")
        yield {"Study": file.study.acronym, "Outcome": _outcome(row, entities), **cells, "Footnotes": note}


def _arm_level(row: Result, labels: Mapping[str, str]) -> dict[str, str] | str:
    """Return the cells of a result, or why there are none."""
    if row.state == "contested":
        return "contested"
    if row.unit_of_analysis not in ("patient", "unknown"):
        return f"counted in {row.unit_of_analysis}s, not people"
    if row.total is None:
        return "no total"
    common = {"Arm": labels[row.arm], "Sample size": str(row.total)}
    if row.events is not None and row.statistic in ("count", "percent"):
        return {"Data type": "Dichotomous", **common, "Cases": str(row.events)}
    if row.statistic in _MEANS and row.value is not None:
        spread = row.spread.value if row.spread else None
        name = {"SD": "SD", "SE": "SE"}.get(row.spread.type) if row.spread else None
        spreads = {name: str(spread)} if name and spread is not None else {}
        if not spreads and row.interval is None:
            return "a mean without a spread"
        return {"Data type": "Continuous", **common, "Mean": str(row.value), **spreads, **_interval(row, "CI")}
    return "neither a count of people nor a mean"


def _contrast(row: Comparison, labels: Mapping[str, str]) -> dict[str, str] | str:
    """Return the cells of a comparison, or why there are none."""
    measure = _RATIOS.get(row.measure) or _DIFFERENCES.get(row.measure)
    if row.state == "contested":
        return "contested"
    if measure is None or row.estimate is None:
        return "no effect measure that these tables have"
    if row.contrast_type != "between-arms" or row.pooled_studies:
        return "not a contrast between two arms of the study"
    if row.unit == "percentage points":
        return "a difference in percentage points"
    exponentiated = row.measure in _RATIOS
    mean, interval = ("Exp mean", "Exp CI") if exponentiated else ("Mean", "CI")
    kind = "Continuous" if row.measure == "MD" else "Dichotomous"
    exact = row.p is not None and row.p.operator == "="
    return {
        "Data type": kind,
        "Effect measure": measure,
        "Arm": labels[row.a],
        "Reference arm": labels[row.b],
        mean: str(row.estimate),
        **_interval(row, interval),
        **({"P value": str(row.p.value)} if exact and row.p else {}),
    }


def _interval(row: Row, name: str) -> dict[str, str]:
    if row.interval is None or row.interval.high is None or row.interval.type != "confidence":
        return {}
    return {
        "CI level": str(row.interval.level),
        f"{name} start": str(row.interval.low),
        f"{name} end": str(row.interval.high),
    }


def _outcome(row: AnyRow, entities: Entities) -> str:
    name = _label(entities, ("ae",), row.ae) if row.ae else _label(entities, ("outcome",), row.outcome)
    group = f", {row.subgroup.title}" if row.subgroup else ""
    return f"{name}{group}" + (f" at week {row.week}" if row.week is not None else "")


def _label(entities: Entities, kinds: tuple[str, ...], key: str | None) -> str:
    found = (entities.get(kind, {}).get(key or "") for kind in kinds)
    return next((entity.label for entity in found if entity is not None), key or "")
