"""The ten minutes of docs/first-study.md, taken line by line with an installed wheel in an empty folder."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from documents import blocks

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "first-study.md"
Run = Callable[..., subprocess.CompletedProcess[str]]
#: What a curator answers to each sort of question.
ANSWERS = {"outcome": "leave", "order": "as-listed", "source": "same-trial-later-report", "strategy": "concurrent"}
SHELL = "import os, sys; os.execvp('bash', ['bash', '-euo', 'pipefail', '-c', sys.argv[1]])"
MATRIX = "dualbio query pairs-by-disease -p disease=sle --format csv"


def trial() -> dict[str, Any]:
    """Return an invented record of belimumab with rituximab against rituximab, as the registry would give it."""
    text = (ROOT / "tests" / "data" / "ctgov" / "field.json").read_text(encoding="utf-8")
    record: dict[str, Any] = json.loads(text.replace("Standard Care", "Rituximab"))
    return record


@pytest.fixture(scope="module")
def shell(installed: Run, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """Run lines of the page in an empty folder, with the installed programs; return what they print."""
    folder = tmp_path_factory.mktemp("walk")
    return lambda text: installed("python", "-c", SHELL, text, cwd=folder).stdout


def pairs(text: str) -> dict[str, int]:
    """Return the number of studies of each pair in an answer of the matrix about lupus itself."""
    rows = csv.DictReader(io.StringIO(text))
    return {
        row["pairName"]: int(row["studies"]) for row in rows if row["diseaseName"] == "systemic lupus erythematosus"
    }


def test_the_walk_ends_in_the_matrix(shell: Callable[[str], str]) -> None:
    """Every line of the page works as it stands, and the study is in the row of its pair and disease at the end."""
    fetch, name, take, decide, check, see = (block.text for block in blocks(PAGE) if block.language == "sh")
    assert "curl -o record.json" in fetch
    before = pairs(shell(MATRIX))
    shell(f"cat > record.json <<'END'\n{json.dumps(trial())}\nEND")

    shell(name)
    assert "things to decide" in shell(take)
    sheet = list(csv.DictReader(io.StringIO(shell("cat mine/decisions.csv"))))
    assert len(sheet) < 10
    for line in sheet:
        line["decision"] = ANSWERS[line["what"]]
    out = io.StringIO()
    table = csv.DictWriter(out, sheet[0].keys(), lineterminator="\n")
    table.writeheader()
    table.writerows(sheet)
    shell(f"cat > mine/decisions.csv <<'END'\n{out.getvalue()}END")
    assert "things to decide" not in shell(decide)
    assert "0 errors" in shell(check)

    told = shell(see.replace("$KEY", "nct99999909"))
    assert "FIELD-1 (study:nct99999909) (own evidence)" in told
    after = pairs(shell(MATRIX))
    pair = "B-cell depletion + BLyS (BAFF) inhibition"
    assert {pair: before[pair] + 1} == {name: studies for name, studies in after.items() if before.get(name) != studies}
