"""What all tests share: neither a loaded machine nor the terminal of whoever looks on decides anything."""

from __future__ import annotations

import os

from hypothesis import settings

os.environ.pop("COLUMNS", None)

settings.register_profile("dualbio", deadline=None, print_blob=True)
settings.load_profile("dualbio")
