"""The answer of a search: hits with the matching text, and information about all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import Any, Self

from dualbio.model.namespaces import compress

__all__ = ["Found", "Hit", "Suggestion", "Suggestions"]


@dataclass(frozen=True)
class Hit:
    """One thing that was found.

    `found` is the text that has what was looked for, cut to its surroundings; `where` says what sort of text it is
    (`label`, `name`, `identifier`, `key`, `about`, `description`, `note`), and `marks` are the stretches of it that
    match, each as its beginning and its end.  `own` says that the thing is of a user's own evidence.
    """

    iri: str
    kind: str
    label: str
    found: str
    where: str
    marks: tuple[tuple[int, int], ...] = ()
    own: bool = False

    @property
    def curie(self) -> str:
        """The IRI as a CURIE."""
        return compress(self.iri)

    @property
    def pieces(self) -> list[tuple[str, bool]]:
        """The text that was found in pieces, each with whether it matches."""
        cuts = [0, *(cut for mark in self.marks for cut in mark), len(self.found)]
        parts = [(self.found[start:end], bool(number % 2)) for number, (start, end) in enumerate(pairwise(cuts))]
        return [(text, match) for text, match in parts if text]


@dataclass(frozen=True)
class Suggestion:
    """A thing that a text may be the beginning of, by the name that begins so."""

    text: str
    iri: str
    kind: str
    label: str


@dataclass(frozen=True)
class Suggestions:
    """What a text may be the beginning of, the likeliest first."""

    text: str
    things: tuple[Suggestion, ...] = ()

    def __iter__(self) -> Iterator[Suggestion]:
        """Yield the suggestions."""
        return iter(self.things)

    def to_dict(self) -> dict[str, Any]:
        """Return the suggestions as JSON has them."""
        return {"query": self.text, "suggestions": [asdict(thing) for thing in self.things]}

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote."""
        return cls(told["query"], tuple(Suggestion(**thing) for thing in told["suggestions"]))


@dataclass(frozen=True)
class Found:
    """A page of the answer of a search.

    Iteration yields the hits of the page. `total` counts all hits of the kind that was asked for; `kinds` counts the
    hits of each kind, whichever was asked for. `read_as` is the text that was searched instead where words are
    misspelt, and `did_you_mean` are texts to search instead. `every_word` is False where nothing has all the words,
    so that the hits have some.
    """

    text: str
    hits: tuple[Hit, ...] = ()
    total: int = 0
    kinds: Mapping[str, int] = field(default_factory=dict)
    kind: str | None = None
    limit: int = 20
    offset: int = 0
    read_as: str | None = None
    did_you_mean: tuple[str, ...] = ()
    every_word: bool = True

    def __iter__(self) -> Iterator[Hit]:
        """Yield the hits of the page."""
        return iter(self.hits)

    def __len__(self) -> int:
        """Return the number of hits of the page."""
        return len(self.hits)

    @property
    def next_offset(self) -> int | None:
        """The offset of the next page; None where this is the last."""
        after = self.offset + len(self.hits)
        return after if self.hits and after < self.total else None

    def to_dict(self) -> dict[str, Any]:
        """Return the answer as JSON has it."""
        hits = [{"curie": hit.curie, **asdict(hit), "marks": list(map(list, hit.marks))} for hit in self.hits]
        about = {name: getattr(self, name) for name in _TOLD}
        return {
            "query": self.text,
            **about,
            "did_you_mean": list(self.did_you_mean),
            "kinds": dict(self.kinds),
            "next_offset": self.next_offset,
            "hits": hits,
        }

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote."""
        hits = tuple(
            Hit(
                **{name: hit[name] for name in _HIT},
                marks=tuple((start, end) for start, end in hit["marks"]),
                own=hit.get("own", False),
            )
            for hit in told["hits"]
        )
        about = {name: told[name] for name in _TOLD}
        return cls(told["query"], hits, kinds=told["kinds"], did_you_mean=tuple(told["did_you_mean"]), **about)


_TOLD = ("total", "kind", "limit", "offset", "read_as", "every_word")
_HIT = ("iri", "kind", "label", "found", "where")
