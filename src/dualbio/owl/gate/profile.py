"""The OWL 2 DL profile: OWLAPI checks whether axioms and facts keep its global restrictions.

Outside it HermiT's answers mean nothing: undeclared terms, unknown datatypes such as xsd:date, one name for a class
and a datatype, a transitive property in a cardinality (https://www.w3.org/TR/owl2-syntax/#Ontologies, section 3).
OWLAPI 3.4 looks at all of that except datatypes outside the OWL 2 datatype map, which are looked for here (section 4).
It lets pass an object property that is an annotation property too, and invented terms of the owl: namespace.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pyoxigraph as ox

from dualbio.model.namespaces import PREFIXES, term
from dualbio.owl.gate.ask import ask_owlapi
from dualbio.rdf.rdfxml import write_rdfxml

__all__ = ["profile_violations"]

_XSD = PREFIXES["xsd"]
_NUMBERS = (
    "decimal integer nonNegativeInteger nonPositiveInteger positiveInteger negativeInteger long int short byte "
    "unsignedLong unsignedInt unsignedShort unsignedByte double float"
)
_TEXTS = "string normalizedString token language Name NCName NMTOKEN"
_OTHERS = "boolean hexBinary base64Binary anyURI dateTime dateTimeStamp"
#: OWL 2 Structural Specification, section 4, without the rdf: and owl: datatypes.
_DATATYPE_MAP = frozenset(f"{_XSD}{name}" for name in f"{_NUMBERS} {_TEXTS} {_OTHERS}".split())


def profile_violations(triples: Iterable[ox.Triple], *, seconds: float = 300) -> tuple[str, ...]:
    """Return what breaks OWL 2 DL, one text each with the kind of violation and the axiom; empty when nothing does.

    Raises:
        MissingExtraError: the extra `reason` is not installed.
        HermitError: OWLAPI could not read the axioms or took longer than `seconds`.
    """
    triples = list(triples)
    unknown = tuple(f"DatatypeOutsideMap: {name}" for name in sorted(_unknown_datatypes(triples)))
    return (*unknown, *_ask(triples, seconds))


def _unknown_datatypes(triples: Sequence[ox.Triple]) -> Iterator[str]:
    """Yield datatypes outside the map; annotations have no meaning that they could spoil."""
    skipped = {t.subject for t in triples if t.object == term("owl:AnnotationProperty")}
    found = {_datatype(triple.object) for triple in triples if triple.predicate not in skipped}
    yield from (name for name in found if name.startswith(_XSD) and name not in _DATATYPE_MAP)


def _datatype(node: object) -> str:
    """Return the datatype that a literal has or a name is; of other nodes nothing."""
    if isinstance(node, ox.Literal):
        return node.datatype.value
    return node.value if isinstance(node, ox.NamedNode) else ""


def _ask(triples: Iterable[ox.Triple], seconds: float) -> tuple[str, ...]:
    with tempfile.TemporaryDirectory(prefix="dualbio-reason-") as folder:
        file = Path(folder) / "input.rdf"
        with file.open("wb") as out:
            write_rdfxml(triples, out)
        return ask_owlapi("profile", file, seconds=seconds)
