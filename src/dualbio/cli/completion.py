"""Tab completion: saved queries, their parameters and values, topics, named graphs.

Only what is there is looked at: completion never builds a release, and what is broken offers nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import click
import pyoxigraph as ox
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ZshComplete,
    add_completion_class,
    split_arg_string,
)
from pydantic import ValidationError

from dualbio.cli.common_options import OWN_FOLDERS
from dualbio.errors import DualbioError, counted
from dualbio.model.namespaces import KINDS
from dualbio.queries import Library, Parameter, Resolver, SavedQuery
from dualbio.release.folder import Release, open_release
from dualbio.settings import Settings
from dualbio.store.embedded import EmbeddedStore

__all__ = ["complete_graph", "complete_parameter", "complete_query", "complete_topic", "use_own_shells"]

Item = CompletionItem[str]


def complete_query(context: click.Context, _param: click.Parameter, incomplete: str) -> list[Item]:
    """Offer saved queries by `topic/name`, or by the name alone once it is begun."""
    library = _library(context)
    found = [Item(name, help=query.head.summary) for name, query in library.items() if name.startswith(incomplete)]
    if incomplete and not found:
        stems = [query for query in library.values() if query.stem.startswith(incomplete)]
        found = [Item(query.stem, help=query.head.summary) for query in stems if _alone(query, stems)]
    return found


def complete_topic(context: click.Context, _param: click.Parameter, incomplete: str) -> list[Item]:
    """Offer the topics of the saved queries."""
    topics = _library(context).topics()
    return [
        Item(name, help=counted(len(queries), "query"))
        for name, queries in topics.items()
        if name.startswith(incomplete)
    ]


def complete_parameter(context: click.Context, _param: click.Parameter, incomplete: str) -> list[Item]:
    """Offer `name=` of the parameters of the query that was named, then the values of a parameter."""
    try:
        # An option that lacks its value leaves the argument among the words that were not taken.
        query = _library(context).find(context.params.get("name") or next(iter(context.args), ""))
        name, equals, begun = incomplete.partition("=")
        if not equals:
            return [
                Item(f"{param.name}=", help=param.description) for param in query.params if param.name.startswith(name)
            ]
        param = query.parameter(name)
        several, comma, last = begun.rpartition(",") if param.list else ("", "", begun)
        return [
            Item(f"{name}={several}{comma}{value}", help=words)
            for value, words in _values(param, _folder(context))
            if value.startswith(last.lstrip())
        ]
    except DualbioError:
        return []


def complete_graph(context: click.Context, _param: click.Parameter, incomplete: str) -> list[Item]:
    """Offer the named graphs of the release."""
    release = _release(_folder(context))
    return [
        Item(name) for name in (release.manifest.get("graphs", {}) if release else {}) if name.startswith(incomplete)
    ]


def _alone(query: SavedQuery, others: Iterable[SavedQuery]) -> bool:
    return [each.stem for each in others].count(query.stem) == 1


def _settings() -> Settings | None:
    try:
        return Settings.of_project(Path.cwd())
    except (ValidationError, DualbioError):
        return None


def _library(context: click.Context) -> Library:
    """Return the saved queries of the settings and of the folder that the line names; none when a file is broken."""
    settings, own = _settings(), context.params.get("folder")
    try:
        return Library.read(*(settings.query_folders if settings else ()), *([Path(own)] if own else []))
    except DualbioError:
        return Library({})


def _folder(context: click.Context) -> Path | None:
    """Return the folder of releases that the line is about."""
    settings = _settings()
    if settings is None:
        return None
    return settings.over(context.meta.get(OWN_FOLDERS, ())).releases


def _release(releases: Path | None) -> Release | None:
    with suppress(DualbioError):
        return open_release(releases / "current", verify=False) if releases else None
    return None


def _values(param: Parameter, releases: Path | None) -> Iterator[tuple[str, str | None]]:
    """Yield the values that are known for a parameter, each with its label."""
    if param.values or param.type == "boolean":
        yield from ((value, None) for value in param.values or ("true", "false"))
        return
    release = _release(releases)
    if param.type not in KINDS or release is None or release.store is None:
        yield from ((str(example), None) for example in param.examples)
        return
    with suppress(OSError):  # no store on disk
        names = Resolver(EmbeddedStore(ox.Store.read_only(str(release.store))))
        for key in names.names(param.type, param.scheme):
            iri = names.resolve(key, param.type, param.scheme).value
            yield key, names.label(iri)


#: Characters at which bash ends a word while it completes.
_BREAKS = ("=", ":")


class _Bash(BashComplete):
    """Bash, which takes `disease=sle` for three words and wants the last of them alone."""

    source_template = BashComplete.source_template.replace(
        "    return 0\n", "    [[ ${#COMPREPLY[@]} == 1 && $COMPREPLY == *= ]] && compopt -o nospace\n    return 0\n"
    )
    begun = ""

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the one that is begun, and that one, with what bash took apart joined again."""
        given = split_arg_string(os.environ["COMP_WORDS"])
        current = int(os.environ["COMP_CWORD"])
        words: list[str] = []
        join = False
        for word in (*given[:current], given[current] if current < len(given) else ""):
            before = words[-1] if words else ""
            if words and (word in _BREAKS or join):
                words[-1] += word
            else:
                words.append(word)
            join = word in _BREAKS
            self.begun = "" if words[-1] == word else before + (word if join else "")
        return words[1:-1], words[-1]

    def format_completion(self, item: CompletionItem[str]) -> str:
        """Leave out what stands before the last of the characters at which bash ends words."""
        return f"{item.type},{item.value.removeprefix(self.begun)}"


_ZSH_PLAIN = '        if [[ "$type" == "plain" ]]; then\n'


class _Zsh(ZshComplete):
    """Zsh, without a space after `disease=`."""

    source_template = (
        ZshComplete.source_template.replace("    local -a response\n", "    local -a response\n    local -a joined\n")
        .replace(_ZSH_PLAIN, '        [[ "$key" == *= ]] && joined=(-S "")\n' + _ZSH_PLAIN)
        .replace("completions_with_descriptions -U\n", 'completions_with_descriptions -U "${joined[@]}"\n')
    )


class _Fish(FishComplete):
    """Fish, with commas inside of values."""

    source_template = FishComplete.source_template.replace('split "," $completion', 'split -m 1 "," $completion')


def use_own_shells() -> None:
    """Have click complete in the shells of this module."""
    for shell in (_Bash, _Zsh, _Fish):
        add_completion_class(shell)
