"""docs/architecture.md says what is so: rooms, floors, files; and the rooms keep to their size."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGE = DOCS / "architecture.md"
HOUSES = {"dualbio": "src/dualbio", "dualbio_server": "server/dualbio_server"}
#: Modules that a folder may hold side by side: what one can take in at a glance.
MOST = 15
#: Rooms that a house may have side by side, modules and folders together.
MOST_ROOMS = {"src/dualbio": 24, "server/dualbio_server": 12, "src/dualbio/store/workers": 8}
WALKS = [
    "A SPARQL text, from request to worker and back",
    "A study file to quads",
    "A parameter to a bound term",
    "A release, from settings to store",
    "An Accept header",
    "An axiom to a rule",
]
#: Words of the code that belong to one idea, and the modules below `src` and `server` that may say them.
ONE_PLACE = {
    "https://creativecommons.org/licenses/by/4.0/": ["src/dualbio/model/namespaces.py"],
    '"IAO:0000115"': ["src/dualbio/model/namespaces.py"],
    "NCT[0-9]": ["src/dualbio/model/outside_numbers.py"],
    "NCT\\d": [],
    "ISRCTN[0-9]": ["src/dualbio/model/outside_numbers.py"],
    "ISRCTN\\d+": [],
    "10\\.\\d": [],
    "error at (": ["src/dualbio/sparql/engine_text.py"],
    "\\\\U([0-9": ["src/dualbio/sparql/tokens.py"],
    ".setdefault(node.value, value)": ["src/dualbio/owl/rules/model.py"],
    'removeprefix(BASE).partition("/")': ["src/dualbio/model/namespaces.py"],
    "[a-z0-9]+(-[a-z0-9]+)*": ["src/dualbio/model/record_fields.py"],
    "sorted(changes, reverse=True)": ["src/dualbio/sparql/tokens.py"],
    '"CSafeLoader"': ["src/dualbio/sources/yaml_lines.py"],
    ".comparisons or ()))": ["src/dualbio/model/evidence.py"],
    "hashlib.file_digest": ["src/dualbio/release/folder.py"],
    '"rdf:rest"': ["src/dualbio/owl/gate/slices.py", "src/dualbio/owl/graph.py"],
    "NamedNode | ox.BlankNode": ["src/dualbio/model/rdf_terms.py"],
    "NamedNode | ox.Literal": ["src/dualbio/model/rdf_terms.py"],
    '"owl:allValuesFrom"': [
        "src/dualbio/owl/manchester.py",
        "src/dualbio/owl/rules/axioms.py",
        "src/dualbio/owl/rules/expressions.py",
    ],
}


def page_lines() -> list[tuple[int, str]]:
    """Return the lines of the page with their numbers."""
    return list(enumerate(PAGE.read_text(encoding="utf-8").splitlines(), 1))


def drawn_floors(house: str) -> list[set[str]]:
    """Return the floors of the drawing under the line that begins with the folder of a house."""
    lines = [line for _, line in page_lines()]
    start = next(i for i, line in enumerate(lines) if line.startswith(f"`{HOUSES[house]}`,"))
    fence = lines.index("```text", start)
    end = lines.index("```", fence)
    return [set(line.split(" · ")) for line in lines[fence + 1 : end]]


def contract_floors(house: str) -> list[set[str]]:
    """Return the floors of the import contract of a house."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    (contract,) = [each for each in config["contracts"] if each.get("containers") == [house]]
    return [set(layer.split(" : ")) for layer in contract["layers"]]


def told_rooms(house: str) -> dict[str, int]:
    """Return the rooms in the table of a house, with the line of each."""
    lines = page_lines()
    start = next(number for number, line in lines if line.startswith(f"| Room of `{HOUSES[house]}` |"))
    rooms: dict[str, int] = {}
    for number, line in lines[start + 1 :]:  # after the head and the rule beneath it
        if not line.startswith("| "):
            break
        rooms[line.split("`")[1]] = number
    return rooms


def built_rooms(house: str) -> Iterator[str]:
    """Yield the modules at the top of a house, and every package in it, as the page names them."""
    folder = ROOT / HOUSES[house]
    yield from (path.stem for path in folder.glob("*.py") if path.stem != "__init__")
    yield from (f"{path.parent.relative_to(folder)}/" for path in folder.rglob("__init__.py") if path.parent != folder)


@pytest.mark.parametrize("house", HOUSES)
def test_the_drawn_floors_are_those_of_the_contracts(house: str) -> None:
    """Which room may use which is drawn as `make layers` checks it."""
    expected = [" · ".join(sorted(floor)) for floor in contract_floors(house)]
    actual = [" · ".join(sorted(floor)) for floor in drawn_floors(house)]
    assert expected == actual, f"repair: draw the floors of `{HOUSES[house]}` in {PAGE.name} as in pyproject.toml"


