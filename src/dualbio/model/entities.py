"""The curated vocabularies: drugs, targets, mechanisms and what they bring about, diseases, cells, outcomes, events.

One table (`ontology/entities/<name>.tsv`) a kind, one row an entity; cells with several keys separate them by ` | `.
The marks in the annotations say which triples a column becomes (see `fields`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from dualbio.model.evidence import REPORTED, Page
from dualbio.model.field_rules import at_least_one, together
from dualbio.model.record_fields import (
    Coded,
    Counted,
    Curie,
    Identity,
    Key,
    Link,
    Named,
    Number,
    Outside,
    OutsideTerm,
    Record,
    Text,
    Value,
)

__all__ = [
    "TABLES",
    "AdverseEvent",
    "Biomarker",
    "Cell",
    "Concept",
    "CoreOutcome",
    "Disease",
    "Drug",
    "DrugClass",
    "DrugEffect",
    "Entities",
    "Entity",
    "Mechanism",
    "MechanismEdge",
    "Outcome",
    "Process",
    "SchemeValue",
    "Target",
    "Unit",
    "VocabularyTable",
]

Keys = tuple[Key, ...]
Textbook = Annotated[Literal["textbook"], Coded("checkLevel", "check-level")]
Note = Annotated[Text | None, Value("skos:note")]
Definition = Annotated[Text, Value("skos:definition", language="en")]


class Entity(Record):
    """What every vocabulary row has: a permanent key and a label, in English and where known in Chinese."""

    key: Annotated[Key, Identity()]
    label: Annotated[Text, Value("rdfs:label", language="en")]
    label_zh: Annotated[Text | None, Value("rdfs:label", language="zh")] = None


#: Rows of the vocabulary tables by kind and key.
Entities = Mapping[str, Mapping[str, Entity]]


class Concept(Entity):
    """What an entity of the field has besides: other names, and a definition with the page or term that it rests on."""

    synonyms: Annotated[tuple[Text, ...], Value("skos:altLabel", language="en")] = ()
    definition: Annotated[Text | None, Value("skos:definition", language="en")] = None
    definition_source: Annotated[OutsideTerm | None, Outside("definitionBuildsOn")] = None


class Drug(Concept):
    """A named agent; what its mechanisms do is inferred from the mechanisms, not repeated here.

    Of its targets, `neutralises` has the free molecules that it keeps from acting, `binds` those on cells.
    """

    kind: Annotated[
        Literal[
            "monoclonal-antibody",
            "antibody-fragment",
            "fusion-protein",
            "recombinant-protein",
            "bispecific",
            "co-formulation",
            "cell-therapy",
            "small-molecule",
            "glucocorticoid",
        ],
        Coded("drugKind", "drug-kind"),
    ]
    targets: Annotated[Keys, Link("hasTarget", ("target",)), Field(min_length=1)]
    binds: Annotated[Keys, Link("binds", ("target",))] = ()
    neutralises: Annotated[Keys, Link("neutralises", ("target",))] = ()
    mechanisms: Annotated[Keys, Link("hasMechanism", ("mechanism",)), Field(min_length=1)]
    components: Annotated[Keys, Link("hasComponent", ("drug",))] = ()
    is_biologic: bool
    checked: Textbook
    note: Note = None

    @model_validator(mode="after")
    def _bound_targets(self) -> Self:
        for name in ("binds", "neutralises"):
            unknown = [key for key in getattr(self, name) if key not in self.targets]
            if unknown:
                raise ValueError(f"'{name}' has {', '.join(unknown)}; accepted: the targets {', '.join(self.targets)}")
        both = [key for key in self.binds if key in self.neutralises]
        if both:
            raise ValueError(f"'{', '.join(both)}' is in 'binds' and 'neutralises'; repair: keep it in 'neutralises'")
        return self


class DrugClass(Concept):
    """An agent that a study does not name; `members` are examples, `mechanisms` are shared by all members.

    `is_biologic` is left out where some members are biologics and some are not.  `group` sets the class and its members
    apart from the targeted immune-directed agents.
    """

    members: Annotated[Keys, Link("hasMember", ("drug",))] = ()
    mechanisms: Annotated[Keys, Link("hasMechanism", ("mechanism",))] = ()
    group: Annotated[Literal["conventional", "non-immune"] | None, Coded("agentGroup", "agent-group")] = None
    is_biologic: bool | None = None
    checked: Textbook
    note: Note = None


class DrugEffect(Entity):
    """How long a drug acts after its last dose: no shorter than `min`, no longer than `max`, as `meaning` explains."""

    drug: Annotated[Key, Link("effectOf", ("drug",))]
    mechanism: Annotated[Key, Link("effectBy", ("mechanism",))]
    min: Annotated[Counted | None, Value("effectMin", counted=True)] = None
    max: Annotated[Counted | None, Value("effectMax", counted=True)] = None
    unit: Annotated[Literal["day", "week", "month", "year"], Coded("effectUnit", "time-unit")]
    meaning: Annotated[Text, Value("effectMeaning")]
    source: Annotated[Text, Value("effectSource")]
    url: Page
    locator: Text
    checked: Annotated[Literal["fulltext", "abstract", "registry", "secondary"], Coded("checkLevel", "check-level")]
    note: Note = None

    @model_validator(mode="after")
    def _some_length(self) -> Self:
        at_least_one(self, "min", "max")
        return self


class Target(Concept):
    """A molecule or pathway that a drug acts on."""

    checked: Textbook


class Mechanism(Concept):
    """A way of acting, with the cells it depletes or starves or dampens and the processes it inhibits."""

    definition: Definition
    depletes: Annotated[Keys, Link("depletes", ("cell",))] = ()
    blocks_survival_of: Annotated[Keys, Link("blocksSurvivalOf", ("cell",))] = ()
    modulates: Annotated[Keys, Link("modulates", ("cell",))] = ()
    inhibits: Annotated[Keys, Link("inhibits", ("process",))] = ()
    checked: Textbook


class Cell(Concept):
    """A cell population."""

    parents: Annotated[Keys, Link("directlyNarrowerThan", ("cell",))] = ()
    checked: Textbook


class Process(Concept):
    """A biological process or pathway."""

    parents: Annotated[Keys, Link("directlyNarrowerThan", ("process",))] = ()
    checked: Textbook


class Disease(Concept):
    """A disease of the project's own tree."""

    parents: Annotated[Keys, Link("directlyNarrowerThan", ("disease",))] = ()
    abbreviation: Text | None = None
    checked: Textbook


