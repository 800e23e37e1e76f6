"""Do keys and ids exist?  Checks every reference field of the models, and the naming rules."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from dualbio.build.checks.survey import CheckHit, Site, Survey, firm, reachable, table_file
from dualbio.errors import did_you_mean
from dualbio.model.entities import TABLES
from dualbio.model.evidence import StudyFile
from dualbio.model.record_fields import Coded, Curie, Link, Own, Pointer, Record, RecordField, fields_of, slug

__all__ = ["CHECKS"]


def unknown_key(survey: Survey) -> Iterator[CheckHit]:
    """Yield links to entities that no table has."""
    for site, column, item, path in _values(survey, Link):
        assert isinstance(column.mark, Link)
        kinds = column.mark.kinds
        if kinds in (("study",), ("pair",)):
            continue
        if not any(item in survey.corpus.entities[kind] for kind in kinds):
            known = [key for kind in kinds for key in survey.corpus.entities[kind]]
            tables = " or ".join(table_file(survey.corpus, kind) for kind in kinds)
            yield site.finding(_unknown(column.name, str(item), known, f"a key of {tables}"), *path)


def unknown_record(survey: Survey) -> Iterator[CheckHit]:
    """Yield records named with their kind that no file holds, or that are of a kind the field does not take."""
    keys = _named_keys(survey)
    for site, column, item, path in _values(survey, Curie):
        assert isinstance(column.mark, Curie)
        known = [f"{kind}:{key}" for kind in column.mark.kinds for key in keys[kind]]
        if item not in known:
            accepted = f"a record as <kind>:<key>, its kind one of {', '.join(column.mark.kinds)}"
            yield site.finding(_unknown(column.name, str(item), known, accepted), *path)


def unknown_study(survey: Survey) -> Iterator[CheckHit]:
    """Yield links to studies that have no file."""
    known = survey.corpus.studies.keys()
    for site, column, item, path in _values(survey, Link):
        if isinstance(column.mark, Link) and column.mark.kinds == ("study",) and item not in known:
            yield site.finding(_unknown(column.name, str(item), known, "a study with a file in evidence/"), *path)
    for site, column, item, path in _values(survey, Pointer):
        key = getattr(item, "study", "")
        if key not in known:
            yield site.finding(_unknown(column.name, key, known, "a study with a file in evidence/"), *path, "study")


def unknown_id(survey: Survey) -> Iterator[CheckHit]:
    """Yield bare ids of arms, rows and sources that their study does not have."""
    for site, column, item, path in _values(survey, Own):
        assert isinstance(column.mark, Own)
        yield from _missing_id(survey, site, column, column.mark.kind, str(item), site.study, path)
    for site, column, item, path in _values(survey, Pointer):
        assert isinstance(column.mark, Pointer)
        kind = column.mark.kind
        name = "arm" if kind == "arm" else "row"
        study = getattr(item, "study", None)
        yield from _missing_id(survey, site, column, kind, getattr(item, name), study, (*path, name))


def mechanism_pair(survey: Survey) -> Iterator[CheckHit]:
    """Yield mechanism pairs that are not two known mechanisms in alphabetical order."""
    known = list(survey.corpus.entities["mechanism"])
    for site, column, item, path in _values(survey, Link):
        if not isinstance(column.mark, Link) or column.mark.kinds != ("pair",):
            continue
        parts = str(item).split("+")
        for part in parts:
            if part not in known:
                accepted = f"a key of {table_file(survey.corpus, 'mechanism')}"
                yield site.finding(_unknown(column.name, part, known, accepted), *path)
        if parts != sorted(set(parts)):
            right = "+".join(sorted(set(parts)))
            message = f"pair '{item}' is not two mechanisms in alphabetical order; repair: write '{right}'"
            yield site.finding(message, *path)


def scheme_value(survey: Survey) -> Iterator[CheckHit]:
    """Yield controlled values that the table of values does not describe, each once."""
    known = survey.corpus.entities["value"]
    seen: set[str] = set()
    for site, column, item, path in _values(survey, Coded):
        assert isinstance(column.mark, Coded)
        key = f"{column.mark.scheme}.{slug(str(item))}"
        if key not in known and key not in seen:
            seen.add(key)
            file = table_file(survey.corpus, "value")
            message = f"field '{column.name}' is '{item}', which {file} does not describe; repair: add a row '{key}'"
            yield site.finding(message, *path)


def file_name(survey: Survey) -> Iterator[CheckHit]:
    """Yield files of studies, and of questions across studies, whose name is not the id of what they hold."""
    for key, document in (*survey.corpus.studies.items(), *survey.corpus.syntheses.items()):
        site = Site(document, (), document.record, "file")
        record = document.record
        path = ("study", "id") if isinstance(record, StudyFile) else ("id",)
        found = record.study.id if isinstance(record, StudyFile) else getattr(record, "id", key)
        if found != key:
            message = f"id '{found}' differs from the file name; repair: rename the file to {found}.yaml"
            yield site.finding(message, *path)


def duplicate_id(survey: Survey) -> Iterator[CheckHit]:
    """Yield ids that two records of one list share."""
    for site in survey.sites:
        for column in fields_of(type(site.record)):
            if column.many:
                yield from _repeated(site, column)


def withdrawn_id(survey: Survey) -> Iterator[CheckHit]:
    """Yield withdrawn rows whose id a result or comparison has as well."""
    for site, file in survey.studies():
        current = set(_ids(file, "row"))
        for index, row in enumerate(file.withdrawn or ()):
            if row.id in current:
                message = f"'{row.id}' also names a row that holds; repair: give that one the next free number"
                yield site.finding(message, "withdrawn", index, "id")


def drug_and_class(survey: Survey) -> Iterator[CheckHit]:
    """Yield keys that are both a drug and a drug class, which one field could not tell apart."""
    for key in survey.corpus.entities["drug-class"]:
        if key in survey.corpus.entities["drug"]:
            line = survey.corpus.entity_lines["drug"][key]
            message = f"key '{key}' is also a drug (drugs.tsv line {line}); repair: choose another key for the class"
            yield survey.entity("drug-class", key).finding(message)


def parent_cycle(survey: Survey) -> Iterator[CheckHit]:
    """Yield vocabulary rows that are narrower than themselves."""
    for table in TABLES:
        rows = survey.corpus.entities[table.kind]
        parents = {key: tuple(getattr(row, "parents", ())) for key, row in rows.items()}
        for key in parents:
            if key in reachable(key, parents):
                message = f"'{key}' is an ancestor of itself; repair: remove one parent on the way round"
                yield survey.entity(table.kind, key).finding(message)


def _named_keys(survey: Survey) -> dict[str, Collection[str]]:
    """Return the keys of the records that a field may name with their kind, by kind."""
    corpus = survey.corpus
    lessons = corpus.lessons_file.lessons
    pairs = {pair.replace("+", "_") for lesson in lessons for pair in lesson.mechanism_pairs or ()}
    return {
        **corpus.entities,
        "gap": [gap.id for gap in corpus.findings_file.not_found],
        "finding": [finding.id for finding in corpus.findings_file.biomarker_findings],
        "lesson": [lesson.id for lesson in lessons],
        "pair": sorted(pairs),
    }


def _values(survey: Survey, mark: type) -> Iterator[tuple[Site[Record], RecordField, object, tuple[str | int, ...]]]:
    """Yield every value of the fields with `mark`: its record, its field, itself, the path to it."""
    for site, columns in survey.with_columns(mark):
        for column in columns:
            value = getattr(site.record, column.name)
            if value is None:
                continue
            if not column.many:
                yield site, column, value, (column.name,)
                continue
            for index, item in enumerate(value):
                yield site, column, item, (column.name, index)


def _missing_id(
    survey: Survey,
    site: Site[Record],
    column: RecordField,
    kind: str,
    key: str,
    study: str | None,
    path: tuple[str | int, ...],
) -> Iterator[CheckHit]:
    if study is None:
        message = f"field '{column.name}' is '{key}', but no single study is named; repair: name exactly one study"
        yield site.finding(message, *path)
    elif study in survey.corpus.studies:
        known = _ids(survey.corpus.study(study), kind)
        withdrawn = {row.id for row in survey.corpus.study(study).withdrawn or ()} if kind == "row" else set()
        if key in withdrawn:
            message = f"row {key} of {study} is withdrawn and supports nothing; repair: name a row that holds, or none"
            yield site.finding(message, *path)
        elif key not in known:
            noun = "a result or comparison" if kind == "row" else f"one of the {kind}s"
            yield site.finding(_unknown(column.name, key, known, f"{noun} of {study}"), *path)


def _ids(file: StudyFile, kind: str) -> list[str]:
    match kind:
        case "arm":
            return [arm.id for arm in file.arms]
        case "source":
            return [source.id for source in file.sources]
        case _:
            return [row.id for row in file.rows]


def _unknown(field: str, found: str, known: Collection[str], accepted: str) -> str:
    repair = did_you_mean(found, tuple(known)) or "; repair: correct it, or add what it names"
    return f"field '{field}' is '{found}'; accepted: {accepted}{repair}"


def _repeated(site: Site[Record], column: RecordField) -> Iterator[CheckHit]:
    first: dict[object, int] = {}
    for index, item in enumerate(getattr(site.record, column.name) or ()):
        key = getattr(item, "id", item)
        if isinstance(item, Record) and not hasattr(item, "id"):
            continue
        if key in first:
            line = site.at(column.name, first[key]).line
            message = f"'{key}' stands twice in '{column.name}', first in line {line}; repair: give each once"
            yield site.finding(message, column.name, index)
        first.setdefault(key, index)


CHECKS = (
    firm("unknown-key", "Every key names a row of a vocabulary table.", unknown_key),
    firm("unknown-record", "Every record named with its kind exists.", unknown_record),
    firm("unknown-study", "Every study that is named has a file.", unknown_study),
    firm("unknown-id", "Every arm, row and source that is named exists in its study.", unknown_id),
    firm("mechanism-pair", "A mechanism pair is two known mechanisms in order.", mechanism_pair),
    firm("scheme-value", "Every controlled value is described in the table of values.", scheme_value),
    firm("file-name", "A file of a study, or of a question across studies, is named after it.", file_name),
    firm("duplicate-id", "An id or key occurs once in its list.", duplicate_id),
    firm("withdrawn-id", "The id of a withdrawn row is never used again.", withdrawn_id),
    firm("drug-and-class", "No key is both a drug and a drug class.", drug_and_class),
    firm("parent-cycle", "No term is narrower than itself.", parent_cycle),
)
