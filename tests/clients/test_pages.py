"""Each kind of page in a browser: fit for all readers, for a phone, for paper, and asking nothing of other sites."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Literal
from urllib.parse import urlencode

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

import requesting
from running import Server

#: One page of each kind.
PAGES = (
    "/",
    "/sparql",
    "/about",
    "/study/",
    "/study/bliss-believe",
    "/pair/b-cell-depletion_blys-inhibition?disease=sle",
    "/disease/sle",
    "/drug/rituximab",
    "/biomarker/serum-igg",
    "/lesson/f-beat-lupus-1",
    "/source/bliss-believe.s1",
    "/outcome/disease-control-off-immunosuppressants",
    "/syntheses/serious-infection-two-biologics-ra",
    "/queries/",
    "/queries/studies/superiority-side-by-side?only.verdict=missed&detail=1",
    "/search?q=lupus",
    "/data/",
    "/study/bliss-beleive",
)
#: One page of other kinds, which share the frame and look with those above, and those above in Chinese: looked at once,
#: dark and on a phone.
OTHERS = (
    *(f"{path}{'&' if '?' in path else '?'}lang=zh" for path in PAGES),
    "/compare",
    "/compare?study=synbiose-1,beat-lupus,bliss-believe,calibrate",
    "/why",
    "/syntheses/",
    "/mechanism/blys-inhibition",
    "/ae/serious-infection",
    "/target/blys",
    "/cell/plasma-cell",
    "/drug-class/tnf-inhibitor",
    "/result/bliss-believe.r001",
    "/comparison/bliss-believe.c001",
    "/arm/bliss-believe.bel-rtx",
    "/contrast/bliss-believe.c001",
    "/why?s=arm:bliss-believe.bel-rtx&p=dualbio:testsMechanismPair&o=pair:b-cell-depletion_blys-inhibition",
    "/pair/",
    "/disease/",
    "/disease/sle?by=dualbio:inDisease",
    "/search?q=zzzzzz",
    "/queries/safety/serious-infections?disease=nonsense",
)
#: WCAG 2.2 at levels A and AA.
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
#: Numbers of pages that must be on their paper.
ON_PAPER = {
    "/study/bliss-believe": ("28/144", "0.5342", "49/144", "Aranow 2024", "Table 2", "dualbio contributors"),
    "/queries/studies/missed-superiority": ("0.5342", "Table 2", "fulltext", "https://doi.org/10.1136/ard-2024-225686"),
    "/": ("BLISS-BELIEVE: missed", "SSc", "?d a dualbio:Drug }"),
    "/lesson/f-beat-lupus-1": ("47 IU/mL (25 to 88)", "seen in abstract"),
    "/pair/b-cell-depletion_blys-inhibition?disease=sle": ("1.27 (0.6 to 2.71)", "NCT05644210", "the other 29"),
    "/compare?study=synbiose-1,beat-lupus,bliss-believe,calibrate": ("28/144", "Steroid dose"),
}


#: What of some cells lies beyond the width of a screen, or of the cell itself.
_BESIDE = """(all, width) => all
    .filter(each => each.checkVisibility() && each.innerText.trim() && !each.querySelector(".hidden"))
    .filter(each => each.getBoundingClientRect().right > width || each.scrollWidth > each.clientWidth + 1)
    .map(each => each.innerText.slice(0, 80))"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a browser that has never been here."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()


def faults_of(page: Page) -> list[tuple[str, list[str], str]]:
    """Return what axe finds wrong with what a browser shows: the rule, and the elements that break it."""
    found = Axe().run(page, options=RULES).response["violations"]
    return [(each["id"], node["target"], node["html"][:120]) for each in found for node in each["nodes"][:3]]


@pytest.mark.parametrize("path", [*PAGES, *OTHERS])
def test_a_page_is_fit_for_all_readers(server: Server, page: Page, path: str) -> None:
    """No fault by axe in light and dark, no sideways scrolling on a phone, no complaint, no request elsewhere."""
    asked, complaints = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda told: complaints.append(told.text) if told.type in ("warning", "error") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    for scheme, width in (("light", 1440), ("dark", 390))[path in OTHERS :]:
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.set_viewport_size({"width": width, "height": 844})
        answer = page.goto(f"{server.url}{path}")
        refused = answer is None or not answer.ok  # which the browser tells as well
        assert (scheme, []) == (scheme, faults_of(page))
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert [] == [url for url in asked if not url.startswith((f"{server.url}/", "data:"))]
    assert [] == [text for text in complaints if not refused or "Failed to load" not in text]


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
@pytest.mark.parametrize("query", ["SELECT * { ?s a dualbio:Drug } LIMIT 5", "SELECT * { ?s rdfs:label }"])
def test_the_editor_is_fit_for_all_readers_when_it_has_asked(
    server: Server, page: Page, query: str, scheme: Literal["light", "dark"], width: int
) -> None:
    """No fault by axe in the table of an answer, nor where the editor tells what is wrong with a query."""
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(f"{server.url}/sparql?{urlencode({'query': query})}")
    page.locator(".yasqe_queryButton:visible").click()
    expect(page.locator(".yasr_results td, .errorResult pre").first).to_be_visible()
    assert [] == faults_of(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [1440, 390], ids=["desk", "phone"])
