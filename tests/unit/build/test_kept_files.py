"""Parsed rules that are kept between builds: the same rules, and never those of other code or other text."""

from __future__ import annotations

from pathlib import Path

import pytest

from dualbio.build import kept_files as module
from dualbio.build.kept_files import keep_rules, kept_rules
from dualbio.owl.rules import Rule, read_rules
from dualbio.sources.folders import shipped_sources

RULE = "#+ summary: A {kind} is a trial.\nCONSTRUCT {{ ?x a dualbio:Trial }} WHERE {{ ?x a dualbio:{kind} }}\n"


@pytest.fixture(name="folder")
def fixture_folder(tmp_path: Path) -> Path:
    """A folder with two rules."""
    folder = tmp_path / "curated" / "rules"
    folder.mkdir(parents=True)
    for kind in ("Study", "Cohort"):
        (folder / f"{kind.lower()}.rq").write_text(RULE.format(kind=kind), encoding="utf-8")
    return folder


def kept(folder: Path, releases: Path) -> dict[str, Rule]:
    """Read the rules of a folder, and return those that are kept then."""
    known = kept_rules(releases)
    keep_rules(releases, known, read_rules(folder, known))
    return kept_rules(releases)


@pytest.mark.slow
def test_kept_rules_are_those_that_were_parsed(tmp_path: Path) -> None:
    """Every rule of the release comes back from the file as it was parsed."""
    known: dict[str, Rule] = {}
    rules = read_rules(shipped_sources().ontology / "rules", known)

    keep_rules(tmp_path, known, rules)

    assert sorted(rules, key=lambda rule: rule.name) == sorted(
        kept_rules(tmp_path).values(), key=lambda rule: rule.name
    )


def test_a_kept_rule_is_not_parsed_again(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules whose name and text are known come from there; the parser is asked for the others alone."""
    known = kept(folder, tmp_path)
    (folder / "cohort.rq").write_text(RULE.format(kind="Registry"), encoding="utf-8")
    asked: list[str] = []

    def parse(_text: str, file: str) -> Rule:
        asked.append(file)
        return next(rule for rule in known.values() if rule.name == "cohort")

    monkeypatch.setattr("dualbio.owl.rules.domain.parse_rule", parse)
    read_rules(folder, known)

    assert ["curated/rules/cohort.rq"] == asked


def test_a_text_that_changed_is_another_rule(folder: Path, tmp_path: Path) -> None:
    """An edited rule is parsed, and what stood there before is not kept any longer."""
    kept(folder, tmp_path)
    (folder / "cohort.rq").write_text(RULE.format(kind="Registry"), encoding="utf-8")

    found = kept(folder, tmp_path)

    assert ["A Registry is a trial.", "A Study is a trial."] == sorted(rule.summary for rule in found.values())


@pytest.mark.parametrize("text", ["", "nothing\n{}", "\u0000"])
def test_a_broken_file_is_not_believed(text: str, folder: Path, tmp_path: Path) -> None:
    """A file that is cut, or of another hand, counts as none."""
    kept(folder, tmp_path)
    (tmp_path / ".rules.json").write_text(text, encoding="utf-8")

    assert {} == kept_rules(tmp_path)


def test_a_changed_letter_is_not_believed(folder: Path, tmp_path: Path) -> None:
    """What was kept is believed only as a whole, by its digest."""
    kept(folder, tmp_path)
    file = tmp_path / ".rules.json"
    file.write_text(file.read_text(encoding="utf-8").replace("Cohort", "Kohort"), encoding="utf-8")

    assert {} == kept_rules(tmp_path)


def test_other_code_parses_again(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What other code parsed is not taken over."""
    kept(folder, tmp_path)
    monkeypatch.setattr(module, "code_digest", lambda: "another")

    assert {} == kept_rules(tmp_path)


def test_a_folder_that_takes_no_file_costs_only_time(folder: Path, tmp_path: Path) -> None:
    """Where nothing can be kept, reading goes on."""
    assert {} == kept(folder, tmp_path / "missing")
