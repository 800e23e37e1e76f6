"""People who were given the treatment of one arm and then that of another, as in "Placebo \u2192 Alphamab".

They are no new people: such a group is an arm of its own that is derived from the first, with the treatment of the
second.  Some signs say so of themselves, an arrow or "then"; a stroke or "to" does so only where the description tells
of a change, because "A/B" can be both together, and "placebo to A" a placebo that looks like A.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from dualbio.model.evidence import Arm

__all__ = ["DECIDED", "Switch", "later_arm", "switch_of"]

#: Stands between the first and the later arm in what a curator decides about a group.
DECIDED = re.compile(r"\s*>\s*")
_CERTAIN = re.compile(
    r"\s*(?:\u2192|->|=>|\u21d2)\s*"
    r"|,?\s+(?:and\s+)?(?:then|followed by|(?:re-?)?switched to|crossed over to|cross-?over to)\s+",
    re.IGNORECASE,
)
_POSSIBLE = re.compile(r"(?<=[a-z)])\s*/\s*(?=[a-z]{3})|\s+to\s+", re.IGNORECASE)
_CHANGED = re.compile(
    r"\bswitch(?:ed|es|ing)?\b|\bcross(?:ed|ing)?[\s-]?over\b|\broll(?:ed)?[\s-]?over\b|\bre-?randomi[sz]ed\b"
    r"|\b(?:then|subsequently|thereafter)\b|\b(?:after|from|starting at|beginning at) (?:week|month|day) \d+",
    re.IGNORECASE,
)
_PARTS = 2


class Switch(NamedTuple):
    """The names of a first and a later treatment, and whether it is certain that one followed the other."""

    before: str
    after: str
    certain: bool


def switch_of(title: str, description: str = "") -> Switch | None:
    """Return the two treatments that a group's title names, one after the other; None where it does not.

    >>> switch_of("Placebo -> Alphamab 10 mg")
    Switch(before='Placebo', after='Alphamab 10 mg', certain=True)
    >>> switch_of("Placebo to A", "Switched at week 16").certain, switch_of("A/Betamab").certain, switch_of("A")
    (True, False, None)
    """
    for pattern, certain in ((_CERTAIN, True), (_POSSIBLE, bool(_CHANGED.search(description)))):
        parts = [part.strip() for part in pattern.split(title)]
        if len(parts) == _PARTS and all(parts):
            return Switch(parts[0], parts[1], certain)
    return None


def later_arm(key: str, label: str, before: Arm, after: Arm) -> Arm:
    """Return the arm of the people of `before` while they are given the treatment of `after`."""
    sizes = {"n_randomised": None, "n_enrolled": None, "n_safety": None, "n_efficacy": None}
    own = {"id": key, "label": label, "stage": "extension", "derived_from": (before.id,), "subset_of": None}
    return after.model_copy(update=sizes | own)
