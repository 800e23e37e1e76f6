"""Citations of an answer and its sources: a sentence, BibTeX and RIS, with the permanent address of the answer.

Titles of articles are not part of the data, so that an entry of a source has author, year, journal and identifiers;
reference managers complete it by these.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol
from urllib.parse import quote

from dualbio.errors import StoreError, counted
from dualbio.model.namespaces import BASE, compress
from dualbio.queries.answers.typed import Cell
from dualbio.queries.sources import CitedSource, CitedSources
from dualbio.release.folder import OWN

__all__ = ["Citation", "cite", "permanent_address", "sources_bibtex", "sources_ris"]

_AUTHOR = "dualbio contributors"
_LICENCE = "CC BY 4.0"
_ARTICLES = ("journal-article", "review")
#: Types of reference (RIS) by the kind of a source; others are `GEN`.
_RIS = {"journal-article": "JOUR", "review": "JOUR", "conference-abstract": "CPAPER", "registry-record": "DBASE"}
#: Signs that LaTeX reads as commands.
_LATEX = str.maketrans(
    {
        **{sign: f"\\{sign}" for sign in "&%$#_{}"},
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "\\": r"\textbackslash{}",
    }
)


def permanent_address(query: str, params: Mapping[str, tuple[str, ...]], release: str) -> str:
    """Return the address of the answer of `query` over `release`; equal questions have equal addresses.

    >>> permanent_address("safety/deaths", {"disease": ("https://w3id.org/dualbio/disease/sle",)}, "0.1.0-ab")
    'https://w3id.org/dualbio/v/0.1.0-ab/queries/safety/deaths?disease=disease:sle'
    """
    pairs = [
        f"{name}={quote(compress(value), safe=':')}" for name in sorted(params) for value in sorted(set(params[name]))
    ]
    return f"{BASE}v/{quote(release)}/queries/{query}" + (f"?{'&'.join(pairs)}" if pairs else "")


class Answer(Protocol):
    """What an answer tells of itself."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns."""

    @property
    def rows(self) -> tuple[tuple[Cell, ...], ...]:
        """Cells in the order of the columns."""

    @property
    def query(self) -> str:
        """Name of the saved query."""

    @property
    def params(self) -> Mapping[str, tuple[str, ...]]:
        """Bound values by name."""

    @property
    def release(self) -> str | None:
        """Id of the data."""

    @property
    def text(self) -> str:
        """The SPARQL that ran."""


@dataclass(frozen=True)
class Citation:
    """What identifies an answer: the question, where it stays, what it was asked of, and the sources of its rows.

    `date` is the day on which the data were last worked on (ISO 8601, empty where the release does not tell), `rows`
    the number of rows, `digest` the SHA-256 of the SPARQL text.
    """

    question: str
    query: str
    params: Mapping[str, tuple[str, ...]]
    release: str
    date: str
    rows: int
    digest: str
    sources: tuple[CitedSource, ...]

    @property
    def address(self) -> str:
        """The permanent address of the answer; empty where it rests on own evidence too, which is published nowhere."""
        return "" if self.release.endswith(OWN) else permanent_address(self.query, self.params, self.release)

    def __str__(self) -> str:
        """Return the sentence to cite the answer by."""
        year = f" ({self.date[:4]})" if self.date else ""
        return f"{_AUTHOR}{year}. {self.question} {self._query_words}. dualbio, release {self.release}{self._place}"

    @property
    def _place(self) -> str:
        return f". {self.address}" if self.address else ", with own evidence that is not published."

    @property
    def _query_words(self) -> str:
        given = "".join(f", {name} {' or '.join(map(compress, self.params[name]))}" for name in sorted(self.params))
        return f"[{counted(self.rows, 'row')} of the saved query {self.query}{given}]"

    @property
    def bibtex(self) -> str:
        """The answer and its sources as BibTeX."""
        year = self.date[:4]
        own = {
            "author": f"{{{_AUTHOR}}}",
            "title": f"{{{_latex(self.question)}}}",
            "year": year,
            "howpublished": _latex(f"dualbio, release {self.release}"),
            "url": self.address,
            "note": _latex(f"{self._query_words}; SHA-256 of the query {self.digest}; {_LICENCE}"),
        }
        entries = [_entry("misc", f"dualbio:{self.query.replace('/', '.')}:{self.release}", own)]
        return "\n".join([*entries, *map(_source_entry, self.sources)])

    @property
    def ris(self) -> str:
        """The answer and its sources as RIS, lines ended by CR LF."""
        own = [("TY", "DATA"), ("AU", _AUTHOR), ("TI", self.question), ("PY", self.date[:4])]
        own += [
            ("PB", "dualbio"),
            ("ET", self.release),
            ("N1", f"{self._query_words}; {_LICENCE}"),
            ("UR", self.address),
        ]
        return "".join([_reference(own), *map(_source_reference, self.sources)])


