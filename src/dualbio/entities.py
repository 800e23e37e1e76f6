"""The curated vocabularies: drugs, targets, mechanisms and what they bring about, diseases, cells, outcomes, events.

One table (`ontology/entities/<name>.tsv`) a kind, one row an entity; cells with several keys separate them by ` | `.
The marks in the annotations say which triples a column becomes (see `fields`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from dualbio.fields import Curie, Identity, Key, Link, Record, Term, Text, Value

__all__ = [
    "TABLES",
    "AdverseEvent",
    "Biomarker",
    "Cell",
    "Disease",
    "Drug",
    "DrugClass",
    "Entity",
    "Mechanism",
    "MechanismEdge",
    "Outcome",
    "Process",
    "SchemeValue",
    "Table",
    "Target",
]

Keys = tuple[Key, ...]
Textbook = Annotated[Literal["textbook"], Term("checkLevel", "check-level")]
#: A record named with its kind, such as `cell:plasma-cell`.
Participant = Annotated[str, Field(pattern=r"^[a-z-]+:[a-z0-9]+([_-]+[a-z0-9]+)*$")]
Note = Annotated[Text | None, Value("skos:note")]
Definition = Annotated[Text, Value("skos:definition", language="en")]


class Entity(Record):
    """What every vocabulary row has: a permanent key and a label, in English and where known in Chinese."""

    key: Annotated[Key, Identity()]
    label: Annotated[Text, Value("rdfs:label", language="en")]
    label_zh: Annotated[Text | None, Value("rdfs:label", language="zh")] = None


class Drug(Entity):
    """A named agent; what its mechanisms do is inferred from the mechanisms, not repeated here."""

    kind: Annotated[
        Literal[
            "monoclonal-antibody",
            "antibody-fragment",
            "fusion-protein",
            "recombinant-protein",
            "bispecific",
            "co-formulation",
            "small-molecule",
            "glucocorticoid",
        ],
        Term("drugKind", "drug-kind"),
    ]
    synonyms: Annotated[tuple[Text, ...], Value("skos:altLabel")] = ()
    targets: Annotated[Keys, Link("hasTarget", ("target",)), Field(min_length=1)]
    mechanisms: Annotated[Keys, Link("hasMechanism", ("mechanism",)), Field(min_length=1)]
    components: Annotated[Keys, Link("hasComponent", ("drug",))] = ()
    is_biologic: bool
    checked: Textbook
    note: Note = None


class DrugClass(Entity):
    """An agent that a study does not name; `members` are examples, `mechanisms` are shared by all members."""

    members: Annotated[Keys, Link("hasMember", ("drug",))] = ()
    mechanisms: Annotated[Keys, Link("hasMechanism", ("mechanism",))] = ()
    is_biologic: bool
    checked: Textbook
    note: Note = None


class Target(Entity):
    """A molecule or pathway that a drug acts on."""

    checked: Textbook


class Mechanism(Entity):
    """A way of acting, with the cells it depletes or starves or dampens and the processes it inhibits."""

    definition: Definition
    depletes: Annotated[Keys, Link("depletes", ("cell",))] = ()
    blocks_survival_of: Annotated[Keys, Link("blocksSurvivalOf", ("cell",))] = ()
    modulates: Annotated[Keys, Link("modulates", ("cell",))] = ()
    inhibits: Annotated[Keys, Link("inhibits", ("process",))] = ()
    checked: Textbook


class Cell(Entity):
    """A cell population."""

    parents: Annotated[Keys, Link("directlyNarrowerThan", ("cell",))] = ()
    checked: Textbook


class Process(Entity):
    """A biological process or pathway."""

    parents: Annotated[Keys, Link("directlyNarrowerThan", ("process",))] = ()
    checked: Textbook


class Disease(Entity):
    """A disease of the project's own tree."""

    parents: Annotated[Keys, Link("directlyNarrowerThan", ("disease",))] = ()
    abbreviation: Text | None = None
    checked: Textbook


class Outcome(Entity):
    """Something that studies measure, and which way is better."""

    kind: Annotated[Literal["efficacy", "biomarker", "safety", "disposition"], Term("outcomeKind", "outcome-kind")]
    direction: Annotated[
        Literal["higher-is-better", "lower-is-better", "neutral"], Term("betterDirection", "better-direction")
    ]
    domain: Annotated[Keys, Link("domainDisease", ("disease",)), Field(min_length=1)]
    is_composite: bool
    definition: Definition


class AdverseEvent(Entity):
    """An adverse-event term; an event may be narrower than several."""

    parents: Annotated[Keys, Link("directlyNarrowerThan", ("ae",))] = ()
    note: Note = None


class Biomarker(Entity):
    """Something measured in blood, urine, stool or tissue, or at the bedside."""

    type: Annotated[
        Literal["cytokine", "cell", "autoantibody", "serum", "expression", "urine", "stool", "clinical"],
        Term("biomarkerType", "biomarker-type"),
    ]


class MechanismEdge(Entity):
    """One change that an entity of a mechanism brings about in another: `subject` `effect` `object`.

    `evidence` are the findings and lessons that say it; without any it is general knowledge (`textbook`).
    """

    subject: Annotated[
        Participant, Curie("edgeSubject", ("mechanism", "pair", "drug", "target", "cell", "process", "biomarker"))
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
        ],
        Term("edgeEffect", "edge-effect"),
    ]
    object: Annotated[Participant, Curie("edgeObject", ("target", "cell", "process", "biomarker"))]
    context: Annotated[Text | None, Value("edgeContext")] = None
    evidence: Annotated[tuple[Participant, ...], Curie("edgeEvidence", ("finding", "lesson"))] = ()
    checked: Annotated[
        Literal["fulltext", "abstract", "registry", "secondary", "textbook"], Term("checkLevel", "check-level")
    ]
    note: Note = None

    @model_validator(mode="after")
    def _textbook_or_evidence(self) -> Self:
        if (self.checked == "textbook") == bool(self.evidence):
            raise ValueError("'textbook' goes without evidence, any other check level with the findings that say it")
        return self


class SchemeValue(Entity):
    """A value of a controlled scheme, such as `fulltext` of `check-level`; the key is `<scheme>.<value>`."""

    key: Annotated[str, Field(pattern=r"^[a-z0-9-]+\.[a-z0-9-]+$"), Identity()]
    definition: Definition


@dataclass(frozen=True)
class Table:
    """A vocabulary table: its file, the kind and class of its rows, their model."""

    file: str
    kind: str
    class_name: str
    model: type[Entity]


TABLES: tuple[Table, ...] = (
    Table("drugs.tsv", "drug", "Drug", Drug),
    Table("drug-classes.tsv", "drug-class", "DrugClass", DrugClass),
    Table("targets.tsv", "target", "Target", Target),
    Table("mechanisms.tsv", "mechanism", "Mechanism", Mechanism),
    Table("cells.tsv", "cell", "CellPopulation", Cell),
    Table("processes.tsv", "process", "BiologicalProcess", Process),
    Table("diseases.tsv", "disease", "Disease", Disease),
    Table("outcomes.tsv", "outcome", "Outcome", Outcome),
    Table("adverse-events.tsv", "ae", "AdverseEvent", AdverseEvent),
    Table("biomarkers.tsv", "biomarker", "Biomarker", Biomarker),
    Table("mechanism-edges.tsv", "edge", "MechanismEdge", MechanismEdge),
    Table("values.tsv", "value", "SchemeValue", SchemeValue),
)
