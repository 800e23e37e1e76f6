"""The SPARQL editor in a browser: a query is written, completed, run, taken from the library, and shared."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect

import requesting
from asking import SELECT
from running import Server

QUERY = "SELECT ?drug ?label { ?drug a dualbio:Drug ; rdfs:label ?label . FILTER(LANG(?label) = 'zh') } ORDER BY ?drug"


class Watch:
    """What a page asked for and complained about."""

    def __init__(self, page: Page) -> None:
        """Listen to `page` from now on."""
        self.asked: list[str] = []
        self.complaints: list[str] = []
        page.on("request", self._ask)
        page.on("console", self._complain)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("requestfailed", lambda request: self.complaints.append(f"{request.url}: {request.failure}"))

    def _ask(self, request: Request) -> None:
        self.asked.append(request.url)

    def _complain(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def outside(self, server: Server) -> list[str]:
        """Return the requests that went anywhere but to the service."""
        return [url for url in self.asked if not url.startswith((f"{server.url}/", "data:", "blob:"))]


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser that has never been here."""
    fresh = browser.new_context(viewport={"width": 1280, "height": 900})
    fresh.set_default_timeout(60_000)
    yield fresh
    fresh.close()


def open_editor(context: BrowserContext, address: str) -> Page:
    """Open an address and return its page once the editor and its examples are there."""
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector("#editor .CodeMirror")
    page.wait_for_selector("#examples:not([hidden])")
    return page


def text_of(page: Page) -> str:
    """Return the query in the tab that is seen."""
    text = page.evaluate(
        "[...document.querySelectorAll('.CodeMirror')].find(e => e.offsetParent).CodeMirror.getValue()"
    )
    assert isinstance(text, str)
    return text


def write(page: Page, query: str) -> None:
    """Type a query in place of the one that is seen."""
    page.locator(".CodeMirror:visible").click(position={"x": 120, "y": 120})
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text(query)


def run(page: Page) -> list[str]:
    """Run the query and return the rows, each as its text."""
    page.locator(".yasqe_queryButton:visible").click()
    rows = page.locator(".yasr:visible tbody tr")
    rows.first.wait_for()
    return rows.all_inner_texts()


def test_a_query_is_written_run_and_shared(server: Server, context: BrowserContext) -> None:
    """Someone writes a query, sees its rows, and sends a link that shows the same query to another."""
    page = open_editor(context, f"{server.url}/sparql")
    write(page, QUERY)
    rows = run(page)
    assert "drug:abatacept" in rows[0]
    assert "阿巴西普" in rows[0]
    answer = requesting.get(server.sparql, params={"query": QUERY}).json()["results"]["bindings"]
    expect(page.locator(".yasr:visible .yasr_response_chip")).to_contain_text(f"{len(answer)} results")
    page.locator(".yasqe_share:visible").click()
    link = page.locator(".yasqe_sharePopup input").first.input_value()
    assert link.startswith(f"{server.url}/sparql#")
    other = context.browser.new_context() if context.browser else context
    assert text_of(open_editor(other, link)) == text_of(page)


def test_a_link_with_a_query_shows_it(server: Server, context: BrowserContext) -> None:
    """The address by which a program asks shows its query to a person."""
    page = open_editor(context, str(httpx.URL(server.sparql, params={"query": SELECT})))
    assert text_of(page).strip() == SELECT.strip()
    assert len(run(page)) == 40


def test_prefixes_are_completed_from_our_own_table(server: Server, context: BrowserContext) -> None:
    """Whoever begins a prefix is offered the namespace that the service knows."""
    page = open_editor(context, f"{server.url}/sparql")
    write(page, "PREFIX biom")
    page.keyboard.press("Control+Space")
    page.locator(".CodeMirror-hints li", has_text="biomarker: <https://w3id.org/dualbio/biomarker/>").click()
    assert text_of(page).startswith("PREFIX biomarker: <https://w3id.org/dualbio/biomarker/>")


