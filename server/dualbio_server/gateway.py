"""Between the web server and the application: an answer from the cache goes out before anything else is done.

The web server's own wrapper, the application and its layers cost several times what such an answer does.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask
from granian.wsgi import _callback_wrapper

from dualbio_server.front import SparqlFront
from dualbio_server.headers import Headers

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication

__all__ = ["Gateway"]

#: Objects made since the last collection at which the next one begins. Cached answers are many, and hold no cycles;
#: but the more at once, the longer everyone waits.
_COLLECT_AT = 5_000
_LAST = ("Connection", "close")


class Gateway:
    """What granian calls with each request, in one of its threads."""

    def __init__(self, app: Flask, *scope: Any, leaving: threading.Event) -> None:
        """Answer with `app`; `scope` is what granian tells its own wrapper.

        While this process is `leaving`, each answer is the last on its connection.
        """
        front = app.extensions["dualbio-front"]
        assert isinstance(front, SparqlFront)
        self._find = front.find
        self._leaving = leaving
        self._answer = _callback_wrapper(self._telling(app), *scope)
        gc.collect()
        gc.freeze()
        gc.set_threshold(_COLLECT_AT)

    def _told(self, headers: Headers) -> Headers:
        return [*headers, _LAST] if self._leaving.is_set() else headers

    def _telling(self, app: WSGIApplication) -> WSGIApplication:
        def answer(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
            def start(status: str, headers: Headers, *error: Any) -> Any:
                return start_response(status, self._told(headers), *error)

            return app(environ, start)

        return answer

    def __call__(self, protocol: Any, environ: dict[str, Any]) -> None:
        """Answer one request."""
        found = self._find(environ)
        if found:
            status, headers, body = found
            protocol.response_bytes(status, self._told(headers), body)
        else:
            self._answer(protocol, environ)
