"""Random edits of studies and lessons in a small corpus that is cut from the real one.

An edit that breaks the records is refused by a build, and is to be taken back then; so the corpus stays one that people
could have written.  Run with a seed, a number of edits and after how many of them to compare with a build of its own:

    PYTHONPATH=src .venv/bin/python tests/support/editing.py 1 1000 1
"""

from __future__ import annotations

import random
import re
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyoxigraph as ox

from dualbio.build.package import build_release
from dualbio.errors import DataError
from dualbio.model.evidence import StudyFile
from dualbio.model.lessons import FindingsFile, LessonsFile
from dualbio.model.record_fields import Record
from dualbio.release.folder import Release, kept_releases, sha256_of
from dualbio.sources.canonical import canonical_text
from dualbio.sources.corpus import read_document
from dualbio.sources.folders import SourceFolders, shipped_sources
from indexed import index_rows

__all__ = ["EDITS", "Course", "content", "cut", "edited", "follow"]

#: Studies of the small corpus; some share people, and some are in one pool.
STUDIES = ("bliss-believe", "beat-lupus", "calibrate", "synbiose-1", "synbiose-2", "genovese-2004-etanercept-anakinra")
QUESTIONS = ("infection-blys-after-depletion", "serious-infection-two-biologics", "response-blys-after-depletion")
INDEX = "search.sqlite"
_LESSONS, _FINDINGS = "lessons/lessons.yaml", "lessons/biomarker-findings.yaml"


def cut(folder: Path) -> SourceFolders:
    """Copy the real sources into an empty folder, with few studies and what rests on them alone."""
    shipped = shipped_sources()
    place = folder / "ontology"
    left_out = shutil.ignore_patterns("evidence", "waivers.yaml", "syntheses")
    shutil.copytree(shipped.ontology, place, ignore=left_out)
    (folder / "queries").mkdir()
    for name, keys in (("evidence", STUDIES), ("syntheses", QUESTIONS)):
        (place / name).mkdir()
        for key in keys:
            shutil.copy(shipped.ontology / name / f"{key}.yaml", place / name)
    for key in STUDIES:
        file = _study(place, key)
        overlaps = tuple(each for each in file.study.overlaps_with or () if each.study in STUDIES)
        _put(place, _name(key), _with(file, study=_with(file.study, overlaps_with=overlaps or None)))
    lessons = read_document(place, place / _LESSONS, LessonsFile).record
    findings = read_document(place, place / _FINDINGS, FindingsFile).record
    assert isinstance(lessons, LessonsFile)
    assert isinstance(findings, FindingsFile)
    told = tuple(each for each in lessons.lessons if {s.study for s in _supports(each)} <= set(STUDIES))
    _put(place, _LESSONS, _with(lessons, lessons=told, reviews=()))
    _put(
        place,
        _FINDINGS,
        _with(
            findings,
            biomarker_findings=tuple(f for f in findings.biomarker_findings if _is_told_by(f)),
            not_found=tuple(gap for gap in findings.not_found if set(gap.studies or ()) <= set(STUDIES)),
        ),
    )
    _drop_edges(place)
    return SourceFolders(place, folder / "queries")


def _drop_edges(place: Path) -> None:
    """Leave out the mechanism edges that rest on a lesson or a finding which is not here."""
    held = {f"lesson:{each.id}" for each in _lessons(place).lessons}
    held |= {f"finding:{each.id}" for each in _findings(place).biomarker_findings}
    file = place / "entities" / "mechanism-edges.tsv"
    head, *rows = file.read_text(encoding="utf-8").splitlines()
    kept = [row for row in rows if set(re.findall(r"(?:lesson|finding):[^|\t]+", row)) <= held]
    file.write_text("\n".join([head, *kept]) + "\n", encoding="utf-8")


def _is_told_by(finding: Any) -> bool:
    text = canonical_text(FindingsFile.model_construct(biomarker_findings=(finding,), not_found=()))
    named = {word.strip(",[]{}'") for word in text.split()}
    others = {path.stem for path in (shipped_sources().ontology / "evidence").iterdir()} - set(STUDIES)
    return named.isdisjoint(others)


