"""Whole documents kept in memory: the data of a release never change, so neither do the pages and documents of it."""

from __future__ import annotations

from collections.abc import Hashable

from flask import Blueprint, Response, current_app, g, request

from dualbio_server.cache import AnswerCache, CachedReply
from dualbio_server.context import current_service

__all__ = ["keep_answers"]

_MIB = 1024 * 1024


def keep_answers(blueprint: Blueprint) -> None:
    """Have the answers of a blueprint kept, up to a quarter of the memory that the settings allow for answers."""
    blueprint.before_request(_find)
    blueprint.after_request(_keep)


def _find() -> Response | None:
    if request.method not in ("GET", "HEAD"):
        return None
    kept = _cache().get(_key())
    if kept is None:
        return None
    g.kept = True
    return Response(kept.body, status=kept.status, headers=kept.headers)


def _keep(response: Response) -> Response:
    if response.status_code == 200 and request.method == "GET" and not response.direct_passthrough and "kept" not in g:
        reply = CachedReply(response.status, list(response.headers), response.get_data(), "")
        _cache().put(_key(), reply)
    return response


def _key() -> Hashable:
    """Return all of a request that its answer depends on."""
    return request.headers.get("Host"), request.script_root, request.full_path, request.headers.get("Accept")


def _cache() -> AnswerCache:
    """Return the cache of the running application."""
    limit = current_service().settings.cache_size * _MIB // 4
    cache = current_app.extensions.setdefault("dualbio-kept", AnswerCache(limit))
    assert isinstance(cache, AnswerCache)
    return cache
