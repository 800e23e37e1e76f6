"""Worked examples of textbooks and tutorials, to the digits that they print.

The numbers are those that the tests of R's metafor (tests/testthat/test_analysis_example_*.r, test_misc_metan_*.r) hold
against the pages named here, some to one digit more than is printed.  They name two of these as printed otherwise in
the last digit: the upper limit of the risk difference in table 15-1 (0.088 for 0.0874), and Q between groups in exhibit
7.4 (7.0738 for 7.0739).
"""

from __future__ import annotations

from math import exp, sqrt

import pytest

from dualbio.synthesis.pooling.distributions import chi_squared_tail
from dualbio.synthesis.pooling.effects import Counts, Effect, Means, Times, effect_of, printed_effect
from dualbio.synthesis.pooling.models import (
    Fit,
    Tau2Method,
    inverse_variance,
    mantel_haenszel,
    peto,
    random_effects,
)


def digits(*numbers: float, places: int) -> tuple[float, ...]:
    """Return numbers as they would be printed."""
    return tuple(round(number, places) + 0.0 for number in numbers)


# Rothman, Greenland and Lash, Modern Epidemiology, third edition, chapter 15: intervals of 90 %.
TOLBUTAMIDE = (Counts(8, 106, 5, 120), Counts(22, 98, 16, 85))
SMOKERS = tuple(
    Times(*row)
    for row in (
        (32, 5.2407, 2, 1.8790), (104, 4.3248, 12, 1.0673), (206, 2.8612, 28, 0.5710), (186, 1.2663, 28, 0.2585),
        (102, 0.5317, 31, 0.1462),
    )
)  # fmt: skip
SPERMICIDE = (Counts(3, 12, 104, 1163), Counts(1, 4, 5, 91))


def mantel(tables: tuple[Counts, ...] | tuple[Times, ...], measure: str) -> Fit:
    """Return the effect of Mantel and Haenszel with an interval of 90 %."""
    effects = [effect_of(table, measure) for table in tables]  # type: ignore[arg-type]
    return mantel_haenszel(tables, measure, effects, 90)


def test_risks_of_the_university_group_diabetes_program() -> None:
    """Table 15-1: death under tolbutamide, by age: difference, ratio and odds ratio of Mantel and Haenszel."""
    difference, ratio, odds = (mantel(TOLBUTAMIDE, measure) for measure in ("RD", "RR", "OR"))
    assert (0.0349, -0.0176, 0.0874) == digits(difference.value, difference.low, difference.high, places=4)
    assert (1.33, 0.87, 2.03) == digits(*map(exp, (ratio.value, ratio.low, ratio.high)), places=2)
    assert (1.40, 0.84, 2.34) == digits(*map(exp, (odds.value, odds.low, odds.high)), places=2)
    assert (0.4472, 0.3474) == digits(ratio.q, odds.q, places=4)


def test_rates_of_the_british_doctors() -> None:
    """Table 15-2: deaths of smokers and others by age, per 10,000 years: rate difference and rate ratio."""
    difference, ratio = (mantel(SMOKERS, measure) for measure in ("rate-difference", "rate-ratio"))
    assert (11.44, 6.35, 16.53) == digits(difference.value, difference.low, difference.high, places=2)
    assert (1.42, 1.19, 1.70) == digits(*map(exp, (ratio.value, ratio.low, ratio.high)), places=2)
    assert (10.41,) == digits(ratio.q, places=2)
    assert ratio.q_p == pytest.approx(0.0340, abs=5e-5)


def test_sparse_tables_of_spermicides() -> None:
    """Table 15-5: Down syndrome by the mother's age, four exposed cases: odds ratio of Mantel and Haenszel."""
    odds = mantel(SPERMICIDE, "OR")
    assert (1.3300, 0.3579, 2.3021) == digits(odds.value, odds.low, odds.high, places=4)


# Normand, Statistics in Medicine 1999, 18: 321-359.
LIDOCAINE = (
    Counts(2, 39, 1, 43), Counts(4, 44, 4, 44), Counts(6, 107, 4, 110), Counts(7, 103, 5, 100), Counts(7, 110, 3, 106),
    Counts(11, 154, 4, 146),
)  # fmt: skip


