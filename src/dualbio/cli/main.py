"""The `dualbio` command and the one place where errors become messages and exit codes."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import Any, NoReturn

import click

from dualbio.errors import DataError, DualbioError, NotFoundError, ParameterError, QueryFileError
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


#: Where each command is, and what it does; its module is imported when it is wanted, so that starting stays quick.
_COMMANDS = {
    "build": ("build", "Validate, convert, infer and package a release."),
    "check": ("build", "Check evidence, entities and queries, and list every problem."),
    "compare": ("studies.compare", "Compare studies side by side."),
    "decide": ("importing", "Apply what you decided about imported records."),
    "describe": ("explore", "Show everything known about an entity."),
    "diff": ("data", "List the records that differ between two releases."),
    "export": ("data", "Write the release in other forms."),
    "import": ("importing", "Import evidence from registries, references and sheets."),
    "load": ("load", "Load the release into a SPARQL 1.1 store."),
    "new": ("author", "Write a template for a new study or saved query."),
    "queries": ("query", "List the saved queries, or describe one."),
    "query": ("query", "Run a saved query."),
    "reason": ("reason", "Check the release with the reasoner HermiT."),
    "refresh": ("evidence.refresh", "Report what the registry has changed."),
    "search": ("explore", "Find things by names, words and external identifiers."),
    "serve": ("serve", "Serve SPARQL, saved queries, linked data and dumps over HTTP."),
    "sparql": ("query", "Evaluate a SPARQL query."),
    "sql": ("sql", "Evaluate SQL over the tables of the release."),
    "synthesise": ("studies.synthesise", "Pool the results of several studies."),
    "why": ("explore", "Explain why a triple holds."),
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
        module = import_module(f"dualbio.cli.{_COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, _FUNCTIONS.get(cmd_name, cmd_name))
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - as above
        """Write the list of commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, words) for name, (_, words) in sorted(_COMMANDS.items())])


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="dualbio")
@click.pass_context
def cli(context: click.Context) -> None:
    """Query, serve and extend an ontology of combined biologics with its evidence."""
    from pydantic import ValidationError  # noqa: PLC0415 - help and completion do without

    from dualbio.settings import Settings  # noqa: PLC0415 - likewise

    try:
        context.obj = Settings.of_project(Path.cwd())
    except ValidationError as error:
        raise click.UsageError("; ".join(_wrong_setting(detail) for detail in error.errors())) from error


def _wrong_setting(detail: Any) -> str:
    from dualbio.sources.form_problems import accepted_form  # noqa: PLC0415 - only when something is wrong

    said = detail.get("ctx", {}).get("error")
    accepted = said if isinstance(said, ValueError) else accepted_form(detail)
    repair = "repair: set it so, or unset it (docs/settings.md)"
    return f"DUALBIO_{str(detail['loc'][0]).upper()} is '{detail['input']}'; accepted: {accepted}; {repair}"


def main() -> NoReturn:
    """Run the command line; whatever goes wrong becomes a line on stderr, never a traceback.

    A fault of dualbio itself is one too; `python -X dev -m dualbio.cli …` shows where it is.
    """
    _write_what_fits()
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
    except (OSError, MemoryError, RecursionError) as error:
        click.echo(f"dualbio: {_cause(error)}", err=True)
        sys.exit(3)
    except Exception as error:
        if sys.flags.dev_mode:
            raise
        what = f"{type(error).__name__}: {error}"
        click.echo(f"dualbio: a fault of dualbio itself, please report it: {what}", err=True)
        sys.exit(3)


def _write_what_fits() -> None:
    """Escape what a terminal of a small character set (Latin-1, ASCII) cannot show: many labels are Chinese."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _cause(error: OSError | MemoryError | RecursionError) -> str:
    if isinstance(error, MemoryError):
        return "there is not enough memory; repair: free some, or narrow the request"
    if isinstance(error, RecursionError):
        return "the input is nested too deeply; repair: close its brackets sooner"
    if error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return str(error) or type(error).__name__


def _message(error: DualbioError) -> str:
    return str(error) if isinstance(error, DataError) else f"dualbio: {error}"
