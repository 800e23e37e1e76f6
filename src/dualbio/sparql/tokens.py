"""The scanner of SPARQL text: the terminals of SPARQL 1.1 (section 19.8), each with its place.

The engine tells nothing of what it parsed, so whatever has to be known of a text before it is evaluated is read from
its terminals here. No pattern gives back what it took (possessive quantifiers), and what opens a string that is never
closed takes the rest, so the time grows with the length of the text whatever it holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

__all__ = [
    "ABSOLUTE_IRI",
    "CODE_POINT_ESCAPE",
    "ESCAPABLE",
    "IRI",
    "Token",
    "offset_of",
    "place_of",
    "read_tokens",
    "replaced",
    "without_mark",
]

_BASE = (
    "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u2070-\u218f"
    "\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_MORE = "0-9\u00b7\u0300-\u036f\u203f-\u2040"
#: PN_CHARS, as the inside of a class.
_CHARS = rf"{_BASE}_\-{_MORE}"
_UCHAR = r"\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}"
_PLX = r"%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?#@%]"

#: An IRI with a scheme, as a whole text.
ABSOLUTE_IRI = re.compile(r'[A-Za-z][A-Za-z0-9+.\-]*+:[^\x00-\x20<>"{}|^`\\]*+')
#: IRIREF; code point escapes in it are the engine's to read.
IRI = rf'<(?:[^<>"{{}}|^`\\\x00-\x20]|{_UCHAR})*+>'
_BLANK = r"(?:[ \t\r\n]++|\#[^\r\n]*+)++"
_STRING = (
    r'"""(?:[^"\\]|\\.|""?(?!"))*+"""'
    r"|'''(?:[^'\\]|\\.|''?(?!'))*+'''"
    r'|(?!""")"(?:[^"\\\n\r]|\\[^\n\r])*+"'
    r"|(?!''')'(?:[^'\\\n\r]|\\[^\n\r])*+'"
)
#: A long string that nothing closes takes the whole rest, a short one the rest of its line.
_BROKEN = "(?:\"\"\"|''').*+|[\"'][^\\n\\r]*+"
_LOCAL = rf"(?:[{_BASE}_:0-9]|{_PLX})(?:[{_CHARS}:]|{_PLX}|\.++(?=[{_CHARS}:%\\]))*+"
#: What begins like a prefix: a prefixed name if a colon follows, else keywords and signs.
_RUN = rf"[{_BASE}](?:[{_CHARS}]|\.++(?=[{_CHARS}]))*+"
_NUMBER = r"(?:[0-9]++(?:\.[0-9]++|\.(?=[eE][+-]?[0-9]))?|\.[0-9]++)(?:[eE][+-]?[0-9]++)?"

_TOKENS = re.compile(
    rf"(?P<blank>{_BLANK})"
    rf"|(?P<iri>{IRI})"
    rf"|(?P<string>{_STRING})"
    rf"|(?P<broken>{_BROKEN})"
    rf"|(?P<variable>[?$][{_BASE}_0-9][{_BASE}_{_MORE}]*+)"
    r"|(?P<language>@[A-Za-z]++(?:--?[A-Za-z0-9]++)*+)"
    rf"|(?P<label>_:[{_BASE}_0-9](?:[{_CHARS}]|\.++(?=[{_CHARS}]))*+)"
    rf"|(?P<name>(?:{_RUN})?:(?:{_LOCAL})?)"
    rf"|(?P<run>{_RUN})"
    rf"|(?P<number>{_NUMBER})"
    r"|(?P<sign>.)",
    re.DOTALL,
)
_IN_RUN = re.compile(rf"(?P<word>[A-Za-z][A-Za-z0-9_]*+)|(?P<number>{_NUMBER})|(?P<sign>.)", re.DOTALL)

#: An escape that stands for one character anywhere in a text (SPARQL 1.1, section 19.2).
CODE_POINT_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
#: Characters that a code point escape outside strings and IRIs may stand for: none that opens or parts anything.
ESCAPABLE = re.compile(rf"[{_CHARS}:.]")


@dataclass(frozen=True, slots=True)
class Token:
    """A terminal: its kind, its text, and its place in the whole text.

    The kind is `iri`, `string`, `variable`, `language`, `label` (of a blank node), `name` (with a prefix), `number`,
    `word` (a keyword), `broken` (a string that nothing closes), `end`, or the sign itself.
    """

    kind: str
    text: str
    start: int
    end: int

    @property
    def word(self) -> str:
        """The text in capitals if this is a keyword, else nothing."""
        return self.text.upper() if self.kind == "word" else ""

    @property
    def prefix(self) -> str:
        """The prefix of a name, without its colon."""
        return self.text.partition(":")[0]


def read_tokens(text: str) -> Iterator[Token]:
    """Yield the terminals of a SPARQL text without blanks and comments; the last is of the kind `end`.

    >>> [token.kind for token in read_tokens("ASK { ?s ex:a.b 'x' } # all")]
    ['word', '{', 'variable', 'name', 'string', '}', 'end']
    """
    for match in _TOKENS.finditer(text):
        kind = match.lastgroup
        if kind == "run":
            for part in _IN_RUN.finditer(text, match.start(), match.end()):
                yield Token(part[0] if part.lastgroup == "sign" else str(part.lastgroup), part[0], *part.span())
        elif kind != "blank":
            yield Token(match[0] if kind == "sign" else str(kind), match[0], *match.span())
    yield Token("end", "", len(text), len(text))


def without_mark(text: str) -> str:
    """Return the text without the byte order mark that some editors put in front."""
    return text.removeprefix("\ufeff")


def replaced(text: str, changes: Iterable[tuple[int, int, str]]) -> str:
    """Return the text with other words in some places of it; a change is a start, an end, and the words between.

    >>> replaced("ASK { ?s ?p ?o }", [(6, 8, "ex:a"), (12, 14, "1")])
    'ASK { ex:a ?p 1 }'
    """
    for start, end, new in sorted(changes, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def place_of(text: str, offset: int) -> tuple[int, int]:
    r"""Return line and column (both from 1) of a place in the text, as the engine counts them.

    >>> place_of("ASK\n{ }", 4)
    (2, 1)
    """
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def offset_of(text: str, line: int, column: int) -> int:
    """Return the place that line and column (both from 1) name, at most the end of the text."""
    start = 0
    for _ in range(line - 1):
        start = text.find("\n", start) + 1
    return min(start + column - 1, len(text))