def test_lidocaine_after_myocardial_infarction() -> None:
    """Tables III and VII: deaths in percentage points; one common effect, and no variance between studies."""
    effects = [effect_of(table, "RD") for table in LIDOCAINE]
    assert (2.80, 0.00, 1.97, 1.80, 3.53, 4.40) == digits(*(100 * effect.value for effect in effects), places=2)
    fixed, random = inverse_variance(effects, 95), random_effects(effects, "REML", "normal", 95)
    for fit in (fixed, random):
        assert (2.9, 0.4, 5.5) == digits(*(100 * each for each in (fit.value, fit.low, fit.high)), places=1)
    assert random.tau2 == 0


STROKE = (
    (155, 55, 47, 156, 75, 64), (31, 27, 7, 32, 29, 4), (75, 64, 17, 71, 119, 29), (18, 66, 20, 18, 137, 48),
    (8, 14, 8, 13, 18, 11), (57, 19, 7, 52, 18, 4), (34, 52, 45, 33, 41, 34), (110, 21, 16, 183, 31, 27),
    (60, 30, 27, 52, 23, 20),
)  # fmt: skip


@pytest.mark.parametrize(
    ("method", "estimate", "tau2"),
    [
        (None, (-3.49, -5.03, -1.96), None),
        ("DL", (-14.10, -24.45, -3.75), 218.72),
        ("REML", (-15.12, -32.67, 2.43), 685.20),
    ],
)
def test_days_in_hospital_after_a_stroke(
    method: Tau2Method | None, estimate: tuple[float, float, float], tau2: float | None
) -> None:
    """Table IX: mean days under special and under usual care; the study takes one deviation for both arms."""
    effects = []
    for n1, m1, sd1, n2, m2, sd2 in STROKE:
        sd = sqrt(((n1 - 1) * sd1**2 + (n2 - 1) * sd2**2) / (n1 + n2 - 2))
        effects.append(effect_of(Means(m1, sd, n1, m2, sd, n2), "MD"))
    fit = random_effects(effects, method, "normal", 95)
    assert estimate == digits(fit.value, fit.low, fit.high, places=2)
    assert tau2 == (None if fit.tau2 is None else round(fit.tau2, 2))


# DerSimonian and Kacker, Contemporary Clinical Trials 2007, 28: 105-114.
ASPIRIN = (
    Counts(5, 156, 8, 74), Counts(5, 303, 17, 303), Counts(12, 565, 9, 477), Counts(69, 1570, 94, 1565),
    Counts(9, 103, 11, 105), Counts(313, 4659, 352, 4650),
)  # fmt: skip


@pytest.mark.parametrize(
    ("method", "expected"),
    [("PM", (0.3681, -0.3811, 0.2060)), ("DL", (0.2323, -0.3240, 0.1540)), ("REML", (0.1843, -0.2980, 0.1343))],
)
def test_aspirin_against_pre_eclampsia(method: Tau2Method, expected: tuple[float, ...]) -> None:
    """Tables 3 and 4: tau, log odds ratio and its error by Paule and Mandel, DerSimonian and Laird, and REML."""
    fit = random_effects([effect_of(table, "OR") for table in ASPIRIN], method, "normal", 95)
    assert fit.tau2 is not None
    assert expected == digits(sqrt(fit.tau2), fit.value, fit.error, places=4)


# Lipsey and Wilson, Practical Meta-Analysis (2001), chapter 7.
DELINQUENTS = tuple(
    Effect(*row)
    for row in (
        (-0.33, 0.084), (0.32, 0.035), (0.39, 0.017), (0.31, 0.034), (0.17, 0.072), (0.64, 0.117), (-0.33, 0.102),
        (0.15, 0.093), (-0.02, 0.012), (0.00, 0.067),
    )
)  # fmt: skip


