"""The site as static files: its addresses, their files, links, the search index."""

from dualbio_server.static_copy.export import SiteCopy, export_site

__all__ = ["SiteCopy", "export_site"]
