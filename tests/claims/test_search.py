"""What a reader finds who types what is on the tip of the tongue."""

from __future__ import annotations

import pytest

from dualbio.database import Database
from dualbio.model.namespaces import BASE, compress
from dualbio.search import SEARCHED_KINDS, Found
from dualbio.store.embedded import EmbeddedStore

#: What is typed, and what must be the first hits, in any order.
FIRST = {
    "SynBioSe": {"study:synbiose-1", "study:synbiose-2"},
    "Benlysta": {"drug:belimumab"},
    "RTX": {"drug:rituximab"},
    "rituxmab": {"drug:rituximab"},
    "belimumb": {"drug:belimumab"},
    "systemic lupus erythematosis": {"disease:sle"},
    "狼疮": {"disease:sle", "disease:lupus-nephritis"},
    "利妥昔单抗": {"drug:rituximab"},
    "lupus": {"disease:sle"},
    "IBD": {"disease:inflammatory-bowel-disease"},
    "NCT03312907": {"study:bliss-believe"},
    "https://clinicaltrials.gov/study/NCT03312907": {"study:bliss-believe"},
    "MONDO:0007915": {"disease:sle"},
    "CHEMBL1201576": {"drug:rituximab"},
    "P11836": {"target:cd20"},
    "IL6R": {"target:il-6-receptor"},
    "blissbelieve": {"study:bliss-believe"},
    "Bliss Believe": {"study:bliss-believe"},
    "why did CALIBRATE fail": {"study:calibrate"},
    "LLDAS": {"outcome:lldas"},
    "VTE": {"ae:venous-thromboembolism"},
    "serious infections": {"query:safety.serious-infections"},
}
#: What is typed, and what must be among the first five.
AMONG = {
    "anti-CD20": {"drug:rituximab", "drug:obinutuzumab", "drug-class:anti-cd20-antibody"},
    "anti-TNF": {"mechanism:tnf-inhibition"},
    "39159997": {"study:bliss-believe"},
    "10.1136/ard-2024-225686": {"study:bliss-believe"},
    "PMID:39159997": {"study:bliss-believe"},
    "EXPLORER": {"study:explorer-rituximab-sle", "study:explorer-vedolizumab-adalimumab-cd"},
    "belimumab nephritis": {"study:bliss-ln"},
    "serious infection lupus": {"ae:serious-infection", "disease:sle"},
    "rituximab belimumab": {"query:studies.rituximab-belimumab-primary-results", "drug:belimumab"},
    "rituximab lupus": {"drug:rituximab", "disease:sle"},
    "B cells after rituximab": {"query:efficacy.b-cell-reconstitution"},
    "low disease activity": {"query:efficacy.low-disease-activity", "outcome:lldas"},
}
#: Names of a thing. The key of a row counts its study in: `bliss-believe.r001`, for every study has an `r001`.
NAMES = """
SELECT DISTINCT ?thing ?name {
  { VALUES ?property {
      rdfs:label skos:altLabel dualbio:abbreviation dualbio:acronym dualbio:registryId dualbio:pmid dualbio:pmcid
      dualbio:doi dcterms:identifier skos:exactMatch
    }
    ?thing ?property ?name
  } UNION {
    ?thing dualbio:key ?key BIND (REPLACE(STR(?thing), "^https://w3id.org/dualbio/[^/]+/", "") AS ?name)
  }
  FILTER (STRSTARTS(STR(?thing), "https://w3id.org/dualbio/"))
}
"""
#: What tells how the release was made has no page of its own for a reader: graphs, files, and parts of the catalogue.
BOOKKEEPING = ("graph", "file", "release", "project", "sparql", "partition", ".well-known", "data")


def first(found: Found, number: int) -> list[str]:
    """Return the CURIEs of so many first hits."""
    return [hit.curie for hit in found][:number]


@pytest.mark.parametrize("text", FIRST)
def test_what_is_meant_is_first(text: str, database: Database) -> None:
    """A name, however it is written or misspelt, leads to the thing before anything else."""
    assert FIRST[text] == set(first(database.search(text), len(FIRST[text])))


@pytest.mark.parametrize("text", AMONG)
def test_what_is_meant_is_among_the_first_five(text: str, database: Database) -> None:
    """Where several things may be meant, each of them is seen at once."""
    assert AMONG[text] <= set(first(database.search(text), 5))


def test_every_name_of_the_release_finds_its_thing(database: Database, store: EmbeddedStore) -> None:
    """Label, key, acronym, synonym or outside id: the thing is among the first five hits.

    Where more than five things have the very name, as several studies that one paper reports, five of them are.
    """
    called: dict[str, set[str]] = {}
    for row in store.select(NAMES):
        thing, name = row["thing"].value, row["name"].value
        if thing.removeprefix(BASE).partition("/")[0] not in BOOKKEEPING:
            called.setdefault(name, set()).add(thing)
    lost = {}
    for name, things in called.items():
        found = {hit.iri for hit in database.search(name, limit=5)}
        if not things <= found and not (len(things) > 5 and found <= things):
            lost[name] = sorted(compress(thing) for thing in things - found)

    assert {} == lost
    assert len(called) > 15_000


@pytest.mark.parametrize("text", ["rituximab", "lupus nephritis", "infections in lupus", "remission at week 52"])
def test_rows_never_stand_before_things(text: str, database: Database) -> None:
    """Of what people look for, no arm or result comes before a drug, a study or a question."""
    rows = [SEARCHED_KINDS.index(hit.kind) >= SEARCHED_KINDS.index("arm") for hit in database.search(text, limit=200)]

    assert sorted(rows) == rows
    assert not rows[0]
