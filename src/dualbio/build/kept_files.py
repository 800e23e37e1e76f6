"""Intermediate results in the folder of releases that the next build reuses, if the code is the same.

What is missing, broken or of other code is made again, and nothing else depends on these files: they may be removed at
any time. `.rules.json` has the domain rules in parsed form, by the digest of their name and text (to parse them takes a
tenth of a build), `.pools.json` the answers to questions across studies, by the digest of their inputs, with one for
what each study holds, `.store.json` the name of the release whose store the next one may begin with, and
`.sources.json` what that release was made from.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from dualbio.errors import ReleaseError
from dualbio.owl.rules import Rule, rule_from_json, rule_to_json
from dualbio.release.folder import Release, open_release
from dualbio.sources.folders import code_digest
from dualbio.synthesis.kept_pools import KeptAnswer, KeptPools

__all__ = [
    "KeptSources",
    "keep_pools",
    "keep_rules",
    "keep_sources",
    "keep_store",
    "kept_pools",
    "kept_rules",
    "kept_sources",
    "kept_store",
]

_RULES = ".rules.json"
_POOLS = ".pools.json"
_STORE = ".store.json"
_SOURCES = ".sources.json"


@dataclass(frozen=True)
class KeptSources:
    """What a release was made from.

    `sums` has the SHA-256 of each file of the sources by its name, `texts` what stood in those of which an edit is
    followed, `used` how many triples each rule gave, and `answers` the digests of the inputs of answers across studies,
    by question.
    """

    sums: Mapping[str, str]
    texts: Mapping[str, str]
    used: Mapping[str, int]
    answers: Mapping[str, str]


def kept_rules(releases: Path) -> dict[str, Rule]:
    """Return the rules that are kept in the folder of releases, by the digest of their name and text."""
    try:
        return {name: rule_from_json(data) for name, data in _content(releases / _RULES).items()}
    except (ValueError, LookupError, TypeError, AttributeError):
        return {}


def keep_rules(releases: Path, known: dict[str, Rule], rules: Iterable[Rule]) -> None:
    """Keep those of the known rules that are among `rules`; where the folder takes no file, they are parsed again."""
    used = {rule.name: rule for rule in rules}
    kept = {digest: rule_to_json(rule) for digest, rule in sorted(known.items()) if used.get(rule.name) is rule}
    _write(releases / _RULES, kept)


def kept_pools(releases: Path) -> KeptPools:
    """Return the answers that are kept in the folder of releases."""
    try:
        return KeptPools({digest: KeptAnswer(*told) for digest, told in _content(releases / _POOLS).items()})
    except TypeError:
        return KeptPools()


def keep_pools(releases: Path, pools: KeptPools) -> None:
    """Keep the answers of this build; where the folder takes no file, they are made again."""
    _write(releases / _POOLS, dict(sorted(pools.used.items())))


def kept_store(releases: Path) -> Release | None:
    """Return the release whose store was made last by this code and this engine; None where there is none any more."""
    told = _content(releases / _STORE)
    try:
        found = open_release(releases / told["release"], verify=False) if told.get("engine") == ox.__version__ else None
    except (ReleaseError, KeyError, TypeError):
        return None
    return found if found and found.store else None


def keep_store(releases: Path, release: Release) -> None:
    """Keep which release was made last, with the engine that made its store."""
    _write(releases / _STORE, {"release": release.id, "engine": ox.__version__})


def kept_sources(releases: Path) -> tuple[Release, KeptSources] | None:
    """Return the release that was made last by this code and this engine, with what it was made from."""
    told = _content(releases / _SOURCES)
    release = kept_store(releases)
    if release is None or release.search_index is None or told.get("release") != release.id:
        return None
    return release, KeptSources(told["sums"], told["texts"], told["used"], told["answers"])


def keep_sources(releases: Path, release: Release, made_from: KeptSources) -> None:
    """Keep what the release was made from that was made last."""
    told = {each.name: getattr(made_from, each.name) for each in fields(made_from)}
    _write(releases / _SOURCES, {"release": release.id, **told})


def _content(file: Path) -> dict[str, Any]:
    try:
        digest, _, text = file.read_text(encoding="utf-8").partition("\n")
        found = json.loads(text) if digest == _digest(text) else {}
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write(file: Path, kept: dict[str, Any]) -> None:
    text = json.dumps(kept, ensure_ascii=False)
    draft = file.with_name(f"{file.name}-{os.getpid()}")
    with suppress(OSError):
        draft.write_text(f"{_digest(text)}\n{text}", encoding="utf-8")
        draft.replace(file)


def _digest(text: str) -> str:
    """Return a digest of what is kept and of the code that reads it."""
    return sha256(f"{code_digest()}\n{text}".encode()).hexdigest()
