"""The SPARQL 1.1 Graph Store HTTP Protocol: reading every graph, writing user graphs, and all its status codes."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from rdflib import Dataset, Graph
from rdflib.compare import isomorphic
from werkzeug.test import TestResponse

from dualbio.release.folder import open_release
from dualbio.settings import Settings
from dualbio.sparql.formats import GRAPH_FORMATS, Format
from dualbio.store.workers import WorkerPool
from dualbio_server.app import make_app
from dualbio_server.service import Options, Service, pool_settings
from updating import RELEASED, TOKEN, USER, code, done, everything, new_graph, remove_all, triples, values

TURTLE = "text/turtle"
DATA = "<x:s> <x:p> 1 ; <x:q> [ <x:r> 'é'@en ] ."


@pytest.fixture(scope="module", autouse=True)
def _tidy(app: Flask, settings: Settings) -> Iterator[None]:
    """Leave nothing behind."""
    yield
    remove_all(app.test_client(), settings)


@pytest.fixture
def graph() -> str:
    """The IRI of a user graph that no other test knows."""
    return new_graph()


def send(
    client: FlaskClient, method: str, graph: str | None, data: str | bytes = "", kind: str = TURTLE, **headers: str
) -> TestResponse:
    """Send a request about a graph with the token."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    query = {"graph": graph} if graph else {"default": ""}
    return client.open(
        "/store", method=method, query_string=query, data=data, content_type=kind or None, headers=TOKEN | named
    )


def graph_of(response: TestResponse, form: Format | None = None) -> Graph:
    """Return what a response holds, read by another library."""
    names = {"n-triples": "nt", "n-quads": "nquads", "rdf-xml": "xml"}
    name = form.name if form else "turtle"
    dataset = Dataset()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the parsers of rdflib use its own deprecated names
        dataset.parse(data=response.data, format=names.get(name, name))
    graph = Graph()
    graph += dataset.default_graph
    return graph


# --- what the methods do ---------------------------------------------------------------------------------------------


def test_a_graph_is_made_replaced_extended_and_removed(client: FlaskClient, graph: str) -> None:
    """PUT, POST and DELETE do to the graph what they are for, and tell by their status what was there before."""
    assert 404 == client.get("/store", query_string={"graph": graph}).status_code
    created = send(client, "PUT", graph, "<x:s> <x:p> 1 .")
    assert (201, graph, b"") == (created.status_code, created.headers["Location"], created.data)
    assert ["x:s 1"] == triples(client, graph)
    assert 204 == send(client, "POST", graph, "<x:s> <x:p> 2 .").status_code
    assert ["x:s 1", "x:s 2"] == triples(client, graph)
    assert 204 == send(client, "PUT", graph, "<x:s> <x:p> 3 .").status_code
    assert ["x:s 3"] == triples(client, graph)
    assert 204 == send(client, "DELETE", graph).status_code
    assert [] == triples(client, graph)
    assert (404, "no-such-graph") == ((gone := send(client, "DELETE", graph)).status_code, code(gone))
    assert 404 == client.get("/store", query_string={"graph": graph}).status_code


def test_a_graph_has_an_address_of_its_own(client: FlaskClient, graph: str) -> None:
    """The path of its IRI names it as `?graph=` does."""
    path = graph.removeprefix("https://w3id.org/dualbio")
    sent = {"data": DATA, "content_type": TURTLE, "headers": TOKEN}
    assert 201 == client.put(path, **sent).status_code
    direct, indirect = client.get(path), client.get("/store", query_string={"graph": graph})
    assert (200, direct.data, direct.headers["ETag"]) == (200, indirect.data, indirect.headers["ETag"])
    head = client.head(path)
    assert (200, b"", str(len(direct.data))) == (head.status_code, head.data, head.headers["Content-Length"])
    assert 204 == client.post(path, **sent).status_code
    assert 204 == client.delete(path, headers=TOKEN).status_code
    assert 404 == client.get(path).status_code


