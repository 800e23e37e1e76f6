"""Exports: a release, or a part of it, as files."""

from dualbio.export.rdf.dump import DUMP_FORMATS, ExportError, dump_format, export, export_quads

__all__ = ["DUMP_FORMATS", "ExportError", "dump_format", "export", "export_quads"]
