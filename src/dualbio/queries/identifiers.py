"""External identifiers for the rows of an answer, as columns for joins with other data.

They follow from the study and the sources of a row, so no query selects them: every answer with such columns has them,
behind its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import pyoxigraph as ox

from dualbio.queries.answers.notes import listed_studies
from dualbio.queries.answers.result import Cell, QueryResult
from dualbio.queries.answers.typed import is_whole
from dualbio.queries.head import ColumnHead
from dualbio.queries.sources import SEVERAL_COLUMN, SOURCE_COLUMNS, STUDY_COLUMN, CitedSources

__all__ = ["MAY_COUNT", "ORIGIN_COLUMN", "identified", "identifier_columns", "identifiers_of", "with_origin"]

_STUDY = (ColumnHead(name="nct", meaning="ClinicalTrials.gov number of the study", type="string"),)
_SOURCE = (
    ColumnHead(
        name="pmid", meaning="PubMed number of the source; of the study where no source is shown", type="string"
    ),
    ColumnHead(name="doi", meaning="DOI of the source; of the study where no source is shown", type="string"),
)
#: The column that names the folder of own evidence that the study of a row is of.
ORIGIN_COLUMN = "origin"
#: What it says of a row that counts studies without naming them.
MAY_COUNT = "may count"
#: The column that names the studies behind a row, or tells how many they are.
_STUDIES_COLUMN = "studies"
#: What stands between two identifiers of one row.
_BETWEEN = "; "


def identifier_columns(columns: Iterable[ColumnHead]) -> tuple[ColumnHead, ...]:
    """Return the columns with outside identifiers that an answer with `columns` gets."""
    names = {column.name for column in columns}
    study = _STUDY if STUDY_COLUMN in names else ()
    source = _SOURCE if study or names & {*SOURCE_COLUMNS, SEVERAL_COLUMN} else ()
    return tuple(column for column in (*study, *source) if column.name not in names)


def identified(result: QueryResult, columns: Sequence[ColumnHead], cited: CitedSources) -> QueryResult:
    """Return an answer with `columns` of outside identifiers behind its own."""
    if not columns:
        return result
    rows = tuple((*row, *_cells(_texts(result.columns, row), columns, cited)) for row in result.rows)
    return replace(result, columns=(*result.columns, *(column.name for column in columns)), rows=rows)


def with_origin(result: QueryResult, cited: CitedSources) -> QueryResult:
    """Return an answer over own evidence with the folder that each row rests on; empty where dualbio itself holds it.

    A row is of a study, or lists studies by name. Of one that only counts studies nothing says which: it says
    `may count` with all folders.
    """
    folders = {label: cited.origins[key] for key, label in cited.own.items()}
    counted = f"{MAY_COUNT} {_BETWEEN.join(dict.fromkeys(folders.values()))}" if folders else ""

    def origin(row: Sequence[Cell]) -> str:
        cells = dict(zip(result.columns, row, strict=True))
        if STUDY_COLUMN in cells:
            study = cells[STUDY_COLUMN]
            return cited.origins.get(study.value, "") if study else ""
        named = listed_studies((cell.value for cell in row if isinstance(cell, ox.Literal)), folders)
        if named or _lists_studies(cells):
            return _BETWEEN.join(dict.fromkeys(folders[name] for name in named))
        return counted if any(map(is_whole, row)) else ""

    found = map(origin, result.rows)
    rows = tuple((*row, ox.Literal(folder) if folder else None) for row, folder in zip(result.rows, found, strict=True))
    return replace(result, columns=(*result.columns, ORIGIN_COLUMN), rows=rows)


def _lists_studies(cells: Mapping[str, Cell]) -> bool:
    """Return whether a row names its studies, and so has none that it does not name."""
    cell = cells.get(_STUDIES_COLUMN)
    return cell is not None and not is_whole(cell)


def _texts(columns: Sequence[str], row: Sequence[Cell]) -> dict[str, str]:
    return {column: "" if cell is None else cell.value for column, cell in zip(columns, row, strict=True)}


def identifiers_of(row: Mapping[str, str], cited: CitedSources) -> dict[str, str]:
    """Return the outside identifiers of a row, by their column; several of one kind stand in one text.

    Args:
        row: text by column, as `CitedSources.of_row` takes it.
        cited: the sources of the data.
    """
    sources = cited.of_row(row)
    found = {
        "nct": [number for number in cited.registry_numbers(row.get(STUDY_COLUMN, "")) if number.startswith("NCT")],
        "pmid": [source.pmid for source in sources],
        "doi": [source.doi for source in sources],
    }
    return {name: _BETWEEN.join(dict.fromkeys(filter(None, each))) for name, each in found.items()}


def _cells(row: Mapping[str, str], columns: Sequence[ColumnHead], cited: CitedSources) -> Iterable[Cell]:
    found = identifiers_of(row, cited)
    return (ox.Literal(found[column.name]) if found[column.name] else None for column in columns)
