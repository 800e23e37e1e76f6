"""What tests of superiority came to, as sentences: outcome, both arms, effect with its certainty, and the source."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dualbio_server.entities.arm_names import arm_name
from dualbio_server.entities.evidence.asking import (
    WITHOUT_ESTIMATE,
    Link,
    Row,
    ask,
    effect_words,
    link,
    named,
    short_key,
)
from dualbio_server.entities.labels import number_words
from dualbio_server.http.language import say

__all__ = ["Verdict", "read_line", "verdicts_of"]

#: Roles of outcomes, those first by which a trial is judged.
_ROLES = ("primary", "secondary", "exploratory", "post-hoc")

_CONTRASTS = """
SELECT DISTINCT ?contrast ?study ?studyName ?verdict ?kind ?role ?outcome ?event ?reportedAs ?week ?arm ?armName ?other
  ?otherName ?number ?measure ?source ?sourceName ?locator ?level ?significant {
  %s
  ?contrast a dualbio:Contrast ; dualbio:ofStudy ?study ; dualbio:verdict ?verdict ; dualbio:outcomeKind ?kind ;
    dualbio:resultRole ?role ; dualbio:outcome ?outcome ; dualbio:reportedAs ?reportedAs ;
    dualbio:contrastArm ?arm ; dualbio:referenceArm ?other ; dualbio:principalMeasure ?row .
  ?study rdfs:label ?studyName .
  ?arm dualbio:shortLabel ?armName .
  ?other dualbio:shortLabel ?otherName .
  ?row dualbio:numberText ?number ; dualbio:effectMeasure ?measure ; dualbio:source ?source ; dualbio:locator ?locator ;
    dualbio:checkLevel ?level .
  ?source dualbio:shortLabel ?sourceName .
  OPTIONAL { ?contrast dualbio:principalMeasure ?measured
    OPTIONAL { ?measured dualbio:significant ?significant }
    OPTIONAL { ?contrast dualbio:adverseEvent ?event } OPTIONAL { ?contrast dualbio:week ?week } }
} ORDER BY ?study ?contrast
"""
_NUMBERS = """
SELECT DISTINCT ?contrast ?side ?number {
  %s
  ?contrast a dualbio:Contrast ; dualbio:verdict ?verdict ; dualbio:outcome ?outcome ; dualbio:reportedAs ?reportedAs .
  { ?contrast dualbio:contrastArm ?group BIND ("arm" AS ?side) }
  UNION { ?contrast dualbio:referenceArm ?group BIND ("other" AS ?side) }
  ?row dualbio:arm ?group ; dualbio:outcome ?outcome ; dualbio:reportedAs ?reportedAs ; a dualbio:StandingRow ;
    dualbio:numberText ?number .
  OPTIONAL { ?contrast dualbio:week ?week } OPTIONAL { ?row dualbio:week ?rowWeek }
  FILTER (COALESCE(?week, -1) = COALESCE(?rowWeek, -1))
  FILTER NOT EXISTS { ?row dualbio:subgroupText ?subgroup }
} ORDER BY ?contrast ?side ?number
"""


@dataclass(frozen=True)
class Verdict:
    """What a test of superiority came to.

    `state` is the key of the verdict and `words` what it is called; `about` says what kind of outcome it was, for a
    blood test is no patient who feels better. `numbers` are those of both arms as printed, where the report has them;
    `estimated` is whether there is an effect that can be drawn.
    """

    state: str
    words: str
    study: Link
    outcome: Link
    reported_as: str
    week: str | None
    role: str
    kind: str
    about: str
    arms: tuple[str, str]
    numbers: tuple[str, str]
    effect: Link
    estimated: bool
    read: Link
    level: str
    place: int


def verdicts_of(pattern: str) -> list[Verdict]:
    """Return the verdicts of the contrasts that a pattern on `?contrast`, `?study`, `?arm` picks out, primary first."""
    numbers: dict[tuple[str, str], str] = {}
    for row in ask(_NUMBERS % pattern):
        numbers.setdefault((row["contrast"], row["side"]), number_words(row["number"]))
    found = [_verdict(row, numbers) for row in ask(_CONTRASTS % pattern)]
    return sorted(found, key=lambda each: (each.place, each.study[0].lower(), float(each.week or "inf")))


def _verdict(row: Row, numbers: dict[tuple[str, str], str]) -> Verdict:
    role, contrast = short_key(row["role"]), row["contrast"]
    return Verdict(
        state=short_key(row["verdict"]),
        words=named(row["verdict"]),
        study=link(row["study"], row["studyName"]),
        outcome=link(row.get("event") or row["outcome"]),
        reported_as=row["reportedAs"],
        week=row.get("week"),
        role=named(row["role"]),
        kind=short_key(row["kind"]),
        about=named(row["kind"]),
        arms=(arm_name(row["armName"]), arm_name(row["otherName"])),
        numbers=(numbers.get((contrast, "arm"), ""), numbers.get((contrast, "other"), "")),
        effect=link(contrast, effect_words(row["measure"], row["number"])),
        estimated=short_key(row["measure"]) not in WITHOUT_ESTIMATE,
        read=link(row["source"], read_line([row["sourceName"], row["locator"]])),
        level=named(row["level"]),
        place=_ROLES.index(role) if role in _ROLES else len(_ROLES),
    )


def read_line(parts: Iterable[str]) -> str:
    """Return where a number was read, as one line."""
    return " · ".join(say(part) for part in parts if part)


def no_verdict(arms: int) -> str:
    """Return the sentence for a study without a verdict, by the number of its arms."""
    if arms == 1:
        return say("Only one arm: it was not tested against another.")
    return say("No test of superiority with a printed result is recorded for this study.")
