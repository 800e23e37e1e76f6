"""Names of arms in the language of a page: put together from the names of drugs and a few words, or as they are."""

from __future__ import annotations

import re

import pyoxigraph as ox

from dualbio_server.entities.labels import page_label
from dualbio_server.http.language import CATALOGUE, page_language, say
from dualbio_server.service import current_service

__all__ = ["arm_name"]

#: Forms of a name, the loosest joint first, each with its words in the catalogue; `n` is a number and stays.
_FORMS = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"(?P<x>.+?),? then (?P<y>.+)", "{x} then {y}"),
        (r"(?P<x>.+?) \+ (?P<y>.+)", "{x} + {y}"),
        (r"(?P<x>.+?) or (?P<y>.+)", "{x} or {y}"),
        (r"(?P<x>.+), all doses", "{x}, all doses"),
        (r"(?P<x>.+), both doses", "{x}, both doses"),
        (r"(?P<x>.+) \((?P<y>[^()]+)\)", "{x} ({y})"),
        (r"(?P<x>.+) alone", "{x} alone"),
        (r"(?P<x>.+) weekly", "{x} weekly"),
        (r"(?P<x>.+) monthly", "{x} monthly"),
        (r"(?P<x>.+) daily", "{x} daily"),
        (r"(?P<x>.+) every other week", "{x} every other week"),
        (r"(?P<x>.+) every (?P<n>\d+) weeks", "{x} every {n} weeks"),
        (r"open-label (?P<x>.+)", "open-label {x}"),
        (r"induction (?P<x>.+)", "induction {x}"),
        (r"maintenance (?P<x>.+)", "maintenance {x}"),
        (r"(?P<x>.+?) (?P<n>~?\d[\dx.]* (?:mg/kg|mg|g))", "{x} {n}"),
    )
)
#: Kinds of things that names of arms are made of.
_KINDS = ("drug", "drug-class", "disease")


def arm_name(text: str) -> str:
    """Return the name of an arm in the language of the page; one that has a part without such words stays whole."""
    return text if page_language() == "en" else _composed(text) or text


def _composed(text: str) -> str | None:
    if text in CATALOGUE:
        return say(text)
    service = current_service()
    iri = next(filter(None, (service.resolver.labelled(text, kind) for kind in _KINDS)), None)
    if iri:
        return page_label(service.store, ox.NamedNode(iri))
    for form, words in _FORMS:
        found = form.fullmatch(text)
        parts = (
            {name: part if name == "n" else _composed(part) for name, part in found.groupdict().items()}
            if found
            else {}
        )
        if found and None not in parts.values():
            return say(words, **parts)
    return None
