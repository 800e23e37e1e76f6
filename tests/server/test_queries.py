"""Saved queries over HTTP: the list, every format, parameters, pages, tables of questions, and mistakes."""

from __future__ import annotations

import csv
import io
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

import requesting
from dualbio.cli.main import cli
from dualbio.settings import Settings
from dualbio.store.workers import WorkerPool
from dualbio_server.app import make_app
from dualbio_server.service import Options, Service, open_release, pool_settings
from running import Server, wait_until

HEAD = """\
#+ summary: Which results has a study?
#+ description: Results of the toy studies.
#+ tags: [toy]
#+ params:
#+ - name: study
#+   type: study
#+   list: true
#+   example: s1
#+   description: studies
#+ - {name: least, type: integer, example: 3, description: fewest events}
#+ columns:
#+ - {name: result, meaning: the result}
#+ - {name: events, meaning: its events, unit: people}
SELECT ?result ?events
WHERE {
  VALUES ?study { UNDEF }
  VALUES ?least { 0 }
  ?study dualbio:hasArm ?arm .
  ?result dualbio:arm ?arm ; dualbio:events ?events .
  FILTER (?events >= ?least)
}
ORDER BY ?result
"""
REQUIRED = """\
#+ summary: What is a drug called?
#+ description: Needs a drug.
#+ tags: [toy]
#+ params:
#+ - {name: drug, type: drug, example: rituximab, description: the drug}
#+ - name: words
#+   type: enum
#+   values: [label, name]
#+   example: label
#+   description: how it is called
#+ columns:
#+ - {name: label, meaning: 'a label, in any language'}
SELECT ?label
WHERE {
  VALUES ?drug { }
  VALUES ?words { UNDEF }
  ?drug rdfs:label ?label
  FILTER (!BOUND(?words) || ?words = "label")
}
ORDER BY ?label
"""

OWN = """\
#+ summary: How many results are there?
#+ description: Counts them.
#+ tags: [mine]
#+ columns:
#+ - {name: results, meaning: number of results, unit: results}
SELECT (COUNT(?result) AS ?results)
WHERE {
  ?result dualbio:events ?events
}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two toy queries."""
    folder = tmp_path_factory.mktemp("library") / "queries"
    for name, text in (("toy/results", HEAD), ("toy/labels", REQUIRED)):
        path = folder / f"{name}.rq"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def client(
    folder: Path, settings: Settings, options: Options, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FlaskClient]:
    """A client of an application with the toy queries over the small release."""
    release = open_release(settings.releases / "current")
    own = settings.model_copy(update={"queries": folder})
    with WorkerPool(pool_settings(own, release, tmp_path_factory.mktemp("pool"))) as pool:
        yield make_app(Service(own, release, pool.client(queue_wait=options.queue_wait), options)).test_client()


def rows_of(body: bytes) -> list[dict[str, str]]:
    """Return the rows of a CSV document."""
    return list(csv.DictReader(io.StringIO(body.decode())))


def test_the_list_tells_what_can_be_asked(client: FlaskClient) -> None:
    """Machines get names, questions, parameters and columns; people get a page with links."""
    listed = client.get("/queries/", headers={"Accept": "application/json"}).get_json()["queries"]
    assert ["toy/labels", "toy/results"] == [entry["name"] for entry in listed]
    assert [("study", True, False), ("least", False, False)] == [
        (param["name"], param["list"], param["required"]) for param in listed[1]["params"]
    ]
    page = client.get("/queries/", headers={"Accept": "text/html"})
    assert "text/html; charset=utf-8" == page.content_type
    assert "Which results has a study?" in page.text
    assert '/queries/toy/results"' in page.text


def test_a_topic_has_its_list(client: FlaskClient) -> None:
    """The queries of one topic are listed; an unknown topic is told with those that exist."""
    assert 2 == len(client.get("/queries/toy/").get_json()["queries"])
    answer = client.get("/queries/nope/")
    assert (404, ["toy"]) == (answer.status_code, answer.get_json(force=True)["accepted"])