def edited(sources: SourceFolders, chance: random.Random) -> str:
    """Make a random edit, or two at once; return what they are called."""
    chosen = chance.sample(EDITS, chance.choice((1, 1, 1, 2)))
    for edit in chosen:
        edit(sources.ontology, chance)
    return " and ".join(edit.__name__.strip("_").replace("_", " ") for edit in chosen)


# --- files ------------------------------------------------------------------------------------------------------------


def _name(key: str) -> str:
    return f"evidence/{key}.yaml"


def _with(record: Any, **values: object) -> Any:
    return record.model_copy(update=values)


def _put(folder: Path, name: str, record: Record) -> None:
    (folder / name).write_text(canonical_text(record), encoding="utf-8")


def _study(folder: Path, key: str) -> StudyFile:
    record = read_document(folder, folder / _name(key), StudyFile).record
    assert isinstance(record, StudyFile)
    return record


def _any_study(folder: Path, chance: random.Random) -> StudyFile:
    return _study(folder, chance.choice(sorted(path.stem for path in (folder / "evidence").iterdir())))


def _lessons(folder: Path) -> LessonsFile:
    record = read_document(folder, folder / _LESSONS, LessonsFile).record
    assert isinstance(record, LessonsFile)
    return record


def _findings(folder: Path) -> FindingsFile:
    record = read_document(folder, folder / _FINDINGS, FindingsFile).record
    assert isinstance(record, FindingsFile)
    return record


def _supports(lesson: Any) -> tuple[Any, ...]:
    return (*lesson.supported_by, *(lesson.contradicted_by or ()))


def _changed(rows: tuple[Any, ...], chance: random.Random, change: Callable[[Any], Any]) -> tuple[Any, ...]:
    place = chance.randrange(len(rows))
    return (*rows[:place], change(rows[place]), *rows[place + 1 :])


# --- edits ------------------------------------------------------------------------------------------------------------


def _change_a_number(folder: Path, chance: random.Random) -> None:
    file = _any_study(folder, chance)

    def other(row: Any) -> Any:
        if row.events is None or not row.total:
            return _with(row, week=Decimal(chance.randint(1, 60))) if row.week is not None else row
        events = chance.randint(0, row.total)
        share = (Decimal(100) * events / row.total).quantize(Decimal("0.1"))
        return _with(row, events=events, value=None if row.value is None else share)

    if file.results:
        _put(folder, _name(file.study.id), _with(file, results=_changed(file.results, chance, other)))


def _delete_a_row(folder: Path, chance: random.Random) -> None:
    file = _any_study(folder, chance)
    name = chance.choice(("results", "results", "comparisons"))
    rows = getattr(file, name)
    if rows:
        gone = chance.choice(rows)
        left = tuple(row for row in rows if row is not gone)
        _put(folder, _name(file.study.id), _with(file, **{name: left or None}))


def _add_a_row(folder: Path, chance: random.Random) -> None:
    file = _any_study(folder, chance)
    if file.results:
        row = _with(
            chance.choice(file.results),
            id=f"r{chance.randint(700, 999)}",
            week=Decimal(chance.randint(61, 300)),
            arm=chance.choice(file.arms).id,
            alternative_to=None,
        )
        _put(folder, _name(file.study.id), _with(file, results=(*file.results, row)))


def _rename_an_arm(folder: Path, chance: random.Random) -> None:
    file = _any_study(folder, chance)
    arms = _changed(file.arms, chance, lambda arm: _with(arm, label=f"{arm.label[:30]} {chance.randint(1, 99)}"))
    _put(folder, _name(file.study.id), _with(file, arms=arms))


