"""Several arms are one arm with the numbers that their people have together."""

from __future__ import annotations

from statistics import fmean, stdev

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dualbio.synthesis.pooling.effects import Means
from dualbio.synthesis.pooling.numbers import Numbers, data_of

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