def test_a_graph_without_a_name_is_given_one(client: FlaskClient) -> None:
    """POST to the store itself makes a new user graph, and says where."""
    names = []
    for _ in range(2):
        response = client.post("/store", data="<x:s> <x:p> 1 .", content_type=TURTLE, headers=TOKEN)
        assert 201 == response.status_code
        names.append(response.headers["Location"])
        assert names[-1].startswith(USER)
        assert ["x:s 1"] == triples(client, names[-1])
    assert names[0] != names[1]


@pytest.mark.parametrize("form", GRAPH_FORMATS, ids=lambda form: form.name)
def test_every_format_goes_in_and_comes_out(client: FlaskClient, graph: str, form: Format) -> None:
    """What is sent in one format can be had in it again, with its blank nodes, numbers and languages."""
    original = Graph().parse(data=DATA, format="turtle")
    send(client, "PUT", f"{graph}-source", DATA)
    text = client.get("/store", query_string={"graph": f"{graph}-source"}, headers={"Accept": form.media_type})
    assert f"{form.media_type}; charset=utf-8" == text.headers["Content-Type"]
    assert 201 == send(client, "PUT", graph, text.data, form.media_type).status_code
    again = client.get("/store", query_string={"graph": graph, "format": form.name})
    assert isomorphic(original, graph_of(again, form))


def test_an_empty_graph_is_a_graph(client: FlaskClient, graph: str) -> None:
    """It is made by a body without triples, found, and not lost among other writes."""
    assert 201 == send(client, "PUT", graph, "").status_code
    send(client, "PUT", f"{graph}-other", DATA)
    found = client.get("/store", query_string={"graph": graph})
    assert (200, 0) == (found.status_code, len(graph_of(found)))
    assert 204 == send(client, "DELETE", graph).status_code


def test_relative_iris_are_those_of_the_graph(client: FlaskClient, graph: str) -> None:
    """The base of a body is the IRI of its graph."""
    send(client, "PUT", graph, "<> <#p> <other> .")
    expected = [f"{graph} {USER}other"]
    assert expected == triples(client, graph)


def test_blank_nodes_of_two_bodies_are_two(client: FlaskClient, graph: str) -> None:
    """Equal labels never melt, neither in one graph nor between two."""
    for method, name in (("PUT", graph), ("POST", graph), ("PUT", f"{graph}-b")):
        send(client, method, name, "_:b <x:p> 1 .")
    count = "SELECT (COUNT(DISTINCT ?s) AS ?n) { GRAPH ?g { ?s <x:p> 1 } "
    assert ["3"] == values(client, f"{count} FILTER(STRSTARTS(STR(?g), '{graph}')) FILTER(ISBLANK(?s)) }}")


# --- reading ---------------------------------------------------------------------------------------------------------


def test_a_language_tag_comes_back_in_lower_case(client: FlaskClient, graph: str) -> None:
    """Tags are compared without case, so that one spelling stands for all; RDF 1.1 Concepts, section 3.3, allows it."""
    send(client, "PUT", graph, '<x:s> <x:p> "colour"@en-GB , "colour"@EN-gb .')
    answer = client.get("/store", query_string={"graph": graph}, headers={"Accept": "application/n-triples"})
    assert '<x:s> <x:p> "colour"@en-gb .\n' == answer.text


