"""The service below a path of its host: nothing that it says leads outside, or to another scheme or host."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from dualbio.release.folder import Release
from dualbio.settings import Settings
from dualbio_server.process.run import create_app
from dualbio_server.service import Options

BROWSER = {"Accept": "text/html"}
#: Hosts that others keep: the licence, the canonical names, vocabularies.
ELSEWHERE = re.compile(r"https?://(?!host\.example|localhost|evil\.example)")
#: Where a crawl starts, beside the front page.
STARTS = ("", "sparql", "queries/", "data/", "ontology", "search?q=lupus", "drug/", "drug/rituximab", "graph/entities")
#: What pages name and the toy release does not have.
TOY = {".well-known/void", "study/bliss-believe"}
MOUNTS = ("https://host.example/dualbio/", "https://host.example/a/b/")


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory, new_release: Callable[..., Release]) -> Path:
    """Two releases, of which the second is current."""
    folder = tmp_path_factory.mktemp("mounted")
    new_release(folder, "0.1.0-before")
    new_release(folder, "0.1.0-now", "graph:lessons { lesson:one a dualbio:Lesson . }")
    return folder


@pytest.fixture(scope="module", params=MOUNTS)
def mounted(request: pytest.FixtureRequest, releases: Path) -> tuple[str, FlaskClient]:
    """The address of a service below a path, and a client of it."""
    app = create_app(
        Settings(releases=releases, query_workers=1, base_url=request.param), options=Options(access_log=False)
    )
    return request.param, app.test_client()


def ask(client: FlaskClient, base: str, address: str, *, kept: bool = True, **headers: str) -> TestResponse:
    """Ask as a proxy does that leaves the path of the service on (`kept`) or takes it off, and ends TLS before it."""
    place = urlsplit(address)
    mount = urlsplit(base).path.rstrip("/")
    path = place.path if kept else place.path.removeprefix(mount) or "/"
    asked = {"Host": "host.example", "X-Forwarded-Proto": "https", **headers}
    return client.get(f"{path}?{place.query}" if place.query else path, headers=asked, buffered=True)


def addresses(answer: TestResponse) -> Iterator[str]:
    """Yield every address that an answer names: links of a page, of a document in any format, and of its headers."""
    for name in ("Location", "Content-Location"):
        yield from answer.headers.getlist(name)
    for header in answer.headers.getlist("Link"):
        yield from re.findall(r"<([^>]*)>", header)
    if answer.mimetype == "text/html":
        yield from re.findall(r'(?:href|src|action|data-[a-z]+)="([^"#][^"]*)"', answer.text.replace("&amp;", "&"))
    elif "xml" in str(answer.mimetype):
        yield from re.findall(r'(?:<loc>|href=")([^"<]*)', answer.text)
    elif answer.mimetype == "application/json" and "openapi" in answer.get_json():  # its paths are below its server
        (server,) = answer.get_json()["servers"]
        yield from (server["url"] + path for path in answer.get_json()["paths"] if "{" not in path)
    elif answer.mimetype == "application/json":
        yield from re.findall(r'"((?:https?:/)?/[^"\s]*)"', json.dumps(answer.get_json()))
    elif answer.mimetype == "text/plain":
        yield from re.findall(r"(?:Disallow|Allow|Sitemap): (\S*)", answer.text)


def outside(base: str, here: str, answer: TestResponse) -> list[str]:
    """Return the addresses of an answer that lead to this service and yet not below its base."""
    found = (urljoin(here, address) for address in addresses(answer) if not address.startswith(("data:", "mailto:")))
    return [address for address in found if not ELSEWHERE.match(address) and not address.startswith(base)]


@pytest.mark.parametrize("kept", [True, False], ids=["path kept", "path taken off"])
@pytest.mark.parametrize(
    ("mounted", "pin"),
    [(MOUNTS[0], ""), (MOUNTS[0], "v/0.1.0-before/"), (MOUNTS[0], "v/0.1.0-now/"), (MOUNTS[1], "")],
    indirect=["mounted"],
)
def test_nothing_leads_outside(mounted: tuple[str, FlaskClient], pin: str, kept: bool) -> None:
    """A crawl from the front page finds no address outside the path, none of another scheme, and none that is dead."""
    base, client = mounted
    todo = [f"{base}{pin}{start}" for start in STARTS]
    todo += [f"{base}{pin}{name}" for name in ("sitemap.xml", "robots.txt", "openapi.json", "data/feed.atom")]
    seen, wrong, dead = set(todo), dict[str, list[str]](), set[str]()
    while todo and len(seen) < 400:
        here = todo.pop(0)
        answer = ask(client, base, here, kept=kept, **BROWSER)
        if answer.status_code not in (200, 406, 501):  # a file is of one type, and Parquet an extra
            dead |= {here} if answer.status_code >= 400 else set()
        left = outside(base, here, answer)
        if left:
            wrong[here] = left[:4]
        for address in addresses(answer):
            there = urljoin(here, address).partition("#")[0]
            if there.startswith(base) and there not in seen and "{" not in there:
                seen.add(there)
                todo.append(there)

    assert {} == wrong
    assert TOY >= {place.removeprefix(base + pin) for place in dead}
    assert len(seen) > 60


@pytest.mark.parametrize("path", ["queries", "data", "drug", "v/latest/drug/rituximab", "diff/", "v/", "data/latest/"])
def test_a_redirect_keeps_host_and_scheme(mounted: tuple[str, FlaskClient], path: str) -> None:
    """It is a path below the base, whatever the client called the service, and never another host."""
    base, client = mounted
    mount = urlsplit(base).path
    for host in ("host.example", "evil.example", "evil.example:80", "w3id.org"):
        answer = client.get(f"{mount}{path}", headers={"Host": host})
        assert answer.status_code in (301, 302, 303, 307, 308)
        assert answer.headers["Location"].startswith(mount), answer.headers["Location"]
        assert host not in answer.headers["Location"]


@pytest.mark.parametrize(
    "path", ["//evil.example/x", "//evil.example/queries", "/%2F/evil.example/drug", "/\\evil.example/drug"]
)
def test_no_path_becomes_a_host(toy: FlaskClient, path: str) -> None:
    """Slashes at the start of a path do not make a redirect leave."""
    place = toy.get(path).headers.get("Location", "/")

    assert place.startswith("/")
    assert not place.startswith(("//", "/\\"))


def test_a_service_behind_tls_needs_no_setting(toy: FlaskClient) -> None:
    """What must be absolute has the scheme of the proxy, and what the client made up about it is not taken."""
    for told, scheme in (("https", "https"), ("http", "http"), ("javascript", "http"), ("https,http", "http")):
        headers = {"Host": "kg.example", "X-Forwarded-Proto": told}
        assert f'href="{scheme}://kg.example/data/feed.atom"' in toy.get("/data/feed.atom", headers=headers).text
        assert f"{scheme}://kg.example" == toy.get("/openapi.json", headers=headers).get_json()["servers"][0]["url"]
        description = toy.get("/sparql", headers={**headers, "Accept": "application/n-triples"}).text
        assert f"<{scheme}://kg.example/sparql>" in description
    assert "/queries/" == toy.get("/queries", headers={"X-Forwarded-Proto": "https"}).headers["Location"]
