"""The arms of a ClinicalTrials.gov protocol, and the agents of each: tested drugs, placebos, background treatment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from dualbio.model.combination import agent_kind, combination_types
from dualbio.model.evidence import Arm, RegimenStep
from dualbio.sources.importing.ctgov import Json
from dualbio.sources.importing.ctgov.values import slug_of, tidy
from dualbio.sources.importing.ledger import TO_DECIDE, Ledger
from dualbio.sources.importing.vocabulary import Vocabulary, bare_names, folded

__all__ = ["STRATEGIES", "free_key", "read_arms", "unnamed_step"]

#: How the agents of a combination may have been put together.
STRATEGIES = ("concurrent", "sequential", "add-on", "bispecific", "together-order-unknown")
_DRUG_TYPES = ("BIOLOGICAL", "DRUG", "COMBINATION_PRODUCT", "GENETIC")
#: Types of arm whose unnamed agents are no drugs, as saline in place of an infusion.
_COMPARATORS = ("PLACEBO_COMPARATOR", "SHAM_COMPARATOR")
#: Treatment that is told by its kind and not by its name.
_STANDARD = re.compile(
    r"\b(?:standard[\s-]+(?:(?:of[\s-]+)?care|therap|treatment|background)|background|usual care|best supportive|soc\b|"
    r"conventional (?:therap|treatment)|(?:cs|conventional )?dmards?\b|disease[\s-]modifying anti|nsaids?\b|"
    r"(?:cortico|gluco ?cortico)?steroids?\b|glucocorticoids?\b|immuno(?:suppress|modulat)\w*|anti-?malarials?\b)",
    re.IGNORECASE,
)
_PLACEBO = re.compile(r"\b(?:placebos?|sham|dummy)\b", re.IGNORECASE)
#: What stands between "placebo" and the drug that it looks like.
_LOOKS_LIKE = re.compile(
    r"\b(?:to|for|of|match(?:ing|ed)?|comparator|resembling|mimicking|equivalent)\b", re.IGNORECASE
)
_FILLERS = re.compile(
    r"\b(?:placebos?|sham|dummy|the|a|for|to|of|matching|matched|match|comparator|equivalent|background|stable|only|alone)\b",
    re.IGNORECASE,
)
_JOINED = re.compile(r"\s*\+\s*|\s+plus\s+|\s+(?:in combination |combined |together )?with\s+|\s+/\s+", re.IGNORECASE)
_AND = re.compile(r"\s+(?:and|&)\s+|\s*,\s+", re.IGNORECASE)


class _Agent(NamedTuple):
    """One agent of an arm: `drug` is None where no table has its name; `name` is the record's."""

    role: Literal["active", "placebo", "background"]
    name: str
    drug: str | None


#: The tested drugs that an arm lacks, and all of them: what a placebo of no name may look like.
_Imitated = tuple[set[str | None], set[str | None]]


def read_arms(
    protocol: Json, vocabulary: Vocabulary, ledger: Ledger, indexed: Mapping[str, str] | None = None
) -> tuple[Arm, ...]:
    """Return the arms of a protocol.

    A conventional drug that every arm has, and one that an arm's own label leaves out, is background treatment.  A
    placebo whose name does not say for what stands for the one tested drug that its arm does not have, if exactly one.

    Args:
        protocol: the module of arms and interventions.
        vocabulary: the names of drugs.
        ledger: takes what is to be decided.
        indexed: keys of drugs by the names that the registry indexed them under.
    """
    interventions = {tidy(item.get("name")): item for item in protocol.get("interventions", ())}
    groups = protocol.get("armGroups", ())
    labels = [tidy(group.get("label")) or "arm" for group in groups]
    agents = [_agents(group, interventions, vocabulary, indexed or {}) for group in groups]
    agents = _set_background(labels, agents, vocabulary)
    added = {agent.drug for arm in agents for agent in arm if agent.role == "background"}
    tested = {agent.drug for arm in agents for agent in arm if agent.role == "active"} - added
    arms: dict[str, Arm] = {}
    for label, arm in zip(labels, agents, strict=True):
        key = free_key(slug_of(label), arms)
        missing = tested - {agent.drug for agent in arm if agent.role == "active"}
        arms[key] = _arm(key, label, arm, (missing, tested), vocabulary, ledger)
    return tuple(arms.values())


