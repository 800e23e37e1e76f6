"""RDF/XML (W3C Recommendation of 25 February 2014), written as a stream.

A property is an element name there, so that its IRI must end in an XML name; what has none is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from xml.sax.saxutils import escape, quoteattr

import pyoxigraph as ox

from dualbio.errors import DualbioError
from dualbio.namespaces import PREFIXES

__all__ = ["ExportError", "xml_pieces"]

Triples = Iterable[ox.Triple]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]*\Z")
_RDF = PREFIXES["rdf"]
_STRING = f"{PREFIXES['xsd']}string"
#: What XML 1.0 cannot hold, not even as a character reference.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class ExportError(DualbioError):
    """The data cannot be written in the wanted format."""


def xml_pieces(read: Callable[[], Triples]) -> Iterator[str]:
    """Yield an RDF/XML document; `read` gives the triples, twice, with those of a subject beside each other.

    Raises:
        ExportError: a property has no XML name, or a text holds a character that XML excludes.
    """
    names = _element_names({triple.predicate.value for triple in read()})
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<rdf:RDF'
    for prefix, namespace in sorted({prefix: namespace for prefix, namespace, _ in names.values()}.items()):
        if prefix != "rdf":
            yield f"\n    xmlns:{prefix}={quoteattr(namespace)}"
    yield f"\n    xmlns:rdf={quoteattr(_RDF)}>\n"
    for subject, triples in groupby(read(), key=lambda triple: triple.subject):
        yield f"  <rdf:Description {_node('about', subject)}>\n"
        for triple in triples:
            prefix, _, local = names[triple.predicate.value]
            yield _element(f"{prefix}:{local}", triple)
        yield "  </rdf:Description>\n"
    yield "</rdf:RDF>\n"


def _element_names(predicates: Iterable[str]) -> Mapping[str, tuple[str, str, str]]:
    """Return prefix, namespace and local name of each predicate; new prefixes are numbered in order of namespace."""
    parts = {predicate: _split(predicate) for predicate in sorted(predicates)}
    known = {namespace: prefix for prefix, namespace in PREFIXES.items()}
    new = sorted({namespace for namespace, _ in parts.values()} - known.keys())
    known |= {namespace: f"ns{number}" for number, namespace in enumerate(new, 1)}
    return {predicate: (known[namespace], namespace, local) for predicate, (namespace, local) in parts.items()}


def _split(predicate: str) -> tuple[str, str]:
    found = _NAME.search(predicate)
    if found is None:
        raise ExportError(
            f"the property <{predicate}> does not end in an XML name, which RDF/XML needs; "
            "repair: export in another format, such as ttl"
        )
    return predicate[: found.start()], found[0]


def _element(name: str, triple: ox.Triple) -> str:
    value = triple.object
    if not isinstance(value, ox.Literal):
        return f"    <{name} {_node('resource', value)}/>\n"
    if _ILLEGAL.search(value.value):
        raise ExportError(
            f"a text of {triple.subject} holds a control character, which XML excludes; "
            "repair: remove it from the record, or export in another format, such as ttl"
        )
    mark = ""
    if value.language:
        mark = f" xml:lang={quoteattr(value.language)}"
    elif value.datatype.value != _STRING:
        mark = f" rdf:datatype={quoteattr(value.datatype.value)}"
    return f"    <{name}{mark}>{escape(value.value, {chr(13): '&#13;'})}</{name}>\n"


def _node(attribute: str, node: object) -> str:
    if isinstance(node, ox.BlankNode):
        return f'rdf:nodeID="b{node.value}"'  # an XML name may not begin with a digit
    assert isinstance(node, ox.NamedNode)
    return f"rdf:{attribute}={quoteattr(node.value)}"
