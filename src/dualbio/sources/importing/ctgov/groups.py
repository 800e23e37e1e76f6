"""Matches the groups of a results section to the arms of the protocol.

Each module of a record has groups of its own, with ids that are good in that module only.  A group is an arm when
title, description or agents say so of exactly one arm; a name of an analysis population in the title is not part of
the arm's name.  A group that an arm's name and a further word tell is a part of that arm, or follows from it, and so
does one that was given the treatment of one arm and then that of another.  All other groups are no arm: their rows are
listed, and no new people are made out of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cache, lru_cache
from typing import NamedTuple

from dualbio.errors import counted
from dualbio.model.evidence import Arm
from dualbio.sources.importing.ctgov import Json
from dualbio.sources.importing.ctgov.arms import free_key
from dualbio.sources.importing.ctgov.switches import DECIDED, later_arm, switch_of
from dualbio.sources.importing.ctgov.values import slug_of, tidy
from dualbio.sources.importing.ledger import LEAVE, Answers, ImportFailedError
from dualbio.sources.importing.vocabulary import Vocabulary, folded

__all__ = ["Group", "Groups", "analysis_population", "described_population"]

_TWO = 2
#: People who were given the treatment of another arm are counted there, so a few more than were allocated can be right.
_AS_TREATED = Decimal("1.1")
#: Names of analysis populations, the longer before the shorter; those that no value of ours means are "not-stated".
_POPULATIONS = (
    ("not-stated", r"(?:(?:efficacy|response|safety|pk|pharmacokinetic)[\s-]+)?evaluable|as[\s-]+treated|\bitt-?e"),
    ("not-stated", r"(?:pk|pharmacokinetics?|immunogenicity|biomarker)(?=[\s-]+(?:analysis|population|set))"),
    (
        "mITT",
        r"modified[\s-]+full[\s-]+analysis[\s-]+set|modified[\s-]+(?:intent(?:ion)?[\s-]+to[\s-]+treat|itt)|\bm-?itt",
    ),
    ("ITT", r"intent(?:ion)?[\s-]+to[\s-]+treat|\bitt|full[\s-]+analysis[\s-]+set|\bfas|all[\s-]+randomi[sz]ed"),
    ("safety", r"safety(?:[\s-]+analysis)?|\bsaf|\bss"),
    ("per-protocol", r"per[\s-]+protocol|\bpp|\bpps"),
    ("completers", r"completers?"),
)
_SET_WORD = r"(?:analysis|population|set|sample|group|participants|subjects|patients)"
_SHORT = r"(?:\s*\([A-Za-z-]+\))?"
_SET_WORDS = rf"{_SHORT}(?:\s+{_SET_WORD})*{_SHORT}"
#: Names that mean a population without a sign that sets them apart from the arm's.
_PLAIN = rf"(?:m-?itt|itt|modified itt|completers?|[a-z -]+?{_SHORT}\s+{_SET_WORD})"
_LATER = re.compile(
    r"\b(?:ole|lte|extension|open|long[\s-]term|continued|roll-?over|switch(?:ed)?|cross-?over)\b", re.IGNORECASE
)
#: One treatment after another, which is no treatment with both; the stroke of "mg/kg" is none.
_THEN = re.compile(
    r"\s*(?:\u2192|->|=>)\s*|(?<=[a-z]{3})\s*/\s*(?=[a-z]{3})|\s+(?:then|followed by|to)\s+", re.IGNORECASE
)
#: The first period of a study before or behind the name of an arm: its people are those of the arm.
_FIRST_PERIOD = re.compile(
    r"^(?:{0})\s*(?:[:,]|\s[-\u2013])\s*|\s*[(\[](?:{0})[)\]]$|\s*(?:[:,]|\s[-\u2013])\s*(?:{0})$".format(
        r"(?:(?:double[\s-]blind|blinded|placebo[\s-]controlled|randomi[sz]ed|induction|core|main|initial)[\s-]*)+"
        r"(?:(?:treatment|study|part|period|phase)[\s-]*)*"
    ),
    re.IGNORECASE,
)
#: Titles of all groups of a table together.
_TOGETHER = re.compile(
    r"(?:total|overall|all)(?:\s+(?:participants|subjects|patients|groups|arms|treated))*", re.IGNORECASE
)
#: Treatment that people had anyway, with the word that joins it.
_USUAL = re.compile(
    r"(?:(?:\+|\bplus|\band|\bwith|\bon|\bin addition to)\s*)?"
    r"\b(?:standard[\s-]+(?:of[\s-]+care|therapy|treatment|background)|background(?=\s+(?:therapy|treatment|medication))"
    r"|usual care|best supportive care|soc)\b(?:\s+(?:therapy|treatment|medications?))*(?:\s*\((?:soc|st|sc)\))?",
    re.IGNORECASE,
)
#: Words in a group's title that say how a drug was given, not to whom.
_MANNER = re.compile(
    r"\d+(?:\.\d+)?|mg|kg|g|mcg|ml|m2|(?:milli|kilo|micro)grams?|monotherapy|alone|only|blinded|iv|sc|im|po|oral(?:ly)?|subcutaneous(?:ly)?|intravenous(?:ly)?|q\d+w|qw|qd|bid|eow|every"
    r"|other|weeks?|weekly|months?|monthly|daily|days?|once|twice|dose|doses?|group|arm|treatment|treated|therapy|infusions?|"
    r"injections?|tablets?|capsules?|double|blind|randomi[sz]ed|cohort|per|and|plus|with|in|of|the|matching|for|on"
)


class Group(NamedTuple):
    """A group of one module: the arm that it is, or None with the reason; `population` when its title names one.

    `left` are people who are left out: by decision, or because they are all people of a table together.
    """

    title: str
    arm: str | None
    population: str | None = None
    reason: str | None = None
    nearest: tuple[str, ...] = ()
    left: bool = False

    @property
    def kept_of_title(self) -> str | None:
        """What a row keeps of the title: a population without a value of ours, or a period."""
        return f"people of '{self.title}'" if self.population == "not-stated" or _names_period(self.title) else None


class _Known(NamedTuple):
    """What an arm is known by."""

    arm: Arm
    description: str
    words: frozenset[str]
    agents: frozenset[str]
    background: frozenset[str]


class Groups:
    """Matches groups to the arms of one study; `parts` are the arms that were made for parts of them."""

    def __init__(
        self,
        arms: Sequence[Arm],
        descriptions: Sequence[str],
        vocabulary: Vocabulary,
        answers: Answers | None = None,
        began: Iterable[str] | None = None,
    ) -> None:
        """Know each arm by label, description and agents, and what a curator said of groups.

        Args:
            arms: the arms of the protocol.
            descriptions: what the protocol says of each.
            vocabulary: the names of drugs.
            answers: what a curator decided for this study.
            began: titles of the groups that people were allocated to; a group among them is never one that people
                went on to.  Where they are not known, no group is.
        """
        self._began = None if began is None else frozenset(map(_exact, began))
        self._vocabulary = vocabulary
        self._answers: Answers = answers or {}
        self._arms = [
            _Known(arm, folded(description), self._words(arm.label), *_agents_of(arm))
            for arm, description in zip(arms, descriptions, strict=True)
        ]
        self._keys: dict[str, Arm] = {arm.id: arm for arm in arms}
        self._parts: dict[str, Arm] = {}
        self._found: dict[tuple[str, str, int | None], Group] = {}

    @property
    def parts(self) -> tuple[Arm, ...]:
        """Return the arms that stand for parts of the protocol's arms."""
        return tuple(self._parts.values())

    def find_all(self, groups: Sequence[Json], people: Mapping[str, int]) -> dict[str, Group]:
        """Return what the groups of one module are, by their ids.

        Groups of one module are different people: where two of them would be one arm, neither is taken for it.
        """
        found = {
            str(group.get("id")): self.find(
                tidy(group.get("title")), tidy(group.get("description")), people.get(str(group.get("id")))
            )
            for group in groups
        }
        if len(found) == 1 == len(self._arms):
            key, group = next(iter(found.items()))
            arm = self._arms[0].arm
            if group.arm is None and people.get(key) == (arm.n_randomised or arm.n_enrolled) is not None:
                found[key] = group._replace(arm=arm.id, reason=None)
        taken = [(group.arm, group.population) for group in found.values()]
        for key, group in found.items():
            if group.arm is not None and taken.count((group.arm, group.population)) > 1:
                reason = f"several groups of one table look like the arm '{group.arm}'"
                found[key] = group._replace(arm=None, reason=reason, nearest=(group.arm,))
        return {key: self._decided(group, people, key) for key, group in found.items()}

    def _decided(self, group: Group, people: Mapping[str, int], key: str) -> Group:
        """Return a group that is no arm as a curator decided about it; all people together are left out."""
        answer = None if group.arm else self._answers.get(("group", group.title))
        if answer is None:
            others = sum(size for other, size in people.items() if other != key)
            together = group.arm is None and _TOGETHER.fullmatch(group.title) and people.get(key) == others > 0
            return group._replace(left=True) if together else group
        if answer == LEAVE:
            return group._replace(left=True, reason="left out by decision")
        sides = [self._keys.get(side) for side in DECIDED.split(answer)]
        if len(sides) == _TWO and sides[0] and sides[1]:
            name = analysis_population(group.title)[0]
            return group._replace(arm=self._derived(name, sides[0], sides[1]), reason=None)
        if answer not in self._keys:
            accepted = ", ".join((*self._keys, LEAVE))
            told = f"accepted: {accepted}, or two arms of which one followed the other, as 'a > b'"
            raise ImportFailedError(f"group '{group.title}' is decided to be '{answer}'; {told}")
        return group._replace(arm=answer, reason=None)

    def find(self, title: str, description: str = "", people: int | None = None) -> Group:
        """Return what a group is.

        Args:
            title: the group's title, which may name an analysis population as well.
            description: the group's description.
            people: how many were analysed; more than the arm has cannot be that arm by likeness alone.
        """
        key = (title, description, people)
        if key not in self._found:
            self._found[key] = self._find(tidy(title), description, people)
        return self._found[key]

    def _find(self, title: str, description: str, people: int | None) -> Group:
        name, population = analysis_population(title)
        name = tidy(_FIRST_PERIOD.sub(" ", name)) or name
        for form in (_exact, _unnumbered):
            named = [known for known in self._arms if form(known.arm.label) in (form(title), form(name))]
            if len(named) == 1:
                return self._sized(title, population, named[0], people, of=_AS_TREATED)
            if named:
                return self._described(title, population, description, named)
        alike = self._alike(name)
        if len(alike) == 1:
            return self._sized(title, population, alike[0], people)
        later = self._later(title, description, people)
        if later is not None:
            return later
        whole = self._arm_beginning(name)
        if whole is None:
            nearest = tuple(known.arm.id for known in alike)
            return Group(title, None, population, "no arm of the protocol has this name or these agents", nearest)
        return self._subgroup_of(title, name, population, whole, people)

    def _described(self, title: str, population: str | None, description: str, named: list[_Known]) -> Group:
        """Return the one of several arms of one name that has the group's description."""
        same = [known for known in named if description and known.description == folded(description)]
        if len(same) == 1:
            return Group(title, same[0].arm.id, population)
        nearest = tuple(known.arm.id for known in named)
        return Group(title, None, population, f"{counted(len(named), 'arm')} of the protocol have this name", nearest)

    def _alike(self, name: str) -> list[_Known]:
        """Return the arms whose words or agents are those of a name, whatever is said of the manner of giving."""
        words, agents = self._words(name), self._agents(name)
        same = [known for known in self._arms if known.words == words]
        if len(same) == 1 or not agents:
            return same
        imitated = frozenset(key.replace("-", "_") for key in self._imitated(name))
        like = [known for known in self._arms if known.agents == agents - known.background]
        like = like or [known for known in self._arms if known.agents - {"placebo"} == agents - known.background]
        return [
            known
            for known in like
            if all(_MANNER.fullmatch(word) for word in words - known.words - agents - imitated)
            and not (_numbers(words) and _numbers(known.words) and not _numbers(words) <= _numbers(known.words))
        ]

    def _arm_beginning(self, name: str) -> _Known | None:
        """Return the one arm whose own name is the beginning of a longer one."""
        words = self._words(name)
        if _THEN.search(name):
            return None
        parents = [known for known in self._arms if known.words and known.words < words]
        longest = [each for each in parents if not any(each.words < other.words for other in parents)]
        if len(longest) != 1 or not self._agents(name) <= longest[0].agents | longest[0].background | self._agents(
            longest[0].arm.label
        ):
            return None
        return longest[0]

    def _sized(
        self, title: str, population: str | None, known: _Known, people: int | None, of: Decimal = Decimal(1)
    ) -> Group:
        """Return the arm, unless more people were analysed than `of` its size."""
        size = known.arm.n_randomised or known.arm.n_enrolled
        if people is not None and size is not None and people > size * of:
            reason = f"{people} people are more than the {size} of the arm '{known.arm.label}'"
            return Group(title, None, population, reason, (known.arm.id,))
        return Group(title, known.arm.id, population)

    def _subgroup_of(self, title: str, name: str, population: str | None, whole: _Known, people: int | None) -> Group:
        key = _exact(name)
        if key not in self._parts:
            sized = self._sized(title, population, whole, people)
            if sized.arm is None:
                return sized
            later = _LATER.search(name) and not _LATER.search(whole.arm.label)
            if later and whole.arm.role == "placebo":
                reason = f"what the people of the arm '{whole.arm.label}' were given later is not said"
                return Group(title, None, population, reason, (whole.arm.id,))
            link = {"derived_from": (whole.arm.id,)} if later else {"subset_of": whole.arm.id}
            fresh = {"id": free_key(slug_of(name), self._keys), "label": name, "n_randomised": None, "n_enrolled": None}
            self._parts[key] = whole.arm.model_copy(update=fresh | link)
            self._keys[self._parts[key].id] = self._parts[key]
        return Group(title, self._parts[key].id, population)

    def _named_arm(self, name: str) -> _Known | None:
        """Return the one arm that a part of a title names."""
        for form in (_exact, _unnumbered):
            named = [known for known in self._arms if form(known.arm.label) == form(name)]
            if len(named) == 1:
                return named[0]
        alike = self._alike(name)
        return alike[0] if len(alike) == 1 else None

    def _later(self, title: str, description: str, people: int | None) -> Group | None:
        """Return the people of one arm who went on to the treatment of another, if a title names two arms so.

        They are no arm where that is not certain, or they were allocated to both at the start.
        """
        name, population = analysis_population(title)
        switch = switch_of(name, description)
        before, after = [self._named_arm(side) for side in switch[:2]] if switch else (None, None)
        if not (switch and before and after):
            return None
        answer = f"{before.arm.id} > {after.arm.id}"
        if not switch.certain or self._began is None or _exact(name) in self._began:
            reason = f"people of '{before.arm.label}' who went on to '{after.arm.label}', or is it both from the start?"
            return Group(title, None, population, reason, (answer, before.arm.id))
        sized = self._sized(title, population, before, people)
        return sized if sized.arm is None else Group(title, self._derived(name, before.arm, after.arm), population)

    def _derived(self, name: str, before: Arm, after: Arm) -> str:
        """Return the key of the arm of those people, which is made once."""
        key = _exact(name)
        if key not in self._parts:
            self._parts[key] = later_arm(free_key(slug_of(name), self._keys), name, before, after)
            self._keys[self._parts[key].id] = self._parts[key]
        return self._parts[key].id

    def _words(self, text: str) -> frozenset[str]:
        """Return the words of a title, with one word for each drug whatever its name there.

        That people went on with their usual treatment says nothing of who they are, unless nothing else is said.
        """
        bare = _USUAL.sub(" ", text)
        text = bare if re.search(r"\w", bare) else text
        signed = re.sub(
            r"\(\s*\+\s*\)|(?<=\w)\+(?=\s|$)", " positive ", re.sub(r"\(\s*[-\u2212]\s*\)", " negative ", text)
        )
        words = folded(_THEN.sub(" then ", signed))
        for key in self._vocabulary.drugs_named(words):
            for drug_name in self._vocabulary.names_of("drug", key):
                words = re.sub(rf"\b{re.escape(drug_name)}\b", key.replace("-", "_"), words)
        return frozenset(words.split())

    def _agents(self, text: str) -> frozenset[str]:
        """Return the drugs that a title names as given, and "placebo" where there is one."""
        given = self._vocabulary.drugs_named(text) - self._imitated(text)
        placebo = frozenset({"placebo"}) if "placebo" in text.lower() else frozenset()
        return frozenset(key.replace("-", "_") for key in given) | placebo

    def _imitated(self, text: str) -> frozenset[str]:
        """Return the drugs that a title names as what a placebo looks like, as in "rituximab-placebo"."""
        found = set()
        for key in self._vocabulary.drugs_named(text):
            names = "|".join(
                re.escape(name).replace("\\ ", "[\\s-]+") for name in self._vocabulary.names_of("drug", key)
            )
            link = r"(?:(?:to|for|of|matching|matched)\s+)*"
            if re.search(
                rf"\b(?:{names})[\s-]+(?:matching\s+)?placebo|\bplacebo[\s-]+{link}(?:{names})\b", text.lower()
            ):
                found.add(key)
        return frozenset(found)


