"""A commented saved query to start from; it passes the checks as it is."""

from __future__ import annotations

import re
from pathlib import Path

from dualbio.errors import QueryFileError
from dualbio.model.record_fields import KEY

__all__ = ["write_template"]

_NAME = re.compile(f"{KEY}/{KEY}")

_TEMPLATE = """\
# A saved query; docs/queries.md explains each part. Lines with '#+' are its head, lines with '#' are remarks.
#+ summary: Which arms does a study have?
#+ description: >-
#+   What a row is, and how to interpret the answer.
#+ tags: [{topic}]
#+ params:
#+ - name: study
#+   type: study
#+   list: true
#+   example: bliss-believe
#+   description: studies; every study when left out
#+ columns:
#+ - {{name: studyName, meaning: short name of the study}}
#+ - {{name: studyKey, meaning: key of the study}}
#+ - {{name: arm, meaning: arm of the study}}
#+ - {{name: people, meaning: people randomised to it, unit: people}}
# What people see: a template for each header; a part in brackets is omitted if a column in it is empty.
#+ reading:
#+   study: '{{studyName}}'
#+   arm: '{{arm}}[ ({{people}} people)]'
SELECT ?studyName ?studyKey ?arm ?people
WHERE {{
  # The rows of this block are the default of the parameter; UNDEF sets no limit, an empty block makes it required.
  VALUES ?study {{ UNDEF }}
  ?study rdfs:label ?studyName ;
    dualbio:key ?studyKey ;
    dualbio:hasArm ?node .
  ?node rdfs:label ?arm .
  OPTIONAL {{ ?node dualbio:nRandomised ?people }}
}}
# The order must leave no ties.
ORDER BY ?studyKey ?arm ?node
"""


def write_template(folder: Path, name: str) -> Path:
    """Write a query to start from as `<folder>/<topic>/<name>.rq`, and return its path.

    Raises:
        QueryFileError: `name` is not of the form `topic/name`, or the file exists.
    """
    if not _NAME.fullmatch(name):
        raise QueryFileError(f"'{name}' is not a query name; accepted: topic/name in lower case with hyphens")
    path = folder / f"{name}.rq"
    if path.exists():
        raise QueryFileError(f"{path}: the query exists already; repair: choose another name")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_TEMPLATE.format(topic=name.partition("/")[0]), encoding="utf-8")
    return path
