"""Names that other people's data use: an identifier written as they write it leads to the thing here."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from dualbio.model.namespaces import BASE
from dualbio.store.embedded import EmbeddedStore

Ask = Callable[[str], list[tuple[str, ...]]]

#: An IRI in the form of another data set, and what it must lead to.
THEIRS = {
    "MONDO's own": ("http://purl.obolibrary.org/obo/MONDO_0007915", "disease:sle"),
    "MeSH as MONDO writes it": ("http://identifiers.org/mesh/D008180", "disease:sle"),
    "MeSH as NLM writes it": ("http://id.nlm.nih.gov/mesh/D008180", "disease:sle"),
    "UMLS as MONDO writes it": ("http://linkedlifedata.com/resource/umls/id/C0003873", "disease:rheumatoid-arthritis"),
    "NCIt as its own OWL file writes it": (
        "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl#C2965",
        "disease:crohns-disease",
    ),
    "a disease of Wikidata": ("http://www.wikidata.org/entity/Q1477", "disease:ulcerative-colitis"),
    "a drug of Wikidata": ("http://www.wikidata.org/entity/Q412323", "drug:rituximab"),
    "a molecule of ChEMBL RDF": ("http://rdf.ebi.ac.uk/resource/chembl/molecule/CHEMBL1201576", "drug:rituximab"),
    "DrugBank's present address": ("https://go.drugbank.com/drugs/DB00073", "drug:rituximab"),
    "ATC as BioPortal writes it": ("http://purl.bioontology.org/ontology/ATC/L01FA01", "drug:rituximab"),
    "a protein of UniProt": ("http://purl.uniprot.org/uniprot/P11836", "target:cd20"),
    "a gene at identifiers.org": ("http://identifiers.org/ncbigene/10673", "target:blys"),
}
#: The same for records: an article and a trial.
RECORDS = {
    "an article at PubMed": ("https://pubmed.ncbi.nlm.nih.gov/39159997", "study:bliss-believe"),
    "an article in PubMed RDF": ("http://rdf.ncbi.nlm.nih.gov/pubmed/39159997", "study:bliss-believe"),
    "an article of UniProt": ("http://purl.uniprot.org/citations/39159997", "study:bliss-believe"),
    "a trial at its registry": ("https://clinicaltrials.gov/study/NCT03312907", "study:bliss-believe"),
    "a trial at the registry's former address": (
        "https://clinicaltrials.gov/ct2/show/NCT03312907",
        "study:bliss-believe",
    ),
}


@pytest.mark.parametrize("case", THEIRS)
def test_a_term_of_others_leads_to_ours(ask: Ask, case: str) -> None:
    """A disease, drug or target is found by any form of a mapped identifier, and by it alone."""
    iri, ours = THEIRS[case]
    matches = "skos:exactMatch|skos:closeMatch"
    assert [(ours,)] == ask(f"SELECT ?thing {{ ?thing ({matches})/owl:sameAs? <{iri}> }}")


@pytest.mark.parametrize("case", RECORDS)
def test_a_record_of_others_leads_to_the_study(ask: Ask, case: str) -> None:
    """A study is found by any form of the identifier of its article or of its registration."""
    iri, study = RECORDS[case]
    found = ask(f"SELECT ?study {{ ?record rdfs:seeAlso/owl:sameAs? <{iri}> ; dualbio:ofStudy? ?study }}")
    assert (study,) in found


def test_an_exact_match_is_also_a_curie(ask: Ask) -> None:
    """No exactly mapped entity lacks the CURIE that people have in their tables."""
    assert [] == ask(
        """SELECT ?thing ?iri { ?thing skos:exactMatch ?iri FILTER NOT EXISTS { ?thing dcterms:identifier ?curie
           FILTER (STRENDS(STR(?iri), STRAFTER(?curie, ":"))) } }"""
    )
    assert ("DRUGBANK:DB00073",) in ask("SELECT ?curie { drug:rituximab dcterms:identifier ?curie }")


def test_other_forms_say_nothing_of_our_things(ask: Ask, store: EmbeddedStore) -> None:
    """The graph of other forms speaks of outside IRIs only: no answer about a thing of ours gets longer by it."""
    assert [] == ask(
        f"""SELECT ?s ?o {{ GRAPH graph:alternates {{ ?s ?p ?o }} FILTER (STRSTARTS(STR(?s), "{BASE}")
            || STRSTARTS(STR(?o), "{BASE}") || ?p != owl:sameAs) }}"""
    )
    assert [] == ask("SELECT ?g { GRAPH ?g { ?s owl:sameAs ?o } FILTER (?g != graph:alternates) }")
    assert store.query("ASK { GRAPH graph:alternates { ?s owl:sameAs ?o } }")


def test_every_mapped_term_of_a_kind_has_the_same_forms(ask: Ask) -> None:
    """Other forms are given for all identifiers of a vocabulary, not for some: each MeSH term has the form of MONDO."""
    mapped = {iri for (iri,) in ask("SELECT ?iri { ?x skos:exactMatch ?iri }") if iri.startswith("MESH:")}
    formed = {iri for (iri,) in ask("SELECT ?iri { ?iri owl:sameAs ?o }") if iri.startswith("MESH:")}
    assert mapped
    assert set() == mapped - formed


def test_the_dataset_knows_the_graph(ask: Ask) -> None:
    """The description of the data set names the graph of other forms and where it comes from."""
    assert ask(
        "SELECT ?n { GRAPH graph:catalogue { ?d void:subset graph:alternates . graph:alternates void:triples ?n } }"
    )
    (derived,) = ask("SELECT (STR(?file) AS ?f) { graph:alternates prov:wasDerivedFrom ?file }")
    assert derived[0].endswith("mappings/alternates.tsv")


def test_no_title_of_an_article_is_copied(ask: Ask) -> None:
    """Sources are named by author, year and identifiers; titles belong to their publishers."""
    assert [] == ask("SELECT ?s { ?s a dualbio:Source ; dcterms:title|schema:headline|schema:name ?title }")


def test_wikidata_items_are_items(ask: Ask) -> None:
    """Each Wikidata link is the IRI of an item, one for an entity, and no item stands for two."""
    links = ask('SELECT ?x ?i { ?x skos:exactMatch ?i FILTER (STRSTARTS(STR(?i), "http://www.wikidata.org/entity/")) }')
    assert len(links) > 40
    assert [] == [item for _, item in links if not re.fullmatch(r"wikidata:Q[0-9]+", item)]
    assert len({thing for thing, _ in links}) == len(links) == len({item for _, item in links})
