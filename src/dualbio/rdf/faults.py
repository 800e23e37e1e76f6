"""What is wrong with an RDF document, in words: the engine's parser names the place, and says the rest in its own."""

from __future__ import annotations

import re

__all__ = ["document_fault"]

_PLACE = re.compile(
    r"Parser error at line (\d+) (?:between columns (\d+) and|column (\d+)|between).*?: (.*)", re.DOTALL
)
_AT_THE_END = re.compile(r"(.*): line (\d+), column (\d+)", re.DOTALL)
_CONTEXT = "the @context is at another address, and none is fetched; repair: write the context into the document"


def document_fault(error: Exception) -> str:
    """Return where and why a parser refused a document of RDF.

    >>> document_fault(SyntaxError("Parser error at line 2 column 13: . is not a valid RDF object"))
    'line 2, column 13: . is not a valid RDF object; repair: correct it there'
    """
    message = error.msg if isinstance(error, SyntaxError) else str(error)
    if "LoadDocumentCallback" in message:
        return _CONTEXT
    if found := _PLACE.fullmatch(message):
        line, column, why = found[1], found[2] or found[3], found[4]
    elif found := _AT_THE_END.fullmatch(message):  # of expat
        why, line, column = found.groups()
    else:
        return message
    place = f"line {line}, column {column}" if column else f"line {line}"
    return f"{place}: {why}; repair: correct it there"
