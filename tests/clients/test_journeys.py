"""What a reader of the review comes for, from the front page on, in a browser: each answer within so many clicks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Download, Locator, Page, expect

import requesting
from running import Server

#: A query that no machine answers before somebody stops it.
ENDLESS = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"


class Reader:
    """Somebody before a browser, whose clicks are counted; what is written in a box and sent by Enter is one."""

    def __init__(self, page: Page, home: str) -> None:
        """Begin at the front page."""
        self.page = page
        self.clicks = 0
        page.goto(home)
        while page.get_by_text("The front page of this release is being computed").count():
            page.wait_for_timeout(1000)  # as the page asks of its first reader
            page.goto(home)

    def click(self, what: Locator) -> None:
        """Click, and wait for what is opened."""
        self.clicks += 1
        what.click()
        self.page.wait_for_load_state()

    def follow(self, words: str) -> None:
        """Follow the first link with these words."""
        self.click(self.page.get_by_role("link", name=words).first)

    def search(self, words: str) -> None:
        """Write in the search box of the header, and send it."""
        self.clicks += 1
        box = self.page.locator("header input[name=q]")
        box.fill(words)
        box.press("Enter")
        self.page.wait_for_url("**/search?**")
        self.page.locator("main dl dt").first.wait_for()

    def download(self, what: Locator) -> Download:
        """Click on what gives a file to keep."""
        self.clicks += 1
        with self.page.expect_download() as found:
            what.click()
        return found.value


@pytest.fixture(params=[pytest.param((1440, 900), id="desk"), pytest.param((390, 844), id="phone")])
def reader(browser: Browser, server: Server, request: pytest.FixtureRequest) -> Iterator[Reader]:
    """A reader who was never here, at a desk and with a phone."""
    width, height = request.param
    context = browser.new_context(viewport={"width": width, "height": height}, has_touch=width < 500)
    context.set_default_timeout(60_000)
    yield Reader(context.new_page(), f"{server.url}/")
    context.close()


@pytest.fixture
def desk(browser: Browser, server: Server) -> Iterator[Reader]:
    """A reader at a desk."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(60_000)
    yield Reader(context.new_page(), f"{server.url}/")
    context.close()


