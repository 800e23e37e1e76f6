"""The evidence matrix: pairs by diseases, with verdicts and harms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import pyoxigraph as ox

from dualbio.model.namespaces import BASE, term
from dualbio_server.entities.evidence.asking import Row, ask, link, named, short_key
from dualbio_server.http.language import say
from dualbio_server.http.links import local_path
from dualbio_server.service import current_service

__all__ = ["Heading", "Matrix", "PairCell", "read_matrix"]

_STUDIES = """
SELECT ?pair ?disease (COUNT(DISTINCT ?study) AS ?studies) (COUNT(DISTINCT ?row) AS ?rows) {
  ?arm dualbio:testsMechanismPair ?pair ; dualbio:inDisease ?disease ; dualbio:armOf ?study .
  OPTIONAL { ?row dualbio:arm ?arm }
} GROUP BY ?pair ?disease
"""
_TESTS = """
SELECT DISTINCT ?pair ?disease ?study ?verdict ?kind {
  ?contrast a dualbio:PairAgainstMonotherapy ; dualbio:verdict ?verdict ; dualbio:outcomeKind ?kind ;
    dualbio:testsArm ?arm ; dualbio:ofStudy ?study .
  ?arm dualbio:testsMechanismPair ?pair ; dualbio:inDisease ?disease .
  OPTIONAL { ?contrast dualbio:resultRole ?role FILTER (?role = value:result-role.primary) }
  FILTER (BOUND(?role) || ?verdict = value:verdict.not-designed-to-tell)
}
"""
_HARMS = """
SELECT DISTINCT ?pair ?disease ?row ?low ?high {
  ?row dualbio:adverseEvent ae:serious-infection ; a dualbio:StandingRow ; dualbio:arm ?arm .
  ?arm dualbio:testsMechanismPair ?pair ; dualbio:inDisease ?disease .
  OPTIONAL {
    ?row dualbio:control ?other .
    ?computed dualbio:computedFrom ?row , ?other ; dualbio:contrastArm ?arm ; dualbio:intervalLow ?low ;
      dualbio:intervalHigh ?high ; dualbio:effectMeasure ?measure .
    FILTER (?measure IN (value:effect-measure.rd, value:effect-measure.rate-difference))
  }
}
"""
#: The verdict on a test that had no power, or no such aim.
_UNTOLD = "not-designed-to-tell"
_NARROWER = term("dualbio:directlyNarrowerThan")


@dataclass(frozen=True)
class PairCell:
    """A pair in a disease: where it leads, its studies, the sentence for those who do not see the signs, and these."""

    href: str
    studies: int
    words: str
    marks: list[tuple[str, str]]


@dataclass
class _Tally:
    """A pair in a disease: studies, those with a test by what it came to and measured, and serious infections.

    Tests are those of primary outcomes, for of many secondary ones some are met. A study none of whose tests could tell
    is counted as that.
    `harm` is `raised` where the interval of one difference leaves out zero, `lowered` likewise, `counted` where there
    are numbers that cannot tell, and empty where there is none. `silent` says that no number at all is held.
    """

    studies: int = 0
    silent: bool = True
    tests: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    harm: str = ""

    def count(self, verdict: str, kind: str | None = None) -> int:
        """Return in how many studies a test came to a verdict, on one kind of outcome or on any."""
        return len(
            set().union(
                *(found for (state, of), found in self.tests.items() if state == verdict and kind in (None, of))
            )
        )

    @property
    def marks(self) -> list[tuple[str, str]]:
        """The signs of the cell, each with its class, in the order of the legend."""
        patients, laboratory = self.count("met", "efficacy"), self.count("met", "biomarker")
        marks = [("✓", "met")] if patients else []
        marks += [("✓ lab", "met")] if laboratory else []
        marks += [("✗", "missed")] if self.count("missed") else []
        marks += [("~", "open")] if self.count(_UNTOLD) and not marks else []
        marks += {"raised": [("▲", "raised")], "lowered": [("▼", "lowered")], "counted": [("△", "counted")]}.get(
            self.harm, []
        )
        return marks or ([("?", "silent")] if self.silent else [])

    @property
    def words(self) -> str:
        """The cell as a sentence, for those who do not see the signs."""
        told = [say("{n} study" if self.studies == 1 else "{n} studies", n=self.studies)]
        for verdict in ("met", "missed"):
            for kind, words in (("efficacy", "how patients fare"), ("biomarker", "laboratory value")):
                if self.count(verdict, kind):
                    told.append(say(f"{{n}} {verdict} ({words})", n=self.count(verdict, kind)))
        untold = self.count(_UNTOLD)
        told += [say("{n} tested, not designed to tell", n=untold)] if untold else []
        told += [say(f"serious infection {self.harm}")] if self.harm else []
        told += [say("no number in this release")] if self.silent else []
        return "; ".join(told)

    def cell(self, pair: str, disease: str) -> PairCell:
        """Return the cell, which leads to what is known of the pair in the disease."""
        key = disease.removeprefix(f"{BASE}disease/")
        return PairCell(f"{local_path(pair)}?disease={key}", self.studies, self.words, self.marks)


@dataclass(frozen=True)
class Heading:
    """The head of a row or column: its short name, its whole name, and where it leads."""

    text: str
    label: str
    href: str


@dataclass(frozen=True)
class Matrix:
    """Pairs of mechanisms by diseases; a cell without a study is None."""

    diseases: tuple[Heading, ...]
    rows: tuple[tuple[Heading, tuple[PairCell | None, ...]], ...]


def read_matrix() -> Matrix:
    """Return the evidence matrix: pairs and families of diseases with most tests first, then with most studies."""
    cells: dict[tuple[str, str], _Tally] = {}
    for row in ask(_STUDIES):
        cells[row["pair"], row["disease"]] = _Tally(int(row["studies"]), row["rows"] == "0")
    tests = [
        (row["pair"], row["disease"], row["study"], *map(short_key, (row["verdict"], row["kind"])))
        for row in ask(_TESTS)
    ]
    judged = {(*place, study) for *place, study, verdict, _ in tests if verdict != _UNTOLD}
    for pair, disease, study, verdict, kind in tests:
        if verdict != _UNTOLD or (pair, disease, study) not in judged:
            cells[pair, disease].tests.setdefault((verdict, kind), set()).add(study)
    for row in ask(_HARMS):
        cell = cells[row["pair"], row["disease"]]
        cell.harm = _worse(cell.harm, _direction(row))
    pairs = sorted({pair for pair, _ in cells}, key=lambda pair: (*_weight(cells, 0, [pair]), named(pair)))
    diseases = _in_families({disease for _, disease in cells}, cells)
    return Matrix(
        tuple(Heading(_short(each), *link(each)) for each in diseases),
        tuple((_heading(pair), tuple(_cell(cells, pair, disease) for disease in diseases)) for pair in pairs),
    )


def _cell(cells: dict[tuple[str, str], _Tally], pair: str, disease: str) -> PairCell | None:
    tally = cells.get((pair, disease))
    return tally.cell(pair, disease) if tally else None


def _direction(row: Row) -> str:
    if "low" not in row:
        return "counted"
    return "raised" if float(row["low"]) > 0 else "lowered" if float(row["high"]) < 0 else "counted"


def _worse(one: str, other: str) -> str:
    order = ("", "counted", "lowered", "raised")
    return max(one, other, key=order.index)


def _weight(cells: dict[tuple[str, str], _Tally], side: int, members: Iterable[str]) -> tuple[int, int]:
    """Return how much is known of the rows or columns of `members`, most first."""
    own = [cell for key, cell in cells.items() if key[side] in members]
    return -sum(len(set().union(*cell.tests.values())) for cell in own), -sum(cell.studies for cell in own)


def _in_families(diseases: set[str], cells: dict[tuple[str, str], _Tally]) -> list[str]:
    """Return diseases with those below them at their right."""
    paths = {each: _path(each) for each in diseases}
    families: dict[str, list[str]] = {}
    for each, path in paths.items():
        families.setdefault(path[min(1, len(path) - 1)], []).append(each)
    order = sorted(families.values(), key=lambda members: (*_weight(cells, 1, members), members))
    return [
        each
        for members in order
        for each in sorted(members, key=lambda each: (len(paths[each]), _weight(cells, 1, [each]), each))
    ]


def _path(disease: str) -> Sequence[str]:
    """Return what a disease is below, from the top down to itself."""
    path, store = [disease], current_service().store
    while len(path) < 10:
        above = [
            quad.object.value
            for quad in store.quads_for_pattern(ox.NamedNode(path[0]), _NARROWER, None)
            if isinstance(quad.object, ox.NamedNode)
        ]
        if not above:
            break
        path.insert(0, min(above))
    return path


def _short(disease: str) -> str:
    short = [
        quad.object.value
        for quad in current_service().store.quads_for_pattern(ox.NamedNode(disease), term("dualbio:abbreviation"), None)
        if isinstance(quad.object, ox.Literal)
    ]
    return min(short, default="") or named(disease)


def _heading(pair: str) -> Heading:
    label, href = link(pair)
    return Heading(label, label, href)
