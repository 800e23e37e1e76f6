"""Whatever a build refuses of curated sources, `dualbio check` tells before: with file, line and repair.

The ways to refuse are read from the code: each function that raises a problem on the way from files to a release has a
case here, or a reason why it needs none.  What is wrong with records has cases in `broken-records.yaml` and
`broken-validators.yaml`.
"""

from __future__ import annotations

import ast
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner

from dualbio.build.package import build_release
from dualbio.cli.main import cli
from dualbio.errors import DataError, Problem
from dualbio.sources.folders import SourceFolders

ROOT = Path(__file__).resolve().parents[3]
SOURCE = ROOT / "src" / "dualbio"
CURATED = ROOT / "tests" / "data" / "curated"
#: Modules that stand between the files of the sources and the graphs of a release.
READERS = (
    *("build/convert.py", "build/ontology.py", "build/waivers.py", "build/package.py", "build/validate.py"),
    *("mappings/alternates.py", "mappings/sssom.py", "mappings/tables.py", "mappings/subsumptions.py"),
    *(f"owl/rules/{name}.py" for name in ("axioms", "bodies", "dataranges", "domain", "expressions", "plan", "strata")),
    *("queries/head.py", "queries/library.py"),
    *("sources/corpus.py", "sources/query_heads.py", "sources/yaml_lines.py"),
)
#: Functions that raise and are no way of their own, and why.
NO_WAY = {
    "build/convert.py:_value_quads": "a field without a conversion is a fault of the code",
    "build/ontology.py:read_rule_set": "gathers what compilers and readers raise",
    "build/ontology.py:rule_problems": "gives a place to what compilers raise",
    "build/package.py:_inferred": "what rules add too late shows in a whole release: check --release",
    "build/package.py:_stored_in": "a disk that is full",
    "build/validate.py:_run": "each check has its broken record",
    "build/validate.py:raise_errors": "raises what the checks found",
    "mappings/sssom.py:read_mappings": "gathers what rows raise",
    "owl/rules/bodies.py:_error": "names the file of a rule",
    "owl/rules/bodies.py:_algebra": "a second parser, after the engine's has accepted the text",
    "owl/rules/plan.py:check_late": "what rules add too late shows in a whole release: check --release",
    "queries/library.py:_problem": "names the file of a query",
    "queries/library.py:find": "asks for a query",
    "queries/library.py:_read": "two folders with a query of one name are folders of a user's own",
    "queries/library.py:parameter": "asks for a parameter",
    "sources/corpus.py:_explain": "each validator has its broken record",
    "sources/corpus.py:read_corpus": "gathers what files raise",
    "sources/corpus.py:read_entities": "gathers what tables raise, for an import",
    "sources/query_heads.py:_problem": "names the file of a query",
    "sources/yaml_lines.py:read_value": "reads the head of a file, for an import",
}
QUERY = """#+ summary: Which studies are there?
#+ description: Every study.
#+ tags: [studies]
#+ columns:
#+ - {name: study, meaning: the study}
SELECT ?study WHERE { ?study a dualbio:Study }
"""
RULE = "#+ summary: A study is a trial.\nCONSTRUCT { ?x a dualbio:Trial } WHERE { ?x a dualbio:Study }\n"
HEAD = "#+ summary: A study is a trial.\n"
STUDY, TTL, CELLS = "curated/evidence/calm-1.yaml", "curated/dualbio-edit.ttl", "curated/mappings/cells.sssom.tsv"
OTHERS, WAIVERS = "curated/mappings/alternates.tsv", "curated/waivers.yaml"
ALTERNATES = "prefix\tiri\tused_by\tseen_in\n"


class Way(NamedTuple):
    """A way to be refused: by which function, the file, what is put there, and words of the message.

    Without `old` the file is what `new` says, with it the first `old` becomes `new`; `old` alone removes the file.
    """

    site: str
    file: str
    old: str | None
    new: str | bytes | None
    words: str


def edit(site: str, file: str, old: str, new: str, words: str) -> Way:
    """Replace a text of a file of the sound sources."""
    return Way(site, file, old, new, words)


def write(site: str, file: str, new: str | bytes, words: str) -> Way:
    """Put a file there."""
    return Way(site, file, None, new, words)