def _give_an_arm_another_key(folder: Path, chance: random.Random) -> None:
    path = folder / _name(_any_study(folder, chance).study.id)
    arm = chance.choice(_study(folder, path.stem).arms).id
    lines = path.read_text(encoding="utf-8").split("\n")
    other = f"{arm[:12]}-{chance.randint(1, 99)}"
    signs = [f" {arm},", f" {arm}}}", f"[{arm},", f" {arm}]", f"[{arm}]"]
    text = "\n".join(f"{line.removesuffix(arm)}{other}" if line.endswith(f": {arm}") else line for line in lines)
    for sign in signs:
        text = text.replace(sign, sign.replace(arm, other))
    path.write_text(text, encoding="utf-8")


def _change_a_step(folder: Path, chance: random.Random) -> None:
    file = _any_study(folder, chance)

    def other(step: Any) -> Any:
        return chance.choice(
            (
                lambda: _with(step, start_week=Decimal(chance.randint(0, 9))),
                lambda: _with(step, dose=Decimal(chance.randint(1, 900)), unit="mg", dose_min=None, dose_max=None),
                lambda: _with(step, drug=chance.choice(("rituximab", "belimumab", "methotrexate", "etanercept"))),
                lambda: _with(step, role=chance.choice(("active", "background"))),
            )
        )()

    arms = _changed(file.arms, chance, lambda arm: _with(arm, regimen=_changed(arm.regimen, chance, other)))
    _put(folder, _name(file.study.id), _with(file, arms=arms))


def _change_an_arm(folder: Path, chance: random.Random) -> None:
    file = _any_study(folder, chance)
    role = chance.choice(("combination", "monotherapy", "placebo", "conventional-therapy"))
    _put(folder, _name(file.study.id), _with(file, arms=_changed(file.arms, chance, lambda arm: _with(arm, role=role))))


def _change_a_comparison(folder: Path, chance: random.Random) -> None:
    file = _any_study(folder, chance)
    if file.comparisons:
        role = chance.choice(("primary", "secondary", "exploratory", "post-hoc"))
        rows = _changed(file.comparisons, chance, lambda row: _with(row, role=role))
        _put(folder, _name(file.study.id), _with(file, comparisons=rows))


def _name_a_study_anew(folder: Path, chance: random.Random) -> None:
    file = _any_study(folder, chance)
    study = _with(file.study, acronym=f"{file.study.acronym[:20]} {chance.randint(1, 99)}")
    _put(folder, _name(file.study.id), _with(file, study=study))


def _design_a_study_anew(folder: Path, chance: random.Random) -> None:
    file = _any_study(folder, chance)
    design = chance.choice(("randomised-controlled-trial", "single-arm-trial", "cohort", "case-series"))
    diseases = tuple(chance.sample(("sle", "lupus-nephritis", "rheumatoid-arthritis"), 1))
    status = chance.choice(("completed", "terminated", "recruiting"))
    study = chance.choice((
        _with(file.study, design=design), _with(file.study, diseases=diseases), _with(file.study, status=status)
    ))  # fmt: skip
    _put(folder, _name(file.study.id), _with(file, study=study))


def _add_a_study(folder: Path, chance: random.Random) -> None:
    """Add a study that is a real one under another name, or a real one that was not here."""
    file = _any_study(folder, chance)
    key = f"study-{chance.randint(1, 9)}"
    study = _with(file.study, id=key, acronym=key.upper(), registry_ids=None, overlaps_with=None)
    sources = tuple(
        _with(source, pmid=None, pmcid=None, doi=None, registry_id=None, url=f"https://example.org/{key}/{number}")
        for number, source in enumerate(file.sources)
    )
    _put(folder, _name(key), _with(file, study=study, sources=sources))


def _delete_a_study(folder: Path, chance: random.Random) -> None:
    keys = sorted(path.stem for path in (folder / "evidence").iterdir())
    added = [key for key in keys if key.startswith("study-")]
    key = chance.choice(added if added and chance.random() < 0.8 else keys)
    (folder / _name(key)).unlink()
    lessons, findings = _lessons(folder), _findings(folder)
    told = tuple(each for each in lessons.lessons if key not in {support.study for support in _supports(each)})
    gaps = tuple(gap for gap in findings.not_found if key not in (gap.studies or ()))
    _put(folder, _LESSONS, _with(lessons, lessons=told))
    _put(folder, _FINDINGS, _with(findings, not_found=gaps))


