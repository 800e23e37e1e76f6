"""How views find what they serve."""

from __future__ import annotations

from flask import current_app

from dualbio_server.service import Service

__all__ = ["current_service"]


def current_service() -> Service:
    """Return the service of the running application."""
    service = current_app.extensions["dualbio"]
    assert isinstance(service, Service)
    return service