def axiom(site: str, text: str, words: str) -> Way:
    """Add an axiom to the ontology."""
    return edit(site, TTL, "dualbio:Study a owl:Class .", f"dualbio:Study a owl:Class .\n\n{text}", words)


def rule(site: str, body: str, words: str) -> Way:
    """Add a rule."""
    return write(site, "curated/rules/odd.rq", HEAD + body, words)


def query(site: str, old: str, new: str, words: str) -> Way:
    """Break the saved query."""
    return edit(site, "queries/studies/all.rq", old, new, words)


WAYS = [
    Way("build/ontology.py:read_axioms", TTL, "", None, "repair: restore it"),
    edit("build/ontology.py:read_axioms", TTL, "rdfs:subClassOf", "rdfs:subClassOf [", "not Turtle"),
    write("build/waivers.py:problem", WAIVERS, "waivers: [{check: x, file: y, records: [z], reason: w}]", "not known"),
    write("mappings/alternates.py:read_alternates", OTHERS, f"{ALTERNATES}MESH\tmesh\ta\tb\n", "accepted: the part of"),
    write("mappings/tables.py:read_filled", OTHERS, f"{ALTERNATES}MESH\thttp://x.org/\t\tb\n", "'used_by' is empty"),
    write("mappings/tables.py:read_filled", OTHERS, "prefix\n", "accepted: 'prefix iri used_by seen_in'"),
    write("mappings/tables.py:read_filled", "curated/mappings/subsumptions.tsv", "narrower\n", "header is 'narrower'"),
    write("mappings/tables.py:read_filled", "curated/mappings/subsumptions.tsv", b"\xff\xfe", "not UTF-8"),
    write("mappings/sssom.py:read", CELLS, b"\xff\xfe", "not UTF-8"),
    edit("mappings/sssom.py:read", CELLS, "subject_label\t", "", "column subject_label is missing"),
    edit("mappings/sssom.py:read", CELLS, "\tseen_in=an invented version\t", "\t", "cells; accepted: 11"),
    edit("mappings/sssom.py:_curie_map", CELLS, "#license", "#licence", "the head has no 'license'"),
    edit("mappings/sssom.py:_curie_map", CELLS, "obo/CL_", "obo/CELL_", "accepted: http://purl.obolibrary.org/obo/CL_"),
    edit("mappings/sssom.py:_curie_map", CELLS, "#curie_map:", "#curie_map: [", "the head is not YAML"),
    edit("mappings/sssom.py:_curie_map", CELLS, "#  CL:", "#  ZZ: not an <IRI>\n#  CL:", "accepted: an http"),
    edit("mappings/sssom.py:_row", CELLS, "cell:a-cell\tA cell", "cell:a-cell\tAnother", "accepted: 'A cell'"),
    edit("mappings/sssom.py:_row", CELLS, "CL:9999992\tA memory cell", "CL:9999991\tA memory cell", "one label"),
    axiom("owl/rules/axioms.py:compile_axioms", "dualbio:p a owl:ReflexiveProperty .", "write it as a domain rule"),
    axiom("owl/rules/axioms.py:_of_named", "owl:Thing rdfs:subClassOf dualbio:Study .", "an axiom about everything"),
    axiom(
        "owl/rules/expressions.py:matching",
        "dualbio:Odd owl:equivalentClass [ owl:complementOf dualbio:Study ] .",
        "write it as a domain rule",
    ),
    axiom(
        "owl/rules/expressions.py:_restricted",
        "[ owl:onProperty dualbio:p ; owl:maxCardinality 2 ] rdfs:subClassOf dualbio:Study .",
        "write it as a domain rule",
    ),
    axiom(
        "owl/rules/expressions.py:link",
        "dualbio:p rdfs:subPropertyOf owl:topObjectProperty .",
        "accepted: a named property",
    ),
    axiom(
        "owl/rules/expressions.py:_in_range",
        "[ owl:onProperty dualbio:p ; owl:someValuesFrom [ a rdfs:Datatype ; owl:unionOf ( rdfs:Literal ) ] ] "
        "rdfs:subClassOf dualbio:Study .",
        "accepted: datatypes, facets",
    ),
    axiom(
        "owl/rules/dataranges.py:range_filters",
        "[ owl:onProperty dualbio:p ; owl:someValuesFrom <http://www.w3.org/2001/XMLSchema#date> ] "
        "rdfs:subClassOf dualbio:Study .",
        "found the data range 'xsd:date'; accepted",
    ),
    write("sources/query_heads.py:read_head", "curated/rules/odd.rq", RULE.partition("\n")[2], "there is no head"),
    write("sources/query_heads.py:read_head", "curated/rules/odd.rq", RULE.replace("summary", "sumary"), "mean"),
    write("owl/rules/domain.py:read_rules", "curated/rules/odd.rq", b"\xff\xfe", "not UTF-8"),
    rule("owl/rules/bodies.py:_check_syntax", "CONSTRUCT { ?x a dualbio:Trial } WHERE { ?x a ", "not SPARQL"),
    rule("owl/rules/bodies.py:_check_syntax", "ASK { ?x a dualbio:Trial }", "accepted: CONSTRUCT"),
    rule("owl/rules/bodies.py:walk", "CONSTRUCT { ?x a ?y } WHERE { ?x a ?y } LIMIT 3", "have no meaning in a rule"),
    rule("owl/rules/bodies.py:_ways", "CONSTRUCT { ?x a ?y } WHERE { ?x a/a ?y }", "accepted: p|q and ^p"),
    rule("owl/rules/bodies.py:_node", "CONSTRUCT { ?x a ?y } WHERE { ?x a [ a ?y ] }", "repair: use ?variables"),
    rule("owl/rules/bodies.py:_alternatives", "CONSTRUCT { ?x a ?y } WHERE { GRAPH ?g { ?x a ?y } }", "not accepted"),
    edit("owl/rules/strata.py:_check_names", "curated/rules/kind.rq", "\n", "\n#+ after: knd\n", "mean 'kind'"),
    rule(
        "owl/rules/strata.py:_check_delays",
        "CONSTRUCT { ?x a dualbio:Odd } WHERE { ?x a dualbio:Study FILTER NOT EXISTS { ?x a dualbio:Odd } }",
        "let one of these rules match without the other",
    ),
    query(
        "queries/head.py:_type_and_companions",
        "#+ columns",
        "#+ params: [{name: x, type: y, description: z, example: 1}]\n#+ columns",
        "field 'type' is 'y'",
    ),
    query(
        "queries/head.py:_scope_of_parameters",
        "#+ columns",
        "#+ scope: {outcomes: ['param:nothing']}\n#+ columns",
        "names parameter 'nothing'",
    ),
    query("queries/head.py:_names_once", "the study}", "the study}\n#+ - {name: study, meaning: x}", "rename one"),
    query(
        "queries/head.py:_templates_of_columns",
        "#+ columns",
        "#+ reading:\n#+   Study: '{stdy}'\n#+ columns",
        "reading",
    ),
    query(
        "queries/head.py:_parts_of_the_kind",
        "#+ columns",
        "#+ figure: {kind: cloud, marks: [{label: '{study}'}]}\n#+ columns",
        "figure 'cloud'",
    ),
    query("queries/library.py:_companion_problems", "#+ columns", "#+ left_out: [nobody]\n#+ columns", "'left_out'"),
    query(
        "queries/library.py:_presets",
        "#+ columns",
        "#+ presets: [{name: some, summary: A, description: B, tags: [c], params: {drug: ['drug:x']}}]\n#+ columns",
        "drug",
    ),
    query("queries/library.py:parse_query", "WHERE {", "WHERE {{{", "SPARQL"),
    write("queries/library.py:read_query", "queries/studies/all.rq", b"\xff\xfe", "not UTF-8"),
    write("queries/library.py:read_query", "queries/wrong.rq", QUERY, "wrong place; accepted"),
    Way("sources/corpus.py:_read_table", "curated/entities/drugs.tsv", "", None, "the table does not exist"),
    edit("sources/corpus.py:_read_table", "curated/entities/cells.tsv", "label_zh", "label_cn", "header is"),
    edit("sources/corpus.py:_read_table", "curated/entities/cells.tsv", "a-memory-cell", "a-cell", "another key"),
    Way("sources/corpus.py:read_document", "curated/lessons/lessons.yaml", "", None, "repair: restore it"),
    edit("sources/corpus.py:read_document", STUDY, "study:\n", "study: [\n", "not YAML"),
    write("sources/yaml_lines.py:parse_yaml", STUDY, "", "the file is empty"),
    write("sources/yaml_lines.py:_text", STUDY, b"\xff", "not UTF-8"),
    write("sources/yaml_lines.py:_construct", STUDY, "study: &a\n  id: calm-1\narms: *a\n", "repair: write the value"),
    edit("sources/yaml_lines.py:_mapping", STUDY, "  id: calm-1\n", "  id: calm-1\n  id: calm-1\n", "remove one"),
    edit("sources/yaml_lines.py:read_tsv", "curated/entities/cells.tsv", "\n", "\nlonely\n", "the row has 1 cell;"),
]


