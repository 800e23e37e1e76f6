"""Syntax errors in plain words: finds the cause of the engine's parse error.

The engine's list of what it expected is hardly ever the reason. So the text is read again for the mistakes that people
make: a prefix that is not declared, a variable that is not grouped, a comma left out, a bracket or a string not closed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from dualbio.errors import counted, did_you_mean
from dualbio.sparql.clauses import declared_prefixes
from dualbio.sparql.engine_text import ERROR_PLACE, EngineText
from dualbio.sparql.tokens import Token, offset_of, place_of, read_tokens

__all__ = ["SyntaxFault", "explain"]

_LONGEST = 40
#: Tokens up to which a text is looked at for every cause, and how many of the causes are looked for in longer ones.
_MANY = 5000
_QUICK = 8
_PAIRS = {"{": "}", "(": ")", "[": "]"}
_UPDATES = frozenset({"INSERT", "DELETE", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD", "WITH"})
_QUERIES = frozenset({"SELECT", "ASK", "CONSTRUCT", "DESCRIBE"})
_AGGREGATES = frozenset({"COUNT", "SUM", "MIN", "MAX", "AVG", "SAMPLE", "GROUP_CONCAT"})


@dataclass(frozen=True)
class SyntaxFault:
    """What is wrong with a text, and where: line and column from 1, None where nobody knows."""

    words: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        """Return place and words."""
        return self.words if self.line is None else f"line {self.line}, column {self.column}: {self.words}"


@dataclass(frozen=True)
class _Broken:
    """A text that the engine refused: its tokens, the place and the words of the engine, the prefixes it knows."""

    given: EngineText
    tokens: Sequence[Token]
    place: int
    message: str
    prefixes: Collection[str]
    update: bool

    def place_of(self, token: Token) -> str:
        """Return line and column of a token in the text as written."""
        line, column = self.given.place(*place_of(self.given.text, token.start))
        return f"line {line}, column {column}"

    @property
    def at(self) -> Token:
        """The token at the place."""
        return next((token for token in self.tokens if token.end > self.place), self.tokens[-1])

    @cached_property
    def around(self) -> Sequence[int]:
        """For each token the number of the bracket around it; -1 for none."""
        opened, around = [-1], []
        for number, token in enumerate(self.tokens):
            if token.kind in _PAIRS.values() and len(opened) > 1:
                opened.pop()
            around.append(opened[-1])
            if token.kind in _PAIRS:
                opened.append(number)
        return around

    def called(self, number: int) -> str:
        """Return the keyword whose arguments a token is among; nothing for another place."""
        bracket = self.around[number]
        return self.tokens[bracket - 1].word if bracket > 0 and self.tokens[bracket].kind == "(" else ""


def explain(text: EngineText, message: str, prefixes: Mapping[str, str], *, update: bool = False) -> SyntaxFault:
    """Return why the engine refused a text.

    Args:
        text: what the engine was given.
        message: its words, with the place where it gave up.
        prefixes: those that need no declaration.
        update: whether an update was expected, not a query.
    """
    found = ERROR_PLACE.search(message)
    place = offset_of(text.text, int(found[1]), int(found[2])) if found else 0
    tokens = list(read_tokens(text.text))
    known = {*prefixes, *declared_prefixes(tokens)}
    broken = _Broken(text, tokens, place, message[found.end() :] if found else message, known, update)
    for cause in _CAUSES if len(tokens) <= _MANY else (*_CAUSES[:_QUICK], _unexpected):
        for at, words in cause(broken):
            return SyntaxFault(words, *text.place(*place_of(text.text, at)))
    raise AssertionError("the last cause always finds words")


_Cause = Iterator[tuple[int, str]]


def _empty(broken: _Broken) -> _Cause:
    if broken.tokens[0].kind == "end":
        kind, accepted = (
            ("update", "INSERT, DELETE …") if broken.update else ("query", "SELECT, ASK, CONSTRUCT or DESCRIBE")
        )
        yield 0, f"the {kind} is empty; accepted: {accepted}"


def _unclosed_string(broken: _Broken) -> _Cause:
    for token in broken.tokens:
        if token.kind == "broken":
            mark = token.text[:3] if token.text[:3] in ('"""', "'''") else token.text[0]
            yield token.start, f"the string that begins here is not closed; repair: end it with {mark}"


