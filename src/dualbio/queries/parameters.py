"""Values that users give for parameters, checked and turned into RDF terms; never pasted into query text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal

import pyoxigraph as ox

from dualbio.errors import ParameterError, did_you_mean
from dualbio.model.namespaces import KINDS, term
from dualbio.model.rdf_terms import GroundTerm
from dualbio.queries.head import Parameter
from dualbio.queries.resolver import Resolver

__all__ = ["LARGEST", "ParameterFaultsError", "check_form", "parameter_terms", "whole_number"]


class ParameterFaultsError(ParameterError):
    """Parameters do not fit; `faults` says for each of them, by name, what is wrong."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        """Keep the faults."""
        super().__init__("; ".join(faults.values()))
        self.faults = dict(faults)


_INTEGER = re.compile(r"([+-]?[0-9]+)(\.0*)?")
_DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
#: Numbers lie between minus this and this, and have up to 18 decimals: what the engine's decimals hold.
LARGEST = 10**18
_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def parameter_terms(param: Parameter, given: object, resolver: Resolver) -> tuple[GroundTerm, ...]:
    """Return the RDF terms of a value given for `param`.

    A list is a sequence, or a text whose values are separated by commas.

    Raises:
        ParameterError: a value is not of the parameter's type, or there are several where one is accepted.
    """
    if isinstance(given, str) and "," in given and _names_individual(param):
        with suppress(ParameterError):  # a name may itself hold a comma
            return (_term(param, given, resolver),)
    values = _values_of(param, given)
    return tuple(dict.fromkeys(_term(param, value, resolver) for value in values))


def check_form(param: Parameter, value: object) -> str | None:
    """Return what is wrong with the form of `value`, or None; whether an individual exists is not asked here."""
    if _names_individual(param):
        return None if str(value).strip() else "found nothing; accepted: a key, label or IRI"
    try:
        _literal(param, value)
    except ParameterError as error:
        return str(error)
    return None


def _names_individual(param: Parameter) -> bool:
    return param.type in KINDS or param.type == "iri"


def _values_of(param: Parameter, given: object) -> Sequence[object]:
    if isinstance(given, str):
        parts: Sequence[object] = [part.strip() for part in given.split(",")] if param.list else [given.strip()]
    elif isinstance(given, Sequence) and not isinstance(given, bytes):
        parts = given
    elif isinstance(given, (set, frozenset)):
        parts = sorted(given, key=str)
    else:
        parts = [given]
    if len(parts) != 1 and not param.list:
        raise ParameterError(f"parameter '{param.name}': found {len(parts)} values; accepted: one")
    if not parts or any(part is None or part == "" for part in parts):
        raise ParameterError(f"parameter '{param.name}': found an empty value; accepted: {_accepted(param)}")
    return parts


def _term(param: Parameter, value: object, resolver: Resolver) -> GroundTerm:
    if not _names_individual(param):
        return _literal(param, value)
    text = value.value if isinstance(value, ox.NamedNode) else str(value)
    try:
        return resolver.resolve(text, None if param.type == "iri" else param.type, param.scheme)
    except ParameterError as error:
        raise ParameterError(f"parameter '{param.name}': {error}") from error


def _literal(param: Parameter, value: object) -> ox.Literal:
    text = value.value if isinstance(value, ox.Literal) else str(value).strip()
    match param.type:
        case "string":
            return ox.Literal(text)
        case "enum" if text in (param.values or ()):
            return ox.Literal(text)
        case "integer" if (whole := whole_number(text)) is not None:
            return ox.Literal(str(whole), datatype=term("xsd:integer"))
        case "decimal" if _DECIMAL.fullmatch(text) and abs(Decimal(text)) <= LARGEST:
            return ox.Literal(_decimal_text(Decimal(text)), datatype=term("xsd:decimal"))
        case "boolean" if text.lower() in _BOOLEANS:
            return ox.Literal(_BOOLEANS[text.lower()])
        case "date" if _is_date(value, text):
            return ox.Literal(text[:10], datatype=term("xsd:date"))
    hint = did_you_mean(text, param.values or ())
    raise ParameterError(f"parameter '{param.name}': found '{text}'; accepted: {_accepted(param)}{hint}")


def whole_number(text: str) -> int | None:
    """Return the whole number that is written in `text`, with or without zeros behind a point; None if it is none.

    >>> whole_number("52"), whole_number("52.0"), whole_number("52.5")
    (52, 52, None)
    """
    found = _INTEGER.fullmatch(text)
    return int(found[1]) if found and abs(Decimal(text)) <= LARGEST else None


def _decimal_text(number: Decimal) -> str:
    exact = number.as_tuple().exponent
    return f"{round(number, 18) if isinstance(exact, int) and exact < -18 else number:f}"


def _is_date(value: object, text: str) -> bool:
    if isinstance(value, (date, datetime)):
        return True
    try:
        return date.fromisoformat(text).isoformat() == text  # Python reads compact and week dates too
    except ValueError:
        return False


def _accepted(param: Parameter) -> str:
    match param.type:
        case "enum":
            return ", ".join(param.values or ())
        case "integer":
            return f"a whole number such as 52, up to {LARGEST:,}"
        case "decimal":
            return f"a number such as 1.5, up to {LARGEST:,}"
        case "boolean":
            return "true, false"
        case "date":
            return "a date such as 2026-01-31"
        case "string":
            return "a text"
        case "iri":
            return "the IRI, CURIE, key or label of anything in the data"
        case kind:
            return f"the key, label, synonym, outside identifier, CURIE or IRI of a {kind}"
