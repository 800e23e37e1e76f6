"""What a process keeps from one request for another has a bound, and is known by name."""

from __future__ import annotations

import ast
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

from documents import ROOT
from dualbio_server.process.request import HttpRequest

SERVER = ROOT / "server" / "dualbio_server"
LIBRARY = ROOT / "src" / "dualbio"
#: What is kept for good by `functools.cache`, and what there is no more of.
FOR_GOOD = {
    "model/record_fields.py:fields_of": "models of records",
    "model/namespaces.py:term": "names in our code and vocabulary",
    "export/tables/columns.py:columns_of": "kinds of things",
    "export/packages/files.py:_own_folder": "releases of this machine",
    "export/packages/files.py:_lock": "dumps of these releases",
    "synthesis/pooling/distributions.py:student_quantile": "numbers of studies",
    "synthesis/pooling/distributions.py:_mp": "one",
    "sources/folders.py:code_digest": "one",
    "sources/exchange/sheet.py:_columns_of": "models of records",
    "sources/importing/ctgov/groups.py:_patterns": "one",
    "sources/importing/titles.py:_read_table": "one",
    "sources/canonical.py:_written": "models of records",
    "queries/library.py:_empty_store": "one",
    "owl/rules/difference.py:_filter_variables": "filters of the rules of a release",
}
#: What a web process, and what lives as long as one, fills while it answers, and what bounds it.
FILLED = {
    "queries/omissions.py:_known": "one answer",
    "queries/resolver.py:_kinds": "kinds of things",
    "queries/resolver.py:index": "names of a release",
    "queries/resolver.py:labels": "things of a release",
    "search/ask.py:_of_kind": "kinds of things",
    "store/workers/clients/loop_client.py:_at_work": "workers",
    "store/workers/clients/loop_client.py:_idle": "workers",
    "store/workers/clients/loop_client.py:_waiting": "requests under way",
    "store/workers/clients/pool_client.py:_lines": "workers",
    "store/workers/clients/pool_store.py:_known": "one page",
    "http/cache.py:_entries": "DUALBIO_CACHE_SIZE",
    "http/cache.py:_keys": "answers among the entries",
    "http/shares.py:_clients": "requests under way",
    "http/flights.py:_flights": "requests under way",
    "http/access_log.py:_hits": "a second of requests, at most _MOST",
    "http/access_log.py:_entries": "a second of requests, at most _MOST",
    "process/web_processes.py:message": "one message to the web processes",
    "process/run.py:_asked": "signals",
    "process/pools.py:_earlier": "releases that are still asked",
    "process/request.py:_KEYS": "_MOST_KEYS names of headers, of _LONGEST_KEY letters",
    "releases/pinned.py:_open": "earlier releases that are open at a time",
    "releases/listing.py:_made_files": "files of a release, by the mount of the service",
    "entities/ontology_page.py:group_of": "terms of the vocabulary",
    "entities/routes.py:ontology_pages": "languages, by the mount of the service",
    "entities/page_parts.py:_known": "parts of pages, by language",
    "entities/page_parts.py:_under_way": "parts of pages that are being made",
    "site/figures/drawn.py:_under_way": "figures that are being drawn",
}
#: Rooms of the library whose objects live as long as a web process.
LIVED_IN = ("queries", "search", "store/workers/clients")
_GROWING = ("{}", "[]", "set()", "OrderedDict()", "Counter()", "WeakValueDictionary()", "defaultdict(")


def modules(house: Path, room: Path) -> Iterator[tuple[str, ast.Module]]:
    """Yield the name of each module of a room, and what it says."""
    for path in sorted(room.rglob("*.py")):
        yield path.relative_to(house).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def kept_for_good(tree: ast.Module) -> Iterator[str]:
    """Yield the functions whose answers are never forgotten."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and {"cache", "functools.cache", "lru_cache(maxsize=None)"} & {
            ast.unparse(each) for each in node.decorator_list
        }:
            yield node.name


def filled(tree: ast.Module) -> Iterator[str]:
    """Yield the attributes, tables of modules and parts of a service that begin empty."""
    makers = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    for node in ast.walk(tree):
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if ast.unparse(node.value).startswith(_GROWING) and isinstance(target, ast.Attribute):
                yield target.attr
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".part") and len(node.args) == 1:
            maker = makers.get(ast.unparse(node.args[0]))
            made = [each.value for each in ast.walk(maker) if isinstance(each, ast.Return)] if maker else []
            if any(value is not None and ast.unparse(value).startswith(_GROWING) for value in made):
                yield ast.unparse(node.args[0])
    tables = {ast.unparse(node.target) for node in tree.body if isinstance(node, ast.AnnAssign)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
            yield from tables & {ast.unparse(node.targets[0].value)}


def test_what_is_kept_for_good_is_few() -> None:
    """Nothing that strangers send is kept for ever under its own text."""
    found = [
        f"{name}:{function}"
        for folder in (LIBRARY, SERVER)
        for name, tree in modules(folder, folder)
        for function in kept_for_good(tree)
    ]
    assert sorted(FOR_GOOD) == sorted(found), "repair: bound it (`lru_cache`), or say what there is no more of"


def test_what_a_web_process_fills_is_bounded() -> None:
    """`DUALBIO_CACHE_SIZE` bounds answers; whatever else grows with requests says by what it ends."""
    rooms = [(SERVER, SERVER), *((LIBRARY, LIBRARY / room) for room in LIVED_IN)]
    found = {f"{name}:{each}" for house, room in rooms for name, tree in modules(house, room) for each in filled(tree)}
    assert sorted(FILLED) == sorted(found), "repair: say what bounds it, or keep it in `http/cache.py`"


def test_long_names_of_headers_take_no_memory() -> None:
    """Strangers who send headers with names of 100 kB, each time others, do not fill the memory of the service."""
    tracemalloc.start()
    for number in range(100, 200):
        HttpRequest({}).header(b"X" * 100_000 + str(number).encode(), b"1")
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 2_000_000
