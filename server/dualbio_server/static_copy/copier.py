"""Pages and documents of one application, each written into its file; one copier works in one process."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask
from markupsafe import escape
from werkzeug.test import TestResponse

from dualbio.settings import Settings
from dualbio_server.http.language import CATALOGUE
from dualbio_server.service import Service
from dualbio_server.static_copy.addresses import SERVICE_SECTION, Addresses
from dualbio_server.static_copy.markup import copied_page, leading_page
from dualbio_server.static_copy.search_index import INDEX_ADDRESS, search_index

__all__ = ["Copied", "Copier", "Fault"]

_NO_FORM = "This is a static copy; other parameters need the service."
_REDIRECTS = 5


@dataclass(frozen=True)
class Fault:
    """An address that does not answer, or not with what a copy can hold."""

    address: str
    what: str


@dataclass
class Copied:
    """What a number of addresses came to: the addresses that they lead to, files and bytes, and what failed."""

    leads_to: dict[str, str] = field(default_factory=dict)
    files: int = 0
    bytes: int = 0
    faults: list[Fault] = field(default_factory=list)


class Copier:
    """Asks an application in this process as a browser would, and writes what it answers."""

    def __init__(self, app: Flask, settings: Settings, addresses: Addresses, folder: Path) -> None:
        """Write into `folder`; in what is meant for programs the service is where the settings say that it is known."""
        service: Service = app.extensions["dualbio"]
        self._store = service.store
        self._client = app.test_client()
        self._base = settings.base_url.rstrip("/")
        self._root = urlsplit(self._base).path
        self._headers = {"Accept": "text/html, */*;q=0.1", "Accept-Language": addresses.languages[0]}
        self._addresses = addresses
        self._folder = folder

    def copy(self, addresses: list[str]) -> Copied:
        """Write the files of settled addresses."""
        done = Copied()
        for address in addresses:
            try:
                self._copy(address, done)
            except _FaultError as error:
                done.faults.append(Fault(address, str(error)))
        return done

    def _copy(self, address: str, done: Copied) -> None:
        if address == INDEX_ADDRESS:
            self._write(address, search_index(self._store, self._addresses).encode(), done)
            return
        asked, answer = self._answer(address)
        target = address
        if answer.mimetype != "text/html":
            self._write(address, answer.get_data(), done)
            answer.close()
            return
        if asked != address:
            settled = self._addresses.settled(asked.partition("#")[0])
            target = settled if isinstance(settled, str) else target
        if target != address:
            page = leading_page(address, target, self._addresses)
        else:
            page = copied_page(answer.text, address, self._root, self._addresses, self._no_form(address))
        self._write(address, page.text.encode(), done)
        for each in page.leads_to:
            done.leads_to.setdefault(each, address)

    def _answer(self, address: str) -> tuple[str, TestResponse]:
        """Return the answer to an address, and the address to which it led.

        Raises:
            _FaultError: it is none.
        """
        for _ in range(_REDIRECTS):
            answer = self._client.get(address, base_url=self._base, headers=self._headers)
            if answer.status_code // 100 != 3:
                break
            address = answer.headers["Location"].removeprefix(self._root)
        if answer.status_code != HTTPStatus.OK:
            told = self._client.get(address, base_url=self._base, headers={"Accept": "application/json"})
            same = told.status_code == answer.status_code and told.is_json and told.json
            detail = told.json.get("detail") if same and told.json else ""
            raise _FaultError(f"answers {answer.status_code}{f': {detail}' if detail else ''}")
        return address, answer

    def _no_form(self, address: str) -> str:
        words = CATALOGUE.get(_NO_FORM, _NO_FORM) if "lang=zh" in address else _NO_FORM
        return f'<p><a href="{self._root}{SERVICE_SECTION}">{escape(words)}</a></p>'

    def _write(self, address: str, data: bytes, done: Copied) -> None:
        file = self._folder / self._addresses.file(address)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        done.files += 1
        done.bytes += len(data)


class _FaultError(Exception):
    """An address cannot be copied; the text says why."""
