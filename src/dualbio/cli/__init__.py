"""The `dualbio` command, one module per group of commands.

Exit codes: 0 fine, 1 data does not conform, 2 usage, 3 failure.
"""

from dualbio.cli.main import cli, main

__all__ = ["cli", "main"]
