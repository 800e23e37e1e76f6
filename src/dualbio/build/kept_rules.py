"""Domain rules in parsed form, kept in the folder of releases: to parse them takes a tenth of a build.

Each is found by the digest of its name and text, and all only by the code that parsed them. What is missing, broken or
of other code is parsed again, and nothing else depends on the file: it may be removed at any time.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from dualbio.owl.rules import Rule, rule_from_json, rule_to_json
from dualbio.sources.folders import code_digest

__all__ = ["keep_rules", "kept_rules"]

_FILE = ".rules.json"


def kept_rules(releases: Path) -> dict[str, Rule]:
    """Return the rules that are kept in the folder of releases, by the digest of their name and text."""
    try:
        digest, _, text = (releases / _FILE).read_text(encoding="utf-8").partition("\n")
        if digest != _digest(text):
            return {}
        return {name: rule_from_json(data) for name, data in json.loads(text).items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return {}


def keep_rules(releases: Path, known: dict[str, Rule], rules: Iterable[Rule]) -> None:
    """Keep those of the known rules that are among `rules`; where the folder takes no file, they are parsed again."""
    used = {rule.name: rule for rule in rules}
    kept = {digest: rule_to_json(rule) for digest, rule in sorted(known.items()) if used.get(rule.name) is rule}
    text = json.dumps(kept, ensure_ascii=False)
    file = releases / f"{_FILE}-{os.getpid()}"
    with suppress(OSError):
        file.write_text(f"{_digest(text)}\n{text}", encoding="utf-8")
        file.replace(releases / _FILE)


def _digest(text: str) -> str:
    """Return a digest of what is kept and of the code that reads it."""
    return sha256(f"{code_digest()}\n{text}".encode()).hexdigest()
