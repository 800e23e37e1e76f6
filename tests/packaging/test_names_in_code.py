"""What is shipped is used by what is shipped, and one name means one thing."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path

from documents import ROOT

HOUSES = (ROOT / "src" / "dualbio", ROOT / "server" / "dualbio_server")
#: Decorators after which a function is still called by its name; any other one gives it to somebody who calls it.
PLAIN = frozenset(
    {
        "abstractmethod",
        "cache",
        "cached_property",
        "classmethod",
        "contextmanager",
        "dataclass",
        "lru_cache",
        "property",
        "staticmethod",
    }
)
#: Names that programs of others call, by the class whose form they take.
CALLED_BY_OTHERS = {
    "asyncio.Protocol": "connection_made connection_lost data_received eof_received pause_writing resume_writing",
    "httptools": "on_message_begin on_url on_header on_headers_complete on_body on_message_complete",
    "click": "list_commands get_command format_commands get_completion_args format_completion",
    "pydantic": "decimal_schema nullable_schema default_schema",
    "io": "readinto",
    "notebooks": "_repr_html_ _repr_svg_",
    "WSGI": "create_app",
}
#: Names of functions that say nothing of what is done or returned.
VAGUE = frozenset({"asked", "found", "told"})
#: Public classes that may bear the name of another one, and why.
ALIKE: dict[str, str] = {}


@cache
def trees() -> dict[Path, ast.Module]:
    """Return what is shipped, module by module, and the programs that the project is kept with."""
    folders = (*HOUSES, ROOT / "maintenance", ROOT / "benchmarks")
    return {
        path: ast.parse(path.read_text(encoding="utf-8")) for folder in folders for path in sorted(folder.rglob("*.py"))
    }


def shipped() -> dict[Path, ast.Module]:
    """Return the modules that are installed."""
    return {path: tree for path, tree in trees().items() if any(path.is_relative_to(house) for house in HOUSES)}


def uses(tree: ast.AST) -> Iterator[str]:
    """Yield every name that code reads, passes, or has in a text of its own."""
    exported = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
        for part in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.arg
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in exported:
            yield from re.findall(r"\w+", node.value) if len(node.value) < 80 else ()


def definitions(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield line and name of every function, method and class that nobody else calls, and of every constant."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            decorators = {
                re.split(r"[.(]", ast.unparse(each).removeprefix("functools."))[0] for each in node.decorator_list
            }
            if decorators <= PLAIN:
                yield node.lineno, node.name
    for node in tree.body:
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Name):
                    yield node.lineno, target.id


def words_outside() -> Iterator[str]:
    """Yield the words of templates, and of what the pages show as code."""
    for path in (ROOT / "server").rglob("templates/*"):
        yield from re.findall(r"\w+", path.read_text(encoding="utf-8"))
    for path in chain((ROOT / "docs").rglob("*.md"), (ROOT / "docs").rglob("*.ipynb"), [ROOT / "README.md"]):
        code = re.findall(r"```.*?```|`[^`\n]+`", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        yield from (word for piece in code for word in re.findall(r"\w+", piece))


def test_what_is_shipped_is_used() -> None:
    """No function, method, class or constant is there for tests alone: what only they need stands among them.

    A private name is used in its own module. A name that several things bear counts as used when one of them is.
    """
    everywhere = Counter(chain(words_outside(), *map(uses, trees().values())))
    known = {*" ".join(CALLED_BY_OTHERS.values()).split()}
    idle = []
    for path, tree in shipped().items():
        own = Counter(uses(tree))
        for line, name in definitions(tree):
            used = own if name.startswith("_") else everywhere
            if not used[name] and name not in known and not name.startswith("__"):
                idle.append(f"{path.relative_to(ROOT)}:{line}: {name} is used nowhere; repair: delete it")
    assert [] == idle


def test_no_two_classes_have_one_name() -> None:
    """Who reads a name knows what it is, whatever the module: public classes are called alike nowhere."""
    places: dict[str, list[str]] = {}
    for path, tree in shipped().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(f"{path.relative_to(ROOT)}:{node.lineno}")
    twice = {name: found for name, found in places.items() if len(found) > 1 and name not in ALIKE}
    assert {} == twice, "repair: call each what it is; words of the field belong to the records of `model/`"
    assert [] == [name for name in ALIKE if len(places.get(name, ())) < 2], "repair: take these out of ALIKE"


def test_functions_are_not_called_by_what_befell_their_answer() -> None:
    """A function is named by what it does or returns; a bare "told" or "found" could be any of them."""
    vague = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.name}; repair: name what it returns"
        for path, tree in shipped().items()
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.lstrip("_") in VAGUE
    ]
    assert [] == vague


def test_what_templates_choose_by_is_there() -> None:
    """A template that chooses by a name which nothing has would choose nothing, and say so to nobody."""
    chosen = {
        name
        for path in (ROOT / "server").rglob("templates/*.html")
        for name in re.findall(r"""(?:selectattr|rejectattr)\(["'](\w+)""", path.read_text(encoding="utf-8"))
    }
    text = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "server" / "dualbio_server").rglob("*.py"))
    assert chosen
    assert set() == {name for name in chosen if not re.search(rf"\bdef {name}\(|^ +{name}: ", text, re.MULTILINE)}
