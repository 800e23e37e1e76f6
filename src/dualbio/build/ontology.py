"""The axioms and rules of the sources: read, compiled and put in order, every problem with its file and line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import pyoxigraph as ox

from dualbio.errors import DataError, Problem
from dualbio.model.namespaces import graph_iri
from dualbio.owl.rules import Rule, RuleError, compile_axioms, make_plan, read_rules
from dualbio.rdf.faults import document_fault

__all__ = ["ONTOLOGY", "read_axioms", "read_ontology", "read_rule_set", "rule_problems"]

#: The axioms, below the folder of curated sources.
ONTOLOGY = "dualbio-edit.ttl"
_CURIE = re.compile(r"[A-Za-z]+:[A-Za-z0-9]\w*")


def read_ontology(folder: Path) -> Iterator[ox.Quad]:
    """Yield the axioms as quads of the ontology graph, blank nodes named by content so that builds agree.

    Raises:
        DataError: there is no Turtle file, or it is broken.
    """
    graph = graph_iri("ontology")
    dataset = ox.Dataset(ox.Quad(t.subject, t.predicate, t.object, graph) for t in read_axioms(folder))
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return iter(dataset)


def read_axioms(folder: Path) -> list[ox.Triple]:
    """Return the axioms as they are written.

    Raises:
        DataError: there is no Turtle file, or it is broken.
    """
    file = folder / ONTOLOGY
    name = f"{folder.name}/{ONTOLOGY}"
    try:
        return [quad.triple for quad in ox.parse(path=str(file), format=ox.RdfFormat.TURTLE)]
    except SyntaxError as error:
        message = f"not Turtle: {document_fault(error)}"
        raise DataError([Problem(name, error.lineno or 0, "file", "syntax", message)]) from error
    except FileNotFoundError as error:
        message = "the ontology does not exist; repair: restore it"
        raise DataError([Problem(name, 0, "file", "missing-file", message)]) from error


def read_rule_set(
    folder: Path, ontology: Iterable[ox.Quad | ox.Triple], known: dict[str, Rule] | None = None
) -> tuple[Rule, ...]:
    """Return the rules of the axioms of `ontology`, and the domain rules below the folder of curated sources.

    `known` holds parsed domain rules, as `read_rules` takes them.

    Raises:
        DataError: an axiom has consequences that no rule can express, a rule file is broken, or the rules cannot be put
            in an order; all problems are listed.
    """
    problems: list[Problem] = []
    rules: list[Rule] = []
    readers: tuple[Callable[[], Iterable[Rule]], ...] = (
        partial(compile_axioms, ontology),
        partial(read_rules, folder / "rules", known),
    )
    for read in readers:
        try:
            rules += read()
        except RuleError as error:
            problems += rule_problems(folder, error)
        except DataError as error:
            problems += error.problems
    if not problems:
        try:
            make_plan(rules)
        except RuleError as error:
            problems += rule_problems(folder, error)
    if problems:
        raise DataError(problems)
    return tuple(rules)


def rule_problems(folder: Path, error: RuleError) -> Iterator[Problem]:
    """Yield what is wrong with axioms and rules, each with the line of the axiom or the file of the rule."""
    for about, message in error.faults:
        if (folder / "rules" / f"{about}.rq").is_file():
            yield Problem(f"{folder.name}/rules/{about}.rq", 1, f"rule {about}", "rule", message)
        else:
            yield Problem(f"{folder.name}/{ONTOLOGY}", _line_of(folder, about), about or "axiom", "axiom", message)


def _line_of(folder: Path, about: str) -> int:
    """Return the line of the axioms of a subject: where a statement begins with it, or else where it is first named."""
    name = _CURIE.search(about)
    lines = (folder / ONTOLOGY).read_text(encoding="utf-8").splitlines()
    found = [number for number, line in enumerate(lines, start=1) if name and name[0] in line.split()]
    return next((number for number in found if name and lines[number - 1].startswith(name[0])), min(found, default=1))
