"""Our models against R's metafor on published data sets; `metafor.R` runs once and says what it made of each."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from dualbio.model.syntheses import SynthesisQuestion
from dualbio.synthesis.pooling.effects import ArmCounts, Counts, Data, Means, Times
from dualbio.synthesis.pooling.models import Fit
from dualbio.synthesis.pooling.pool import fit_data
from dualbio.synthesis.pooling.proportions import _likelihood
from pooled_facts import question

pytestmark = pytest.mark.slow

COUNTS = (
    *("bcg", "nielweise2007", "egger2001", "hine1989", "yusuf1985", "collins1985b", "linde2005", "lee2004", "sparse"),
)
#: Data sets by measure, in metafor's words.
SETS = {
    **dict.fromkeys(("OR", "RR", "RD"), COUNTS),
    **dict.fromkeys(("IRR", "IRD"), ("nielweise2008", "hart1999", "rare")),
    **dict.fromkeys(("MD", "SMD"), ("normand1999", "curtis1998")),
}
OURS = {"IRR": "rate-ratio", "IRD": "rate-difference"}
KINDS: dict[str, type[Counts | Times | Means]] = {
    **dict.fromkeys(("OR", "RR", "RD"), Counts),
    **dict.fromkeys(("IRR", "IRD"), Times),
    **dict.fromkeys(("MD", "SMD"), Means),
}
RANDOM = tuple(f"{method} {test}" for method in ("DL", "PM", "REML") for test in ("z", "knha"))
TABLES = ("mantel-haenszel", "mantel-haenszel corrected")
CASES = [
    (name, measure, model)
    for measure, names in SETS.items()
    for name in names
    for model in (
        "inverse-variance",
        *RANDOM,
        *(TABLES if KINDS[measure] is not Means else ()),
        *(("peto",) if measure == "OR" else ()),
    )
]


@pytest.fixture(scope="module")
def oracle() -> dict[str, Any]:
    """What metafor says."""
    script = Path(__file__).with_name("metafor.R")
    done = subprocess.run(["Rscript", script], capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def asked(measure: str, model: str) -> SynthesisQuestion:
    """Return a question that asks for a measure by a model of metafor's."""
    method, _, test = model.partition(" ")
    ours = OURS.get(measure, measure)
    if method in ("DL", "PM", "REML"):
        interval = "hartung-knapp" if test == "knha" else "normal"
        return question(measure=ours, model="random-effects", tau2=method, interval=interval)
    return question(measure=ours, model=method, correction=bool(test))


def fitted(told: dict[str, Any], measure: str, model: str) -> tuple[Fit, dict[str, Any]]:
    """Return our fit of a data set, and metafor's."""
    data: list[Data] = [KINDS[measure](**row) for row in told["data"]]
    return fit_data(asked(measure, model), data)[0], told["fits"][model]


@pytest.mark.parametrize(("name", "measure", "model"), CASES)
def test_models_agree_with_metafor(oracle: dict[str, Any], name: str, measure: str, model: str) -> None:
    """Estimate, error, interval, Q, I², tau² and prediction interval are equal to a millionth.

    metafor is asked to search as closely as it can, to leave out of ratios the studies in which nobody has the event,
    and for prediction intervals where it takes Student's distribution with k - 1 degrees of freedom, as we always do.
    """
    fit, expected = fitted(oracle[f"{name} {measure}"], measure, model)
    actual = {key: getattr(fit, key) for key in expected}
    for key, number in expected.items():
        assert number == pytest.approx(actual[key], rel=1e-6, abs=1e-6), key


def test_nothing_that_metafor_fitted_is_left_unasked(oracle: dict[str, Any]) -> None:
    """Each fit of the script is a case above, or a proportion."""
    fits = {(*name.split(), model) for name, told in oracle.items() for model in told["fits"]}
    assert fits - {("debruin2009", "PLO", "binomial-normal"), ("pritz1997", "PLO", "binomial-normal")} == set(CASES)


@pytest.mark.parametrize("name", ["debruin2009", "pritz1997"])
def test_proportions_are_as_likely_as_those_of_metafor(oracle: dict[str, Any], name: str) -> None:
    """The binomial-normal model finds a likelihood at least as great; numbers agree as far as glmer searches.

    glmer of lme4, which metafor calls, ends its search at changes of about 1e-5, and takes errors from a numerical
    second derivative.
    """
    told = oracle[f"{name} PLO"]
    arms = [ArmCounts(**row) for row in told["data"]]
    fit, _ = fit_data(question(measure="proportion", model="binomial-normal", comparator=None), arms)
    expected = told["fits"]["binomial-normal"]
    assert fit.tau2 is not None
    assert (
        _likelihood(arms, expected["value"], expected["tau2"] ** 0.5).value
        <= _likelihood(arms, fit.value, fit.tau2**0.5).value
    )
    for key, number in expected.items():
        assert number == pytest.approx(getattr(fit, key), rel=5e-5, abs=5e-5), key
