"""The page of benchmarks: growth over sizes, and targets that are met, missed with their cause, or not measured."""

from __future__ import annotations

from pathlib import Path

import pytest
from suite import Results, Run, Target, exponent, page


def test_growth_is_the_power_from_the_smallest_size_to_the_largest() -> None:
    """Ten times as much work for ten times as many triples is a power of one; a constant has none."""
    assert pytest.approx(1.0) == exponent({10: 2.0, 100: 9.0, 1000: 200.0})
    assert pytest.approx(0.0) == exponent({10: 5.0, 1000: 5.0})
    assert exponent({10: 5.0}) is None


@pytest.mark.parametrize(
    ("of", "limit", "figures", "judged"),
    [
        ("most", 1.3, {10: 1.2, 100: 1.4}, ("1.40", False)),
        ("most", 1.4, {10: 1.2, 100: 1.4}, ("1.40", True)),
        ("least", 0.9, {10: 0.95, 100: 0.8}, ("0.80", False)),
        ("gain", 20, {10: 0.2, 100: 25.0}, ("25.00", True)),
        ("gain", 20, {10: 30.0, 100: 12.0}, ("12.00", False)),
        ("growth", 1.15, {10: 1.0, 1000: 100.0}, ("1.00", True)),
        ("growth", 1.15, {10: 1.0}, None),
        ("most", 1.3, {}, None),
    ],
)
def test_the_worst_size_decides(
    of: str, limit: float, figures: dict[int, float], judged: tuple[str, bool] | None
) -> None:
    """What was not measured is neither met nor missed."""
    assert judged == Target("a row", limit, of, "a cause").judge(Results([Run(rows={"a row": figures})]))


def test_figures_that_were_kept_are_those_of_the_next_run(tmp_path: Path) -> None:
    """Large sizes can be measured by parts, and a part that was measured again counts."""
    file = tmp_path / "figures.json"
    results = Results([Run("2026-01-02", "abc", 1, {"a row": {10: 1.5}}, ["The rest."])])
    results.keep(file)

    assert (results, Results()) == (Results.kept(file), Results.kept(tmp_path / "none.json"))


def test_a_missed_target_has_its_cause_on_the_page() -> None:
    """As has what was not measured."""
    results = Results([Run("2026-01-02", "abc", 1, {"closure, s": {10: 1.0, 1000: 10_000.0}}, ["The rest."])])
    text = "\n".join(page(results))
    assert "| closure, s | exponent ≤ 1.15 | 2.00 | missed: " in text
    assert "| closure, s | 1 | 1e+04 | 2.00 |" in text
    assert "- The rest." in text


def test_what_was_measured_again_counts_and_the_rest_stays() -> None:
    """A later day adds a run of its own: of what both measured the later figures are shown and judged."""
    results = Results([Run("2026-01-02", "abc", 1, {"closure, s": {10: 1.0, 1000: 1000.0}, "load, s": {10: 7.0}}, [])])
    results.begin("2026-01-03", "def")
    results.add("closure, s", 11, 2.0)
    results.add("closure, s", 1100, 200.0)
    assert results.begin("2026-01-03", "def") is results.runs[-1]
    text = "\n".join(page(results))
    assert "| closure, s | exponent ≤ 1.15 | 1.00 | met |" in text
    later, earlier = text.partition("## Measured on 2026-01-02")[::2]
    assert ("| closure, s | 2 | 200 |" in later, "closure" in earlier) == (True, False)
    assert "| load, s | 7 |" in earlier
