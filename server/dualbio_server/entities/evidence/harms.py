"""Serious infections of arms with two drugs and of their controls, from the saved query."""

from __future__ import annotations

from dualbio.model.namespaces import BASE
from dualbio.queries import bind
from dualbio.queries.answers.reading import WORDS
from dualbio_server.entities.evidence.asking import Row, ask
from dualbio_server.entities.evidence.verdicts import read_line
from dualbio_server.http.links import local_path
from dualbio_server.service import current_service

__all__ = ["HARM_QUERY", "harms_of", "told_apart"]

HARM_QUERY = "safety/serious-infection-by-pair"


def harms_of(**given: str) -> list[Row]:
    """Return the rows of the saved query for some of its parameters; none where the release does not have the query."""
    service = current_service()
    query = service.queries.queries.get(HARM_QUERY)
    if query is None:
        return []
    asked = {name: value for name, value in given.items() if value}
    return [
        {
            **row,
            "studyHref": local_path(f"{BASE}study/{row['studyKey']}"),
            "rowHref": local_path(f"{BASE}result/{row['studyKey']}.{row['row']}"),
            "read": read_line([row["source"], row["locator"], WORDS.get(row["checkLevel"], row["checkLevel"])]),
        }
        for row in ask(bind(query, asked, service.resolver))
    ]


def told_apart(rows: list[Row]) -> list[Row]:
    """Return the rows with a difference and its interval: those against a randomised control, if there are any."""
    compared = [row for row in rows if "low" in row]
    return [row for row in compared if row.get("controlled") == "randomised"] or compared
