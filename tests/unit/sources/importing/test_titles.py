"""A registered title means one of our outcomes when every word of it is explained; otherwise nobody decides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from dualbio.model.evidence import Result
from dualbio.sources.corpus import read_corpus
from dualbio.sources.importing import titles
from dualbio.sources.importing.titles import Meaning, NumberSort, words_of
from dualbio.sources.importing.vocabulary import Vocabulary

ONTOLOGY = Path(__file__).resolve().parents[4] / "ontology"
TABLE: dict[str, Any] = yaml.safe_load(Path(titles.__file__).with_name("outcome-titles.yaml").read_text("utf-8"))


def meaning(field: Vocabulary, title: str, disease: str, number: NumberSort | None = None) -> str | None:
    """Return the key that a title means in a trial of one disease; a description may follow the title after `/`."""
    words, _, description = title.partition(" / ")
    names = frozenset(words_of(name) for name in field.names_of("disease", disease))
    found = field.titles.find(words, description, field.above([disease]), names, number)
    return found and (f"ae:{found.ae}" if found.ae else found.outcome)


def examples() -> list[Any]:
    """Return each example of the table with its key and a disease."""
    return [
        pytest.param(row["outcome"], example, disease, id=f"{example}, {disease}")
        for row in TABLE["titles"]
        for example in row["example"]
        for disease in row.get("diseases", ["rheumatoid-arthritis"])
    ]


@pytest.mark.parametrize(("key", "title", "disease"), examples())
def test_an_example_of_the_table_is_decided(key: str, title: str, disease: str, field: Vocabulary) -> None:
    """Each example has the meaning beside which it stands, which is one of ours."""
    assert key == meaning(field, title, disease)


def test_a_trial_of_a_narrower_disease_is_of_the_wider_one(field: Vocabulary) -> None:
    """SRI-4 is an outcome of lupus nephritis too; endoscopic response one of Crohn's disease."""
    assert "sri-4" == meaning(field, "SRI-4 response", "lupus-nephritis")
    assert "endoscopic-response" == meaning(field, "Endoscopic response at Week 12", "crohns-disease")


