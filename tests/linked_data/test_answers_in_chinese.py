"""Questions, answers and figures on Chinese pages: no words of the interface stay English."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from dualbio.database import Database
from dualbio.figures import Look
from dualbio.model.syntheses import MODELS_OF
from dualbio.queries import Library
from dualbio.queries.answers.reading import default_reading, heading
from dualbio.release.folder import Release
from dualbio.sources.folders import shipped_sources
from dualbio.store.embedded import EmbeddedStore
from dualbio.synthesis.pooling.plots.names import measure_name
from dualbio.synthesis.pooling.pool import UNITS
from dualbio_server.entities.arm_names import arm_name
from dualbio_server.http.language import CATALOGUE
from dualbio_server.queries.in_language import in_language, words

QUERIES = Library.read(shipped_sources().queries)
DRAWN = [name for name, query in QUERIES.items() if query.head.figure]
#: Columns in a template, with words that are told for all of them; and what is left where a template has words.
PLACES = re.compile(r"(?:week |to )?\{[^{}]*\}")
BETWEEN = re.compile(r"[a-z]{2}")
NAMED = re.compile(rf"\b(?:{'|'.join(sorted(QUERIES.topics()))})/[a-z-]+")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
#: What figures are told that has no words: places for others, and times of a regimen as their source tells them.
OPEN = re.compile(r"\{measure\}|.*[Ww]eeks?\b.*|for two years in the trial")


@pytest.fixture(name="database", scope="module")
def fixture_database(release: Release, store: EmbeddedStore) -> Database:
    """The same release in Python."""
    return Database(release, shipped_sources().queries, store=store)


@pytest.mark.parametrize("name", QUERIES)
def test_what_a_question_says_is_told_in_chinese(name: str) -> None:
    """What a query asks, its description, parameters, columns and headers, and what stands between these in a cell."""
    query = QUERIES[name]
    reading = query.head.shown or default_reading([column.name for column in query.columns])
    said = {query.head.summary, query.head.description, query.topic, query.head.omits or query.topic}
    said |= {param.description for param in query.params}
    said |= {text for column in query.columns for text in (column.meaning, column.unit) if text and text != "%"}
    said |= {column.header for column in reading.columns}
    said |= {each.template for each in reading.columns if BETWEEN.search(PLACES.sub("", each.template))}
    missing = [column.name for column in query.columns if named("column", heading(column.name)) not in CATALOGUE]
    missing += [param.name for param in query.params if named("parameter", param.name) not in CATALOGUE]
    assert (set(), []) == (said - {*CATALOGUE}, missing)


def test_a_query_that_a_description_names_is_there() -> None:
    """Whoever is sent on by a description arrives."""
    named = {found for query in QUERIES.values() for found in NAMED.findall(query.head.description)}
    assert len(named) > 5
    assert set() == named - {*QUERIES}


def named(sort: str, name: str) -> str:
    """Return under which words the name of a column or parameter is in the catalogue."""
    return f"{sort}:{name}" if f"{sort}:{name}" in CATALOGUE else name


@pytest.mark.parametrize("name", DRAWN)
def test_a_figure_on_a_chinese_page_is_chinese(app: Flask, database: Database, name: str) -> None:
    """Title, legend, axes, marks and states of every figure are told in Chinese."""
    english: list[str] = []
    result = database.query(name)
    studies = tuple({row.get("studyName", "-") for row in result.records()})

    def say(text: str, **values: Any) -> str:
        found = words(text, **values)
        if text and not CHINESE.search(found) and not OPEN.fullmatch(text) and not text.startswith(studies):
            english.append(text)
        return found

    with app.test_request_context("/?lang=zh"):
        figure = in_language(result).figure(Look(say))
        corner = figure.corner
    assert [] == english
    assert "研究工具" in corner


@pytest.mark.parametrize("measure", MODELS_OF)
def test_the_axis_of_a_pooled_number_is_called_in_chinese(app: Flask, measure: str) -> None:
    """Each measure of a question across studies, with the unit that it always has, has a Chinese name in figures."""
    with app.test_request_context("/?lang=zh"):
        name = words(measure_name(measure, UNITS.get(measure, "")))
    assert CHINESE.search(name)
    assert not re.search("[a-z]", name)


def test_an_answer_on_a_chinese_page_names_things_in_chinese(client: FlaskClient) -> None:
    """Pairs, diseases and drugs in the cells, the facets and the line above them have their Chinese names."""
    text = client.get("/queries/safety/serious-infection-by-pair?lang=zh", headers={"Accept": "text/html"}).text
    main = text.partition("<main")[2]

    assert "<h1>哪些组合在哪种疾病中" in main
    assert "(类风湿关节炎)" in main.partition('<p class="lead">')[2].partition("</p>")[0]
    assert ">类风湿关节炎</a> · <a" in main
    assert "第 52 周" in main
    assert ">肿瘤坏死因子抑制" not in main  # it is one side of a pair
    assert [] == re.findall(
        r">(?:rheumatoid arthritis|B-cell depletion \+ TNF inhibition|raised|not told apart)[<:]", main
    )


def test_a_figure_as_a_file_is_of_the_language_of_its_address(client: FlaskClient) -> None:
    """A file is one for all readers, whatever they prefer; its address may ask for Chinese."""
    asked = "/figures/studies/superiority-side-by-side.json?disease=sle"
    plain, preferring, chinese = (
        client.get(f"{asked}{more}", headers={"Accept-Language": language}).text
        for more, language in (("", "en"), ("", "zh"), ("&lang=zh", "en"))
    )
    assert plain == preferring
    assert CHINESE.search(plain) is None
    assert "联合方案与其中一药的对照" in chinese


@pytest.mark.parametrize(("part", "value"), [("theme", "pink"), ("width", "huge")])
def test_a_look_that_is_none_is_told(client: FlaskClient, part: str, value: str) -> None:
    """A theme or width that figures have not is 400 with what is accepted."""
    answer = client.get(f"/figures/mechanism/mechanism-edges.svg?{part}={value}")
    assert (400, True) == (answer.status_code, "accepted: " in answer.get_json()["detail"])


def test_a_comparison_on_a_chinese_page_is_told_in_chinese(client: FlaskClient) -> None:
    """Verdicts, order, designs, outcomes and what is not known are told in Chinese; prose of the records stays."""
    text = client.get("/compare?study=beat-lupus&study=synbiose-1&lang=zh", headers={"Accept": "text/html"}).text
    main = " ".join(re.sub(r"<svg.*?</svg>|<[^>]+>", " ", text.partition("<main")[2], flags=re.DOTALL).split())

    for told in (
        "主要结局:达到",
        "随机对照试验, 双盲, II期; 52 人",
        "先用利妥昔单抗, 后用贝利尤单抗",
        "没有记录目的",
        "第 52 周 (主要结局",
    ):
        assert told.replace(":", "\N{FULLWIDTH COLON}") in main
    assert "refractory to conventional treatment" in main
    assert [] == re.findall(
        r"no test against|randomised controlled trial|They differ in|\bweek \d", main.partition("图的文字说明")[0]
    )


def test_the_tests_of_vega_are_told_in_chinese(client: FlaskClient) -> None:
    """VEGA met against one of its drugs, by a nominal p value, and missed against the other."""
    text = client.get("/compare?study=vega&lang=zh", headers={"Accept": "text/html"}).text
    assert re.search("主要结局.与戈利木单抗比较..达到", text)
    assert "名义值" in text


@pytest.mark.parametrize(
    ("english", "told"),
    [
        ("rituximab then belimumab", "先用利妥昔单抗\N{FULLWIDTH COMMA}后用贝利尤单抗"),
        ("belimumab + placebo", "贝利尤单抗 + 安慰剂"),
        ("placebo", "安慰剂"),
        ("rituximab + whatever was at hand", "rituximab + whatever was at hand"),
    ],
)
def test_the_name_of_an_arm_is_chinese_or_whole(app: Flask, english: str, told: str) -> None:
    """An arm is called by the Chinese names of its drugs; where a part has none, the English name stands as it is."""
    with app.test_request_context("/?lang=zh"):
        assert told == arm_name(english)
    with app.test_request_context("/?lang=en"):
        assert english == arm_name(english)
