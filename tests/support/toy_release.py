"""A small release, written file by file."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pyoxigraph as ox

from dualbio.model.namespaces import BASE, PREFIXES, VOCABULARY, graph_iri
from dualbio.release.folder import Release, make_current, open_release

__all__ = ["write_release", "write_trig"]

_HEAD = "".join(f"PREFIX {prefix}: <{namespace}>\n" for prefix, namespace in PREFIXES.items())
_TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
_LABEL = "<http://www.w3.org/2000/01/rdf-schema#label>"
_INTEGER = "<http://www.w3.org/2001/XMLSchema#integer>"


def write_release(folder: Path, name: str = "0.1.0-000000000001", studies: int = 20) -> Path:
    """Write a release of a few thousand quads: studies with arms, drugs and results, and a dense web of links.

    The manifest names every file with its SHA-256, and `current` points to the release.
    """
    release = folder / name
    (release / "graphs" / "study").mkdir(parents=True)
    for graph, lines in _graphs(studies).items():
        quads = "".join(f"{line} <{BASE}graph/{graph}> .\n" for line in lines)
        (release / "graphs" / f"{graph}.nq").write_text(quads, encoding="utf-8")
    sums = {
        str(path.relative_to(release)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(release.rglob("*.nq"))
    }
    counts = {graph: len({*lines}) for graph, lines in _graphs(studies).items()}
    manifest = {"files": sums, "built": "2026-01-02T03:04:05+00:00", "graphs": counts}
    (release / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    link = folder / "current"
    link.unlink(missing_ok=True)
    link.symlink_to(name)
    return release


def write_trig(
    folder: Path, name: str, text: str, *, version: str = "0.1.0", built: str = "2026-01-02T03:04:05+00:00"
) -> Release:
    """Write a release of the quads of a TriG text, which knows all prefixes, and make it current."""
    lines: dict[str, list[str]] = {}
    for quad in ox.parse(_HEAD + text, format=ox.RdfFormat.TRIG):
        assert isinstance(quad.graph_name, ox.NamedNode)
        lines.setdefault(quad.graph_name.value.removeprefix(graph_iri("").value), []).append(f"{quad} .\n")
    files = {}
    for graph, own in lines.items():
        file = folder / name / "graphs" / f"{graph}.nq"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(sorted(own)), encoding="utf-8", newline="\n")
        files[f"graphs/{graph}.nq"] = hashlib.sha256(file.read_bytes()).hexdigest()
    counts = {graph: len(own) for graph, own in lines.items()}
    manifest = {"version": version, "built": built, "triples": sum(counts.values()), "graphs": counts, "files": files}
    (folder / name / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    release = open_release(folder / name)
    make_current(folder, release)
    return release


def _graphs(studies: int) -> dict[str, list[str]]:
    drugs = ["rituximab", "belimumab", "atacicept"]
    graphs: dict[str, list[str]] = {"entities": [], "inferred": [], "ontology": []}
    for drug in drugs:
        graphs["entities"].append(f"<{BASE}drug/{drug}> {_TYPE} <{VOCABULARY}Drug>")
        graphs["entities"].append(f'<{BASE}drug/{drug}> {_LABEL} "{drug}"@en')
    graphs["entities"].append(f'<{BASE}drug/belimumab> {_LABEL} "bélimumab"@fr')
    for one in range(60):
        for other in range(1, 13):
            link = f"<{BASE}pair/n{one}> <{VOCABULARY}near> <{BASE}pair/n{(one * other + other) % 60}>"
            graphs["ontology"].append(link)
    for number in range(studies):
        study = f"<{BASE}study/s{number}>"
        lines = [f"{study} {_TYPE} <{VOCABULARY}Study>", f'{study} {_LABEL} "Study {number}"@en']
        for arm_number in range(3):
            arm = f"<{BASE}arm/s{number}.a{arm_number}>"
            lines += [f"{study} <{VOCABULARY}hasArm> {arm}", f"{arm} {_TYPE} <{VOCABULARY}Arm>"]
            lines.append(f"{arm} <{VOCABULARY}drug> <{BASE}drug/{drugs[arm_number]}>")
            for row in range(10):
                result = f"<{BASE}result/s{number}.r{arm_number}{row}>"
                lines += [
                    f"{result} <{VOCABULARY}arm> {arm}",
                    f'{result} <{VOCABULARY}events> "{number * arm_number + row}"^^{_INTEGER}',
                    f'{result} {_LABEL} "result {row} of arm {arm_number} of study {number}"',
                ]
        graphs["inferred"].append(f"{study} {_TYPE} <{VOCABULARY}ClinicalTrial>")
        graphs[f"study/s{number}"] = lines
    return graphs
