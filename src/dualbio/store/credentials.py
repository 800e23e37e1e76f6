"""Credentials for another server: user name and password, or a bearer token."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dualbio.errors import ParameterError
from dualbio.settings import Settings

if TYPE_CHECKING:
    import httpx

__all__ = ["Credentials"]


@dataclass(frozen=True)
class Credentials:
    """What a server may ask for; nothing is shown when this is printed.

    A password goes out only when the server asks for one, as it asks: by Digest (RFC 7616), else by Basic (RFC 7617).
    A `token` (RFC 6750) goes with every request.
    """

    user: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        """Hold the two ways apart.

        Raises:
            ParameterError: a user and a token are given.
        """
        if self.user and self.token:
            raise ParameterError("DUALBIO_STORE_USER and DUALBIO_STORE_TOKEN are both set; accepted: one of them")

    @classmethod
    def of(cls, settings: Settings) -> Credentials:
        """Return what the settings say.

        Raises:
            ParameterError: they name a user and a token.
        """
        return cls(settings.store_user, settings.store_password, settings.store_token)

    @property
    def headers(self) -> dict[str, str]:
        """What every request carries."""
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    @property
    def challenged(self) -> httpx.Auth | None:
        """What answers the question for a password, for a client of httpx; None where there is no user."""
        import httpx  # noqa: PLC0415 - an optional dependency

        if not self.user:
            return None
        ways = {
            "digest": httpx.DigestAuth(self.user, self.password),
            "basic": httpx.BasicAuth(self.user, self.password),
        }

        class Challenged(httpx.Auth):
            """Sends nothing until it is asked; then what is asked for, and the same from then on."""

            chosen: httpx.Auth | None = None

            def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
                if self.chosen is None:
                    response = yield request
                    if response.status_code != 401:
                        return
                    asked = {each.split()[0].lower() for each in response.headers.get_list("WWW-Authenticate") if each}
                    self.chosen = next((way for name, way in ways.items() if name in asked), None)
                if self.chosen is not None:
                    yield from self.chosen.auth_flow(request)

        return Challenged()
