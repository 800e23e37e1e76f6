"""Values that users give for parameters, checked and turned into RDF terms; never pasted into query text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

import pyoxigraph as ox

from dualbio.errors import ParameterError, did_you_mean
from dualbio.namespaces import KINDS, term
from dualbio.queries.head import Parameter
from dualbio.queries.resolver import Resolver

__all__ = ["Term", "check_form", "parameter_terms"]

Term = ox.NamedNode | ox.Literal

_INTEGER = re.compile(r"[+-]?[0-9]+")
_DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]+)?|\.[0-9]+)")
_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def parameter_terms(param: Parameter, given: object, resolver: Resolver) -> tuple[Term, ...]:
    """Return the RDF terms of a value given for `param`.

    A list is a sequence, or a text whose values are separated by commas.

    Raises:
        ParameterError: a value is not of the parameter's type, or there are several where one is accepted.
    """
    if isinstance(given, str) and "," in given and _names_individual(param):
        with suppress(ParameterError):  # a name may itself hold a comma
            return (_term(param, given, resolver),)
    values = _several(param, given)
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


def _several(param: Parameter, given: object) -> Sequence[object]:
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


def _term(param: Parameter, value: object, resolver: Resolver) -> Term:
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
        case "integer" if _INTEGER.fullmatch(text):
            return ox.Literal(str(int(text)), datatype=term("xsd:integer"))
        case "decimal" if _DECIMAL.fullmatch(text):
            return ox.Literal(_plain(text), datatype=term("xsd:decimal"))
        case "boolean" if text.lower() in _BOOLEANS:
            return ox.Literal(_BOOLEANS[text.lower()])
        case "date" if _is_date(value, text):
            return ox.Literal(text[:10], datatype=term("xsd:date"))
    hint = did_you_mean(text, param.values or ())
    raise ParameterError(f"parameter '{param.name}': found '{text}'; accepted: {_accepted(param)}{hint}")


def _plain(text: str) -> str:
    try:
        return f"{Decimal(text):f}"
    except InvalidOperation as error:
        raise ParameterError(f"found '{text}'; accepted: a number such as 1.5") from error


def _is_date(value: object, text: str) -> bool:
    if isinstance(value, (date, datetime)):
        return True
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == 10


def _accepted(param: Parameter) -> str:
    match param.type:
        case "enum":
            return ", ".join(param.values or ())
        case "integer":
            return "a whole number such as 52"
        case "decimal":
            return "a number such as 1.5"
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
