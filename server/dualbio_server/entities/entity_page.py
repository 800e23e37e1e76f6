"""What the page of an entity shows: facts, tables of its parts, what reasoning adds, and what refers to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlencode

import pyoxigraph as ox

from dualbio.describe import DescribedValue, EntityDescription, Inverse, Property, is_part, label_of
from dualbio.model.namespaces import BASE, DEFINITIONS, PREFIXES, compress, key_of, kind_of, term
from dualbio.model.rdf_terms import GroundTerm, Term
from dualbio.store.embedded import EmbeddedStore
from dualbio_server.entities.kinds import KIND_NAMES
from dualbio_server.entities.labels import page_label
from dualbio_server.http.language import page_language, say
from dualbio_server.http.links import has_route, local_path

__all__ = ["EntityPage", "PageCell", "PartTable", "PropertyFact", "cell_of", "make_page"]

#: Columns of the tables of parts, by the property that leads to them: the first ones a reader looks for.
#: The tables stand on the page in this order.
_COLUMNS: dict[str, tuple[str, ...]] = {
    "hasArm": ("hasRegimen", "armRole", "combinationType", "nRandomised", "intervalFromFirstDose", "backgroundTherapy"),
    "hasRegimen": ("hasStep",),
    "hasStep": ("usesAgent", "stepRole", "dose", "doseUnit", "route", "frequency", "startWeek", "endWeek"),
    "hasPlannedOutcome": ("resultRole", "plansToMeasure", "timeAsReported", "checkLevel", "source", "locator"),
    "hasComparison": (
        *("armA", "armB", "outcome", "week", "effectMeasure", "estimate", "intervalLow", "intervalHigh"),
        *("pOperator", "pValue", "favours", "checkLevel", "source", "locator"),
    ),
    "hasResult": (
        *("arm", "outcome", "week", "events", "total", "value", "unit"),
        *("intervalLow", "intervalHigh", "resultRole", "checkLevel", "source", "locator"),
    ),
    "hasSource": ("sourceType", "firstAuthor", "journal", "year", "doi", "pmid", "registryId", "url"),
    "hasOverlap": ("overlapKind", "overlapsStudy", "skos:note"),
    "supportedBy": ("study", "source", "row", "checkLevel"),
    "contradictedBy": ("study", "source", "row", "checkLevel"),
    "hasMeasure": ("measureName", "arm", "week", "estimate", "unit", "intervalLow", "intervalHigh", "pValue"),
}
#: Said elsewhere on the page.
_SHOWN = {"rdfs:label", *DEFINITIONS, "dualbio:key", "dualbio:position"}
#: Properties of other vocabularies that readers know what to do with.
_READABLE = {"skos:altLabel", "skos:note", "rdfs:comment", "rdfs:seeAlso", "dcterms:description", "dcterms:title"}
#: Values that are addresses or lead to one.
_ADDRESSES = {"doi": "https://doi.org/", "pmid": "https://pubmed.ncbi.nlm.nih.gov/", "url": ""}
_STRING = f"{PREFIXES['xsd']}string"
_BOOLEAN = term("xsd:boolean").value
#: Of what refers to a thing in one way, how much a page lists that says in its own words what matters of it.
_MOST_REFERRING = 12


@dataclass(frozen=True)
class PageCell:
    """A value on a page: its text, where it leads, its short name outside dualbio, and how it came to be known.

    `own` says that a user's own evidence says it of a thing of dualbio.
    """

    text: str
    href: str | None = None
    hint: str | None = None
    language: str | None = None
    inferred: bool = False
    why: str | None = None
    own: bool = False


@dataclass(frozen=True)
class PropertyFact:
    """A property with its values; `more` leads to those beyond the ones listed."""

    label: str
    href: str | None
    cells: tuple[PageCell, ...]
    total: int
    more: str | None = None


@dataclass(frozen=True)
class PartTable:
    """A table of parts: a heading per column, and per row the part followed by a list of values for each column.

    `place` orders the tables of a page.
    """

    label: str
    place: int
    columns: tuple[str, ...]
    rows: tuple[tuple[PageCell, tuple[tuple[PageCell, ...], ...]], ...]


@dataclass(frozen=True)
class EntityPage:
    """All that the template needs.

    `title` is the label in the language of the page, `names` are those in others, `whole` is what the thing is a part
    of, and `for_machines` are facts that readers of medicine do not ask for.
    """

    title: str
    whole: PageCell | None
    names: tuple[PageCell, ...]
    types: tuple[PageCell, ...]
    more_types: tuple[PageCell, ...]
    facts: tuple[PropertyFact, ...]
    tables: tuple[PartTable, ...]
    inferred: tuple[PropertyFact, ...]
    inverses: tuple[PropertyFact, ...]
    for_machines: tuple[PropertyFact, ...]


def make_page(store: EmbeddedStore, description: EntityDescription, *, tables: bool = True) -> EntityPage:
    """Return what the page of a description shows in the language of the request; `tables` of parts are optional."""
    node = description.node
    parts, facts, inferred, technical = [], [], [], []
    own = {each.predicate: {value.term for value in each.values} for each in description.properties}
    broader = {each for each, terms in own.items() if terms <= _narrower_terms(store, each, own)}
    broader_inverses = _broader(store, {each.predicate: each.total for each in description.inverses})
    for each in description.properties:
        if compress(each.predicate.value) in _SHOWN or description.definition in [v.label for v in each.values]:
            continue
        if _leads_to_parts(each, node):
            parts += [_table(store, each)] if tables else []
        elif each.predicate in broader:
            continue
        elif _is_technical(each.predicate):
            technical.append(_fact(store, description, each))
        elif all(value.inferred for value in each.values):
            inferred.append(_fact(store, description, each))
        else:
            facts.append(_fact(store, description, each))
    told = {inverse for each in own for inverse in _inverses(store, each)}
    inverses = [
        each
        for each in description.inverses
        if each.predicate not in told | broader_inverses and not each.predicate.value.startswith(PREFIXES["void"])
    ]
    most = None if tables else _MOST_REFERRING
    types = [_cell(store, description, term("rdf:type"), value) for value in description.types]
    labels = [value for each in description.properties if each.predicate == term("rdfs:label") for value in each.values]
    title = page_label(store, node)
    return EntityPage(
        title=title,
        whole=_owner_of_part(store, node),
        names=tuple(cell_of(value.term, value.label) for value in labels if value.label != title),
        types=tuple(cell for cell in types if not cell.inferred),
        more_types=tuple(cell for cell in types if cell.inferred),
        facts=tuple(facts),
        tables=tuple(sorted(parts, key=lambda table: table.place)),
        inferred=tuple(inferred),
        inverses=tuple(
            _inverse(store, description, each, most) for each in inverses if not _is_technical(each.predicate)
        ),
        for_machines=(
            *technical,
            *(_inverse(store, description, each, most) for each in inverses if _is_technical(each.predicate)),
        ),
    )


def _is_technical(predicate: ox.NamedNode) -> bool:
    """Return whether a property says nothing of medicine, or only repeats others as text for queries."""
    name = compress(predicate.value)
    return name not in _READABLE and (not name.startswith("dualbio:") or name.endswith("Names"))


def _leads_to_parts(each: Property, node: ox.NamedNode) -> bool:
    return all(isinstance(value.term, ox.NamedNode) and is_part(value.term, node) for value in each.values) and any(
        not value.inferred for value in each.values
    )


def _narrower_terms(store: EmbeddedStore, predicate: ox.NamedNode, own: dict[ox.NamedNode, set[Term]]) -> set[Term]:
    """Return the values that narrower properties of the same thing have."""
    narrower = store.quads_for_pattern(None, term("rdfs:subPropertyOf"), predicate, None)
    named = [quad.subject for quad in narrower if isinstance(quad.subject, ox.NamedNode) and quad.subject != predicate]
    return {value for each in named for value in own.get(each, set())}


def _broader(store: EmbeddedStore, totals: dict[ox.NamedNode, int]) -> set[ox.NamedNode]:
    """Return the properties that say nothing beyond a narrower one that is there too, with as many values."""
    found = set()
    for predicate, total in totals.items():
        for quad in store.quads_for_pattern(None, term("rdfs:subPropertyOf"), predicate, None):
            if isinstance(quad.subject, ox.NamedNode) and totals.get(quad.subject) == total:
                found.add(predicate)
    return found


def _inverses(store: EmbeddedStore, predicate: ox.NamedNode) -> Iterator[object]:
    for quad in store.quads_for_pattern(predicate, term("owl:inverseOf"), None, None):
        yield quad.object
    for quad in store.quads_for_pattern(None, term("owl:inverseOf"), predicate, None):
        yield quad.subject


def _owner_of_part(store: EmbeddedStore, node: ox.NamedNode) -> PageCell | None:
    """Return the study, lesson or finding whose key begins the key of a part."""
    key = key_of(node.value).partition(".")[0]
    for kind in ("study", "lesson", "finding"):
        whole = ox.NamedNode(f"{BASE}{kind}/{key}") if key else node
        if is_part(node, whole) and any(store.quads_for_pattern(whole, None, None, None)):
            return cell_of(whole, page_label(store, whole))
    return None


# --- values -----------------------------------------------------------------------------------------------------------


def _fact(store: EmbeddedStore, about: EntityDescription, each: Property) -> PropertyFact:
    cells = tuple(_cell(store, about, each.predicate, value) for value in each.values)
    return PropertyFact(page_label(store, each.predicate), _property_address(each.predicate), cells, len(cells))


def _inverse(store: EmbeddedStore, about: EntityDescription, each: Inverse, most: int | None) -> PropertyFact:
    """Return what points to a thing: by the name of the inverse relation, else by the relation with its direction."""
    cells = tuple(
        replace(cell_of(value.term, _words(store, value), each.predicate), own=value.own and not about.own)
        for value in each.values[:most]
    )
    named = (page_label(store, other) for other in _inverses(store, each.predicate) if isinstance(other, ox.NamedNode))
    label = next(named, None) or say("“{relation}” this", relation=page_label(store, each.predicate))
    more = None
    if each.total > len(cells):
        more = (
            f"{local_path(about.node.value)}?{urlencode({'by': compress(each.predicate.value), 'offset': len(cells)})}"
        )
    return PropertyFact(label, _property_address(each.predicate), cells, each.total, more)


def _property_address(predicate: ox.NamedNode) -> str | None:
    return local_path(predicate.value)


def _words(store: EmbeddedStore, value: DescribedValue) -> str:
    return page_label(store, value.term) if isinstance(value.term, ox.NamedNode) else value.label


def _cell(store: EmbeddedStore, about: EntityDescription, predicate: ox.NamedNode, value: DescribedValue) -> PageCell:
    cell = replace(cell_of(value.term, _words(store, value), predicate), own=value.own and not about.own)
    if not value.inferred:
        return cell
    why = None
    if has_route("/why") and isinstance(value.term, ox.NamedNode):
        names = {"s": compress(about.node.value), "p": compress(predicate.value), "o": compress(value.term.value)}
        why = f"{local_path(f'{BASE}why')}?{urlencode(names)}"
    return replace(cell, inferred=True, why=why)


def cell_of(value: Term, label: str, predicate: ox.NamedNode | None = None) -> PageCell:
    """Return a term as it stands on a page."""
    if isinstance(value, ox.BlankNode):
        return PageCell(label)
    if isinstance(value, ox.NamedNode):
        hint = None if value.value.startswith(BASE) else compress(value.value)
        told = "en" if hint and page_language() != "en" else None  # other vocabularies are read in English
        return PageCell(label, local_path(value.value), hint if hint != label else None, language=told)
    name = compress(predicate.value).removeprefix("dualbio:") if predicate else ""
    if name in _ADDRESSES and not any(sign in value.value for sign in ' <>"'):
        target = _ADDRESSES[name] + value.value
        return PageCell(value.value, target if target.startswith(("https://", "http://")) else None)
    if value.datatype.value == _BOOLEAN:
        return PageCell(say({"true": "yes", "false": "no"}.get(value.value, value.value)))
    language = value.language or ("en" if value.datatype.value == _STRING else None)  # records are written in English
    return PageCell(value.value, language=language if language != page_language() else None)


# --- tables of parts --------------------------------------------------------------------------------------------------


def _table(store: EmbeddedStore, each: Property) -> PartTable:
    name = compress(each.predicate.value).removeprefix("dualbio:")
    parts = [(value, value.term) for value in each.values]
    known = [(value, _own_values(store, part)) for value, part in parts if isinstance(part, ox.NamedNode)]
    wanted = [term(column) for column in _COLUMNS.get(name, ())]
    columns = [column for column in wanted if any(column in own for _, own in known)]
    rows = tuple(
        (
            cell_of(value.term, _words(store, value)),
            tuple(tuple(_cells(store, column, _printed(own, column))) for column in columns),
        )
        for value, own in known
    )
    place = list(_COLUMNS).index(name) if name in _COLUMNS else len(_COLUMNS)
    headings = tuple(page_label(store, column).removeprefix("has ") for column in columns)
    return PartTable(_heading(store, each), place, headings, rows)


def _heading(store: EmbeddedStore, each: Property) -> str:
    """Return what the parts are called, where they are of one kind and the label says no more."""
    kinds = {kind_of(value.term.value) for value in each.values if isinstance(value.term, ox.NamedNode)}
    kind = kinds.pop() if len(kinds) == 1 else ""
    if each.label.startswith("has ") and kind in KIND_NAMES:
        return say(KIND_NAMES[kind])
    return page_label(store, each.predicate).capitalize()


def _own_values(store: EmbeddedStore, part: ox.NamedNode) -> dict[ox.NamedNode, list[object]]:
    own: dict[ox.NamedNode, list[object]] = {}
    for quad in store.quads_for_pattern(part, None, None, None):
        values = own.setdefault(quad.predicate, [])
        if quad.object not in values:
            values.append(quad.object)
    return own


def _printed(own: dict[ox.NamedNode, list[object]], column: ox.NamedNode) -> list[object]:
    """Return the values of a column; a number as the source printed it, with the zeros at its end."""
    return own.get(ox.NamedNode(f"{column.value}Printed")) or own.get(column, [])


def _cells(store: EmbeddedStore, column: ox.NamedNode, values: Iterable[object]) -> Iterator[PageCell]:
    if column in (term("hasRegimen"), term("hasStep")):
        named = [value for value in values if isinstance(value, ox.NamedNode)]
        inner = [step for each in named for step in _own_values(store, each).get(term("hasStep"), [])]
        yield from _steps(store, named if column == term("hasStep") else inner)
        return
    for value in values:
        assert isinstance(value, Term)
        yield cell_of(
            value, page_label(store, value) if isinstance(value, ox.NamedNode) else label_of(store, value), column
        )


def _steps(store: EmbeddedStore, steps: Iterable[object]) -> Iterator[PageCell]:
    """Yield the steps of a regimen in order, each by its agent and the week in which it starts."""
    known = [(step, _own_values(store, step)) for step in steps if isinstance(step, ox.NamedNode)]
    for step, own in sorted(known, key=lambda item: _number(item[1].get(term("position"), []))):
        yield PageCell(_step_words(store, own) or label_of(store, step), local_path(step.value))


def _step_words(store: EmbeddedStore, own: dict[ox.NamedNode, list[object]]) -> str:
    """Return what a step gives, in which role unless it is tested, and from which week."""

    def words(*names: str) -> str:
        found = [value for name in names for value in own.get(term(name), [])]
        known = [value for value in found if isinstance(value, GroundTerm)]
        return " or ".join(dict.fromkeys(label_of(store, value) for value in known))

    placebo, agent, week = words("placeboFor"), words("usesDrug", "usesDrugClass", "usesOneOf"), words("startWeek")
    if not agent and not placebo:
        return ""
    role = own.get(term("stepRole"), [])
    quiet = placebo or term("value:step-role.active") in role
    roles = [] if quiet else [words("stepRole")]
    notes = ", ".join([*roles, *([f"week {week}"] if week else [])])
    return (f"placebo for {placebo}" if placebo else agent) + (f" ({notes})" if notes else "")


def _number(values: list[object]) -> float:
    return min((float(each.value) for each in values if isinstance(each, ox.Literal)), default=float("inf"))
