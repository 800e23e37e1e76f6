"""Every type of value that records are made of accepts what it says, and refuses what comes near it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from types import ModuleType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pytest
from pydantic import BeforeValidator, ConfigDict, StringConstraints, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from dualbio.model.record_fields import Mark, Record
from dualbio.sources.form_problems import FORMS

ROOT = Path(__file__).resolve().parents[3]
MODULES: tuple[ModuleType, ...] = tuple(
    map(
        import_module,
        (
            "dualbio.model.record_fields",
            "dualbio.model.evidence",
            "dualbio.model.lessons",
            "dualbio.model.entities",
            "dualbio.queries.head",
        ),
    )
)

#: For each type with a limit: values that it accepts, and values just beyond it.
VALUES: dict[str, tuple[tuple[Any, ...], tuple[Any, ...]]] = {
    "Key": (("a", "a-1", "1-a"), ("", "A", "a_b", "a--b", "-a", "a-", "a b", "é")),
    "Text": (("a", " "), ("", 1)),
    "Number": ((1, Decimal("59.0"), Decimal(-1)), (Decimal("NaN"), Decimal("Infinity"), True, "1", 1.5)),
    "Counted": ((1, Decimal("0.5"), Decimal(-1)), (Decimal("NaN"), True, "1", 1.5)),
    "OutsideTerm": (("CL:0000236", "PMID:39159997", "HGNC:1633"), ("CL", "CL:", ":1", "CL:1 ", "http://a/b", "1:a")),
    "RowId": (("r001", "c999"), ("r1", "r0001", "s001", "R001", "r001 ")),
    "SourceId": (("s1", "a12"), ("s", "1", "S1", "s1a")),
    "RegistryId": (
        ("NCT03312907", "ISRCTN47873003", "2015-000400-26"),
        ("NCT0331290", "NCT033129070", "nct03312907", "ISRCTN", "2015-00400-26"),
    ),
    "PartialDate": (
        ("2026", "2026-01", "2026-01-31"),
        ("20260131", "2026-1", "2026-01-31T00:00", "2026-W05", "26", "2026-13", "2026-02-30"),
    ),
    "Day": (("2026-01-31",), ("2026-01", "2026-02-30", "20260131", "2026-1-31")),
    "Orcid": (
        ("0000-0002-1825-0097", "0000-0002-9079-593X"),
        ("0000-0002-1825-0098", "0000-0002-9079-5930", "0000000218250097", "https://orcid.org/0000-0002-1825-0097"),
    ),
    "Count": ((0, 3), (-1, Decimal("1.5"), True, "1")),
    "Keys": ((("a", "b"),), ((), ("A",), "a")),
    "Week": ((0, Decimal("52.5")), (-1, Decimal("-0.5"))),
    "Pair": (("a-depletion+b-inhibition",), ("a-depletion", "a+b+c", "A+b", "a+")),
    "Named": (("cell:plasma-cell", "pair:a_b"), ("plasma-cell", "cell:", "cell:Plasma", "cell:a-", "Cell:a")),
    "PubMedId": (("1234567", "36371234"), ("123456", "123456789", "PMID36371234", 36371234)),
    "PubMedCentralId": (("PMC99999901",), ("PMC", "99999901", "pmc99999901", "PMC1a")),
    "Doi": (("10.1000/x",), ("https://doi.org/10.1000/x", "doi:10.1000/x", "11.1000/x", "")),
    "Url": (("https://example.org/", "http://example.org/"), ("ftp://example.org/", "example.org", "")),
    "Year": ((1990, 2030), (1989, 2031, "2004", True)),
    "PresetName": (("deaths", "safety/deaths-1"), ("Deaths", "safety/", "a/b/c", "a_b", "")),
    "Thing": (("outcome:lldas", "value:arm-role.combination"), ("lldas", "outcome:", "outcome:-a", "Outcome:a", "")),
    "Name": (("a", "studyName"), ("StudyName", "1a", "study_name", "study-name", "")),
    "Word": (("a", "a-1"), ("A", "a_b", "a--b", "")),
}


def limited() -> dict[str, Any]:
    """Return every named type with a limit, by name; one whose mark names a property is a field, no kind of value."""
    limits = (StringConstraints, FieldInfo, BeforeValidator)
    return {
        name: alias
        for module in MODULES
        for name, alias in vars(module).items()
        if get_origin(alias) is Annotated
        and any(isinstance(part, limits) for part in get_args(alias)[1:])
        and not any(isinstance(part, Mark) and part.predicate for part in get_args(alias)[1:])
    }


def all_models() -> list[type[Record]]:
    """Return every kind of record; the modules that declare one are imported first."""
    for path in (ROOT / "src").rglob("*.py"):
        if "(Record)" in path.read_text(encoding="utf-8"):
            import_module(".".join(path.relative_to(ROOT / "src").with_suffix("").parts))
    found, waiting = [], Record.__subclasses__()
    while waiting:
        found.append(waiting.pop())
        waiting += found[-1].__subclasses__()
    return found


TYPES = limited()

#: What limits a value, as pydantic calls it.
LIMITS = ("ge", "gt", "le", "lt", "min_length", "max_length", "pattern")
#: Fields of numbers by what a number may be; all others are any number, as printed.
NUMBERS: dict[str, str] = {
    "ge 0": "Arm.n_efficacy Arm.n_enrolled Arm.n_randomised Arm.n_safety Arm.n_treatment_courses BiasAssessment.stars "
    "Comparison.week FindingMeasure.total Lag.max Lag.min PlannedOutcome.week Result.events Result.week "
    "Review.declared_people Review.declared_studies Row.week RunningFor.max RunningFor.min Study.enrolled "
    "SynthesisQuestion.week_max SynthesisQuestion.week_min Washout.min_days",
    "ge 0, le 1": "PValue.value",
    "ge 1": "RegimenStep.order Result.total",
    "ge 1990, le 2030": "FindingSource.year Review.year Source.year",
    "gt 0": "Result.person_years Unit.largest_dose",
    "gt 0, lt 100": "Interval.level",
}
#: Fields of lists by how many they hold at least: one, but for these.
LISTS: dict[str, str] = {
    "": "AdverseEvent.parents AdverseEvent.synonyms Arm.regimen Biomarker.measures Biomarker.parents "
    "Biomarker.synonyms BiomarkerFinding.drugs BiomarkerFinding.studies Cell.parents Cell.synonyms Concept.synonyms "
    "CoreOutcome.answered_by CoreOutcome.except_for Disease.parents Disease.synonyms Drug.binds Drug.components "
    "Drug.neutralises Drug.synonyms DrugClass.mechanisms DrugClass.members DrugClass.synonyms "
    "FindingsFile.biomarker_findings FindingsFile.not_found Lesson.drugs LessonsFile.lessons LessonsFile.reviews "
    "Mechanism.blocks_survival_of Mechanism.depletes Mechanism.inhibits Mechanism.modulates Mechanism.synonyms "
    "MechanismEdge.evidence Outcome.measures Outcome.synonyms Parameter.example Preset.params Process.parents "
    "Process.synonyms QueryHead.left_out QueryHead.not_known QueryHead.params QueryHead.presets QueryHead.scope "
    "RuleHead.after "
    "Target.synonyms Unit.canonical_for WaiversFile.waivers",
    "min_length 2": "Arm.union_of Comparison.pooled_studies RegimenStep.drug_options",
}
#: Fields of text that may be empty: parts of a mark, values of a parameter and names of rules have checks of their own.
EMPTY = {
    "FigureHead.marks",
    "Parameter.example",
    "Parameter.type",
    "Parameter.values",
    "Preset.params",
    "RuleHead.after",
}


def test_every_type_with_a_limit_is_tried() -> None:
    """The table names each of them, and no other."""
    assert set(VALUES) == set(TYPES)


@pytest.mark.parametrize("name", VALUES)
def test_a_type_accepts_its_values_and_refuses_its_neighbours(name: str) -> None:
    """Each limit is met from both sides."""
    adapter: TypeAdapter[Any] = TypeAdapter(TYPES[name], config=ConfigDict(strict=True))
    accepted, refused = VALUES[name]
    for value in accepted:
        adapter.validate_python(value)
    for value in refused:
        with pytest.raises(ValidationError):
            pytest.fail(f"{name} accepts {adapter.validate_python(value)!r}")


def limits(annotation: Any, marks: tuple[Any, ...] = ()) -> Iterator[tuple[Any, str]]:
    """Yield each kind of value that an annotation accepts, with its limits in words."""
    origin, inner = get_origin(annotation), [part for part in get_args(annotation) if part is not ...]
    if origin is Annotated:
        yield from limits(inner[0], (*marks, *inner[1:]))
    elif origin in (Union, UnionType):
        for part in inner:
            yield from limits(part, marks)
    elif origin is not Literal:
        names = ("ge", "gt", "le", "lt", "min_length", "max_length", "pattern")
        said = [part for mark in marks for part in (mark.metadata if isinstance(mark, FieldInfo) else (mark,))]
        found = [
            f"{name} {limit}" for part in said for name in names if (limit := getattr(part, name, None)) is not None
        ]
        yield origin or annotation, ", ".join(found)
        for part in inner:
            yield from limits(part)


def limited_fields(*kinds: Any) -> dict[str, set[str]]:
    """Return the fields with values of some kinds, by the limits of these."""
    found: dict[str, set[str]] = {}
    for model in all_models():
        for name, field in model.model_fields.items() if model.__module__.startswith("dualbio.") else ():
            for kind, limit in limits(field.rebuild_annotation()):
                if kind in kinds:
                    found.setdefault(limit, set()).add(f"{model.__name__}.{name}")
    return found


def test_every_number_list_and_text_has_its_limits() -> None:
    """A field that lost its limit, or has another one, is noticed; a new one is entered above."""
    numbers, lists, texts = limited_fields(int, Decimal), limited_fields(tuple, dict), limited_fields(str)
    del numbers[""], lists["min_length 1"]
    assert {limit: set(names.split()) for limit, names in NUMBERS.items()} == numbers
    assert {limit: set(names.split()) for limit, names in LISTS.items()} == lists
    assert EMPTY == texts[""]


def test_every_form_of_a_text_is_told_in_words() -> None:
    """Whoever writes a text of another form reads what is accepted, and no regular expression."""
    patterns = {
        part.removeprefix("pattern ") for said in limited_fields(str) for part in said.split(", ") if "^" in part
    }
    assert len(patterns) > 15
    assert set() == patterns - set(FORMS)


@pytest.mark.parametrize("name", ["pmid", "pmcid", "doi", "url", "year", "locator"])
def test_a_reference_has_one_form_wherever_it_stands(name: str) -> None:
    """A PubMed id that a study's source may not have is refused in a finding, too."""
    forms = {
        model.__name__: TypeAdapter(field.rebuild_annotation() | None).json_schema()["anyOf"][0]
        for model in all_models()
        if (field := model.model_fields.get(name))
    }
    assert len(forms) > 1
    assert len({str(form) for form in forms.values()}) == 1, forms
