"""The answer of a saved query, in the standard forms of SPARQL 1.1 results and in those that people read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from io import BytesIO
from typing import Any

import pyoxigraph as ox

from dualbio.errors import MissingExtraError
from dualbio.namespaces import PREFIXES, compress

__all__ = ["Cell", "Result"]

#: What a cell of an answer can be; None where the variable is unbound.
Cell = ox.NamedNode | ox.Literal | ox.BlankNode | None

_XSD = PREFIXES["xsd"]
_INTEGERS = frozenset(f"{_XSD}{name}" for name in ("integer", "int", "long", "nonNegativeInteger", "positiveInteger"))
_REALS = frozenset(f"{_XSD}{name}" for name in ("decimal", "double", "float"))


@dataclass(frozen=True)
class Result:
    """Rows of RDF terms under named columns, with what they are an answer to.

    `query` is the name of the saved query, `params` the bound values by name, `release` the id of the data,
    `text` the SPARQL that ran.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    query: str = ""
    params: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    release: str | None = None
    text: str = field(default="", repr=False)

    @classmethod
    def from_json(cls, data: bytes, **about: Any) -> Result:
        """Return the answer in a SPARQL 1.1 Query Results JSON document; `about` are the other fields."""
        solutions = ox.parse_query_results(data, ox.QueryResultsFormat.JSON)
        assert isinstance(solutions, ox.QuerySolutions)
        columns = tuple(variable.value for variable in solutions.variables)
        return cls(columns, tuple(tuple(solution) for solution in solutions), **about)

    def part(self, offset: int, limit: int | None) -> Result:
        """Return the answer with at most `limit` rows from number `offset` (from 0) on."""
        end = None if limit is None else offset + limit
        return replace(self, rows=self.rows[offset:end])

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.rows)

    def __iter__(self) -> Iterator[tuple[Cell, ...]]:
        """Yield the rows."""
        return iter(self.rows)

    @property
    def metadata(self) -> dict[str, Any]:
        """What to cite with the answer: query, parameters, release, and SHA-256 of the SPARQL text."""
        return {
            "query": self.query,
            "params": {name: list(values) for name, values in self.params.items()},
            "release": self.release,
            "rows": len(self.rows),
            "sparql_sha256": sha256(self.text.encode()).hexdigest(),
        }

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
        content = {"head": {"vars": list(self.columns)}, "results": {"bindings": bindings}}
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()

    def to_json(self) -> bytes:
        """Return SPARQL 1.1 Query Results JSON."""
        return self._json

    def to_csv(self) -> bytes:
        """Return SPARQL 1.1 Query Results CSV: plain values, lines ended by CR LF."""
        return self._serialised(ox.QueryResultsFormat.CSV)

    def to_tsv(self) -> bytes:
        """Return SPARQL 1.1 Query Results TSV: RDF terms in SPARQL syntax."""
        return self._serialised(ox.QueryResultsFormat.TSV)

    def to_xml(self) -> bytes:
        """Return SPARQL Query Results XML."""
        return self._serialised(ox.QueryResultsFormat.XML)

    def _serialised(self, form: ox.QueryResultsFormat) -> bytes:
        solutions = ox.parse_query_results(self._json, ox.QueryResultsFormat.JSON)
        assert isinstance(solutions, ox.QuerySolutions)
        data = solutions.serialize(format=form)
        assert data is not None
        return data

    def to_markdown(self) -> str:
        """Return a table in Markdown; IRIs are shortened to CURIEs, unbound cells are empty."""
        lines = [self.columns, tuple("---" for _ in self.columns)]
        lines += [tuple(_markdown(cell) for cell in row) for row in self.rows]
        return "".join(f"| {' | '.join(line)} |\n" for line in lines)

    def to_pandas(self) -> Any:
        """Return a data frame: whole numbers as Int64, other numbers as float, booleans as boolean, the rest as text.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        try:
            import pandas as pd  # type: ignore[import-untyped]  # noqa: PLC0415 - an optional dependency
        except ImportError as error:
            raise MissingExtraError("analysis", "a data frame") from error
        frame = pd.DataFrame({column: [_plain(row[i]) for row in self.rows] for i, column in enumerate(self.columns)})
        for position, column in enumerate(self.columns):
            dtype = _dtype([row[position] for row in self.rows])
            if dtype:
                frame[column] = frame[column].astype(dtype)
        frame.attrs.update(self.metadata)
        return frame

    def to_parquet(self) -> bytes:
        """Return an Apache Parquet file with typed columns; query, parameters and release stand in its metadata.

        Raises:
            MissingExtraError: pandas or pyarrow is not installed.
        """
        frame = self.to_pandas()
        try:
            import pyarrow.parquet  # noqa: PLC0415 - an optional dependency
        except ImportError as error:
            raise MissingExtraError("analysis", "a Parquet file") from error
        table = pyarrow.Table.from_pandas(frame, preserve_index=False)
        about = {b"dualbio": json.dumps(self.metadata, ensure_ascii=False).encode()}
        out = BytesIO()
        pyarrow.parquet.write_table(table.replace_schema_metadata({**(table.schema.metadata or {}), **about}), out)
        return out.getvalue()


def _binding(cell: ox.NamedNode | ox.Literal | ox.BlankNode) -> dict[str, str]:
    if isinstance(cell, ox.NamedNode):
        return {"type": "uri", "value": cell.value}
    if isinstance(cell, ox.BlankNode):
        return {"type": "bnode", "value": cell.value}
    binding = {"type": "literal", "value": cell.value}
    if cell.language:
        binding["xml:lang"] = cell.language
    elif cell.datatype.value != f"{_XSD}string":
        binding["datatype"] = cell.datatype.value
    return binding


def _markdown(cell: Cell) -> str:
    if cell is None:
        return ""
    text = compress(cell.value) if isinstance(cell, ox.NamedNode) else cell.value
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")


def _datatype(cell: Cell) -> str | None:
    return cell.datatype.value if isinstance(cell, ox.Literal) else None


def _plain(cell: Cell) -> Any:
    datatype = _datatype(cell)
    if cell is None:
        return None
    if datatype in _INTEGERS:
        return int(cell.value)
    if datatype in _REALS:
        return float(cell.value)
    if datatype == f"{_XSD}boolean":
        return cell.value in ("true", "1")
    return cell.value


def _dtype(cells: list[Cell]) -> str | None:
    found = {_datatype(cell) for cell in cells if cell is not None}
    if found and found <= _INTEGERS:
        return "Int64"
    if found and found <= _INTEGERS | _REALS:
        return "Float64"
    return "boolean" if found == {f"{_XSD}boolean"} else None
