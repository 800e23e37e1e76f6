"""The two lists below an answer: what it leaves out, and what is not known.

Both come from queries of the topic `omissions`, asked with the parameters of the answer: those that a head names under
`left_out`, and for every answer about outcomes the studies in its scope and the states of those outcomes.  They are
asked when they are first looked at.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import pyoxigraph as ox

from dualbio.model.namespaces import expand
from dualbio.model.rdf_terms import GroundTerm
from dualbio.queries.answers.notes import STATE_WORDS
from dualbio.queries.answers.result import QueryResult
from dualbio.queries.head import ABOUT_TYPES, SCOPE_PARAM
from dualbio.queries.library import ABOUT, EXACT, OMITTED_COLUMNS, SCOPE, STATES, SavedQuery
from dualbio.queries.resolver import Resolver

__all__ = ["LEFT_OUT_COLUMNS", "NOT_KNOWN_COLUMNS", "PARTS", "Companions", "Told", "split_document"]

#: Names of both parts, where one is asked for instead of the answer.
PARTS = ("left-out", "not-known")
LEFT_OUT_COLUMNS = ("what", *OMITTED_COLUMNS)
NOT_KNOWN_COLUMNS = ("outcomeName", "studyName", "studyKey", "stateName", "statusName", "lookedIn")

_NOBODY = "nobody-looked"
#: What several outcomes are called that count as one.
_ALL = "the outcomes asked for"
#: Columns that hold the key of a study.
_STUDY_COLUMNS = ("studyKey", "otherKey")

Terms = Mapping[str, tuple[GroundTerm, ...]]
Ask = Callable[[SavedQuery, Terms], QueryResult]


@dataclass(frozen=True)
class Told:
    """Both parts of an answer, as a service told them."""

    left_out: QueryResult
    not_known: QueryResult


class Companions:
    """Both parts of the answer of `query` to `terms`, asked for when they are first looked at."""

    def __init__(self, query: SavedQuery, terms: Terms, answer: QueryResult, ask: Ask, resolver: Resolver) -> None:
        """Keep what to ask; `ask` answers a companion with terms, `answer` is the whole answer."""
        self._query, self._terms, self._answer, self._resolver = query, terms, answer, resolver
        self._ask_once = ask
        self._known: dict[tuple[str, frozenset[tuple[str, tuple[GroundTerm, ...]]]], QueryResult] = {}

    def _ask(self, companion: SavedQuery, terms: Terms) -> QueryResult:
        """Return the answer of a companion to terms, which is asked for once: several parts have the same scope."""
        asked = companion.name, frozenset(terms.items())
        if asked not in self._known:
            self._known[asked] = self._ask_once(companion, terms)
        return self._known[asked]

    @cached_property
    def left_out(self) -> QueryResult:
        """What the question covers and the answer does not show, under `LEFT_OUT_COLUMNS`."""
        rows: list[tuple[str, ...]] = []
        for stem in self._query.head.left_out:
            companion = self._query.companions.get(stem)
            if companion is not None:
                passed = self._passed(companion, self._subject)
                limits = (name for name, default in companion.defaults.items() if default != (None,))
                if any(name not in passed for name in limits):
                    continue  # it is about a limit that the reader has not set
                what = companion.head.omits or ""
                covered = self._covered(companion)
                found = [
                    row
                    for row in self._ask(companion, passed).records()
                    if covered is None or row["studyKey"] in covered
                ]
                rows += [(what, *(row.get(column, "") for column in OMITTED_COLUMNS)) for row in found]
        return self._table(LEFT_OUT_COLUMNS, rows)

    @cached_property
    def not_known(self) -> QueryResult:
        """The studies in scope of which the answer shows no number, with their state, under `NOT_KNOWN_COLUMNS`."""
        scope, states = (self._query.companions.get(name) for name in (SCOPE, STATES))
        rows: list[tuple[str, ...]] = []
        if scope is not None and states is not None and self._asked_about:
            named = list(self._named(self._ask(states, self._passed(states, self._asked_about)).records()))
            names, told = sorted({name for name, _ in named}), _states_by_study(named)
            studies = self._ask(scope, self._passed(scope, self._asked_about)).records() if names else []
            rows = [
                (name, study["studyName"], study["studyKey"], STATE_WORDS[state], study["statusName"], place)
                for study in studies
                for name in names
                for state, place in [told.get((name, study["studyKey"]), (_NOBODY, ""))]
                if not self._shows(study["studyKey"], state, alone=len(names) == 1)
            ]
        words = list(STATE_WORDS.values())
        rows.sort(key=lambda row: (row[0], words.index(row[3]), row[1].casefold(), row[2]))
        return self._table(NOT_KNOWN_COLUMNS, rows)

    @cached_property
    def _subject(self) -> tuple[GroundTerm, ...]:
        """The outcomes, events and biomarkers that the parameters name, given or by default."""
        named = [param.name for param in self._query.head.params if param.type in ABOUT_TYPES]
        return tuple(term for name in named for term in self._values(name))

    @cached_property
    def _given(self) -> bool:
        """Whether the reader named an outcome, event or biomarker."""
        return any(param.name in self._terms for param in self._query.head.params if param.type in ABOUT_TYPES)

    @cached_property
    def _asked_about(self) -> tuple[GroundTerm, ...]:
        """What a study must tell a number of, so that it is known."""
        named = self._query.head.not_known
        if self._given or named is None:
            return self._subject if self._study_columns else ()
        return tuple(ox.NamedNode(expand(name)) for name in named)

    @property
    def _study_columns(self) -> list[int]:
        return [i for i, name in enumerate(self._answer.columns) if name in _STUDY_COLUMNS]

    @cached_property
    def _studies(self) -> frozenset[str]:
        """Keys of the studies that the answer shows."""
        cells = (row[i] for row in self._answer.rows for i in self._study_columns)
        return frozenset(cell.value for cell in cells if cell is not None)

    def _shows(self, study: str, state: str, *, alone: bool) -> bool:
        """Return whether the answer shows the number of a study; `alone` where it is about one outcome."""
        if not self._study_columns:
            return state in ("number-held", "zero")
        return study in self._studies and (alone or state == "number-held")

    def _named(self, records: Sequence[Mapping[str, str]]) -> Iterator[tuple[str, Mapping[str, str]]]:
        """Yield what states are about, by the name under which they count.

        What a reader or the head names counts one by one, whether or not a study tells it. A list of defaults counts as
        the core outcomes in it, else as a whole.
        """
        labels = {term.value: self._resolver.label(term.value) or term.value for term in self._asked_about}
        if self._given or self._query.head.not_known is not None:
            told = {row["asked"] for row in records}
            yield from ((row["outcomeName"], row) for row in records)
            yield from ((label, {}) for asked, label in labels.items() if asked not in told)
        elif any("core" in row for row in records):
            yield from ((row["outcomeName"], row) for row in records if "core" in row)
        else:
            whole = next(iter(labels.values())) if len(labels) == 1 else _ALL
            yield from ((whole, row) for row in (*records, {}))

    def _values(self, name: str) -> tuple[GroundTerm, ...]:
        """Return the terms of a parameter: those that were given, else its default; none where it sets no limit."""
        terms = self._terms.get(name, self._query.defaults.get(name, ()))
        return tuple(term for term in terms if term is not None)

    def _passed(self, companion: SavedQuery, about: Sequence[GroundTerm]) -> Terms:
        """Return what a companion is asked with: the parameters that it shares with the query, and what it is about."""
        passed: dict[str, tuple[GroundTerm, ...]] = {}
        own = {param.name: (param.type, param.scheme) for param in self._query.params}
        scope = self._query.head.scope or {}
        for param in companion.params:
            if param.name == ABOUT:
                found = tuple(about) or tuple(ox.NamedNode(expand(name)) for name in scope.get(ABOUT, ()))
            elif param.name == EXACT:
                found = tuple(term for term in self._values(EXACT) if term.value in (param.values or ()))
            elif scope.get(param.name) == ():
                found = ()  # the parameter of that name says something else than what is in scope
            else:
                found = self._values(param.name) if own.get(param.name) == (param.type, param.scheme) else ()
                found = found or tuple(chain.from_iterable(map(self._scoped, scope.get(param.name, ()))))
            if found:
                passed[param.name] = found
        return passed

    def _scoped(self, name: str) -> tuple[GroundTerm, ...]:
        """Return what a name under `scope` stands for: a thing, or the values of a parameter of the query."""
        kind, _, key = name.partition(":")
        return self._values(key) if kind == SCOPE_PARAM else (ox.NamedNode(expand(name)),)

    def _covered(self, companion: SavedQuery) -> frozenset[str] | None:
        """Return the keys of the studies that the question covers; None where `companion` takes all its limits."""
        scope = self._query.companions.get(SCOPE)
        taken = {param.name for param in companion.params} | {ABOUT, EXACT}
        limits = {name: terms for name, terms in self._passed(scope, ()).items() if name not in taken} if scope else {}
        return frozenset(row["studyKey"] for row in self._ask(scope, limits).records()) if scope and limits else None

    def _table(self, columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> QueryResult:
        cells = tuple(tuple(ox.Literal(text) if text else None for text in row) for row in rows)
        answer = self._answer
        return QueryResult(columns, cells, answer.query, answer.params, answer.release, answer.text)


def split_document(data: bytes) -> tuple[bytes, Told | None]:
    """Return the SPARQL results in a JSON answer of a service, and the members that stand beside them, if any do."""
    start = data.find(b',"left_out":')
    if start < 0:
        return data, None
    end = data.index(b',"results":', start)
    members = json.loads(b"{" + data[start + 1 : end] + b"}")
    left, unknown = (
        QueryResult(
            columns,
            tuple(tuple(ox.Literal(row[c]) if c in row else None for c in columns) for row in members[name]["rows"]),
        )
        for name, columns in (("left_out", LEFT_OUT_COLUMNS), ("not_known", NOT_KNOWN_COLUMNS))
    )
    return data[:start] + data[end:], Told(left, unknown)


def _states_by_study(named: Iterable[tuple[str, Mapping[str, str]]]) -> dict[tuple[str, str], tuple[str, str]]:
    """Return the state that says most, and where was looked, by the name of what is asked and the key of the study."""
    told: dict[tuple[str, str], tuple[str, str]] = {}
    order = list(STATE_WORDS)
    for name, row in named:
        if row:
            found = row["state"], row.get("lookedIn", "")
            key = name, row["studyKey"]
            told[key] = min(told.get(key, found), found, key=lambda each: order.index(each[0]))
    return told
