"""The faces give one answer: Python, HTTP and the command line, byte for byte that of the file beside the query."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from html import escape
from pathlib import Path
from urllib.parse import urlencode

import pytest
import yaml
from click.testing import CliRunner
from click.testing import Result as ClickResult
from flask.testing import FlaskClient
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate

from described import expanded
from dualbio.cli.main import cli
from dualbio.database import Database
from dualbio.errors import ParameterError
from dualbio.queries import PARTS, Library, QueryResult, Resolver, SavedQuery, run_query
from dualbio.release.folder import Release
from dualbio.settings import Settings
from dualbio.sources.folders import shipped_sources
from dualbio.store.embedded import EmbeddedStore
from dualbio.store.workers import WorkerPool
from dualbio_server.app import make_app
from dualbio_server.service import Options, Service, open_release, pool_settings

_LIBRARY = Library.read(shipped_sources().queries)
NAMES = tuple(_LIBRARY)

Ask = Callable[..., bytes]
Given = Mapping[str, list[str]]


@pytest.fixture(scope="module")
def client(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """A client of the service over the real release."""
    settings = Settings(releases=release.folder.parent)
    served = open_release(release.folder)
    with WorkerPool(pool_settings(settings, served, tmp_path_factory.mktemp("pool"))) as pool:
        app = make_app(Service(settings, served, pool.client(queue_wait=5), Options(access_log=False)))
        yield app.test_client()


@pytest.fixture(scope="module")
def http(client: FlaskClient) -> Ask:
    """A function that asks over HTTP."""

    def ask(name: str, form: str, given: Given) -> bytes:
        answer = client.get(f"/queries/{name}.{form}?{urlencode(given, doseq=True)}")
        assert 200 == answer.status_code, answer.text
        data: bytes = answer.data
        return data

    return ask


@pytest.fixture(scope="module")
def shell(release: Release, store: EmbeddedStore) -> Iterator[Ask]:
    """A function that asks on the command line, in this process and over the store that is loaded already."""
    database = Database(release, shipped_sources().queries, store=store)

    def ask(name: str, form: str, given: Given) -> bytes:
        params = [word for key, values in given.items() for value in values for word in ("-p", f"{key}={value}")]
        done = CliRunner().invoke(cli, ["query", name, *params, "--format", form], catch_exceptions=False)
        assert 0 == done.exit_code, done.stderr
        return done.stdout_bytes

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dualbio.cli.query.open_database", lambda *_: database)
        yield ask


@pytest.fixture
def command(shell: Ask) -> Callable[..., ClickResult]:  # noqa: ARG001 - it opens the database
    """A function that runs `dualbio` with some words, over the store that is loaded already."""
    return lambda *words: CliRunner().invoke(cli, words)


def required(query: SavedQuery) -> dict[str, list[str]]:
    """Return the examples of the parameters that must be given."""
    return {param.name: list(map(str, param.examples)) for param in query.params if not query.defaults[param.name]}


def questions(query: SavedQuery) -> Iterator[dict[str, list[str]]]:
    """Yield what to ask with: each example alone, each list as a whole, and the first example of all at once."""
    needed = required(query)
    for param in query.params:
        examples = list(map(str, param.examples))
        yield from ({**needed, param.name: [each]} for each in examples)
        if param.list and len(examples) > 1:
            yield {**needed, param.name: examples}
    yield {**needed, **{param.name: [str(param.examples[0])] for param in query.params}}


@pytest.mark.parametrize("name", NAMES)
def test_all_faces_answer_as_expected(
    name: str, http: Ask, shell: Ask, library: Library, answer: Callable[[str], QueryResult]
) -> None:
    """With the defaults (and the examples of required parameters) all faces give the one expected answer."""
    query = library[name]
    given = required(query)
    csv = query.expected.read_bytes() if query.expected else answer(name).to_csv()
    assert csv == answer(name).to_csv()
    assert csv == http(name, "csv", given)
    assert csv == shell(name, "csv", given)
    document = answer(name).to_json()
    assert document == http(name, "json", given)
    assert document + b"\n" == shell(name, "json", given)


@pytest.mark.parametrize("name", [name for name in NAMES if _LIBRARY[name].params])
def test_parameters_work_alike(
    name: str, http: Ask, shell: Ask, library: Library, store: EmbeddedStore, resolver: Resolver
) -> None:
    """Whatever is given, single values, lists and all parameters at once, the faces give the same answer."""
    for given in questions(library[name]):
        expected = run_query(library[name], store, given, resolver=resolver).to_csv()
        assert expected == http(name, "csv", given), given
        assert expected == shell(name, "csv", given), given


def test_a_parameter_left_empty_sets_no_limit(
    http: Ask, library: Library, answer: Callable[[str], QueryResult]
) -> None:
    """A field of a form that stays empty leaves its default, which for these parameters is no limit at all."""
    query = library["safety/deaths"]
    assert (None,) == query.defaults["disease"]
    assert answer(query.name).to_csv() == http(query.name, "csv", {"disease": [""], "pair": [""]})


@pytest.mark.parametrize("name", NAMES)
def test_every_query_has_its_page(name: str, client: FlaskClient) -> None:
    """The page of each query is made without a mistake, with its question on it."""
    page = client.get(f"/queries/{name}", headers={"Accept": "text/html"})
    assert (200, "text/html; charset=utf-8") == (page.status_code, page.content_type)
    assert f"/queries/{name}.csv" in page.text


def test_sources_lead_to_their_pages(client: FlaskClient) -> None:
    """The source of a number is a link to the page of that source, of the study in the same row."""
    page = client.get("/queries/studies/missed-superiority.html?disease=sle").text
    assert '<a href="/source/bliss-believe.s1">Aranow 2024, Ann Rheum Dis</a>' in page
    assert 200 == client.get("/source/bliss-believe.s1", headers={"Accept": "text/html"}).status_code


def test_the_library_is_described_as_an_api(client: FlaskClient) -> None:
    """The OpenAPI document of the real library is valid, not too large to load, and its examples fit their schemas."""
    answer = client.get("/openapi.json")
    validate(answer.get_json())
    assert len(answer.data) < 850_000  # what several operations share is told once
    document = expanded(answer.get_json())
    assert {f"/queries/{name}" for name in NAMES} < set(document["paths"])
    for item in document["paths"].values():
        for parameter in item["get"].get("parameters", []):
            if "example" in parameter:
                OAS31Validator(parameter["schema"]).validate(parameter["example"])


@pytest.mark.parametrize("name", NAMES)
def test_other_tools_can_run_the_files(name: str, client: FlaskClient, library: Library) -> None:
    """Read as grlc reads files, a head has its fields, and what is left of the text runs at the endpoint as it is.

    grlc takes summary, description and tags from the YAML of the `#+` lines, and sends all other lines. The answer has
    the rows of the saved query in the columns of the file; types are what the library adds.
    """
    query = library[name]
    lines = query.text.split("\n")
    head = yaml.safe_load("\n".join(line.lstrip("#+") for line in lines if line.startswith("#+")))
    assert (query.head.summary, list(query.head.tags)) == (head["summary"], head["tags"])
    assert query.head.description == head["description"].strip()
    assert not {"defaults", "endpoint", "enumerate", "method", "pagination", "transform"} & head.keys()
    body = "\n".join(line for line in lines if not line.startswith("#+"))
    answer = client.post("/sparql", data={"query": body}, headers={"Accept": "application/sparql-results+json"})
    assert 200 == answer.status_code
    if not required(query):
        found = QueryResult.from_json(answer.data)
        saved = QueryResult.from_json(client.get(f"/queries/{name}.json").data)
        assert [{c: row[c] for c in found.columns if c in row} for row in saved.records()] == found.records()


@pytest.mark.parametrize("form", ["csv", "tsv", "json", "xml", "md", "parquet"])
def test_the_command_line_and_http_send_the_same_formats(
    form: str, tmp_path: Path, http: Ask, command: Callable[..., ClickResult]
) -> None:
    """The name of a file says what is written into it; it holds what HTTP sends under that extension."""
    file = tmp_path / f"answer.{form}"
    assert 0 == command("query", "deaths", "-p", "disease=sle", "-o", str(file)).exit_code
    sent = http("safety/deaths", form, {"disease": ["sle"]})
    assert sent.rstrip(b"\n") == file.read_bytes().rstrip(b"\n")


@pytest.mark.parametrize("form", ["csv", "tsv"])
def test_a_byte_order_mark_is_the_same_in_all_faces(
    form: str, http: Ask, command: Callable[..., ClickResult], answer: Callable[[str], QueryResult]
) -> None:
    """Asked for the mark, Python, HTTP and the command line begin the same file with it."""
    write = {"csv": QueryResult.to_csv, "tsv": QueryResult.to_tsv}[form]
    marked = write(answer("safety/deaths"), bom=True)
    assert marked == http("safety/deaths", form, {"bom": ["1"]})
    assert marked == command("query", "deaths", "--format", form, "--bom").stdout_bytes
    assert 2 == command("query", "deaths", "--bom").exit_code


def test_an_answer_is_cited_alike_in_all_faces(
    http: Ask,
    shell: Ask,
    command: Callable[..., ClickResult],
    client: FlaskClient,
    answer: Callable[[str], QueryResult],
) -> None:
    """Python, HTTP and the command line give one sentence, one BibTeX and one RIS for one question."""
    citation = answer("missed-superiority").cite()
    for form, text in (("bib", citation.bibtex), ("ris", citation.ris)):
        assert text == http("studies/missed-superiority", form, {}).decode()
        assert text.rstrip("\n") == shell("missed-superiority", form, {}).decode().rstrip("\n")
    assert f"{citation}\n\n{citation.bibtex}" == command("query", "missed-superiority", "--cite").stdout
    got = client.get("/queries/studies/missed-superiority", headers={"Accept": "application/x-bibtex"})
    assert (200, citation.bibtex) == (got.status_code, got.text)
    assert f'<{citation.address}>; rel="cite-as"' in got.headers["Link"]
    assert {"10.1136/ard-2024-225686", "10.1002/art.20221"} < {source.doi for source in citation.sources}


def test_short_forms_of_the_command(command: Callable[..., ClickResult], tmp_path: Path) -> None:
    """`--json` is a format, a file may hold the table, and a name that ends in nothing known is refused."""
    asked = ("query", "deaths", "-p", "disease=sle")
    assert command(*asked, "--format", "json").stdout == command(*asked, "--json").stdout
    table = tmp_path / "answer.txt"
    assert 0 == command(*asked, "--format", "table", "-o", str(table)).exit_code
    assert table.read_text(encoding="utf-8") == command(*asked).stdout
    refused = command(*asked, "-o", str(tmp_path / "answer.doc"))
    assert 2 == refused.exit_code
    assert (
        "has no known file extension; accepted: .csv, .tsv, .json, .xml, .md, .parquet, .bib, .ris, or --format"
        in refused.stderr
    )


def test_the_command_tells_all_about_a_query(command: Callable[..., ClickResult], library: Library) -> None:
    """`dualbio queries NAME` prints the description, every parameter and every column; with --json the same as data."""
    query = library["safety/deaths"]
    words = " ".join(command("queries", "deaths").stdout.split())
    told = [query.head.description, *(p.description for p in query.params), *(c.meaning for c in query.columns)]
    assert [] == [each for each in told if " ".join(each.split()) not in words]
    (entry,) = json.loads(command("queries", "deaths", "--json").stdout)
    assert [param.name for param in query.params] == entry["params"]


def test_tables_name_where_sources_can_be_read(command: Callable[..., ClickResult]) -> None:
    """The table of an answer ends with the address of each source."""
    text = command("query", "missed-superiority", "-p", "disease=sle").stdout
    (line,) = [each for each in text.splitlines() if each.startswith("  Aranow 2024, Ann Rheum Dis: ")]
    assert line.split(": ", 1)[1].startswith("https://")


LUPUS = {"disease": ["sle"], "pair": ["b-cell-depletion+blys-inhibition"]}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("name", ["safety/serious-infections", "safety/deaths", "efficacy/flares"])
def test_both_parts_beside_an_answer_are_the_same_in_all_faces(
    name: str, part: str, http: Ask, command: Callable[..., ClickResult], library: Library, store: EmbeddedStore
) -> None:
    """What is left out and what is not known are tables of their own, equal in Python, over HTTP and in the shell."""
    answer = run_query(library[name], store, LUPUS)
    table = answer.left_out if part == "left-out" else answer.not_known
    options = [word for key, values in LUPUS.items() for word in ("-p", f"{key}={values[0]}")]
    printed = command("query", name, *options, "--part", part, "--format", "csv")
    assert table.to_csv() == http(name, "csv", {**LUPUS, "part": [part]}) == printed.stdout_bytes
    document = json.loads(http(name, "json", LUPUS))
    assert {"count": len(table), "rows": table.records()} == document[part.replace("-", "_")]


def test_people_read_the_same_sentences_everywhere(
    http: Ask, client: FlaskClient, command: Callable[..., ClickResult], library: Library, store: EmbeddedStore
) -> None:
    """Terminal, page, Markdown and Python say the same below the answer, each in full."""
    notes = run_query(library["safety/serious-infections"], store, LUPUS).notes
    assert any(note.startswith("Not known, serious infection: ") for note in notes)
    page = client.get(f"/queries/safety/serious-infections.html?{urlencode(LUPUS, doseq=True)}").text
    markdown = http("safety/serious-infections", "md", LUPUS).decode()
    options = [word for key, values in LUPUS.items() for word in ("-p", f"{key}={values[0]}")]
    terminal = " ".join(command("query", "serious-infections", *options).stdout.split())
    for note in notes:
        assert f'<p class="note">{escape(note)}</p>' in page
        assert f"{note}\n" in markdown
        assert note in terminal


def test_an_unknown_part_is_refused(client: FlaskClient) -> None:
    """A part that no answer has is told with the two that there are."""
    refused = client.get("/queries/safety/deaths.csv?part=rest")
    assert (400, "part is 'rest'; accepted: left-out, not-known") == (refused.status_code, refused.get_json()["detail"])


def test_columns_order_and_number_of_rows_are_chosen(command: Callable[..., ClickResult]) -> None:
    """`--columns`, `--sort` and `--limit` work for every format; a name that is none is told with the nearest."""
    asked = ("query", "deaths", "--columns", "studyName,total", "--sort", "-total", "--limit", "3", "--format", "csv")
    head, *rows = csv.reader(io.StringIO(command(*asked).stdout))
    assert (["studyName", "total"], 3) == (head, len(rows))
    totals = [int(row[1]) for row in rows]
    assert sorted(totals, reverse=True) == totals
    assert totals[0] == max(int(row["total"]) for row in whole(command, "deaths") if row["total"])
    refused = command("query", "deaths", "--columns", "study").exception
    assert isinstance(refused, ParameterError)
    assert "there is no column 'study'; accepted: studyName, " in str(refused)


def whole(command: Callable[..., ClickResult], name: str) -> list[dict[str, str]]:
    """Return all rows of an answer."""
    return list(csv.DictReader(io.StringIO(command("query", name, "--format", "csv").stdout)))


def test_every_column_can_be_printed(command: Callable[..., ClickResult], library: Library) -> None:
    """With `--all-columns` the terminal prints what the data call their columns, those without a value below."""
    text = command("query", "deaths", "--all-columns").stdout
    assert [] == [column.name for column in library["safety/deaths"].columns if column.name not in text]


def test_the_list_never_breaks_a_name(command: Callable[..., ClickResult]) -> None:
    """Every name of the list of queries stands whole on its line, so that it can be copied."""
    words = set(command("queries").stdout.split())
    assert [] == [name for name in NAMES if name not in words]


def test_the_answer_comes_before_the_form(client: FlaskClient) -> None:
    """The form is folded above an answer, with what was asked in its fold; it is open where nothing is answered."""
    page = client.get("/queries/safety/deaths.html?disease=sle").text
    assert '<details class="ask">\n<summary>Asked: disease sle</summary>' in page
    refused = client.get("/queries/safety/deaths.html?disease=nothing")
    assert (400, True) == (refused.status_code, '<details class="ask" open>' in refused.text)
