"""Search in a release: the names of things, the index, and answers from it.

`words` says how text is compared, `names` what a thing is called, `entries` what of a release is searched, `index`
keeps that in one SQLite file of the release, and `ask` answers from it. `docs/search.md` says what is found, in which
order, and why it is built so.
"""

from __future__ import annotations

from dualbio.search.answer import Found, Hit, Suggestion, Suggestions
from dualbio.search.ask import LONGEST_TEXT, MOST_HITS, SearchIndex, SearchTextError, checked
from dualbio.search.index import is_readable, write_index
from dualbio.search.kinds import ALL_KINDS, SEARCHED_KINDS

__all__ = [
    "ALL_KINDS",
    "LONGEST_TEXT",
    "MOST_HITS",
    "SEARCHED_KINDS",
    "Found",
    "Hit",
    "SearchIndex",
    "SearchTextError",
    "Suggestion",
    "Suggestions",
    "checked",
    "is_readable",
    "write_index",
]
