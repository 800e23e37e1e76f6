"""From what a user calls a thing to its IRI: keys, labels in any language, synonyms, abbreviations, outside ids."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import Any, Protocol

import pyoxigraph as ox

from dualbio.errors import ParameterError, did_you_mean
from dualbio.namespaces import BASE, KINDS, compress, converter

__all__ = ["Queryable", "Resolver"]


class Queryable(Protocol):
    """Anything that answers SPARQL and knows the prefix table, such as an embedded store."""

    def query(self, text: str) -> Any:
        """Return the solutions of a SELECT query."""


#: Every name that an individual goes by; the rank says which names win over which (0 is the strongest).
_NAMES = f"""
SELECT DISTINCT ?node ?rank ?name WHERE {{
  VALUES (?property ?rank) {{
    (dualbio:key 1) (rdfs:label 2) (skos:altLabel 3) (dualbio:abbreviation 3) (dualbio:registryId 3) (dualbio:pmid 3)
    (dualbio:pmcid 3) (dualbio:doi 3) (skos:exactMatch 4) (skos:closeMatch 5)
  }}
  ?node ?property ?name
  FILTER (STRSTARTS(STR(?node), "{BASE}"))
}}
"""
#: Withdrawn outside terms still lead to what their successors mean.
_WITHDRAWN = """
SELECT DISTINCT ?node ?rank ?name WHERE {
  ?name IAO:0100001 ?successor . ?node skos:exactMatch ?successor . BIND (5 AS ?rank)
}
"""
#: Sources stand beside their study: a publication's number finds the study too.
_PUBLICATIONS = """
SELECT DISTINCT ?node ?rank ?name WHERE {
  ?node dualbio:hasSource ?source . ?source dualbio:pmid|dualbio:doi ?name .
  ?source dualbio:independence ?independence
  FILTER (?independence != value:independence.secondary)
  BIND (5 AS ?rank)
}
"""

#: What messages call kinds whose names are short forms.
_WORDS = {"ae": "adverse event"}

#: Up to this many names are listed when one is not found.
_FEW = 12

_Index = dict[str, dict[int, set[str]]]


class Resolver:
    """Finds individuals by any of their names over the release that `store` answers for; names are read once."""

    def __init__(self, store: Queryable) -> None:
        """Keep the `store`; nothing is read before the first name is asked for."""
        self._store = store

    def resolve(self, text: str, kind: str | None = None, scheme: str | None = None) -> ox.NamedNode:
        """Return the individual that `text` names.

        Args:
            text: IRI (bare or in angle brackets), CURIE, key, label, synonym or outside identifier; case is ignored.
            kind: one of `KINDS` that the individual must be of; any kind if None.
            scheme: for kind `value`, the controlled scheme, whose values may then be named without it.

        Raises:
            ParameterError: nothing of that kind is called so, or several things are.
        """
        wanted = text.strip()
        for name in _readings(wanted, kind, scheme):
            found = self._lookup(name, kind, scheme)
            if len(found) == 1:
                return ox.NamedNode(found[0])
            if found:
                shown = ", ".join(iri.removeprefix(BASE) for iri in found[:8])
                raise ParameterError(f"'{wanted}' is the name of {len(found)} individuals; accepted: one of {shown}")
        raise ParameterError(self._not_found(wanted, kind, scheme))

    def names(self, kind: str, scheme: str | None = None) -> list[str]:
        """Return the keys of all individuals of `kind` (of `scheme`, without its name), sorted."""
        prefix = _prefix(kind, scheme)
        return sorted(iri.removeprefix(prefix) for iri in self._individuals if iri.startswith(prefix))

    def label(self, iri: str) -> str | None:
        """Return the English (or only) label of an individual."""
        return self._labels.get(iri)

    def _lookup(self, name: str, kind: str | None, scheme: str | None) -> list[str]:
        prefix = _prefix(kind, scheme)
        ranks = self._index.get(_fold(name), {})
        for rank in sorted(ranks):
            found = sorted(iri for iri in ranks[rank] if iri.startswith(prefix))
            if found:
                return found
        return []

    def _not_found(self, text: str, kind: str | None, scheme: str | None) -> str:
        what = f"{scheme} value" if scheme else _WORDS.get(kind or "individual", kind or "individual")
        keys = self.names(kind, scheme) if kind else []
        hint = self._elsewhere(text) or self._holding(text, kind, scheme) or self._nearest(text, kind, scheme)
        if kind and len(keys) <= _FEW:
            return f"found no {what} '{text}'; accepted: {', '.join(keys)}{hint}"
        accepted = "its key, label, synonym, outside identifier, CURIE or IRI"
        return f"found no {what} '{text}'; accepted: {accepted}{hint}"

    def _elsewhere(self, text: str) -> str:
        """Say what of another kind goes by the name."""
        found = [iri for name in _readings(text, None, None) for iri in self._lookup(name, None, None)]
        return f"; it is the name of {compress(found[0])}" if found else ""

    def _holding(self, text: str, kind: str | None, scheme: str | None) -> str:
        """Name the few individuals one of whose names has `text` at the beginning of a word."""
        wanted = re.compile(rf"\b{re.escape(_fold(text))}")
        prefix = _prefix(kind, scheme)
        found = {
            iri.removeprefix(prefix)
            for name, ranks in self._index.items()
            if "//" not in name and wanted.search(name)
            for iris in ranks.values()
            for iri in iris
            if iri.startswith(prefix)
        }
        if len(found) == 1:
            return f"; did you mean '{found.pop()}'?"
        return f"; did you mean one of {', '.join(sorted(found))}?" if 1 < len(found) <= _FEW else ""

    def _nearest(self, text: str, kind: str | None, scheme: str | None) -> str:
        prefix = _prefix(kind, scheme)
        names = [
            name for name, ranks in self._index.items() if any(i.startswith(prefix) for s in ranks.values() for i in s)
        ]
        return did_you_mean(_fold(text), [*self.names(kind, scheme), *names] if kind else names)

    @cached_property
    def _index(self) -> _Index:
        index: _Index = defaultdict(lambda: defaultdict(set))
        for iri, rank, name in self._rows():
            for form in _forms(name):
                index[_fold(form)][rank].add(iri)
        for iri in self._individuals:
            index[_fold(iri)][0].add(iri)
            index[_fold(iri.removeprefix(BASE).partition("/")[2])][0].add(iri)
        return index

    @cached_property
    def _names_read(self) -> list[tuple[str, int, ox.NamedNode | ox.Literal]]:
        return [
            (solution["node"].value, int(solution["rank"].value), solution["name"])
            for text in (_NAMES, _WITHDRAWN, _PUBLICATIONS)
            for solution in self._store.query(text)
        ]

    def _rows(self) -> Iterator[tuple[str, int, ox.NamedNode | ox.Literal]]:
        for iri, rank, name in self._names_read:
            if _kind(iri):
                yield iri, rank, name

    @cached_property
    def _individuals(self) -> list[str]:
        return sorted({iri for iri, rank, _ in self._rows() if rank <= 2})

    @cached_property
    def _labels(self) -> dict[str, str]:
        labels: dict[str, str] = {}
        for iri, rank, name in self._rows():
            if rank == 2 and isinstance(name, ox.Literal) and (name.language in (None, "en") or iri not in labels):
                labels[iri] = name.value
        return labels


def _prefix(kind: str | None, scheme: str | None) -> str:
    """Return how the IRIs of a kind, and of a scheme of values, begin."""
    return BASE + (f"{kind}/" if kind else "") + (f"{scheme}." if scheme else "")


def _kind(iri: str) -> str | None:
    kind = iri.removeprefix(BASE).partition("/")[0]
    return kind if kind in KINDS else None


def _fold(name: str) -> str:
    return " ".join(name.casefold().split())


def _forms(name: ox.NamedNode | ox.Literal) -> Iterator[str]:
    """Yield the forms in which a name may be given: an outside IRI also as CURIE, with and without its prefix."""
    yield name.value
    if isinstance(name, ox.NamedNode):
        head, tail = re.fullmatch(r"(.*[/#])(.*)", name.value, re.DOTALL).groups()  # type: ignore[union-attr]
        if "_" in tail:
            yield tail.replace("_", ":", 1)
        else:
            yield tail
            yield from (f"{word}:{tail}" for word in re.findall(r"[a-z]{3,}", head.lower()))


def _readings(text: str, kind: str | None, scheme: str | None) -> Iterator[str]:
    """Yield what `text` may stand for, the most exact first."""
    bare = text[1:-1] if text.startswith("<") and text.endswith(">") else text
    yield bare
    iri = converter().expand(bare) if ":" in bare and "//" not in bare else None
    if iri:
        yield iri
    if scheme:
        yield f"{scheme}.{bare}"
    if kind == "pair" and "+" in bare:
        yield "_".join(sorted(part.strip() for part in bare.split("+")))
    if ":" in bare:
        prefix, _, rest = bare.partition(":")
        if prefix.lower() in ("nct", "pmid", "doi", "pubmed", "isrctn"):
            yield rest