@pytest.mark.parametrize(
    ("extension", "content_type"),
    [
        ("csv", "text/csv; charset=utf-8"),
        ("tsv", "text/tab-separated-values; charset=utf-8"),
        ("json", "application/json; charset=utf-8"),
        ("srj", "application/sparql-results+json; charset=utf-8"),
        ("xml", "application/xml; charset=utf-8"),
        ("md", "text/markdown; charset=utf-8"),
        ("parquet", "application/vnd.apache.parquet"),
        ("rq", "application/sparql-query; charset=utf-8"),
        ("html", "text/html; charset=utf-8"),
    ],
)
def test_every_format_by_extension_and_by_negotiation(extension: str, content_type: str, client: FlaskClient) -> None:
    """The extension and the Accept header lead to the same bytes."""
    by_extension = client.get(f"/queries/toy/results.{extension}?study=s1")
    assert (200, content_type) == (by_extension.status_code, by_extension.content_type)
    media_type = content_type.partition(";")[0]
    negotiated = client.get("/queries/toy/results?study=s1", headers={"Accept": media_type})
    assert (200, content_type) == (negotiated.status_code, negotiated.content_type)
    if extension != "html":
        assert by_extension.data == negotiated.data


def test_formats_agree(client: FlaskClient) -> None:
    """JSON, XML and TSV hold the same terms, CSV the same values."""
    forms = {"json": ox.QueryResultsFormat.JSON, "xml": ox.QueryResultsFormat.XML, "tsv": ox.QueryResultsFormat.TSV}
    answers = []
    for extension, form in forms.items():
        solutions = ox.parse_query_results(client.get(f"/queries/toy/results.{extension}?study=s1").data, form)
        assert isinstance(solutions, ox.QuerySolutions)
        answers.append([tuple(solution) for solution in solutions])
    assert answers[0] == answers[1] == answers[2]
    values = [tuple(row.values()) for row in rows_of(client.get("/queries/toy/results.csv?study=s1").data)]
    assert [tuple(cell.value for cell in row) for row in answers[0]] == values


def test_parameters_narrow_the_answer(client: FlaskClient) -> None:
    """A list comes by repetition or with commas, by key or label; an empty field is left out."""
    whole = rows_of(client.get("/queries/toy/results.csv").data)
    assert 20 * 3 * 10 == len(whole)
    assert whole == rows_of(client.get("/queries/toy/results.csv?study=&least=").data)
    repeated = rows_of(client.get("/queries/toy/results.csv?study=s1&study=Study+2").data)
    assert 2 * 3 * 10 == len(repeated)
    assert repeated == rows_of(client.get("/queries/toy/results.csv?study=s1,study:s2").data)
    assert all(int(row["events"]) >= 9 for row in rows_of(client.get("/queries/toy/results.csv?least=9").data))


@pytest.mark.parametrize(
    ("path", "status", "code", "words"),
    [
        ("/queries/toy/results?study=s99x", 400, "parameter", "found no study 's99x'"),
        ("/queries/toy/results?studi=s1", 400, "parameter", "accepted: study, least; did you mean 'study'?"),
        ("/queries/toy/results?least=many", 400, "parameter", "accepted: a whole number"),
        ("/queries/toy/results?least=1&least=2", 400, "parameter", "found 2 values; accepted: one"),
        ("/queries/toy/labels", 400, "parameter", "parameter 'drug' is missing"),
        ("/queries/toy/labels?drug=rituximab&words=lable", 400, "parameter", "did you mean 'label'?"),
        ("/queries/toy/result", 404, "no-such-query", "did you mean 'toy/results'?"),
        ("/queries/toy/results.pdf", 404, "no-such-format", "accepted: "),
        ("/queries/toy/results?limit=0", 400, "limit", "accepted: a whole number from 1"),
        ("/queries/toy/results?offset=-1", 400, "offset", "accepted: a whole number from 0"),
        ("/queries/toy/results?format=pdf", 406, "not-acceptable", "matches nothing offered"),
    ],
)
def test_mistakes_are_problem_details(path: str, status: int, code: str, words: str, client: FlaskClient) -> None:
    """Each mistake has its status, its code, and words that say what is accepted."""
    answer = client.get(path)
    assert (status, "application/problem+json") == (answer.status_code, answer.mimetype)
    problem = json.loads(answer.data)
    assert problem["type"].endswith(f"/{code}")
    assert words in problem["detail"]


@pytest.mark.parametrize("text", ["} SELECT * { ?s ?p ?o", '"', "<x> } ?a", "s1> <http://example.org/", "\\u0022"])
def test_no_text_gets_into_the_query(text: str, client: FlaskClient) -> None:
    """What is no name of a study is refused, whatever it looks like."""
    assert 400 == client.get("/queries/toy/results", query_string={"study": text}).status_code


