"""The answer of a saved query, in the standard forms of SPARQL 1.1 results and in those that people read."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from html import escape
from io import BytesIO, StringIO
from typing import IO, TYPE_CHECKING, Any, Protocol, Self, cast

import pyoxigraph as ox

from dualbio.errors import MissingExtraError, NotFoundError, ParameterError, counted, did_you_mean
from dualbio.model.namespaces import PREFIXES
from dualbio.model.rdf_terms import Term
from dualbio.queries.answers.citation import Citation, cite, permanent_address
from dualbio.queries.answers.layout import shown_cells, text_lines
from dualbio.queries.answers.notes import (
    Say,
    as_written,
    empty_note,
    left_out_notes,
    mark_notes,
    not_known_notes,
    own_notes,
)
from dualbio.queries.answers.plot import Plot
from dualbio.queries.answers.reading import Piece, Reading, default_reading, plain_reading
from dualbio.queries.answers.typed import (
    Cell,
    ColumnType,
    arrow_table,
    cast_rows,
    order_key,
    safe_cell,
    safe_text,
    short_number,
    usual_types,
)
from dualbio.queries.sources import CitedSources
from dualbio.rdf.xml_text import XmlOutput
from dualbio.release.folder import OWN

if TYPE_CHECKING:
    from dualbio.figures import Figure, Look

__all__ = ["BYTE_ORDER_MARK", "Cell", "Omissions", "QueryResult"]

#: What tells a spreadsheet that a file is UTF-8.
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_STRING = f"{PREFIXES['xsd']}string"
#: Rows that Python prints.
_PRINTED = 20


class Omissions(Protocol):
    """What an answer leaves out and what is not known, each as a table."""

    @property
    def left_out(self) -> QueryResult:
        """What the question covers and the answer does not show."""

    @property
    def not_known(self) -> QueryResult:
        """The studies in scope of which the answer shows no number, and what is known of each."""


@dataclass(frozen=True, repr=False)
class QueryResult:
    """Rows of RDF terms under named columns, with what they are an answer to.

    `query` is the name of the saved query, `params` the bound values by name, `release` the id of the data,
    `text` the SPARQL that ran, `types` the types that columns declare, `reading` what people are shown, `plot` how the
    rows become a figure, `omissions` what stands beside them. `question` is what the query asks, `cited` knows the
    sources.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    query: str = ""
    params: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    release: str | None = None
    text: str = ""
    types: Mapping[str, ColumnType] = field(default_factory=dict)
    reading: Reading | None = None
    plot: Plot | None = None
    omissions: Omissions | None = field(default=None, compare=False)
    question: str = ""
    cited: CitedSources | None = field(default=None, compare=False)

    @classmethod
    def from_json(cls, data: bytes, **about: Any) -> QueryResult:
        """Return the answer in a SPARQL 1.1 Query Results JSON document; `about` are the other fields.

        Raises:
            QueryFileError: a cell is not of the type that its column declares.
        """
        solutions = ox.parse_query_results(data, ox.QueryResultsFormat.JSON)
        assert isinstance(solutions, ox.QuerySolutions)
        columns = tuple(variable.value for variable in solutions.variables)
        return cls.of_rows(columns, [tuple(solution) for solution in solutions], **about)

    @classmethod
    def of_rows(cls, columns: tuple[str, ...], rows: Sequence[tuple[Cell, ...]], **about: Any) -> QueryResult:
        """Return the answer with rows as a store gives them; `about` are the other fields.

        Raises:
            QueryFileError: a cell is not of the type that its column declares.
        """
        if about.get("query"):
            about["types"] = usual_types(rows, columns, about.get("types", {}))
        return cls(columns, cast_rows(rows, columns, about.get("types", {}), about.get("query", "")), **about)

    def beside(self, omissions: Omissions | None) -> Self:
        """Return this answer with what stands beside its rows."""
        return replace(self, omissions=omissions)

    def citing(self, question: str, cited: CitedSources) -> Self:
        """Return this answer with what a citation needs: the question, and where sources are looked up."""
        return replace(self, question=question, cited=cited)

    @property
    def left_out(self) -> QueryResult:
        """What the question covers and the answer does not show; empty where nothing is."""
        return self.omissions.left_out if self.omissions else QueryResult((), ())

    @property
    def not_known(self) -> QueryResult:
        """The studies in the scope of the question of which the answer shows no number, each with its state."""
        return self.omissions.not_known if self.omissions else QueryResult((), ())

    @property
    def shown(self) -> Reading:
        """The reading of the head, else a default one; every column as it is where the query is not a saved one."""
        return self.reading or (default_reading if self.query else plain_reading)(self.columns)

    def choose(self, names: Sequence[str]) -> QueryResult:
        """Return the answer with only these columns, in this order, each shown as it is.

        Raises:
            ParameterError: the answer has no such column; the message names those it has.
        """
        places = [self._column_index(name) for name in names]
        rows = tuple(tuple(row[i] for i in places) for row in self.rows)
        return replace(self, columns=tuple(names), rows=rows, reading=plain_reading(names), plot=None)

    def sort(self, *names: str) -> QueryResult:
        """Return the answer with its rows in the order of these columns, falling where a name has a minus before it.

        Numbers are in their order, texts in that of the alphabet, and empty cells last.

        Raises:
            ParameterError: the answer has no such column; the message names those it has.
        """
        rows = list(self.rows)
        for name in reversed(names):
            place = self._column_index(name.removeprefix("-"))
            filled = [row for row in rows if row[place] is not None]
            filled.sort(key=lambda row: order_key(row[place]), reverse=name.startswith("-"))
            rows = [*filled, *(row for row in rows if row[place] is None)]
        return replace(self, rows=tuple(rows))

    def _column_index(self, name: str) -> int:
        if name in self.columns:
            return self.columns.index(name)
        accepted = ", ".join(self.columns)
        raise ParameterError(f"there is no column '{name}'; accepted: {accepted}{did_you_mean(name, self.columns)}")

    def part(self, offset: int, limit: int | None) -> QueryResult:
        """Return the answer with at most `limit` rows from number `offset` (from 0) on."""
        end = None if limit is None else offset + limit
        return replace(self, rows=self.rows[offset:end])

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.rows)

    def __repr__(self) -> str:
        """Return the size of the answer and what it answers."""
        return (
            f"<QueryResult {self.query or 'of SPARQL'}: {counted(len(self.rows), 'row')}, {len(self.columns)} columns>"
        )

    def __str__(self) -> str:
        """Return the first rows as a table of text in the reading, and the notes under it."""
        columns, rows = shown_cells(self.shown, self.columns, self.rows[:_PRINTED])
        more = len(self.rows) - len(rows)
        lines = text_lines(columns, rows) if rows else []
        return "\n".join([*lines, *([f"… {counted(more, 'more row')}"] if more else []), *self.notes])

    def _repr_html_(self) -> str:
        """Return the first rows as a table for notebooks, in the reading, and the notes under it."""
        columns = self.shown.columns
        rows = [self.shown.cells(self.columns, row) for row in self.rows[:_PRINTED]]
        heads = "".join(f"<th>{escape(column.header)}</th>" for column in columns)
        body = "".join(f"<tr>{''.join(map(_html, row))}</tr>" for row in rows)
        more = len(self.rows) - len(rows)
        notes = [*([f"… {counted(more, 'more row')}"] if more else []), *self.notes]
        table = f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>" if rows else ""
        return table + "".join(f"<p>{escape(note)}</p>" for note in notes)

    @property
    def notes(self) -> list[str]:
        """Sentences under the answer: that it is empty, marks, a user's own rows, what is left out or not known."""
        return self.noted(as_written)

    def noted(self, say: Say) -> list[str]:
        """Return the notes in the words of `say`, which gives those written in English in another language."""
        empty = [] if self.rows else [empty_note(self.params, say)]
        own = own_notes(self.records(), self.cited.own, say) if self.cited and self.rests_on_own else []
        marks = mark_notes(self.records(), self.shown.marks, say) if self.shown.marks else []
        return [
            *empty,
            *marks,
            *own,
            *left_out_notes(self.left_out.records(), say),
            *not_known_notes(self.not_known.records(), say),
        ]

    def __iter__(self) -> Iterator[tuple[Cell, ...]]:
        """Yield the rows."""
        return iter(self.rows)

    @property
    def address(self) -> str | None:
        """The permanent address of the answer; None where it is not that of a saved query over a published release."""
        if not self.query or not self.release or self.rests_on_own:
            return None
        return permanent_address(self.query, self.params, self.release)

    @property
    def rests_on_own(self) -> bool:
        """Return whether a user's own evidence was laid over the release that answered."""
        return bool(self.release and self.release.endswith(OWN))

    @property
    def metadata(self) -> dict[str, Any]:
        """What to cite with the answer: query, parameters, release, and SHA-256 of the SPARQL text."""
        return {
            "query": self.query,
            "params": {name: list(values) for name, values in self.params.items()},
            "release": self.release,
            "address": self.address,
            "rows": len(self.rows),
            "sparql_sha256": sha256(self.text.encode()).hexdigest(),
        }

    def cite(self) -> Citation:
        """Return how to cite the answer: as a sentence (`str`), as `bibtex` and `ris` with its sources.

        Raises:
            NotFoundError: it is not the answer of a saved query.
            StoreError: what answered does not tell of which release it is.
        """
        if self.cited is None:
            raise NotFoundError("only the answer of a saved query has a permanent address to cite")
        return cite(self, self.question, self.cited)

    def records(self) -> list[dict[str, str]]:
        """Return each row as text by column; unbound cells are left out."""
        return [
            {column: cell.value for column, cell in zip(self.columns, row, strict=True) if cell is not None}
            for row in self.rows
        ]

    @cached_property
    def _json(self) -> bytes:
        bindings = [
            {column: _binding(cell) for column, cell in zip(self.columns, row, strict=True) if cell is not None}
            for row in self.rows
        ]
        link = {"link": [self.address]} if self.address else {}
        content = {"head": {"vars": list(self.columns), **link}, "results": {"bindings": bindings}}
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()

    def to_json(self) -> bytes:
        """Return SPARQL 1.1 Query Results JSON, with the members `left_out` and `not_known` beside the rows.

        Its `link` is the permanent address of the answer.
        """
        if self.omissions is None:
            return self._json
        members = {"left_out": self.left_out, "not_known": self.not_known}
        told = {name: {"count": len(part), "rows": part.records()} for name, part in members.items()}
        text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))[1:-1].encode()
        place = self._json.index(b',"results":')
        return self._json[:place] + b"," + text + self._json[place:]

    def to_csv(self, *, bom: bool = False) -> bytes:
        """Return SPARQL 1.1 Query Results CSV: plain values, lines ended by CR LF.

        A text that a spreadsheet would take for a formula has an apostrophe before it; with `bom` the file begins with
        a byte order mark, by which Excel knows UTF-8.
        """
        out = StringIO()
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow(self.columns)
        writer.writerows([_csv_text(cell) for cell in row] for row in self.rows)
        return BYTE_ORDER_MARK * bom + out.getvalue().encode()

    def to_tsv(self, *, bom: bool = False) -> bytes:
        """Return SPARQL 1.1 Query Results TSV: RDF terms in SPARQL syntax; formulas and `bom` as in CSV."""
        return BYTE_ORDER_MARK * bom + self._serialised(ox.QueryResultsFormat.TSV, safe_cell, short_number)

    def to_xml(self) -> bytes:
        """Return SPARQL Query Results XML.

        Raises:
            ExportError: a text holds a control character, which XML cannot carry.
        """
        return self._serialised(ox.QueryResultsFormat.XML)

    def _serialised(self, form: ox.QueryResultsFormat, *changes: Callable[[Cell], Cell]) -> bytes:
        rows = self.rows
        for change in changes:
            rows = tuple(tuple(map(change, row)) for row in rows)
        data = self._json if rows == self.rows else replace(self, rows=rows, omissions=None).to_json()
        solutions = ox.parse_query_results(data, ox.QueryResultsFormat.JSON)
        assert isinstance(solutions, ox.QuerySolutions)
        out = BytesIO()
        xml = form == ox.QueryResultsFormat.XML
        solutions.serialize(cast(IO[bytes], XmlOutput(out)) if xml else out, form)
        return out.getvalue()

    def to_bibtex(self) -> bytes:
        """Return the answer and its sources as BibTeX; errors as `cite` says."""
        return self.cite().bibtex.encode()

    def to_ris(self) -> bytes:
        """Return the answer and its sources as RIS; errors as `cite` says."""
        return self.cite().ris.encode()

    def figure(self, look: Look | None = None) -> Figure:
        """Return the figure of the rows, which the head of the query declares, titled as it says or by the question.

        Args:
            look: in which words, and for which width of a screen; by default English and a wide one.

        Raises:
            NotFoundError: the query declares none.
        """
        if self.plot is None:
            raise NotFoundError(
                f"the answer of '{self.query or 'SPARQL'}' has no figure; the list: dualbio queries --figures"
            )
        title = self.plot.title or self.question or self.query
        return self.plot.draw(self.columns, self.rows, title=title, release=self.release, look=look)

    def to_markdown(self) -> str:
        """Return a table in Markdown, in the reading for people, and the notes under it."""
        reading = self.shown
        lines = [tuple(column.header for column in reading.columns), tuple("---" for _ in reading.columns)]
        lines += [tuple(map(_markdown, reading.cells(self.columns, row))) for row in self.rows]
        table = "".join(f"| {' | '.join(line)} |\n" for line in lines) if self.rows else ""
        return "\n".join([*([table] if table else []), *(f"{_escaped(note)}\n" for note in self.notes)])

    def to_arrow(self) -> Any:
        """Return an Arrow table with typed columns; query, parameters and release stand in its metadata.

        Raises:
            MissingExtraError: pyarrow is not installed.
        """
        about = {b"dualbio": json.dumps(self.metadata, ensure_ascii=False).encode()}
        return arrow_table(self.columns, self.rows, self.types).replace_schema_metadata(about)

    def to_pandas(self) -> Any:
        """Return a data frame: whole numbers as Int64, other numbers as Float64, dates as datetime64, the rest as text.

        Raises:
            MissingExtraError: pandas or pyarrow is not installed.
        """
        try:
            import pandas as pd  # type: ignore[import-untyped]  # noqa: PLC0415 - an optional dependency
        except ImportError as error:
            raise MissingExtraError("analysis", "a data frame") from error
        nullable = {"int64": pd.Int64Dtype(), "double": pd.Float64Dtype(), "bool": pd.BooleanDtype()}
        frame = self.to_arrow().to_pandas(types_mapper=lambda kind: nullable.get(str(kind)), date_as_object=False)
        frame.attrs.update(self.metadata)
        return frame

    def to_polars(self) -> Any:
        """Return a Polars data frame with typed columns.

        Raises:
            MissingExtraError: polars or pyarrow is not installed.
        """
        try:
            import polars as pl  # noqa: PLC0415 - an optional dependency
        except ImportError as error:
            raise MissingExtraError("polars", "a Polars data frame") from error
        return pl.from_arrow(self.to_arrow())

    def to_parquet(self) -> bytes:
        """Return an Apache Parquet file with typed columns; query, parameters and release stand in its metadata.

        Raises:
            MissingExtraError: pyarrow is not installed.
        """
        table = self.to_arrow()
        import pyarrow.parquet  # noqa: PLC0415 - an optional dependency

        out = BytesIO()
        pyarrow.parquet.write_table(table, out)
        return out.getvalue()


def _csv_text(cell: Cell) -> str:
    if isinstance(cell, ox.Literal):
        return safe_text(cell.value)
    return "" if cell is None else cell.value if isinstance(cell, ox.NamedNode) else str(cell)


def _binding(cell: Term) -> dict[str, str]:
    if isinstance(cell, ox.NamedNode):
        return {"type": "uri", "value": cell.value}
    if isinstance(cell, ox.BlankNode):
        return {"type": "bnode", "value": cell.value}
    binding = {"type": "literal", "value": cell.value}
    if language := cell.language:
        binding["xml:lang"] = language
    elif (datatype := cell.datatype.value) != _STRING:
        binding["datatype"] = datatype
    return binding


def _markdown(pieces: tuple[Piece, ...]) -> str:
    return _escaped("".join(piece.text for piece in pieces)).replace("|", "\\|")


def _html(pieces: tuple[Piece, ...]) -> str:
    return f"<td>{escape(''.join(piece.text for piece in pieces))}</td>"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\")