def test_a_saved_query_is_an_example(server: Server, context: BrowserContext) -> None:
    """Every saved query is offered by its question; the one that is chosen opens with its prefixes, and runs."""
    page = open_editor(context, f"{server.url}/sparql")
    listed = requesting.get(f"{server.url}/queries/").json()["queries"]
    offered = page.locator("#examples option").all_inner_texts()[1:]
    assert sorted(query["summary"] for query in listed) == sorted(offered)
    chosen = listed[0]
    page.locator("#examples select").select_option(chosen["name"])
    page.get_by_role("tab", name=chosen["name"].rpartition("/")[2]).wait_for()
    assert chosen["summary"] in text_of(page)
    assert re.search(r"PREFIX dualbio: <", text_of(page))
    rows = int(requesting.get(f"{server.url}/queries/{chosen['name']}").headers["dualbio-rows"])
    assert min(rows, 50) == len(run(page))


def test_a_thing_in_a_result_has_its_page_here(server: Server, context: BrowserContext) -> None:
    """A link in a result leads to this service, not to the address that the IRI would have elsewhere."""
    page = open_editor(context, f"{server.url}/sparql")
    write(page, QUERY)
    run(page)
    with context.expect_page() as opened:
        page.locator(".yasr:visible a.iri").first.click()
    assert f"{server.url}/drug/abatacept" == opened.value.url
    expect(opened.value.locator("h1")).to_contain_text("abatacept")


def test_a_class_is_completed_after_a_without_its_prefix(server: Server, context: BrowserContext) -> None:
    """Whoever asks for things of a kind is offered the classes of the data."""
    page = open_editor(context, f"{server.url}/sparql")
    write(page, "SELECT ?x { ?x a dualbio:Dr")
    page.keyboard.press("Control+Space")
    page.locator(".CodeMirror-hints li", has_text="dualbio:DrugClass").click()
    assert "?x a dualbio:DrugClass" in text_of(page)


def test_what_is_wrong_with_a_query_is_marked_in_its_line(server: Server, context: BrowserContext) -> None:
    """The line that the engine stumbled over stands out, what it said stands above, and both go with the next query."""
    page = open_editor(context, f"{server.url}/sparql")
    write(page, "SELECT ?x {\n ?x a dualbio:Drug .\n ?y ??\n}")
    page.locator(".yasqe_queryButton:visible").click()
    expect(page.locator("#fault")).to_contain_text("line 4")
    expect(page.locator(".CodeMirror-linebackground.faulty, .faulty")).to_have_count(1)
    write(page, QUERY)
    run(page)
    expect(page.locator("#fault")).to_be_hidden()
    expect(page.locator(".faulty")).to_have_count(0)


def test_a_query_that_runs_too_long_is_cancelled(server: Server, context: BrowserContext) -> None:
    """The button ends the query in its worker; before and after there is nothing to cancel."""
    page = open_editor(context, f"{server.url}/sparql")
    cancel = page.get_by_role("button", name="Cancel the query")
    expect(cancel).to_be_disabled()
    write(page, "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }")
    page.locator(".yasqe_queryButton:visible").click()
    expect(cancel).to_be_enabled()
    with page.expect_response(lambda answer: answer.request.method == "DELETE") as told:
        cancel.click()
    assert told.value.status == 204
    expect(cancel).to_be_disabled()
    expect(page.locator(".yasr:visible .errorResult, .yasr:visible .errorMsg").first).to_contain_text("was cancelled")


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (390, 844)], ids=["desktop", "phone"])
def test_nothing_comes_from_elsewhere_and_nothing_complains(
    server: Server, context: BrowserContext, width: int, height: int
) -> None:
    """From the first byte to the rows no other site is asked, no policy is broken, and the page fits the screen."""
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": height})
    watch = Watch(page)
    page.goto(f"{server.url}/sparql")
    page.wait_for_selector("#examples:not([hidden])")
    write(page, QUERY)
    run(page)
    page.keyboard.press("Control+Space")
    assert [] == watch.outside(server)
    assert [] == watch.complaints
    assert len(watch.asked) >= 8
    assert page.evaluate("document.documentElement.scrollWidth") <= width
