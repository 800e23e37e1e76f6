"""Marks of figures are links: each leads to a page of the service, whatever is drawn."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask.testing import FlaskClient

from dualbio.model.namespaces import BASE

FIGURES = (
    "/figures/efficacy/b-cell-reconstitution.svg",
    "/figures/efficacy/published-comparisons.svg?disease=sle",
    "/figures/efficacy/response-differences.svg?disease=uc",
    "/figures/mechanism/mechanism-edges.svg",
    "/figures/mechanism/pairs-by-disease.svg",
    "/figures/safety/published-comparisons.svg",
    "/figures/safety/serious-infection-by-pair.svg",
    "/figures/safety/within-study-differences.svg?disease=ra",
    "/figures/studies/arms-of-a-study.svg?study=vega",
    "/figures/studies/superiority-side-by-side.svg",
    "/compare.svg?study=beat-lupus&study=bliss-believe",
)


@pytest.mark.slow
def test_each_mark_of_each_figure_leads_to_a_page(client: FlaskClient) -> None:
    """Figures of all kinds of saved queries, of a comparison and of every question across studies have no dead link."""
    pools = [f"/syntheses/{each['name']}.svg" for each in client.get("/syntheses/").get_json()]
    found: dict[str, str] = {}
    for figure in (*FIGURES, *pools):
        svg = client.get(figure).text
        assert "research tool" in svg
        assert svg.index("<title>") < svg.index("<desc>")
        found |= {unescape(link): figure for link in re.findall(r'href="([^"]+)"', svg)}
    assert len(found) > 250
    assert [] == [link for link in found if not link.startswith((BASE, "/"))]
    answers = {
        link: client.get(link.removeprefix(BASE.rstrip("/")), headers={"Accept": "text/html"}, follow_redirects=True)
        for link in found
    }
    assert [] == [(link, found[link]) for link, answer in answers.items() if answer.status_code != 200]
