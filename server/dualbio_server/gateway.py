"""Between the web server and the application: an answer from the cache goes out before anything else is done.

The web server's own wrapper, the application and its layers cost several times what such an answer does.
"""

from __future__ import annotations

import gc
from typing import Any

from flask import Flask
from granian.wsgi import _callback_wrapper

from dualbio_server.front import SparqlFront

__all__ = ["Gateway"]

#: Objects made since the last collection at which the next one begins. Cached answers are many, and hold no cycles;
#: but the more at once, the longer everyone waits.
_COLLECT_AT = 5_000


class Gateway:
    """What granian calls with each request, in one of its threads."""

    def __init__(self, app: Flask, *scope: Any) -> None:
        """Answer with `app`; `scope` is what granian tells its own wrapper."""
        front = app.extensions["dualbio-front"]
        assert isinstance(front, SparqlFront)
        self._find = front.find
        self._answer = _callback_wrapper(app, *scope)
        gc.collect()
        gc.freeze()
        gc.set_threshold(_COLLECT_AT)

    def __call__(self, protocol: Any, environ: dict[str, Any]) -> None:
        """Answer one request."""
        found = self._find(environ)
        if found:
            protocol.response_bytes(*found)
        else:
            self._answer(protocol, environ)