@pytest.mark.parametrize("house", HOUSES)
def test_every_room_has_its_line(house: str) -> None:
    """Each module at the top and each folder of modules is told in one line; none is told that is not there."""
    told, built = told_rooms(house), set(built_rooms(house))
    missing = [f"no line for {HOUSES[house]}/{room}; repair: add '| `{room}` | … |'" for room in built - told.keys()]
    gone = [
        f"line {told[room]}: there is no {HOUSES[house]}/{room}; repair: rename or delete"
        for room in told.keys() - built
    ]
    assert [] == sorted(missing + gone), f"{PAGE.name}, table 'Room of `{HOUSES[house]}`'"


@pytest.mark.parametrize("house", HOUSES)
def test_every_package_says_what_its_line_says(house: str) -> None:
    """The docstring of a folder of modules begins with the words of its line, so that the two never differ."""
    lines = dict(page_lines())
    wrong = []
    for room, number in told_rooms(house).items():
        if room.endswith("/"):
            words = re.sub(r" \(\[.*?\)\)", "", lines[number].split(" | ")[1].removesuffix(" |"))
            code = (ROOT / HOUSES[house] / room / "__init__.py").read_text(encoding="utf-8")
            said = (ast.get_docstring(ast.parse(code)) or "").split("\n\n")[0]
            if said != f"{words[0].upper()}{words[1:]}.":
                wrong.append(f"line {number}: {words!r}, and {HOUSES[house]}/{room}: {said!r}")
    assert [] == wrong, "repair: give both the same words"


def test_there_are_six_walks() -> None:
    """The page leads through the code by the six walks that newcomers ask for."""
    assert WALKS == [line.removeprefix("### ") for _, line in page_lines() if line.startswith("### ")]


def test_every_file_that_is_named_is_there() -> None:
    """A link leads to a file, whose address ends as its name does."""
    wrong = []
    for number, line in page_lines():
        for name, target in re.findall(r"\[`([^`]+)`\]\(([^)]+)\)", line):
            if not (DOCS / target).is_file():
                wrong.append(f"line {number}: {target} is not there; repair: name the file that holds '{name}' now")
            elif not target.removesuffix("__init__.py").endswith(f"/{name}"):
                wrong.append(f"line {number}: '{name}' is not the end of {target}; repair: give both one name")
    assert [] == wrong, PAGE.name


def test_a_file_without_a_link_is_linked_before() -> None:
    """A module that is named without a link is one that a line above links to."""
    linked = set(re.findall(r"\[`([^`]+\.py)`\]", PAGE.read_text(encoding="utf-8")))
    bare = {
        name: number
        for number, line in page_lines()
        for name in re.findall(r"(?<!\[)`([\w/]+\.py)`(?!\])", line)
        if not (ROOT / name).is_file()
    }
    assert {} == {name: number for name, number in bare.items() if name not in linked}, "repair: link these lines"


def folders() -> Iterator[Path]:
    """Yield every folder of installed modules."""
    for house in HOUSES.values():
        yield from (path.parent for path in (ROOT / house).rglob("__init__.py"))


@pytest.mark.parametrize("folder", sorted(folders()), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_folder_can_be_taken_in_at_a_glance(folder: Path) -> None:
    """No room holds more modules side by side than one can take in; what is more is two rooms."""
    modules = [path.stem for path in folder.glob("*.py") if not path.stem.startswith("__")]
    assert len(modules) <= MOST, f"{sorted(modules)}; repair: part {folder.relative_to(ROOT)} in two rooms"


@pytest.mark.parametrize("house", MOST_ROOMS)
def test_a_house_can_be_drawn_on_one_sheet(house: str) -> None:
    """Library, server and query workers have few rooms each, so that a drawing is enough to understand them."""
    rooms = {path.stem for path in (ROOT / house).glob("*.py")} - {"__init__"}
    rooms |= {f"{path.parent.name}/" for kind in ("*/__init__.py", "*/*.js") for path in (ROOT / house).glob(kind)}
    assert len(rooms) <= MOST_ROOMS[house], f"{sorted(rooms)}; repair: put what serves one purpose into one folder"


@pytest.mark.parametrize("words", ONE_PLACE)
def test_one_idea_has_one_room(words: str) -> None:
    """What only one reader or writer should know is said in no other module."""
    said = [
        str(path.relative_to(ROOT))
        for house in HOUSES.values()
        for path in sorted((ROOT / house).rglob("*.py"))
        if words in path.read_text(encoding="utf-8")
    ]
    assert ONE_PLACE[words] == said, "repair: use the room that knows it"


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "docs/README.md"])
def test_a_newcomer_is_led_to_the_page(name: str) -> None:
    """The pages that a newcomer opens first link to the map."""
    assert re.search(r"\]\((docs/)?architecture\.md\)", (ROOT / name).read_text(encoding="utf-8")), name


def test_the_list_of_pages_has_every_page_once() -> None:
    """docs/README.md names each page and notebook of the folder, in one order of reading."""
    text = (DOCS / "README.md").read_text(encoding="utf-8")
    expected = {path.relative_to(DOCS).as_posix() for kind in ("*.md", "notebooks/*.ipynb") for path in DOCS.glob(kind)}
    listed = re.findall(r"^\d+\. \[[^\]]+\]\(([^)]+)\)", text, flags=re.MULTILINE)
    assert sorted(expected - {"README.md"}) == sorted(listed), "repair: add the page to the list in docs/README.md"
