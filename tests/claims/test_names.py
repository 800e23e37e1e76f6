"""Names that people guess and values that machines compare: what a newcomer writes first must answer."""

from __future__ import annotations

import pytest

from dualbio.database import Database
from dualbio.model.namespaces import BASE
from dualbio.store.embedded import EmbeddedStore

#: Each sentence with a pattern that must match nothing in the release.
NEVER = {
    "no whole week, dose or interval level is a decimal": """
        ?this dualbio:week|dualbio:startWeek|dualbio:endWeek|dualbio:dose|dualbio:intervalLevel ?n .
        FILTER (FLOOR(?n) = ?n && DATATYPE(?n) != xsd:integer)""",
    "no date is a string": """
        ?this dualbio:startDate|dualbio:endDate|dualbio:primaryCompletionDate|dualbio:searchedTo ?date .
        FILTER (DATATYPE(?date) NOT IN (xsd:date, xsd:gYearMonth, xsd:gYear))""",
    "no study with a date of its start is left out by a filter on days": """
        ?this dualbio:startDate ?date . FILTER NOT EXISTS {
          ?this dualbio:startDateEarliest ?day FILTER (?day > "1900-01-01"^^xsd:date && YEAR(?day) = YEAR(?date)) }""",
    "no date ends before it begins, or in another year": """
        VALUES (?first ?last) { (dualbio:startDateEarliest dualbio:startDateLatest)
          (dualbio:endDateEarliest dualbio:endDateLatest) }
        ?this ?first ?day . OPTIONAL { ?this ?last ?end }
        FILTER (!BOUND(?end) || ?end < ?day || YEAR(?end) != YEAR(?day))""",
    "no label of a record or an entity is without a language": """
        ?this rdfs:label ?label ; dualbio:key ?key . FILTER (LANG(?label) = "")""",
    "no record or entity is without an English label": """
        ?this dualbio:key ?key . FILTER NOT EXISTS { ?this rdfs:label ?label FILTER (LANG(?label) = "en") }""",
    "no mechanism pair is without its key, as every other kind of thing has one": """
        ?this a dualbio:MechanismPair . FILTER NOT EXISTS { ?this dualbio:key ?key }""",
    "no two things of a kind share an English label": """
        ?this dualbio:key ?key ; rdfs:label ?label . ?other rdfs:label ?label . FILTER (LANG(?label) = "en")
        BIND (REPLACE(STR(?this), "[^/]*$", "") AS ?kind)
        FILTER (?this != ?other && STRSTARTS(STR(?other), ?kind) && !STRENDS(?kind, "/value/"))""",
    "no comparison is called by its number alone": """
        ?this a dualbio:Comparison ; rdfs:label ?label ; dualbio:armA/dualbio:shortLabel ?arm .
        FILTER (!CONTAINS(?label, ?arm))""",
    "no drug, target, cell, process, disease, event or biomarker is without a definition and what it builds on": """
        VALUES ?class { dualbio:Drug dualbio:Target dualbio:CellPopulation dualbio:BiologicalProcess dualbio:Disease
          dualbio:AdverseEvent dualbio:Biomarker }
        ?this a ?class .
        FILTER NOT EXISTS { ?this skos:definition ?said ; dualbio:definitionBuildsOn ?term FILTER (ISIRI(?term)) }""",
    "no definition of an entity is said to come from elsewhere: all are worded here": """
        ?this skos:definition ?said ; dualbio:key ?key .
        FILTER NOT EXISTS { ?this IAO:0000119 <https://w3id.org/dualbio/ontology> }""",
    "no serious infection is defined from the severe one, which is another thing": """
        ?this dualbio:definitionBuildsOn HP:0032169 . FILTER (?this != ae:severe-infection)""",
    "no antibody is without a molecule that it binds": """
        ?this dualbio:drugKind value:drug-kind.monoclonal-antibody .
        FILTER NOT EXISTS { ?this dualbio:binds ?target }""",
    "no drug binds what is no target of it": """
        ?this dualbio:binds ?target . FILTER NOT EXISTS { ?this dualbio:hasTarget ?target }""",
    "no entity is a process, a disposition or a portion of matter": """
        ?this a dualbio:Concept . ?this a ?kind .
        FILTER (?kind IN (BFO:0000015, BFO:0000016, BFO:0000020, BFO:0000040, OAE:0000001))""",
    "no effect on colitis is told of a drug from a chain of edges": """
        ?this a dualbio:Drug ; dualbio:influences process:colonic-inflammation .""",
    "no double-negative B cell is an age-associated one by definition": """
        BIND (cell:double-negative-b-cell AS ?this) ?this dualbio:narrowerThan cell:age-associated-b-cell .""",
    "no B-cell outcome is without the biomarker that it reports": """
        ?this a dualbio:Outcome ; dualbio:outcomeKind value:outcome-kind.biomarker .
        FILTER NOT EXISTS { ?this dualbio:measures ?biomarker }""",
    "no biomarker is silent on what it tells of, or why of nothing with a name": """
        ?this a dualbio:Biomarker .
        FILTER NOT EXISTS { ?this dualbio:measures|dualbio:measuresNoneBecause ?thing }""",
    "no Chinese label is Latin": """
        ?this dualbio:key ?key ; rdfs:label ?label .
        FILTER (LANG(?label) = "zh" && !REGEX(?label, "[\u4e00-\u9fff]"))
        FILTER (!STRSTARTS(STR(?this), "https://w3id.org/dualbio/target/"))""",
    "no other name of an entity is an entity of its own, so that nothing is counted twice": """
        ?this dcterms:isReplacedBy ?key . ?this a ?class""",
    "no drug that a study tests is missed by the plain word": """
        ?study dualbio:testsDrug ?this . FILTER NOT EXISTS { ?study dualbio:drug ?this }""",
    "no record of a study is missed by the plain word": """
        ?this dualbio:ofStudy ?study . FILTER NOT EXISTS { ?this dualbio:study ?study }""",
}
#: Each sentence with a pattern that the release must hold.
HOLDS = {
    "results of BLISS-BELIEVE stand at week 52": "study:bliss-believe dualbio:hasResult/dualbio:week 52 .",
    "rituximab was given at a dose of 1000 mg": "?step dualbio:usesDrug drug:rituximab ; dualbio:dose 1000 .",
    "a 95 % interval is found by 95": "?comparison dualbio:intervalLevel 95 .",
    "BLISS-BELIEVE is a study of belimumab in lupus, in the plainest words": """
        study:bliss-believe dualbio:drug drug:belimumab ; dualbio:disease disease:sle .""",
    "a step, an arm and a lesson have a drug": """
        ?step a dualbio:RegimenStep ; dualbio:drug drug:rituximab . ?arm a dualbio:Arm ; dualbio:drug drug:rituximab .
        ?lesson a dualbio:Lesson ; dualbio:drug drug:rituximab .""",
    "a result, an arm and a piece of evidence have a study": """
        result:beat-lupus.r001 dualbio:study study:beat-lupus . ?arm a dualbio:Arm ; dualbio:study study:beat-lupus .
        ?support a dualbio:Support ; dualbio:study study:beat-lupus .""",
    "a drug, an arm and a pair have a mechanism": """
        drug:rituximab dualbio:mechanism mechanism:b-cell-depletion .
        ?arm a dualbio:Arm ; dualbio:mechanism mechanism:b-cell-depletion .
        ?pair a dualbio:MechanismPair ; dualbio:mechanism mechanism:b-cell-depletion .""",
    "rheumatoid arthritis answers to its abbreviation": "?study dualbio:withinDisease disease:ra .",
    "inflammatory bowel disease and ulcerative colitis answer to theirs": """
        ?study dualbio:withinDisease disease:ibd ; dualbio:studiesDisease disease:uc .""",
    "a whole IRI with an abbreviation answers too": f"?study dualbio:withinDisease <{BASE}disease/ra> .",
    "rituximab answers to RTX": "drug:rtx dualbio:hasMechanism mechanism:b-cell-depletion .",
    "studies are found by the language of their name": """
        ?study a dualbio:Study ; rdfs:label ?name . FILTER (LANG(?name) = "en" && ?name = "BLISS-BELIEVE"@en)""",
    "the two trials called EXPLORER are told apart by their names": """
        study:explorer-rituximab-sle rdfs:label ?one . study:explorer-vedolizumab-adalimumab-cd rdfs:label ?other .
        FILTER (STRSTARTS(?one, "EXPLORER") && STRSTARTS(?other, "EXPLORER") && ?one != ?other)""",
    "belimumab neutralises BLyS, and rituximab binds CD20 without neutralising it": """
        drug:belimumab dualbio:neutralises target:blys . drug:rituximab dualbio:binds target:cd20 .
        FILTER NOT EXISTS { drug:rituximab dualbio:neutralises target:cd20 }""",
    "targets and diseases have the synonyms of the field": """
        target:blys skos:altLabel "CD257"@en . target:tnf skos:altLabel "TNF-alpha"@en .
        disease:sle skos:altLabel "lupus"@en . target:il-6-receptor skos:altLabel "IL-6R"@en .
        disease:crohns-disease skos:altLabel "Crohn disease"@en .""",
    "a target answers to its gene": "?drug dualbio:hasTarget target:ms4a1 .",
    "an entity of the vocabularies is a concept of SKOS": "drug:rituximab a skos:Concept , dualbio:Concept .",
    "results on the target of belimumab are found through what outcomes and biomarkers measure": """
        drug:belimumab dualbio:hasTarget ?target .
        ?result dualbio:outcome/dualbio:measures/dualbio:measures ?target .""",
    "IgA2 anti-dsDNA is a kind of anti-dsDNA": "biomarker:anti-dsdna-iga2 dualbio:narrowerThan biomarker:anti-dsdna .",
    "ianalumab does both halves of the pair": "drug:ianalumab a dualbio:DualBCellDrug .",
    "rituximab does one": """
        drug:rituximab a dualbio:BCellDepletingDrug . FILTER NOT EXISTS { drug:rituximab a dualbio:DualBCellDrug }""",
    "BLISS-BELIEVE is a superiority trial, through a contrast that its comparisons measure": """
        study:bliss-believe a dualbio:SuperiorityTrial .""",
    "BLISS-BELIEVE leads to its registry, and its report to PubMed and its DOI, by IRIs and by CURIEs": """
        study:bliss-believe rdfs:seeAlso <https://clinicaltrials.gov/study/NCT03312907> ;
          dcterms:identifier "clinicaltrials:NCT03312907" ; dualbio:hasSource ?source .
        ?source rdfs:seeAlso <https://pubmed.ncbi.nlm.nih.gov/39159997> , <https://doi.org/10.1136/ard-2024-225686> ;
          dcterms:identifier "PMID:39159997" .""",
    "rituximab has the CURIE of DrugBank": 'drug:rituximab dcterms:identifier "DRUGBANK:DB00073" .',
    "a mapping says its justification in the words of SSSOM": """
        ?mapping owl:annotatedSource drug:rituximab ; sssom:mapping_justification ?why ; sssom:confidence ?number .""",
    "a lesson is called by its sentence": "?lesson a dualbio:Lesson ; dualbio:statement ?said ; rdfs:label ?said .",
}


