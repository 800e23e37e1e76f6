"""Exports: RDF dumps, JSON-LD documents, tables, and descriptions of the data set."""

from dualbio.export.rdf.dump import DUMP_FORMATS, ExportError, dump_format, export, export_quads

__all__ = ["DUMP_FORMATS", "ExportError", "dump_format", "export", "export_quads"]
