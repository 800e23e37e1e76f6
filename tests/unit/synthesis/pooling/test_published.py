"""Published meta-analyses: with the numbers that they print of each study, our models give the number that they print.

Chosen for their methods (Mantel and Haenszel, Peto, random effects), for the studies without an event in them, and, the
last three, for their question, serious infection on biologics.
"""

from __future__ import annotations

from math import exp

import pytest

from dualbio.synthesis.pooling.effects import Counts, Printed, printed_effect
from dualbio.synthesis.pooling.models import Fit
from dualbio.synthesis.pooling.pool import fit_data
from pooled_facts import question


def ratio(fit: Fit, places: int = 2) -> tuple[float, float, float]:
    """Return a pooled ratio with its limits as it would be printed."""
    low, high = fit.low, fit.high
    return round(exp(fit.value), places), round(exp(low), places), round(exp(high), places)


# Hahn, Kim, Garner, BMJ 2001, 323: 81-85 (PMID 11451782): unscheduled intravenous infusion in children with diarrhoea
# on a solution of reduced osmolarity.  "Odds ratio 0.61, 95% confidence interval 0.47 to 0.81" of nine trials; three
# more, in which nobody needed one, are named.
REHYDRATION = (
    (4, 19, 5, 19), (0, 18, 0, 18), (34, 341, 50, 334), (7, 71, 16, 69), (6, 45, 5, 44), (1, 94, 8, 96), (0, 22, 0, 22),
    (11, 88, 12, 82), (2, 82, 7, 84), (0, 33, 0, 30), (0, 15, 1, 20), (33, 221, 43, 218),
)  # fmt: skip


def test_rehydration_of_children() -> None:
    """Peto's odds ratio is that of the abstract, and the three trials without an infusion are not taken."""
    fit, taken = fit_data(question(measure="OR", model="peto"), [Counts(*row) for row in REHYDRATION])
    assert (0.61, 0.47, 0.81) == ratio(fit)
    assert 9 == len(taken)


# Cannon and others, J Am Coll Cardiol 2006, 48: 438-445 (PMID 16875966): intensive against moderate statins, by Mantel
# and Haenszel, 27,548 people; figures 2 to 5 print the counts.
STATINS = ((2099, 2063), (2265, 2232), (4995, 5006), (4439, 4449))
STATIN_EVENTS = {
    "coronary death or infarction": ((147, 172), (205, 235), (334, 418), (411, 463)),
    "coronary death or any cardiovascular event": ((496, 554), (895, 844), (1405, 1677), (1176, 1370)),
    "cardiovascular death": ((27, 36), (86, 111), (126, 155), (223, 218)),
}


@pytest.mark.parametrize(
    ("events", "reduction", "p"),
    [
        ("coronary death or infarction", 16, None),
        ("coronary death or any cardiovascular event", 16, None),
        ("cardiovascular death", 12, 0.054),
    ],
)
def test_intensive_statins(events: str, reduction: int, p: float | None) -> None:
    """The reductions of the odds, in percent, and the p value of the third.

    For the other two the abstract has p < 0.00001, and the first of them, computed from the counts, is 0.00003.
    """
    counts = zip(STATIN_EVENTS[events], STATINS, strict=True)
    data = [Counts(a, n1, c, n2) for (a, c), (n1, n2) in counts]
    fit, _ = fit_data(question(measure="OR", model="mantel-haenszel"), data)
    assert 27548 == sum(each.n1 + each.n2 for each in data)
    assert reduction == round(100 * (1 - exp(fit.value)))
    assert p is None or p == round(fit.p, 3)
    assert (fit.p < 0.00005) == (p is None)


