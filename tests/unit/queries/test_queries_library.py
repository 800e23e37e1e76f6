"""Reading saved queries: what a good file says, and how each mistake is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import pytest

from dualbio.errors import DataError, NotFoundError, QueryFileError
from dualbio.model.namespaces import individual
from dualbio.queries import Library, SavedQuery, read_query, write_template

Write = Callable[..., Path]


def problem_of(path: Path, folder: Path) -> tuple[int, str]:
    """Return line and message of the one problem of a broken file."""
    with pytest.raises(DataError) as caught:
        read_query(path, folder)
    (problem,) = caught.value.problems
    assert str(path.relative_to(folder.parent)) == problem.file
    return problem.line, problem.message


def test_a_good_file_is_read(query: SavedQuery) -> None:
    """Name, topic, columns, parameters and defaults are what the file says."""
    assert ("toy/drugs", "toy", "drugs") == (query.name, query.topic, query.stem)
    assert ["name", "rank"] == [column.name for column in query.columns]
    assert ["drug", "rank"] == [param.name for param in query.params]
    assert {"drug": (None,), "rank": (ox.Literal(1), ox.Literal(2))} == dict(query.defaults)


def test_blocks_in_comments_and_strings_are_none(query: SavedQuery) -> None:
    """Only the two real VALUES blocks are found."""
    assert ["drug", "rank"] == list(query.blocks)
    assert [17, 18] == [block.line for block in query.blocks.values()]


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("tags: [toy]", "tags: [toy", 4, "not YAML"),
        ("#+ summary: Which drugs are there?\n", "", 1, "field 'summary' is missing"),
        ("#+ tags: [toy]", "#+ tag: [toy]\n#+ tags: [toy]", 3, "did you mean 'tags'?"),
        ("#+ tags: [toy]", "#+ tags: [toy]\n#+ tags: [toy]", 4, "key 'tags' is given twice"),
        ("type: drug\n", "type: drugs\n", 6, "did you mean 'drug'?"),
        ("{name: rank, type", "{name: rank, colour: red, type", 10, "field 'colour' is not known; accepted: name"),
        ("example: 2", "example: two", 10, "accepted: a whole number"),
        ("type: integer", "type: enum", 10, "field 'values' goes with type 'enum'"),
        ("list: true\n", "list: false\n", 8, "field 'example' has several values"),
        ("{name: rank, meaning", "{name: ranks, meaning", 12, "columns are name, ranks, the query selects name, rank"),
        ("- {name: rank, type", "- {name: degree, type", 10, "has 0 blocks 'VALUES ?degree"),
        ("SELECT ?name", "#+ reading: {drug: '{nam}'}\nSELECT ?name", 14, "found column 'nam'; accepted: name, rank"),
        ("SELECT ?name", "#+ reading: {drug: '[{name}'}\nSELECT ?name", 14, "drug: '[{name}' leaves brackets open"),
        ("SELECT ?name", "#+ omits: drugs\nSELECT ?name", 12, "accepted with 'omits': studyName, studyKey, item"),
        ("ORDER BY ?name", "ORDER BY", 22, "not SPARQL"),
        ("dualbio:position ?rank .", "dualbioo:position ?rank .", 19, "not SPARQL"),
        ("dualbio:position ?rank .", "dualbioo:position ?rank .", 19, "prefix 'dualbioo:' is not known; did you mean"),
        ("dualbio:position ?rank .", "ex:position ?rank .", 19, "prefix 'ex:' is not known; accepted: those of"),
        ("?drug rdfs:label ?name", "?any rdfs:label ?name", 5, "'drug' changes nothing: the body never uses ?drug"),
        ("{name: rank, type", "{name: limit, type", 10, "a parameter cannot be called 'limit'"),
        ("meaning: what the drug is called", "meaning: a name, as such", 12, "repair: quote the text"),
        ("tags: [toy]", "tags: [Toy]", 3, "field 'tags' is 'Toy'; accepted: lower-case words and digits joined by '-'"),
        ("tags: [toy]", "tags: []", 3, "field 'tags' is"),
        ("list: true, example: 2", "example: 2", 18, "the default has several rows; accepted: one"),
        ("SELECT ?name", "#+ figure: {kind: forrest, marks: [{a: b}]}\nSELECT ?name", 14, "did you mean 'forest'?"),
        ("SELECT ?name", "#+ figure: {kind: forest, marks: [{lable: x}]}\nSELECT ?name", 14, "did you mean 'label'?"),
        (
            "SELECT ?name",
            "#+ figure: {kind: forest, marks: [{label: x, estimate: '{rank}'}]}\nSELECT ?name",
            14,
            "lacks part 'measure'",
        ),
        ("SELECT ?name", "#+ figure: {kind: forest, marks: [{measure: x}]}\nSELECT ?name", 14, "lacks part 'label'"),
        (
            "SELECT ?name",
            "#+ figure: {kind: forest, marks: [{label: '{nam}', measure: x}]}\nSELECT ?name",
            0,
            "found column 'nam'; accepted: name, rank; did you mean 'name'?",
        ),
        (
            "SELECT ?name",
            "#+ scope: {pair: ['param:rnak']}\nSELECT ?name",
            0,
            "field 'scope' names parameter 'rnak'; accepted: drug, rank; did you mean 'rank'?",
        ),
        (
            "SELECT ?name",
            "#+ reading: {n: '{name}[ {rank?!}]'}\nSELECT ?name",
            0,
            "field 'reading', n: 'rank' has a mark; accepted: overlap",
        ),
        ("{name: rank, meaning", "{name: name, meaning", 0, "names 'name' twice; repair: rename one"),
        ("SELECT ?name ?rank\n", "PREFIX drug: <https://example.org/>\nSELECT ?name ?rank\n", 14, "found PREFIX"),
        ("SELECT ?name ?rank\nWHERE", "CONSTRUCT", 0, "not SPARQL"),
    ],
)
def test_a_mistake_is_told_with_its_line(old: str, new: str, line: int, words: str, write: Write, folder: Path) -> None:
    """Each kind of mistake is a problem that names the line in the query file and what is accepted."""
    path = write((old, new))
    with pytest.raises(DataError) as caught:
        read_query(path, folder)
    told = [(problem.line, problem.message) for problem in caught.value.problems]
    assert any(words in message for _, message in told), told
    if line:
        assert line in [at for at, message in told if words in message]


def test_a_file_without_head_is_refused(write: Write, folder: Path) -> None:
    """SPARQL without a head is no saved query."""
    path = write()
    path.write_text("SELECT ?a WHERE { ?a ?b ?c }", encoding="utf-8")
    line, message = problem_of(path, folder)
    assert 1 == line
    assert "there is no head" in message


def test_an_unknown_block_is_refused(write: Write, folder: Path) -> None:
    """A VALUES block that the head does not describe is a mistake, with a hint at the nearest parameter."""
    line, message = problem_of(write(("  VALUES ?rank", "  VALUES ?drugs { 1 }\n  VALUES ?rank")), folder)
    assert 18 == line
    assert "VALUES block ?drugs is not a parameter of the head; did you mean 'drug'?" == message


def test_a_query_has_its_place(write: Write, folder: Path) -> None:
    """A file outside a topic folder is refused."""
    _, message = problem_of(write(name="drugs"), folder)
    assert "wrong place" in message


def test_all_problems_of_all_files_are_told(write: Write, folder: Path) -> None:
    """Reading a library gathers the mistakes of every file before it fails."""
    write(("tags: [toy]", "tag: [toy]"), name="toy/first")
    write(("ORDER BY ?name", "ORDER"), name="toy/second")
    write(name="toy/third")
    with pytest.raises(DataError) as caught:
        Library.read(folder)
    assert {"queries/toy/first.rq", "queries/toy/second.rq"} == {p.file for p in caught.value.problems}


def test_what_is_left_out_is_a_query_that_exists(write: Write, folder: Path) -> None:
    """A name under `left_out` that no query of omissions has is told with its line, and with the nearest."""
    columns = "#+ columns:\n#+ - {name: name, meaning: what the drug is called}\n"
    columns += "#+ - {name: rank, meaning: its rank, unit: ranks}\n"
    names = ("studyName", "studyKey", "item", "reason")
    told = "".join(f"#+ - {{name: {name}, meaning: words}}\n" for name in names)
    write(
        (columns, f"#+ omits: drugs\n#+ columns:\n{told}"),
        ("SELECT ?name ?rank", "SELECT (?name AS ?studyName) (?name AS ?studyKey) (?name AS ?item) (?rank AS ?reason)"),
        name="omissions/drugs",
    )
    assert {} == Library.read(folder)["omissions/drugs"].companions
    write(("#+ tags: [toy]", "#+ tags: [toy]\n#+ left_out: [drug]"))
    with pytest.raises(DataError) as caught:
        Library.read(folder)
    (problem,) = caught.value.problems
    assert (4, "field 'left_out': found 'drug'; accepted: drugs; did you mean 'drugs'?") == (
        problem.line,
        problem.message,
    )
    write(("#+ tags: [toy]", "#+ tags: [toy]\n#+ left_out: [drugs]"))
    assert ["drugs"] == list(Library.read(folder)["toy/drugs"].companions)


def test_a_name_without_its_topic_finds_the_query(write: Write, folder: Path) -> None:
    """`drugs` stands for `toy/drugs` while no other topic has such a query."""
    write()
    assert "toy/drugs" == Library.read(folder).find("drugs").name
    write(name="other/drugs")
    library = Library.read(folder)
    with pytest.raises(NotFoundError, match="the name of 2 queries; accepted: other/drugs, toy/drugs"):
        library.find("drugs")


def test_an_unknown_name_hints_at_the_nearest(write: Write, folder: Path) -> None:
    """A misspelt name is answered with the nearest one."""
    write()
    with pytest.raises(NotFoundError, match="did you mean 'toy/drugs'"):
        Library.read(folder).find("toy/drug")


def test_a_folder_of_ones_own_adds_queries(write: Write, folder: Path, tmp_path: Path) -> None:
    """A second folder adds its queries; a name that both have is a mistake."""
    path = write()
    own = tmp_path / "own" / "mine" / "first.rq"
    own.parent.mkdir(parents=True)
    own.write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    assert ["mine/first", "toy/drugs"] == list(Library.read(folder, tmp_path / "own"))
    clash = tmp_path / "own" / "toy" / "drugs.rq"
    clash.parent.mkdir()
    clash.write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(DataError, match="exists in another folder too"):
        Library.read(folder, tmp_path / "own")


def test_defaults_may_be_individuals(write: Write, folder: Path) -> None:
    """CURIEs in a VALUES block are read with the prefix table."""
    query = read_query(write(("?drug { UNDEF }", "?drug { drug:rituximab }")), folder)
    assert (individual("drug", "rituximab"),) == query.defaults["drug"]


def test_the_template_is_a_query(folder: Path) -> None:
    """What a new query starts from passes the checks as it is."""
    path = write_template(folder, "own/first")
    assert "own/first" == read_query(path, folder).name
    with pytest.raises(QueryFileError, match="exists already"):
        write_template(folder, "own/first")
    with pytest.raises(QueryFileError, match="accepted: topic/name"):
        write_template(folder, "../first")
