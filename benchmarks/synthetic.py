"""An invented release of any size: studies with arms, steps, drugs, targets, mechanisms and result rows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

__all__ = ["write_release"]

_BASE = "https://w3id.org/dualbio/"
_VOCABULARY = f"{_BASE}ontology#"
_TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
_LABEL = "<http://www.w3.org/2000/01/rdf-schema#label>"
_XSD = "http://www.w3.org/2001/XMLSchema#"
_DRUGS, _TARGETS, _MECHANISMS = 50, 20, 8
_ARMS, _ROWS = 4, 20
_PER_STUDY = 2 + _ARMS * (5 + 5 * _ROWS)


def write_release(folder: Path, triples: int) -> Path:
    """Write a release of about `triples` triples into `folder`, and return where it is."""
    release = folder / "0.0.0-synthetic"
    (release / "graphs" / "study").mkdir(parents=True)
    _write(release, "entities", _entities())
    for number in range(max(1, triples // _PER_STUDY)):
        _write(release, f"study/s{number}", _study(number))
    files = {
        str(path.relative_to(release)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(release.rglob("*.nq"))
    }
    manifest = {"files": files, "built": "2026-01-01T00:00:00+00:00"}
    (release / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (folder / "current").symlink_to(release.name)
    return release


def _write(release: Path, graph: str, triples: Iterator[str]) -> None:
    quads = "".join(f"{triple} <{_BASE}graph/{graph}> .\n" for triple in triples)
    (release / "graphs" / f"{graph}.nq").write_text(quads, encoding="utf-8")


def _entities() -> Iterator[str]:
    for number in range(_DRUGS):
        drug, target = f"<{_BASE}drug/d{number}>", f"<{_BASE}target/t{number % _TARGETS}>"
        yield f"{drug} {_TYPE} <{_VOCABULARY}Drug>"
        yield f'{drug} {_LABEL} "Drug {number}"@en'
        yield f"{drug} <{_VOCABULARY}binds> {target}"
        yield f"{drug} <{_VOCABULARY}hasMechanism> <{_BASE}mechanism/m{number % _MECHANISMS}>"


def _study(number: int) -> Iterator[str]:
    study = f"<{_BASE}study/s{number}>"
    yield f"{study} {_TYPE} <{_VOCABULARY}Study>"
    yield f'{study} {_LABEL} "Study {number}"@en'
    for arm_number in range(_ARMS):
        arm, step = f"<{_BASE}arm/s{number}.a{arm_number}>", f"<{_BASE}step/s{number}.a{arm_number}.1>"
        yield f"{study} <{_VOCABULARY}hasArm> {arm}"
        yield f"{arm} {_TYPE} <{_VOCABULARY}Arm>"
        yield f"{arm} <{_VOCABULARY}hasStep> {step}"
        yield f"{step} {_TYPE} <{_VOCABULARY}RegimenStep>"
        yield f"{step} <{_VOCABULARY}drug> <{_BASE}drug/d{(number * _ARMS + arm_number) % _DRUGS}>"
        for row in range(_ROWS):
            result = f"<{_BASE}result/s{number}.a{arm_number}r{row}>"
            yield f"{result} {_TYPE} <{_VOCABULARY}Result>"
            yield f"{result} <{_VOCABULARY}arm> {arm}"
            yield f'{result} <{_VOCABULARY}value> "{(number * 31 + arm_number * 7 + row) % 97}.5"^^<{_XSD}decimal>'
            yield f'{result} <{_VOCABULARY}week> "{row * 4}"^^<{_XSD}integer>'
            yield f'{result} {_LABEL} "result {row} of arm {arm_number} of study {number}"'
