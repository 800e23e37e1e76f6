"""Media types, file extensions and negotiation: one table of formats, and pure functions over it.

Negotiation follows RFC 9110 (section 12.5.1 for media types, 12.5.3 for content codings) to the letter:
the most specific range decides the weight of an offer, weight 0 excludes, empty members are allowed,
malformed members are ignored, and equal weights fall to the order in which the server offers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache, wraps
from typing import ParamSpec, TypeVar

import pyoxigraph as ox

from dualbio.errors import DualbioError

__all__ = [
    "FORMATS",
    "FORMATS_BY_NAME",
    "GRAPH_FORMATS",
    "HTML",
    "RESULT_FORMATS",
    "Content",
    "Format",
    "NotAcceptableError",
    "Offer",
    "choose_format",
    "find_format",
    "format_of_media_type",
    "negotiate",
    "negotiate_coding",
    "offers_of",
    "parse_accept",
    "parse_media_type",
]

_P = ParamSpec("_P")
_T = TypeVar("_T")
#: Characters of a header up to which it is kept what it means; those of browsers have a few hundred.
_SHORT = 1024


class Content(Enum):
    """What a format can carry."""

    RESULTS = "the rows of SELECT or the truth of ASK"
    GRAPH = "triples"
    DATASET = "triples in named graphs"
    PAGE = "a page for people"


@dataclass(frozen=True, eq=False)
class Format:
    """One format: its short name, media type, file extension, what it carries, and the engine's name for it.

    `aliases` are media types that clients send for the same bytes; `names` are further short names. Each format is one
    object, compared as such.
    """

    name: str
    label: str
    media_type: str
    extension: str
    carries: tuple[Content, ...]
    rdf: ox.RdfFormat | None = None
    results: ox.QueryResultsFormat | None = None
    aliases: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def content_type(self) -> str:
        """The value of `Content-Type`, with its charset."""
        return f"{self.media_type}; charset=utf-8"


_RESULTS = (Content.RESULTS,)
_GRAPH = (Content.GRAPH,)
_BOTH = (Content.GRAPH, Content.DATASET)

#: Every format, in the order in which the server prefers them.
FORMATS: tuple[Format, ...] = (
    Format(
        "json",
        "SPARQL results in JSON",
        "application/sparql-results+json",
        "srj",
        _RESULTS,
        results=ox.QueryResultsFormat.JSON,
        aliases=("application/json", "text/json"),
        names=("sparql-json",),
    ),
    Format(
        "xml",
        "SPARQL results in XML",
        "application/sparql-results+xml",
        "srx",
        _RESULTS,
        results=ox.QueryResultsFormat.XML,
        aliases=("application/xml", "text/xml"),
        names=("sparql-xml",),
    ),
    Format("csv", "Comma-separated values", "text/csv", "csv", _RESULTS, results=ox.QueryResultsFormat.CSV),
    Format(
        "tsv",
        "Tab-separated values",
        "text/tab-separated-values",
        "tsv",
        _RESULTS,
        results=ox.QueryResultsFormat.TSV,
    ),
    Format(
        "turtle",
        "Turtle",
        "text/turtle",
        "ttl",
        _GRAPH,
        rdf=ox.RdfFormat.TURTLE,
        aliases=("application/x-turtle", "application/turtle", "text/n3", "text/rdf+n3"),
        names=("n3",),
    ),
    Format(
        "n-triples",
        "N-Triples",
        "application/n-triples",
        "nt",
        _GRAPH,
        rdf=ox.RdfFormat.N_TRIPLES,
        aliases=("text/plain",),
        names=("ntriples",),
    ),
    Format(
        "rdf-xml",
        "RDF/XML",
        "application/rdf+xml",
        "rdf",
        _GRAPH,
        rdf=ox.RdfFormat.RDF_XML,
        aliases=("application/xml", "text/xml"),
        names=("xml", "rdf+xml", "rdfxml", "owl"),
    ),
    Format(
        "json-ld",
        "JSON-LD",
        "application/ld+json",
        "jsonld",
        _BOTH,
        rdf=ox.RdfFormat.JSON_LD,
        aliases=("application/json",),
        names=("json", "jsonld"),
    ),
    Format(
        "trig",
        "TriG",
        "application/trig",
        "trig",
        _BOTH,
        rdf=ox.RdfFormat.TRIG,
        aliases=("application/x-trig",),
    ),
    Format(
        "n-quads",
        "N-Quads",
        "application/n-quads",
        "nq",
        _BOTH,
        rdf=ox.RdfFormat.N_QUADS,
        aliases=("text/x-nquads",),
        names=("nquads",),
    ),
    Format("html", "A page", "text/html", "html", (Content.PAGE,), aliases=("application/xhtml+xml",)),
)
#: Every format by its short name, by which the processes of a pool speak of it.
FORMATS_BY_NAME: Mapping[str, Format] = {form.name: form for form in FORMATS}


def _carrying(content: Content) -> tuple[Format, ...]:
    return tuple(form for form in FORMATS if content in form.carries)


RESULT_FORMATS = _carrying(Content.RESULTS)
GRAPH_FORMATS = _carrying(Content.GRAPH)
(HTML,) = _carrying(Content.PAGE)


@dataclass(frozen=True)
class Offer:
    """A format under one of its media types, as the server would send it."""

    media_type: str
    format: Format

    @property
    def content_type(self) -> str:
        """The value of `Content-Type`, with its charset."""
        return f"{self.media_type}; charset=utf-8"


#: Letters of what a client wishes for that it is told again; a header may have a hundred thousand.
_MOST_OF_WISH = 200


class NotAcceptableError(DualbioError):
    """Nothing that is offered is acceptable to the client; `offered` says what is."""

    def __init__(self, found: str, offered: Sequence[Format]) -> None:
        """Keep the formats that would have been possible."""
        self.offered = tuple(offered)
        accepted = ", ".join(form.media_type for form in self.offered)
        names = ", ".join(form.name for form in self.offered)
        if len(found) > _MOST_OF_WISH:
            found = f"{found[:_MOST_OF_WISH]} …"
        super().__init__(f"{found} matches nothing offered here; accepted: {accepted} (or format= {names})")


def _kept_when_short(function: Callable[_P, _T]) -> Callable[_P, _T]:
    """Keep what short headers mean; a longer one than programs send is read each time, and takes no memory."""
    kept = lru_cache(maxsize=1024)(function)

    @wraps(function)
    def meaning(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        short = all(len(each) <= _SHORT for each in args if isinstance(each, str))
        return kept(*args, **kwargs) if short else function(*args, **kwargs)  # type: ignore[arg-type]

    return meaning


@lru_cache(maxsize=32)
def offers_of(formats: tuple[Format, ...]) -> tuple[Offer, ...]:
    """Return the offers of `formats`: all own media types first, then all aliases, each media type once."""
    own = [Offer(form.media_type, form) for form in formats]
    other = [Offer(alias, form) for form in formats for alias in form.aliases]
    return tuple({offer.media_type: offer for offer in reversed([*own, *other])}.values())[::-1]


# --- reading headers -------------------------------------------------------------------------------------------------

_WORD = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_MEMBER = re.compile(rf'(?:[^",]|{_QUOTED}|")+')
_RANGE = re.compile(rf"[ \t]*({_WORD})/({_WORD})[ \t]*((?:;.*)?)", re.DOTALL)
_PARAMETER = re.compile(rf";[ \t]*(?:({_WORD})=({_WORD}|{_QUOTED})[ \t]*)?")
_CODING = re.compile(rf"[ \t]*({_WORD})[ \t]*(?:;[ \t]*[qQ]=([0-9.]+)[ \t]*)?")
_WEIGHT = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")

#: Parameters that ask for a flavour of a type and never rule the type out.
_HINTS = frozenset({"profile", "version", "header"})


@dataclass(frozen=True)
class MediaRange:
    """One member of an `Accept` header."""

    type: str
    subtype: str
    parameters: Mapping[str, str] = field(hash=False)
    weight: float

    def precedence(self, offer: Offer) -> int:
        """Return how specifically the range names the offer: 0 not at all, 1 for `*/*`, up from 3 for a full type."""
        kind, _, subtype = offer.media_type.partition("/")
        if self.type == "*" and self.subtype == "*":
            return 1
        if self.type != kind:
            return 0
        if self.subtype == "*":
            return 2
        fits = all(name in _HINTS or (name, value) == ("charset", "utf-8") for name, value in self.parameters.items())
        return 3 + len(self.parameters) if self.subtype == subtype and fits else 0


def parse_media_type(text: str) -> tuple[str, dict[str, str]] | None:
    """Return the media type in lower case with its parameters, or None when `text` is not a media type.

    >>> parse_media_type('Text/Turtle; charset="UTF-8"')
    ('text/turtle', {'charset': 'utf-8'})
    """
    match = _RANGE.fullmatch(text)
    if match is None:
        return None
    parameters = _parse_parameters(match[3])
    return None if parameters is None else (f"{match[1]}/{match[2]}".lower(), dict(parameters))


def _parse_parameters(text: str) -> list[tuple[str, str]] | None:
    found, position = [], 0
    while position < len(text):
        match = _PARAMETER.match(text, position)
        if match is None:
            return None
        if match[1]:
            found.append((match[1].lower(), _unquote(match[2]).lower()))
        position = match.end()
    return found


def _unquote(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL) if text.startswith('"') else text


def parse_accept(header: str) -> list[MediaRange]:
    """Return the media ranges of an `Accept` header; several header lines are joined with commas beforehand.

    Empty and malformed members are left out. What follows the weight in a member is ignored (RFC 7231 extension).

    >>> [(r.type, r.subtype, r.weight) for r in parse_accept("text/*;q=0.3, , nonsense, text/csv")]
    [('text', '*', 0.3), ('text', 'csv', 1.0)]
    """
    return [parsed for member in _MEMBER.findall(header) if (parsed := _parse_range(member))]


def _parse_range(member: str) -> MediaRange | None:
    match = _RANGE.fullmatch(member)
    parameters = _parse_parameters(match[3]) if match else None
    if match is None or parameters is None or (match[1] == "*" and match[2] != "*"):
        return None
    own: dict[str, str] = {}
    for name, value in parameters:
        if name == "q":
            weight = float(value) if _WEIGHT.fullmatch(value) else None
            return None if weight is None else MediaRange(match[1].lower(), match[2].lower(), own, weight)
        own[name] = value
    return MediaRange(match[1].lower(), match[2].lower(), own, 1.0)


# --- choosing --------------------------------------------------------------------------------------------------------


def _weight(ranges: Sequence[MediaRange], offer: Offer) -> tuple[float, bool]:
    """Return the weight of an offer, and whether a range named it in full."""
    best, weight = 0, 0.0
    for each in ranges:
        precedence = each.precedence(offer)
        if precedence > best or (precedence == best and precedence and each.weight > weight):
            best, weight = precedence, each.weight
    return weight, best >= 3


@_kept_when_short
def negotiate(accept: str | None, formats: tuple[Format, ...]) -> Offer | None:
    """Return the offer of `formats` that the header `accept` prefers, or None when it accepts none.

    A missing header, or one without a single well-formed member, accepts everything (RFC 9110 section 12.5.1).

    >>> negotiate("text/*, text/csv;q=0", RESULT_FORMATS).media_type
    'text/tab-separated-values'
    >>> negotiate("image/png", RESULT_FORMATS) is None
    True
    """
    offers = offers_of(formats)
    ranges = parse_accept(accept) if accept is not None else []
    if not ranges:
        return offers[0]
    weighed = [(_weight(ranges, offer)[0], -place, offer) for place, offer in enumerate(offers)]
    weight, _, offer = max(weighed, key=lambda each: each[:2])
    return offer if weight > 0 else None


def find_format(name: str, formats: Iterable[Format] = FORMATS) -> Format | None:
    """Return the format that `name` means: a short name, a file extension or a media type, in any case.

    >>> find_format("ttl").label, find_format("application/json", GRAPH_FORMATS).label
    ('Turtle', 'JSON-LD')
    """
    wanted = name.strip().lower()
    for spellings in (_main_names, _other_names):
        for form in formats:
            if wanted in spellings(form):
                return form
    return None


def _main_names(form: Format) -> Iterator[str]:
    yield from (form.name, form.extension, form.media_type)


def _other_names(form: Format) -> Iterator[str]:
    yield from form.names
    yield from form.aliases


def format_of_media_type(text: str, formats: Iterable[Format] = FORMATS) -> Format | None:
    """Return the format of a `Content-Type` value; parameters are not looked at."""
    parsed = parse_media_type(text)
    if parsed is None:
        return None
    known = {offer.media_type: offer.format for offer in offers_of(tuple(formats))}
    return known.get(parsed[0])


@_kept_when_short
def choose_format(accept: str | None, override: str | None, formats: tuple[Format, ...]) -> Offer:
    """Return the offer that a request wants: its `format=` or extension first, then its `Accept` header.

    An override that names a format of another kind of answer (clients send `format=csv` whatever the query is)
    gives way to an `Accept` header that names a possible format in full; otherwise it is an error.

    Raises:
        NotAcceptableError: nothing fits, or the override is no format at all.
    """
    if override:
        form = find_format(override, formats)
        if form:
            return Offer(form.media_type, form)
        offer = negotiate(accept, formats)
        named = offer is not None and accept is not None and _weight(parse_accept(accept), offer)[1]
        if offer is None or not named or find_format(override) is None:
            raise NotAcceptableError(f"format={override}", formats)
        return offer
    offer = negotiate(accept, formats)
    if offer is None:
        raise NotAcceptableError(f"Accept: {accept}", formats)
    return offer


@_kept_when_short
def negotiate_coding(header: str | None, offered: tuple[str, ...]) -> str | None:
    """Return the content coding to use: one of `offered`, `identity`, or None when the client excludes all.

    `offered` is in the server's order of preference; without a header nothing is coded (RFC 9110 section 12.5.3).

    >>> negotiate_coding("gzip, zstd;q=0.5", ("zstd", "gzip"))
    'gzip'
    >>> negotiate_coding("identity;q=0", ("gzip",)) is None
    True
    """
    if header is None:
        return "identity"
    weights = dict(_codings(header))
    any_other = weights.get("*")
    best, chosen = 0.0, None
    for coding in offered:
        weight = weights.get(coding, any_other if any_other is not None else 0.0)
        if weight > best:
            best, chosen = weight, coding
    identity = weights.get("identity", 0.0 if any_other == 0 else None)
    if chosen and best >= (identity or 0.0):
        return chosen
    return None if identity == 0 and not chosen else "identity"


def _codings(header: str) -> Iterator[tuple[str, float]]:
    for member in header.split(","):
        match = _CODING.fullmatch(member)
        if match and (match[2] is None or _WEIGHT.fullmatch(match[2])):
            name = match[1].lower()
            yield {"x-gzip": "gzip"}.get(name, name), float(match[2] or 1)
