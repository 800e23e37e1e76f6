"""What changed between two releases, record by record: added, changed, removed; as words, JSON and RDF.

A record is one individual or term with all that its graph says about it.  What the build infers, counts or signs is
left out: it follows from the records.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from filecmp import cmp
from pathlib import Path
from typing import Any

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Triple, parse

from dualbio.errors import ReleaseError
from dualbio.model.namespaces import BASE, compress, graph_iri, term
from dualbio.model.rdf_terms import Term
from dualbio.release.folder import graph_paths

__all__ = ["Change", "ReleaseDiff", "diff_releases", "read_records"]

#: Names of the graphs that hold records; those of the studies begin with `study/`.
GRAPHS = ("ontology", "entities", "lessons", "mappings")
#: A graph of records by its file, also one of a folder of own evidence (`local/<folder>/…`).
_RECORDS = re.compile(rf"graphs/(local/[^/]+/)?({'|'.join(GRAPHS)}|study/.+)\.nq")

Statement = tuple[NamedNode, Term | Triple]
Key = tuple[str, str]

_LABEL = term("rdfs:label")
_TYPE = term("rdf:type")
_STRING = term("xsd:string")
_CHANGESET = "http://purl.org/vocab/changeset/schema#"
#: Sections of the RDF form that hold added and removed triples.
_ADDED, _REMOVED = "added", "removed"


@dataclass(frozen=True)
class _Record:
    """What one graph says about one subject."""

    statements: frozenset[Statement]

    @property
    def label(self) -> str:
        """A label of the record, English or without language before others."""
        labels = [o for p, o in self.statements if p == _LABEL and isinstance(o, Literal)]
        labels.sort(key=lambda o: (o.language not in (None, "en"), o.value))
        return labels[0].value if labels else ""

    @property
    def type(self) -> str:
        """The class of the record; the first by name where it has several."""
        return min(
            (compress(o.value) for p, o in self.statements if p == _TYPE and isinstance(o, NamedNode)), default=""
        )


@dataclass(frozen=True)
class Change:
    """One record that differs: `removed` statements of the old release, `added` ones of the new."""

    subject: str
    graph: str
    type: str
    label: str
    removed: tuple[Statement, ...]
    added: tuple[Statement, ...]

    @property
    def name(self) -> str:
        """The record's CURIE and label."""
        curie = compress(self.subject)
        return f"{curie} ({self.label})" if self.label else curie

    def words(self) -> Iterator[str]:
        """Yield a phrase for each property that differs."""
        for predicate in sorted({p.value for p, _ in (*self.removed, *self.added)}):
            old, new = _values_text(self.removed, predicate), _values_text(self.added, predicate)
            name = compress(predicate).removeprefix("dualbio:")
            if old and new:
                yield f"{name} was {old}, is {new}"
            else:
                yield f"{name} {old} is gone" if old else f"{name} {new} is new"

    def description(self, node: NamedNode, action: str) -> Iterator[Triple]:
        """Yield the change set of the record, called `node`; `action` is what was done: Add, Update or Delete."""
        yield Triple(node, _TYPE, NamedNode(f"{_CHANGESET}ChangeSet"))
        yield Triple(node, _TYPE, term(f"schema:{action}Action"))
        yield Triple(node, NamedNode(f"{_CHANGESET}subjectOfChange"), NamedNode(self.subject))
        yield Triple(node, term("prov:atLocation"), graph_iri(self.graph))
        yield Triple(node, _LABEL, Literal(self.name))
        for name, statements in (("removal", self.removed), ("addition", self.added)):
            for number, (predicate, value) in enumerate(statements, 1):
                part = NamedNode(f"{node.value}-{name}-{number}")
                yield Triple(node, NamedNode(_CHANGESET + name), part)
                yield Triple(part, _TYPE, term("rdf:Statement"))
                yield Triple(part, term("rdf:subject"), NamedNode(self.subject))
                yield Triple(part, term("rdf:predicate"), predicate)
                yield Triple(part, term("rdf:object"), value)


