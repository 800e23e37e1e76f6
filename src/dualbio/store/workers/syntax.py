"""What can be known of a SPARQL text without parsing it: its SERVICE and dataset clauses, and its canonical spelling.

SERVICE and FROM are reserved words of the grammar (SPARQL 1.1, section 19.8): outside IRIs, prefixed names, variables,
strings and comments they cannot be anything but the keyword. So a scanner of the terminals finds every use of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["BLANK", "IRI", "LOCAL", "STRING", "Clauses", "canonical_text", "find_clauses", "names_graphs"]

#: Terminals of the grammar, as regular expressions.
IRI = r'<[^<>"{}|^`\\\x00-\x20]*>'
STRING = (
    r'"""(?:(?:""?)?(?:[^"\\]|\\.))*"""'
    r"|'''(?:(?:''?)?(?:[^'\\]|\\.))*'''"
    r'|"(?:[^"\\\n\r]|\\.)*"'
    r"|'(?:[^'\\\n\r]|\\.)*'"
)
BLANK = r"(?:[ \t\r\n]|\#[^\r\n]*)+"
LOCAL = r"(?:[\w\-.:\u00b7]|%[0-9A-Fa-f]{2}|\\.)*"

_TERMINALS = re.compile(
    rf"(?P<skip>{IRI}|{STRING}|{BLANK}|[?$]\w+|@[A-Za-z]+(?:-[A-Za-z0-9]+)*)"
    rf"|(?P<prefixed>(?P<prefix>[^\W\d_](?:[\w\-.\u00b7]*[\w\-\u00b7])?)?:{LOCAL}|_:[\w\-.\u00b7]*)"
    r"|[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
    r"|(?P<word>[A-Za-z][A-Za-z0-9_]*)"
    r"|.",
    re.DOTALL,
)
_GRAPHS = re.compile("graph|from", re.IGNORECASE)
_QUOTE = re.compile("[\"']")
#: Runs of blanks that are not yet one blank or one line end.
_RUN = re.compile("[ \\t\\r\n]{2,}|[\\t\\r]")


@dataclass(frozen=True)
class Clauses:
    """The clauses of a query that reach beyond its patterns.

    `services` holds the text of the target of each SERVICE clause (an IRI without its brackets, or a name as written);
    `dataset` tells whether the query has a dataset clause (FROM or FROM NAMED).
    """

    services: tuple[str, ...] = ()
    dataset: bool = False


def find_clauses(text: str) -> Clauses:
    """Return the SERVICE and dataset clauses of a query text that the engine was able to parse.

    >>> find_clauses("SELECT * { ?service a:service 'SERVICE' . SERVICE SILENT <http://a/> {} } # SERVICE <b>")
    Clauses(services=('http://a/',), dataset=False)
    """
    lower = text.lower()
    if "service" not in lower and "from" not in lower:
        return Clauses()
    prefixes = set(re.findall(r"prefix\s+([\w\-.]+)\s*:", lower))
    services: list[str] = []
    dataset = waiting = False
    for token in _TERMINALS.finditer(text):
        word = (token["word"] or "").lower()
        target = token[0]
        if waiting and word != "silent" and target.strip() and not target.lstrip().startswith("#"):
            services.append(target.removeprefix("<").removesuffix(">"))
            waiting = False
        if (token["prefix"] or "").lower() == "service" and "service" not in prefixes:
            services.append(target[len("service") :])  # the engine reads `SERVICE:x` as the keyword and a name
        waiting = waiting or word == "service"
        dataset = dataset or word == "from"
    return Clauses(tuple(services), dataset)


def names_graphs(text: str) -> bool:
    """Tell whether a query may look into named graphs; one without the words GRAPH and FROM cannot.

    >>> names_graphs("SELECT * { ?s ?p ?o }"), names_graphs("SELECT * { graph ?g { ?s ?p ?o } }")
    (False, True)
    """
    return _GRAPHS.search(text) is not None


def canonical_text(text: str) -> str:
    r"""Return the query with each run of blanks before its first string as one blank (or one line end).

    Texts with one spelling are one query. Nothing after the first quotation mark is touched, since blanks count inside
    strings; so a text can never be made to share the spelling of another query.

    >>> canonical_text("SELECT *  # all\n\n { ?s ?p  ' a  b ' }\n")
    "SELECT * # all\n{ ?s ?p ' a  b ' }"
    """
    quote = _QUOTE.search(text)
    end = quote.start() if quote else len(text)
    head = _RUN.sub(lambda run: "\n" if "\n" in run[0] or "\r" in run[0] else " ", text[:end])
    return (head + text[end:]).strip()