def links_of(header: str) -> dict[str, str]:
    """Return target by relation of a Link header, the last one of each relation."""
    parts = (part.split(";") for part in header.split(", <"))
    return {part[1].split('"')[1]: part[0].strip("<> ") for part in parts}


def test_pages_are_linked(client: FlaskClient) -> None:
    """Following `next` from the first page gives every row once."""
    whole = rows_of(client.get("/queries/toy/results.csv?study=s1").data)
    seen: list[dict[str, str]] = []
    path: str | None = "/queries/toy/results.csv?study=s1&limit=7"
    while path:
        answer = client.get(path)
        seen += rows_of(answer.data)
        assert str(len(whole)) == answer.headers["Dualbio-Rows"]
        path = links_of(answer.headers["Link"]).get("next")
    assert whole == seen


def test_a_page_shows_form_rows_and_lines_to_copy(client: FlaskClient) -> None:
    """The page has the entered values, rows with links, downloads with the same parameters, and lines to copy."""
    page = client.get("/queries/toy/results?study=s1&least=2", headers={"Accept": "text/html"}).text
    assert 'value="s1"' in page
    assert '<a href="/result/s1.r02">result:s1.r02</a>' in page
    assert '/queries/toy/results.csv?study=s1&amp;least=2"' in page
    assert "dualbio query toy/results -p study=s1 -p least=2 --format csv" in page
    assert "600 rows, 1 to 40 shown" in client.get("/queries/toy/results", headers={"Accept": "text/html"}).text


def test_a_page_without_its_required_parameter_shows_the_form(client: FlaskClient) -> None:
    """People who have entered nothing yet get the form and a notice instead of an error."""
    page = client.get("/queries/toy/labels", headers={"Accept": "text/html"})
    assert 200 == page.status_code
    assert "parameter &#39;drug&#39; is missing" in page.text
    assert "<select" in page.text


def test_markup_in_data_and_parameters_is_escaped(client: FlaskClient) -> None:
    """A parameter cannot bring markup into the page."""
    page = client.get("/queries/toy/results", query_string={"study": "<script>"}, headers={"Accept": "text/html"})
    assert (400, "text/html") == (page.status_code, page.mimetype)
    assert "found no study &#39;&lt;script&gt;&#39;" in page.text
    assert "<script>" not in page.text


def test_the_text_is_the_one_that_runs(client: FlaskClient) -> None:
    """The SPARQL text without parameters is the file itself; with parameters it holds their terms."""
    assert HEAD == client.get("/queries/toy/results.rq").text
    bound = client.get("/queries/toy/results.rq?study=s1").text
    assert "VALUES ?study { <https://w3id.org/dualbio/study/s1> }" in bound
    through = client.post("/sparql", data={"query": bound}, headers={"Accept": "text/csv"})
    assert through.data == client.get("/queries/toy/results.csv?study=s1").data


def test_answers_can_be_kept(client: FlaskClient) -> None:
    """A client that has an answer is told that it still holds."""
    first = client.get("/queries/toy/results.csv?study=s1")
    again = client.get("/queries/toy/results.csv?study=s1", headers={"If-None-Match": first.headers["ETag"]})
    assert (304, b"") == (again.status_code, again.data)


def test_a_form_may_be_posted(client: FlaskClient) -> None:
    """Long lists of parameters go in the body of a form."""
    posted = client.post("/queries/toy/results.csv", data={"study": ["s1", "s2"], "least": ""})
    assert client.get("/queries/toy/results.csv?study=s1,s2").data == posted.data


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/csv", b"study,least\r\ns1,9\r\nStudy 2,\r\n"),
        ("application/json", b'[{"study": "s1", "least": 9}, {"study": ["Study 2"]}]'),
    ],
)
def test_a_table_of_parameters_is_answered_row_by_row(content_type: str, body: bytes, client: FlaskClient) -> None:
    """Each row of the table is a question; its answer comes after what was asked."""
    answer = client.post("/queries/toy/results.csv", data=body, content_type=content_type)
    rows = rows_of(answer.data)
    single = [
        *({"askedStudy": "s1", "askedLeast": "9", **row} for row in rows_of(
            client.get("/queries/toy/results.csv?study=s1&least=9").data)),
        *({"askedStudy": "Study 2", "askedLeast": "", **row} for row in rows_of(
            client.get("/queries/toy/results.csv?study=s2").data)),
    ]  # fmt: skip
    assert single == rows


