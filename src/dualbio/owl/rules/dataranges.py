"""Data ranges as filters: the values of the OWL 2 datatype map that a rule can distinguish, and how.

A value belongs to a datatype by what it is, not by how it was written (OWL 2 Structural Specification, section 4:
https://www.w3.org/TR/owl2-syntax/#Datatype_Maps): `3` written as an integer is a non-negative integer too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pyoxigraph as ox

from dualbio.model.rdf_terms import VarOrTerm
from dualbio.owl.rules.model import RuleError, short

__all__ = ["range_filters"]

#: What each facet compares by.
_FACETS = {"xsd:minInclusive": ">=", "xsd:maxInclusive": "<=", "xsd:minExclusive": ">", "xsd:maxExclusive": "<"}

#: Least and greatest value of each datatype of whole numbers.
_WHOLE: dict[str, tuple[int | None, int | None]] = {
    "xsd:integer": (None, None),
    "xsd:nonNegativeInteger": (0, None),
    "xsd:positiveInteger": (1, None),
    "xsd:nonPositiveInteger": (None, 0),
    "xsd:negativeInteger": (None, -1),
    "xsd:long": (-(2**63), 2**63 - 1),
    "xsd:int": (-(2**31), 2**31 - 1),
    "xsd:short": (-(2**15), 2**15 - 1),
    "xsd:byte": (-(2**7), 2**7 - 1),
    "xsd:unsignedLong": (0, 2**64 - 1),
    "xsd:unsignedInt": (0, 2**32 - 1),
    "xsd:unsignedShort": (0, 2**16 - 1),
    "xsd:unsignedByte": (0, 2**8 - 1),
}
#: How the values of a datatype may be written.
_WRITTEN = {
    **dict.fromkeys(("xsd:decimal", *_WHOLE), ("xsd:decimal", *_WHOLE)),
    "xsd:double": ("xsd:double",),
    "xsd:float": ("xsd:float",),
    "xsd:boolean": ("xsd:boolean",),
    "xsd:anyURI": ("xsd:anyURI",),
    "rdf:langString": ("rdf:langString",),
    "xsd:dateTime": ("xsd:dateTime", "xsd:dateTimeStamp"),
    "xsd:string": (
        *("xsd:string", "xsd:normalizedString", "xsd:token", "xsd:language"),
        *("xsd:Name", "xsd:NCName", "xsd:NMTOKEN"),
    ),
}
_ORDERED = ("xsd:decimal", *_WHOLE, "xsd:double", "xsd:float", "xsd:dateTime")


def range_filters(
    node: VarOrTerm, datatype: object, facets: Iterable[Mapping[str, Sequence[object]]]
) -> tuple[str, ...]:
    """Return the SPARQL filters that hold when `node` is a value of `datatype` within `facets`.

    Args:
        node: the variable that holds the value.
        datatype: a datatype of the OWL 2 map.
        facets: for each facet its CURIE and values.

    Raises:
        RuleError: no filter says that.
    """
    name = short(datatype) if isinstance(datatype, ox.NamedNode) else ""
    filters: list[str] = []
    if name in _WRITTEN:
        filters = [f"DATATYPE({node}) IN ({', '.join(_WRITTEN[name])})", *_whole(node, name)]
    elif name != "rdfs:Literal":
        accepted = ", ".join(("rdfs:Literal", *sorted(_WRITTEN)))
        raise RuleError(f"found the data range '{name or datatype}'; accepted: {accepted}, and lists of values")
    for facet in facets:
        for curie, values in facet.items():
            if curie not in _FACETS or name not in _ORDERED:
                raise RuleError(
                    f"found the facet {curie} of {name}; accepted: {', '.join(_FACETS)} of {', '.join(_ORDERED)}"
                )
            filters += [f"{node} {_FACETS[curie]} {value}" for value in values]
    return tuple(filters)


def _whole(node: VarOrTerm, name: str) -> list[str]:
    if name not in _WHOLE:
        return []
    least, greatest = _WHOLE[name]
    # As decimals: the engine's integers end at 64 bits, and one bound lies beyond.
    bounds = [(">=", least), ("<=", greatest)]
    return [f"FLOOR({node}) = {node}", *(f"{node} {sign} {bound}.0" for sign, bound in bounds if bound is not None)]
