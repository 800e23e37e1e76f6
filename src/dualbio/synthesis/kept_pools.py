"""Answers that are kept from one build to the next: one whose inputs are the same is not computed again.

Inputs are the question, all facts on what it counts, the classes of the ontology above an answer, and the code. What
they come to is a digest, so that an answer that is kept is the answer that would be made; nothing else names it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from hashlib import sha256
from typing import Any

import pyoxigraph as ox

from dualbio.model.syntheses import SynthesisQuestion
from dualbio.sources.folders import code_digest

__all__ = ["KeptPools", "inputs_digest"]


@dataclass
class KeptPools:
    """Answers as N-Quads by the digest of their inputs: `known` from before, `used` in this build."""

    known: Mapping[str, str] = field(default_factory=dict)
    used: dict[str, str] = field(default_factory=dict)

    def quads(self, digest: str, make: Callable[[], Iterable[ox.Quad]]) -> Iterable[ox.Quad]:
        """Return the answer to inputs, which is made unless it is known."""
        if digest in self.known:
            self.used[digest] = self.known[digest]
            return list(ox.parse(self.used[digest], format=ox.RdfFormat.N_QUADS))
        made = list(make())
        self.used[digest] = (ox.serialize(made, format=ox.RdfFormat.N_QUADS) or b"").decode()
        return made


def inputs_digest(question: SynthesisQuestion, facts: object, above: Mapping[str, Iterable[ox.NamedNode]]) -> str:
    """Return a digest of all that an answer in the graph follows from.

    Args:
        question: what is asked.
        facts: what is held on it, in dataclasses.
        above: the classes above those of an answer and its candidates, by name.
    """
    classes = {name: [node.value for node in nodes] for name, nodes in above.items()}
    told = [code_digest(), question.model_dump_json(), _plain(facts), classes]
    return sha256(json.dumps(told, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _plain(value: Any) -> Any:
    """Return facts as data of JSON that has one order, whatever that of the process is."""
    if value is None or isinstance(value, (str, int, float)):  # most are
        return value
    if is_dataclass(value):
        return [_plain(getattr(value, each.name)) for each in fields(value)]
    if isinstance(value, Mapping):
        return sorted(([_plain(key), _plain(each)] for key, each in value.items()), key=json.dumps)
    if isinstance(value, frozenset):
        return sorted(map(_plain, value), key=json.dumps)
    return [_plain(each) for each in value] if isinstance(value, tuple) else value