def _bring_a_study_back(folder: Path, chance: random.Random) -> None:
    shipped = shipped_sources().ontology
    key = chance.choice(STUDIES)
    shutil.copy(shipped / _name(key), folder / _name(key))
    file = _study(folder, key)
    _put(folder, _name(key), _with(file, study=_with(file.study, overlaps_with=None)))


def _change_a_lesson(folder: Path, chance: random.Random) -> None:
    file = _lessons(folder)

    def other(lesson: Any) -> Any:
        return chance.choice(
            (
                lambda: _with(lesson, statement=f"{lesson.statement[:60]} {chance.randint(1, 99)}"),
                lambda: _with(lesson, direction=chance.choice(("supports", "against", "neutral"))),
                lambda: _with(lesson, supported_by=lesson.supported_by[1:] or lesson.supported_by),
                lambda: _with(lesson, diseases=tuple(chance.sample(("sle", "lupus-nephritis"), 1))),
            )
        )()

    if file.lessons:
        _put(folder, _LESSONS, _with(file, lessons=_changed(file.lessons, chance, other)))


def _delete_a_lesson(folder: Path, chance: random.Random) -> None:
    file = _lessons(folder)
    if len(file.lessons) > 1:
        gone = chance.choice(file.lessons)
        _put(folder, _LESSONS, _with(file, lessons=tuple(each for each in file.lessons if each is not gone)))


def _overlap(folder: Path, chance: random.Random) -> None:
    """Let two studies share people, or share none any more."""
    keys = sorted(path.stem for path in (folder / "evidence").iterdir())
    one, other = (_study(folder, key) for key in chance.sample(keys, 2))
    kind = chance.choice(("possible-overlap", "successive-cut"))
    for file, partner in ((one, other), (other, one)):
        known = tuple(each for each in file.study.overlaps_with or () if each.study != partner.study.id)
        had = len(known) < len(file.study.overlaps_with or ())
        record = type(file.study).model_fields["overlaps_with"]
        assert record is not None
        new = () if had else ({"study": partner.study.id, "kind": kind},)
        text = canonical_text(_with(file, study=_with(file.study, overlaps_with=known or None)))
        (folder / _name(file.study.id)).write_text(text, encoding="utf-8")
        if new:
            lines = [f"  - {{study: {each.study}, kind: {each.kind}}}" for each in known]
            lines.append(f"  - {{study: {partner.study.id}, kind: {kind}}}")
            kept = text.split("\n")
            place = next(number for number, line in enumerate(kept) if line.startswith("arms:"))
            if not known:
                kept[place:place] = ["  overlaps_with:", *lines]
                (folder / _name(file.study.id)).write_text("\n".join(kept), encoding="utf-8")


def _change_a_gap(folder: Path, chance: random.Random) -> None:
    file = _findings(folder)
    if file.not_found:
        keys = sorted(path.stem for path in (folder / "evidence").iterdir())
        gap = chance.choice(file.not_found)
        others = tuple(each for each in file.not_found if each is not gap)
        changed = _with(gap, studies=tuple(chance.sample(keys, 1)), arms=None)
        left = others if chance.random() < 0.3 and len(others) > 1 else (*others, changed)
        _put(folder, _FINDINGS, _with(file, not_found=left))


def _change_a_source(folder: Path, chance: random.Random) -> None:
    """Change a source, which rows, lessons and other studies may name."""
    file = _any_study(folder, chance)

    def other(source: Any) -> Any:
        return chance.choice(
            (
                lambda: _with(source, pmid=str(chance.randint(1_000_000, 9_999_999))),
                lambda: _with(source, year=chance.randint(1990, 2025)),
                lambda: _with(source, first_author=f"Author {chance.randint(1, 99)}"),
            )
        )()

    _put(folder, _name(file.study.id), _with(file, sources=_changed(file.sources, chance, other)))


