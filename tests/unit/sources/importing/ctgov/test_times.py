"""The nearest text that names a time decides, and what is no week stays words."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dualbio.sources.importing.ctgov.times import is_time, time_of


@pytest.mark.parametrize(
    ("frame", "week"),
    [
        ("Baseline", "0"),
        ("Week 0", "0"),
        ("Day 1", "0"),
        ("Week 24", "24"),
        ("24 weeks", "24"),
        ("12-week", "12"),
        ("W24", "24"),
        ("Week 24 (Day 169)", "24"),
        ("Day 85", "12"),
        ("84 days", "12"),
        ("Month 6", "26"),
        ("6 months", "26"),
        ("1 year", "52"),
        ("Year 2", "104"),
        ("Baseline, Week 24", "24"),
        ("Baseline to Week 52", "52"),
        ("Weeks 0-24", "24"),
        ("Change from Baseline at Week 12", "12"),
        ("8 weeks after first dose", "8"),
        ("Week 52 after randomization", "52"),
        ("Week 24 \u00b1 7 days", "24"),
        ("Week 24 (+/- 3 days)", "24"),
        ("Visit 8 (Week 24)", "24"),
        ("Visit 8 Week 24", "24"),
        ("Part 1 Week 12", "12"),
        ("at week 52.", "52"),
        ("Randomization", "0"),
        ("At study entry", "0"),
        ("Study Day 1", "0"),
        ("Time 0", "0"),
    ],
)
def test_one_time_is_a_week(frame: str, week: str) -> None:
    """Weeks, days, whole quarters and years, alone or counted from the start, are one week."""
    assert Decimal(week) == time_of([], "", frame).week


@pytest.mark.parametrize(
    "frame",
    [
        "Every 12 weeks until progression",
        "Every 12 weeks",
        "Q4W",
        "4 weeks prior to baseline",
        "12 weeks after last dose at week 52",
        "Follow-up visit (up to Week 60)",
        "Up to 52 weeks",
        "Through Week 104",
        "From Day 1 through Week 52",
        "Over 12 months",
        "52-week treatment period",
        "Weeks 4 to 8",
        "Weeks 4 to Week 8",
        "Weeks 12, 24, and 52",
        "3, 6 and 12 months",
        "Month 1",
        "Pre-dose to 24 hours",
        "Change from Baseline",
        "End of study",
        "Week 24 of the open-label extension",
        "OLE Week 24",
        "Maintenance Week 44",
        "Week 12 of Part 2",
        "12 weeks after crossover",
        "Baseline of the extension",
        "Week -4",
        "Day -28 to Day 1",
        "average of 52 weeks",
        "Visit 1",
        "",
    ],
)
def test_what_is_no_single_time_stays_words(frame: str) -> None:
    """A rhythm, a distance to something else, a span, a list, or a month that is no whole week has no week."""
    time = time_of([], "", frame)
    assert (None, True) == (time.week, time.timepoint in ("follow-up", "not-stated"))


@pytest.mark.parametrize(
    "visit", ["Screening", "Pre-dose", "Pre-treatment", "Run-in", "Lead-in visit", "Before treatment", "Visit 1"]
)
def test_a_visit_before_treatment_is_no_follow_up(visit: str) -> None:
    """A value of screening or before a dose has no week, and is not said to be one of follow-up."""
    assert (None, "not-stated") == time_of([visit], "SLEDAI", "Week 24")[:2]


@pytest.mark.parametrize(
    ("title", "alone"),
    [
        ("Week 24 (n=30, 28)", True),
        ("Baseline (N = 57)", True),
        ("Month 6; n=12 and 14", True),
        ("Week 12 (n=9/11/10)", True),
        ("SLEDAI-2K at Week 24 (n=30)", False),
        ("Low C3 (n=30)", False),
        ("Week 24 (5 mg)", False),
    ],
)
def test_how_many_people_there_are_is_no_other_title(title: str, alone: bool) -> None:
    """A class that names a time and the people there is nothing but a time; other words stay a title."""
    assert alone == is_time(title)


@pytest.mark.parametrize(
    ("near", "title", "frame", "week"),
    [
        (["Baseline"], "SLEDAI", "Week 24", "0"),
        (["Week 12"], "SLEDAI", "Baseline and Week 24", "12"),
        (["Yes", "Week 12"], "SLEDAI", "Week 24", "12"),
        (["BL"], "SLEDAI", "Week 24", "0"),
        (["Screening"], "SLEDAI", "Week 24", None),
        (["Weeks 4 to 8"], "SLEDAI", "Week 24", None),
        (["Change from Baseline"], "SLEDAI", "Week 24", "24"),
        (["SLEDAI at baseline"], "SLEDAI", "Week 24", "0"),
        (["At study entry"], "SLEDAI", "Week 24", "0"),
        (["Baseline SLEDAI >=10"], "SRI-4", "Week 24", "24"),
        (["High CRP at baseline"], "SRI-4", "Week 24", "24"),
        (["Baseline: ANA positive"], "ANA status", "Baseline, Week 24", None),
        (["Steroids for 4 weeks or more"], "SRI-4", "Week 52", "52"),
        (["Visit 1"], "SLEDAI", "Baseline and Week 24", None),
        ([], "Clinical Remission at Week 44 of Maintenance", "Week 44", None),
        ([], "PHQ-8 at Baseline", "4 weeks", "0"),
        ([], "SRI-4 at Week 24", "Up to Week 52", "24"),
        ([], "SRI-4 at Week 24", "Week 52", None),
        ([], "Four weeks or more: patients with 4 weeks of steroids", "Week 52", "52"),
        ([], "C3 in normal range in patients with low C3 at baseline", "Week 52", "52"),
        ([], "Change From Baseline in SLEDAI", "Week 24", "24"),
    ],
)
def test_the_nearest_text_with_a_time_decides(near: list[str], title: str, frame: str, week: str | None) -> None:
    """A class or category wins over the title and the title over the frame; a contradiction has no week."""
    assert (Decimal(week) if week else None) == time_of(near, title, frame).week
