"""The whole site as files that any static host serves: pages, figures, downloads, a search that runs in the page."""

from dualbio_server.static_copy.export import SiteCopy, export_site

__all__ = ["SiteCopy", "export_site"]
