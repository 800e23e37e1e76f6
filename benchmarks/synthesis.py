"""Seconds of the processor that a question across studies takes: facts read, contrasts selected, models fitted.

Run it from the checkout: `python benchmarks/synthesis.py [--contrasts 10000]`; see README.md here.
The studies are invented: two-armed trials of a biologic against placebo, each with one row of serious infections.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterator

import pyoxigraph as ox

from dualbio.model.namespaces import PREFIXES
from dualbio.model.syntheses import Side, SynthesisQuestion
from dualbio.store.embedded import EmbeddedStore
from dualbio.synthesis.pooling.facts import FactReader
from dualbio.synthesis.pooling.pool import pool
from dualbio.synthesis.pooling.selection import question_things, select

#: Seconds of the processor that 10,000 contrasts may take.
TARGET = 5.0
_STUDY = """
study:s{n} a dualbio:Study ; dualbio:key "s{n}" ; rdfs:label "Study {n}" ;
  dualbio:design value:design.randomised-controlled-trial ; dualbio:hasArm arm:s{n}.test , arm:s{n}.control .
{arms}"""
_ARM = """
arm:s{n}.{a} dualbio:armOf study:s{n} ; dualbio:key "{a}" ; dualbio:shortLabel "{a} {n}" ;
  dualbio:armRole value:arm-role.{role} ; dualbio:nRandomised {total} ; dualbio:diseaseNames "rheumatoid arthritis" ;
  dualbio:withinDisease disease:rheumatoid-arthritis ; dualbio:hasRegimen arm:s{n}.{a}.r .
arm:s{n}.{a}.r dualbio:hasStep arm:s{n}.{a}.s .
arm:s{n}.{a}.s dualbio:stepRole value:step-role.{step} {agent}.
result:s{n}.{a} a dualbio:Result , dualbio:StandingRow ; dualbio:adverseEvent ae:serious-infection ; dualbio:key "{a}" ;
  dualbio:arm arm:s{n}.{a} ; dualbio:ofStudy study:s{n} ; dualbio:reportedAs "serious infection" ; dualbio:week 24 ;
  dualbio:analysisPopulation value:analysis-population.safety ; dualbio:unitOfAnalysis value:unit-of-analysis.patient ;
  dualbio:statistic value:statistic.count ; dualbio:checkLevel value:check-level.fulltext ;
  dualbio:events {events} ; dualbio:total {total} .
"""


def trials(number: int) -> EmbeddedStore:
    """Return a store with so many invented trials; always the same ones."""
    chance = random.Random(1)  # noqa: S311 - invented trials
    store = ox.Store()
    text = "".join((_prefixes(), *(_study(n, chance) for n in range(number))))
    store.bulk_load(text.encode(), format=ox.RdfFormat.TURTLE)
    return EmbeddedStore(store)


def questions() -> Iterator[tuple[str, SynthesisQuestion]]:
    """Yield one question by each kind of model, with its name."""
    for model, more in (
        ("mantel-haenszel", {}), ("peto", {}), ("random-effects", {"tau2": "REML", "interval": "hartung-knapp"}),
    ):  # fmt: skip
        fields = {
            "id": "q", "title": "title", "question": "question?", "events": ("serious-infection",),
            "test": Side(arms=("one-biologic",)), "comparator": Side(arms=("placebo",)), "measure": "OR",
        }  # fmt: skip
        yield model, SynthesisQuestion.model_validate({**fields, "model": model, **more})


def main() -> None:
    """Print the seconds of each step of each question."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--contrasts", type=int, default=10_000, help="How many trials there are.")
    number = asked.parse_args().contrasts
    store = trials(number)
    for name, question in questions():
        begun = time.process_time()
        facts = FactReader(store).read(question_things(question))
        read = time.process_time()
        selection = select(question, facts)
        selected = time.process_time()
        answer = pool(question, facts, selection)
        done = time.process_time()
        assert answer.pooled is not None
        assert number == answer.used
        print(
            f"{name}: {done - begun:.2f} s (facts {read - begun:.2f}, selection {selected - read:.2f}, "
            f"model {done - selected:.2f}); target {TARGET:g} s for 10,000"
        )


def _prefixes() -> str:
    return "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in PREFIXES.items())


def _study(number: int, chance: random.Random) -> str:
    arms = []
    for name, role, step, agent, risk in (
        ("test", "monotherapy", "active", "; dualbio:usesAgent drug:rituximab ; a dualbio:BiologicStep ", 0.06),
        ("control", "placebo", "placebo", "", 0.03),
    ):
        total = chance.randint(40, 300)
        events = sum(chance.random() < risk for _ in range(total))
        arms.append(_ARM.format(n=number, a=name, role=role, step=step, agent=agent, total=total, events=events))
    return _STUDY.format(n=number, arms="".join(arms))


if __name__ == "__main__":
    main()
