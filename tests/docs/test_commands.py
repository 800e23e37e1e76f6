"""Every command, option, target and setting that a document names exists, and every one that exists is documented."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from documents import DOCUMENTS, ROOT, blocks
from dualbio.cli.main import cli
from dualbio.settings import Settings

TEXTS = {path: path.read_text(encoding="utf-8") for path in DOCUMENTS}
TARGETS = set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def spoken(path: Path, program: str) -> Iterator[str]:
    """Yield every line of a document that calls a program: in blocks for the shell, and between backticks."""
    for block in blocks(path):
        if block.language == "sh":
            yield from re.findall(rf"^{program} [^#\n|]+", block.text, re.MULTILINE)
    prose = re.sub(r"^```.*?^```$", "", TEXTS[path], flags=re.MULTILINE | re.DOTALL)
    yield from re.findall(rf"`({program} [^`]+)`", prose)


def commands() -> dict[str, click.Command]:
    """Return every command of `dualbio` and of its groups, by the words that call it."""
    found: dict[str, click.Command] = {}
    waiting: list[tuple[str, click.Command]] = [("dualbio", cli)]
    while waiting:
        name, command = waiting.pop()
        found[name] = command
        if isinstance(command, click.Group):
            context = click.Context(command)
            for child in command.list_commands(context):
                own = command.get_command(context, child)
                assert own is not None
                waiting.append((f"{name} {child}", own))
    return found


COMMANDS = commands()


def options(command: click.Command) -> set[str]:
    """Return the options of a command, as they are written."""
    own = {option for param in command.params if isinstance(param, click.Option) for option in param.opts}
    return own | {"--help", "-h"}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_command_that_is_named_exists(path: Path) -> None:
    """Each `dualbio …`, in a block or in a sentence, names a command and options that exist."""
    for line in spoken(path, "dualbio"):
        words = shlex.split(line.replace("…", " "))
        name = " ".join(words[:3]) if " ".join(words[:3]) in COMMANDS else " ".join(words[:2])
        assert name in COMMANDS, line
        written = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
        assert written <= options(COMMANDS[name]), line


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_target_that_is_named_exists(path: Path) -> None:
    """Each `make …` names a target of the Makefile."""
    for line in spoken(path, "make"):
        assert {word for word in shlex.split(line)[1:] if "=" not in word} <= TARGETS, line


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_is_documented_and_explains_itself(name: str) -> None:
    """Each command is named in a document; it and each of its options says in a sentence what it does."""
    command = COMMANDS[name]
    if not isinstance(command, click.Group):
        assert any(re.search(rf"{name}\b", text) for text in TEXTS.values())
    assert re.match(r"[A-Z].*\.", command.help or "", re.DOTALL)
    assert not command.hidden
    for param in command.params:
        if isinstance(param, click.Option):
            assert not param.hidden, param.name
            assert (param.help or "").endswith("."), param.name


def test_the_table_of_settings_is_that_of_the_code() -> None:
    """docs/settings.md names each setting with the sentence and the default of its declaration, and no other."""
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| `DUALBIO_(\w+)` \| (.+) \| (.*?) ?\|$", text, flags=re.MULTILINE)
    assert [(name.upper(), field.description, default(name)) for name, field in Settings.model_fields.items()] == told


def default(name: str) -> str:
    """Return the default of a setting as the table shows it: nothing where the sentence says it."""
    field = Settings.model_fields[name]
    value = field.default
    if field.default_factory is not None or value in (None, (), ""):
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_setting_that_is_named_exists(path: Path) -> None:
    """Each `DUALBIO_…` in a document is a setting."""
    assert set(re.findall(r"\bDUALBIO_([A-Z_]+)\b", TEXTS[path])) <= {name.upper() for name in Settings.model_fields}