def fits(page: Page) -> bool:
    """Return whether a page needs no sideways scrolling."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def test_which_pairs_raised_serious_infection_and_where_it_is_printed(reader: Reader) -> None:
    """Costimulation blockade with another biologic raised it in rheumatoid arthritis; the row leads to its source."""
    reader.follow("Which pairs raised serious infection, and in which disease?")
    raised = reader.page.locator("table.answer tr", has_text="raised").first
    expect(raised).to_contain_text("rheumatoid arthritis")
    assert fits(reader.page)
    reader.click(raised.locator("a[href*='/source/']").first)

    expect(reader.page.get_by_role("heading", level=2).first).to_contain_text("read from it")
    expect(reader.page.locator("main")).to_contain_text("6/103")
    assert reader.clicks <= 3


def test_why_two_trials_shone_and_two_missed(reader: Reader) -> None:
    """One page has the four trials with what they tested, whom, in which order, at which interval."""
    reader.follow("Why did some trials of rituximab with belimumab look good and others not?")
    told = reader.page.locator("main")

    for words in (
        "BLISS-BELIEVE: missed at its primary outcome",
        "BEAT-LUPUS: met at its primary outcome, a blood test",
        "CALIBRATE: no test of superiority",
        "SynBioSe-1: no test against one of its drugs",
        "belimumab first in BLISS-BELIEVE",
    ):
        expect(told).to_contain_text(words)
    assert fits(reader.page)
    assert reader.clicks <= 2


def test_when_the_second_drug_was_begun_arm_by_arm(reader: Reader) -> None:
    """Belimumab came 4 to 8 weeks after rituximab in BEAT-LUPUS, and rituximab 4 weeks after it in BLISS-BELIEVE."""
    reader.follow("When was the second drug begun?")
    rows = reader.page.locator("table.answer tbody tr")

    expect(rows.filter(has_text="BEAT-LUPUS").first).to_contain_text("4\N{EN DASH}8 weeks")
    expect(rows.filter(has_text="BLISS-BELIEVE").first).to_contain_text("belimumab, then rituximab")
    expect(rows.filter(has_text="BLISS-BELIEVE").first).to_contain_text("4 weeks")
    assert fits(reader.page)
    assert reader.clicks <= 2


def test_b_cells_with_and_without_belimumab(reader: Reader) -> None:
    """In BEAT-LUPUS there were fewer B cells at week 52 with belimumab, 0.012 against 0.037 in 10^9/L."""
    reader.follow("How far had B cells come back, with and without BLyS inhibition?")
    rows = reader.page.locator("table.answer tbody tr", has_text="BEAT-LUPUS")

    expect(rows.filter(has_text="0.012").first).to_be_visible()
    expect(rows.filter(has_text="0.037").first).to_be_visible()
    assert reader.clicks <= 3


def test_a_forest_plot_is_downloaded_and_can_be_made_again(desk: Reader, server: Server) -> None:
    """From the cell of the matrix: the picture, and the command and the data that give it again."""
    desk.click(
        desk.page.locator("table.matrix tbody tr").first.get_by_role("link", name="systemic lupus erythematosus:")
    )
    figure = desk.page.get_by_role("region", name="as a forest plot")
    picture = desk.download(figure.get_by_role("link", name="SVG", exact=True))
    assert "odds ratio" in picture.path().read_text(encoding="utf-8")
    desk.click(figure.get_by_role("link", name="how to draw it again"))

    desk.page.wait_for_url("**/queries/**")
    asked = urlsplit(desk.page.url)
    desk.click(desk.page.get_by_text("The same answer in a program"))
    command = desk.page.locator("pre", has_text="dualbio query").inner_text()
    assert asked.path.removeprefix("/queries/") in command
    assert parse_qs(asked.query)["disease"] == ["sle"]
    assert "-p disease=sle" in command
    spec = json.loads(requesting.get(server.url + str(_link(desk.page, "Vega-Lite"))).content)
    assert "1.27" in json.dumps(spec)
    assert desk.clicks <= 4


def _link(page: Page, name: str) -> str | None:
    return page.get_by_role("link", name=name, exact=True).first.get_attribute("href")


def test_an_answer_is_cited(desk: Reader, server: Server) -> None:
    """Beside an answer are a citation that names the release, and its sources for a reference manager."""
    desk.follow("Which pairs raised serious infection, and in which disease?")
    desk.click(desk.page.locator("details.cite summary"))
    citation = desk.page.locator("details.cite").inner_text()

    assert "dualbio contributors" in citation
    assert requesting.get(f"{server.url}/health/ready").headers["Dualbio-Release"] in citation
    assert "@article" in requesting.get(server.url + str(_link(desk.page, "BibTeX"))).text
    assert desk.clicks <= 2


def test_what_follows_by_reasoning_is_explained_to_its_source(desk: Reader) -> None:
    """That the arm engages two targets follows from its drugs; the explanation leads to what people wrote of them."""
    desk.search("BLISS-BELIEVE")
    desk.click(desk.page.locator("main dl dt a").first)
    desk.click(desk.page.locator("table").get_by_role("link", name="belimumab + rituximab", exact=True).first)
    desk.click(desk.page.get_by_role("link", name="why?").first)

    desk.page.wait_for_url("**/why?**")
    expect(desk.page.locator("main")).to_contain_text("bliss-believe")
    assert desk.clicks <= 4


@pytest.mark.parametrize(("written", "meant"), [("bliss beleive", "BLISS-BELIEVE"), ("synbioze", "SynBioSe-1")])
def test_a_study_is_found_by_a_misspelt_name(reader: Reader, written: str, meant: str) -> None:
    """Who half remembers the name of a trial comes to it."""
    reader.search(written)
    reader.follow(meant)

    expect(reader.page.get_by_role("heading", level=1)).to_contain_text(meant)
    assert fits(reader.page)
    assert reader.clicks <= 2


def test_a_query_is_written_run_shared_and_cancelled(desk: Reader, server: Server) -> None:
    """In the editor a query is run and shared by a link, and one that takes too long is cancelled."""
    desk.follow("SPARQL")
    page = desk.page
    page.locator("#examples:not([hidden])").wait_for()
    _write(page, "SELECT ?drug WHERE { ?drug a dualbio:Drug } ORDER BY ?drug LIMIT 3")
    desk.click(page.locator(".yasqe_queryButton:visible"))
    expect(page.locator(".yasr:visible tbody tr")).to_have_count(3)
    desk.click(page.locator(".yasqe_share:visible"))
    shared = page.locator(".yasqe_sharePopup input").first.input_value()
    assert "dualbio%3ADrug" in shared
    page.keyboard.press("Escape")

    _write(page, ENDLESS)
    with page.expect_request(lambda request: request.url == server.sparql and "COUNT" in (request.post_data or "")):
        desk.click(page.locator(".yasqe_queryButton:visible"))
    with page.expect_event("requestfailed", lambda request: request.url == server.sparql):
        desk.click(page.locator("#cancel"))
    assert desk.clicks == 5


def _write(page: Page, query: str) -> None:
    page.locator(".CodeMirror:visible").click(position={"x": 120, "y": 120})
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text(query)
