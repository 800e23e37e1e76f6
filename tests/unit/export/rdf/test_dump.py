"""RDF dumps: nothing is lost in any format, the bytes are always the same, and a file is whole or absent."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tracemalloc
from io import BytesIO
from operator import attrgetter
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
from pyld import jsonld
from rdflib.compare import isomorphic

from asking import program
from dualbio.errors import NotFoundError, ParameterError, ReleaseError
from dualbio.export import DUMP_FORMATS, ExportError, export
from dualbio.export.rdf.dump import open_beside
from dualbio.export.rdf.graphs import graph_files, merged_lines
from dualbio.sparql.formats import Content, Format

TRIPLES = [form for form in DUMP_FORMATS if Content.DATASET not in form.carries]
DATASETS = [form for form in DUMP_FORMATS if Content.DATASET in form.carries]
GRAPHS = ["entities", "inferred", "ontology", "study/toy"]
RDFLIB = {"turtle": "turtle", "n-triples": "nt", "rdf-xml": "xml", "json-ld": "json-ld", "trig": "trig"}
RAPPER = {"turtle": "turtle", "n-triples": "ntriples", "rdf-xml": "rdfxml", "n-quads": "nquads", "trig": "trig"}


def dump(release: Path, form: Format, graph: str | None = None) -> bytes:
    """Return the export as bytes."""
    out = BytesIO()
    export(release, form.extension, graph=graph, out=out)
    return out.getvalue()


def canonical(quads: list[ox.Quad] | list[ox.Triple]) -> list[str]:
    """Return quads or triples in a form in which blank nodes have lasting names."""
    dataset = ox.Dataset(each if isinstance(each, ox.Quad) else ox.Quad(*each) for each in quads)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return sorted(map(str, dataset))


@pytest.mark.parametrize("form", DATASETS, ids=attrgetter("name"))
def test_a_data_set_keeps_every_quad(release: Path, quads: list[ox.Quad], form: Format) -> None:
    """Each format with named graphs holds exactly the quads of the release."""
    parsed = list(ox.parse(dump(release, form), format=form.rdf))

    assert canonical(quads) == canonical(parsed)
    assert len(quads) == len(parsed)


@pytest.mark.parametrize("form", TRIPLES, ids=attrgetter("name"))
def test_a_union_has_each_triple_once(release: Path, quads: list[ox.Quad], form: Format) -> None:
    """Each format without named graphs holds the union of the graphs, and no triple twice."""
    union = list(dict.fromkeys(quad.triple for quad in quads))
    parsed = [quad.triple for quad in ox.parse(dump(release, form), format=form.rdf)]

    assert canonical(union) == canonical(parsed)
    assert len(quads) - 1 == len(union) == len(parsed)


@pytest.mark.parametrize("graph", GRAPHS)
@pytest.mark.parametrize("form", DUMP_FORMATS, ids=attrgetter("name"))
def test_one_graph_comes_alone(release: Path, quads: list[ox.Quad], form: Format, graph: str) -> None:
    """A named graph is exported whole and without the others, and keeps its name where the format can hold it."""
    name = ox.NamedNode(f"https://w3id.org/dualbio/graph/{graph}")
    own = [quad for quad in quads if quad.graph_name == name]
    expected = own if Content.DATASET in form.carries else [ox.Quad(*quad.triple) for quad in own]

    assert canonical(expected) == canonical(list(ox.parse(dump(release, form, graph), format=form.rdf)))


@pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib.*")  # rdflib warns of itself
@pytest.mark.parametrize("form", [form for form in DUMP_FORMATS if form.name in RDFLIB], ids=attrgetter("name"))
def test_rdflib_reads_the_same_triples(release: Path, quads: list[ox.Quad], form: Format) -> None:
    """rdflib, a parser that we do not write with, finds the same graph."""
    expected = rdflib.Graph()
    expected.parse(data="".join(f"{triple} .\n" for triple in {quad.triple for quad in quads}), format="nt")
    dataset = rdflib.Dataset(default_union=True)
    dataset.parse(data=dump(release, form), format=RDFLIB[form.name])
    actual = rdflib.Graph()
    for triple in dataset.triples((None, None, None)):
        actual.add(triple)

    assert isomorphic(expected, actual)


def test_pyld_reads_the_json_ld(release: Path, quads: list[ox.Quad]) -> None:
    """The library pyld turns the JSON-LD into the same quads."""
    (form,) = [form for form in DATASETS if form.name == "json-ld"]
    normal = jsonld.to_rdf(json.loads(dump(release, form)), {"format": "application/n-quads"})

    assert canonical(quads) == canonical(list(ox.parse(normal, format=ox.RdfFormat.N_QUADS)))


@pytest.mark.parametrize("form", [form for form in DUMP_FORMATS if form.name in RAPPER], ids=attrgetter("name"))
def test_rapper_reads_every_triple(release: Path, quads: list[ox.Quad], form: Format, tmp_path: Path) -> None:
    """Raptor, the C library behind many tools, reads each format and counts the same."""
    file = tmp_path / f"dump.{form.extension}"
    file.write_bytes(dump(release, form))
    command = [program("rapper"), "-q", "-i", RAPPER[form.name], "-o", "ntriples", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (0, "") == (done.returncode, done.stderr)
    expected = len(quads) if Content.DATASET in form.carries else len(quads) - 1
    assert expected == len(done.stdout.splitlines())


@pytest.mark.parametrize("form", DUMP_FORMATS, ids=attrgetter("name"))
def test_the_bytes_do_not_depend_on_the_process(release: Path, form: Format, tmp_path: Path) -> None:
    """Another process with another hash seed writes the same bytes."""
    out = tmp_path / "other"
    program = "import sys; from pathlib import Path; from dualbio.export import export; "
    program += "export(Path(sys.argv[1]), sys.argv[2], out=Path(sys.argv[3]))"
    environment = {**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", program, str(release), form.extension, str(out)]
    subprocess.run(command, env=environment, check=True)

    assert dump(release, form) == out.read_bytes()


def test_turtle_declares_the_prefixes_it_uses_in_order(release: Path) -> None:
    """The head of a Turtle file lists the prefixes in use, sorted, and no other."""
    (form,) = [form for form in TRIPLES if form.name == "turtle"]
    text = dump(release, form).decode()

    expected = ["BFO", "drug", "dualbio", "rdfs", "study", "xsd"]
    assert expected == [line.split()[1].rstrip(":") for line in text.splitlines() if line.startswith("@prefix")]
    assert '\n\ndrug:belimumab a dualbio:Drug ;\n\trdfs:label "bel ' in text


def test_a_file_is_whole_or_absent(release: Path, tmp_path: Path) -> None:
    """An export that fails leaves the file of before as it was, and no draft beside it."""
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "dump.nt").write_text("before")
    (release / "graphs" / "entities.nq").write_text("<a:a> <a:a> <a:a> <a:a> .\n")
    with pytest.raises(ReleaseError, match=r"entities\.nq:1: the quad is not of graph entities; repair: dualbio build"):
        export(release, "nt", out=folder / "dump.nt")

    assert ["dump.nt"] == [path.name for path in folder.iterdir()]
    assert "before" == (folder / "dump.nt").read_text()


def test_a_file_out_of_order_is_refused(release: Path) -> None:
    """A graph file that no build has written is told by its line, for the union would repeat triples."""
    file = release / "graphs" / "entities.nq"
    file.write_bytes(b"".join(reversed(file.read_bytes().splitlines(keepends=True))))
    with pytest.raises(ReleaseError, match=r"entities\.nq:2: the quad is out of order or repeated"):
        export(release, "nq", out=BytesIO())


def test_an_unknown_graph_is_told_with_the_nearest(release: Path) -> None:
    """A graph that is not there is an error that proposes a name."""
    with pytest.raises(NotFoundError, match=r"no graph 'entites'.*did you mean 'entities'\?"):
        export(release, "nq", graph="entites", out=BytesIO())


@pytest.mark.parametrize("name", ["study/toy", "graph:study/toy", "https://w3id.org/dualbio/graph/study/toy"])
def test_a_graph_has_three_names(release: Path, name: str) -> None:
    """Short name, CURIE and IRI name one graph."""
    out = BytesIO()
    export(release, "nt", graph=name, out=out)

    assert 7 == out.getvalue().count(b"\n")


def test_an_unknown_format_is_told(release: Path) -> None:
    """A format that dumps do not have is an error that lists those they have."""
    with pytest.raises(ParameterError, match=r"'csv' is unknown; accepted: jsonld, trig, nq, ttl, nt, rdf"):
        export(release, "csv", out=BytesIO())


def test_a_folder_that_is_no_release_is_told(tmp_path: Path) -> None:
    """A folder without graphs is an error that says how to get one."""
    with pytest.raises(ReleaseError, match="repair: dualbio build"):
        export(tmp_path, "nq", out=BytesIO())


@pytest.mark.parametrize(
    ("predicate", "text", "message"),
    [("https://example.org/1", "x", "does not end in an XML name"), ("https://example.org/p", "\x01", "control char")],
)
def test_rdf_xml_refuses_what_it_cannot_hold(release: Path, predicate: str, text: str, message: str) -> None:
    """Data outside RDF/XML is an error there and never a broken document."""
    line = f'<https://example.org/s> <{predicate}> "{text}" <https://w3id.org/dualbio/graph/odd> .\n'
    (release / "graphs" / "odd.nq").write_text(line)
    with pytest.raises(ExportError, match=message):
        export(release, "rdf", out=BytesIO())


def test_many_graphs_are_merged_in_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More graphs than files may be open at a time are still one ordered union."""
    monkeypatch.setattr("dualbio.export.rdf.graphs._AT_ONCE", 3)
    root = tmp_path / "graphs"
    root.mkdir()
    for number in range(10):
        end = f"<https://w3id.org/dualbio/graph/g{number}> .\n"
        (root / f"g{number}.nq").write_text(f"<a:all> <a:p> <a:o> {end}<a:s{number}> <a:p> <a:o> {end}")
    lines = list(merged_lines(graph_files(tmp_path)))

    assert [b"<a:all> <a:p> <a:o> .\n", *(b"<a:s%d> <a:p> <a:o> .\n" % number for number in range(10))] == lines