def _odd_blank(broken: _Broken) -> _Cause:
    for token in broken.tokens:
        if len(token.kind) == 1 and (token.kind.isspace() or token.kind in "\u200b\ufeff"):
            name = "a non-breaking space" if token.kind == "\u00a0" else f"the character U+{ord(token.kind):04X}"
            yield token.start, f"{name}, which looks like a space but is not one; repair: replace it with a space"


def _curly_quote(broken: _Broken) -> _Cause:
    for token in broken.tokens:
        if token.kind in ("\u201c", "\u201d", "\u2018", "\u2019", "\u201e", "\u00ab", "\u00bb"):
            yield token.start, f"the quotation mark {token.kind} opens no string; repair: write \" or '"


def _unknown_prefix(broken: _Broken) -> _Cause:
    for before, token in zip([broken.tokens[-1], *broken.tokens], broken.tokens, strict=False):
        if token.kind == "name" and before.word != "PREFIX" and token.prefix not in broken.prefixes:
            hint = did_you_mean(token.prefix, sorted(broken.prefixes))
            yield (
                token.start,
                (
                    f"the prefix '{token.prefix}:' is not declared{hint}; "
                    f"repair: PREFIX {token.prefix}: <…> in front, or a whole <IRI>"
                ),
            )


def _brackets(broken: _Broken) -> _Cause:
    opened: list[Token] = []
    for token in broken.tokens:
        if token.kind in _PAIRS:
            opened.append(token)
        elif token.kind in _PAIRS.values():
            if not opened:
                yield token.start, f"'{token.kind}' closes nothing; repair: remove it, or open it before"
                return
            if _PAIRS[opened[-1].kind] != token.kind:
                where = broken.place_of(opened[-1])
                yield (
                    token.start,
                    (
                        f"'{token.kind}' where the '{opened[-1].kind}' of {where} is still open; "
                        f"repair: close that with '{_PAIRS[opened[-1].kind]}' first"
                    ),
                )
                return
            opened.pop()
    if opened:
        kind = opened[-1].kind
        where = broken.place_of(opened[-1])
        yield (
            broken.tokens[-1].end,
            (f"the text ends and the '{kind}' of {where} is not closed; repair: add '{_PAIRS[kind]}'"),
        )


def _other_form(broken: _Broken) -> _Cause:
    place = 0
    while broken.tokens[place].word in ("PREFIX", "BASE", "VERSION"):
        place = min(place + (3 if broken.tokens[place].word == "PREFIX" else 2), len(broken.tokens) - 1)
    token = broken.tokens[place]
    if token.word in (_QUERIES if broken.update else _UPDATES):
        found, expected = ("a query", "an update") if broken.update else ("an update", "a query")
        yield token.start, f"{token.word} begins {found}, where {expected} was expected; this looks like {found}"


def _twice(broken: _Broken) -> _Cause:
    """Look for a variable that an expression is to set though it has a value already."""
    told = "overrides an existing" in broken.message or "Duplicated variable" in broken.message
    tokens = broken.tokens
    for number, token in enumerate(tokens):
        if token.kind != "variable" or tokens[number - 1].word != "AS":
            continue
        if broken.called(number) == "BIND":
            near = token.end <= broken.place <= tokens[min(number + 3, len(tokens) - 1)].end
            again = near and any(_same(other, token) for other in tokens[: broken.around[number]])
        else:
            again = told and any(_same(other, token) for other in (*tokens[:number], *tokens[number + 1 :]))
        if again:
            yield (
                token.start,
                (
                    f"the variable {token.text} has a value already and cannot be set again; "
                    "repair: give the result another name"
                ),
            )


def _same(one: Token, other: Token) -> bool:
    return one.kind == "variable" and one.text[1:] == other.text[1:]


