"""The `dualbio` command and the one place where errors become messages and exit codes."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import NoReturn

import click
from pydantic import ValidationError

from dualbio.errors import DataError, DualbioError, NotFoundError, ParameterError, QueryFileError
from dualbio.settings import Settings
from dualbio.version import __version__

__all__ = ["cli", "main"]

#: Which exit code an error ends with, the first class that fits; anything else that we raise is a failure.
_EXIT_CODES: tuple[tuple[type[DualbioError], int], ...] = (
    (DataError, 1),
    (QueryFileError, 1),
    (ParameterError, 2),
    (NotFoundError, 2),
    (DualbioError, 3),
)


#: Where each command is; a module is imported when its command is wanted, so that starting stays quick.
_COMMANDS = {
    "build": "build",
    "check": "build",
    "describe": "explore",
    "diff": "data",
    "export": "data",
    "import": "importing",
    "load": "load",
    "new": "author",
    "queries": "query",
    "query": "query",
    "reason": "reason",
    "search": "explore",
    "serve": "serve",
    "sparql": "query",
    "why": "explore",
}

#: Commands whose name is a word of Python.
_FUNCTIONS = {"import": "import_"}


class _Commands(click.Group):
    """The group of all commands."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - the signature of click
        """Return the names of all commands."""
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        """Return the command of that name."""
        if cmd_name not in _COMMANDS:
            return None
        module = import_module(f"dualbio.cli.{_COMMANDS[cmd_name]}")
        command: click.Command = getattr(module, _FUNCTIONS.get(cmd_name, cmd_name))
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="dualbio")
@click.pass_context
def cli(context: click.Context) -> None:
    """Query, serve and extend an ontology of combined biologics with its evidence."""
    try:
        context.obj = Settings()
    except ValidationError as error:
        names = (f"DUALBIO_{str(detail['loc'][0]).upper()}: {detail['msg']}" for detail in error.errors())
        raise click.UsageError("; ".join(names)) from error


def main() -> NoReturn:
    """Run the command line; errors that we raise on purpose become lines on stderr, never a traceback."""
    if "_DUALBIO_COMPLETE" in os.environ:
        from dualbio.cli.completion import use_own_shells  # noqa: PLC0415 - only when the shell asks

        use_own_shells()
    try:
        code = cli.main(standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    except DualbioError as error:
        click.echo(_message(error), err=True)
        sys.exit(next(code for kind, code in _EXIT_CODES if isinstance(error, kind)))
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)


def _message(error: DualbioError) -> str:
    return str(error) if isinstance(error, DataError) else f"dualbio: {error}"
