"""The table for meta-analysis holds every number that can be pooled once, and says which lines share people."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from functools import cache

import pytest
from click.testing import CliRunner

from dualbio.cli.main import cli
from dualbio.database import Database
from dualbio.errors import ParameterError
from dualbio.model.namespaces import PREFIXES
from dualbio.queries import LONG_FORMS, LongForm, QueryResult, long_columns
from dualbio.release.folder import Release
from dualbio.settings import Settings
from dualbio.sources.folders import shipped_sources
from dualbio.store.embedded import EmbeddedStore
from dualbio.store.workers import WorkerPool
from dualbio_server.app import make_app
from dualbio_server.service import Options, Service, open_release, pool_settings

Long = Callable[..., QueryResult]
GENOVESE = "genovese-2004-etanercept-anakinra"


@pytest.fixture(scope="module")
def database(release: Release, store: EmbeddedStore) -> Database:
    """The release in memory."""
    return Database(release, shipped_sources().queries, store=store)


@pytest.fixture(scope="module")
def serious(database: Database) -> QueryResult:
    """Serious infections for metafor."""
    return database.long("serious-infections")


def lines_of(answer: QueryResult, **wanted: str) -> list[dict[str, str]]:
    """Return the lines whose columns have the wanted values; what is empty is not there."""
    return [line for line in answer.records() if all(line.get(name) == value for name, value in wanted.items())]


def test_the_largest_trial_of_two_biologics_is_there(serious: QueryResult) -> None:
    """ASSURE: 6 of 103 on abatacept and a biologic, 1 of 64 on the biologic alone, in arms that share nobody."""
    found = {line["arm"]: line for line in lines_of(serious, study="assure")}
    assert ("6", "103", "abatacept+biologic-dmard") == tuple(
        found["aba-bio"][name] for name in ("xi", "ni", "treatment")
    )
    assert ("1", "64", "biologic-dmard") == tuple(found["pbo-bio"][name] for name in ("xi", "ni", "treatment"))
    assert 4 == len({line["overlapGroup"] for line in found.values()})
    assert {"NCT00048932"} == {line["nct"] for line in found.values()}


def test_a_union_names_its_parts(serious: QueryResult) -> None:
    """Genovese 2004 counts two doses, and both together: the union shares people with each, the doses do not."""
    found = {line["arm"]: line for line in lines_of(serious, study=GENOVESE)}
    union, full, half = (found[arm] for arm in ("etn-ana-any", "etn-ana", "half-etn-ana"))
    assert {full["row"], half["row"]} == set(union["sharesPeopleWith"].split("; "))
    assert half["row"] not in full["sharesPeopleWith"]
    assert 1 == len({line["overlapGroup"] for line in (union, full, half)})
    assert "sharesPeopleWith" not in found["etn"]


@cache
def _shares(text: str) -> frozenset[str]:
    return frozenset(text.split("; ")) if text else frozenset()


@pytest.mark.parametrize("name", ["safety/serious-infections", "efficacy/disease-activity", "safety/deaths"])
def test_no_person_is_doubled_in_silence(name: str, database: Database) -> None:
    """Lines of one arm and one outcome, and of arms that may not be pooled, name each other."""
    answer = database.long(name)
    lines = answer.records()
    rows = {line["row"]: line for line in lines}
    assert len(rows) == len(lines)
    for line in lines:
        others = _shares(line.get("sharesPeopleWith", ""))
        assert line["row"] not in others
        assert all(line["row"] in _shares(rows[other].get("sharesPeopleWith", "")) for other in others)
        same_arm = {
            other["row"]
            for other in lines
            if (other["study"], other["arm"], other["outcome"]) == (line["study"], line["arm"], line["outcome"])
        }
        assert same_arm - {line["row"]} <= others


@pytest.mark.parametrize(
    "name", ["safety/serious-infections", "efficacy/disease-activity", "studies/results-of-a-study"]
)
def test_every_result_is_a_line_or_left_out_with_its_reason(name: str, database: Database) -> None:
    """Each line has numbers that a method takes; each other result is listed once, with a reason."""
    params: dict[str, object] = {"study": "bliss-believe"} if "study" in name else {}
    answer = database.long(name, "metafor", **params)
    for line in answer.records():
        assert {"xi", "ni"} <= line.keys() or {"xi", "ti"} <= line.keys() or {"mi", "sdi", "ni"} <= line.keys()
    left = answer.left_out.records()
    assert all(row["reason"] and row["studyKey"] for row in left)
    told = {row["item"].partition(": ")[0] for row in left}
    assert len(told) == len(left)
    assert not told & {line["row"] for line in answer.records()}


@pytest.fixture(scope="module")
def altered(release: Release) -> Database:
    """The release with a contested count in ASSURE, and a mean of BLISS-BELIEVE with a standard error of 0.5 in 16."""
    store = EmbeddedStore.in_memory(release.files)
    store.store.update(
        """
        INSERT { GRAPH ?g { ?row dualbio:rowState value:row-state.contested } } WHERE {
          GRAPH ?g { ?row dualbio:adverseEvent ae:serious-infection ; dualbio:arm arm:assure.aba-bio }
        };
        DELETE { GRAPH ?g { ?row dualbio:statistic ?any ; dualbio:total ?n ; dualbio:value ?v } }
        INSERT { GRAPH ?g { ?row dualbio:statistic value:statistic.mean ; dualbio:total 16 ; dualbio:value 3.5 ;
          dualbio:spreadType value:spread-type.se ; dualbio:spreadValue 0.5 } }
        WHERE { VALUES ?row { result:bliss-believe.r001 }
          GRAPH ?g { ?row dualbio:statistic ?any ; dualbio:total ?n ; dualbio:value ?v } }
        """,
        prefixes=PREFIXES,
    )
    return Database(release, shipped_sources().queries, store=store)


def test_a_contested_number_is_no_line(altered: Database) -> None:
    """A number that is doubted is left out and says so; the other arms stay."""
    answer = altered.long("serious-infections")
    assert {"aba-nonbio", "pbo-bio", "pbo-nonbio"} == {line["arm"] for line in lines_of(answer, study="assure")}
    reasons = {row["reason"] for row in answer.left_out.records() if row["studyKey"] == "assure"}
    assert {"the number is contested: it is printed, and doubted"} == reasons


def test_a_standard_error_becomes_a_standard_deviation(altered: Database) -> None:
    """Where a mean has a standard error, its deviation is that times the square root of the people, and is marked."""
    (line,) = lines_of(altered.long("results-of-a-study", study="bliss-believe"), row="result:bliss-believe.r001")
    assert ("3.5", "2", "16") == tuple(line[name] for name in ("mi", "sdi", "ni"))
    assert "sd: standard error times the square root of n" == line["derived"]


def test_both_packages_get_the_same_numbers_under_their_names(database: Database) -> None:
    """The tables differ in the names of their columns alone."""
    metafor, netmeta = (database.long("deaths", form) for form in LONG_FORMS)
    assert metafor.rows == netmeta.rows
    assert {"studlab", "treat", "event", "n", "mean", "sd", "time"} == set(netmeta.columns) - set(metafor.columns)
    assert [column.name for column in long_columns("netmeta")] == list(netmeta.columns)


def test_numbers_are_numbers(serious: QueryResult) -> None:
    """Counts are whole numbers and times and means are numbers, also where all are empty."""
    frame = serious.to_pandas()
    assert ["Int64", "Int64", "Float64", "Float64", "Float64"] == [
        str(frame[name].dtype) for name in ("xi", "ni", "mi", "sdi", "ti")
    ]


@pytest.mark.parametrize("form", LONG_FORMS)
def test_the_faces_give_one_table(
    form: LongForm,
    database: Database,
    release: Release,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Python, HTTP and the command line give the same lines, and the same results that are left out."""
    answer = database.long("serious-infections", form, disease="ra")
    monkeypatch.setattr("dualbio.cli.query.open_database", lambda *_: database)
    words = ["query", "serious-infections", "-p", "disease=ra", "--long", form]
    done = CliRunner().invoke(cli, words)
    assert (0, answer.to_csv()) == (done.exit_code, done.stdout_bytes)
    assert "results that cannot be pooled" in done.stderr
    beside = CliRunner().invoke(cli, [*words, "--part", "left-out", "--format", "csv"])
    assert answer.left_out.to_csv() == beside.stdout_bytes
    settings = Settings(releases=release.folder.parent)
    served = open_release(release.folder)
    with WorkerPool(pool_settings(settings, served, tmp_path_factory.mktemp("pool"))) as pool:
        client = make_app(Service(settings, served, pool.client(queue_wait=5), Options(access_log=False))).test_client()
        path = "/queries/safety/serious-infections"
        got = client.get(f"{path}.csv?disease=ra&long={form}")
        assert (200, answer.to_csv()) == (got.status_code, got.data)
        assert f'long={form}>; rel="cite-as"' in got.headers["Link"]
        assert answer.left_out.to_csv() == client.get(f"{path}.csv?disease=ra&long={form}&part=left-out").data
        assert answer.to_json() == client.get(f"{path}.json?disease=ra&long={form}").data
        assert 400 == client.get(f"{path}.csv?long=excel").status_code
        assert 406 == client.get(f"{path}.html?long={form}").status_code
        assert 400 == client.get(f"/queries/mechanism/mechanism-edges.csv?long={form}").status_code


def test_a_query_without_results_says_so(database: Database) -> None:
    """A question whose rows are no results of arms has no such table, and the message says which have."""
    with pytest.raises(
        ParameterError, match="shows no results of arms, so that nothing can be pooled; accepted: a query"
    ):
        database.long("mechanism-edges")


def test_a_table_is_read_back(serious: QueryResult) -> None:
    """The CSV is a plain one: as many cells in each line as columns."""
    rows = list(csv.reader(io.StringIO(serious.to_csv().decode())))
    assert {len(serious.columns)} == {len(row) for row in rows}