def _ungrouped(broken: _Broken) -> _Cause:
    """Look for variables beside an aggregate, or beside GROUP BY, that are neither grouped nor made of an aggregate."""
    for number, token in enumerate(broken.tokens):
        if token.word != "SELECT":
            continue
        head, end = _select_head(broken.tokens, number + 1)
        grouped = _grouped(broken.tokens, end)
        counts = any(each.word in _AGGREGATES for each in broken.tokens[number:end])
        if grouped is None and not counts and "not authorized" not in broken.message:
            continue
        for each in head:
            if each.kind == "*" and grouped is None and "not authorized with GROUP BY" in broken.message:
                yield each.start, "SELECT * cannot stand with HAVING; repair: GROUP BY, and name the grouped variables"
            elif each.kind == "*" and grouped is not None:
                yield each.start, "SELECT * cannot stand with GROUP BY; repair: name the grouped variables"
            elif each.kind == "variable" and each.text[1:] not in (grouped or ()):
                yield (
                    each.start,
                    (
                        f"the variable {each.text} is neither grouped nor aggregated; repair: add it to GROUP BY, "
                        f"or write (SAMPLE({each.text}) AS {each.text}Sample)"
                    ),
                )


def _misplaced_aggregate(broken: _Broken) -> _Cause:
    clause = ""
    for token, after in pairwise(broken.tokens):
        if token.word in ("SELECT", "HAVING", "BY", "FILTER", "BIND"):
            clause = token.word
        elif token.word in _AGGREGATES and after.kind == "(" and clause in ("FILTER", "BIND"):
            yield (
                token.start,
                f"{token.word} cannot stand in {clause}; repair: HAVING behind GROUP BY, or a sub-SELECT",
            )


def _select_head(tokens: Sequence[Token], start: int) -> tuple[list[Token], int]:
    """Return what a SELECT clause names outside of brackets, and the place at which the clause ends."""
    depth = 0
    head: list[Token] = []
    for place in range(start, len(tokens)):
        token = tokens[place]
        if token.kind == "{" or token.word in ("WHERE", "FROM"):
            return head, place
        depth += {"(": 1, ")": -1}.get(token.kind, 0)
        if depth == 0 and token.kind in ("variable", "*"):
            head.append(token)
    return head, len(tokens)


def _grouped(tokens: Sequence[Token], start: int) -> set[str] | None:
    """Return the variables of the GROUP BY of a SELECT whose clause ends at `start`; None when it has none."""
    depth = 0
    for place in range(start, len(tokens) - 1):
        depth += {"{": 1, "}": -1}.get(tokens[place].kind, 0)
        if depth < 0:
            return None
        if depth == 0 and tokens[place].word == "GROUP" and tokens[place + 1].word == "BY":
            names = set()
            inside = 0
            for before, token in pairwise(tokens[place + 1 :]):
                if token.word in ("HAVING", "ORDER", "LIMIT", "OFFSET", "VALUES") or token.kind == "}":
                    break
                inside += {"(": 1, ")": -1}.get(token.kind, 0)
                if token.kind == "variable" and (not inside or before.word == "AS"):
                    names.add(token.text[1:])
            return names
    return None


def _comma(broken: _Broken) -> _Cause:
    """Look for two arguments without a comma between them, or for a comma where SELECT has none."""
    before = broken.tokens[0]
    for number, token in enumerate(broken.tokens):
        called = broken.called(number)
        if token.kind in _OPERANDS and before.kind in (*_OPERANDS, ")") and called in _FUNCTIONS:
            yield token.start, f"two arguments of {called} without a comma; repair: put a comma between them"
        if token.word == "SELECT":
            _, end = _select_head(broken.tokens, number + 1)
            for at in range(number, end):
                if broken.tokens[at].kind == "," and broken.around[at] == broken.around[number]:
                    yield broken.tokens[at].start, "a comma between the variables of SELECT; repair: remove it"
        before = token


def _missing(broken: _Broken) -> _Cause:
    """Look for a colon, brackets, or a name that a keyword needs."""
    for number, token in enumerate(broken.tokens[:-1]):
        after = broken.tokens[number + 1]
        if token.word == "PREFIX" and not (after.kind == "name" and after.text.endswith(":")):
            yield after.start, f"{_quoted(after)} is not a prefix; accepted: a word and a colon, such as PREFIX ex: <…>"
        if token.word in ("FILTER", "HAVING") and after.kind in ("variable", "number", "string", "!", "-"):
            yield after.start, f"{token.word} without brackets; repair: {token.word} ( … )"
        if token.word == "SELECT":
            yield from _unnamed(broken, number)


def _unnamed(broken: _Broken, select: int) -> _Cause:
    _, end = _select_head(broken.tokens, select + 1)
    for number in range(select, end):
        if broken.tokens[number].kind == "(" and broken.around[number] == broken.around[select]:
            inside = (each for each, around in zip(broken.tokens, broken.around, strict=True) if around == number)
            if not any(each.word == "AS" for each in inside):
                yield broken.tokens[number].start, "an expression without a name; repair: (… AS ?name)"


