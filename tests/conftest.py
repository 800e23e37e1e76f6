"""What all tests share: neither a loaded machine nor the terminal of whoever looks on decides anything."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

os.environ.pop("COLUMNS", None)

settings.register_profile("dualbio", deadline=None, print_blob=True)
settings.load_profile("dualbio")

#: Files that walk the same ways for all there is; to measure each step there takes minutes and shows no branch more.
_WALKS = frozenset(
    {
        "attack/test_hostile_text.py",
        "claims/test_search.py",
        "curation/test_descriptions.py",
        "curation/test_gate.py",
        "curation/test_shapes.py",
        "integration/test_reproducible.py",
        "linked_data/test_crawl.py",
        "linked_data/test_descriptions.py",
        "linked_data/test_nanopubs.py",
        "queries/test_completion.py",
        "queries/test_faces.py",
        "unit/owl/rules/test_domain_rules.py",
    }
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the walks out of the measurement of branches."""
    here = Path(__file__).parent
    known = {path for path in _WALKS if (here / path).is_file()}
    assert known == _WALKS, f"gone or renamed: {sorted(_WALKS - known)}"
    for item in items:
        if item.path.is_relative_to(here) and item.path.relative_to(here).as_posix() in _WALKS:
            item.add_marker(pytest.mark.no_cover)
