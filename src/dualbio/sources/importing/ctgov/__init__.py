"""What each module of a ClinicalTrials.gov record becomes."""

from __future__ import annotations

from typing import Any

__all__ = ["Json"]

#: An object of a record, as the public API gives it.
Json = dict[str, Any]
