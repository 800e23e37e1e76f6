"""Pooled estimates cached between builds: one whose inputs are unchanged is not computed again.

Inputs are the question, what is held on it of each study, what its outcomes are called, the classes of the ontology
above an answer, and the code. What they come to is a digest, so that an answer that is kept is the answer that would be
made; nothing else names it. Each study has a digest of its own, so that after an edit those of the others are known.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from hashlib import sha256
from typing import Any, NamedTuple

import pyoxigraph as ox

from dualbio.model.syntheses import SynthesisQuestion
from dualbio.sources.folders import code_digest

__all__ = ["KeptAnswer", "KeptPools", "facts_digest", "inputs_digest"]


class KeptAnswer(NamedTuple):
    """An answer as N-Quads, and the digests of what is held on it of each study, by the IRI of the study."""

    quads: str
    studies: dict[str, str]


@dataclass
class KeptPools:
    """Answers by the digest of their inputs: `known` from before, `used` in this build; `digests` by question.

    In a build after an edit `digests` has those of the release before at first.
    """

    known: Mapping[str, KeptAnswer] = field(default_factory=dict)
    used: dict[str, KeptAnswer] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)

    def quads(
        self, question: str, digest: str, studies: dict[str, str], make: Callable[[], Iterable[ox.Quad]]
    ) -> Iterable[ox.Quad]:
        """Return the answer to a question, which is made unless it is known.

        Args:
            question: its name.
            digest: that of all its inputs.
            studies: those of what is held of each study.
            make: makes the answer.
        """
        self.digests[question] = digest
        if digest in self.known:
            self.used[digest] = self.known[digest]
            return list(ox.parse(self.used[digest].quads, format=ox.RdfFormat.N_QUADS))
        made = list(make())
        text = (ox.serialize(made, format=ox.RdfFormat.N_QUADS) or b"").decode()
        self.used[digest] = KeptAnswer(text, studies)
        return made

    def before(self, question: str) -> KeptAnswer | None:
        """Return the answer of the release before to a question; None where it is not kept."""
        return self.known.get(self.digests.get(question, ""))

    def keep(self, question: str) -> None:
        """Let the answer of the release before be the answer of this build."""
        digest = self.digests[question]
        self.used[digest] = self.known[digest]


def facts_digest(facts: object) -> str:
    """Return a digest of what is held, in dataclasses, whatever the order of sets in this process is."""
    return _digest(_json_facts(facts))


def inputs_digest(
    question: SynthesisQuestion,
    studies: Mapping[str, str],
    labels: Mapping[str, str],
    above: Mapping[str, Iterable[ox.NamedNode]],
) -> str:
    """Return a digest of all that an answer in the graph follows from.

    Args:
        question: what is asked.
        studies: digests of what is held on it of each study.
        labels: what its outcomes and events are called.
        above: the classes above those of an answer and its candidates, by name.
    """
    classes = {name: [node.value for node in nodes] for name, nodes in above.items()}
    return _digest([code_digest(), question.model_dump_json(), dict(studies), dict(labels), classes])


def _digest(told: object) -> str:
    return sha256(json.dumps(told, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _json_facts(value: Any) -> Any:
    """Return facts as data of JSON that has one order, whatever that of the process is."""
    if value is None or isinstance(value, (str, int, float)):  # most are
        return value
    if is_dataclass(value):
        return [_json_facts(getattr(value, each.name)) for each in fields(value)]
    if isinstance(value, Mapping):
        return sorted(([_json_facts(key), _json_facts(each)] for key, each in value.items()), key=json.dumps)
    if isinstance(value, frozenset):
        return sorted(map(_json_facts, value), key=json.dumps)
    return [_json_facts(each) for each in value] if isinstance(value, tuple) else value
