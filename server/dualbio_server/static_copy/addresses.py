"""Which addresses of the service a static copy has, and the file that each becomes.

A host of files knows no query strings and no negotiation: `/study/x` is `study/x.html`, `/study/` is
`study/index.html`, and what stands behind a question mark becomes part of the name.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from enum import Enum
from pathlib import PurePosixPath
from urllib.parse import parse_qsl, quote, unquote, urlencode

from dualbio.model.namespaces import KINDS
from dualbio.search.kinds import SEARCHED_KINDS, THINGS
from dualbio_server.entities.documents import EXTENSIONS
from dualbio_server.queries.browsing import is_browsing

__all__ = ["SERVICE_SECTION", "Absent", "Addresses"]

#: Where links lead that only a running service can answer.
SERVICE_SECTION = "/about#copy"

#: Endings of the documents of things that a copy has; the dumps have the others, and those of all rows.
_DOCUMENTS = frozenset({"ttl", "jsonld", "html"})
#: Kinds with pages: what is found by search, and what readers look up from there. The dumps have the books about them.
_SHOWN = frozenset({*SEARCHED_KINDS, "core-outcome", "value", "unit", "aim", "overlap"} - {"query"})
#: Endings of answers, comparisons and figures that a copy has; of a picture one form.
_ANSWERS = frozenset({"csv", "json", "md", "bib", "ris", "rq", "r", "svg", "html"})
#: Those that it has of an answer to parameters, of which there are thousands: the page, its rows and its picture.
_ANSWERS_TO_PARAMETERS = frozenset({"csv", "svg", "html"})
#: Places of answers and figures.
_ANSWERED = ("queries", "figures", "compare", "syntheses")
#: Places whose answers are files by themselves, whatever their names.
_FILES = ("static", "schema", "schemas", "context")
#: Routes that evaluate a client's text, compute explanations, report metrics, or describe the service.
_SERVED_ALONE = re.compile(
    r"/(sparql|why|suggest|metrics|health|openapi\.json|opensearch\.xml|sitemap(?:-[a-z0-9-]+)?\.xml|robots\.txt|\.well-known)\b"
)
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
#: What turns the pages of what refers to a thing.
_PAGED = {"by", "offset"}
#: Pages of things that have parts, each for itself: the place, and the parameter that chooses one.
_PARTED = {("pair", "disease"), ("ontology", "terms")}
#: The most characters of a query string that stay readable in the name of a file.
_READABLE = 60


class Absent(Enum):
    """Why a copy lacks an address: it takes a running service, or the copy leaves it out."""

    SERVICE = "service"
    LEFT_OUT = "left out"


@dataclass(frozen=True)
class Addresses:
    """The addresses of one release in the languages of a copy; the first language is the one without a folder."""

    release: str
    languages: tuple[str, ...] = ("en",)
    _known: dict[str, tuple[str, str] | Absent] = field(default_factory=dict, compare=False, repr=False)

    def settled(self, address: str) -> str | Absent:
        """Return the one spelling of an address that a copy has, or why it has none.

        Args:
            address: path and query below the root of the service, without a fragment.

        >>> Addresses("0.1.0-a").settled("/v/0.1.0-a/study/x?lang=en")
        '/study/x'
        >>> Addresses("0.1.0-a").settled("/sparql?query=ASK%7B%7D")
        <Absent.SERVICE: 'service'>
        """
        path, _, query = address.partition("?")
        pairs = [pair for pair in parse_qsl(query, keep_blank_values=True) if pair[1]]
        language = dict(pairs).get("lang", self.languages[0])
        pairs = [(name, value) for name, value in pairs if name != "lang"]
        if language not in self.languages:
            return Absent.LEFT_OUT
        if path.startswith("/v/"):
            own = f"/v/{self.release}/"
            if not path.startswith(own):
                return Absent.LEFT_OUT
            path = path.removeprefix(own[:-1])
        path = re.sub(r"^/data/latest(/|$)", rf"/data/{self.release}\1", path)
        absent = self._absent(path, pairs)
        if absent:
            return absent
        if _ending(path) == "html":
            path = path.removesuffix(".html")  # the page has that name of itself
        if language != self.languages[0] and _is_page(path):
            pairs.append(("lang", language))
        return f"{path}?{urlencode(pairs)}" if pairs else path

    def place(self, address: str) -> tuple[str, str] | Absent:
        """Return the settled spelling of an address, and its file as a link from the root of the copy."""
        found = self._known.get(address)
        if found is None:
            settled = self.settled(address)
            found = settled if isinstance(settled, Absent) else (settled, quote(str(self.file(settled))))
            self._known[address] = found
        return found

    def _absent(self, path: str, pairs: list[tuple[str, str]]) -> Absent | None:
        place, ending = _first_part(path), _ending(path)
        if _SERVED_ALONE.match(path) or (place == "search" and pairs):
            return Absent.SERVICE
        names = [name for name, _ in pairs]
        if place == "diff" or "format" in names or (place == "queries" and any(map(is_browsing, names))):
            return Absent.LEFT_OUT
        if place == "data":
            return self._absent_of_data(path, asked=bool(pairs))
        if place == "compare" and names == ["study"]:
            return Absent.SERVICE  # beside which others is for the reader to say
        if place in _ANSWERED:
            return None if ending in {*(_ANSWERS_TO_PARAMETERS if pairs else _ANSWERS), ""} else Absent.LEFT_OUT
        facets = {*names} - _PAGED
        if len(facets) > 1 or (facets and not path.endswith("/") and (place, *facets) not in _PARTED):
            return Absent.LEFT_OUT  # of the facets of a list one is chosen at a time; on other pages all rows stand
        if place in (*KINDS, "file") and place not in _SHOWN:
            return Absent.LEFT_OUT
        kept = _DOCUMENTS if place in THINGS or place not in (*KINDS, "graph") else {"html"}
        return None if place in _FILES or not ending or ending in kept else Absent.LEFT_OUT

    def _absent_of_data(self, path: str, *, asked: bool) -> Absent | None:
        """Return None for the lists of files, for files of the whole, and for one dump of each named graph."""
        if path == "/data/":
            return Absent.LEFT_OUT if asked else None
        release, _, name = path.removeprefix("/data/").partition("/")
        if release != self.release or asked:
            return Absent.LEFT_OUT
        return Absent.LEFT_OUT if name.startswith("graphs/") and not name.endswith(".nq.gz") else None

    def file(self, address: str) -> PurePosixPath:
        """Return the file of an address that is settled, within the folder of the copy.

        >>> str(Addresses("0.1.0-a").file("/queries/safety/deaths?disease=sle"))
        'queries/safety/deaths/disease-sle.56456ca2.html'
        >>> str(Addresses("0.1.0-a", ("en", "zh")).file("/drug/?lang=zh"))
        'zh/drug/index.html'
        """
        path, _, query = address.partition("?")
        pairs = parse_qsl(query, keep_blank_values=True)
        folder = next((f"{value}/" for name, value in pairs if name == "lang"), "")
        pairs = [pair for pair in pairs if pair[0] != "lang"]
        name, ending = unquote(path.lstrip("/")), ""
        if _is_page(path):
            ending = ".html"
            name = f"{name}index" if not name or name.endswith("/") else name
        elif pairs or path == "/shapes":
            name, ending = (name.rpartition(".")[0], f".{_ending(path)}") if _ending(path) else (name, ".ttl")
        if pairs:
            name = f"{name.removesuffix('index')}/{_name_of_question(pairs)}"
        return PurePosixPath(folder + name + ending)


def _first_part(path: str) -> str:
    """Return the first part of a path, without an ending."""
    return path.lstrip("/").partition("/")[0].partition(".")[0]


def _ending(path: str) -> str:
    """Return the ending by which a document is asked for; the name of a thing may hold dots of its own."""
    stem, dot, ending = path.rpartition("/")[2].rpartition(".")
    known = _first_part(path) in (*_ANSWERED, *_FILES) or ending in EXTENSIONS
    return ending if stem and dot and known else ""


def _is_page(path: str) -> bool:
    """Return whether a path is that of a page."""
    if _first_part(path) == "data":
        return path.endswith("/")
    return path != "/shapes" and (path.endswith("/") or _ending(path) in ("", "html"))


def _name_of_question(pairs: list[tuple[str, str]]) -> str:
    """Return a name for what was asked: some of it readable, all of it in a digest."""
    readable = _UNSAFE.sub("-", "_".join(f"{name}-{value}" for name, value in pairs))[:_READABLE].strip("-._")
    return f"{readable}.{hashlib.sha256(urlencode(pairs).encode()).hexdigest()[:8]}"