def test_programmes_for_young_offenders() -> None:
    """Exhibits 7.3 and 7.4: common effect, random effects, and the test between two groups of studies."""
    fixed, random = inverse_variance(DELINQUENTS, 95), random_effects(DELINQUENTS, "DL", "normal", 95)
    assert (0.1549, 0.0609, 0.0356, 0.2742) == digits(fixed.value, fixed.error, fixed.low, fixed.high, places=4)
    assert (14.7640,) == digits(fixed.q, places=4)
    assert fixed.q_p == pytest.approx(0.0976, abs=5e-5)
    assert (0.1534, 0.0858, -0.0146, 0.3215) == digits(random.value, random.error, random.low, random.high, places=4)
    assert random.tau2 == pytest.approx(0.025955, abs=5e-7)
    groups = [inverse_variance(part, 95) for part in (DELINQUENTS[:6], DELINQUENTS[6:])]
    between = inverse_variance([Effect(fit.value, fit.error**2) for fit in groups], 95)
    assert (7.0739,) == digits(between.q, places=4)
    assert chi_squared_tail(between.q, between.df) == pytest.approx(0.0078, abs=5e-5)


# Viechtbauer, Journal of Educational and Behavioral Statistics 2005, 30: 261-293.
FIRST = (
    (-0.581, 0.023), (0.530, 0.052), (0.771, 0.060), (1.031, 0.115), (0.553, 0.095), (0.295, 0.203), (0.078, 0.200),
    (0.573, 0.211), (-0.176, 0.051), (-0.232, 0.040),
)  # fmt: skip


@pytest.mark.parametrize(("method", "tau2", "i2"), [("DL", 0.277, 80.44), ("REML", 0.223, 76.84)])
def test_variance_between_studies(method: Tau2Method, tau2: float, i2: float) -> None:
    """Page 271: tau² and I² of the first example."""
    fit = random_effects([Effect(*row) for row in FIRST], method, "normal", 95)
    assert fit.tau2 is not None
    assert (tau2,) == digits(fit.tau2, places=3)
    assert (i2,) == digits(fit.i2, places=2)


# Vaccination against tuberculosis (Colditz and others, JAMA 1994, 271: 698-702), as Stata's metan prints it.
BCG = (
    (4, 119, 11, 128), (6, 300, 29, 274), (3, 228, 11, 209), (62, 13536, 248, 12619), (33, 5036, 47, 5761),
    (180, 1361, 372, 1079), (8, 2537, 10, 619), (505, 87886, 499, 87892), (29, 7470, 45, 7232), (17, 1699, 65, 1600),
    (186, 50448, 141, 27197), (5, 2493, 3, 2338), (27, 16886, 29, 17825),
)  # fmt: skip


def test_vaccination_against_tuberculosis() -> None:
    """Risk ratio of Mantel and Haenszel and by random effects, odds ratio of Peto, with their Q."""
    tables = [Counts(a, a + b, c, c + d) for a, b, c, d in BCG]
    effects = [effect_of(table, "RR") for table in tables]
    ratio, random, odds = (
        mantel_haenszel(tables, "RR", effects, 95),
        random_effects(effects, "DL", "normal", 95),
        peto(tables, 95),
    )
    assert (0.6353, 0.5881, 0.6862) == digits(*map(exp, (ratio.value, ratio.low, ratio.high)), places=4)
    assert (152.5676,) == digits(ratio.q, places=4)
    assert (-0.7141, -1.0644, -0.3638) == digits(random.value, random.low, random.high, places=4)
    assert (0.6222, 0.5746, 0.6738) == digits(*map(exp, (odds.value, odds.low, odds.high)), places=4)
    assert (167.7302,) == digits(odds.q, places=4)


def test_an_interval_of_eighty_percent_is_not_read_as_one_of_ninety_five() -> None:
    """The same limits stand for a larger error where the interval is meant to hold the truth less often."""
    narrow, wide = (printed_effect(57.9, 52.6, 63.1, level=level, ratio=False) for level in (95, 80))
    assert sqrt(wide.variance) == pytest.approx((63.1 - 52.6) / 2 / 1.2815516, rel=1e-6)
    assert wide.variance > 2 * narrow.variance