def test_released_graphs_are_read_by_everyone(client: FlaskClient) -> None:
    """Each released graph, and the union of them as the default graph, can be had without the token."""
    entities = client.get("/store", query_string={"graph": RELEASED})
    assert (200, 7) == (entities.status_code, len(graph_of(entities)))
    everything_released = client.get("/store?default", headers={"Accept": "application/n-triples"})
    count = values(client, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
    assert [str(everything_released.data.count(b" .\n"))] == count
    assert 304 == client.get("/store?default", headers={"If-None-Match": everything_released.headers["ETag"],
                                                        "Accept": "application/n-triples"}).status_code  # fmt: skip


def test_reading_works_while_updates_are_off(make: object, settings: Settings, graph: str, client: FlaskClient) -> None:
    """Without a token in the settings released graphs are read, and user graphs are not there."""
    send(client, "PUT", graph, DATA)
    assert callable(make)
    app = make(settings=settings.model_copy(update={"update_token": None}))
    assert isinstance(app, Flask)
    off = app.test_client()
    assert 200 == off.get("/store", query_string={"graph": RELEASED}).status_code
    assert 404 == off.get("/store", query_string={"graph": graph}).status_code
    assert (403, "updates-off") == ((put := send(off, "PUT", graph, DATA)).status_code, code(put))


def test_what_cannot_be_sent_is_not_acceptable(client: FlaskClient) -> None:
    """A format that no graph can take is told with those that can."""
    response = client.get("/store", query_string={"graph": RELEASED}, headers={"Accept": "image/png"})
    assert (406, "not-acceptable") == (response.status_code, code(response))


# --- conditions ------------------------------------------------------------------------------------------------------


def test_a_tag_names_the_state_whatever_the_format(client: FlaskClient, graph: str) -> None:
    """Two who change a graph at a time learn of each other: the second is told that the state is another."""
    send(client, "PUT", graph, "<x:s> <x:p> 1 .")
    accepts = [client.get("/store", query_string={"graph": graph}, headers={"Accept": accept})
               for accept in ("text/turtle", "application/ld+json")]  # fmt: skip
    first, second = (response.headers["ETag"] for response in accepts)
    assert first != second
    assert "Last-Modified" not in accepts[0].headers
    assert 204 == send(client, "POST", graph, "<x:s> <x:p> 2 .", If_Match=f'"other", {second}').status_code
    lost = send(client, "PUT", graph, "<x:s> <x:p> 3 .", If_Match=first)
    assert (412, "precondition") == (lost.status_code, code(lost))
    assert ["x:s 1", "x:s 2"] == triples(client, graph)


@pytest.mark.parametrize(
    ("exists", "method", "headers", "status"),
    [
        (False, "PUT", {"If_None_Match": "*"}, 201),
        (True, "PUT", {"If_None_Match": "*"}, 412),
        (True, "PUT", {"If_Match": "*"}, 204),
        (False, "PUT", {"If_Match": "*"}, 412),
        (False, "POST", {"If_Match": '"0"'}, 412),
        (True, "DELETE", {"If_Match": '"0"'}, 412),
        (True, "DELETE", {"If_Match": "*"}, 204),
        (True, "POST", {"If_None_Match": '"0"'}, 204),
        (True, "POST", {"If_Match": ""}, 412),
    ],
)
def test_conditions_hold_or_nothing_is_written(
    client: FlaskClient, graph: str, exists: bool, method: str, headers: dict[str, str], status: int
) -> None:
    """If-Match and If-None-Match are looked at in the moment of the write."""
    if exists:
        send(client, "PUT", graph, "<x:s> <x:p> 1 .")
    before = triples(client, graph)
    assert status == send(client, method, graph, "<x:s> <x:p> 2 .", **headers).status_code
    assert (before == triples(client, graph)) == (status == 412)


def test_an_unchanged_graph_need_not_be_sent_again(client: FlaskClient, graph: str) -> None:
    """If-None-Match gives 304 until the graph is another, and writes elsewhere do not matter."""
    send(client, "PUT", graph, DATA)
    tag = client.get("/store", query_string={"graph": graph}).headers["ETag"]
    send(client, "PUT", f"{graph}-b", DATA)

    def status() -> int:
        return client.get("/store", query_string={"graph": graph}, headers={"If-None-Match": tag}).status_code

    assert 304 == status()
    send(client, "POST", graph, "<x:s> <x:p> 9 .")
    assert 200 == status()


# --- refusals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
@pytest.mark.parametrize(
    ("query", "status", "name"),
    [
        ({"default": ""}, 405, "graph-refused"),
        ({"graph": RELEASED}, 405, "graph-refused"),
        ({"graph": "http://elsewhere/g"}, 403, "graph-refused"),
        ({"graph": f"{USER}a/b"}, 403, "graph-refused"),
        ({"graph": f"{USER}../entities"}, 403, "graph-refused"),
        ({"graph": "relative"}, 400, "graph-iri"),
        ({"graph": "x:<>"}, 400, "graph-iri"),
        ({"graph": [f"{USER}a", f"{USER}b"]}, 400, "graph-parameter"),
        ({"graph": f"{USER}a", "default": ""}, 400, "graph-parameter"),
        ({"grpah": f"{USER}a"}, 400, "graph-parameter"),
    ],
)
def test_only_user_graphs_are_written(
    client: FlaskClient, settings: Settings, method: str, query: dict[str, str], status: int, name: str
) -> None:
    """Every other target is refused, with what is accepted; 405 names the methods that released graphs have."""
    before = everything(client, settings)
    response = client.open("/store", method=method, query_string=query, data=DATA, content_type=TURTLE, headers=TOKEN)
    assert (status, name) == (response.status_code, code(response)), response.text
    assert status != 405 or response.headers["Allow"] == "GET, HEAD, OPTIONS"
    assert name != "graph-refused" or f"{USER}NAME" in json.loads(response.data)["detail"]
    assert before == everything(client, settings)


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
@pytest.mark.parametrize(("headers", "status"), [({}, 401), ({"Authorization": "Bearer guess"}, 403)])
def test_the_token_is_asked_for(
    client: FlaskClient, graph: str, method: str, headers: dict[str, str], status: int
) -> None:
    """No write without it, at either address."""
    for path in (f"/store?graph={graph}", f"/graph/user/{graph.removeprefix(USER)}", "/store"):
        response = client.open(path, method=method, data=DATA, content_type=TURTLE, headers=headers)
        assert status == response.status_code
        assert "Bearer" in response.headers["WWW-Authenticate"]


BOMB = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
#: How a body may end that would take too much: the time of a parser can grow with the square of the depth.
ENDS = ((400, "broken-data"), (422, "too-complex"), (422, "memory"), (504, "timeout"))
RDF = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:x="http://x/">'
ONE = '<rdf:Description rdf:about="http://x/s"><x:p>{}</x:p></rdf:Description></rdf:RDF>'


@pytest.mark.parametrize(
    ("kind", "body", "status", "name"),
    [
        ("text/csv", "a,b", 415, "media-type"),
        ("", "<x:s> <x:p> 1 .", 415, "media-type"),
        ("multipart/form-data; boundary=x", "--x--", 415, "media-type"),
        (TURTLE, "<x:s> <x:p>", 400, "broken-data"),
        (TURTLE, b"\xff\xfe", 400, "broken-data"),
        ("application/ld+json", "{", 400, "broken-data"),
        ("application/rdf+xml", f"{RDF}{ONE.format(1)}".removesuffix("</rdf:RDF>"), 400, "broken-data"),
        ("application/rdf+xml", "", 400, "broken-data"),
        ("application/ld+json", '{"@context": "http://127.0.0.1:9/context", "@id": "x:s"}', 400, "broken-data"),
        ("application/n-quads", f"<x:s> <x:p> <x:o> <{RELEASED}> .", 400, "broken-data"),
        ("application/trig", "<x:g> { <x:s> <x:p> 1 }", 400, "broken-data"),
        (
            "application/rdf+xml",
            f'<!DOCTYPE r [<!ENTITY a0 "haha">{BOMB}]>{RDF}{ONE.format("&a11;")}',
            400,
            "broken-data",
        ),
        (
            "application/rdf+xml",
            f'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>{RDF}{ONE.format("&x;")}',
            400,
            "broken-data",
        ),
        (TURTLE, "#" * (256 * 1024 + 1), 413, "request-size"),
    ],
)
def test_a_bad_body_changes_nothing(
    client: FlaskClient, settings: Settings, graph: str, kind: str, body: str | bytes, status: int, name: str
) -> None:
    """Wrong syntax, wrong type, graphs of its own, bombs and outside entities: each is told as what it is."""
    before = everything(client, settings)
    response = send(client, "PUT", graph, body, kind)
    assert (status, name) == (response.status_code, code(response)), response.text
    assert "root:" not in response.text
    assert before == everything(client, settings)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (TURTLE, "<x:s> <x:p> " + "[" * 200_000),
        (TURTLE, "<x:s> <x:p> " + "[<x:p> " * 20_000 + "1" + "]" * 20_000 + " ."),
        (TURTLE, "<x:s> <x:p> " + "(" * 200_000),
        ("application/ld+json", "[" * 200_000),
        ("application/ld+json", '{"@graph":' * 20_000),
        ("application/rdf+xml", RDF + "<x:a><x:b>" * 3_000),
        ("application/trig", "<x:s> {" * 20_000),
    ],
)
def test_deep_nesting_ends_no_more_than_the_writer(
    client: FlaskClient, settings: Settings, graph: str, kind: str, body: str
) -> None:
    """However deep a body nests, the answer is whole, the data are sound, and the next write works."""
    before = everything(client, settings)
    response = send(client, "PUT", graph, body, kind)
    if response.status_code != 201:
        assert (response.status_code, code(response)) in ENDS
        assert before == everything(client, settings)
    assert send(client, "PUT", graph, "<x:s> <x:p> 1 .").status_code in (201, 204)
    assert ["x:s 1"] == triples(client, graph)