def test_every_answer_is_on_the_screen(server: Server, page: Page, width: int) -> None:
    """No header and no cell of an answer to any question, nor a word in it, waits at the side of a desk or a phone."""
    page.set_viewport_size({"width": width, "height": 844})
    beside, seen = {}, 0
    for query in requesting.get(f"{server.url}/queries/").json()["queries"]:
        page.goto(f"{server.url}{query['href']}", wait_until="domcontentloaded")
        cells = page.locator("table.answer :is(th, td)")
        seen += cells.count()
        beside[query["name"]] = cells.evaluate_all(_BESIDE, width)

    assert {} == {name: texts for name, texts in beside.items() if texts}
    assert seen > 5000


@pytest.mark.parametrize(
    "path",
    [
        "/study/bliss-believe",
        "/pair/b-cell-depletion_blys-inhibition?disease=sle",
        "/disease/sle",
        "/source/bliss-believe.s1",
        "/study/",
    ],
)
def test_a_row_of_evidence_is_on_the_screen_of_a_phone(server: Server, page: Page, path: str) -> None:
    """No cell of a table of arms, outcomes, harms, tests or studies waits at the side; each says what it is."""
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{server.url}{path}")
    page.locator("details").evaluate_all("all => all.forEach(each => { each.open = true })")
    cells = page.locator("table.rows tbody td:not(:empty)").evaluate_all(
        "all => all.filter(each => each.checkVisibility())"
        ".map(each => [each.getBoundingClientRect().right, getComputedStyle(each, '::before').content])"
    )
    assert len(cells) > 10
    assert max(right for right, _ in cells) <= 390
    assert [] == [words for _, words in cells if len(words) < len("“x: ”")]


@pytest.mark.parametrize("path", ON_PAPER)
def test_nothing_is_lost_on_paper(server: Server, page: Page, path: str) -> None:
    """What a panel prints has the numbers, the p values, the source and how it was checked; no heading ends a sheet."""
    page.goto(f"{server.url}{path}")
    paper = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    sheets = [sheet.extract_text() for sheet in paper.pages]
    text = "".join("".join(sheets).split())  # lines may break anywhere
    ends = [" ".join(sheet.strip().splitlines()[-1].split()) for sheet in sheets]
    headings = {" ".join(words.split()) for words in page.locator("h2, h3").all_inner_texts()}

    assert [] == [end for end in ends if end in headings]  # what it is about stands below it
    assert f"{len(sheets)} / {len(sheets)}" in sheets[-1]
    assert [] == [expected for expected in ON_PAPER[path] if "".join(expected.split()) not in text]


def test_a_name_is_suggested_while_it_is_written(server: Server, page: Page) -> None:
    """The search box offers things by the beginning of their names."""
    page.goto(f"{server.url}/")
    box = page.locator("header input[name=q]")
    box.press_sequentially("bliss-bel")
    page.locator("#suggested option[value='BLISS-BELIEVE']").wait_for(state="attached")


@pytest.mark.parametrize(
    "path",
    ["/", "/study/bliss-believe", "/queries/studies/missed-superiority", "/compare", "/search?q=lupus", "/sparql"],
)
def test_where_the_keyboard_is_can_be_seen(server: Server, page: Page, path: str) -> None:
    """The link to the content is seen when it has the focus; all that follows has an outline, and is on the screen."""
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"{server.url}{path}")
    page.locator(".skip").focus()
    expect(page.locator(".skip")).to_be_in_viewport()
    unseen = []
    for _ in range(30):
        page.keyboard.press("Escape")  # which lets the next Tab leave the text of the editor
        page.keyboard.press("Tab")
        seen, what = page.evaluate(_SEEN)
        unseen += [] if seen else [what]
    assert [] == unseen


#: Whether what has the focus can be seen to have it, and what it is.
_SEEN = """() => {
  const at = document.activeElement.closest(".CodeMirror") ?? document.activeElement, box = at.getBoundingClientRect();
  const inside = box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth;
  const outlined = getComputedStyle(at).outlineStyle !== "none";
  return [at === document.body || (inside && outlined), at.outerHTML.slice(0, 120)];
}"""
