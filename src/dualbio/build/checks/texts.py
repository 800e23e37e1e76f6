"""Is the text clean, and written once?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dualbio.build.checks.survey import Check, CheckHit, Site, Survey, firm
from dualbio.model.evidence import Row, WithdrawnRow
from dualbio.model.record_fields import Record, Value

__all__ = ["CHECKS"]

#: Sentences that should be about one record only.
_SENTENCES = ("short_description", "statement", "definition")
_STAINS = (
    (re.compile(r"^\s|\s$"), "a space at an end; repair: remove it"),
    (re.compile(r"  "), "two spaces in a row; repair: remove one"),
    (
        re.compile("[\u0000-\u001f\u007f\u00a0\u00ad\u200b-\u200f\u2028\u2029\ufeff]"),
        "an invisible character; repair: remove it",
    ),
    (re.compile("\ufffd|Ã.|â€"), "characters of a broken encoding; repair: type them again"),
    (
        re.compile(r"(?<![\w:/.])/(?:tmp|home|root|mnt|var|Users)/[\w./-]+"),
        "a path of somebody's machine; repair: remove it",
    ),
    (re.compile(r"\b(?:TODO|FIXME|XXX|FILL[ -]IN|lorem ipsum)\b"), "a placeholder; repair: fill it in"),
)


def clean_text(survey: Survey) -> Iterator[CheckHit]:
    """Yield texts with stray spaces, invisible or broken characters, local paths, or placeholders."""
    for site, name, text, path in _texts(survey):
        for pattern, words in _STAINS:
            if pattern.search(text):
                yield site.finding(f"field '{name}' has {words}", *path)


def copied_text(survey: Survey) -> Iterator[CheckHit]:
    """Yield sentences that stand word for word in two records, and notes that repeat another field."""
    first: dict[tuple[str, str], Site[Record]] = {}
    for site, name, text, path in _texts(survey):
        if name in _SENTENCES and not isinstance(site.record, (Row, WithdrawnRow)):  # rows of two arms have one
            other = first.setdefault((name, _words(text)), site)
            if other is not site:
                place = other.at(name)
                message = (
                    f"field '{name}' is that of {place.record} ({place.file}:{place.line}); repair: say what differs"
                )
                yield site.finding(message, *path)
        if name == "note":
            twins = [n for n in type(site.record).model_fields if n != name and getattr(site.record, n) == text]
            if twins:
                yield site.finding(f"the note repeats '{twins[0]}'; repair: remove it", *path)


def _texts(survey: Survey) -> Iterator[tuple[Site[Record], str, str, tuple[str | int, ...]]]:
    """Yield every free text: its record, field, words, and path below the record."""
    for site, columns in survey.with_columns(Value):
        for column in columns:
            if column.choices:
                continue
            value = getattr(site.record, column.name)
            if isinstance(value, str):
                yield site, column.name, value, (column.name,)
            elif isinstance(value, tuple):
                for index, item in enumerate(value):
                    if isinstance(item, str):
                        yield site, column.name, item, (column.name, index)


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


CHECKS = (
    firm("clean-text", "Texts have no stray spaces, invisible characters or placeholders.", clean_text),
    Check("copied-text", "warning", "A sentence about a record is used in that record only.", copied_text),
)
