"""Requests of tests, each over a connection of its own, with patience: a busy machine is slow, not wrong."""

from __future__ import annotations

import httpx

__all__ = ["get", "post", "put", "request", "stream"]

#: One client for all, as the certificates that one reads take longer than a request.
_CLIENT = httpx.Client(timeout=60, limits=httpx.Limits(max_keepalive_connections=0))

get = _CLIENT.get
post = _CLIENT.post
put = _CLIENT.put
request = _CLIENT.request
stream = _CLIENT.stream