@pytest.mark.parametrize(
    ("title", "disease"),
    [
        ("Time to First SRI-4 Response", "sle"),
        ("Duration of SRI-4 Response", "sle"),
        ("Percentage of Participants With SRI-7 Response", "sle"),
        ("SRI-4 Response in Participants With High Interferon Signature", "sle"),
        ("Percentage of Participants With SRI-4 Response and Oral Steroid Taper", "sle"),
        ("Percentage of Participants With SRI (S2K) Response at Week 52", "sle"),
        ("Number of Participants Without BICLA Response", "sle"),
        ("Percentage of Participants With Sustained BICLA Response", "sle"),
        ("Percentage of Participants With Partial Renal Response", "lupus-nephritis"),
        ("Percentage of Participants With Complete Renal Response Without Rescue", "lupus-nephritis"),
        ("Time to Complete Renal Response", "lupus-nephritis"),
        ("Percentage of Participants Achieving ACR20, ACR50 and ACR70 Responses", "rheumatoid-arthritis"),
        ("Percentage of Participants With ACR20 Non-response", "rheumatoid-arthritis"),
        ("Percentage of Participants With ACR 90 Response", "rheumatoid-arthritis"),
        ("ACR-N Area Under the Curve", "rheumatoid-arthritis"),
        ("Percentage of SE+ Participants Meeting ACR50 Response", "rheumatoid-arthritis"),
        ("Percent Change From Baseline in DAS28-CRP", "rheumatoid-arthritis"),
        ("Decrease in DAS28-CRP at Week 12", "rheumatoid-arthritis"),
        ("CRP, Percent of Baseline", "rheumatoid-arthritis"),
        ("C-reactive Protein: Ratio to Baseline", "rheumatoid-arthritis"),
        ("Relative Change in C-Reactive Protein", "rheumatoid-arthritis"),
        ("Percentage of Participants With DAS28 Remission or Low Disease Activity", "rheumatoid-arthritis"),
        ("Percentage of Participants With DAS28-CRP >= 2.6 at Week 12", "rheumatoid-arthritis"),
        ("Sustained DAS28 Remission", "rheumatoid-arthritis"),
        ("Percentage of Participants With Clinical Remission at Week 8", "ulcerative-colitis"),
        ("Percentage of Participants With Clinical Remission per Partial Mayo Score", "ulcerative-colitis"),
        (
            "Percentage of Participants Who Achieved Clinical Remission / PMS of <=2 with no subscore >1",
            "ulcerative-colitis",
        ),
        ("Clinical Response / a reduction in the partial Mayo score (PMS) of >=2 points", "ulcerative-colitis"),
        ("DAS28 Remission at All Time Points", "rheumatoid-arthritis"),
        ("Percentage of Participants With Stool Frequency Remission", "crohns-disease"),
        ("Clinical Remission per Abdominal Pain / stool frequency and abdominal pain", "crohns-disease"),
        ("Clinical Response or Remission / Mayo score <=2 with no subscore >1", "ulcerative-colitis"),
        ("Clinical Remission Among Week 8 Responders / CDAI < 150", "crohns-disease"),
        ("Clinical Remission and Endoscopic Response at Week 12 / CDAI < 150", "crohns-disease"),
        ("Loss of Clinical Response / CDAI", "crohns-disease"),
        ("Histologic Endoscopic Mucosal Healing", "ulcerative-colitis"),
        ("Percentage of Participants With an ASAS 5/6 Response", "axial-spondyloarthritis"),
        ("Percentage of Participants With ASAS Partial Remission", "ankylosing-spondylitis"),
        ("Percentage of Participants With ASAS20 and ASAS40 Response", "axial-spondyloarthritis"),
        ("Time to ASAS40 Response", "axial-spondyloarthritis"),
        ("ASAS40 Response in HLA-B27 Positive Participants", "axial-spondyloarthritis"),
        ("Percentage of Participants With ASAS50 Response", "axial-spondyloarthritis"),
        ("Percentage of Participants With BASDAI50 or ASAS20 Response", "axial-spondyloarthritis"),
        ("Percentage of Participants With a 50% Worsening in BASDAI", "axial-spondyloarthritis"),
        ("Percent Change From Baseline in BASDAI of 50", "axial-spondyloarthritis"),
        ("BASDAI Score Below 50", "axial-spondyloarthritis"),
        ("Percentage of Participants With ASDAS Low Disease Activity (ASDAS < 2.1)", "axial-spondyloarthritis"),
        ("Change From Baseline in ASDAS", "axial-spondyloarthritis"),
        ("Change From Baseline in Total Mayo Score", "ulcerative-colitis"),
        ("Percentage of Participants With a State of Disease Control / no new BILAG A", "sle"),
        ("Duration of State of Disease Control / SLEDAI-2K score <=2 without immunosuppressants", "sle"),
        ("Percentage of Participants With CRR With Prednisone Dose of 7.5 mg/Day or Lower", "lupus-nephritis"),
        ("Number of Participants With Non-serious Adverse Events", "sle"),
        ("Number of Participants With Adverse Events and Serious Adverse Events", "sle"),
        ("Number of Participants With Adverse Events of Special Interest", "sle"),
        ("Number of Participants With Severe Adverse Events", "sle"),
        ("Number of Participants Free of Infection", "sle"),
        ("Serum Concentration of Belimumab", "sle"),
        ("Objective Response", "sle"),
        ("Change in Stress", "rheumatoid-arthritis"),
        ("Urinary Tract Infections", "sle"),
    ],
)
def test_a_word_that_changes_the_meaning_is_not_overlooked(title: str, disease: str, field: Vocabulary) -> None:
    """Another time, another half of the people, a rule added or left out: nothing is decided."""
    assert meaning(field, title, disease) is None


@pytest.mark.parametrize(
    ("title", "disease"),
    [
        ("SRI-4 response", "rheumatoid-arthritis"),
        ("ACR20 response", "sle"),
        ("Symptomatic remission", "crohns-disease"),
    ],
)
def test_an_outcome_of_another_disease_is_not_meant(title: str, disease: str, field: Vocabulary) -> None:
    """A title is read in the field of its study."""
    assert meaning(field, title, disease) is None


@pytest.mark.parametrize(
    ("title", "part", "key"),
    [
        ("Percentage of Participants Achieving ACR20, ACR50 and ACR70 Responses at Week 24", "ACR50", "acr50"),
        ("Percentage of Participants Achieving ACR20, ACR50 and ACR70 Responses", "ACR 70 Response", "acr70"),
        ("Number of Participants With Adverse Events (AEs) and Serious Adverse Events (SAEs)", "SAEs", "serious"),
        ("Number of Participants With AEs, SAEs and Deaths", "Deaths", "death"),
        ("Percentage of Participants Achieving ACR20, ACR50 and ACR70 Responses", "ACR90", None),
        ("Percentage of Participants Achieving ACR20 and ACR50 Responses", "ACR70", None),
        ("Percentage of Participants Without ACR20 and ACR50 Responses", "ACR20", None),
        ("Percentage of Participants Achieving ACR20 Responses and Remission by Week 24", "ACR20", None),
        ("Number of Participants With AEs, SAEs and Abnormal Laboratory Values", "SAEs", None),
        ("ACR20 Response", "High dose", None),
    ],
)
def test_a_category_means_one_of_the_outcomes_of_its_title(
    title: str, part: str, key: str | None, field: Vocabulary
) -> None:
    """Of a title that names several outcomes, and nothing else, a category names one."""
    names = frozenset({"rheumatoid arthritis"})
    found = field.titles.find_part(title, part, "", field.above(["rheumatoid-arthritis"]), names, "share")
    assert key == (None if found is None else (found.ae or found.outcome).removesuffix("-adverse-event"))


