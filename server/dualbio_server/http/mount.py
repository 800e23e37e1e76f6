"""The service below a path of its host, such as https://host.example/dualbio/."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dualbio.model.namespaces import BASE

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication

__all__ = ["Mounted", "mount_of"]


def mount_of(base_url: str) -> str:
    """Return the path of the address under which the service is known, without a slash at its end.

    >>> mount_of("https://host.example/dualbio/"), mount_of("https://host.example/")
    ('/dualbio', '')
    """
    return "" if base_url == BASE else urlsplit(base_url).path.rstrip("/")


class Mounted:
    """Tells `inner` the path below which it is, so that every address it makes is there.

    A proxy may take the path off before it asks (`proxy_pass http://dualbio/;`) or leave it on.
    """

    def __init__(self, inner: WSGIApplication, mount: str) -> None:
        """Stand in front of `inner`, which is at the path `mount`."""
        self.inner = inner
        self.mount = mount

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        path: str = environ["PATH_INFO"]
        if path == self.mount or path.startswith(f"{self.mount}/"):
            path = path.removeprefix(self.mount) or "/"
        return self.inner({**environ, "SCRIPT_NAME": self.mount, "PATH_INFO": path}, start_response)