def free_key(key: str, taken: Mapping[str, Any]) -> str:
    """Return `key`, or with the first number behind it that is not taken."""
    return next(name for n in range(1, 10_000) if (name := key if n == 1 else f"{key}-{n}") not in taken)


def _agents(
    group: Json, interventions: Mapping[str, Json], vocabulary: Vocabulary, indexed: Mapping[str, str]
) -> list[_Agent]:
    names = (tidy(full).partition(": ")[2] or tidy(full) for full in group.get("interventionNames", ()))
    items = [interventions.get(name) or {"name": name} for name in names]
    found = [agent for item in items for agent in _agents_of(item, vocabulary, indexed)]
    if group.get("type") in _COMPARATORS and not any(agent.role == "placebo" for agent in found):
        found = [
            agent._replace(role="placebo") if agent.drug is None and agent.role == "active" else agent
            for agent in found
        ]
    agents = {
        (agent.role, agent.drug, "" if agent.drug else agent.name): agent
        for agent in found
        if not vocabulary.left("drug", agent.name)
    }
    return list(agents.values())


def _agents_of(item: Json, vocabulary: Vocabulary, indexed: Mapping[str, str]) -> Iterator[_Agent]:
    """Yield the agents that one intervention names."""
    name = tidy(item.get("name")) or "?"
    if not _PLACEBO.search(name):
        if item.get("type", "DRUG") in _DRUG_TYPES or _STANDARD.search(name):
            others = [tidy(other) for other in item.get("otherNames", ())]
            yield from _read_drug(name, others, vocabulary, indexed)
        return
    if re.search(r"\bor\b", name, re.IGNORECASE):  # "belimumab or placebo" says what some of the people had
        yield _Agent("active", name, None)
        return
    joined = _JOINED.split(name)
    parts = joined if len(joined) > 1 or _LOOKS_LIKE.search(name) else _AND.split(name)
    for part in parts:
        words = tidy(re.sub(r"[(),;-]", " ", _FILLERS.sub(" ", part)))
        if not _PLACEBO.search(part):
            yield from _read_drug(part if _STANDARD.search(part) else words, [], vocabulary, indexed)
            continue
        drugs = [vocabulary.drug_in(drug) for drug in _AND.split(words)] if words else []
        for drug in [drug for drug in drugs if drug] or (None,):
            yield _Agent("placebo", name, drug)


def _read_drug(name: str, others: list[str], vocabulary: Vocabulary, indexed: Mapping[str, str]) -> Iterator[_Agent]:
    keys = {key for each in (name, *others) if (key := vocabulary.drug_in(each) or _indexed(each, indexed))}
    if len(keys) == 1:
        yield _Agent("active", name, keys.pop())
        return
    parts = [part for whole in _JOINED.split(name) for part in _AND.split(whole)]
    drugs = [vocabulary.drug_in(part) for part in parts]
    named = list(zip(parts, drugs, strict=True))
    if len(parts) > 1 and any(drugs) and all(drug or _STANDARD.search(part) for part, drug in named):
        yield from (_Agent("active" if drug else "background", part, drug) for part, drug in named)
    elif not keys and _STANDARD.search(name) and not vocabulary.drugs_named(name):
        yield _Agent("background", name, None)
    else:
        yield _Agent("active", name, None)


def _indexed(name: str, indexed: Mapping[str, str]) -> str | None:
    """Return the one drug that the registry indexed a name as, whatever its dose and form."""
    keys = {key for core in bare_names(name) if (key := indexed.get(folded(core)))}
    return keys.pop() if len(keys) == 1 else None


def _set_background(labels: list[str], arms: list[list[_Agent]], vocabulary: Vocabulary) -> list[list[_Agent]]:
    """Return the arms with background treatment told from what is tested."""
    given = [{agent.drug or agent.name.lower() for agent in arm if agent.role == "active"} for arm in arms]
    everywhere = set.intersection(*given) if given else set()

    def role(label: str, arm: list[_Agent], agent: _Agent) -> _Agent:
        if agent.role != "active" or not _is_conventional(agent.drug, vocabulary):
            return agent
        others = [other for other in arm if other is not agent]
        apart = agent.drug is None or any((other.drug or other.name.lower()) not in everywhere for other in others)
        shared = len(arms) > 1 and (agent.drug or agent.name.lower()) in everywhere and bool(others) and apart
        named = vocabulary.drugs_named(label)
        unnamed = bool(named) and agent.drug not in named and agent.name.lower() not in label.lower()
        tested = any(other.drug in named for other in others)
        return agent._replace(role="background") if shared or (unnamed and tested) else agent

    return [[role(label, arm, agent) for agent in arm] for label, arm in zip(labels, arms, strict=True)]


