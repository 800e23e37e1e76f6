"""A description as one nested JSON-LD document: the entity at the root, its parts inside, the rest after it.

Nothing is left out and nothing is repeated: as RDF the document has exactly the triples of the description. A node is
written in full where it is first met as a part, elsewhere by `id` and `name`; what only points to the root, or tells
the labels of what is named, stands under `included`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pyoxigraph as ox

from dualbio.describe import describe, is_part
from dualbio.model.namespaces import BASE, VOCABULARY, compress, graph_iri, term
from dualbio.model.rdf_terms import Resource
from dualbio.rdf.context import LANGUAGE_MAPS, NAMES, context, trimmed
from dualbio.rdf.jsonld import value_object
from dualbio.rdf.prefixes import compact
from dualbio.store.embedded import EmbeddedStore

__all__ = ["document", "nested"]


_TYPE = term("rdf:type")
_LABEL = term("rdfs:label")
_POSITION = term("position")
#: Properties that name a part where it stands elsewhere; the part itself stands with its whole.
_REFERRING = frozenset({"firstStep", "secondStep", "startsAfter", "startsWith", "phaseOf"})
_DECIMAL = term("xsd:decimal")
_SHORT = {term(iri): name for name, iri in {**LANGUAGE_MAPS, **NAMES}.items()}


def nested(root: ox.NamedNode, triples: Iterable[ox.Triple], names: dict[str, Any]) -> dict[str, Any]:
    """Return the document of `root`: the triples of its description, and of the context `names` what it uses."""
    frame = _Frame(triples, names)
    root_node = frame.node(root)
    included = [frame.node(node) for node in sorted(frame.subjects(), key=_place) if node not in frame.written]
    if included:
        root_node["included"] = included
    return {"@context": trimmed(names, root_node), **root_node}


def document(store: EmbeddedStore, node: ox.NamedNode) -> dict[str, Any] | None:
    """Return the document of `node` with its parts, under the published context; None when nothing is known of it."""
    found = describe(store, node, parts=True)
    if found is None:
        return None
    return nested(node, found.triples, context(quad.triple for quad in store.quads(graph_iri("ontology"))))


class _Frame:
    """The triples by subject, and which nodes have been written."""

    def __init__(self, triples: Iterable[ox.Triple], context: Mapping[str, Any]) -> None:
        self.context = context
        self.written: set[Resource] = set()
        self._own: dict[Resource, list[ox.Triple]] = {}
        for triple in triples:
            assert isinstance(triple.subject, Resource)
            self._own.setdefault(triple.subject, []).append(triple)

    def subjects(self) -> Iterable[Resource]:
        """Return everything that something is said about."""
        return list(self._own)

    def node(self, subject: Resource) -> dict[str, Any]:
        """Return a node in full, with its parts inside."""
        self.written.add(subject)
        members: dict[str, Any] = {"id": _name(subject)}
        own = self._own.get(subject, [])
        types = sorted(_class(triple.object) for triple in own if _names_class(triple))
        if types:
            members["type"] = types[0] if len(types) == 1 else types
        called = self._called(subject)
        if called:
            members["name"] = called
        for triple in sorted(own, key=self._order):
            if not _names_class(triple):
                self._put(members, subject, triple)
        return members

    def _put(self, members: dict[str, Any], subject: Resource, triple: ox.Triple) -> None:
        key, value = self._key(triple), triple.object
        if isinstance(self.context.get(key), dict) and "@container" in self.context[key]:
            assert isinstance(value, ox.Literal)
            _append(members.setdefault(key, {}), value.language or "none", value.value)
            return
        _append(members, key, self._value(key, subject, value))

    def _key(self, triple: ox.Triple) -> str:
        """Return the name of a property; a text in a language map must be one, a coerced number must be that."""
        predicate, value = triple.predicate, triple.object
        short = _SHORT.get(predicate)
        if short in LANGUAGE_MAPS:
            text = isinstance(value, ox.Literal) and (value.language or value.datatype == term("xsd:string"))
            return short if short and text else compact(predicate.value)
        local = predicate.value.removeprefix(VOCABULARY)
        if short or local == predicate.value:
            return short or compact(predicate.value)
        return f"dualbio:{local}" if _is_taken(self.context, local) else local

    def _value(self, key: str, subject: Resource, value: object) -> Any:
        if isinstance(value, ox.Literal):
            if self._coerced(key):
                return value.value if value.datatype == _DECIMAL else value_object_typed(value)
            return value_object(value)
        assert isinstance(value, Resource)
        if key not in _REFERRING and value not in self.written and value in self._own and _belongs(value, subject):
            return self.node(value)
        called = self._called(value)
        return {"id": _name(value), **({"name": called} if called else {})}

    def _coerced(self, key: str) -> bool:
        definition = self.context.get(key)
        return isinstance(definition, dict) and "@type" in definition

    def _called(self, node: Resource) -> str | None:
        labels = [
            t.object for t in self._own.get(node, []) if t.predicate == _LABEL and isinstance(t.object, ox.Literal)
        ]
        best = min(labels, key=lambda each: ({"en": 0, None: 1}.get(each.language, 2), each.value), default=None)
        return best.value if best else None

    def _order(self, triple: ox.Triple) -> tuple[int, str, float, str]:
        """Return the place of a triple: names and texts, then our own properties, where parts stand, then others."""
        key = self._key(triple)
        rank = 0 if key in LANGUAGE_MAPS or key == "key" else 1 if triple.predicate.value.startswith(VOCABULARY) else 2
        return (rank, key, self._position(triple.object), str(triple.object))

    def _position(self, node: object) -> float:
        own = self._own.get(node, []) if isinstance(node, ox.NamedNode) else []
        found = [t.object.value for t in own if t.predicate == _POSITION and isinstance(t.object, ox.Literal)]
        return float(found[0]) if found else float("inf")


def value_object_typed(value: ox.Literal) -> dict[str, str]:
    """Return a literal with its datatype or language spelt out, for a place where another one is assumed."""
    if value.language:
        return {"@value": value.value, "@language": value.language}
    return {"@value": value.value, "@type": compact(value.datatype.value)}


def _is_taken(context: Mapping[str, Any], local: str) -> bool:
    """Return whether a name of the vocabulary means something else as a key, such as the prefix `drug`."""
    definition = context.get(local, False)
    if definition is False:
        return False
    return not (isinstance(definition, dict) and definition.get("@id") == f"dualbio:{local}")


def _belongs(value: Resource, subject: Resource) -> bool:
    if isinstance(value, ox.BlankNode):
        return True
    return isinstance(subject, ox.NamedNode) and is_part(value, subject)


def _names_class(triple: ox.Triple) -> bool:
    return triple.predicate == _TYPE and not isinstance(triple.object, ox.Literal)


def _class(node: object) -> str:
    assert isinstance(node, Resource)
    name = _name(node)
    return name.removeprefix("dualbio:")


def _name(node: Resource) -> str:
    if isinstance(node, ox.BlankNode):
        return f"_:{node.value}"
    return node.value if node.value.startswith(BASE) and not node.value.startswith(VOCABULARY) else compact(node.value)


def _place(node: Resource) -> tuple[bool, str]:
    return isinstance(node, ox.BlankNode), compress(node.value)


def _append(members: dict[str, Any], key: str, value: Any) -> None:
    if key not in members:
        members[key] = value
    elif isinstance(members[key], list):
        members[key].append(value)
    else:
        members[key] = [members[key], value]