class Outcome(Concept):
    """Something that studies measure, and which way is better."""

    kind: Annotated[Literal["efficacy", "biomarker", "safety", "disposition"], Coded("outcomeKind", "outcome-kind")]
    direction: Annotated[
        Literal["higher-is-better", "lower-is-better", "neutral"], Coded("betterDirection", "better-direction")
    ]
    domain: Annotated[Keys, Link("domainDisease", ("disease",)), Field(min_length=1)]
    measures: Annotated[tuple[Named, ...], Curie("measures", ("biomarker",))] = ()
    is_composite: bool
    definition: Definition


class AdverseEvent(Concept):
    """An adverse-event term; an event may be narrower than several."""

    parents: Annotated[Keys, Link("directlyNarrowerThan", ("ae",))] = ()
    note: Note = None


class Biomarker(Concept):
    """Something measured in blood, urine, stool or tissue, or at the bedside.

    `measures` names what it tells of; where that is nothing with a name, `measures_none_because` says why.
    """

    type: Annotated[
        Literal["cytokine", "cell", "autoantibody", "serum", "expression", "urine", "stool", "clinical"],
        Coded("biomarkerType", "biomarker-type"),
    ]
    measures: Annotated[tuple[Named, ...], Curie("measures", ("target", "cell", "process"))] = ()
    measures_none_because: Annotated[Text | None, Value("measuresNoneBecause", language="en")] = None
    parents: Annotated[Keys, Link("directlyNarrowerThan", ("biomarker",))] = ()

    @model_validator(mode="after")
    def _measures_or_why_not(self) -> Self:
        together(self, "measures_none_because", not self.measures, "when 'measures' is empty")
        return self


class CoreOutcome(Entity):
    """Something that a reader must be able to ask of every study, and which rows answer it.

    A row answers when it is about one of `answered_by`, has the role `role`, or is of the outcome kind `kind`; a row
    about one of `except_for` does not.  A term that is narrower than one of `answered_by` answers in part only.
    A `required` one needs a row or a gap in trials of two biologics.
    """

    answered_by: Annotated[tuple[Named, ...], Curie("answeredBy", REPORTED)] = ()
    role: Annotated[Literal["primary"] | None, Coded("answeredByRole", "result-role")] = None
    kind: Annotated[Literal["efficacy", "biomarker", "safety"] | None, Coded("answeredByKind", "outcome-kind")] = None
    except_for: Annotated[Keys, Link("notAnsweredBy", ("outcome",))] = ()
    required: bool
    definition: Definition


