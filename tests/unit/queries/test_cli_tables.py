"""Answers in the terminal: tables that fold, blocks where a table has no room, links and colours in terminals."""

from __future__ import annotations

import io

import pyoxigraph as ox
import pytest
from rich.console import Console

from dualbio.cli.tables import print_result, takes_links
from dualbio.model.namespaces import PREFIXES, individual
from dualbio.queries import CitedSources, QueryResult
from dualbio.store.embedded import EmbeddedStore

URL = "https://doi.org/10.1000/one"


def sources(**urls: str) -> CitedSources:
    """Return sources that are all called "One 2020": the address of one for each study."""
    store = EmbeddedStore(ox.Store())
    for key, url in urls.items():
        source, study = individual("source", f"{key}.s1"), individual("study", key)
        store.store.update(
            f"INSERT DATA {{ {source} a dualbio:Source ; dualbio:shortLabel 'One 2020' ; dualbio:url '{url}' ; "
            f"dualbio:sourceOf {study} . {study} dualbio:key '{key}' }}",
            prefixes=PREFIXES,
        )
    return CitedSources(store)


def result(*, columns: int = 0) -> QueryResult:
    """Return an answer of two rows, with some long columns more."""
    more = tuple(f"column{number}" for number in range(columns))
    words = ox.Literal("words that are longer than a narrow column")
    return QueryResult(
        ("studyKey", "value", "none", "source", *more),
        (
            (ox.Literal("one"), ox.Literal("0.50"), None, ox.Literal("One 2020"), *(words for _ in more)),
            (ox.NamedNode("https://w3id.org/dualbio/study/two"), ox.Literal("12"), None, None, *(None for _ in more)),
        ),
    )


def printed(answer: QueryResult, *, width: int = 80, terminal: bool = False) -> str:
    """Return what is printed in so many columns."""
    console = Console(file=io.StringIO(), width=width, force_terminal=terminal, highlight=False)
    print_result(answer, sources(one=URL), console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No terminal of the developer's counts."""
    for name in ("FORCE_HYPERLINK", "NO_COLOR", "TERM_PROGRAM", "VTE_VERSION", "WT_SESSION", "KITTY_WINDOW_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def test_a_narrow_answer_is_a_table() -> None:
    """Numbers stand to the right, IRIs are short, empty columns are named, the source's address stands below."""
    assert [
        "studyKey   value  source",
        "one         0.50  One 2020",
        "study:two     12",
        "",
        "no value in any row: none",
        "",
        "sources",
        f"  One 2020: {URL}",
    ] == printed(result()).splitlines()


@pytest.mark.parametrize("width", [40, 80])
def test_a_wide_answer_is_blocks(width: int) -> None:
    """What has no room side by side stands under each other, a block for each row, and no line is too long."""
    lines = printed(result(columns=8), width=width).splitlines()
    assert "1 of 2" == lines[0]
    assert "  studyKey  one" in lines
    assert all(len(line) <= width for line in lines)
    second = lines[lines.index("2 of 2") + 1 : lines.index("2 of 2") + 4]
    assert ["  studyKey  study:two", "  value     12", ""] == second


def test_a_wide_terminal_has_a_table() -> None:
    """With room enough the same answer is a table again."""
    assert printed(result(columns=8), width=300).startswith("studyKey")


def test_pipes_have_neither_colours_nor_links() -> None:
    """Nothing but text goes into a file, and lines end where their text ends."""
    text = printed(result(columns=8))
    assert "\x1b" not in text
    assert all(line == line.rstrip() for line in text.splitlines())


def test_terminals_that_show_links_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """The source is a hyperlink (OSC 8) to its address, which is then not written out."""
    monkeypatch.setenv("VTE_VERSION", "7200")
    text = printed(result(), terminal=True)
    assert "\x1b]8;id=" in text
    assert f";{URL}\x1b\\" in text
    assert "sources" not in text


def test_no_colour_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    """With NO_COLOR no colour is set, on a terminal too."""
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[3" not in printed(result(columns=8), terminal=True)


@pytest.mark.parametrize(
    ("environment", "terminal", "expected"),
    [
        ({}, True, False),
        ({"TERM_PROGRAM": "iTerm.app"}, True, True),
        ({"WT_SESSION": "x"}, True, True),
        ({"WT_SESSION": "x"}, False, False),
        ({"FORCE_HYPERLINK": "1"}, False, True),
        ({"FORCE_HYPERLINK": "0", "WT_SESSION": "x"}, True, False),
    ],
)
def test_links_go_where_they_are_shown(environment: dict[str, str], terminal: bool, expected: bool) -> None:
    """Terminals that are known to show links get them, pipes and others do not, and the user has the last word."""
    assert expected == takes_links(Console(file=io.StringIO(), force_terminal=terminal), environment)


def test_a_label_of_two_reports_leads_nowhere() -> None:
    """Where two reports have one label, the study of the row tells which is meant; without it there is no link."""
    two = sources(one="https://doi.org/10.1000/one", two="https://doi.org/10.1000/two")
    found = two.find("One 2020", "two")
    assert found is not None
    assert "https://doi.org/10.1000/two" == found.url
    assert two.find("One 2020") is None
    assert two.find("Other 2021") is None


def test_a_long_text_is_not_printed_again_right_below_itself() -> None:
    """Rows that share a statement print it once; a mark stands for it, and short texts are printed each time."""
    said = "a lesson that takes more than one line of its column, " * 2
    rows = tuple((ox.Literal(said), ox.Literal("VEGA"), ox.Literal(number)) for number in ("1", "2"))
    answer = QueryResult(("lesson", "studyName", "value"), (*rows, (ox.Literal("another"), *rows[0][1:])))
    lines = printed(answer).splitlines()
    assert 1 == printed(answer).count("a lesson that")
    assert ["″", "VEGA", "2"] == next(line for line in lines if line.startswith("″")).split()
    assert 3 == printed(answer).count("VEGA")


def test_a_terminal_says_how_many_rows_it_does_not_show() -> None:
    """A long answer is cut after a row that a person still reads, with the number of all; a pipe and a file get all."""
    answer = QueryResult(("value",), tuple((ox.Literal(str(number)),) for number in range(400)))

    def folded(*, terminal: bool, fold: bool) -> str:
        console = Console(file=io.StringIO(), width=80, force_terminal=terminal, highlight=False, no_color=True)
        print_result(answer, sources(), console, fold=fold)
        assert isinstance(console.file, io.StringIO)
        return console.file.getvalue()

    shown = folded(terminal=True, fold=True)
    assert len(shown.splitlines()) < 160
    assert "149 of 400 rows are shown; all of them: --limit 400" in shown
    for whole in (folded(terminal=True, fold=False), folded(terminal=False, fold=True)):
        assert "399" in whole
        assert "rows are shown" not in whole
