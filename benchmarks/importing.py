"""Seconds and memory that an import of many registry records takes.

Run it from the checkout: `python benchmarks/importing.py [--records 10000]`; see README.md here.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any

_RECORDS = Path(__file__).resolve().parents[1] / "tests" / "data" / "ctgov"
_RUN = "from dualbio.cli.main import main; main()"


def records(number: int) -> Iterator[dict[str, Any]]:
    """Yield invented records: those of the tests in turn, each with registry and publication numbers of its own."""
    texts = [file.read_text(encoding="utf-8") for file in sorted(_RECORDS.glob("*.json"))]
    for place, text in islice(enumerate(cycle(texts)), number):
        record: dict[str, Any] = json.loads(text)
        protocol = record["protocolSection"]
        protocol["identificationModule"]["nctId"] = f"NCT{10_000_000 + place}"
        for reference in protocol.get("referencesModule", {}).get("references", ()):
            reference["pmid"] = f"{reference.get('pmid', '')}{place:05}"[-8:]
        yield record


def main() -> None:
    """Import invented records from one file, by the command itself, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=10_000, help="how many records to import")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="dualbio-import-"))
    try:
        file = folder / "records.jsonl"
        with file.open("w", encoding="utf-8") as lines:
            lines.writelines(f"{json.dumps(record)}\n" for record in records(options.records))
        size = file.stat().st_size
        start = time.perf_counter()
        command = [sys.executable, "-c", _RUN, "import", "ctgov", str(file), "--out", str(folder / "mine")]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        seconds, used = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
        written = sum(1 for _ in (folder / "mine" / "evidence").iterdir())
    finally:
        shutil.rmtree(folder)
    print(
        f"{written:,} studies of {size / 1e6:.0f} MB: {seconds:.1f} s, {used.ru_utime + used.ru_stime:.1f} s of the "
        f"processor, at most {used.ru_maxrss / 1024:.0f} MB of memory"
    )


if __name__ == "__main__":
    main()
