"""What the servers are asked: four kinds of answer, each for the first time and again."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from peers import Peer

__all__ = ["Workload", "workloads"]

_JSON = "application/sparql-results+json"
_TURTLE = "text/turtle"
_VOCABULARY = "https://w3id.org/dualbio/ontology#"
_LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
_MEMORY = "oxigraph-memory"


@dataclass(frozen=True)
class Workload:
    """A query, the type its answer is asked in, and the least ratios it is to reach against peers.

    A `fresh` query is another one each time; a `conditional` one is asked by a client that has the answer already.
    """

    name: str
    query: str
    accept: str
    fresh: bool
    targets: dict[str, float] = field(default_factory=dict, hash=False)
    conditional: bool = False

    def path(self, peer: Peer) -> str:
        """Return the path and the query string of the request to a peer."""
        return peer.path if peer.name == "nginx" else f"{peer.path}?query={quote(self.query)}"


def workloads(release: Path) -> list[Workload]:
    """Return the loads over the terms of `release`."""
    subject, study = _sample(release)
    joined = (
        f"SELECT ?arm (COUNT(?result) AS ?n) {{ <{study}> <{_VOCABULARY}hasArm> ?arm . "
        f"?result <{_VOCABULARY}arm> ?arm ; <{_LABEL}> ?label }} GROUP BY ?arm ORDER BY ?n LIMIT 10"
    )
    point = f"SELECT ?o {{ <{subject}> <{_LABEL}> ?o }}"
    rows = "SELECT ?s ?p ?o { ?s ?p ?o } LIMIT 1000"
    triples = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o } LIMIT 10000"
    return [
        Workload("point, first", point, _JSON, fresh=True, targets={_MEMORY: 0.25}),
        Workload("10 rows, first", joined, _JSON, fresh=True, targets={_MEMORY: 0.9, "rdflib-endpoint": 50.0}),
        Workload("1,000 rows, first", rows, _JSON, fresh=True, targets={_MEMORY: 0.85}),
        Workload("CONSTRUCT 10k, first", triples, _TURTLE, fresh=True, targets={_MEMORY: 1.0}),
        Workload("point, again", point, _JSON, fresh=False, targets={"nginx": 0.9}),
        Workload("10 rows, again", joined, _JSON, fresh=False, targets={_MEMORY: 15.0, "nginx": 0.9}),
        Workload("1,000 rows, again", rows, _JSON, fresh=False),
        Workload("CONSTRUCT 10k, again", triples, _TURTLE, fresh=False, targets={_MEMORY: 30.0}),
        Workload("10 rows, not modified", joined, _JSON, fresh=False, conditional=True),
    ]


def _sample(release: Path) -> tuple[str, str]:
    """Return something with a label, and the study with most triples."""
    files = sorted((release / "graphs").rglob("*.nq"), key=lambda path: path.stat().st_size)
    text = files[-1].read_text(encoding="utf-8")
    labelled = re.search(rf"^<([^>]+)> <{re.escape(_LABEL)}>", text, re.MULTILINE)
    studies = [path for path in files if path.parent.name == "study"]
    with_arm = re.search(rf"^<([^>]+)> <{_VOCABULARY}hasArm>", studies[-1].read_text(encoding="utf-8"), re.MULTILINE)
    if labelled is None or with_arm is None:
        raise SystemExit(f"{release}: found no labelled thing or no study with an arm; accepted: a built release")
    return labelled[1], with_arm[1]
