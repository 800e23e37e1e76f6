"""From what a user calls a thing to its IRI: keys, labels in any language, synonyms, abbreviations, outside ids."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property

import pyoxigraph as ox

from dualbio.errors import ParameterError, did_you_mean
from dualbio.model.namespaces import BASE, KINDS, compress, converter
from dualbio.queries.sources import CitedSources
from dualbio.search.names import Name, names_of
from dualbio.search.words import folded
from dualbio.store import Store

__all__ = ["Resolver"]

#: What messages call kinds whose names are short forms.
_WORDS = {"ae": "adverse event"}

#: Up to this many names are listed when one is not found.
_FEW = 12

_Index = dict[str, dict[int, set[str]]]


class Resolver:
    """Finds individuals by any of their names over the release that `store` answers for; names are read once."""

    def __init__(self, store: Store) -> None:
        """Keep the `store`; nothing is read before the first name is asked for."""
        self._store = store

    @cached_property
    def cited(self) -> CitedSources:
        """The sources of the release as answers cite them."""
        return CitedSources(self._store)

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
        ranks = self._index.get(folded(name), {})
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
        """Return what of another kind has the name."""
        found = [iri for name in _readings(text, None, None) for iri in self._lookup(name, None, None)]
        return f"; it is the name of {compress(found[0])}" if found else ""

    def _holding(self, text: str, kind: str | None, scheme: str | None) -> str:
        """Name the few individuals one of whose names has `text` at the beginning of a word."""
        wanted = re.compile(rf"\b{re.escape(folded(text))}")
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
        return did_you_mean(folded(text), [*self.names(kind, scheme), *names] if kind else names)

    @cached_property
    def _index(self) -> _Index:
        index: _Index = defaultdict(lambda: defaultdict(set))
        for name in self._names:
            for form in name.forms():
                index[folded(form)][name.rank].add(name.iri)
        for iri in self._individuals:
            index[folded(iri)][0].add(iri)
            index[folded(iri.removeprefix(BASE).partition("/")[2])][0].add(iri)
        return index

    @cached_property
    def _names(self) -> list[Name]:
        return [name for name in names_of(self._store) if _kind(name.iri)]

    @cached_property
    def _individuals(self) -> list[str]:
        return sorted({name.iri for name in self._names if name.rank <= 2})

    @cached_property
    def _labels(self) -> dict[str, str]:
        labels: dict[str, str] = {}
        for name in self._names:
            if name.kind == "label" and (name.language in ("", "en") or name.iri not in labels):
                labels[name.iri] = name.text
        return labels


def _prefix(kind: str | None, scheme: str | None) -> str:
    """Return how the IRIs of a kind, and of a scheme of values, begin."""
    return BASE + (f"{kind}/" if kind else "") + (f"{scheme}." if scheme else "")


def _kind(iri: str) -> str | None:
    kind = iri.removeprefix(BASE).partition("/")[0]
    return kind if kind in KINDS else None


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