@lru_cache(maxsize=4096)
def analysis_population(text: str) -> tuple[str, str | None]:
    """Return a title without the name of an analysis population, and that population.

    >>> analysis_population("Placebo (FAS)"), analysis_population("Safety Set: Drug A")
    (('Placebo', 'ITT'), ('Drug A', 'safety'))
    >>> analysis_population("Placebo Completers"), analysis_population("Placebo, evaluable")
    (('Placebo', 'completers'), ('Placebo', 'not-stated'))
    """
    whole = tidy(text)
    for population, apart, beside in _patterns():
        rest = tidy(apart.sub(" ", whole))
        if rest and rest != whole:
            return rest, population
        found = beside.fullmatch(whole)
        if found and re.fullmatch(_PLAIN, found["first"] or found["last"], re.IGNORECASE):
            return tidy(found["after"] or found["before"]), population
    return whole, None


@lru_cache(maxsize=4096)
def _names_period(title: str) -> bool:
    return _FIRST_PERIOD.search(analysis_population(title)[0]) is not None


@lru_cache(maxsize=4096)
def described_population(text: str) -> str | None:
    """Return the analysis population that a description begins with.

    >>> described_population("The ITT population included all"), described_population("All who were treated")
    ('ITT', None)
    """
    for population, pattern in _POPULATIONS:
        names = rf"(?:the )?(?:{pattern})\b{_SET_WORDS}"
        if re.match(
            rf"{names}\s*(?:$|[.:,;(]|(?:was|is|were|included|includes|consist|compris|defined|all)\w*\b)",
            text,
            re.IGNORECASE,
        ):
            return population
    return None