class Unit(Entity):
    """A unit as records print it (`symbol`), its code in the Unified Code for Units of Measure, and where it leads.

    A number in this unit, times `factor`, is one in the unit `converts_to`; units that lead to one unit measure one
    kind of quantity.  Numbers of what stands in `canonical_for` are brought into this unit, so that they stand on one
    axis.  A unit of doses says the `largest_dose` that can be meant: more is a slip of the pen.
    """

    symbol: Annotated[Text, Value("unitSymbol")]
    ucum: Annotated[Text, Value("ucumCode")]
    converts_to: Annotated[Key | None, Link("convertsTo", ("unit",))] = None
    factor: Annotated[Number | None, Value("conversionFactor")] = None
    canonical_for: Annotated[tuple[Named, ...], Curie("canonicalUnitOf", ("outcome", "biomarker"))] = ()
    largest_dose: Annotated[Number | None, Value("largestDose", counted=True), Field(gt=0)] = None

    @model_validator(mode="after")
    def _conversion(self) -> Self:
        if (self.converts_to is None) != (self.factor is None) or self.factor == 0:
            raise ValueError("fields 'converts_to' and 'factor' go together, and a factor is not 0")
        return self


class MechanismEdge(Entity):
    """One change that an entity of a mechanism brings about in another: `subject` `effect` `object`.

    `strength` is the kind of observation that shows it, the strongest there is; `checked` is how closely it was read.
    `evidence` are the findings and lessons that say it; without any it is general knowledge (`textbook`).
    """

    subject: Annotated[
        Named, Curie("edgeSubject", ("mechanism", "pair", "drug", "target", "cell", "process", "biomarker"))
    ]
    effect: Annotated[
        Literal[
            "raises",
            "lowers",
            "promotes",
            "gives-rise-to",
            "supports-survival-of",
            "depletes",
            "blocks-survival-of",
            "modulates",
            "inhibits",
            "spares",
        ],
        Coded("edgeEffect", "edge-effect"),
    ]
    object: Annotated[Named, Curie("edgeObject", ("target", "cell", "process", "biomarker", "ae"))]
    context: Annotated[Text | None, Value("edgeContext")] = None
    evidence: Annotated[tuple[Named, ...], Curie("edgeEvidence", ("finding", "lesson"))] = ()
    checked: Annotated[
        Literal["fulltext", "abstract", "registry", "secondary", "textbook"], Coded("checkLevel", "check-level")
    ]
    strength: Annotated[
        Literal["randomised", "cohort", "uncontrolled", "single-case", "animal", "in-vitro", "textbook", "hypothesis"],
        Coded("edgeStrength", "edge-strength"),
    ]
    note: Note = None

    @model_validator(mode="after")
    def _textbook_or_evidence(self) -> Self:
        if (self.checked == "textbook") == bool(self.evidence):
            raise ValueError("'textbook' goes without evidence, any other check level with the findings that say it")
        if (self.checked == "textbook") != (self.strength == "textbook"):
            raise ValueError("fields 'checked' and 'strength' are both 'textbook', or neither is")
        return self


class SchemeValue(Entity):
    """A value of a controlled scheme, such as `fulltext` of `check-level`; the key is `<scheme>.<value>`."""

    key: Annotated[str, Field(pattern=r"^[a-z0-9-]+\.[a-z0-9-]+$"), Identity()]
    definition: Definition


@dataclass(frozen=True)
class VocabularyTable:
    """A vocabulary table: its file, the kind and class of its rows, their model."""

    file: str
    kind: str
    class_name: str
    model: type[Entity]


TABLES: tuple[VocabularyTable, ...] = (
    VocabularyTable("drugs.tsv", "drug", "Drug", Drug),
    VocabularyTable("drug-classes.tsv", "drug-class", "DrugClass", DrugClass),
    VocabularyTable("drug-effects.tsv", "effect", "DrugEffect", DrugEffect),
    VocabularyTable("targets.tsv", "target", "Target", Target),
    VocabularyTable("mechanisms.tsv", "mechanism", "Mechanism", Mechanism),
    VocabularyTable("cells.tsv", "cell", "CellPopulation", Cell),
    VocabularyTable("processes.tsv", "process", "BiologicalProcess", Process),
    VocabularyTable("diseases.tsv", "disease", "Disease", Disease),
    VocabularyTable("outcomes.tsv", "outcome", "Outcome", Outcome),
    VocabularyTable("adverse-events.tsv", "ae", "AdverseEvent", AdverseEvent),
    VocabularyTable("biomarkers.tsv", "biomarker", "Biomarker", Biomarker),
    VocabularyTable("core-outcomes.tsv", "core-outcome", "CoreOutcome", CoreOutcome),
    VocabularyTable("units.tsv", "unit", "Unit", Unit),
    VocabularyTable("mechanism-edges.tsv", "edge", "MechanismEdge", MechanismEdge),
    VocabularyTable("values.tsv", "value", "SchemeValue", SchemeValue),
)