@pytest.fixture(name="sources")
def fixture_sources(tmp_path: Path) -> SourceFolders:
    """The invented world with a rule, and a folder of saved queries."""
    shutil.copytree(CURATED, tmp_path / "curated")
    for file, text in {"curated/rules/kind.rq": RULE, "queries/studies/all.rq": QUERY}.items():
        (tmp_path / file).parent.mkdir(parents=True)
        (tmp_path / file).write_text(text, encoding="utf-8")
    return SourceFolders(tmp_path / "curated", tmp_path / "queries")


def checked(sources: SourceFolders) -> list[Problem]:
    """Return the errors that the command `check` tells."""
    places = {"DUALBIO_ONTOLOGY": str(sources.ontology), "DUALBIO_QUERIES": str(sources.queries)}
    answer = CliRunner(env=places).invoke(cli, ["check", "--json"], standalone_mode=False)
    assert isinstance(answer.exception, SystemExit | None) or answer.exit_code == 1, answer.exception
    return [Problem(**problem) for problem in json.loads(answer.stdout)["errors"]]


def put(sources: SourceFolders, way: Way) -> None:
    """Break the sources."""
    path = sources.ontology.parent / way.file
    if way.new is None:
        path.unlink()
    elif isinstance(way.new, bytes):
        path.write_bytes(way.new)
    else:
        text = path.read_text(encoding="utf-8") if way.old else ""
        assert (way.old or "") in text
        path.write_text(text.replace(way.old, way.new, 1) if way.old else way.new, encoding="utf-8")