def _is_conventional(key: str | None, vocabulary: Vocabulary) -> bool:
    """Return whether a drug is a conventional one, or one that no table of tested drugs has."""
    return key is None or _is_old(RegimenStep(role="active", drug=key), vocabulary)


def _is_old(step: RegimenStep, vocabulary: Vocabulary) -> bool:
    """Return whether a step gives something conventional, or something that no table has."""
    return agent_kind(step, vocabulary.entities) in ("conventional", "unknown")


def _arm(
    key: str, label: str, agents: list[_Agent], imitated: _Imitated, vocabulary: Vocabulary, ledger: Ledger
) -> Arm:
    told = [agent.name for agent in agents if agent.role == "background" and agent.drug is None]
    steps = [_step(label, agent, imitated, vocabulary, ledger) for agent in agents if agent.name not in told]
    steps = steps or [unnamed_step(label, vocabulary, ledger)]
    active = [step for step in steps if step.role == "active"]
    placebo = any(step.role == "placebo" for step in steps)
    conventional = all(step.drug != TO_DECIDE and _is_old(step, vocabulary) for step in active)
    if len(active) > 1 and not conventional:
        role = "combination"
    else:
        unnamed = not agents or all(agent.role == "background" for agent in agents)
        conventional |= unnamed and _STANDARD.search(label) is not None and not vocabulary.drugs_named(label)
        role = "placebo" if not active and placebo else "conventional-therapy" if conventional else "monotherapy"
    fields: Json = {"id": key, "label": label, "role": role, "strategy": "not-applicable", "regimen": tuple(steps)}
    fields["background"] = ", ".join(told) or None
    if role == "combination":
        kinds = combination_types(active, vocabulary.entities)
        fields["combination_type"] = next(iter(kinds), "dual-targeted-unspecified")
        fields["strategy"] = ledger.answers.get(("strategy", label))
        if fields["strategy"] is None:
            fields["strategy"] = "together-order-unknown"
            ledger.ask("strategy", label, "begun together, one after the other, or added?", STRATEGIES)
    return Arm.model_validate(fields)


def unnamed_step(label: str, vocabulary: Vocabulary, ledger: Ledger) -> RegimenStep:
    """Return the step of an arm that has no drug in the record; a curator names a drug, or a class of drugs."""
    key = ledger.answers.get(("regimen", label))
    if key is None:
        ledger.ask("regimen", label, "the arm has no drug in the record", tuple(sorted(vocabulary.drugs_named(label))))
    if _PLACEBO.search(label):
        return _placebo_step(key or TO_DECIDE)
    if key in vocabulary.entities["drug-class"]:
        return RegimenStep(role="active", drug_class=key)
    return RegimenStep(role="active", drug=key or TO_DECIDE)


def _step(arm: str, agent: _Agent, imitated: _Imitated, vocabulary: Vocabulary, ledger: Ledger) -> RegimenStep:
    drug = agent.drug
    if agent.role == "placebo":
        missing, tested = imitated
        known = sorted(each for each in missing or tested if each)
        found = f"{agent.name} ({arm})"
        drug = drug or (known[0] if len(known) == 1 == len(missing) else ledger.answers.get(("placebo", found)))
        if drug is None:
            ledger.ask("placebo", found, "a placebo for which drug?", tuple(known))
        return _placebo_step(drug or TO_DECIDE)
    if drug is None and _PLACEBO.search(agent.name):
        ledger.ask("drug", agent.name, "it names a placebo too, and who had which is not reported")
    elif drug is None:
        ledger.ask("drug", agent.name, nearest=vocabulary.nearest("drug", agent.name))
    return RegimenStep(role=agent.role, drug=drug or TO_DECIDE)


def _placebo_step(drug: str) -> RegimenStep:
    return RegimenStep(role="placebo", placebo_for=(drug,))
