"""The command line: parse arguments, call the library, print, and end with an exit code.

Exit codes: 0 fine, 1 data does not conform, 2 usage, 3 failure.
"""

from dualbio.cli.main import cli, main

__all__ = ["cli", "main"]
