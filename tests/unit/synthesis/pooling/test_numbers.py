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