EDITS: tuple[Callable[[Path, random.Random], None], ...] = (
    _change_a_number, _delete_a_row, _add_a_row, _rename_an_arm, _give_an_arm_another_key, _change_a_step,
    _change_an_arm, _change_a_comparison, _name_a_study_anew, _design_a_study_anew, _add_a_study, _delete_a_study,
    _bring_a_study_back, _change_a_lesson, _delete_a_lesson, _overlap, _change_a_gap, _change_a_source,
)  # fmt: skip


# --- builds -----------------------------------------------------------------------------------------------------------


@dataclass
class Course:
    """What came of random edits: how many were built, refused, compared, and those after which a release differed."""

    built: int = 0
    refused: int = 0
    compared: int = 0
    different: list[str] = field(default_factory=list)


def follow(
    folder: Path, seed: int, edits: int, every: int = 1, tell: Callable[[Course], None] = lambda _: None
) -> Course:
    """Build after each of some random edits by what differs, and compare with builds of their own.

    Args:
        folder: an empty folder.
        seed: of the random numbers.
        edits: how many are to be built; those that are refused come on top.
        every: after how many edits a build of its own is made, in a folder that has nothing but the parsed rules.
        tell: called after each comparison with what has come of the edits so far.
    """
    sources, chance = cut(folder), random.Random(seed)  # noqa: S311 - nothing is to be kept secret
    kept, anew, before = folder / "kept", folder / "anew", folder / "before"
    build_release(sources, kept)
    course = Course()
    while course.built < edits:
        shutil.copytree(sources.ontology, before)
        try:  # of two edits at once the second, which reads what the first wrote, may refuse it too
            name = edited(sources, chance)
            release = build_release(sources, kept)
        except DataError:
            course.refused += 1
            shutil.rmtree(sources.ontology)
            before.rename(sources.ontology)
            continue
        shutil.rmtree(before)
        course.built += 1
        if course.built % every == 0:
            course.compared += 1
            anew.mkdir()
            shutil.copy(kept / ".rules.json", anew)  # the rules as they are parsed, of which no edit is
            if content(release) != content(build_release(sources, anew)):
                course.different.append(f"edit {course.built}: {name}")
            shutil.rmtree(anew)
            tell(course)
        for other in kept_releases(kept):
            if other.id != release.id:
                shutil.rmtree(other.folder)
    return course


def content(release: Release) -> dict[str, object]:
    """Return what a release says: its name, and every file but those of the engines, which no two builds have alike.

    The store holds the quads of the graphs, the index all rows and the words of its texts.  No file is another one than
    the manifest says.
    """
    files = {name: told for name, told in release.manifest["files"].items() if not name.startswith(("store/", INDEX))}
    store = ox.Store.read_only(str(release.store))
    graphs = sorted(str(graph) for graph in store.named_graphs())
    held, written = (store.dump(format=ox.RdfFormat.N_QUADS) or b"").splitlines(), set[bytes]()
    for file in release.files:
        written.update(Path(file).read_bytes().splitlines())
    whole = all(told["sha256"] == sha256_of(release.folder / name) for name, told in release.manifest["files"].items())
    told = {"files": files, "whole": whole, "built": None, "store": graphs, "sound": set(held) == written}
    return {**release.manifest, **told, "index": index_rows(release.folder / INDEX)}


def _run() -> int:
    """Follow as many random edits as are asked for; return how many led elsewhere."""
    seed, edits, every = map(int, (*sys.argv[1:], "1")[:3])
    started = time.perf_counter()

    def tell(course: Course) -> None:
        told = (
            f"{course.built} edits built, {course.refused} refused, {course.compared} compared with builds of their own"
        )
        seconds = f"{time.perf_counter() - started:.0f} s"
        sys.stdout.write("; ".join([f"{told}, {len(course.different)} different, {seconds}", *course.different]) + "\n")
        sys.stdout.flush()

    with TemporaryDirectory() as folder:
        return len(follow(Path(folder), seed, edits, every, tell).different)


if __name__ == "__main__":
    sys.exit(min(_run(), 1))
