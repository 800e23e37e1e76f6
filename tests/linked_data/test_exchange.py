"""The whole release in the forms of evidence-based medicine, as anyone can fetch it."""

from __future__ import annotations

import json

import pyoxigraph as ox
from fhir.resources.bundle import Bundle
from flask.testing import FlaskClient

from dualbio.export.evidence.pico import PICO


def test_the_release_is_a_bundle_of_fhir(client: FlaskClient) -> None:
    """The R5 models accept every resource; each reference leads to one that is there; pools and refusals are in it."""
    response = client.get("/data/latest/evidence.fhir.json", follow_redirects=True, buffered=True)
    assert "application/fhir+json" == response.mimetype
    content = json.loads(response.data)
    assert len(content["entry"]) == len(Bundle.model_validate(content).entry or ())
    names = {entry["fullUrl"] for entry in content["entry"]}
    evidence = [entry["resource"] for entry in content["entry"] if entry["resource"]["resourceType"] == "Evidence"]
    used = {each["observed"]["reference"] for one in evidence for each in one["variableDefinition"]}
    cited = {
        each["resourceReference"]["reference"]
        for one in evidence
        for each in one.get("relatedArtifact", ())
        if each["type"] == "derived-from"
    }
    assert set() == (used | cited) - names
    pools = {one["url"].rpartition("/")[2]: one for one in evidence if "/pool/" in one["url"]}
    assert "statistic" in pools["serious-infection-two-biologics-ra"]
    assert "statistic" not in pools["serious-infection-two-biologics-ra-ratio"]


def test_a_dose_against_another_has_its_side(client: FlaskClient) -> None:
    """In the pool of 1000 mg against 500 mg of rituximab the higher dose is the exposure, whichever row came first."""
    content = json.loads(client.get("/data/latest/evidence.fhir.json", follow_redirects=True, buffered=True).data)
    url = "https://w3id.org/dualbio/pool/serious-infection-rituximab-doses"
    (pool,) = (entry["resource"] for entry in content["entry"] if entry["fullUrl"] == url)
    sides = {
        each["variableRole"]["coding"][0]["code"]: each["observed"]["reference"]
        for each in pool["variableDefinition"]
        if "image" in each["observed"]["reference"]
    }
    assert sides["exposure"] != sides["referenceExposure"]
    assert "1000" in sides["exposure"]


def test_contrasts_have_their_pico(client: FlaskClient) -> None:
    """Every contrast has a population, two groups and an outcome."""
    response = client.get("/data/latest/contrasts.pico.ttl", follow_redirects=True, buffered=True)
    store = ox.Store()
    store.load(response.data, format=ox.RdfFormat.TURTLE)
    prefix = f"PREFIX pico: <{PICO}> "
    parts = (
        "pico:population ?p ; pico:interventionGroup ?i ; pico:comparatorGroup ?c ; pico:outcomeGroup/pico:outcome ?o"
    )
    lacking = store.query(f"{prefix} ASK {{ ?x a pico:PICO FILTER NOT EXISTS {{ ?x {parts} }} }}")
    assert not lacking
    assert store.query(f"{prefix} ASK {{ ?x {parts} }}")
