"""The Python API: opens a release for queries; `dualbio.client` offers the same methods over HTTP.

>>> import dualbio
>>> db = dualbio.open()  # doctest: +SKIP
>>> db.query("b-cell-targeting-drugs").rows  # doctest: +SKIP
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph as ox

from dualbio.errors import NotFoundError, ParameterError
from dualbio.model.namespaces import KINDS, PREFIXES, compress, expand
from dualbio.queries.library import Library, SavedQuery
from dualbio.queries.resolver import Resolver
from dualbio.queries.run import run_query
from dualbio.release.folder import Release, find_release
from dualbio.search import Found, SearchIndex, Suggestions, is_readable
from dualbio.settings import Settings
from dualbio.store import Answer, Store
from dualbio.store.embedded import EmbeddedStore

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

    from dualbio.build.package import Progress
    from dualbio.compare import Compared
    from dualbio.describe import EntityDescription
    from dualbio.model.syntheses import SynthesisQuestion
    from dualbio.queries.answers.result import QueryResult
    from dualbio.queries.long import LongForm
    from dualbio.synthesis.pooling import Synthesis
    from dualbio.why import Derivation

__all__ = ["Access", "Database", "open_database"]

#: Kinds that a bare name is looked for among first: the drug before the arms that are called after it.
_BEST_KNOWN = (
    "drug",
    "disease",
    "study",
    "target",
    "mechanism",
    "outcome",
    "ae",
    "biomarker",
    "cell",
    "process",
    "pair",
)


class Access(ABC):
    """What a release can be asked, wherever it is."""

    @property
    @abstractmethod
    def store(self) -> Store:
        """The data, as something that answers SPARQL."""

    @property
    @abstractmethod
    def queries(self) -> Mapping[str, SavedQuery]:
        """The saved queries by name."""

    @property
    @abstractmethod
    def release_id(self) -> str | None:
        """The id of the release that answers; None where the store does not tell."""

    @abstractmethod
    def query(self, name: str, **params: object) -> QueryResult:
        """Run a saved query.

        Args:
            name: `topic/name`, or the name alone.
            params: values of its parameters; what is left out takes its default.

        Raises:
            NotFoundError: no such query.
            ParameterError: a value does not fit its parameter.
        """

    @abstractmethod
    def describe(self, text: str) -> EntityDescription:
        """Return everything known about an entity.

        Raises:
            NotFoundError: nothing is known under that name.
        """

    @abstractmethod
    def why(self, subject: str, predicate: str, obj: str, *, limit: int = 1) -> list[Derivation]:
        """Return how a triple was inferred: derivation trees down to asserted triples, at most `limit`.

        Raises:
            NotFoundError: the triple is neither asserted nor inferred.
        """

    def compare(self, *studies: str, pair: str | None = None, disease: str | None = None) -> Compared:
        """Return studies side by side: design, people, order, tests, numbers, and what is not known of them.

        Args:
            studies: names or keys, in the order in which they shall stand.
            pair: instead of studies, a mechanism pair; with a disease, the studies that tried it there.
            disease: the disease, with what is below it.

        Raises:
            ParameterError: a name is not known, there are too many, or nothing is named.
            NotFoundError: no study fits.
        """
        from dualbio.compare import compare  # noqa: PLC0415 - a question alone does not need it

        return compare(self.query, studies, pair=pair, disease=disease)

    def long(self, name: str, form: LongForm = "metafor", **params: object) -> QueryResult:
        """Run a saved query and return the results behind its rows as a table for meta-analysis.

        Args:
            name: `topic/name`, or the name alone.
            form: whose column names the table has, `metafor` or `netmeta`.
            params: values of its parameters, as for `query`.

        Raises:
            NotFoundError: no such query.
            ParameterError: a value does not fit its parameter, or the query shows no results of arms.
        """
        from dualbio.queries.long import long_table  # noqa: PLC0415 - as above

        return long_table(self.query(name, **params), form, self.store, self.resolver.cited)

    def synthesise(
        self,
        question: str | Path | SynthesisQuestion | None = None,
        *,
        outcome: str | None = None,
        compare: str | None = None,
        diseases: Sequence[str] = (),
        **more: object,
    ) -> Synthesis:
        """Return the answer to a question across studies, with what was left out and why.

        Args:
            question: one that the release answers, by its name; a file with one; or a question.
            outcome: instead, an outcome or adverse event to ask about; what follows goes with it alone.
            compare: kinds of arms under test and of their comparator; a side may name drugs and mechanisms too. Two
                biologics against one, unless it says more.
            diseases: those whose trials answer; all if empty.
            more: other fields of a question, such as `measure` and `model`.

        Raises:
            NotFoundError: the release answers no question of that name.
            ParameterError: something is called so that is not known, or the fields do not go together.
            DataError: the file holds no question.
        """
        from dualbio.model.syntheses import SynthesisQuestion  # noqa: PLC0415 - as above
        from dualbio.synthesis.pooling import synthesise  # noqa: PLC0415
        from dualbio.synthesis.pooling.asking import check_names, made_question, read_question  # noqa: PLC0415
        from dualbio.synthesis.pooling.quads import stored_question  # noqa: PLC0415

        if (question is None) == (outcome is None):
            raise ParameterError("a question or an outcome is wanted, and one of them only")
        told = {"compare": compare, "diseases": diseases, **more}
        if question is not None and (given := [name for name, value in told.items() if value not in (None, ())]):
            raise ParameterError(
                f"{', '.join(given)} can be given with an outcome alone; a written question is asked as it stands"
            )
        if isinstance(question, str):
            return synthesise(self.store, stored_question(self.store, question))
        if outcome is not None:
            question = made_question(
                self._key, outcome, "two-biologics:one-biologic" if compare is None else compare, diseases, **more
            )
        elif isinstance(question, Path):
            question = read_question(question)
        assert isinstance(question, SynthesisQuestion)
        check_names(question, self._key)
        return synthesise(self.store, question)

    @property
    def syntheses(self) -> dict[str, str]:
        """The questions across studies that the release answers: their names, with the answer in words."""
        from dualbio.synthesis.pooling.quads import stored_answers  # noqa: PLC0415 - as above

        return stored_answers(self.store)

    def _key(self, text: str, kinds: Sequence[str]) -> tuple[str, str]:
        """Return the kind and key of what a text names among some kinds."""
        try:
            found = self.resolver.resolve_among(text, kinds)
        except ParameterError as error:
            told = f"nothing of kind {' or '.join(kinds)} is called '{text[:200]}'; see dualbio search"
            raise ParameterError(told) from error
        kind, _, key = compress(found.value).partition(":")
        return kind, key

    @cached_property
    def resolver(self) -> Resolver:
        """Finds entities by IRI, CURIE, key, label, synonym or outside id."""
        return Resolver(self.store)

    def sparql(self, text: str) -> Answer:
        """Evaluate a SPARQL query over the whole release; the prefix table is known.

        Raises:
            StoreError: the query is not SPARQL.
        """
        return self.store.query(text)

    def find(self, text: str) -> ox.NamedNode:
        """Return the entity or term that `text` names: an IRI, a CURIE, or a key, label, synonym or outside id.

        Raises:
            ParameterError: nothing, or more than one thing, is called so.
        """
        prefix, _, name = (compress(text) if "://" in text else text).partition(":")
        if prefix in PREFIXES and prefix not in KINDS and name:
            try:
                return ox.NamedNode(expand(f"{prefix}:{name}"))
            except ValueError as error:
                raise ParameterError(f"'{text[:200]}' is not an IRI ({error}); accepted: CURIE, key, label") from error
        return self.resolver.resolve_among(text, (*_BEST_KNOWN, None))

    @abstractmethod
    def search(self, text: str, *, kind: str | None = None, limit: int = 20, offset: int = 0) -> Found:
        """Return what `text` finds: names, words, outside ids, with or without accents, also misspelt or in Chinese.

        Args:
            text: what is looked for.
            kind: one of `dualbio.search.ALL_KINDS`, such as `drug`; any if None.
            limit: most hits of the page.
            offset: hits before the page.

        Returns:
            The hits, the best first, each with the text that was found; how many there are of each kind; and what was
            searched instead where words are misspelt.

        Raises:
            ParameterError: the text is longer than `dualbio.search.LONGEST_TEXT`, there is no such kind, or a number is
                out of its bounds.
        """

    @abstractmethod
    def suggest(self, text: str, *, limit: int = 8) -> Suggestions:
        """Return things with a name that `text` is the beginning of, for somebody who is still writing.

        Raises:
            ParameterError: as `search`.
        """


class Database(Access):
    """A release in memory, with the saved queries that belong to it."""

    def __init__(self, release: Release, *queries: str | Path, store: EmbeddedStore | None = None) -> None:
        """Open `release`; `queries` are the folders of saved queries, `store` its data where that is open already."""
        self.release = release
        self._folders = tuple(map(Path, queries))
        self._store = store

    @property
    def store(self) -> EmbeddedStore:
        """The data, loaded on first use."""
        if self._store is None:
            self._store = EmbeddedStore.in_memory(self.release.files)
        return self._store

    @cached_property
    def queries(self) -> Library:
        """The saved queries by name."""
        return Library.read(*self._folders)

    def saved_query(self, name: str) -> SavedQuery:
        """Return one saved query; the files of the others are not read for it.

        Raises:
            NotFoundError: there is none of that name.
        """
        every: Library | None = self.__dict__.get("queries")
        return (every or Library.read_for((name,), *self._folders)).find(name)

    @property
    def release_id(self) -> str:
        """The id of the release."""
        return self.release.id

    @cached_property
    def resolver(self) -> Resolver:
        """Finds entities by IRI, CURIE, key, label, synonym or outside id."""
        file = self.release.search_index
        return Resolver(self.store, self._index.called if file and is_readable(file) else None)

    def query(self, name: str, **params: object) -> QueryResult:  # noqa: D102 - as `Access` says
        return self._run(self.queries.find(name), params)

    def _run(self, saved: SavedQuery, params: Mapping[str, object]) -> QueryResult:
        return run_query(saved, self.store, params, resolver=self.resolver, release=self.release.id)

    def compare(self, *studies: str, pair: str | None = None, disease: str | None = None) -> Compared:  # noqa: D102
        from dualbio.compare import ASKED, compare  # noqa: PLC0415 - as above

        every: Library | None = self.__dict__.get("queries")
        library = every or Library.read_for(ASKED, *self._folders)
        return compare(
            lambda name, **params: self._run(library.find(name), params), studies, pair=pair, disease=disease
        )

    def describe(self, text: str) -> EntityDescription:  # noqa: D102 - as `Access` says
        from dualbio.describe import describe  # noqa: PLC0415 - as above

        node = self.find(text)
        found = describe(self.store, node)
        if found is None:
            raise NotFoundError(f"nothing is known about {node}")
        return found

    def search(  # noqa: D102 - as `Access` says
        self, text: str, *, kind: str | None = None, limit: int = 20, offset: int = 0
    ) -> Found:
        return self._index.search(text, kind=kind, limit=limit, offset=offset)

    def suggest(self, text: str, *, limit: int = 8) -> Suggestions:  # noqa: D102 - as `Access` says
        return self._index.suggest(text, limit=limit)

    def sql(self, text: str) -> DuckDBPyRelation:
        """Return the rows of a question in SQL over the tables of the release, such as `studies` and `results`.

        `docs/tables.md` has their columns. The rows are computed as they are read: `.fetchall()`, `.df()`, `.pl()`.
        The tables are written beside the release at the first question.

        Raises:
            MissingExtraError: the packages of the extra `sql` are not installed.
            StoreError: DuckDB refuses the text.
        """
        from dualbio.export.tables.sql import ask_tables  # noqa: PLC0415 - part of an extra

        return ask_tables(self._tables, text)

    @cached_property
    def _tables(self) -> DuckDBPyConnection:
        from dualbio.export.packages.files import dump_file, find_dump, table_names  # noqa: PLC0415 - exports are rare
        from dualbio.export.tables.sql import connect_tables  # noqa: PLC0415 - likewise

        folder = self.release.folder
        return connect_tables(dump_file(folder, find_dump(folder, name)) for name in table_names("parquet"))

    @cached_property
    def _index(self) -> SearchIndex:
        file = self.release.search_index
        return SearchIndex.open(file) if file and is_readable(file) else SearchIndex.of(self.store)

    def triple(self, subject: str, predicate: str, obj: str) -> ox.Triple:
        """Return the triple that three names mean, each an IRI, a CURIE, a key or a label, or the text of a literal.

        Raises:
            ParameterError: nothing, or more than one thing, is called so.
        """
        start, name = self.find(subject), self.find(predicate)
        told = [quad.object for quad in self.store.quads_for_pattern(start, name, None)]
        literals = [node for node in told if isinstance(node, ox.Literal)]
        literal = next((node for node in literals if node.value == obj), None)
        if literal is None and literals and len(literals) == len(told):
            values = ", ".join(sorted({node.value[:80] for node in literals})[:5])
            raise ParameterError(
                f"'{obj[:80]}' is no value of '{predicate[:80]}' of '{subject[:80]}'; accepted: {values}"
            )
        return ox.Triple(start, name, literal or self.find(obj))

    def why(self, subject: str, predicate: str, obj: str, *, limit: int = 1) -> list[Derivation]:  # noqa: D102
        from dualbio.why import explain  # noqa: PLC0415 - reads rules, which takes its time

        return explain(self.store, self.release.folder, self.triple(subject, predicate, obj), limit=limit)


def open_database(
    progress: Progress | None = None, settings: Settings | None = None, own: Sequence[str | PathLike[str]] = ()
) -> Database:
    """Open the release of the shipped (or configured) sources; build it on first use.

    Args:
        progress: called with the name of each stage when a release must be built.
        settings: by default read from `DUALBIO_*`.
        own: folders of own evidence to lay over the data.

    Raises:
        DataError: the sources do not conform, so that no release can be built.
    """
    settings = (settings or Settings()).over(tuple(map(Path, own)))
    release = find_release(settings.releases, settings.sources.digest)
    if release is None:
        from dualbio.build.package import build_release  # noqa: PLC0415 - only when there is something to build

        release = build_release(settings.sources, settings.releases, progress)
    return Database(release, *settings.query_folders)
