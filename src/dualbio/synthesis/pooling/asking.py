"""Where questions across studies come from: a file, a release, or words on the command line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import get_args

from pydantic import ValidationError

from dualbio.errors import ParameterError, did_you_mean
from dualbio.model.syntheses import MODELS_OF, ArmKind, Side, SynthesisQuestion
from dualbio.sources.corpus import read_document
from dualbio.sources.form_problems import form_problems

__all__ = ["Find", "check_names", "made_question", "read_question"]

#: Finds a thing of one of some kinds by any of its names; returns its kind and key.
Find = Callable[[str, Sequence[str]], tuple[str, str]]
_KINDS: tuple[str, ...] = get_args(ArmKind)
#: Short words for kinds of arms.
_SHORT = {"two": "two-biologics", "one": "one-biologic", "conventional": "conventional-therapy"}


def read_question(path: Path) -> SynthesisQuestion:
    """Return the question of a file, in the form of those in `ontology/syntheses/`.

    Raises:
        DataError: it is none; each problem is reported with its line.
    """
    record = read_document(path.parent, path, SynthesisQuestion).record
    assert isinstance(record, SynthesisQuestion)
    return record


def check_names(question: SynthesisQuestion, find: Find) -> None:
    """Check that a question names what a release has: a misspelt event would look like one that nobody counts.

    Args:
        question: whose events, outcomes, diseases, drugs and mechanisms are looked up.
        find: finds a thing of a kind by any of its names.

    Raises:
        ParameterError: there is none of that key; similar keys are named.
    """
    sides = [side for side in (question.test, question.comparator) if side]
    named = [("ae", question.events), ("outcome", question.outcomes), ("disease", question.diseases)]
    for side in sides:
        doses = (side.dose.drug,) if side.dose else ()
        named += [("drug", side.drugs), ("drug", doses), ("mechanism", side.mechanisms)]
    for kind, keys in named:
        for key in keys or ():
            found = find(key, (kind,))[1]
            if found != key:
                raise ParameterError(f"'{key}' is no key of kind {kind}; did you mean '{found}'?")


def made_question(
    find: Find, outcome: str, compare: str, diseases: Sequence[str] = (), **more: object
) -> SynthesisQuestion:
    """Return a question made of words.

    Args:
        find: finds outcomes, events, drugs, mechanisms and diseases by their names.
        outcome: an outcome or adverse event.
        compare: kinds of arms under test and of their comparator, `two-biologics:one-biologic`; a side may name drugs
            and mechanisms too, `one-biologic,rituximab:placebo`.  One side alone asks for a proportion.
        diseases: those whose trials answer; all if empty.
        more: other fields of a question; the measure is the odds ratio, and the model the first of it, unless they say.

    Raises:
        ParameterError: something is called so that is not known, or the fields do not go together.
    """
    kind, key = _named("outcome", outcome, ("ae", "outcome"), find)
    test, against, comparator = compare.partition(":")
    if not against and more.get("measure") not in (None, "proportion"):
        raise ParameterError(
            f"compare is '{compare}', one side alone; accepted for {more['measure']}: {compare}:one-biologic"
        )
    if against and more.get("measure") == "proportion":
        raise ParameterError(f"compare is '{compare}'; accepted for a proportion: one side alone, such as {test}")
    lists = {name: tuple(value) if isinstance(value, list) else value for name, value in more.items()}
    fields: dict[str, object] = {
        "id": "question",
        "title": f"{key}, {compare}",
        "question": f"{key}: {compare}?",
        "events" if kind == "ae" else "outcomes": (key,),
        "test": _side(test, find),
        "comparator": _side(comparator, find) if against else None,
        "diseases": tuple(_named("disease", each, ("disease",), find)[1] for each in diseases) or None,
        "measure": "OR" if against else "proportion",
        **{name: value for name, value in lists.items() if value not in (None, ())},
    }
    fields.setdefault("model", MODELS_OF.get(str(fields["measure"]), ("",))[0])
    fields.setdefault("same_drugs", fields["test"].arms == ("two-biologics",) and bool(against))  # type: ignore[attr-defined]
    try:
        return SynthesisQuestion.model_validate(fields)
    except ValidationError as error:
        problems = "; ".join(message for _, _, message in form_problems(error, SynthesisQuestion, {}))
        raise ParameterError(f"the question cannot be asked: {problems}") from error


def _named(option: str, text: str, kinds: Sequence[str], find: Find) -> tuple[str, str]:
    """Return the kind and key of a name; a refusal says of which option it was."""
    try:
        return find(text, kinds)
    except ParameterError as error:
        raise ParameterError(f"{option}: {error}") from error


def _side(text: str, find: Find) -> Side:
    first, *others = (word.strip() for word in text.split(","))
    arms = _SHORT.get(first, first)
    if arms not in _KINDS:
        near = did_you_mean(first, _KINDS)
        raise ParameterError(f"compare: '{first}' is not a kind of arm{near}; accepted: {', '.join(_KINDS)}")
    named = [_named("compare", word, ("drug", "mechanism"), find) for word in others]
    keys = {kind: tuple(key for found, key in named if found == kind) or None for kind in ("drug", "mechanism")}
    return Side(arms=(arms,), drugs=keys["drug"], mechanisms=keys["mechanism"])  # type: ignore[arg-type]
