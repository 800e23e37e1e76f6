"""Pages of studies and pairs answer what a clinician asks of them: the verdict, the numbers by arm, harms, sources."""

from __future__ import annotations

import re
from collections import Counter
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient

from dualbio.model.namespaces import BASE
from dualbio.store.embedded import EmbeddedStore
from dualbio.store.workers.clients.pool_client import PoolClient

BROWSER = {"Accept": "text/html"}
LUPUS = "/pair/b-cell-depletion_blys-inhibition"
#: Bytes that a page may have, before it is compressed.
LARGEST = 150_000


def page(client: FlaskClient, path: str) -> str:
    """Return the text of a page."""
    answer = client.get(path, headers=BROWSER)
    assert (path, 200) == (path, answer.status_code)
    return answer.text


def words(html: str) -> str:
    """Return what a reader sees of a part of a page."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def rows(html: str) -> list[list[str]]:
    """Return the rows of all tables, each cell as its words."""
    found = re.findall(r"<tr>(.*?)</tr>", html, re.DOTALL)
    return [[words(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)] for row in found]


def part(html: str, name: str) -> str:
    """Return the section of a page with an anchor."""
    return html.partition(f'<section id="{name}">')[2].partition("</section>")[0]


def values(store: EmbeddedStore, query: str) -> list[str]:
    """Return the first column of an answer."""
    solutions = store.select(query)
    return [row[0].value for row in solutions]


@pytest.fixture(scope="module")
def studies(store: EmbeddedStore) -> list[str]:
    """The keys of the studies with most numbers, and of some others."""
    found = values(
        store,
        "SELECT ?study { ?study a dualbio:Study OPTIONAL { ?study dualbio:hasResult ?row } } "
        "GROUP BY ?study ORDER BY DESC(COUNT(?row)) ?study",
    )
    keys = [each.removeprefix(f"{BASE}study/") for each in found]
    return [*keys[:5], *keys[5 :: max(1, len(keys) // 6)]]


def test_a_study_begins_with_its_verdict(client: FlaskClient) -> None:
    """The missed primary outcome stands first, with both counts, the effect, chance, the source and how it was read."""
    text = page(client, "/study/bliss-believe")
    verdict = words(re.findall(r'<p class="verdict missed">(.*?)</p>', text, re.DOTALL)[0])

    assert verdict.startswith("missed : Disease control off immunosuppressants , week 52")
    for expected in (
        "28/144",
        "12/72",
        "odds ratio 1.27 (0.6 to 2.71), p = 0.5342",
        "Aranow 2024",
        "Table 2",
        "full text",
    ):
        assert expected in verdict
    assert text.index('class="verdict missed"') < text.index('<dl class="facts">')


def test_a_direction_never_stands_without_its_certainty(client: FlaskClient, studies: list[str]) -> None:
    """Where a page says which arm the estimate favours, it says beside it whether chance is a likely reason."""
    told = [line for key in studies for line in re.findall(r"[^<>]*favours[^<>]*", page(client, f"/study/{key}"))]

    assert len(told) > 3
    assert [] == [line for line in told if "significan" not in line]


def test_every_harm_is_named_and_serious_ones_come_first(client: FlaskClient) -> None:
    """The rows of BLISS-BELIEVE name their event, with a count for each arm."""
    table = rows(part(page(client, "/study/bliss-believe"), "harms"))
    musculoskeletal = next(row for row in table if row[0].startswith("musculoskeletal") and "years 1 and 2" in row[0])

    assert ["49/144 (34.0 %)", "24/76 (31.6 %)"] == musculoskeletal[2:4]
    harms = rows(part(page(client, "/study/assure"), "harms"))[1:]
    grave = [row[0].startswith(("serious", "death", "fatal")) for row in harms]
    assert sorted(grave, reverse=True) == grave
    assert {True, False} == set(grave)


def test_no_two_rows_of_a_table_say_the_same(client: FlaskClient, studies: list[str]) -> None:
    """What a reader sees tells every row from every other, in each table of each page of evidence."""
    records = ("/source/bliss-believe.s1", "/lesson/f-beat-lupus-1", "/outcome/acr20", "/ae/serious-infection")
    for path in [*(f"/study/{key}" for key in studies), LUPUS, *records]:
        for table in re.findall(r"<table[^>]*>(.*?)</table>", page(client, path), re.DOTALL):
            heads = Counter(tuple(row) for row in rows(table))
            assert (path, []) == (path, [row for row, n in heads.items() if n > 1])


def test_no_number_of_a_study_is_lost(client: FlaskClient, store: EmbeddedStore, studies: list[str]) -> None:
    """Each result and comparison that the release holds of a study is on its page, with a link to its record."""
    for key in studies:
        held = values(store, f"SELECT ?row {{ study:{key} dualbio:hasResult|dualbio:hasComparison ?row }}")
        links = set(re.findall(r'href="/((?:result|comparison)/[^"]+)"', page(client, f"/study/{key}")))
        assert (key, set()) == (key, {each.removeprefix(BASE) for each in held} - links)


def test_pages_of_evidence_are_light(client: FlaskClient, studies: list[str]) -> None:
    """The study with most numbers, and the pair with most studies, stay below the bound of all pages."""
    assert LARGEST > max(len(page(client, path).encode()) for path in (f"/study/{studies[0]}", LUPUS, "/"))


def test_a_study_says_what_is_not_known(client: FlaskClient) -> None:
    """What could not be read in BLISS-BELIEVE is told, with where it was looked for."""
    told = words(part(page(client, "/study/bliss-believe"), "open"))

    assert "looked for and not found" in told
    assert "Serious adverse events by arm in BLISS-BELIEVE" in told
    assert "looked in: the registry records NCT03312907" in told


def test_every_registry_number_leads_to_its_record(client: FlaskClient, store: EmbeddedStore) -> None:
    """A number of ClinicalTrials.gov, of the European register or of ISRCTN is a link to the record that has it."""
    found = store.select(
        "SELECT ?study (MIN(?number) AS ?n) { ?study a dualbio:Study ; dualbio:registryId ?number } GROUP BY ?study"
    )
    rows = [(row["study"].value.removeprefix(BASE[:-1]), row["n"].value) for row in found]
    odd = [(path, number) for path, number in rows if not number.startswith("NCT")]

    assert len(odd) > 10
    for path, number in [*odd, *rows[:3]]:
        assert re.search(rf'<a href="https://[^"]*{number}[^"]*">{number}</a>', page(client, path)), (path, number)


def test_sources_say_what_was_read_in_each(client: FlaskClient, store: EmbeddedStore) -> None:
    """The numbers that each source of a study is said to have add up to those that the release holds."""
    text = part(page(client, "/study/bliss-believe"), "sources")
    held = values(store, "SELECT ?row { study:bliss-believe dualbio:hasResult|dualbio:hasComparison ?row }")
    counted = sum(int(n) for line in re.findall(r"numbers: ([^·<]+)", words(text)) for n in re.findall(r"(\d+) ", line))

    assert len(held) == counted
    assert "https://doi.org/10.1136/ard-2024-225686" in text


def test_a_p_value_alone_is_not_named_twice(client: FlaskClient) -> None:
    """CALIBRATE printed a p value without an effect: it stands as it is."""
    text = words(page(client, "/study/calibrate"))
    assert "p = 0.452" in text.replace("\N{NO-BREAK SPACE}", " ")
    assert "p value only" not in text


def test_what_a_report_says_without_a_number_is_told(client: FlaskClient, studies: list[str]) -> None:
    """A comparison in words says which: that serious infections in CALIBRATE were similarly frequent, for instance."""
    assert "similarly frequent in both groups" in words(part(page(client, "/study/calibrate"), "harms"))
    assert "called significant; no number printed" in words(part(page(client, "/study/synbiose-1"), "outcomes"))
    assert "similarly frequent in both groups" in words(page(client, "/ae/serious-infection"))
    assert [] == [study for study in studies if "statement without a number" in words(page(client, f"/study/{study}"))]


def test_a_single_arm_says_that_nothing_was_tested(client: FlaskClient) -> None:
    """A series without a control has no verdict, and the page says why."""
    assert "Only one arm" in page(client, "/study/gualtierotti-2018")


def first_words(client: FlaskClient, study: str) -> str:
    """Return what stands on the page of a study before its facts."""
    return words(
        page(client, f"/study/{study}").partition('<section aria-label="Verdict">')[2].partition("</section>")[0]
    )


def test_a_trial_that_could_not_tell_says_so_first(client: FlaskClient) -> None:
    """CALIBRATE set out to show safety: its renal response stands first as not designed to tell, and not as no test."""
    told = first_words(client, "calibrate")
    assert told.startswith(
        "not designed to tell (the study did not set out to show superiority by this) : "
        "Complete or partial renal response , week 48"
    )
    assert "11/21 (52 %) against rituximab + cyclophosphamide 9/22 (41 %)" in told
    assert ["Set out to show safety as the aim"] == [
        words(row) for row in re.findall(r"<dt>.*?</dd>", page(client, "/study/calibrate")) if "Set out" in row
    ]


def test_a_study_says_first_whether_it_raised_serious_infection(client: FlaskClient) -> None:
    """ASSURE counted 6/103 on two biologics and 1/64 on one: too few to tell. Genovese 2004 tells 9/162 from 0/80."""
    assure, genovese = (first_words(client, study) for study in ("assure", "genovese-2004-etanercept-anakinra"))
    assert "Serious infection : not told apart" in assure
    assert "6/103 (5.8 %) against placebo + background biologic 1/64 (1.6 %) (randomised)" in assure
    assert "856" not in assure, "people who got no second biologic are no control of those who did"
    assert "Serious infection : raised" in genovese
    assert "9/162 (5.6 %) against etanercept alone 0/80" in genovese
    assert "percentage points" in genovese


def test_a_pair_in_a_disease_counts_its_verdicts(client: FlaskClient) -> None:
    """Depletion with BLyS inhibition in lupus: one met on a laboratory value, one missed on how patients fare."""
    text = page(client, f"{LUPUS}?disease=sle")
    lead = words(re.findall(r'<p class="lead">(.*?)</p>', text, re.DOTALL)[-1])
    sentences = [words(each) for each in re.findall(r'<p class="verdict[^"]*">(.*?)</p>', text, re.DOTALL)]

    chosen = re.search(r'systemic lupus erythematosus\s*<span class="count">(\d+)</span>', text)
    assert chosen is not None
    assert f": {chosen[1]} studies, " in lead
    assert "1 met (laboratory value); 1 missed (how patients fare); 1 tested, not designed to tell" in lead
    assert ["met · BEAT-LUPUS", "missed · BLISS-BELIEVE"] == [each.partition(" :")[0] for each in sentences]
    assert "not how patients fare" in sentences[0]
    assert {"28/144", "12/72"} <= set(re.findall(r"\d+/\d+", sentences[1]))


def test_the_number_of_a_cell_is_found_again_behind_it(client: FlaskClient) -> None:
    """A cell of the matrix counts the studies of its own disease; its page names those of diseases below it apart."""
    cells = re.findall(r'<td [^>]*><a href="(/pair/[^"]+)"[^>]*>(\d+)', page(client, "/"))
    assert len(cells) > 40
    for href, counted in cells[:4]:
        lead = words(re.findall(r'<p class="lead">(.*?)</p>', page(client, href), re.DOTALL)[-1])
        told = re.search(r": (\d+) stud(?:y|ies)(?:, (\d+) of them in a disease below it)?;", lead)
        assert told, lead
        assert int(counted) == int(told[1]) - int(told[2] or 0)


@pytest.mark.parametrize(
    ("path", "offered"),
    [(f"{LUPUS}?disease=sle", True), ("/pair/tnf-inhibition_any-biologic?disease=asthma", False)],
)
def test_a_comparison_is_offered_where_there_is_one(client: FlaskClient, path: str, offered: bool) -> None:
    """Studies of which only arms taken together have the pair cannot be set beside others."""
    links = [unescape(each) for each in re.findall(r'href="(/compare\?[^"]+)"', page(client, path))]
    assert offered == bool(links)
    assert [200] * len(links) == [client.get(f"{link}&format=csv").status_code for link in links]


def test_a_pair_leads_to_the_answers_that_its_studies_went_into(client: FlaskClient) -> None:
    """Anakinra with etanercept is in the pool of serious infection; the lupus trials measured unlike outcomes."""
    table = rows(part(page(client, "/pair/il-1-inhibition_tnf-inhibition"), "across"))
    pooled = next(
        row for row in table if row[0] == "Serious infection, two biologics against one, rheumatoid arthritis"
    )
    unlike = next(row for row in rows(part(page(client, LUPUS), "across")) if row[0].startswith("Response, BLyS"))

    assert re.match(r"[\d.]+ \([\d.]+ to [\d.]+\)", pooled[1])
    assert unlike[1].startswith("no number: unlike outcomes: Disease control off immunosuppressants, Complete or")


@pytest.mark.parametrize("disease", ["sle", "rheumatoid-arthritis"])
def test_a_pair_lists_every_study_of_the_disease(client: FlaskClient, store: EmbeddedStore, disease: str) -> None:
    """The studies of a disease, with those below it, are those that a query of another shape finds."""
    held = values(
        store,
        "SELECT DISTINCT ?study { ?study dualbio:hasArm ?arm . ?arm dualbio:inDisease/dualbio:narrowerThan? ?disease ; "
        f"dualbio:testsMechanismPair pair:b-cell-depletion_blys-inhibition FILTER (?disease = disease:{disease}) }}",
    )
    table = part(page(client, f"{LUPUS}?disease={disease}"), "studies")

    assert {each.removeprefix(BASE) for each in held} == set(
        re.findall(r'<th scope="row"><a href="/(study/[^"]+)"', table)
    )
    assert held


def test_a_forest_plot_stands_where_an_effect_was_printed(client: FlaskClient) -> None:
    """CALIBRATE printed p values alone: the page of its disease has no plot that says that nothing can be drawn."""
    plots = {name: "as a forest plot" in page(client, f"{LUPUS}?disease={name}") for name in ("sle", "lupus-nephritis")}
    assert {"sle": True, "lupus-nephritis": False} == plots


def test_a_pair_shows_its_harm_beside_the_control(client: FlaskClient) -> None:
    """Abatacept with another biologic: 6 of 103 had serious infections, 7 of 418 on placebo: more than by chance."""
    table = rows(part(page(client, "/pair/costimulation-blockade_any-biologic"), "harms"))

    assert any("6/103" in row[1] and "7/418" in row[2] and row[3].startswith("raised") for row in table)
    assert any("1/64" in row[2] and "randomised" in row[2] and row[3].startswith("not told apart") for row in table)


def test_a_harm_says_in_words_how_far_it_was_checked(client: FlaskClient) -> None:
    """Nobody reads "fulltext", which is a key."""
    for path in ("/study/weinblatt-2007-abatacept-etanercept", "/pair/costimulation-blockade_tnf-inhibition"):
        text = page(client, path)
        assert "full text" in text
        assert not re.search(r">[^<]*\bfulltext\b[^<]*<", text.partition("<main")[2].partition("</main>")[0])


def test_a_disease_that_is_none_is_told(client: FlaskClient) -> None:
    """A page about no disease would be a page about nothing."""
    answer = client.get(f"{LUPUS}?disease=lupus-nefritis", headers=BROWSER)

    assert (400, True) == (answer.status_code, "/disease/lupus-nephritis" in answer.text)


def test_a_source_lists_every_number_that_was_read_from_it(client: FlaskClient, store: EmbeddedStore) -> None:
    """The paper of BLISS-BELIEVE: each row that cites it, also one in words, and none that cites another source."""
    held = values(
        store,
        "SELECT ?row { ?row dualbio:source source:bliss-believe.s1 ; a ?kind . "
        "VALUES ?kind { dualbio:Result dualbio:Comparison } }",
    )
    shown = re.findall(r'href="/((?:result|comparison)/[^"]+)"', page(client, "/source/bliss-believe.s1"))

    assert {each.removeprefix(BASE) for each in held} == set(shown)
    assert len(held) > 100


def test_a_long_source_has_its_arms_together_and_its_parts_folded(client: FlaskClient) -> None:
    """Disease control is one row with all arms, how patients fared stands open, and 108 numbers of harms unfold."""
    text = page(client, "/source/bliss-believe.s1")
    (row,) = [each for each in rows(text) if each[0].startswith("Disease control") and "week 52" in each[0]]

    assert all(number in row[1] for number in ("12/72 (16.7 %)", "28/144 (19.4 %)", "12/47 (25.5 %)", "1.27"))
    assert '<details class="part"><summary><h3>safety outcome' in text
    assert text.index("28/144") < text.index('<details class="part">')


def test_an_event_begins_with_what_raised_it(client: FlaskClient, store: EmbeddedStore) -> None:
    """Serious infection: ASSURE and the anakinra trial stand before figure and table, and no number is lost below."""
    text = page(client, "/ae/serious-infection")
    answer = text.partition("<figure")[0]

    raised = re.findall(r'<p class="verdict raised">.*?</p>', answer, re.DOTALL)
    assert {"assure", "genovese-2004-etanercept-anakinra"} == {
        study for each in raised for study in re.findall(r'href="/study/([^"]+)"', each)
    }
    assert "raised 2" in re.sub(r"<[^>]+>", "", answer)
    held = values(store, "SELECT ?row { ?row dualbio:adverseEvent ae:serious-infection ; a dualbio:StandingRow }")
    shown = set(re.findall(r'href="/((?:result|comparison)/[^"]+)"', text))
    assert {each.removeprefix(BASE) for each in held} <= shown
    combined = text.partition("In studies with an arm that combines two mechanisms")[2].partition("In other studies")
    assert "/result/assure.r019" in combined[0]
    assert "/result/aim-abatacept.r001" in combined[2]


def test_a_lesson_shows_the_rows_that_it_rests_on(client: FlaskClient) -> None:
    """The lesson on IgG anti-dsDNA in BEAT-LUPUS rests on both arms and on their ratio, which the page shows."""
    text = page(client, "/lesson/f-beat-lupus-1")
    numbers = [cell for row in rows(text)[1:] for cell in row]

    for expected in ("47 IU/mL (25 to 88)", "103 IU/mL (49 to 213)", "0.3 (0.16 to 0.54), p < 0.001"):
        assert any(expected in number for number in numbers), expected
    assert 1 == text.count(
        "Belimumab started after rituximab lowered IgG anti-dsDNA more than placebo at one year.</h1>"
    )


def test_no_lesson_of_a_study_stands_on_two_sides(client: FlaskClient, studies: list[str]) -> None:
    """A study lists a lesson once, whatever its rows say of it."""
    for study in studies:
        part = page(client, f"/study/{study}").partition('<section id="lessons">')[2].partition("</section>")[0]
        shown = re.findall(r'href="/lesson/([^"]+)"', part)
        assert len(shown) == len(set(shown)), study


def test_a_lesson_that_a_study_splits_says_how_each_row_bears_on_it(client: FlaskClient) -> None:
    """BEAT-LUPUS moved the antibody, as the lesson says, and flares at the clinic, which the lesson does not say."""
    part = page(client, "/study/beat-lupus").partition("It speaks for one part and against another:")[2]
    (told,) = re.findall(r"<li>.*?l-sle-serology-clinic.*?</li>", part.partition("</section>")[0], re.DOTALL)
    supporting, against, opposing = told.partition("Against it:")

    assert against
    assert "/comparison/beat-lupus.c001" in supporting
    assert "IgG anti-dsDNA level ratio of geometric means 0.3" in supporting.replace("\N{NO-BREAK SPACE}", " ")
    assert "/comparison/beat-lupus.c002" in opposing
    assert "Severe lupus flare hazard ratio 0.27 (0.07 to 0.98)" in opposing


def test_an_outcome_begins_with_what_tests_of_it_came_to(client: FlaskClient) -> None:
    """Disease control off immunosuppressants was missed in BLISS-BELIEVE, and its counts follow, study by study."""
    table = rows(page(client, "/outcome/disease-control-off-immunosuppressants"))

    assert any(row[:2] == ["missed", "BLISS-BELIEVE"] for row in table)
    assert any("28/144" in cell for row in table for cell in row)


@pytest.mark.parametrize("path", ["/study/beat-lupus", LUPUS])
def test_a_page_of_evidence_has_its_figures(client: FlaskClient, path: str) -> None:
    """Every figure that a page shows is there, drawn in it or as an image, and as a file to take away."""
    figures = re.findall(r"<figure.*?</figure>", page(client, path), re.DOTALL)
    files = [unescape(each) for figure in figures for each in re.findall(r'="([^"]+\.svg[^"]*)"', figure)]

    assert figures
    assert all("<svg" in figure or "<img" in figure for figure in figures)
    assert len(files) >= len(figures)
    assert {"image/svg+xml"} == {client.get(each).mimetype for each in files}


def test_evidence_is_read_in_chinese(client: FlaskClient) -> None:
    """Headings, states and diseases are Chinese for who asks for that; numbers and words of reports stay."""
    text = page(client, "/study/bliss-believe?lang=zh")

    for expected in ("未达到", "危害", "系统性红斑狼疮", "28/144", "无统计学意义"):
        assert expected in text


def test_a_study_shows_how_others_judged_it(client: FlaskClient) -> None:
    """Seven domains of a published judgement, each with tool, judges and place; a study without any says so."""
    shown = rows(part(page(client, "/study/leiper-2011"), "bias"))
    assert (8, 1) == (len(shown), sum("high risk of bias" in row[1] for row in shown))
    assert ["incomplete outcome data", "RoB 1 (Cochrane, 2011)", "authors of the source"] == [
        shown[5][0],
        *shown[5][2:4],
    ]
    assert "characteristics of included studies, Leiper 2011" in shown[5][4]
    assert "No judgement of a risk of bias is held." in words(part(page(client, "/study/vega"), "open"))
    assert "no judgement held: 5 studies, 100 % of the people, 100 % of the weight" in words(
        page(client, "/syntheses/serious-infection-two-biologics-ra")
    )


@pytest.mark.parametrize(
    ("path", "files"),
    [
        ("/study/bliss-believe", ["CSV", "SVG"]),
        ("/pair/b-cell-depletion_blys-inhibition?disease=sle", ["CSV", "SVG"]),
        ("/target/blys", ["CSV", "SVG"]),
        ("/ae/serious-infection", ["CSV", "SVG"]),
        ("/outcome/sri-4", ["CSV", "SVG"]),
        ("/outcome/anti-dsdna-igg", ["CSV", "SVG"]),
        ("/queries/safety/serious-infection-by-pair", ["CSV", "SVG"]),
        ("/source/beat-lupus.s1", ["CSV"]),
        ("/study/", ["CSV"]),
        ("/drug/", ["CSV"]),
    ],
)
def test_the_rows_and_the_figure_of_a_page_are_files_at_its_title(
    client: FlaskClient, path: str, files: list[str]
) -> None:
    """Whoever wants the numbers of a page, or its picture, finds them where the page can be copied and cited."""
    page = client.get(path, headers={"Accept": "text/html"}).text
    row = page[page.index('<p class="actions">') : page.index("</p>", page.index('<p class="actions">'))]
    found = {name: unescape(href) for href, name in re.findall(r'<a href="([^"]+)">(CSV|SVG)</a>', row)}
    assert files == [*found]
    for name, address in found.items():
        answer = client.get(address, buffered=True)
        assert (200, {"CSV": "text/csv", "SVG": "image/svg+xml"}[name]) == (answer.status_code, answer.mimetype)
        assert len(answer.get_data()) > 100


@pytest.mark.parametrize(("language", "interval"), [("en", "belimumab first, 4 weeks"), ("zh", "先用贝利尤单抗, 4 周")])
def test_an_interval_is_told_in_the_language_of_the_page(client: FlaskClient, language: str, interval: str) -> None:
    """The number is as it was printed; its unit is a word of the page."""
    assert interval in client.get(f"/study/bliss-believe?lang={language}", headers={"Accept": "text/html"}).text


def test_two_parts_of_a_page_that_ask_the_same_ask_once(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """The table of harms of a pair and its figure rest on one answer; the next request asks anew."""
    asked: list[str] = []
    request = PoolClient.request

    def counted(pool: PoolClient, text: str, **kept: Any) -> Any:
        asked.append(text)
        return request(pool, text, **kept)

    monkeypatch.setattr(PoolClient, "request", counted)
    page = client.get("/pair/costimulation-blockade_tnf-inhibition?again=1", headers={"Accept": "text/html"})
    assert 200 == page.status_code
    assert [] == [text for text in {*asked} if asked.count(text) > 1]
    first = len(asked)
    client.get("/pair/costimulation-blockade_tnf-inhibition?again=2", headers={"Accept": "text/html"})
    assert 2 * first == len(asked) > 10


def test_second_looks_are_told_as_sentences(client: FlaskClient, store: EmbeddedStore) -> None:
    """Page of a study and of a source say when somebody looked again, where, and what stood there, row by row."""
    (study,) = values(
        store,
        "SELECT ?study { ?study dualbio:hasVerification ?look . ?look dualbio:verificationVerdict "
        "value:verification-verdict.not-found } ORDER BY ?study LIMIT 1",
    )
    own = part(page(client, study.removeprefix(BASE[:-1])), "second")
    looked = values(store, f"SELECT ?row {{ <{study}> dualbio:hasVerification/dualbio:verifiesRow ?row }}")
    assert re.search(
        r"\d{4}-\d\d-\d\d: a second reader (?:looked|read the cited page) again; [a-z ,]+: \d+ numbers?", words(own)
    )
    assert re.search(r"not found: \d+ number", words(own))
    assert [] == [row for row in set(looked) if f'href="{row.removeprefix(BASE[:-1])}"' not in own]
    (source,) = values(
        store, "SELECT ?source { ?look dualbio:verifiesRow/dualbio:source ?source } ORDER BY ?source LIMIT 1"
    )
    assert "a second reader" in words(part(page(client, source.removeprefix(BASE[:-1])), "second"))


def test_the_status_says_of_when_it_is(client: FlaskClient, store: EmbeddedStore) -> None:
    """Beside the status stands the day of the registry's record that was read; without one, nothing does."""
    record = "?source dualbio:sourceOf ?study ; dualbio:sourceType value:source-type.registry-record"
    dated, undated = (
        values(store, f"SELECT ?study {{ {pattern} }} ORDER BY ?study LIMIT 1")[0]
        for pattern in (
            f"{record} ; dualbio:recordVersion ?day",
            f"?study a dualbio:Study FILTER NOT EXISTS {{ {record} ; dualbio:recordVersion|dualbio:postedOn ?day }}",
        )
    )
    told = words(page(client, dated.removeprefix(BASE[:-1])))
    days = values(store, f"SELECT ?day {{ ?s dualbio:sourceOf <{dated}> ; dualbio:recordVersion ?day }} ORDER BY ?day")
    assert f"as the registry said on {days[-1]}" in told
    assert "as the registry said" not in words(page(client, undated.removeprefix(BASE[:-1])))