@pytest.mark.parametrize(
    ("title", "number", "key"),
    [
        ("Change From Baseline in HAQ-DI", "change", "haq-change"),
        ("Change From Baseline in HAQ-DI", "level", None),
        ("HAQ-DI", "level", None),
        ("HAQ-DI", "change", "haq-change"),
        ("ACR20 Response", "share", "acr20"),
        ("ACR20 Response", "level", None),
        ("C-reactive Protein", "level", "crp-level"),
        ("C-reactive Protein", "change", "crp-change"),
    ],
)
def test_the_number_must_be_of_the_outcome(title: str, number: NumberSort, key: str | None, field: Vocabulary) -> None:
    """A level is no change, and a mean no share of people, whatever the title says."""
    assert key == meaning(field, title, "rheumatoid-arthritis", number)


def test_the_longest_name_of_a_disease_is_taken_off(field: Vocabulary) -> None:
    """Of "lupus" and "systemic lupus erythematosus" the longer is meant, and no half of it is left over."""
    names = frozenset({"lupus", "sle", "systemic lupus erythematosus", "lupus erythematosus"})
    title = "SRI-4 Response in Participants With Active Systemic Lupus Erythematosus"
    assert Meaning("sri-4") == field.titles.find(title, "", frozenset({"sle"}), names, "share")


def test_a_label_of_ours_is_held_to_its_numbers_too(field: Vocabulary) -> None:
    """The outcome "SLEDAI score" is a level, also by its own label: a change of it is another number."""
    assert [True, False, True] == [field.titles.takes("sledai-score", sort) for sort in ("level", "change", None)]
    assert field.titles.takes("an outcome without a title", "change")


def test_outcomes_that_no_table_has_are_known_as_such(field: Vocabulary) -> None:
    """Pharmacokinetics have no place in the vocabulary; antibodies and laboratory values are something else."""
    for row in TABLE["no_place"]:
        assert {row["sort"]} == {field.titles.sort_without_place(title) for title in row["example"]}
    for title in ("Serum IgG concentration", "Anti-drug antibody levels", "Calprotectin level", "Calm"):
        assert field.titles.sort_without_place(title) is None


#: What the number of a curated row is, by its statistic.
SORTS: dict[str, NumberSort] = {
    **dict.fromkeys(("count", "percent"), "share"),
    **dict.fromkeys(("mean-change", "median-change"), "change"),
    **dict.fromkeys(("mean", "median", "geometric-mean"), "level"),
}
#: Rows whose words name less than the paper around them.
SHORTER = {
    ("patients with serious infection", "serious-infection-of-special-interest"),
    ("anti-dsDNA", "anti-dsdna-normalised"),
    ("anti-dsDNA", "anti-dsdna-change"),
    ("anti-dsDNA antibodies", "anti-dsdna-change"),
}


def test_no_title_of_a_curated_row_is_read_as_another_outcome(field: Vocabulary) -> None:
    """People who read the papers gave thousands of titles their outcome; the table never disagrees with one."""
    agree, others = 0, set()
    for document in read_corpus(ONTOLOGY).study_files.values():
        keys = document.study.diseases or ()
        names = frozenset(words_of(name) for key in keys for name in field.names_of("disease", key))
        for row in (*(document.results or ()), *(document.comparisons or ())):
            number = SORTS.get(row.statistic) if isinstance(row, Result) else None
            found = field.titles.find(row.outcome_as_reported, "", field.above(keys), names, number)
            if found is None:
                continue
            same = row.ae == found.ae if found.ae else row.outcome == found.outcome
            agree += same
            if not same:
                others.add((row.outcome_as_reported, row.ae or row.outcome))
    assert others <= SHORTER
    assert agree > 900


def test_a_key_that_the_vocabulary_lacks_is_never_meant(field: Vocabulary) -> None:
    """The table serves other vocabularies too, as far as they have its keys."""
    without = titles.read_titles(lambda kind, key: key not in ("sri-4", "death") and field.has(kind, key))
    sle = frozenset({"sle"})
    assert without.find("SRI-4 response", "", sle, frozenset(), None) is None
    assert without.find("Number of Deaths", "", sle, frozenset(), None) is None
    assert Meaning("bicla") == without.find("BICLA response", "", sle, frozenset(), None)


def test_the_table_has_no_second_entry_of_one_example() -> None:
    """An example stands once, and every entry has one."""
    found = [example for row in (*TABLE["titles"], *TABLE["no_place"]) for example in row["example"]]
    assert sorted(set(found)) == sorted(found)
    assert all(row["example"] for row in TABLE["titles"])