@pytest.mark.parametrize("form", ["nq", "nt"])
def test_lines_stream_in_bounded_memory(tmp_path: Path, form: str) -> None:
    """An export of many megabytes holds a small part of them at a time."""
    end = "<https://w3id.org/dualbio/graph/large> .\n"
    (tmp_path / "graphs").mkdir()
    with (tmp_path / "graphs" / "large.nq").open("w") as stream:
        stream.writelines(f'<a:{number:07}> <a:p> "{"x" * 60}" {end}' for number in range(90_000))
    size = (tmp_path / "graphs" / "large.nq").stat().st_size
    tracemalloc.start()
    export(tmp_path, form, out=tmp_path / "out")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert size > 10_000_000
    assert peak < size / 5


def test_what_is_no_file_is_written_to_and_stays_what_it_is(tmp_path: Path) -> None:
    """An account that may do everything writes to `/dev/null` as well, which no file takes the place of."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with open_beside(pipe) as stream:
            stream.write(b"x")
        assert b"x" == os.read(reader, 10)
    finally:
        os.close(reader)

    assert pipe.is_fifo()
    assert [pipe] == list(tmp_path.iterdir())


@pytest.mark.parametrize("mask", [0o022, 0o077])
def test_a_file_has_the_rights_that_the_umask_leaves(tmp_path: Path, mask: int) -> None:
    """What is written beside and put in place is readable for whom the operator allows."""
    before = os.umask(mask)
    try:
        with open_beside(tmp_path / "dump") as stream:
            stream.write(b"x")
    finally:
        os.umask(before)

    assert (0o666 & ~mask, [tmp_path / "dump"]) == (
        (tmp_path / "dump").stat().st_mode & 0o777,
        list(tmp_path.iterdir()),
    )
