"""The language of a page, from its address or the browser's preference, and its translations.

English is written in the templates and in the heads of saved queries; the catalogue has the same words in Chinese. What
is said of things comes from their labels in the release, and stays as it is where a release has no other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import g, has_request_context, request

__all__ = [
    "CATALOGUE",
    "LANGUAGES",
    "PAGE_VARY",
    "asked_language",
    "carried",
    "carried_address",
    "language_by_address_alone",
    "page_language",
    "say",
]

#: Languages of the pages, and what each calls itself.
LANGUAGES = {"en": "English", "zh": "中文"}
#: All of a request that a page depends on beside its address.
PAGE_VARY = "Accept, Accept-Encoding, Accept-Language"
_TEMPLATES = Path(__file__).parent.parent / "templates"
#: Words of the pages, and those of the saved queries, in Chinese, by what they are in English.
CATALOGUE: dict[str, str] = {
    english: chinese
    for part in ("questions", "messages")
    for english, chinese in json.loads((_TEMPLATES / f"{part}.zh.json").read_text(encoding="utf-8")).items()
}

_PARAMETER = "lang"
#: A number with the noun that it counts, in the plural.
_COUNTED = re.compile(r"\{(\w+)\} ((?:[a-z]+ )?)([a-z]+s)\b")
_OWN_LINK = re.compile(r'(<a\b[^>]*?\shref="/)(?!/)([^"#]*)')
_OWN_FORM = re.compile(r'(<form\b[^>]*\bmethod="get"[^>]*>)')


def asked_language() -> str | None:
    """Return the language that the address of the page names, if pages have it."""
    asked = request.args.get(_PARAMETER)
    return asked if asked in LANGUAGES else None


def page_language() -> str:
    """Return the language of the page: that of its address, else what `Accept-Language` prefers (RFC 9110, 12.5.4)."""
    if not has_request_context():
        return "en"
    if "language" in g:
        return str(g.language)
    asked = asked_language()
    if asked or "zh" not in request.headers.get("Accept-Language", "").lower():
        return asked or "en"
    return request.accept_languages.best_match(list(LANGUAGES), "en")


def language_by_address_alone() -> None:
    """Let a file have the language that its address names, else English, whatever the browser prefers."""
    g.language = asked_language() or "en"


def say(text: str, **values: Any) -> str:
    """Return words in the language of the page, with `values` in their places; words without a translation stay."""
    words = CATALOGUE.get(text, text) if page_language() == "zh" else text
    return _of_one(words, values).format(**values) if values else words


def _of_one(words: str, values: Mapping[str, Any]) -> str:
    """Return English words whose nouns are of one thing only where that is how many there are."""

    def noun(found: re.Match[str]) -> str:
        name, before, plural = found.groups()
        if str(values.get(name)) != "1":
            return found[0]
        return f"{{{name}}} {before}{plural[:-3]}y" if plural.endswith("ies") else f"{{{name}}} {before}{plural[:-1]}"

    return _COUNTED.sub(noun, words)


def carried(text: str) -> str:
    """Return a page whose links and forms within this service keep the language that its own address asks for."""
    asked = asked_language()
    if asked is None:
        return text
    hidden = f'<input type="hidden" name="{_PARAMETER}" value="{asked}">'
    text = _OWN_LINK.sub(lambda found: _with_language(found[1], found[2], asked), text)
    return _OWN_FORM.sub(lambda found: found[1] + hidden, text)


def carried_address(address: str) -> str:
    """Return where a page leads on without a click, in the language that its own address asks for."""
    asked = asked_language()
    return f"{address}{'&' if '?' in address else '?'}{_PARAMETER}={asked}" if asked else address


def _with_language(start: str, address: str, language: str) -> str:
    if re.search(rf"(?:[?;&]){_PARAMETER}=", address):
        return f"{start}{address}"
    return f"{start}{address}{'&amp;' if '?' in address else '?'}{_PARAMETER}={language}"
