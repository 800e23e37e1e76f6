"""The HTTP face of dualbio: `create_app` for a WSGI server of your choice, `run` for the whole service."""

from __future__ import annotations

from dualbio_server.process.run import create_app, run

__all__ = ["create_app", "run"]