def test_other_methods_are_told_which_there_are(client: FlaskClient) -> None:
    """405 with Allow for PATCH; OPTIONS answers a browser without a token."""
    patch = client.patch("/store?default", headers=TOKEN)
    assert 405 == patch.status_code
    assert {"GET", "PUT", "POST", "DELETE"} <= set(patch.headers["Allow"].split(", "))
    for path in ("/store", f"/graph/user/{new_graph().removeprefix(USER)}"):
        options = client.options(path, headers={"Origin": "http://elsewhere", "Access-Control-Request-Method": "PUT"})
        assert 204 == options.status_code
        assert "PUT" in options.headers["Access-Control-Allow-Methods"]
        assert {"Authorization", "If-Match"} <= set(options.headers["Access-Control-Allow-Headers"].split(", "))
        assert "Access-Control-Allow-Credentials" not in options.headers


def test_one_state_of_a_graph_is_one_sequence_of_bytes(settings: Settings, options: Options, tmp_path: Path) -> None:
    """Written triple by triple or read from the disk by the next service: the entity tag stands for one order."""
    own = settings.model_copy(update={"user_graphs": tmp_path / "user", "query_workers": 1})
    release = open_release(own.releases / "current")
    seen = set()
    for name in ("first", "next"):
        (tmp_path / name).mkdir()
        with WorkerPool(pool_settings(own, release, tmp_path / name)) as pool:
            client = make_app(Service(own, release, pool.client(), options)).test_client()
            for value in ('"1"@en', "1", "1.0e0", '"1"') if name == "first" else ():
                for subject in ("x:s2", "x:s1"):
                    done(client, f"INSERT DATA {{ GRAPH <{USER}order> {{ <{subject}> <x:p> {value} }} }}")
            response = client.get("/graph/user/order", headers={"Accept": "application/n-triples"})
            assert 8 == response.data.count(b"\n")
            seen.add((response.headers["ETag"], response.data))
    assert 1 == len(seen)
