"""The page of a mapping: which thing of ours stands how to which term of which outside vocabulary, and who says so."""

from __future__ import annotations

from typing import Any

import pyoxigraph as ox

from dualbio.model.namespaces import BASE, compress
from dualbio_server.entities.evidence.asking import ask, link
from dualbio_server.http.language import say

__all__ = ["mapping_page"]

_MAPPING = """
SELECT DISTINCT ?ours ?relation ?theirs ?label ?vocabulary ?version ?how ?confidence ?seen ?remark {
  %s owl:annotatedSource ?ours ; owl:annotatedProperty ?relation ; owl:annotatedTarget ?theirs .
  OPTIONAL { %s sssom:object_label ?label } OPTIONAL { %s sssom:object_source ?vocabulary }
  OPTIONAL { %s sssom:object_source_version ?version } OPTIONAL { %s sssom:mapping_justification ?how }
  OPTIONAL { %s sssom:confidence ?confidence } OPTIONAL { %s dcterms:source ?seen }
  OPTIONAL { %s rdfs:comment ?remark }
} ORDER BY ?seen ?remark
"""
#: The relations of mappings in plain words, read from our thing to the outside term (SKOS Reference, 10).
_RELATIONS = {
    "skos:exactMatch": "means the same as",
    "skos:closeMatch": "means nearly the same as",
    "skos:broadMatch": "is narrower than",
    "skos:narrowMatch": "is broader than",
    "skos:relatedMatch": "has to do with, and is not the same as,",
    "IAO:0100001": "is replaced by",
}
#: How it was found (SEMAPV), in plain words.
_HOW = {
    "ManualMappingCuration": "the judgement of a curator of this project",
    "LexicalMatching": "the labels are equal, as a curator of this project saw",
    "MappingChaining": "through another vocabulary, as a curator of this project followed it",
}


def mapping_page(node: ox.NamedNode) -> dict[str, Any]:
    """Return what the page of a mapping shows: both sides, the relation in words, and on what it rests."""
    rows = ask(_MAPPING % ((str(node),) * 8))
    if not rows:
        return {"record": None}
    first = rows[0]
    theirs, relation = first["theirs"], compress(first["relation"])
    how = first.get("how", "").rpartition("/")[2]
    told = {
        "ours": link(first["ours"]),
        "relation": say(_RELATIONS.get(relation, relation)),
        "label": first.get("label", ""),
        "curie": compress(theirs),
        "theirs": theirs if theirs.startswith(("http://", "https://")) and not theirs.startswith(BASE) else "",
        "vocabulary": first.get("vocabulary", "").rstrip("/").rpartition("/")[2].upper(),
        "registry": first.get("vocabulary", ""),
        "version": first.get("version", ""),
        "how": say(_HOW.get(how, how)),
        "confidence": first.get("confidence", ""),
        "seen": list(dict.fromkeys(row["seen"] for row in rows if "seen" in row)),
        "remarks": list(dict.fromkeys(row["remark"] for row in rows if "remark" in row)),
    }
    return {"record": told}
