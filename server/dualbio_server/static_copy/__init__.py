"""The whole site as static files: pages, figures, downloads, and a search that runs in the browser."""

from dualbio_server.static_copy.export import SiteCopy, export_site

__all__ = ["SiteCopy", "export_site"]
