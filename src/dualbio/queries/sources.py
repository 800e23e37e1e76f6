"""The sources of an answer, looked up from its rows, for links, identifiers and citations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from dualbio.model.namespaces import LOCAL, graph_iri
from dualbio.store import Store

__all__ = ["SEVERAL_COLUMN", "SOURCE_COLUMNS", "STUDY_COLUMN", "CitedSource", "CitedSources"]

#: Columns that hold the label of a source.
SOURCE_COLUMNS = frozenset({"source", "sourceName", "firstSource", "secondSource"})
#: The column that holds the labels of several sources, and what stands between two.
SEVERAL_COLUMN, _BETWEEN = "sources", "; "
#: The column that holds the key of a study.
STUDY_COLUMN = "studyKey"
#: How a source stands to its study that is its own report.
_PRIMARY = "independence.primary"

_SOURCES = """
SELECT DISTINCT ?iri ?label ?study ?url ?kind ?standing ?author ?year ?journal ?doi ?pmid ?pmcid ?registry WHERE {
  ?iri a dualbio:Source ; dualbio:shortLabel ?label .
  OPTIONAL { ?iri dualbio:sourceOf/dualbio:key ?study }
  OPTIONAL { ?iri dualbio:url ?url }
  OPTIONAL { ?iri dualbio:sourceType/dualbio:key ?kind }
  OPTIONAL { ?iri dualbio:independence/dualbio:key ?standing }
  OPTIONAL { ?iri dualbio:firstAuthor ?author }
  OPTIONAL { ?iri dualbio:year ?year }
  OPTIONAL { ?iri dualbio:journal ?journal }
  OPTIONAL { ?iri dualbio:doi ?doi }
  OPTIONAL { ?iri dualbio:pmid ?pmid }
  OPTIONAL { ?iri dualbio:pmcid ?pmcid }
  OPTIONAL { ?iri dualbio:registryId ?registry }
}
ORDER BY ?iri
"""
_REGISTRY = """
SELECT DISTINCT ?study ?number WHERE {
  ?source dualbio:sourceOf ?s . ?s dualbio:key ?study ; dualbio:registryId ?number
}
ORDER BY ?study ?number
"""
#: Studies of a user's own folders: the graph of a folder names them as its parts.
_OWN = """
SELECT DISTINCT ?study ?label ?folder WHERE {
  GRAPH ?folder { ?folder dcterms:hasPart ?s } ?s a dualbio:Study ; dualbio:key ?study ; rdfs:label ?label
}
ORDER BY ?study
"""
#: When the data were last worked on.
_DATE = """
SELECT ?modified WHERE { ?release a prov:Activity ; schema:version ?version ; dcterms:modified ?modified }
"""


@dataclass(frozen=True)
class CitedSource:
    """A source as it is recorded; what is not reported is empty.

    `kind` is what it is (`source-type.journal-article` …), `standing` how it stands to its study
    (`independence.primary` …), both as keys of controlled values. The fields are in the order of the query above.
    """

    iri: str
    label: str = ""
    study: str = ""
    url: str = ""
    kind: str = ""
    standing: str = ""
    author: str = ""
    year: str = ""
    journal: str = ""
    doi: str = ""
    pmid: str = ""
    pmcid: str = ""
    registry: str = ""


class CitedSources:
    """Finds sources by what rows show of them; they are read once, when the first is looked for."""

    def __init__(self, store: Store) -> None:
        """Keep the `store`."""
        self._store = store

    def read(self) -> None:
        """Read what answers cite now, instead of at the first answer."""
        self._named, self._of_study, self._registry  # noqa: B018 - each reads from the store what it keeps

    @cached_property
    def all(self) -> tuple[CitedSource, ...]:
        """Every source, in the order of its IRI."""
        rows = self._store.select(_SOURCES)
        return tuple(CitedSource(*("" if cell is None else cell.value for cell in row)) for row in rows)

    @cached_property
    def _named(self) -> Mapping[str, list[CitedSource]]:
        named: dict[str, list[CitedSource]] = defaultdict(list)
        for source in self.all:
            named[source.label].append(source)
        return dict(named)

    @cached_property
    def _of_study(self) -> Mapping[str, list[CitedSource]]:
        of_study: dict[str, list[CitedSource]] = defaultdict(list)
        for source in self.all:
            of_study[source.study].append(source)
        return dict(of_study)

    @cached_property
    def _registry(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, list[str]] = defaultdict(list)
        for study, number in self._store.select(_REGISTRY):
            found[study.value].append(number.value)
        return {study: tuple(numbers) for study, numbers in found.items()}

    @cached_property
    def own(self) -> Mapping[str, str]:
        """The labels of the studies of a user's own evidence, by their key."""
        return {study: label for study, (label, _) in self._own.items()}

    @cached_property
    def origins(self) -> Mapping[str, str]:
        """The folders of own evidence that studies are of, by the key of the study."""
        return {study: folder for study, (_, folder) in self._own.items()}

    @cached_property
    def _own(self) -> Mapping[str, tuple[str, str]]:
        start = graph_iri(LOCAL).value
        return {
            study.value: (label.value, folder.value.removeprefix(start))
            for study, label, folder in self._store.select(_OWN)
        }

    def find(self, label: str, study: str | None = None) -> CitedSource | None:
        """Return the source that is called `label`, among those of the study with the key `study` where one is given.

        Two studies may have read the same report: the first of equal addresses is taken. None where labels are shared
        by different reports, or nothing can be read at an address.
        """
        found = [source for source in self._called(label, study) if source.url]
        return found[0] if len({each.url for each in found}) == 1 else None

    def of_study(self, label: str, study: str | None) -> CitedSource | None:
        """Return the source of a study that is called `label`, the first of several copies; None if it has none."""
        return next((source for source in self._named.get(label, []) if source.study == study), None)

    def _called(self, label: str, study: str | None) -> list[CitedSource]:
        named = self._named.get(label, [])
        return [source for source in named if source.study == study] or named

    def of_row(self, row: Mapping[str, str]) -> tuple[CitedSource, ...]:
        """Return the sources that a row names, or those of its study where the answer has no column for sources.

        A label may stand for several copies of one report within a study; each is returned. One that different
        studies use for different reports, and that no study of the row decides, is left out.

        Args:
            row: text by column; a column for sources is there, empty, where the answer has it.
        """
        study = row.get(STUDY_COLUMN)
        labels = [row[name] for name in sorted(SOURCE_COLUMNS & row.keys()) if row[name]]
        labels += row[SEVERAL_COLUMN].split(_BETWEEN) if row.get(SEVERAL_COLUMN) else []
        sources: dict[CitedSource, None] = {}
        for label in labels:
            called = self._called(label, study)
            if len({(each.study, each.label) for each in called}) == 1 or self.find(label, study):
                sources |= dict.fromkeys(called)
        if not SOURCE_COLUMNS & row.keys() and SEVERAL_COLUMN not in row:
            sources |= dict.fromkeys(each for each in self._of_study.get(study or "", ()) if each.standing == _PRIMARY)
        return tuple(sources)

    @cached_property
    def date(self) -> str:
        """The day on which the data were last worked on (ISO 8601); empty where the release does not tell."""
        return max((row[0].value[:10] for row in self._store.select(_DATE)), default="")

    def registry_numbers(self, study: str) -> tuple[str, ...]:
        """Return the registry numbers of the study with the key `study`, of whatever registry."""
        return self._registry.get(study, ())
