"""Matches names in a record to keys of the vocabularies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any
from unicodedata import combining, normalize

from rapidfuzz.fuzz import ratio
from rapidfuzz.process import extract

from dualbio.model.entities import Disease, Entities, Entity, Unit
from dualbio.sources.importing.ledger import LEAVE
from dualbio.sources.importing.titles import Titles, read_titles

__all__ = ["Vocabulary", "bare_names", "folded"]

_BRACKETS = re.compile(r"[(\[][^()\[\]]*[)\]]")
_DOSE = re.compile(
    r"\b\d+(?:\.\d+)?\s*(?:mg|g|mcg|ug|\u00b5g|ml|iu)(?:/(?:kg|m2|ml|day|d|week))?\b|\b(?:iv|sc|im|po|oral(?:ly)?|subcutaneous(?:ly)?|"
    r"intravenous(?:ly)?|infusions?|injections?|tablets?|capsules?|solution|pen|syringe|prefilled|q\d+w|qw|qd|bid|eow|weekly"
    r"|monthly|daily|biweekly|citrate|sodium|hydrochloride|hcl|sulf?ph?ate|phosphate|maleate|mesylate|tartrate)\b"
    r"|[\u2122\u00ae]|(?<=[a-z]{6})-[a-z]{4}\b",  # such an ending names the maker of a biosimilar (rituximab-abbs)
    re.IGNORECASE,
)
#: A name with its short form, as in "Rheumatoid Arthritis (RA)".
_SHORT_FORM = re.compile(r"([^()]+)\(((?=[a-z-]*[A-Z])[A-Za-z][A-Za-z-]{1,7})\)")
#: How much of two names is alike, in percent, where one may be meant for the other.
_ALIKE = 60


class Vocabulary:
    """Finds the key of a name, where exactly one row of a table has that name."""

    def __init__(
        self,
        entities: Entities,
        mapped: Mapping[str, Iterable[str]] | None = None,
        decided: Mapping[tuple[str, str], str] | None = None,
    ) -> None:
        """Index labels, synonyms, abbreviations and keys of all tables.

        Args:
            entities: the tables, by kind and key.
            mapped: labels and CURIEs of outside terms that mean exactly the same as an entity, by its CURIE (`drug:x`).
            decided: which key a curator says that a name means, or `leave`, by kind and name.
        """
        self.entities = entities
        self._names = {kind: self._index(rows) for kind, rows in entities.items()}
        self._left: set[tuple[str, str]] = set()
        self._codes: dict[tuple[str, str], str] = {}
        for curie, names in (mapped or {}).items():
            kind, _, key = curie.partition(":")
            for name in names if key in entities.get(kind, ()) else ():
                if name.startswith("MESH:"):
                    self._codes[kind, _code(name.removeprefix("MESH:"))] = key
                else:
                    self._names[kind].setdefault(folded(name), set()).add(key)
        for (kind, name), key in (decided or {}).items():
            if key == LEAVE:
                self._left.add((kind, folded(name)))
            else:
                self._names[kind][folded(name)] = {key}
        self._turned = {kind: _turned(names) for kind, names in self._names.items()}
        self._longest_drug = max((len(name.split()) for name in self._names["drug"]), default=1)
        self._nearest = lru_cache(maxsize=4096)(self._search)
        self.names_of = lru_cache(maxsize=4096)(self._names_of)
        self.drugs_named = lru_cache(maxsize=4096)(self._drugs_named)
        self.drug_in = lru_cache(maxsize=4096)(self._drug_in)
        self.find = lru_cache(maxsize=16384)(self._find)
        units = (row.symbol for row in entities.get("unit", {}).values() if isinstance(row, Unit))
        self._units = {symbol.casefold(): symbol for symbol in units}
        self.titles: Titles = read_titles(self.has)

    def has(self, kind: str, key: str) -> bool:
        """Return whether the table of a kind has a key."""
        return key in self.entities.get(kind, ())

    def unit(self, text: str) -> str | None:
        """Return a unit in the one spelling of our table."""
        return self._units.get(text.casefold())

    def _drug_in(self, text: str) -> str | None:
        """Return the one drug that a name with dose, route, form or a second name in brackets means."""
        found = {key for name in bare_names(text) if (key := self.find("drug", name))}
        return found.pop() if len(found) == 1 else None

    def disease_in(self, text: str) -> str | None:
        """Return the disease that a name means, also with its own short form in brackets; they say nothing else."""
        found = _SHORT_FORM.fullmatch(text.strip())
        if found and _shortens(found[2], found[1]):
            return self.find("disease", text) or self.find("disease", found[1])
        return self.find("disease", text)

    def left(self, kind: str, name: str) -> bool:
        """Return whether a curator said that a name is to be left out."""
        return (kind, folded(name)) in self._left

    def indexed(self, kind: str, browse: Mapping[str, Any]) -> dict[str, str]:
        """Return the keys of texts that the registry itself indexed with a MeSH term of ours, by their folded words.

        Args:
            kind: `disease` or `drug`.
            browse: the module of the record with its MeSH terms, and the texts that they were found as.
        """
        keys = {
            folded(str(mesh.get("term"))): key
            for mesh in browse.get("meshes", ())
            if (key := self._codes.get((kind, _code(str(mesh.get("id"))))))
        }
        found = {
            folded(leaf["asFound"]): key
            for leaf in browse.get("browseLeaves", ())
            if leaf.get("asFound") and (key := keys.get(folded(str(leaf.get("name")))))
        }
        return keys | found

    def above(self, diseases: Iterable[str]) -> frozenset[str]:
        """Return diseases with all that are above them."""
        broader: set[str] = set()
        waiting = list(diseases)
        while waiting:
            row = self.entities["disease"].get(key := waiting.pop())
            if isinstance(row, Disease) and key not in broader:
                broader.add(key)
                waiting.extend(row.parents)
        return frozenset(broader)

    def _drugs_named(self, text: str) -> frozenset[str]:
        """Return the drugs whose name stands anywhere in a title."""
        words, longest = folded(text).split(), self._longest_drug
        spans = (
            " ".join(words[start : start + size])
            for start in range(len(words))
            for size in range(1, longest + 1)
            if start + size <= len(words)
        )
        names = self._names["drug"]
        return frozenset(next(iter(keys)) for span in spans if len(keys := names.get(span, ())) == 1)

    def _find(self, kind: str, name: str) -> str | None:
        """Return the one key whose label, synonym, abbreviation or key is `name`.

        Case, hyphens and the order of the words do not matter: indexes turn names around ("Arthritis, Rheumatoid"), and
        codes are written with and without blanks ("CNTO 148").
        """
        words = folded(name)
        keys = self._names[kind].get(words) or self._turned[kind].get(_turn(words)) or ()
        return next(iter(keys)) if len(keys) == 1 else None

    def _names_of(self, kind: str, key: str) -> tuple[str, ...]:
        """Return the folded names of a key, the longest first."""
        names = (name for name, keys in self._names[kind].items() if key in keys)
        return tuple(sorted(names, key=len, reverse=True))

    def nearest(self, kind: str, name: str) -> tuple[str, ...]:
        """Return up to three keys whose names look like `name`."""
        return self._nearest(kind, folded(name))

    def _search(self, kind: str, name: str) -> tuple[str, ...]:
        names = self._names[kind]
        found = extract(name, names.keys(), scorer=ratio, limit=3, score_cutoff=_ALIKE)
        return tuple(dict.fromkeys(key for near, _, _ in found for key in sorted(names[near])))

    @staticmethod
    def _index(rows: Mapping[str, Entity]) -> dict[str, set[str]]:
        index: dict[str, set[str]] = {}
        for key, row in rows.items():
            names = [key, row.label, row.label_zh, getattr(row, "abbreviation", None), *getattr(row, "synonyms", ())]
            for name in filter(None, names):
                index.setdefault(folded(name), set()).add(key)
        return index


@lru_cache(maxsize=16384)
def folded(name: str) -> str:
    """Return the words of a name in any script, in lower case, without the possessive and without accents."""
    plain = "".join(sign for sign in normalize("NFKD", name.lower()) if not combining(sign))
    words = re.sub(r"['\u2019]s?\b", "", plain)
    return " ".join(re.findall(r"[^\W_]+", words))


def _turned(names: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """Return the keys by the words of their names, whatever their order."""
    turned: dict[str, set[str]] = {}
    for name, keys in names.items():
        turned.setdefault(_turn(name), set()).update(keys)
    return turned


def _turn(words: str) -> str:
    """Return words in alphabetical order; of a code, which has digits, the signs without the blanks between them."""
    return words.replace(" ", "") if any(map(str.isdigit, words)) else " ".join(sorted(words.split()))


def bare_names(text: str) -> tuple[str, ...]:
    """Return a name as it is, without its brackets, what stands in them, and without dose, route and form."""
    outside, inside = _BRACKETS.sub(" ", text), _BRACKETS.findall(text)
    return (text, outside, *inside, _DOSE.sub(" ", outside))


def _shortens(short: str, name: str) -> bool:
    """Return whether the letters of a short form stand in a name in their order, the first at its beginning."""
    letters = iter(name.lower())
    return short[0].lower() == name[0].lower() and all(sign in letters for sign in short.lower() if sign != "-")


def _code(number: str) -> str:
    """Return a MeSH number without the zeros that the registry pads it with."""
    return number[:1] + number[1:].lstrip("0")