@dataclass(frozen=True)
class ReleaseDiff:
    """All differences between two releases, each list in the order of the records' IRIs."""

    old: str
    new: str
    added: tuple[Change, ...] = field(repr=False)
    changed: tuple[Change, ...] = field(repr=False)
    removed: tuple[Change, ...] = field(repr=False)

    @property
    def empty(self) -> bool:
        """Return whether both releases hold the same records."""
        return not (self.added or self.changed or self.removed)

    def lines(self) -> Iterator[str]:
        """Yield the differences in words: what was added and removed by kind and study, then each change."""
        yield f"From {self.old} to {self.new}: " + ", ".join(
            f"{len(getattr(self, name))} {name}" for name in ("added", "changed", "removed")
        )
        for name in ("added", "removed"):
            for (kind, graph), number in sorted(_tally(getattr(self, name)).items()):
                yield f"{name}: {number} {kind} in {graph}"
        for change in self.changed:
            yield f"changed: {change.name} in {change.graph}: {'; '.join(change.words())}"

    def as_json(self) -> dict[str, Any]:
        """Return the differences as plain data; terms are in the notation of N-Triples."""
        lists = {name: [_as_json(change) for change in getattr(self, name)] for name in ("added", "changed", "removed")}
        return {"old": self.old, "new": self.new, **lists}

    @property
    def iri(self) -> str:
        """IRI of the document of the differences, and prefix of the names of their graphs."""
        return f"{BASE}diff/{self.old}/{self.new}"

    def quads(self) -> Iterator[Quad]:
        """Yield every statement that went and came, in one graph each: `<iri>/removed` and `<iri>/added`."""
        for section in (_REMOVED, _ADDED):
            graph = NamedNode(f"{self.iri}/{section}")
            for change in (*self.added, *self.changed, *self.removed):
                subject = NamedNode(change.subject)
                statements = change.removed if section == _REMOVED else change.added
                yield from (Quad(subject, predicate, object_, graph) for predicate, object_ in statements)

    def description(self) -> Iterator[Triple]:
        """Yield what changed as triples: a change set per record, with the statements that went and came.

        Source: the Changeset vocabulary (https://vocab.org/changeset/schema), in which a statement is described by its
        parts; the kind of change is an action of schema.org.
        """
        whole = NamedNode(self.iri)
        yield Triple(whole, _TYPE, term("prov:Entity"))
        yield Triple(whole, _LABEL, Literal(next(self.lines()), language="en"))
        for release in (self.old, self.new):
            yield Triple(whole, term("prov:wasDerivedFrom"), NamedNode(f"{BASE}release/{release}"))
        number = 0
        for action, changes in (("Add", self.added), ("Update", self.changed), ("Delete", self.removed)):
            for change in changes:
                number += 1
                node = NamedNode(f"{self.iri}#{number}")
                yield Triple(whole, term("dcterms:hasPart"), node)
                yield from change.description(node, action)


def diff_releases(old: str | Path, new: str | Path) -> ReleaseDiff:
    """Return what changed from the release in folder `old` to that in `new`.

    Graphs with the same bytes in both are not read.

    Raises:
        ReleaseError: a folder holds no graphs, or a graph cannot be read.
    """
    old, new = Path(old), Path(new)
    files = _files(new)
    same = [name for name, path in _files(old).items() if name in files and cmp(path, files[name], shallow=False)]
    before, after = read_records(old, same), read_records(new, same)
    added = [_change(key, None, after[key]) for key in sorted(after.keys() - before.keys())]
    removed = [_change(key, before[key], None) for key in sorted(before.keys() - after.keys())]
    both = (key for key in sorted(before.keys() & after.keys()) if before[key] != after[key])
    changed = [_change(key, before[key], after[key]) for key in both]
    return ReleaseDiff(old.resolve().name, new.resolve().name, tuple(added), tuple(changed), tuple(removed))


def read_records(release: Path, but: Collection[str] = ()) -> dict[Key, _Record]:
    """Return the records of a release folder by subject and graph name, without those of some files.

    Raises:
        ReleaseError: the folder holds no graphs, or a graph cannot be read.
    """
    statements: dict[Key, set[Statement]] = {}
    graphs = graph_iri("").value
    for path in (path for name, path in _files(release).items() if name not in but):
        for quad in _quads(path):
            if isinstance(quad.subject, NamedNode) and isinstance(quad.graph_name, NamedNode):
                name = quad.graph_name.value.removeprefix(graphs)
                statements.setdefault((quad.subject.value, name), set()).add((quad.predicate, quad.object))
    return {key: _Record(frozenset(found)) for key, found in statements.items()}


def _files(release: Path) -> dict[str, Path]:
    """Return the files of records in the folder of a release, by their names in it."""
    names = ((path.relative_to(release).as_posix(), path) for path in graph_paths(release))
    files = {name: path for name, path in names if _RECORDS.fullmatch(name)}
    if not files:
        raise ReleaseError(f"{release} has no graphs; accepted: the folder of a release; repair: dualbio build")
    return files


def _quads(path: Path) -> Iterator[Quad]:
    try:
        yield from parse(path=str(path), format=RdfFormat.N_QUADS)
    except (OSError, SyntaxError) as error:
        raise ReleaseError(f"{path} cannot be read: {error}; repair: dualbio build") from error


def _change(key: Key, before: _Record | None, after: _Record | None) -> Change:
    record = after or before
    assert record is not None
    old = before.statements if before else frozenset[Statement]()
    new = after.statements if after else frozenset[Statement]()
    return Change(key[0], key[1], record.type, record.label, _ordered(old - new), _ordered(new - old))


def _ordered(statements: frozenset[Statement]) -> tuple[Statement, ...]:
    return tuple(sorted(statements, key=lambda statement: (statement[0].value, str(statement[1]))))


def _values_text(statements: tuple[Statement, ...], predicate: str) -> str:
    return ", ".join(_term_text(object_) for found, object_ in statements if found.value == predicate)


def _term_text(node: Term | Triple) -> str:
    """Return a term as people write it."""
    if isinstance(node, NamedNode):
        return compress(node.value)
    if not isinstance(node, Literal):
        return str(node)
    return f"'{node.value}'" if node.language or node.datatype == _STRING else node.value


def _tally(changes: tuple[Change, ...]) -> Counter[tuple[str, str]]:
    return Counter((change.type.removeprefix("dualbio:") or "record", change.graph) for change in changes)


def _as_json(change: Change) -> Mapping[str, Any]:
    def statements(found: tuple[Statement, ...]) -> list[list[str]]:
        return [[predicate.value, str(object_)] for predicate, object_ in found]

    return {
        "record": change.subject,
        "graph": change.graph,
        "type": change.type,
        "label": change.label,
        "removed": statements(change.removed),
        "added": statements(change.added),
    }
