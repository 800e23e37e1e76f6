"""Our models against R's metafor on published data sets; `metafor.R` runs once and says what it made of each."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from dualbio.model.syntheses import MODELS_OF, SynthesisQuestion
from dualbio.synthesis.pooling.effects import ArmCounts, Counts, Data, Effect, Means, Printed, Times
from dualbio.synthesis.pooling.models import Fit
from dualbio.synthesis.pooling.pool import fit_data
from dualbio.synthesis.pooling.proportions import _likelihood
from pooled_facts import question

pytestmark = pytest.mark.slow

COUNTS = (
    *("bcg", "nielweise2007", "egger2001", "hine1989", "yusuf1985", "collins1985b", "linde2005", "lee2004", "sparse"),
)
RATES = (
    *("nielweise2008", "hart1999", "bcg", "hine1989", "yusuf1985", "collins1985b", "egger2001", "lee2004", "rare"),
)
MEANS = (
    *("normand1999", "curtis1998", "gibson2002", "dagostino1998", "stowe2010", "franchini2012", "lehmann2018"),
    "senn2013",
)
PRINTED = (
    *("pignon2000", "hackshaw1998", "bangertdrowns2004", "raudenbush1985", "riley2003", "knapp2017", "kalaian1996"),
    "linde2016",
)
ARMS = (
    *("debruin2009", "pritz1997", "hannum2020", "hasselblad1998", "pagliaro1992", "baker2009", "gurusamy2011"),
    "dong2013",
)
#: Those that no one published: they have more empty cells.
MADE_UP = ("sparse", "rare")
#: Data sets by measure, in metafor's words.
SETS = {
    **dict.fromkeys(("OR", "RR", "RD"), COUNTS),
    **dict.fromkeys(("IRR", "IRD"), RATES),
    **dict.fromkeys(("MD", "SMD"), MEANS),
    "HR": PRINTED,
}
OURS = {"IRR": "rate-ratio", "IRD": "rate-difference", "PLO": "proportion"}
KINDS: dict[str, type[Counts | Times | Means | Effect]] = {
    **dict.fromkeys(("OR", "RR", "RD"), Counts),
    **dict.fromkeys(("IRR", "IRD"), Times),
    **dict.fromkeys(("MD", "SMD"), Means),
    "HR": Effect,
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
        *(TABLES if KINDS[measure] in (Counts, Times) else ()),
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
    numbers = [KINDS[measure](**row) for row in told["data"]]
    data: list[Data] = [Printed(each) if isinstance(each, Effect) else each for each in numbers]
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
    assert fits == {*CASES, *((name, "PLO", "binomial-normal") for name in ARMS)}


def test_each_model_of_each_measure_is_held_against_eight_published_data_sets() -> None:
    """A measure or a model that is added needs as many."""
    published = Counter((measure, model) for name, measure, model in CASES if name not in MADE_UP)
    published["PLO", "binomial-normal"] = len(ARMS)
    assert {OURS.get(measure, measure) for measure, _ in published} == {*MODELS_OF}
    assert not {each: number for each, number in published.items() if number < 8}


@pytest.mark.parametrize("name", ARMS)
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
        <= _likelihood(arms, fit.value, fit.tau2**0.5).value + 1e-9
    )
    for key, number in expected.items():
        assert number == pytest.approx(getattr(fit, key), rel=5e-5, abs=5e-5), key
