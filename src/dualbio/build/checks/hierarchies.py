"""Do our hierarchies of cells, processes and events agree with the ontologies that their terms are mapped to?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from dualbio.build.checks.survey import Check, CheckHit, Survey
from dualbio.errors import DataError
from dualbio.mappings import read_mappings, read_subsumptions

__all__ = ["CHECKS"]

#: Kinds whose hierarchy is held against an outside ontology, and the prefix of that.
COMPARED = {"cell": "CL", "process": "GO", "ae": "HP"}


def mapped_hierarchy(survey: Survey) -> Iterator[CheckHit]:
    """Yield entities of which a mapped ontology has a broader one that ours lacks, or ours one that it lacks."""
    folder = survey.corpus.folder
    try:
        subsumptions = {(row.narrower, row.broader): row.source for row in read_subsumptions(folder)}
        mappings = read_mappings(folder)
    except DataError:
        return  # told where mappings are read
    if not subsumptions:
        return
    for kind, prefix in COMPARED.items():
        terms = {
            mapping.subject.partition(":")[2]: mapping.object
            for mapping in mappings
            if mapping.predicate == "skos:exactMatch"
            and mapping.object_prefix == prefix
            and mapping.subject.startswith(f"{kind}:")
        }
        broader = _broader({key: row.parents for key, row in survey.corpus.entities[kind].items()})  # type: ignore[attr-defined]  # the three kinds have parents
        for key, term in terms.items():
            for other, outside in terms.items():
                theirs = (term, outside) in subsumptions
                if theirs and other not in broader[key]:
                    message = (
                        f"{term} is narrower than {outside} in {subsumptions[term, outside]}, while '{key}' is not "
                        f"narrower than '{other}'; repair: add a parent, or waive with a reason"
                    )
                    yield survey.entity(kind, key).finding(message)
                if not theirs and other != key and other in broader[key]:
                    message = (
                        f"'{key}' is narrower than '{other}', while {term} is not narrower than {outside}; "
                        "repair: remove the parent, or waive with a reason"
                    )
                    yield survey.entity(kind, key).finding(message)


def _broader(parents: Mapping[str, tuple[str, ...]]) -> dict[str, set[str]]:
    """Return every entity above each one."""
    above: dict[str, set[str]] = defaultdict(set)
    for key in parents:
        todo = list(parents[key])
        while todo:
            name = todo.pop()
            if name not in above[key]:
                above[key].add(name)
                todo += parents.get(name, ())
    return above


CHECKS = (
    Check(
        "mapped-hierarchy",
        "error",
        "Cells, processes and events are narrower than each other as their mapped terms are.",
        mapped_hierarchy,
    ),
)
