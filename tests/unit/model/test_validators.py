"""Every demand that a model makes of its fields together has a record that breaks it.

A demand is a `raise` in a validator, or its call of a function that raises.  The demands are read from the code, so
that a new one without a broken record in `tests/data/broken-validators.yaml` fails here, and so does a removed one.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import FunctionType
from typing import Any, NamedTuple

import pytest
from pydantic import ValidationError

from dualbio.model.record_fields import Record
from dualbio.sources.yaml_lines import parse_yaml

ROOT = Path(__file__).resolve().parents[3]
FILE = ROOT / "tests" / "data" / "broken-validators.yaml"
#: What `together` says when a field lacks, and when it may not be there: two demands in one call.
BOTH_WAYS = ("is required", "is only accepted")


class Demand(NamedTuple):
    """A place in a validator that may complain, and the words that its message must hold."""

    model: str
    first: int
    last: int
    words: str = ""


class Broken(NamedTuple):
    """A record that its model refuses with these words; `id` names the test."""

    id: str
    model: str
    record: dict[str, Any]
    words: str


def with_validators() -> dict[str, type[Record]]:
    """Return every record model that has a validator of its own, by name."""
    for path in (ROOT / "src").rglob("*.py"):
        if "_validator(" in path.read_text(encoding="utf-8"):
            import_module(".".join(path.relative_to(ROOT / "src").with_suffix("").parts))
    found, waiting = {}, [Record]
    while waiting:
        model = waiting.pop()
        waiting += model.__subclasses__()
        if any(validators(model)):
            found[model.__name__] = model
    return found


def validators(model: type[Record]) -> Iterator[FunctionType]:
    """Yield the functions of the validators that `model` itself declares."""
    decorators = model.__pydantic_decorators__
    for name in (*decorators.model_validators, *decorators.field_validators):
        if own := vars(model).get(name):
            function = getattr(own, "wrapped", own)
            yield getattr(function, "__func__", function)


def raises(function: object) -> bool:
    """Return whether a function of ours raises an error itself."""
    return (
        isinstance(function, FunctionType)
        and function.__module__.startswith("dualbio")
        and any(isinstance(node, ast.Raise) for node in ast.walk(parsed(function)))
    )


def parsed(function: FunctionType) -> ast.AST:
    """Return the syntax tree of a function, with the line numbers of its file."""
    lines, first = inspect.getsourcelines(function)
    return ast.increment_lineno(ast.parse(textwrap.dedent("".join(lines))), first - 1)


def demands(model: type[Record]) -> Iterator[Demand]:
    """Yield every demand of the validators of `model`."""
    for function in validators(model):
        for node in ast.walk(parsed(function)):
            if isinstance(node, ast.Raise):
                yield Demand(model.__name__, node.lineno, node.end_lineno or node.lineno)
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                if not raises(function.__globals__.get(node.func.id)):
                    continue
                always = node.func.id != "together" or isinstance(node.args[2], ast.Constant)
                for words in ("",) if always else BOTH_WAYS:
                    yield Demand(model.__name__, node.lineno, node.end_lineno or node.lineno, words)


def complaint(case: Broken) -> tuple[int, str]:
    """Return the line of the validator at which the broken record is refused, and what is said."""
    model = MODELS[case.model]
    codes = {function.__code__ for function in validators(model)}
    with pytest.raises(ValidationError) as caught:
        model.model_validate(case.record)
    for detail in caught.value.errors():
        error = detail.get("ctx", {}).get("error")
        step = error.__traceback__ if isinstance(error, ValueError) else None
        while step is not None:
            if step.tb_frame.f_code in codes:
                return step.tb_lineno, str(error)
            step = step.tb_next
    pytest.fail(f"no validator of {case.model} refused {case.record}: {caught.value}")


def cases() -> Iterator[Broken]:
    """Yield every broken record of the file."""
    for model, entry in CONTENT.items():
        for number, broken in enumerate(entry["broken"], start=1):
            fields = {**sound(model), **broken["change"]}
            record = {name: value for name, value in fields.items() if value is not None}
            yield Broken(f"{model}-{number}", model, record, broken["words"])


def sound(name: str) -> dict[str, Any]:
    """Return the sound record of a model, with the fields of the model that it is like."""
    entry = CONTENT[name]
    like = entry.get("like")
    return {**(sound(like) if like else {}), **entry["sound"]}


MODELS = with_validators()
CONTENT: dict[str, Any] = parse_yaml(FILE.read_text(encoding="utf-8"))[0]
CASES = tuple(cases())


@pytest.mark.parametrize("name", CONTENT)
def test_the_record_that_is_broken_was_sound(name: str) -> None:
    """The change alone is at fault: without it the model accepts the record."""
    MODELS[name].model_validate(sound(name))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_broken_record_is_refused_in_words(case: Broken) -> None:
    """The validator refuses the record and says what was found and what is accepted."""
    assert case.words in complaint(case)[1]


@pytest.mark.parametrize("name", MODELS)
def test_every_demand_is_broken_by_a_record(name: str) -> None:
    """No demand of a model is without a record that shows that it can fail."""
    met = [complaint(case) for case in CASES if case.model == name]
    unbroken = [
        f"line {demand.first} of {MODELS[name].__module__} {demand.words}".strip()
        for demand in demands(MODELS[name])
        if not any(demand.first <= line <= demand.last and demand.words in said for line, said in met)
    ]
    assert [] == unbroken, f"repair: add a record that breaks it to {FILE.relative_to(ROOT)}"


def test_every_model_with_a_validator_is_met() -> None:
    """The search for validators finds those that the file breaks, and no other."""
    assert set(CONTENT) == set(MODELS)
