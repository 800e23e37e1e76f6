"""Who may be counted twice: arms of one study that hold some of the same people."""

from __future__ import annotations

from collections.abc import Mapping

from dualbio.synthesis.pooling.facts import ArmFact

__all__ = ["PART_OF_UNION", "arms_share"]

#: How an arm is in another as one of the parts that it is made of; such parts have no one in common.
PART_OF_UNION = "union"


def arms_share(one: ArmFact, other: ArmFact, arms: Mapping[str, ArmFact]) -> bool:
    """Return whether two arms of one study hold, or may hold, some of the same people.

    They do when one holds people of the other, and they may when both hold people of a third: two subsets of it, an
    arm and a later stage of it.  The parts of a union alone are known to be different people.
    """
    if one.iri == other.iri:
        return True
    first, second = _entries(one, arms), _entries(other, arms)
    return any(not first[iri] == second[iri] == {PART_OF_UNION} for iri in first.keys() & second.keys())


def _entries(arm: ArmFact, arms: Mapping[str, ArmFact]) -> dict[str, set[str]]:
    """Return each arm that holds people of `arm`, itself too, with the relations by which they are in it."""
    found: dict[str, set[str]] = {arm.iri: {"itself"}}
    waiting = [arm.iri]
    while waiting:
        near = arms.get(waiting.pop())
        for other, how in near.kin if near else ():
            if other not in found:
                waiting.append(other)
            found.setdefault(other, set()).add(how)
    return found
