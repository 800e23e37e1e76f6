"""`dualbio check --release`: what only a built release shows is told with the curated file of its record."""

from __future__ import annotations

import json

from workshop import Workshop

#: Instead of the shipped shapes one that all drugs break: it is quick, and nobody can overlook it.
SHAPE = """
@prefix dualbio: <https://w3id.org/dualbio/ontology#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
dualbio:DrugShape a sh:NodeShape ;
    sh:targetClass dualbio:Drug ;
    sh:property [ sh:path dualbio:isBiologic ; sh:maxCount 0 ] .
"""


def test_a_broken_release_is_told_in_full_and_plain_check_stays_quick(workshop: Workshop) -> None:
    """Shapes and quality queries tell all problems at once and end with code 1; without the option neither is asked."""
    for file in (workshop.sources.ontology / "shapes").glob("*.ttl"):
        file.unlink()
    (workshop.sources.ontology / "shapes" / "drugs.ttl").write_text(SHAPE, encoding="utf-8")
    (workshop.sources.ontology / "qc" / "waivers.yaml").unlink()

    plain, whole = workshop.dualbio("check"), workshop.dualbio("check", "--release", "--json")

    assert (0, 1) == (plain.returncode, whole.returncode), whole.stderr
    told = {(problem["check"], problem["record"]): problem for problem in json.loads(whole.stdout)["errors"]}
    shaped = [problem for (check, _), problem in told.items() if check == "shape"]
    assert len(shaped) > 30
    assert {"ontology/entities/drugs.tsv"} == {problem["file"] for problem in shaped}
    circular = told["circular-definition", "outcome:adverse-event-count"]
    assert "ontology/entities/outcomes.tsv" == circular["file"]
    assert "repair:" in circular["message"]
    assert "ontology/entities/drugs.tsv" == told["missing-chinese-label", "drug:dapirolizumab-pegol"]["file"]
