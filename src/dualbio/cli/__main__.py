"""`python -m dualbio.cli` is the same as `dualbio`."""

from dualbio.cli.main import main

if __name__ == "__main__":
    main()
