"""Numbers as literals: whole units as xsd:integer, measurements as xsd:decimal.

A graph pattern matches terms, not values: `52` finds an integer and not the decimal `52.0`.  So what is counted or set
in units (weeks, doses, the level of an interval) is an integer where it is whole; what is measured is always a decimal.
"""

from __future__ import annotations

from decimal import Decimal

from pyoxigraph import Literal

from dualbio.model.namespaces import term

__all__ = ["number_literal"]


def number_literal(number: Decimal, *, counted: bool = False) -> Literal:
    """Return a number in the form that a store gives back: no zeros at the end, no negative zero.

    >>> str(number_literal(Decimal("52.0"), counted=True))
    '"52"^^<http://www.w3.org/2001/XMLSchema#integer>'
    >>> str(number_literal(Decimal("52.50"), counted=True)), str(number_literal(Decimal("8.0")))
    ('"52.5"^^<http://www.w3.org/2001/XMLSchema#decimal>', '"8"^^<http://www.w3.org/2001/XMLSchema#decimal>')
    """
    whole = counted and number == number.to_integral_value()
    text = f"{number.normalize():f}"
    return Literal("0" if text == "-0" else text, datatype=term("xsd:integer" if whole else "xsd:decimal"))