@cache
def _patterns() -> list[tuple[str, re.Pattern[str], re.Pattern[str]]]:
    """Return for each population how it stands apart from the name of an arm, and how beside it."""
    patterns = []
    for population, pattern in _POPULATIONS:
        names = rf"(?:{pattern})\b{_SET_WORDS}"
        apart = (
            rf"^(?:{names})\s*[:,_-]\s*|\s*[(\[](?:{names})(?:\s*\([A-Za-z]+\))?[)\]]"
            rf"|\s*(?:[,:_]|\s[-\u2013])\s*(?:{names})$|\s*-\s*(?:{names})$"
        )
        beside = rf"(?P<first>{names})\s+(?P<after>.+)|(?P<before>.+?)\s+(?P<last>{names})"
        patterns.append((population, re.compile(apart, re.IGNORECASE), re.compile(beside, re.IGNORECASE)))
    return patterns


@lru_cache(maxsize=4096)
def _exact(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip().casefold()


@lru_cache(maxsize=4096)
def _unnumbered(text: str) -> str:
    """Return a name without a number before it, as in "Group I: Placebo"."""
    return _exact(
        re.sub(
            r"^\s*(?:group|arm|treatment|experimental)?\s*(?:[a-h]|[ivx]+|\d+)?\s*[:.)]\s*(?=\S)",
            "",
            text,
            flags=re.IGNORECASE,
        )
    )


def _numbers(words: frozenset[str]) -> frozenset[str]:
    return frozenset(word for word in words if word[0].isdigit())


def _agents_of(arm: Arm) -> tuple[frozenset[str], frozenset[str]]:
    """Return the tested agents of an arm with "placebo" where there is one, and its background drugs."""
    drugs = {
        role: frozenset(str(step.drug).replace("-", "_") for step in arm.regimen if step.role == role and step.drug)
        for role in ("active", "background")
    }
    placebo = frozenset("placebo" for step in arm.regimen if step.role == "placebo")
    return drugs["active"] | placebo, drugs["background"]