def _iri(broken: _Broken) -> _Cause:
    if "escape sequence should be followed" in broken.message:  # only IRIs: one of a string is not expected there
        yield broken.place, "an escape in an IRI without its digits; accepted: \\u and 4 hexadecimal digits, \\U and 8"
    for before, token, after in zip(broken.tokens, broken.tokens[1:], broken.tokens[2:], strict=False):
        if token.kind == "<" and after.start == token.end and after.text.lower().startswith(_SCHEMES):
            yield token.start, "an IRI with a character that it may not have, such as a blank; repair: write it as %20"
        elif token.kind == "<" and before.kind in ("word", "{", ";", "."):  # never behind a term, where it compares
            yield token.start, "the IRI that begins here is not closed; repair: end it with >"


def _word(broken: _Broken) -> _Cause:
    """Look for a word that the language does not have."""
    for token in broken.tokens:
        if token.kind == "word" and token.word not in _KEYWORDS:
            hint = (
                did_you_mean(token.text, sorted(map(str.lower, _KEYWORDS)))
                or "; repair: a name needs its prefix, a text its quotes"
            )
            yield token.start, f"{_quoted(token)} is not a SPARQL keyword{hint}"


def _function(broken: _Broken) -> _Cause:
    """Look for a word with arguments that is no function."""
    for token, after in zip(broken.tokens, broken.tokens[1:], strict=False):
        if after.kind == "(" and token.kind == "word" and token.word not in _KEYWORDS:
            hint = did_you_mean(token.text, sorted(map(str.lower, _FUNCTIONS)))
            yield token.start, f"{_quoted(token)} is not a SPARQL function{hint}"


def _followed(broken: _Broken) -> _Cause:
    """Look for a keyword that is followed by something else than it needs."""
    for number, (token, after) in enumerate(pairwise(broken.tokens), 2):
        accepted, words = _FOLLOWED.get(token.word, ("", ""))
        fraction = words == _NUMBER[1] and after.kind == "number" and not after.text.isdigit()
        if accepted and (fraction or not {after.kind, after.word} & {*accepted.split()}):
            found = "nothing" if after.kind == "end" else _quoted(after)
            yield after.start, f"{token.word} is followed by {found}; accepted: {words}"
        if token.word in _FUNCTIONS - _BARE and after.kind == "(" and broken.tokens[number].kind == ")":
            yield broken.tokens[number].start, f"{token.word} without an argument; repair: {token.word}( … )"


def _operator(broken: _Broken) -> _Cause:
    """Look for an operator without a term behind it, and for terms without one between them."""
    for number, (before, token) in enumerate(pairwise(broken.tokens), 1):
        if before.kind in _OPERATORS and token.kind in (")", ",", "}"):
            yield token.start, f"'{token.kind}' behind '{before.kind}'; repair: put a term between them"
        if token.kind in _OPERANDS and before.kind in _OPERANDS and broken.called(number) in ("FILTER", "HAVING"):
            yield (
                token.start,
                f"{_quoted(before)} and {_quoted(token)} without an operator; repair: put one between them",
            )


def _string_parts(broken: _Broken) -> _Cause:
    """Look for an invalid escape, and for a missing language tag."""
    for token, after in pairwise(broken.tokens):
        if token.kind == "string" and (odd := _ODD_ESCAPE.search(token.text)):
            yield token.start + odd.start(1), f"'{odd[1]}' is not an escape; repair: write \\\\ for a backslash"
        if token.kind == "string" and after.kind == "@":
            yield after.start, "'@' without a language; repair: remove it, or write one, such as 'a'@en"


