"""Several arms are one arm with the numbers that their people have together."""

from __future__ import annotations

from statistics import fmean, stdev

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dualbio.synthesis.pooling.effects import Means
from dualbio.synthesis.pooling.numbers import Numbers, data_of, numbers_of
from pooled_facts import row

People = st.lists(st.floats(-50, 50), min_size=2, max_size=12)


def numbers(people: list[float]) -> Numbers:
    """Return what a report prints of a group."""
    return Numbers(len(people), 0.0, fmean(people), stdev(people))


@example([[0, 0], [1, 1]], [0, 0])  # each arm of equals, and no two arms equal
@given(st.lists(People, min_size=2, max_size=4), People)
def test_means_of_several_arms_are_those_of_all_their_people(arms: list[list[float]], control: list[float]) -> None:
    """Size, mean and standard deviation are what one group of all people would have."""
    data = data_of([numbers(arm) for arm in arms], [numbers(control)], "MD")
    everyone = [value for arm in arms for value in arm]
    assert isinstance(data, Means)
    assert len(everyone) == data.n1
    assert fmean(everyone) == pytest.approx(data.m1, abs=1e-9)
    assert stdev(everyone) == pytest.approx(data.sd1, abs=1e-6)
    assert (len(control), fmean(control)) == (data.n2, data.m2)


@pytest.mark.parametrize(
    ("printed", "deviation", "words"),
    [
        ({"spread_type": "sd", "spread_value": 3.0}, 3.0, ""),
        ({"spread_type": "se", "spread_value": 0.5}, 0.5 * 40**0.5, "deviation worked out from a standard error"),
        ({"interval": (4.0, 6.0, 95.0)}, 40**0.5 / 1.9599640, "deviation worked out from an interval of 95 %"),
        ({"interval": (4.0, 6.0, 80.0)}, 40**0.5 / 1.2815516, "deviation worked out from an interval of 80 %"),
    ],
)
def test_a_deviation_is_printed_or_worked_out_and_says_so(
    printed: dict[str, object], deviation: float, words: str
) -> None:
    """Of a standard error, or of an interval by its own level (Cochrane Handbook 6.5.2.2)."""
    found = numbers_of(row("a.x", None, 40, statistic="mean", value=5.0, **printed), "MD")
    assert isinstance(found, Numbers)
    assert (40, 5.0, words) == (found.size, found.mean, found.derived)
    assert found.sd == pytest.approx(deviation, rel=1e-6)


MEAN_SD = {"statistic": "mean", "value": 5.0, "spread_type": "sd", "spread_value": 1.5}


@pytest.mark.parametrize(
    ("events", "total", "changes", "measure", "found"),
    [
        (7, 40, {}, "OR", Numbers(40, 7)),
        (None, 40, {"derived_count": 7}, "OR", Numbers(40, 7, derived="count worked out from a percentage")),
        (None, 40, {}, "OR", "percentage that fits no or several whole numbers of people"),
        (7, None, {}, "OR", "no number of people counted (denominator)"),
        (7, 40, {"statistic": "mean-change"}, "OR", "no count: mean change"),
        (7, 40, {"unit_of_analysis": "event"}, "RR", "not people, but events are counted"),
        (7, 40, {"unit_of_analysis": "event", "person_years": 20.0}, "rate-ratio", Numbers(20.0, 7)),
        (7, 40, {"person_years": 20.0}, "rate-difference", Numbers(20.0, 7)),
        (None, 40, {}, "rate-ratio", "no events and no person-years"),
        (7, 40, {}, "MD", "no mean: count"),
        (None, 40, {"statistic": "mean"}, "MD", "no mean"),
        (None, 1, MEAN_SD, "MD", "mean of 1 person, which has no deviation"),
        (None, 2, MEAN_SD, "MD", Numbers(2, mean=5.0, sd=1.5)),
        (None, None, {"statistic": "mean", "value": 5.0}, "MD", "no number of people counted (denominator)"),
        (
            *(None, 40, {"statistic": "mean", "value": 5.0}, "MD"),
            "mean without a standard deviation, standard error or interval",
        ),
        (
            *(None, 40, {"statistic": "mean", "value": 5.0, "spread_type": "se"}, "SMD"),
            "mean without a standard deviation, standard error or interval",
        ),
    ],
)
def test_a_measure_takes_its_numbers_of_a_row_or_says_what_is_missing(
    events: int | None, total: int | None, changes: dict[str, object], measure: str, found: Numbers | str
) -> None:
    """Ratios of people take counts, those of time events and person-years, differences of means a deviation too."""
    assert found == numbers_of(row("a.x", events, total, **changes), measure)
