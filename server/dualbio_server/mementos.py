"""Mementos (RFC 7089): which releases hold the thing at a path, and what to call them in headers and time maps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache
from pathlib import Path

import pyoxigraph as ox

from dualbio.namespaces import KINDS
from dualbio.release import Release, kept_releases
from dualbio.store.embedded import EmbeddedStore
from dualbio_server.links import candidates, uri

__all__ = ["choose_memento", "memento_links", "mementos", "open_data", "rfc_date", "time_map"]

LINK_FORMAT = "application/link-format"

Link = tuple[str, str, str | None]


def rfc_date(moment: datetime) -> str:
    """Return a moment as HTTP writes it."""
    return format_datetime(moment.astimezone(UTC), usegmt=True)


def memento_links(root: str, path: str) -> list[Link]:
    """Return the links from a document to its original, time gate and time map; `path` is that of the original."""
    return [
        (f"{root}/{path}", "original", None),
        (f"{root}/timegate/{path}", "timegate", None),
        (f"{root}/timemap/{path}", "timemap", LINK_FORMAT),
    ]


def mementos(releases: Path, path: str, stems: Sequence[str]) -> list[Release]:
    """Return the releases in the folder `releases` in which something is at `path`, the oldest first.

    Args:
        releases: the folder of all releases that are kept.
        path: a path of the service, without its slash.
        stems: the path, and what is left of it without the extension of a format.
    """
    dated = [release for release in kept_releases(releases) if release.built]
    if path.partition("/")[0].partition(".")[0] in KINDS:
        dated = [release for release in dated if _holds(release.folder, tuple(stems))]
    elif path.startswith("graph/") and path != "graph/":
        names = [stem.removeprefix("graph/") for stem in stems]
        dated = [release for release in dated if any(name in release.manifest.get("graphs", {}) for name in names)]
    return dated[::-1]


@lru_cache(maxsize=8192)
def _holds(folder: Path, stems: tuple[str, ...]) -> bool:
    """Say whether a release tells something about one of the paths; a release never changes, so nor does that."""
    data = open_data(folder)
    nodes = [node for stem in stems if not stem.endswith("/") for node in candidates(stem)]
    if not nodes:
        return True
    return any(
        next(data.quads_for_pattern(node, None, None, None), None)
        or next(data.quads_for_pattern(None, None, node, None), None)
        for node in nodes
    )


@lru_cache(maxsize=4)
def open_data(folder: Path) -> ox.Store:
    """Return the data of a release from its store on disk, which costs little; in memory where it has none."""
    if (folder / "store").is_dir():
        return ox.Store.read_only(str(folder / "store"))
    return EmbeddedStore.in_memory(folder / "graphs").store


def choose_memento(found: Sequence[Release], wanted: str | None) -> Release:
    """Return the release that was newest at the time `wanted`, the value of `Accept-Datetime`; the oldest before it.

    Args:
        found: at least one release with a date, the oldest first.
        wanted: a date of HTTP; None for now.

    Raises:
        ValueError: `wanted` is no date.
    """
    if wanted is None:
        return found[-1]
    moment = parsedate_to_datetime(wanted)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    before = [release for release in found if release.built and release.built <= moment]
    return before[-1] if before else found[0]


def time_map(found: Sequence[Release], root: str, path: str, query: str) -> str:
    """Return the time map of a path (RFC 7089, section 5): its original, and the memento in each release."""
    rest = f"{path}?{query}" if query else path
    lines = [f'<{uri(target)}>; rel="{relation}"' for target, relation, _ in memento_links(root, rest)[:2]]
    dates = [rfc_date(release.built) for release in found if release.built]
    span = f'; from="{dates[0]}"; until="{dates[-1]}"' if dates else ""
    lines.append(f'<{uri(f"{root}/timemap/{rest}")}>; rel="self"; type="{LINK_FORMAT}"{span}')
    lines += list(_mementos(found, dates, root, rest))
    return ",\n".join(lines) + "\n"


def _mementos(found: Sequence[Release], dates: Sequence[str], root: str, rest: str) -> Iterator[str]:
    for place, (release, date) in enumerate(zip(found, dates, strict=True)):
        words = [*(["first"] if place == 0 else []), *(["last"] if place == len(found) - 1 else []), "memento"]
        yield f'<{uri(f"{root}/v/{release.id}/{rest}")}>; rel="{" ".join(words)}"; datetime="{date}"'
