"""How a regimen reads in words."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from dualbio.model.evidence import RegimenStep
from dualbio.synthesis.schedules import step_text

NAMES = {"belimumab": "belimumab", "etanercept": "etanercept", "adalimumab": "adalimumab"}
STEP = {"role": "active", "drug": "belimumab"}


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (STEP, "belimumab"),
        (
            {**STEP, "dose": 200, "unit": "mg", "start_week": 0, "end_week": 52, "frequency": "weekly"},
            "belimumab 200 mg, week 0 to week 52, weekly",
        ),
        ({**STEP, "start_week": 4, "start_week_max": 8}, "belimumab, week 4\u20138"),
        ({**STEP, "end_week": 28}, "belimumab, to week 28"),
        ({**STEP, "start_day": 2, "start_day_max": 2}, "belimumab, day 2"),
        ({**STEP, "start_week": 0, "end_week": 0}, "belimumab, week 0"),
        ({**STEP, "running_at_start": True}, "belimumab, already running"),
        ({"role": "active", "drug_options": ("etanercept", "adalimumab")}, "etanercept or adalimumab"),
        ({"role": "placebo", "placebo_for": ("etanercept", "adalimumab")}, "etanercept and adalimumab"),
        ({**STEP, "dose_min": Decimal("2.5"), "dose_max": Decimal("10.0"), "unit": "mg"}, "belimumab 2.5\u201310.0 mg"),
    ],
)
def test_a_step_says_what_is_known_of_it(step: dict[str, Any], words: str) -> None:
    """Agent, dose, time and frequency stand as far as the source tells them."""
    assert words == step_text(RegimenStep.model_validate(step), NAMES)