@pytest.mark.parametrize(
    ("content_type", "body", "status", "words"),
    [
        ("text/csv", b"study\ns1\nnobody\n", 400, "question 2: parameter 'study': found no study 'nobody'"),
        ("text/csv", b"study\ns1,s2\n", 400, "question 1: more cells than the head has"),
        ("text/csv", b"", 400, "found no questions; accepted: 1 to 1000"),
        ("text/csv", b"study\n\xff\n", 400, "the body is not text/csv"),
        ("application/json", b'{"study": "s1"}', 400, "found no array of objects"),
        ("application/json", b'[{"study": {"a": 1}}]', 400, "question 1: 'study' is nested"),
        ("application/json", b"[{}", 400, "the body is not application/json"),
        ("application/json", b"[" + b"{}," * 1000 + b"{}]", 400, "found more than 1000 questions; accepted: 1 to 1000"),
        ("application/xml", b"<a/>", 415, "accepted: application/x-www-form-urlencoded"),
    ],
)
def test_a_wrong_table_is_told(content_type: str, body: bytes, status: int, words: str, client: FlaskClient) -> None:
    """Each mistake in a table is told with the number of the question, or with what is accepted."""
    answer = client.post("/queries/toy/results.csv", data=body, content_type=content_type)
    assert status == answer.status_code
    assert words in json.loads(answer.data)["detail"]


def test_a_table_has_no_page(client: FlaskClient) -> None:
    """Answers to many questions come as data alone."""
    answer = client.post("/queries/toy/results.html", data=b"study\ns1\n", content_type="text/csv")
    assert 406 == answer.status_code


def test_every_question_that_does_not_fit_is_told(client: FlaskClient) -> None:
    """The problem lists each row that does not fit, with what is wrong with each parameter; nothing is answered."""
    body = b"study,least,when\ns1,1,\nnobody,many,\ns2,2,\ns3,,now\n"
    problem = client.post("/queries/toy/results.csv", data=body, content_type="text/csv").get_json(force=True)
    told = [(each["question"], sorted(each["faults"])) for each in problem["questions"]]
    assert [(2, ["least", "study"]), (4, ["when"])] == told
    assert "1 more question does not fit" in problem["detail"]


def test_all_parameters_that_do_not_fit_are_told(client: FlaskClient) -> None:
    """Programs get every fault under the name of its parameter."""
    problem = client.get("/queries/toy/results.json?study=nobody&least=many&extra=").get_json(force=True)
    assert {"study", "least", "extra"} == set(problem["faults"])
    assert "accepted: a whole number" in problem["faults"]["least"]


def test_a_mistake_stands_beside_its_field(client: FlaskClient) -> None:
    """People get the form again with what they entered, and each fault at its field, tied to it for screen readers."""
    page = client.get("/queries/toy/results?study=nobody&least=2", headers={"Accept": "text/html"})
    assert 400 == page.status_code
    field = page.text.split('id="p-study"')[1].split("</div>")[0]
    assert 'value="nobody"' in field
    assert 'aria-describedby="p-study-hint p-study-fault" aria-invalid="true"' in field
    assert 'id="p-study-fault" role="alert">found no study &#39;nobody&#39;' in field
    assert 'value="2"' in page.text
    assert "p-least-fault" not in page.text


def test_a_wrong_choice_is_told_too(client: FlaskClient) -> None:
    """A value that is none of the choices of a list does not break the page."""
    page = client.get("/queries/toy/labels?drug=aspirin&words=nothing", headers={"Accept": "text/html"})
    assert 400 == page.status_code
    assert "found no drug &#39;aspirin&#39;" in page.text
    assert "accepted: label, name" in page.text


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's own folder with one query."""
    path = tmp_path_factory.mktemp("user") / "own" / "mine" / "counts.rq"
    path.parent.mkdir(parents=True)
    path.write_text(OWN, encoding="utf-8")
    return path.parents[1]