def test_the_sound_sources_are_built(sources: SourceFolders, tmp_path: Path) -> None:
    """What the cases break is accepted to begin with."""
    build_release(sources, tmp_path / "releases")


@pytest.mark.parametrize("way", WAYS, ids=lambda way: f"{way.site} {way.words}"[:70])
def test_check_tells_what_a_build_refuses(way: Way, sources: SourceFolders, tmp_path: Path) -> None:
    """The build refuses the sources, and the check tells all that it refuses, and what to do."""
    put(sources, way)
    with pytest.raises(DataError) as refused:
        build_release(sources, tmp_path / "releases")
    told = checked(sources)
    assert set() == set(refused.value.problems) - set(told)
    found = [problem for problem in told if way.words in problem.message and problem.file == way.file]
    assert found, told
    assert re.search("repair|did you mean|accepted|not SPARQL|not YAML|not UTF-8|is empty", found[0].message)
    assert not way.old or found[0].line > 0, found[0]


def sites() -> Iterator[str]:
    """Yield the functions of the readers that raise, or that make a problem."""
    for name in READERS:
        tree = ast.parse((SOURCE / name).read_text(encoding="utf-8"))
        yield from (f"{name}:{function}" for function in raising(tree, ""))


def raising(node: ast.AST, function: str) -> Iterator[str]:
    """Yield the name of the function around each error that is raised anew, and around each problem that is made."""
    for child in ast.iter_child_nodes(node):
        inside = child.name if isinstance(child, ast.FunctionDef) else function
        raised = isinstance(child, ast.Raise) and isinstance(child.exc, ast.Call)
        made = isinstance(child, ast.Call) and isinstance(child.func, ast.Name) and child.func.id == "Problem"
        if raised or made:
            yield inside
        yield from raising(child, inside)


def test_every_way_of_the_code_has_a_case() -> None:
    """A new function that refuses needs a case here, and a case whose function is gone goes too."""
    assert set(sites()) == {way.site for way in WAYS} | set(NO_WAY)
    assert set() == {way.site for way in WAYS} & set(NO_WAY)
