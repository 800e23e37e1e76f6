"""The feed of releases, and the redirects that make the base permanent."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from flask.testing import FlaskClient

import dualbio_server

ATOM = "{http://www.w3.org/2005/Atom}"


def test_atom_tells_the_releases(toy: FlaskClient) -> None:
    """Each release that is kept is an entry that leads to its dumps."""
    answer = toy.get("/data/feed.atom")
    root = ET.fromstring(answer.data)  # noqa: S314 - our own document
    links = [entry.find(f"{ATOM}link") for entry in root.iter(f"{ATOM}entry")]

    assert "application/atom+xml; charset=utf-8" == answer.content_type
    places = {link.get("href") for link in links if link is not None}
    assert {"http://localhost/data/0.1.0-before/", "http://localhost/data/0.1.0-now/"} == places
    assert {"2026-01-02T03:04:05+00:00"} == {each.text for each in root.iter(f"{ATOM}updated")}


def redirect(path: str) -> tuple[str, int]:
    """Return where the redirect rules lead from a path below the base, read as Apache does: the first match ends."""
    file = Path(dualbio_server.__file__).parents[1] / "deploy" / "w3id" / "dualbio" / ".htaccess"
    text = file.read_text(encoding="utf-8")
    for pattern, target, flags in re.findall(r"^RewriteRule (\S+) (\S+) \[(.+)\]$", text, re.MULTILINE):
        match = re.search(pattern, path)
        if match:
            place = target.replace("%{ENV:TARGET}", "").replace("$1", match[1] or "")
            return place, int(re.findall(r"R=(\d+)", flags)[0])
    raise AssertionError(f"no rule for {path}")


@pytest.mark.parametrize(
    ("path", "place", "status"),
    [
        ("", "/", 302),
        ("ontology", "/ontology", 303),
        ("ontology/0.1.0", "/ontology/0.1.0", 303),
        ("ontology.ttl", "/ontology.ttl", 303),
        ("drug/rituximab", "/drug/rituximab", 303),
        ("graph/study/toy", "/graph/study/toy", 303),
        ("data/latest/dualbio.nq.gz", "/data/latest/dualbio.nq.gz", 302),
        (".well-known/void", "/.well-known/void", 302),
        ("context/v1.jsonld", "/context/v1.jsonld", 302),
        ("sparql", "/sparql", 302),
        ("v/0.1.0-before/drug/rituximab", "/v/0.1.0-before/drug/rituximab", 302),
        ("v/0.1.0-now/drug/rituximab", "/v/0.1.0-now/drug/rituximab", 302),
        ("diff/0.1.0-before/0.1.0-now", "/diff/0.1.0-before/0.1.0-now", 302),
        ("release/0.1.0-now", "/release/0.1.0-now", 303),
    ],
)
def test_the_redirects_lead_to_places_that_answer(toy: FlaskClient, path: str, place: str, status: int) -> None:
    """Each IRI of the base is sent to a path at which the service answers, with 303 where it names a thing."""
    assert (place, status) == redirect(path)
    assert 200 == toy.get(place, headers={"Accept": "text/turtle"}, follow_redirects=True, buffered=True).status_code
