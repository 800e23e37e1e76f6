"""The editor that a browser gets at /sparql."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

import dualbio_server

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"}
VENDOR = Path(dualbio_server.__file__).parent / "static" / "vendor" / "yasgui"


@pytest.mark.parametrize("url", ["/sparql", "/sparql/", "/sparql?query=ASK%7B%7D"])
def test_a_browser_gets_the_editor(client: FlaskClient, url: str) -> None:
    """Someone who opens the endpoint, or a link with a query, can write and run queries."""
    page = client.get(url, headers=BROWSER)
    assert page.content_type == "text/html; charset=utf-8"
    assert 'id="editor"' in page.text


def test_an_explicit_format_goes_before_the_browser(client: FlaskClient) -> None:
    """A link with `format=` downloads data also in a browser."""
    page = client.get("/sparql?query=ASK%7B%7D&format=json", headers=BROWSER)
    assert page.content_type == "application/sparql-results+json; charset=utf-8"


def test_the_page_loads_nothing_from_elsewhere(client: FlaskClient) -> None:
    """Every address that the page loads is our own and answers; the policy lets the browser reach no other."""
    page = client.get("/sparql", headers=BROWSER)
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "connect-src 'self'" in policy
    assert "unsafe-eval" not in policy
    assert "http" not in policy
    loaded = r'(?:src|data-prefixes|data-queries)="([^"]+)"|<link[^>]* href="([^"]+)"'
    addresses = [script or style for script, style in re.findall(loaded, page.text)]
    assert len(addresses) >= 7
    for address in addresses:
        assert address.startswith("/")
        assert client.get(address).status_code == 200, address


def test_no_script_or_handler_is_inline(client: FlaskClient) -> None:
    """The policy forbids inline scripts, so the page must not have any."""
    page = client.get("/sparql", headers=BROWSER).text
    assert not re.search(r"<script(?![^>]*\bsrc=)", page)
    assert not re.search(r"\son\w+=", page)


def test_a_query_is_asked_without_script(client: FlaskClient) -> None:
    """Where scripts are off, a plain form sends the query that the address holds to the endpoint."""
    page = client.get("/sparql?query=ASK%7B%3Fs%20%3Fp%20%22%3C%22%7D", headers=BROWSER).text
    plain = page.partition("<noscript>")[2].partition("</noscript>")[0]
    assert re.search(r'<form[^>]*method="post"[^>]*action="/sparql"', plain)
    assert "ASK{?s ?p &#34;&lt;&#34;}</textarea>" in plain
    for form in re.findall(r'<option value="(\w+)"', plain):
        query = "DESCRIBE drug:rituximab" if form == "ttl" else "ASK {}"
        answer = client.post("/sparql", data={"query": query, "format": form}, headers=BROWSER)
        assert (form, 200) == (form, answer.status_code)


def test_vendored_files_are_the_ones_that_were_checked() -> None:
    """Each file has the checksum of the published package beside it, and its licence is there."""
    lines = (VENDOR / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    sums = {name: checksum for checksum, name in map(str.split, lines)}
    assert set(sums) == {path.name for path in VENDOR.iterdir()} - {"SHA256SUMS", "LICENSE"}
    for name, expected in sums.items():
        assert expected == hashlib.sha256((VENDOR / name).read_bytes()).hexdigest(), name
    assert "The MIT License (MIT)" in (VENDOR / "LICENSE").read_text(encoding="utf-8")


def test_the_prefix_table_is_our_own(client: FlaskClient) -> None:
    """Completion is fed from the table that the engine knows."""
    table = client.get("/sparql/prefixes.json").json
    assert isinstance(table, dict)
    assert table["dualbio"] == "https://w3id.org/dualbio/ontology#"
