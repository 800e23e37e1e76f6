"""The service as programs of the shell see it: curl, Rasqal's roqet, Raptor's rapper."""

from __future__ import annotations

import csv
import gzip
import io
import re
from pathlib import Path
from urllib.parse import urlencode

import pytest

import requesting
from asking import ASK, CONSTRUCT, program, run
from dualbio.release.folder import Release
from running import Server


def column(text: str, name: str) -> list[str]:
    """Return a column of a CSV table."""
    return [row[name] for row in csv.DictReader(io.StringIO(text))]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--get", "--data-urlencode", "query@{file}"),
        ("--data-urlencode", "query@{file}"),
        ("--data-binary", "@{file}", "-H", "Content-Type: application/sparql-query"),
        ("-X", "QUERY", "--data-binary", "@{file}", "-H", "Content-Type: application/sparql-query"),
    ],
    ids=["get", "form", "direct", "query"],
)
def test_curl_asks_by_every_method(
    server: Server, labels: list[str], select_file: Path, arguments: tuple[str, ...]
) -> None:
    """The shortest way from a shell: a query from a file, rows as CSV."""
    given = [argument.format(file=select_file) for argument in arguments]
    text = run(program("curl"), "-fsS", "-H", "Accept: text/csv", *given, server.sparql)
    assert labels == column(text, "label")


def test_curl_asks_for_headers_alone(server: Server, select_file: Path) -> None:
    """HEAD tells type and length of the answer that GET would give."""
    given = ("-fsS", "--get", "--data-urlencode", f"query@{select_file}", "-H", "Accept: text/csv")
    head = run(program("curl"), "--head", *given, server.sparql)
    size = run(program("curl"), *given, "-o", "/dev/null", "-w", "%{size_download}", server.sparql)
    assert "content-type: text/csv; charset=utf-8" in head.lower()
    assert f"content-length: {size}" in head.lower().splitlines()


def test_curl_asks_what_is_allowed(server: Server) -> None:
    """OPTIONS names the methods, and lets other origins in."""
    told = run(program("curl"), "-fsS", "-i", "-X", "OPTIONS", "-H", "Origin: https://example.org", server.sparql)
    assert re.search(r"(?i)^allow: .*GET.*QUERY", told, re.MULTILINE)
    assert re.search(r"(?i)^access-control-allow-origin: \*", told, re.MULTILINE)


def test_curl_unpacks_what_was_compressed(server: Server, labels: list[str], select_file: Path) -> None:
    """With --compressed curl names the codings that it knows, and understands the one that it gets."""
    given = ("--get", "--data-urlencode", f"query@{select_file}", "-H", "Accept: text/csv")
    text = run(program("curl"), "-fsS", "--compressed", *given, server.sparql)
    assert labels == column(text, "label")


def test_curl_fails_with_the_status_of_an_error(server: Server) -> None:
    """`--fail-with-body` leaves both the exit code and the problem to a script."""
    done = run("/bin/sh", "-c", f"{program('curl')} -sS --fail-with-body -d query=SELEC {server.sparql}; echo $?")
    assert '"status": 400' in done
    assert done.strip().endswith("22")


def test_roqet_gets_rows(server: Server, labels: list[str], select_file: Path) -> None:
    """Rasqal's command line gets its rows from the endpoint."""
    text = run(program("roqet"), "-q", "-p", server.sparql, select_file, "-r", "csv")
    assert labels == column(text, "label")


def test_rapper_reads_the_service_description(server: Server) -> None:
    """Raptor guesses the format of the service description from its media type."""
    text = run(program("rapper"), "-q", "-g", "-o", "ntriples", server.sparql)
    assert f"<http://www.w3.org/ns/sparql-service-description#endpoint> <{server.sparql}> ." in text


@pytest.mark.parametrize("form", ["turtle", "n-triples", "rdf-xml"])
def test_rapper_reads_answers(server: Server, triples: int, form: str) -> None:
    """Raptor reads constructed triples in each format that it knows, by their media type alone."""
    address = f"{server.sparql}?{urlencode({'query': CONSTRUCT, 'format': form})}"
    lines = run(program("rapper"), "-q", "-g", "-o", "ntriples", address).splitlines()
    assert triples == len(set(lines))


@pytest.mark.parametrize(("extension", "reader"), [("ttl", "turtle"), ("nt", "ntriples"), ("nq", "nquads"),
                                                   ("trig", "trig"), ("rdf", "rdfxml")])  # fmt: skip
def test_rapper_reads_the_dumps(server: Server, release: Release, tmp_path: Path, extension: str, reader: str) -> None:
    """A dump of one graph, fetched by its address, has as many triples for Raptor as the manifest says."""
    packed = requesting.get(f"{server.url}/data/latest/graphs/entities.{extension}.gz", follow_redirects=True).content
    file = tmp_path / f"entities.{extension}"
    file.write_bytes(gzip.decompress(packed))
    lines = run(program("rapper"), "-q", "-i", reader, "-o", "nquads", file, "https://w3id.org/dualbio/").splitlines()
    assert release.manifest["graphs"]["entities"] == len(set(lines))


def test_wrong_accept_is_told_to_curl(server: Server) -> None:
    """A format that nobody offers is refused with the list of those that are."""
    given = ("--get", "--data-urlencode", f"query={ASK}", "-H", "Accept: image/png")
    text = run(program("curl"), "-sS", *given, server.sparql)
    assert '"status": 406' in text
    assert "application/sparql-results+json" in text
