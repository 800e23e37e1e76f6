"""A toy library and a toy store, small enough to know by heart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import pytest

from dualbio.model.namespaces import PREFIXES
from dualbio.queries import Resolver, SavedQuery, read_query
from dualbio.store.embedded import EmbeddedStore

#: A query that does everything once: an individual, a list, an enum and a number; UNDEF and real defaults.
GOOD = """\
#+ summary: Which drugs are there?
#+ description: Drugs and their rank, as a toy.
#+ tags: [toy]
#+ params:
#+ - name: drug
#+   type: drug
#+   list: true
#+   example: [rituximab, BEL]
#+   description: drugs
#+ - {name: rank, type: integer, list: true, example: 2, description: the rank}
#+ columns:
#+ - {name: name, meaning: what the drug is called}
#+ - {name: rank, meaning: its rank, unit: ranks}
SELECT ?name ?rank
WHERE {
  # VALUES ?comment { 1 } is no block, nor is "VALUES ?string { 2 }"
  VALUES ?drug { UNDEF }
  VALUES ?rank { 1 2 }
  ?drug rdfs:label ?name ; dualbio:position ?rank .
  FILTER (LANG(?name) = "en" && ?name != "VALUES ?text { 3 }")
}
ORDER BY ?name
"""

#: A query that goes down hierarchies by both kinds of path, and says so in places where no path is.
NESTED = """\
#+ summary: Which studies and forms has a disease?
#+ description: Goes down.
#+ tags: [toy]
#+ params:
#+ - {name: disease, type: disease, list: true, example: ibd, description: 'diseases, each with those below it'}
#+ - {name: form, type: disease, example: cd, description: 'forms, each with those below it'}
#+ - {name: plain, type: disease, example: cd, description: a disease}
#+ columns:
#+ - {name: key, meaning: study}
#+ - {name: name, meaning: form}
SELECT ?key ?name
WHERE {
  # dualbio:withinDisease ?disease in a remark is no path
  VALUES ?disease { UNDEF }
  VALUES ?form { UNDEF }
  VALUES ?plain { UNDEF }
  ?study dualbio:withinDisease ?disease ; dualbio:key ?key ; dualbio:studiesDisease/dualbio:narrowerThan? ?form .
  ?form rdfs:label ?name . ?study dualbio:studiesDisease ?d . ?d dualbio:narrowerThan? ?form .
  FILTER (?name != "dualbio:withinDisease ?disease" && (!BOUND(?plain) || ?plain = ?d))
}
ORDER BY ?key ?name
"""

DATA = """
drug:rituximab a dualbio:Drug ; dualbio:key "rituximab" ; rdfs:label "rituximab"@en , "利妥昔单抗"@zh ;
  skos:altLabel "RTX" , "Shared" ; skos:exactMatch <http://identifiers.org/atc/L01FA01> ; dualbio:position 1 .
drug:belimumab a dualbio:Drug ; dualbio:key "belimumab" ; rdfs:label "belimumab"@en ;
  skos:altLabel "BEL" , "Shared" ; skos:closeMatch <http://www.drugbank.ca/drugs/DB08879> ; dualbio:position 2 .
disease:sle a dualbio:Disease ; dualbio:key "sle" ; rdfs:label "systemic lupus erythematosus"@en ;
  dualbio:abbreviation "SLE" ; skos:exactMatch MONDO:0007915 .
MONDO:9999999 IAO:0100001 MONDO:0007915 .
disease:ibd a dualbio:Disease ; dualbio:key "ibd" ; rdfs:label "inflammatory bowel disease"@en .
disease:cd a dualbio:Disease ; dualbio:key "cd" ; rdfs:label "Crohn's disease"@en ; dualbio:narrowerThan disease:ibd .
disease:uc a dualbio:Disease ; dualbio:key "uc" ; rdfs:label "ulcerative colitis"@en ;
  dualbio:narrowerThan disease:ibd .
study:gut a dualbio:Study ; dualbio:key "gut" ; rdfs:label "GUT" ;
  dualbio:studiesDisease disease:cd ; dualbio:withinDisease disease:cd , disease:ibd .
study:both a dualbio:Study ; dualbio:key "both" ; rdfs:label "BOTH" ;
  dualbio:studiesDisease disease:ibd ; dualbio:withinDisease disease:ibd .
study:one a dualbio:Study ; dualbio:key "one" ; rdfs:label "ONE, the trial" ; dualbio:registryId "NCT00000001" ;
  dualbio:hasSource source:one.s1 .
source:one.s1 dualbio:key "s1" ; dualbio:pmid "12345678" ; dualbio:independence value:independence.primary .
arm:one.a a dualbio:Arm ; dualbio:key "a" ; rdfs:label "first arm" .
arm:two.a a dualbio:Arm ; dualbio:key "a" ; rdfs:label "other arm" .
pair:april-inhibition_b-cell-depletion a dualbio:MechanismPair ; rdfs:label "APRIL inhibition + B-cell depletion"@en .
value:strategy.sequential dualbio:key "strategy.sequential" ; rdfs:label "one after the other"@en .
value:status.active dualbio:key "status.active" ; rdfs:label "active"@en .
"""

Write = Callable[..., Path]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder for saved queries."""
    return tmp_path / "queries"


@pytest.fixture
def write(folder: Path) -> Write:
    """A function that writes a query file, by default the good one with some text replaced."""

    def put(*changes: tuple[str, str], name: str = "toy/drugs") -> Path:
        text = GOOD
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = folder / f"{name}.rq"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return put


@pytest.fixture
def query(write: Write, folder: Path) -> SavedQuery:
    """The good query."""
    return read_query(write(), folder)


@pytest.fixture
def nested(folder: Path) -> SavedQuery:
    """A query that goes down hierarchies."""
    path = folder / "toy" / "nested.rq"
    path.parent.mkdir(parents=True)
    path.write_text(NESTED, encoding="utf-8")
    return read_query(path, folder)


@pytest.fixture(scope="session")
def store() -> EmbeddedStore:
    """A store with two drugs, a disease, a study, two arms, a pair and two values."""
    prologue = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in PREFIXES.items())
    store = ox.Store()
    store.load(prologue + DATA, format=ox.RdfFormat.TURTLE, to_graph=ox.NamedNode("https://w3id.org/dualbio/graph/toy"))
    return EmbeddedStore(store)


@pytest.fixture(scope="session")
def resolver(store: EmbeddedStore) -> Resolver:
    """The names in the toy store."""
    return Resolver(store)
