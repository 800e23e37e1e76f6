"""What another server asks for: nothing, a password by Basic or Digest, or a token."""

from __future__ import annotations

import re

import httpx
import pytest

from dualbio.errors import ParameterError
from dualbio.settings import Settings
from dualbio.store.credentials import Credentials

BASIC = "Basic realm=here"
DIGEST = 'Digest realm="here", nonce="4711", qop="auth", algorithm=MD5'


class Server:
    """Asks for a password in some ways, and keeps what it was sent."""

    def __init__(self, *asked: str) -> None:
        """Ask for one in these ways."""
        self.asked = asked
        self.sent: list[str] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Return 401 until there are credentials."""
        self.sent.append(request.headers.get("Authorization", ""))
        if self.asked and not self.sent[-1]:
            return httpx.Response(401, headers=[("WWW-Authenticate", each) for each in self.asked])
        return httpx.Response(200, content=request.read())

    def ask(self, known: Credentials) -> list[str]:
        """Return what is sent for two requests."""
        transport = httpx.MockTransport(self.answer)
        with httpx.Client(transport=transport, auth=known.challenged, headers=known.headers) as client:
            for _ in range(2):
                assert b"body" == client.put("http://192.0.2.1/store", content=b"body").content
        return self.sent


def test_a_password_is_kept_until_it_is_asked_for() -> None:
    """A server that asks for none is sent none."""
    assert ["", ""] == Server().ask(Credentials("me", "secret"))


def test_a_password_goes_out_as_it_is_asked_for() -> None:
    """By Basic where nothing else is offered, and unasked from then on; RFC 7617 has this very example."""
    sent = Server(BASIC).ask(Credentials("Aladdin", "open sesame"))
    assert "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==" == sent[-1]
    assert sent[-1] == sent[-2]


@pytest.mark.parametrize("asked", [(DIGEST,), (BASIC, DIGEST), (DIGEST, BASIC)])
def test_a_digest_comes_before_the_password_itself(asked: tuple[str, ...]) -> None:
    """Whichever of the two the server names first, the password is not sent."""
    sent = [each for each in Server(*asked).ask(Credentials("me", "secret")) if each]
    assert len(sent) == 2
    for each in sent:
        assert re.match(
            r'Digest username="me", realm="here", nonce="4711", uri="/store", response="[0-9a-f]{32}"', each
        )


def test_a_token_goes_with_every_request() -> None:
    """RFC 6750, section 2.1."""
    assert ["Bearer abc"] * 2 == Server().ask(Credentials("", "", "abc"))


def test_the_settings_name_one_of_the_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user with a password, or a token; neither is shown."""
    monkeypatch.setenv("DUALBIO_STORE_USER", "me")
    monkeypatch.setenv("DUALBIO_STORE_PASSWORD", "secret")
    known = Credentials.of(Settings())
    assert Credentials("me", "secret") == known
    assert "secret" not in repr(known)
    monkeypatch.setenv("DUALBIO_STORE_TOKEN", "abc")
    with pytest.raises(ParameterError, match="accepted: one of them"):
        Credentials.of(Settings())
