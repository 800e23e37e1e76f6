"""Descriptions of a release in DCAT 3 and PROV-O: version, previous release, files.

A file that has been made has its size and SHA-256; one that has not has neither, rather than a guess.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyoxigraph as ox

from dualbio.export.packages.catalogue import DATASET, MEDIA_TYPES, PROJECT
from dualbio.export.packages.crate import DESCRIPTIONS
from dualbio.export.packages.files import find_dump, known_sum, made_dump, whole_names
from dualbio.model.namespaces import BASE, LICENCE, term
from dualbio.model.rdf_terms import GroundTerm
from dualbio.release.folder import Release, previous_release

__all__ = ["SERIES", "release_quads", "series_quads"]

#: All releases together; the list of them is at the same address.
SERIES = ox.NamedNode(f"{BASE}data/")

_LICENCE = ox.NamedNode(LICENCE)
_SPDX = "http://spdx.org/rdf/terms#"
_GZIP = ox.NamedNode(f"{MEDIA_TYPES}application/gzip")
_DATE_TIME = term("xsd:dateTime")


def release_quads(release: Release, kept: Sequence[Release]) -> Iterator[ox.Quad]:
    """Yield the description of `release`; `kept` are all releases, the newest first; they determine its predecessor."""
    node = _node(release)
    title = ox.Literal(f"dualbio {release.id}", language="en")
    yield from _facts(
        node,
        ("rdf:type", term("dcat:Dataset")),
        ("rdf:type", term("prov:Entity")),
        ("rdfs:label", title),
        ("dcterms:title", title),
        ("dcterms:license", _LICENCE),
        ("dcterms:publisher", PROJECT),
        ("dcterms:identifier", ox.Literal(release.id)),
        ("dcat:version", ox.Literal(release.version)),
        ("dcat:isVersionOf", DATASET),
        ("dcat:inSeries", SERIES),
        ("dcat:landingPage", ox.NamedNode(f"{BASE}data/{release.id}/")),
        ("prov:wasGeneratedBy", ox.NamedNode(f"{BASE}release/{release.version}")),
    )
    if release.built:
        yield from _facts(node, ("dcterms:issued", ox.Literal(release.built.isoformat(), datatype=_DATE_TIME)))
    if "triples" in release.manifest:
        yield from _facts(node, ("void:triples", ox.Literal(int(release.manifest["triples"]))))
    if before := previous_release(release, kept):
        yield from _facts(node, ("dcat:previousVersion", _node(before)), ("prov:wasRevisionOf", _node(before)))
        changes = ox.NamedNode(f"{BASE}diff/{before.id}/{release.id}")
        yield from _facts(node, ("rdfs:seeAlso", changes))
    yield from _files(release, node)


def series_quads(kept: Sequence[Release]) -> Iterator[ox.Quad]:
    """Yield the series of all releases `kept`, the newest first, without their files."""
    title = ox.Literal("Releases of dualbio", language="en")
    yield from _facts(SERIES, ("rdf:type", term("dcat:DatasetSeries")), ("dcterms:title", title), ("rdfs:label", title))
    yield from _facts(SERIES, ("dcterms:license", _LICENCE))
    for release in kept[:1]:
        yield from _facts(SERIES, ("dcat:last", _node(release)))
    for release in kept[-1:]:
        yield from _facts(SERIES, ("dcat:first", _node(release)))
    for release in kept:
        described = release_quads(release, kept)
        yield from (quad for quad in described if quad.subject == _node(release) and not _is_file(quad))


def _is_file(quad: ox.Quad) -> bool:
    return quad.predicate == term("dcat:distribution")


def _files(release: Release, node: ox.NamedNode) -> Iterator[ox.Quad]:
    root = f"{BASE}data/{release.id}/"
    for name in (*whole_names(), *DESCRIPTIONS):
        file = ox.NamedNode(root + name)
        if name in DESCRIPTIONS:
            media_type, coding = DESCRIPTIONS[name], ""
        else:
            dump = find_dump(release.folder, name)
            coding = dump.coding
            media_type = dump.format.media_type if dump.format else dump.media_type
        yield from _facts(
            file,
            ("rdf:type", term("dcat:Distribution")),
            ("dcterms:title", ox.Literal(name)),
            ("dcterms:license", _LICENCE),
            ("dcat:accessURL", ox.NamedNode(root)),
            ("dcat:downloadURL", file),
            ("dcat:mediaType", ox.NamedNode(MEDIA_TYPES + media_type.partition(";")[0])),
            *([("dcat:compressFormat", _GZIP)] if coding else []),
        )
        yield from _facts(node, ("dcat:distribution", file))
        yield from _measured(release, name, file)


def _measured(release: Release, name: str, file: ox.NamedNode) -> Iterator[ox.Quad]:
    made = made_dump(release.folder, name)
    if made is None:
        return
    checksum = ox.NamedNode(f"{file.value}#sha256")
    value = ox.Literal(known_sum(made), datatype=term("xsd:hexBinary"))
    size = ox.Literal(str(made.stat().st_size), datatype=term("xsd:nonNegativeInteger"))
    yield from _facts(file, ("dcat:byteSize", size))
    yield ox.Quad(file, ox.NamedNode(f"{_SPDX}checksum"), checksum)
    yield from _facts(checksum, ("rdf:type", ox.NamedNode(f"{_SPDX}Checksum")))
    yield ox.Quad(checksum, ox.NamedNode(f"{_SPDX}algorithm"), ox.NamedNode(f"{_SPDX}checksumAlgorithm_sha256"))
    yield ox.Quad(checksum, ox.NamedNode(f"{_SPDX}checksumValue"), value)


def _node(release: Release) -> ox.NamedNode:
    return ox.NamedNode(f"{BASE}release/{release.id}")


def _facts(node: ox.NamedNode, *said: tuple[str, GroundTerm]) -> Iterator[ox.Quad]:
    for name, value in said:
        yield ox.Quad(node, term(name), value)
