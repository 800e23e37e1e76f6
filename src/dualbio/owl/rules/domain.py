"""Domain rules: SPARQL CONSTRUCT files that infer what OWL cannot say.

A file `<name>.rq` is one rule.  Its first lines, beginning with `#+ `, hold a YAML head with `summary` (one sentence)
and optionally `after` (names of rules that must have run before); its body is a CONSTRUCT query over the prefix table,
without PREFIX lines.  Accepted in the body: triple patterns, UNION, OPTIONAL, FILTER, NOT EXISTS, MINUS, BIND, VALUES,
sub-selects with aggregates, and the property paths `p|q` and `^p`.  Refused: blank nodes, GRAPH, SERVICE, and the
paths that hide a step (`p/q`, `p*`), since every premise of an inferred triple is to be shown; for the same reason
each branch of a UNION has a triple pattern.

Under NOT EXISTS the engine orders patterns as if no variable had a value yet: what is asked of a record that another
pattern has led to (its class, a number of it) stands in a FILTER EXISTS of its own there, or each match would begin
with all members of the class, and the time would grow with the square of the data.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator

from dualbio.errors import DataError, Problem
from dualbio.model.record_fields import Record, Text
from dualbio.owl.rules.model import Rule
from dualbio.sources.folders import files_in
from dualbio.sources.query_heads import read_head
from dualbio.sparql.tokens import without_mark

__all__ = ["parse_rule", "read_rules"]


class RuleHead(Record):
    """What the head of a rule says: what it infers, in one sentence, and the rules that must have run before."""

    summary: Text
    after: Annotated[tuple[str, ...], BeforeValidator(lambda found: (found,) if isinstance(found, str) else found)] = ()


def read_rules(folder: Path, known: dict[str, Rule] | None = None) -> tuple[Rule, ...]:
    """Return the rules of every `.rq` file of `folder`, sorted by name.

    Args:
        folder: the folder of rules.
        known: rules by the digest of their name and text, which need not be parsed again; what is parsed is added.

    Raises:
        DataError: files are broken; all problems are listed with file and line.
    """
    known = {} if known is None else known
    rules: list[Rule] = []
    problems: list[Problem] = []
    for path in files_in(folder, "*.rq"):
        file = f"{folder.parent.name}/{folder.name}/{path.name}"
        try:
            text = path.read_text("utf-8")
            digest = sha256(f"{path.name}\0{text}".encode()).hexdigest()
            if digest not in known:
                known[digest] = parse_rule(text, file)
            rules.append(known[digest])
        except UnicodeDecodeError as error:
            message = f"not UTF-8: {error}; repair: save it as UTF-8"
            problems.append(Problem(file, 0, "rule", "rule", message))
        except DataError as error:
            problems += error.problems
    if problems:
        raise DataError(problems)
    return tuple(rules)


def parse_rule(text: str, file: str) -> Rule:
    """Return the rule that `text` says; `file` names it, with or without a folder.

    Raises:
        DataError: head or body is broken; the problem names the file and the line.
    """
    from dualbio.owl.rules.bodies import read_body  # noqa: PLC0415 - brings rdflib's parser

    text = without_mark(text)
    head, _ = read_head(text, file, RuleHead)
    found, where = read_body(text, file)
    return Rule(
        name=Path(file).stem,
        summary=" ".join(head.summary.split()),
        origin="domain",
        head=tuple(found.head),
        alternatives=tuple(tuple(dict.fromkeys(patterns)) for patterns in found.alternatives),
        where=where,
        optional=found.optional_by_head(),
        delayed=tuple(dict.fromkeys(found.delayed)),
        counts=tuple(found.counts),
        after=head.after,
    )
