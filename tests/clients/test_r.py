"""The service as R sees it: read.csv, httr2 with jsonlite, and the package SPARQL."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from asking import program, run
from running import Server

READ_CSV = """
address <- paste0(endpoint, "?query=", URLencode(query, reserved = TRUE))
found <- read.csv(url(address, headers = c(Accept = "text/csv")), encoding = "UTF-8")
"""
HTTR2 = """
answer <- httr2::request(endpoint) |>
  httr2::req_headers(Accept = "application/sparql-results+json") |>
  httr2::req_body_raw(query, type = "application/sparql-query") |>
  httr2::req_perform() |>
  httr2::resp_body_string() |>
  jsonlite::fromJSON(flatten = TRUE)
bindings <- answer$results$bindings
found <- data.frame(drug = bindings$drug.value, label = bindings$label.value)
"""
SPARQL = """
suppressPackageStartupMessages(library(SPARQL))
found <- SPARQL(endpoint, query)$results
found$drug <- gsub("^<|>$", "", found$drug)
found$label <- gsub('^"|"@[a-z]+$', "", found$label)
"""
_FRAME = """
arguments <- commandArgs(trailingOnly = TRUE)
endpoint <- arguments[1]
query <- paste(readLines(arguments[2], encoding = "UTF-8"), collapse = "\\n")
{}
con <- file(arguments[3], encoding = "UTF-8", open = "w")
writeLines(jsonlite::toJSON(found), con)
close(con)
"""


@pytest.mark.parametrize("script", [READ_CSV, HTTR2, SPARQL], ids=["read.csv", "httr2", "SPARQL"])
def test_r_gets_a_data_frame(
    server: Server, rows: list[tuple[str, str]], select_file: Path, tmp_path: Path, script: str
) -> None:
    """Each way to ask from R gives the same rows, letters beyond ASCII included."""
    file, answer = tmp_path / "script.R", tmp_path / "answer.json"
    file.write_text(_FRAME.format(script), encoding="utf-8")
    run("env", "LC_ALL=C.UTF-8", program("Rscript"), "--vanilla", file, server.sparql, select_file, answer)
    found: list[dict[str, Any]] = json.loads(answer.read_text(encoding="utf-8"))
    assert rows == [(row["drug"], row["label"]) for row in found]