def _triple(broken: _Broken) -> _Cause:
    """Look for patterns of plain terms that are no triples, and for rows of VALUES that do not fit."""
    started, terms, plain = broken.tokens[0], 0, False
    for number, (before, token) in enumerate(pairwise(broken.tokens), 1):
        if token.kind in ("}", ".", ";", ",") and plain:
            wanted = {";": 2, ",": 1}.get(started.kind, 3)
            if terms == 0 and started.kind == token.kind == ".":
                yield token.start, "a second '.' where a triple was expected; repair: remove it"
            elif terms != wanted and not (terms == 0 and started.kind != ","):
                found = "a term is missing before it" if terms < wanted else "a '.' or ';' is missing before it"
                yield token.start, f"'{token.kind}' after {terms} of {wanted} terms of a triple: {found}"
        if token.kind in ("{", "}", ".", ";", ","):
            opener = number if token.kind == "{" else broken.around[number]
            group = opener >= 0 and broken.tokens[opener].kind == "{"
            values = opener > 0 and "VALUES" in (broken.tokens[opener - 1].word, broken.tokens[max(opener - 2, 0)].word)
            started, terms, plain = token, 0, group and not values
        elif token.kind == "language" or before.kind == "^":
            continue
        elif token.kind in _OPERANDS or token.kind == "label" or token.word in ("A", "TRUE", "FALSE"):
            terms += 1
        elif token.kind != "^":
            plain = False


def _rows(broken: _Broken) -> _Cause:
    for number, token in enumerate(broken.tokens[:-1]):
        if token.word == "VALUES" and broken.tokens[number + 1].kind == "(":
            head = sum(around == number + 1 for around in broken.around)
            block = number + 1 + head + 2
            for row in (at for at, around in enumerate(broken.around) if around == block):
                inside = [each for each, around in zip(broken.tokens, broken.around, strict=True) if around == row]
                terms = sum(each.kind in _OPERANDS or each.kind == "word" for each in inside)
                terms -= sum(each.kind == "^" for each in inside) // 2
                if broken.tokens[row].kind == "(" and terms != head:
                    yield broken.tokens[row].start, f"a row of {counted(terms, 'term')} for {head} variables of VALUES"


def _data(broken: _Broken) -> _Cause:
    block = None
    for number, (before, token) in enumerate(pairwise(broken.tokens), 1):
        if before.word == "DATA" and token.kind == "{":
            block = number
        elif block is not None and token.kind == "}" and broken.around[number] == broken.around[block]:
            block = None
        elif block is not None and token.kind == "variable":
            yield (
                token.start,
                f"the variable {token.text} in DATA; repair: name the thing, or INSERT {{ … }} WHERE {{ … }}",
            )


def _blank_label(broken: _Broken) -> _Cause:
    if "<unreported>" in broken.message or "blank node" in broken.message.lower():
        label = next((t for t in reversed(broken.tokens) if t.kind == "label" and t.start <= broken.place), None)
        if label:
            words = [t.word for t in broken.tokens if t.word in ("INSERT", "DELETE") and t.start < label.start]
            why = "stands in two groups; repair: use a variable, which may"
            if words[-1:] == ["DELETE"]:
                why = "in DELETE, where it names nothing; repair: use a variable, and WHERE"
            yield label.start, f"the blank node {label.text} {why}"


def _unexpected(broken: _Broken) -> _Cause:
    token = broken.at
    said = next((words for words in _SEMANTIC if words in broken.message), "")
    reason = f" ({said.replace('The ', 'the ', 1)})" if said else ""
    if token.kind == "end":
        words = f"the text is whole, but not SPARQL{reason}; repair: look at the end of its last clauses"
        yield broken.tokens[-1].end, words
    else:
        yield token.start, f"{_quoted(token)} is not expected here{reason}"


def _quoted(token: Token) -> str:
    text = token.text if len(token.text) <= _LONGEST else f"{token.text[:_LONGEST]}…"
    return f"'{text}'"


#: Reasons that the engine gives among the tokens that it expected.
_SEMANTIC = (
    "The SELECT contains a variable that is unbound",
    "The SELECT overrides an existing variable using an expression",
    "Duplicated variable name in SELECT",
    "SELECT * is not authorized with GROUP BY",
    "language tag parsing failed",
)

