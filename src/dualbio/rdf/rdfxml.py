"""RDF/XML (W3C Recommendation of 25 February 2014): the one writer of it, for exports, documents and answers.

Not every graph can be written so (section 5.1.1 and 7.2.11): a property is an element name there, and some names have
a meaning of their own. What a reader would not get back as it was is refused, and nothing else is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain, groupby, islice
from typing import IO
from xml.sax.saxutils import escape, quoteattr

import pyoxigraph as ox

from dualbio.errors import ExportError
from dualbio.model.namespaces import PREFIXES
from dualbio.rdf.xml_text import XmlOutput

__all__ = ["write_rdfxml"]

Triples = Iterable[ox.Triple]

#: Letters of XML names that readers of every edition of XML 1.0 take; a subset of NCName.
_LETTER = "A-Za-z_\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff\u4e00-\u9fa5"
_NAME = re.compile(rf"[{_LETTER}][{_LETTER}0-9.\-]*\Z")
_NO_NAME = re.compile(rf"[^{_LETTER}0-9.\-]")
_RDF = PREFIXES["rdf"]
_STRING = f"{PREFIXES['xsd']}string"
#: Names of the rdf namespace that are no property elements (section 7.2.5); `li` would come back as `_1`.
_SYNTAX = frozenset(
    {"RDF", "ID", "Description", "about", "aboutEach", "aboutEachPrefix", "bagID", "datatype", "li", "nodeID"}
    | {"parseType", "resource"}
)
#: Triples that are looked at before the first is written: their namespaces are declared once, at the top.
_LOOKED_AT = 4096
_REPAIR = "repair: take another format, such as Turtle"


def write_rdfxml(triples: Triples, output: IO[bytes]) -> None:
    """Write an RDF/XML document; triples of a subject that follow each other share an element.

    Raises:
        ExportError: RDF/XML has no way to write a triple: a property without an XML name, or with one that means
            something else there, a triple as a term, a direction, a control character.
    """
    xml = XmlOutput(output)
    for piece in _pieces(triples):
        xml.write(piece.encode())


def _pieces(triples: Triples) -> Iterator[str]:
    rest = iter(triples)
    first = list(islice(rest, _LOOKED_AT))
    names = _Names({triple.predicate.value for triple in first})
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<rdf:RDF'
    for prefix, namespace in sorted(names.declared.items()):
        yield f"\n    xmlns:{prefix}={quoteattr(namespace)}"
    yield f"\n    xmlns:rdf={quoteattr(_RDF)}>\n"
    for subject, own in groupby(chain(first, rest), key=lambda triple: triple.subject):
        yield f"  <rdf:Description {_node('about', subject)}>\n"
        for triple in own:
            yield _element(*names.tags(triple.predicate.value), triple.object)
        yield "  </rdf:Description>\n"
    yield "</rdf:RDF>\n"


class _Names:
    """Element names of properties: those known at the beginning use a prefix of the top, others declare their own."""

    def __init__(self, predicates: Iterable[str]) -> None:
        parts = [_split(predicate) for predicate in sorted(predicates)]
        self._prefixes = {namespace: prefix for prefix, namespace in PREFIXES.items()}
        new = sorted({namespace for namespace, _ in parts} - self._prefixes.keys())
        self._prefixes |= {namespace: f"ns{number}" for number, namespace in enumerate(new, 1)}
        self.declared = {self._prefixes[namespace]: namespace for namespace, _ in parts if namespace != _RDF}
        self._tags: dict[str, tuple[str, str]] = {}

    def tags(self, predicate: str) -> tuple[str, str]:
        """Return the name of a property's element, and what declares its prefix where the top does not."""
        found = self._tags.get(predicate)
        if found is None:
            namespace, local = _split(predicate)
            prefix = self._prefixes.get(namespace, "ns")
            known = namespace == _RDF or self.declared.get(prefix) == namespace
            found = f"{prefix}:{local}", "" if known else f" xmlns:{prefix}={quoteattr(namespace)}"
            self._tags[predicate] = found
        return found


def _split(predicate: str) -> tuple[str, str]:
    """Return namespace and local name of a property."""
    backwards = _NO_NAME.search(predicate[::-1])
    start = len(predicate) - backwards.start() if backwards else 0
    found = _NAME.search(predicate, _first_letter(predicate, start))
    if found is None or found.start() == 0:
        raise ExportError(f"the property <{predicate}> does not end in an XML name, which RDF/XML needs; {_REPAIR}")
    namespace, local = predicate[: found.start()], found[0]
    if namespace == _RDF and local in _SYNTAX:
        raise ExportError(
            f"the property rdf:{local} is a word of RDF/XML itself and cannot be written in it; {_REPAIR}"
        )
    return namespace, local


def _first_letter(predicate: str, start: int) -> int:
    return next((at for at in range(start, len(predicate)) if _NAME.match(predicate[at])), len(predicate))


def _element(name: str, declared: str, value: object) -> str:
    if isinstance(value, ox.Triple):
        raise ExportError(f"a triple is the object of {name}, which RDF/XML cannot say; {_REPAIR}")
    if not isinstance(value, ox.Literal):
        return f"    <{name}{declared} {_node('resource', value)}/>\n"
    mark = ""
    if value.direction:
        raise ExportError(f"a text of {name} has a direction, which RDF/XML cannot say; {_REPAIR}")
    if value.language:
        mark = f" xml:lang={quoteattr(value.language)}"
    elif value.datatype.value != _STRING:
        mark = f" rdf:datatype={quoteattr(value.datatype.value)}"
    return f"    <{name}{declared}{mark}>{escape(value.value)}</{name}>\n"


def _node(attribute: str, node: object) -> str:
    if isinstance(node, ox.BlankNode):  # an XML name begins with a letter, and has no colon
        plain = f"b{node.value}"
        return f'rdf:nodeID="{plain if _NAME.fullmatch(plain) else f"x{node.value.encode().hex()}"}"'
    assert isinstance(node, ox.NamedNode)
    return f"rdf:{attribute}={quoteattr(node.value)}"