def test_own_queries_are_served_beside_the_others(
    own: Path, releases: Path, serve: Callable[..., Server], server: Server
) -> None:
    """A folder of own queries has its topic in the list, its pages, and its place in OpenAPI; the data are the same."""
    url = serve(releases, own_queries=json.dumps([str(own)])).url
    assert "mine/counts" in {entry["name"] for entry in requesting.get(f"{url}/queries/").json()["queries"]}
    assert ["mine/counts"] == [entry["name"] for entry in requesting.get(f"{url}/queries/mine/").json()["queries"]]
    assert "How many results are there?" in requesting.get(f"{url}/queries/mine/counts.html").text
    assert "/queries/mine/counts" in requesting.get(f"{url}/openapi.json").json()["paths"]
    answer = requesting.get(f"{url}/queries/mine/counts.csv")
    assert "results\r\n600\r\n" == answer.text
    assert requesting.get(f"{server.url}/queries/").headers["Dualbio-Release"] == answer.headers["Dualbio-Release"]
    assert 404 == requesting.get(f"{server.url}/queries/mine/counts").status_code


def test_own_queries_change_at_a_signal_and_only_when_they_are_sound(
    own: Path, releases: Path, tmp_path: Path, serve: Callable[..., Server]
) -> None:
    """What is edited below a running service is served after SIGHUP; a mistake is told there and changes nothing."""
    folder = tmp_path / "changing"
    shutil.copytree(own, folder)
    query = folder / "mine" / "counts.rq"
    server = serve(releases, own_queries=json.dumps([str(folder)]))
    first = query.read_text(encoding="utf-8")

    def summaries() -> set[str]:
        lists = [requesting.get(f"{server.url}/queries/mine/") for _ in range(8)]  # from each web process
        return {entry["summary"] for answer in lists for entry in answer.raise_for_status().json()["queries"]}

    def reload(text: str, told: str) -> None:
        query.write_text(text, encoding="utf-8")
        assert summaries() == {"How many results are there?"}
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: told in server.log.read_text(encoding="utf-8"), lambda: server.log.read_text("utf-8"))

    reload(first.replace("name: results", "name: result"), "not switched: changing/mine/counts.rq:5: columns")
    assert summaries() == {"How many results are there?"}
    reload(first.replace("there?", "here?"), "serving 0.1.0-")
    wait_until(lambda: summaries() == {"How many results are here?"}, lambda: str(summaries()))


def test_a_full_disk_at_the_signal_changes_nothing(
    own: Path, releases: Path, tmp_path: Path, serve: Callable[..., Server]
) -> None:
    """What cannot be stored is told in the log, what was served still is, and once there is room the change comes."""
    folder = tmp_path / "growing"
    shutil.copytree(own, folder)
    server = serve(releases, own_queries=json.dumps([str(folder)]), web_workers="1")
    query, url = folder / "mine" / "counts.rq", f"{server.url}/queries/mine/counts.csv"
    query.write_text(OWN.replace("there?", "now?") + 200_000 * "#", encoding="utf-8")
    supervisors = server.supervisors

    def reload(room: int, told: str) -> None:
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: told in server.log.read_text(encoding="utf-8"), lambda: server.log.read_text("utf-8"))

    reload(100_000, "not switched: [Errno 27] File too large")
    assert requesting.get(url).text == "results\r\n600\r\n"
    assert server.supervisors == supervisors
    reload(resource.RLIM_INFINITY, "serving 0.1.0-")
    wait_until(lambda: "now?" in requesting.get(f"{server.url}/queries/mine/").text, lambda: "the change did not come")
    wait_until(lambda: len(server.supervisors) == 1 and server.supervisors != supervisors)


def test_the_command_line_names_the_folder(own: Path, releases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`dualbio serve --queries DIR` serves with the folder in its settings."""
    served: list[Settings] = []
    monkeypatch.setattr("dualbio_server.run", served.append)
    CliRunner().invoke(cli, ["serve", "--store", str(releases), "--queries", str(own)], catch_exceptions=False)
    assert [(own.resolve(),)] == [settings.own_queries for settings in served]


def test_a_broken_query_stops_the_start(own: Path, releases: Path, tmp_path: Path) -> None:
    """A mistake in an own query ends `dualbio serve` with file and line before anything is served."""
    broken = tmp_path / "own" / "mine" / "counts.rq"
    broken.parent.mkdir(parents=True)
    text = (own / "mine" / "counts.rq").read_text(encoding="utf-8")
    broken.write_text(text.replace("name: results", "name: result"), encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "dualbio.cli",
        "serve",
        "--store",
        str(releases),
        "--queries",
        str(tmp_path / "own"),
    ]
    path = os.pathsep.join(each for each in sys.path if each)
    ended = subprocess.run(command, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False)
    assert 1 == ended.returncode
    assert ended.stderr.startswith("own/mine/counts.rq:5: columns: columns are result, the query selects results")