def cite(result: Answer, question: str, cited: CitedSources) -> Citation:
    """Return how to cite `result`, the answer of the saved query that asks `question`; `cited` knows its sources.

    Raises:
        StoreError: what answered does not tell of which release it is.
    """
    if result.release is None:
        raise StoreError(
            "the store does not name its release, so its answer has no permanent address; "
            "repair: query a release or a dualbio service"
        )
    sources: dict[str, CitedSource] = {}
    for row in result.rows:
        texts = {name: "" if cell is None else cell.value for name, cell in zip(result.columns, row, strict=True)}
        for source in cited.of_row(texts):
            sources.setdefault(source.doi or source.pmid or source.url or source.iri, source)
    digest = sha256(result.text.encode()).hexdigest()
    return Citation(
        question,
        result.query,
        result.params,
        result.release,
        cited.date,
        len(result.rows),
        digest,
        tuple(sorted(sources.values(), key=lambda source: (source.author.lower(), source.year, source.iri))),
    )


def sources_bibtex(sources: Iterable[CitedSource]) -> str:
    """Return sources as BibTeX."""
    return "\n".join(map(_source_entry, sources))


def sources_ris(sources: Iterable[CitedSource]) -> str:
    """Return sources as RIS, lines ended by CR LF."""
    return "".join(map(_source_reference, sources))


def _kind(source: CitedSource) -> str:
    return source.kind.rpartition(".")[2]


def _key(source: CitedSource) -> str:
    return source.iri.removeprefix(f"{BASE}source/")


def _latex(text: str) -> str:
    return text.translate(_LATEX)


def _entry(kind: str, key: str, fields: Mapping[str, str]) -> str:
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items() if value)
    return f"@{kind}{{{key},\n{lines}}}\n"


def _source_entry(source: CitedSource) -> str:
    article = _kind(source) in _ARTICLES and source.journal
    fields = {
        "author": f"{{{_latex(source.author)}}} and others" if source.author else "",
        "journal" if article else "howpublished": _latex(source.journal),
        "year": source.year,
        "doi": source.doi,
        "eprint": source.pmid,
        "eprinttype": "pubmed" if source.pmid else "",
        "number" if not article else "pmcid": source.pmcid if article else source.registry,
        "url": source.url,
        "note": "" if source.author or article else _latex(source.label),
    }
    return _entry("article" if article else "misc", _key(source), fields)


def _source_reference(source: CitedSource) -> str:
    fields = [
        ("TY", _RIS.get(_kind(source), "GEN")),
        ("ID", _key(source)),
        ("AU", source.author),
        ("PY", source.year),
    ]
    fields += [("JO", source.journal), ("DO", source.doi), ("AN", source.pmid or source.registry)]
    fields += [("DB", "PubMed" if source.pmid else ""), ("C2", source.pmcid), ("UR", source.url)]
    return _reference(fields)


def _reference(fields: Iterable[tuple[str, str]]) -> str:
    lines = [f"{tag}  - {' '.join(value.split())}\r\n" for tag, value in fields if value]
    return "".join([*lines, "ER  - \r\n", "\r\n"])