#: Functions and other keywords (SPARQL 1.1, section 19.8, and those of 1.2).
_FUNCTION_NAMES = """
    ABS ADJUST AVG BNODE BOUND CEIL COALESCE CONCAT CONTAINS COUNT DATATYPE DAY ENCODE_FOR_URI FLOOR GROUP_CONCAT
    HASLANG HASLANGDIR HOURS IF IRI ISBLANK ISIRI ISLITERAL ISNUMERIC ISTRIPLE ISURI LANG LANGDIR LANGMATCHES LCASE MAX
    MD5 MIN MINUTES MONTH NOW OBJECT PREDICATE RAND REGEX REPLACE ROUND SAMETERM SAMPLE SECONDS SHA1 SHA256 SHA384
    SHA512 STR STRAFTER STRBEFORE STRDT STRENDS STRLANG STRLANGDIR STRLEN STRSTARTS STRUUID SUBJECT SUBSTR SUM TIMEZONE
    TRIPLE TZ UCASE URI UUID YEAR
"""
_OTHER_KEYWORDS = """
    A ADD ALL AS ASC ASK BASE BIND BY CLEAR CONSTRUCT COPY CREATE DATA DEFAULT DELETE DESC DESCRIBE DISTINCT DROP
    EXISTS FALSE FILTER FROM GRAPH GROUP HAVING IN INSERT INTO LATERAL LIMIT LOAD MINUS MOVE NAMED NOT OFFSET OPTIONAL
    ORDER PREFIX REDUCED SELECT SEPARATOR SERVICE SILENT TO TRUE UNDEF UNION USING VALUES VERSION WHERE WITH
"""
_FUNCTIONS = frozenset(_FUNCTION_NAMES.split())
_KEYWORDS = _FUNCTIONS | frozenset(_OTHER_KEYWORDS.split())
_SCHEMES = ("http:", "https:", "urn:")
_OPERANDS = ("variable", "string", "number", "iri", "name")
_OPERATORS = ("=", "<", ">", "&", "|", "-", "/", "!")
#: Functions that may have no argument.
_BARE = frozenset({"BNODE", "COALESCE", "CONCAT", "NOW", "RAND", "STRUUID", "UUID"})
#: A backslash in a string that begins no escape (SPARQL 1.1, section 19.7), behind whole ones.
_ODD_ESCAPE = re.compile(r"^(?:[^\\]|\\[tbnrf\"'\\uU])*+(\\.)", re.DOTALL)
_GROUP = ("{", "{ … }")
_TERM = ("variable iri name", "a variable, or a name such as <http://…> or graph:entities")
_NUMBER = ("number", "a whole number")
_PLAIN = "variable iri name string number ( ! - ["
#: What may follow a keyword: kinds of tokens and words, and how they are told.
_FOLLOWED: Mapping[str, tuple[str, str]] = {
    "ASK": ("{ WHERE FROM", "{ … }"),
    "BY": (f"{_PLAIN} ASC DESC {_FUNCTION_NAMES}", "a variable, or an expression in brackets"),
    "CLEAR": ("GRAPH DEFAULT NAMED ALL SILENT", "GRAPH <…>, DEFAULT, NAMED or ALL"),
    "CREATE": ("GRAPH SILENT", "GRAPH <…>"),
    "DESCRIBE": ("variable iri name *", "a thing, a variable or *"),
    "DISTINCT": (f"{_PLAIN} * {_FUNCTION_NAMES}", "variables, or *"),
    "DROP": ("GRAPH DEFAULT NAMED ALL SILENT", "GRAPH <…>, DEFAULT, NAMED or ALL"),
    "EXISTS": _GROUP,
    "FROM": ("iri name NAMED", "the name of a graph, such as <http://…> or graph:entities"),
    "GRAPH": _TERM,
    "GROUP": ("BY", "BY"),
    "INTO": ("GRAPH", "GRAPH <…>"),
    "LIMIT": _NUMBER,
    "MINUS": _GROUP,
    "OFFSET": _NUMBER,
    "OPTIONAL": _GROUP,
    "ORDER": ("BY", "BY"),
    "REDUCED": ("variable ( *", "variables, or *"),
    "SELECT": ("variable ( * DISTINCT REDUCED", "variables, or *"),
    "SERVICE": (f"{_TERM[0]} SILENT", _TERM[1]),
    "UNION": _GROUP,
    "WHERE": _GROUP,
}

_CAUSES: tuple[Callable[[_Broken], _Cause], ...] = (
    _empty,
    _unclosed_string,
    _odd_blank,
    _curly_quote,
    _other_form,
    _iri,
    _unknown_prefix,
    _brackets,
    _misplaced_aggregate,
    _twice,
    _ungrouped,
    _missing,
    _comma,
    _function,
    _string_parts,
    _followed,
    _word,
    _operator,
    _triple,
    _rows,
    _data,
    _blank_label,
    _unexpected,
)
