"""Routes for monitoring."""

from __future__ import annotations

from flask import Blueprint, Response, current_app

from dualbio_server.http.access_log import AccessLog
from dualbio_server.service import current_service

__all__ = ["blueprint"]

blueprint = Blueprint("health", __name__)


@blueprint.get("/health/live")
def live() -> dict[str, str]:
    """Tell that this process answers."""
    return {"status": "live"}


@blueprint.get("/health/ready")
def ready() -> dict[str, object]:
    """Tell that queries are answered, over which release, and how large it is.

    While no query worker can be reached this is an error with status 503.
    """
    status = current_service().pool.status()
    return {
        "status": "ready",
        "release": status["release"],
        "quads": status["quads"],
        "workers": status["workers"],
        "running": len(status["running"]),
    }


@blueprint.get("/metrics")
def metrics() -> Response:
    """Give all counters in the text format of Prometheus."""
    log = current_app.extensions["dualbio-log"]
    assert isinstance(log, AccessLog)
    log.flush()
    return Response(log.metrics.page(current_service().pool), content_type="text/plain; version=0.0.4; charset=utf-8")