@pytest.mark.parametrize("sentence", NEVER)
def test_never(sentence: str, store: EmbeddedStore) -> None:
    """A sentence that begins with `no`: nothing in the release speaks against it."""
    found = store.query(f"SELECT DISTINCT ?this WHERE {{ {NEVER[sentence]} }} LIMIT 20")
    assert [] == [str(row["this"]) for row in found]  # type: ignore[union-attr]


@pytest.mark.parametrize("sentence", HOLDS)
def test_holds(sentence: str, store: EmbeddedStore) -> None:
    """What a newcomer writes first has an answer."""
    assert bool(store.query(f"ASK {{ {HOLDS[sentence]} }}")), sentence


def test_other_names_count_like_the_key(store: EmbeddedStore) -> None:
    """Asked by its abbreviation or by its key, a disease has as many studies, and none of them twice."""
    text = "SELECT ?study {{ ?study dualbio:withinDisease {} }}"
    by_key = [str(row["study"]) for row in store.query(text.format("disease:rheumatoid-arthritis"))]  # type: ignore[union-attr]
    by_name = [str(row["study"]) for row in store.query(text.format("disease:ra"))]  # type: ignore[union-attr]
    assert by_key
    assert sorted(by_key) == sorted(by_name)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("Sjögren", "disease:sjogren-syndrome"),
        ("Sjogren", "disease:sjogren-syndrome"),
        ("CD257", "target:blys"),
        ("Olbjørn", "study:olbjorn-2020"),
        ("IL-6R", "target:il-6-receptor"),
    ],
)
def test_search_knows_synonyms_and_accents(words: str, found: str, database: Database) -> None:
    """A reader finds a thing by any of its names, with or without accents."""
    assert found == next(iter(database.search(words))).curie