# Hackshaw, Law, Wald, BMJ 1997, 315: 980-988 (PMID 9365295), with the table of Hackshaw, Stat Methods Med Res 1998, 7:
# 119-136: lung cancer of people who never smoked and live with a smoker; "24% (95% confidence interval 13% to 36%)".
PASSIVE_SMOKING = (
    (1.18, 0.9, 1.54), (1.45, 1.02, 2.08), (2.02, 0.48, 8.56), (1.2, 0.8, 1.6), (0.75, 0.43, 1.3), (2.07, 0.81, 5.25),
    (2.13, 1.19, 3.83), (0.8, 0.34, 1.9), (0.79, 0.25, 2.45), (2.01, 1.09, 3.72), (1.23, 0.81, 1.87), (1.2, 0.5, 3.3),
    (1.52, 0.87, 2.63), (1.03, 0.41, 2.55), (1.55, 0.9, 2.67), (1.03, 0.61, 1.74), (2.34, 0.81, 6.75),
    (1.65, 1.16, 2.35), (1.19, 0.82, 1.73), (1.52, 0.39, 5.96), (2.16, 1.08, 4.29), (1.08, 0.64, 1.82),
    (2.55, 0.74, 8.78), (1.62, 0.9, 2.91), (1.06, 0.74, 1.52), (0.79, 0.62, 1.02), (0.74, 0.32, 1.69),
    (2.27, 0.75, 6.82), (0.97, 0.78, 1.21), (1.6, 0.8, 3), (1.19, 0.66, 2.13), (1.66, 0.73, 3.78), (1.26, 1.04, 1.54),
    (1.1, 0.62, 1.96), (1.66, 1.12, 2.45), (1.16, 0.8, 1.69), (1.11, 0.67, 1.84),
)  # fmt: skip


def test_lung_cancer_beside_a_smoker() -> None:
    """Printed ratios with their intervals, by the random effects of DerSimonian and Laird."""
    data = [Printed(printed_effect(*row, level=95, ratio=True)) for row in PASSIVE_SMOKING]
    asked = question(measure="HR", model="random-effects", tau2="DL", interval="normal")
    fit, _ = fit_data(asked, data)
    assert (1.24, 1.13, 1.36) == ratio(fit)


# Salliot, Dougados, Gossec, Ann Rheum Dis 2009, 68: 25-32 (PMID 18203761), table 3: people with a serious infection on
# a biologic and on placebo, rheumatoid arthritis, pooled by Mantel and Haenszel.
SERIOUS_INFECTION = {
    "rituximab": (((6, 121, 1, 40), (4, 316, 2, 149), (7, 308, 3, 209)), (1.45, 0.56, 3.73)),
    "abatacept": (
        ((1, 90, 0, 32), (1, 220, 2, 119), (6, 258, 3, 133), (13, 433, 5, 219), (28, 959, 8, 482)),
        (1.35, 0.78, 2.32),
    ),
    "anakinra": (((5, 351, 1, 121), (0, 345, 0, 74), (2, 250, 2, 251), (23, 1116, 1, 283)), (2.75, 0.90, 8.35)),
}


@pytest.mark.parametrize("drug", SERIOUS_INFECTION)
def test_serious_infection_on_one_biologic(drug: str) -> None:
    """The three pooled odds ratios: equal as printed, or but for one in the last of three digits (0.02 in 8.35).

    The table adds one half where a cell is empty, as the numbers of abatacept tell; which variance it takes is not
    said, and that of Robins, Breslow and Greenland gives 0.79, 3.74, 0.91 and 8.37 for four limits.
    """
    rows, printed = SERIOUS_INFECTION[drug]
    asked = question(measure="OR", model="mantel-haenszel", correction=True)
    fit, _ = fit_data(asked, [Counts(*row) for row in rows])
    assert printed == pytest.approx((exp(fit.value), exp(fit.low), exp(fit.high)), rel=0.012)
    assert printed[0] == pytest.approx(exp(fit.value), abs=0.01)


def test_a_correction_for_empty_cells_is_what_tells_the_table_apart() -> None:
    """Without it the odds ratio of abatacept would be 1.38."""
    rows, printed = SERIOUS_INFECTION["abatacept"]
    fit, _ = fit_data(question(measure="OR", model="mantel-haenszel"), [Counts(*row) for row in rows])
    assert 1.38 == round(exp(fit.value), 2) != printed[0]
