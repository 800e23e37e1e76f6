"""Do the supports of a lesson show what it states: its studies, pair, outcome and certainty?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import combinations

from dualbio.build.checks.survey import Check, CheckHit, Site, Survey, firm
from dualbio.errors import counted
from dualbio.model.combination import agents_given, mechanisms_given
from dualbio.model.entities import Concept, Entities
from dualbio.model.evidence import REPORTED, AnyRow, Comparison, Result, StudyFile
from dualbio.model.lessons import Lesson, Support
from dualbio.synthesis.coverage import broader_terms, row_terms
from dualbio.synthesis.estimates import estimates_of
from dualbio.synthesis.lesson_levels import supporting_rows

__all__ = ["CHECKS"]

#: Words that claim a change, and words that take the claim back to what was counted or told.
_CLAIM = re.compile(r"\b(raise[sd]|increase[sd]|lower(ed|s)|reduce[sd]|decrease[sd])\b", re.IGNORECASE)
#: What parts the claims of a sentence from each other.
_CLAUSE = re.compile(r"[.;:,]|\b(?:but|while|whereas|yet|although)\b", re.IGNORECASE)
_HEDGE = re.compile(r"\b(numerically|reported)\b", re.IGNORECASE)


def lesson_studies(survey: Survey) -> Iterator[CheckHit]:
    """Yield lessons across studies that rest on one study, and lessons of one study that rest on several."""
    for site in survey.of(Lesson):
        lesson = site.record
        supporting = {support.study for support in lesson.supported_by}
        studies = supporting | {support.study for support in lesson.contradicted_by or ()}
        if lesson.level == "cross-study" and len(studies) < 2:
            yield site.finding("level is 'cross-study' with one study; repair: correct the level, or add one", "level")
        if lesson.level == "single-study" and len(supporting) > 1:
            message = f"level is 'single-study' with {counted(len(supporting), 'study')}; repair: correct the level"
            yield site.finding(message, "level")


def lesson_direction(survey: Survey) -> Iterator[CheckHit]:
    """Yield lessons for or against combining whose rows set no arm with the pair against one without it."""
    entities, files = survey.corpus.entities, survey.corpus.study_files
    for site in survey.of(Lesson):
        lesson = site.record
        pairs = [set(pair.split("+")) for pair in lesson.mechanism_pairs or ()]
        shown = any(_sets_against(support, files, pairs, entities) for support in lesson.supported_by)
        if lesson.direction != "neutral" and not shown:
            message = (
                f"direction is '{lesson.direction}', but no row in supported_by sets an arm of its mechanism pair "
                "against an arm without it; accepted: a comparison of two such arms, or a result of each on one "
                "outcome; repair: name the rows, or set direction to neutral"
            )
            yield site.finding(message, "direction")


def lesson_outcome(survey: Survey) -> Iterator[CheckHit]:
    """Yield rows for or against a lesson that are about something else than what it concerns."""
    entities, files = survey.corpus.entities, survey.corpus.study_files
    for site in survey.of(Lesson):
        concerns = set(site.record.concerns or ())
        for field in ("supported_by", "contradicted_by") if concerns else ():
            for index, support in enumerate(getattr(site.record, field) or ()):
                for row in supporting_rows(support, files):
                    if not _broader_terms_of(entities, row) & concerns:
                        message = (
                            f"row {row.id} of {support.study} is about {', '.join(sorted(row_terms(row)))}; accepted: "
                            f"{', '.join(sorted(concerns))}, or what is narrower; repair: take the row away, or say "
                            "in concerns what the lesson is about"
                        )
                        yield site.finding(message, field, index)


def lesson_wording(survey: Survey) -> Iterator[CheckHit]:
    """Yield lessons that call something raised or lowered while no row behind them shows a difference of that thing."""
    names = _names(survey.corpus.entities)
    for site in survey.of(Lesson):
        if _HEDGE.search(site.record.statement):
            continue
        for clause in _CLAUSE.split(site.record.statement):
            claim = _CLAIM.search(clause)
            named = _things_named(clause, names) if claim else frozenset()
            if claim and not _shows_difference(survey, site, named):
                yield site.finding(_unshown(claim[0], named), "statement")
                break


def _unshown(claim: str, named: frozenset[str]) -> str:
    about = f" of {', '.join(sorted(named))}" if named else ""
    return (
        f"the statement says '{claim}', but no row in supported_by shows a difference{about}; accepted: a significant "
        "comparison, two counts or rates whose computed interval excludes no difference, or the word 'numerically' or "
        "'reported'; repair: name such a row, or word it so"
    )


def _names(entities: Entities) -> list[tuple[re.Pattern[str], str, str]]:
    """Return the names of all outcomes, events and biomarkers, longest first: pattern, name, and what is called so.

    A sentence leaves out what a label has behind a comma or in brackets.
    """
    found = []
    for kind in REPORTED:
        for key, row in entities[kind].items():
            synonyms = row.synonyms if isinstance(row, Concept) else ()
            for name in {row.label, re.split(r",| \(", row.label)[0], *synonyms}:
                pattern = re.compile(rf"\b{re.escape(name)}(s|es)?\b", re.IGNORECASE)
                found.append((pattern, name, f"{kind}:{key}"))
    return sorted(found, key=lambda each: (-len(each[1]), each[1:]))


def _things_named(clause: str, names: list[tuple[re.Pattern[str], str, str]]) -> frozenset[str]:
    """Return what a clause names; of two names that lie in each other, the longer one is meant."""
    found = set()
    for pattern, _, thing in names:
        if pattern.search(clause):
            found.add(thing)
            clause = pattern.sub(" ", clause)
    return frozenset(found)


def _sets_against(support: Support, files: Mapping[str, StudyFile], pairs: list[set[str]], entities: Entities) -> bool:
    """Return whether some rows contrast an arm that acts by both mechanisms of a pair with an arm that does not.

    Also where the study, a row or an agent of it is not known, which is an error of its own.
    """
    file, rows = files.get(support.study), supporting_rows(support, files)
    if file is None or len(rows) < len(support.rows or ()):
        return True
    agents = {key for arm in file.arms for key in agents_given(arm.regimen)}
    if agents - {*entities["drug"], *entities["drug-class"]}:
        return True
    given = {arm.id: mechanisms_given(arm.regimen, entities) for arm in file.arms}

    def apart(a: str, b: str) -> bool:
        return any((pair <= given.get(a, set())) != (pair <= given.get(b, set())) for pair in pairs)

    results = [row for row in rows if isinstance(row, Result)]
    return any(apart(row.a, row.b) for row in rows if isinstance(row, Comparison)) or any(
        apart(one.arm, other.arm) for one, other in combinations(results, 2) if row_terms(one) & row_terms(other)
    )


def _shows_difference(survey: Survey, site: Site[Lesson], named: frozenset[str]) -> bool:
    """Return whether a row behind a lesson shows a difference of what is `named`, or of anything where nothing is."""
    files, entities = survey.corpus.study_files, survey.corpus.entities
    for support in site.record.supported_by:
        rows = [row for row in supporting_rows(support, files) if not named or _broader_terms_of(entities, row) & named]
        if any(isinstance(row, Comparison) and row.significant is True for row in rows):
            return True
        held = {row.id for row in rows}
        for estimate in estimates_of(files[support.study]) if support.study in files and len(held) > 1 else ():
            none = Decimal(estimate.measure in ("rr", "or", "rate-ratio"))
            excluded = not estimate.effect.low <= none <= estimate.effect.high
            if {estimate.pair.a.id, estimate.pair.b.id} <= held and excluded:
                return True
    return False


def _broader_terms_of(entities: Entities, row: AnyRow) -> set[str]:
    """Return what a row is about, and all that is broader."""
    return {broader for name in row_terms(row) for broader in broader_terms(entities, name)}


CHECKS = (
    firm("lesson-studies", "A lesson rests on as many studies as its level says.", lesson_studies),
    Check(
        "lesson-direction",
        "error",
        "A lesson for or against a pair is based on a contrast with the pair.",
        lesson_direction,
    ),
    Check("lesson-outcome", "error", "Rows for and against a lesson are about what it concerns.", lesson_outcome),
    Check("lesson-wording", "error", "A claim of a change rests on a shown difference.", lesson_wording),
)
