"""A curator reads of a wrong value what was found and what is accepted, in no words of the libraries behind it."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from dualbio.model.evidence import StudyFile
from dualbio.sources.form_problems import form_problems
from dualbio.sources.yaml_lines import UnreadableError, parse_yaml

SOUND = """\
study: {id: calm-9, acronym: CALM-9, short_description: invented, diseases: [sle], design: cohort, phase: '2',
  masking: open-label, status: completed, strategy: not-applicable, population: adults}
arms:
- {id: a, label: one, role: monotherapy, strategy: not-applicable, n_randomised: 3, regimen: [
  {order: 1, role: active, drug: rituximab, dose: 1000, unit: mg}]}
sources:
- {id: s1, type: journal-article, doi: 10.0000/example, year: 2020, first_author: Example, independence: primary}
"""
#: Words that libraries use, and no curator.
FOREIGN = (
    "nput should",
    "Value error",
    "instance",
    "tuple",
    "Decimal",
    "dict",
    "while ",
    "scanning",
    "token",
    "^[",
    "str",
)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("dose: 1000", "dose: '1000'", "field 'dose' is '1000'; accepted: a number such as 52 or 0.5, without quotes"),
        ("dose: 1000", "dose: [1]", "field 'dose' is a list; accepted: a number"),
        ("phase: '2'", "phase: 2", "field 'phase' is the number 2; accepted: the text '2'; repair: put it in quotes"),
        ("n_randomised: 3", "n_randomised: -3", "field 'n_randomised' is '-3'; accepted: a number from 0"),
        ("n_randomised: 3", "n_randomised: many", "field 'n_randomised' is 'many'; accepted: a whole number"),
        ("diseases: [sle]", "diseases: sle", "field 'diseases' is 'sle'; accepted: a list, such as [one, two]"),
        ("diseases: [sle]", "diseases: []", "field 'diseases' is an empty list; accepted: entries, at least 1"),
        ("doi: 10.0000", "doi: https://doi.org/10.0000", "accepted: a DOI without an address in front"),
        ("id: calm-9", "id: Calm 9", "accepted: lower-case words and digits joined by '-', such as bliss-believe"),
        (
            "acronym: CALM-9",
            "acronym: 9",
            "field 'acronym' is '9'; accepted: a text; quote what YAML takes for a number",
        ),
        ("masking: open-label, ", "", "field 'masking' is missing; repair: add it"),
    ],
)
def test_a_wrong_value_is_told_once(old: str, new: str, words: str) -> None:
    """The value alone is told, and not that the list around it has one good entry less."""
    assert old in SOUND
    content, lines = parse_yaml(SOUND.replace(old, new))
    with pytest.raises(ValidationError) as caught:
        StudyFile.model_validate(content)
    (found,) = [message for _, _, message in form_problems(caught.value, StudyFile, lines)]
    assert words in found
    assert [] == [word for word in FOREIGN if word in found], found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a\nb: 1\n", "a ':' where no field can begin"),
        ("a: b: c\n", "a ':' where no field can begin"),
        ("a:\n\tb: 1\n", "a tab in front"),
        ("a: {b: 1\n", "a '{' that is not closed"),
        ("a: [1, 2\n", "a '[' that is not closed"),
        ("a: 'b\n", "a quotation mark that is not closed"),
        ('a: "\\q"\n', "an escape that there is not"),
        ("a: 1\n b: 2\n", ""),
        ("a:\n- 1\n  b: 2\n", ""),
        ("a: @b\n", "a text that begins with @"),
        ("a: `b`\n", "a text that begins with @"),
        ("a: *\n", "alias"),
        ("a: &\n", "anchor"),
        ("a: \x01\n", "a character that no text file holds"),
        ("%a\n", "directive"),
        ("- a\nb: 1\n", "a line that is no entry of the list above it"),
        ("a: 1\n- b\n", "a line that is no field of the record above it"),
    ],
)
def test_what_is_no_yaml_is_told_in_words(text: str, words: str) -> None:
    """Each fault says what stands there and how to repair it."""
    with pytest.raises(UnreadableError) as caught:
        parse_yaml(text)
    told: Any = str(caught.value)
    assert words in told
    assert "repair: " in told, told
    assert [] == [word for word in FOREIGN if word in told], told
