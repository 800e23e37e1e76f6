"""Translates pydantic's validation errors into plain messages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from dualbio.errors import did_you_mean
from dualbio.model.outside_numbers import REGISTRY_NUMBER
from dualbio.model.record_fields import KEY, Record, fields_of
from dualbio.sources.yaml_lines import Lines

__all__ = ["FORMS", "accepted_form", "form_problems", "line_of"]

Path = tuple[str | int, ...]

#: How the checks of a record name the field that they are about.
_NAMED_FIELD = re.compile(r"field '(\w+)'")
_LONGEST = 60

#: What a value has to be, by the kind of error.
_WANTED: Mapping[str, str] = {
    "string_type": "a text; quote what YAML takes for a number or a list",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "decimal_type": "a number",
    "decimal_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "tuple_type": "a list, such as [one, two]",
    "list_type": "a list, such as [one, two]",
    "dict_type": "fields with values, such as {name: value}",
    "model_type": "fields with values, such as {name: value}",
    "model_attributes_type": "fields with values, such as {name: value}",
    "date_type": "a date, such as 2024-05-31",
    "date_parsing": "a date, such as 2024-05-31",
    "date_from_datetime_parsing": "a date, such as 2024-05-31",
    "none_required": "nothing",
    "finite_number": "a finite number",
    "is_instance_of": "a number such as 52 or 0.5, without quotes",
}
#: What a text has to be, by its pattern.
FORMS: Mapping[str, str] = {
    f"^({REGISTRY_NUMBER})$": "a number such as NCT03312907, ISRCTN47873003 or 2015-000400-26",
    f"^({KEY}/)?{KEY}$": "lower-case words joined by '-', such as safety/deaths",
    r"^10\.": "a DOI without an address in front, such as 10.1136/lupus-2019-000001",
    r"^PMC[0-9]+$": "a number such as PMC11503042",
    r"^[0-9]{4}(-(0[1-9]|1[0-2])(-[0-9]{2})?)?$": "a year, month or day, such as 2024, 2024-05 or 2024-05-31",
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$": "a day, such as 2024-05-31",
    r"^[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X]$": "an ORCID iD such as 0000-0002-1825-0097",
    r"^[0-9]{7,8}$": "a PubMed number of 7 or 8 digits",
    r"^[A-Za-z][A-Za-z0-9]*:[A-Za-z0-9][A-Za-z0-9._-]*$": "a term of another vocabulary, such as CL:0000236",
    r"^[a-z-]+:[a-z0-9]+([_-]+[a-z0-9]+)*$": "a thing with its kind, such as cell:plasma-cell",
    r"^[a-z-]+:[a-z0-9][A-Za-z0-9._-]*$": "a thing with its kind, such as outcome:lldas",
    r"^[a-z0-9-]+\+[a-z0-9-]+$": "two mechanisms joined by '+', such as b-cell-depletion+blys-inhibition",
    r"^[a-z0-9-]+\.[a-z0-9-]+$": "a scheme and a value, such as arm-role.combination",
    f"^{KEY}$": "lower-case words and digits joined by '-', such as bliss-believe",
    r"^[a-z][0-9]+$": "a letter and a number, such as s1",
    r"^[a-z][A-Za-z0-9]*$": "a name of letters and digits, such as studyName",
    r"^[rc][0-9]{3}$": "a row such as r001 or c001",
    r"^bf[0-9]{2}$": "a number such as bf01",
    r"^c[0-9]{3}$": "a number such as c001",
    r"^g[0-9]{2,3}$": "a number such as g01",
    r"^p[0-9]{3}$": "a number such as p001",
    r"^r[0-9]{3}$": "a number such as r001",
    r"^https?://": "an address that begins with http:// or https://",
    r"^(https?://[^\s<>\"]+)?$": "an address that begins with http:// or https://",
    r"^((https?://|mailto:)[^\s<>\"]+)?$": "an address that begins with http://, https:// or mailto:",
}
#: The same where the error has a bound.
_BOUNDS: Mapping[str, tuple[str, str]] = {
    "greater_than": ("a number above", "gt"),
    "greater_than_equal": ("a number from", "ge"),
    "less_than": ("a number below", "lt"),
    "less_than_equal": ("a number up to", "le"),
    "multiple_of": ("a multiple of", "multiple_of"),
    "string_too_short": ("letters, at least", "min_length"),
    "string_too_long": ("letters, at most", "max_length"),
    "too_short": ("entries, at least", "min_length"),
    "too_long": ("entries, at most", "max_length"),
}


def form_problems(error: ValidationError, model: type[Record], lines: Lines) -> Iterator[tuple[Path, int, str]]:
    """Yield each defect that a model found in a record: its path, its line, and what is accepted there.

    Several errors of one value, as those of each member of a union, are one defect.
    """
    wanted: dict[tuple[Path, int, str], list[str]] = {}
    details = error.errors()
    for detail in details:
        if detail["type"] == "too_short" and any(_is_within(each["loc"], detail["loc"]) for each in details):
            continue  # entries that are wrong themselves do not count
        path = _path(detail, lines)
        words, accepted = _message(model, path, detail)
        named = _NAMED_FIELD.match(words)
        around = (*path, named[1]) if named and detail["type"] == "value_error" else path
        wanted.setdefault((path, line_of(lines, around), words), []).append(accepted)
    for (path, line, words), each in wanted.items():
        yield path, line, f"{words}{' or '.join(dict.fromkeys(each))}"


def _is_within(place: tuple[str | int, ...], around: tuple[str | int, ...]) -> bool:
    return len(place) > len(around) and place[: len(around)] == around


def line_of(lines: Lines, path: Path) -> int:
    """Return the line of the value at `path`, or of the nearest value around it; 0 when there is none."""
    while path not in lines and path:
        path = path[:-1]
    return lines.get(path, 0)


def _path(detail: Any, lines: Lines) -> Path:
    """Return the path of a value, without the names that pydantic adds for the members of a union."""
    path: Path = tuple(detail["loc"])
    if detail["type"] in ("missing", "extra_forbidden") or len(lines) <= 1:
        return path
    while path not in lines and path:
        path = path[:-1]
    return path


def _message(model: type[Record], path: Path, detail: Any) -> tuple[str, str]:
    """Return what was found and what is accepted."""
    names = [part for part in path if isinstance(part, str)]
    where = f"field '{names[-1]}'" if names else "record"
    found = detail.get("input")
    kind = detail["type"]
    match kind:
        case "extra_forbidden":
            known = _known_fields(model, path)
            quotes = "; repair: quote the text that this is a part of" if " " in names[-1] else ""
            return f"{where} is not known; accepted: ", f"{', '.join(known)}{did_you_mean(names[-1], known)}{quotes}"
        case "missing":
            return f"{where} is missing; repair: add it", ""
        case "literal_error":
            accepted = detail["ctx"]["expected"].replace(" or ", ", ").replace("'", "")
            if not isinstance(found, str) and str(found) in accepted.split(", "):
                return f"{where} is the number {found}; accepted: ", f"the text '{found}'; repair: put it in quotes"
            return f"{where} is '{found}'; accepted: ", accepted + did_you_mean(str(found), accepted.split(", "))
        case "string_pattern_mismatch":
            return f"{where} is '{found}'; accepted: ", FORMS[detail["ctx"]["pattern"]]
        case "value_error":
            return f"{detail['ctx']['error']}", ""
    return f"{where} is {_value_text(found)}; accepted: ", accepted_form(detail)


def accepted_form(detail: Any) -> str:
    """Return what is accepted in place of a value, where pydantic gives `detail` of its error."""
    kind = detail["type"]
    if kind == "string_pattern_mismatch":
        return FORMS[detail["ctx"]["pattern"]]
    if kind in _WANTED:
        return _WANTED[kind]
    if kind in _BOUNDS:
        words, bound = _BOUNDS[kind]
        return f"{words} {detail['ctx'][bound]}"
    return "a value of another kind"


def _value_text(found: object) -> str:
    full = "a list" if found else "an empty list"
    text = {dict: "fields with values", tuple: full, type(None): "empty"}.get(type(found)) or repr(str(found))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _known_fields(model: type[Record], path: Path) -> list[str]:
    """Return the field names of the record model that `path` ends in."""
    for part in path[:-1]:
        if isinstance(part, str) and part in model.model_fields:
            base = next(f.base for f in fields_of(model) if f.name == part)
            if isinstance(base, type) and issubclass(base, Record):
                model = base
    return list(model.model_fields)
