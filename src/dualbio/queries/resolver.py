"""Resolves a user's name for a thing to its IRI: keys, labels in any language, synonyms, external identifiers."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property, lru_cache

import pyoxigraph as ox

from dualbio.errors import ParameterError, did_you_mean
from dualbio.model.namespaces import BASE, KINDS, PREFIXES, compress, expand, key_of, kind_of
from dualbio.queries.sources import CitedSources
from dualbio.search.names import Name, names_of
from dualbio.search.words import folded
from dualbio.store import Store

__all__ = ["Resolver"]

#: What messages call kinds whose names are short forms.
_WORDS = {"ae": "adverse event"}

#: Labels of which is kept what they name; those of a large release would fill the memory.
_MOST_LABELS = 20_000
#: Up to this many names are listed when one is not found.
_FEW = 12


#: The rank of names that a thing shares with what stands beside it, and the one before.
_WEAKEST, _OWN = 5, 4


class _Called:
    """Which individuals some names belong to, by their folded forms and ranks, with their labels."""

    def __init__(self, names: Iterable[Name]) -> None:
        """Index the names of individuals of our kinds."""
        known = [name for name in names if _kind(name.iri)]
        #: Forms of names, with the IRIs that they name, by rank.
        self.index: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
        self.individuals = sorted({name.iri for name in known if name.rank <= 2})
        self.labels: dict[str, str] = {}
        for name in known:
            for form in name.forms():
                self.index[folded(form)][name.rank].add(name.iri)
            if name.kind == "label" and (name.language in ("", "en") or name.iri not in self.labels):
                self.labels[name.iri] = name.text
        for iri in self.individuals:
            self.index[folded(iri)][0].add(iri)
            self.index[folded(key_of(iri))][0].add(iri)

    def find(self, name: str, prefix: str, weakest: int = _WEAKEST) -> list[str]:
        """Return the individuals with this name at the strongest rank, of those whose IRIs begin with `prefix`."""
        ranks = self.index.get(folded(name), {})
        for rank in sorted(rank for rank in ranks if rank <= weakest):
            found = sorted(iri for iri in ranks[rank] if iri.startswith(prefix))
            if found:
                return found
        return []


class Resolver:
    """Finds individuals by any of their names over the release that `store` answers for.

    All names of a release are read once, when a text needs them.  Where an index of search says which things may be
    called so, the names of these are read first, and mostly do; where it says what is of a kind, a text that names
    nothing is compared with the names of its kind alone.
    """

    def __init__(
        self,
        store: Store,
        called: Callable[[str], Iterable[str]] | None = None,
        of_kind: Callable[[str], Iterable[str]] | None = None,
    ) -> None:
        """Keep the `store`; nothing is read before the first name is asked for.

        Args:
            store: what answers for a release.
            called: returns IRIs of things that may be called as a text says; by default all names are read.
            of_kind: returns the IRIs of the things of a kind, none where they are too many to compare a text with.
        """
        self._store = store
        self._called = called
        self._of_kind = of_kind
        self._kinds: dict[str, _Called] = {}
        self._of_label = lru_cache(_MOST_LABELS)(self._labelled_alone)

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
        return self.resolve_among(text, (kind,), scheme)

    def resolve_among(self, text: str, kinds: Sequence[str | None], scheme: str | None = None) -> ox.NamedNode:
        """Return the individual that `text` names, of the first of some kinds that has it; otherwise as `resolve`."""
        wanted = text.strip()
        for find in (self._find_called, self._find_any):
            for kind in kinds:
                for name in _readings(wanted, kind, scheme):
                    found = find(name, _prefix(kind, scheme))
                    if len(found) == 1:
                        return ox.NamedNode(found[0])
                    if found and kind is kinds[-1]:
                        raise ParameterError(_ambiguous(wanted, found))
                    if found:
                        break
        raise ParameterError(self._not_found(wanted, kinds[-1], scheme))

    def names(self, kind: str, scheme: str | None = None) -> list[str]:
        """Return the keys of all individuals of `kind` (of `scheme`, without its name), sorted."""
        prefix = _prefix(kind, scheme)
        return sorted(iri.removeprefix(prefix) for iri in self._known(kind).individuals if iri.startswith(prefix))

    def label(self, iri: str) -> str | None:
        """Return the English (or only) label of an individual."""
        every = self.__dict__.get("_every") or _Called(names_of(self._store, [iri]))
        label: str | None = every.labels.get(iri)
        return label

    def labelled(self, text: str, kind: str) -> str | None:
        """Return the IRI of the individual of a kind that has exactly this label; None if there is none."""
        if self._called is None or "_every" in self.__dict__:
            return self._labelled.get((kind, text))
        return next((iri for iri in self._of_label(text) if _kind(iri) == kind), None)

    def _labelled_alone(self, text: str) -> list[str]:
        """Return the individuals with exactly this label, of those that the index of search knows by it."""
        called = () if self._called is None else self._called(text)
        labels = _Called(names_of(self._store, called)).labels
        return [iri for iri, label in labels.items() if label == text]

    def _find_called(self, name: str, prefix: str) -> list[str]:
        """Return the individuals that the index of search knows by a name of their own; none where all names are read.

        A name that they share is left to those: its owner may be a thing without a label, which no index has.
        """
        if self._called is None or "_every" in self.__dict__:
            return []
        return _Called(names_of(self._store, self._called(name))).find(name, prefix, _OWN)

    def _find_any(self, name: str, prefix: str) -> list[str]:
        return self._known(_kind(prefix)).find(name, prefix)

    def _known(self, kind: str | None) -> _Called:
        """Return the names of a kind, or of all where nothing says what is of it."""
        if kind is None or self._of_kind is None or "_every" in self.__dict__:
            return self._every
        if kind not in self._kinds:
            self._kinds[kind] = _Called(names_of(self._store, self._of_kind(kind)))
        return self._kinds[kind]

    def _not_found(self, text: str, kind: str | None, scheme: str | None) -> str:
        what = f"{scheme} value" if scheme else _WORDS.get(kind or "individual", kind or "individual")
        keys = self.names(kind, scheme) if kind else []
        hint = self._elsewhere(text) or self._holding(text, kind, scheme) or self._nearest(text, kind, scheme)
        if kind and 0 < len(keys) <= _FEW:
            return f"found no {what} '{text}'; accepted: {', '.join(keys)}{hint}"
        accepted = "its key, label, synonym, outside identifier, CURIE or IRI"
        return f"found no {what} '{text}'; accepted: {accepted}{hint}"

    def _elsewhere(self, text: str) -> str:
        """Return what of another kind has the name."""
        if self._called and self._of_kind:
            near = _Called(
                names_of(self._store, {iri for name in _readings(text, None, None) for iri in self._called(name)})
            )
        else:
            near = self._every
        found = [iri for name in _readings(text, None, None) for iri in near.find(name, BASE)]
        return f"; it is the name of {compress(found[0])}" if found else ""

    def _holding(self, text: str, kind: str | None, scheme: str | None) -> str:
        """Name the few individuals one of whose names has `text` at the beginning of a word."""
        wanted = re.compile(rf"\b{re.escape(folded(text))}")
        prefix = _prefix(kind, scheme)
        found = {
            iri.removeprefix(prefix)
            for name, ranks in self._known(kind).index.items()
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
        index = self._known(kind).index
        names = [name for name, ranks in index.items() if any(i.startswith(prefix) for s in ranks.values() for i in s)]
        return did_you_mean(folded(text), [*self.names(kind, scheme), *names] if kind else names)

    @cached_property
    def _every(self) -> _Called:
        return _Called(names_of(self._store))

    @cached_property
    def _labelled(self) -> dict[tuple[str, str], str]:
        labels = self._every.labels.items()
        return {(kind_of(iri), label): iri for iri, label in labels}


def _ambiguous(text: str, found: list[str]) -> str:
    shown = ", ".join(iri.removeprefix(BASE) for iri in found[:8])
    return f"'{text}' is the name of {len(found)} individuals; accepted: one of {shown}"


def _prefix(kind: str | None, scheme: str | None) -> str:
    """Return how the IRIs of a kind, and of a scheme of values, begin."""
    return BASE + (f"{kind}/" if kind else "") + (f"{scheme}." if scheme else "")


def _kind(iri: str) -> str | None:
    kind = kind_of(iri)
    return kind if kind in KINDS else None


def _readings(text: str, kind: str | None, scheme: str | None) -> Iterator[str]:
    """Yield what `text` may stand for, the most exact first."""
    bare = text[1:-1] if text.startswith("<") and text.endswith(">") else text
    yield bare
    if bare.partition(":")[0] in PREFIXES and ":" in bare and "//" not in bare:
        yield expand(bare)
    if scheme:
        yield f"{scheme}.{bare}"
    if kind == "pair" and "+" in bare:
        yield "_".join(sorted(part.strip() for part in bare.split("+")))
    if ":" in bare:
        prefix, _, rest = bare.partition(":")
        if prefix.lower() in ("nct", "pmid", "doi", "pubmed", "isrctn"):
            yield rest
