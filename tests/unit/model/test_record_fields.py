"""The marks of record fields, and what the converter sees of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, TypeAdapter, ValidationError

from dualbio.model.record_fields import (
    Coded,
    Identity,
    Inline,
    Key,
    Link,
    Number,
    Parts,
    Record,
    RecordField,
    Text,
    Value,
    fields_of,
    slug,
)

KEYS: TypeAdapter[str] = TypeAdapter(Key)
NUMBERS: TypeAdapter[Decimal] = TypeAdapter(Number)


class Dose(Record):
    """A nested record."""

    amount: Number
    unit: Text


class Medicine(Record):
    """A record with one field of every shape."""

    key: Annotated[Key, Identity()]
    brand_name: Text | None = None
    route: Annotated[Literal["IV", "SC"], Coded("route", "route")]
    targets: Annotated[tuple[Key, ...], Link("hasTarget", ("target",)), Field(min_length=1)]
    strength: Annotated[Dose, Inline(prefix="strength")]
    doses: Annotated[tuple[Dose, ...] | None, Parts("hasDose", "dose")] = None
    tags: tuple[Annotated[Text, Value("tag", language="en")], ...] = ()


FIELDS = {field.name: field for field in fields_of(Medicine)}


def test_fields_come_in_the_order_of_declaration() -> None:
    """The converter and the writer go through a record as it is declared."""
    names = [field.name for field in fields_of(Medicine)]
    assert ["key", "brand_name", "route", "targets", "strength", "doses", "tags"] == names


def test_a_field_without_a_mark_is_a_literal_in_camel_case() -> None:
    """The property of an unmarked field follows from the field's name."""
    assert RecordField("brand_name", "brandName", Value(), many=False, base=str) == FIELDS["brand_name"]


def test_a_mark_names_the_property() -> None:
    """The property of a marked field is the one in the mark."""
    assert "hasTarget" == FIELDS["targets"].predicate


def test_a_mark_without_a_property_takes_the_name_of_the_field() -> None:
    """An inlined record is known by the name of the field when its mark gives none."""
    assert "strength" == FIELDS["strength"].predicate


def test_a_literal_type_gives_the_choices() -> None:
    """The accepted words of a controlled field are those of its type."""
    assert ("IV", "SC") == FIELDS["route"].choices


@pytest.mark.parametrize("name", ["targets", "doses", "tags"])
def test_a_tuple_is_a_field_of_many(name: str) -> None:
    """A tuple is seen as many values, optional or not."""
    assert FIELDS[name].many


def test_the_base_of_many_records_is_their_model() -> None:
    """What a tuple holds is found below the marks and the None."""
    assert Dose is FIELDS["doses"].base


def test_a_mark_on_the_items_counts_for_the_field() -> None:
    """The mark may stand on the items of a tuple as well as on the tuple."""
    assert Value("tag", language="en") == FIELDS["tags"].mark


def test_an_unknown_field_is_refused() -> None:
    """A misspelt field is an error, never silently dropped."""
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        Dose.model_validate({"amount": 5, "unit": "mg", "untis": "mg"})


def test_a_record_does_not_change() -> None:
    """A record that was read stays as it was read."""
    dose = Dose.model_validate({"amount": 5, "unit": "mg"})
    with pytest.raises(ValidationError, match="Instance is frozen"):
        setattr(dose, "unit", "g")  # noqa: B010 - the plain form is refused by mypy already


@given(value=st.decimals(allow_nan=False, allow_infinity=False, places=3))
def test_a_number_keeps_the_form_it_was_printed_in(value: Decimal) -> None:
    """Trailing zeros survive the reading of a record."""
    dose = Dose.model_validate({"amount": value, "unit": "mg"})
    assert str(value) == str(dose.amount)


@given(value=st.integers())
def test_a_whole_number_is_read_without_rounding(value: int) -> None:
    """An integer of any size is the same number afterwards."""
    assert value == NUMBERS.validate_python(value)


@pytest.mark.parametrize("value", [True, Decimal("NaN"), Decimal("Infinity"), "many"])
def test_what_is_no_number_is_refused(value: object) -> None:
    """Booleans, infinities and words are not numbers."""
    with pytest.raises(ValidationError):
        NUMBERS.validate_python(value)


@given(words=st.lists(st.from_regex(r"[a-z0-9]{1,8}", fullmatch=True), min_size=1, max_size=4))
def test_words_joined_by_hyphens_are_a_key(words: list[str]) -> None:
    """Lower-case words and digits with single hyphens between them are a key as they are."""
    key = "-".join(words)
    assert key == KEYS.validate_python(key)


@pytest.mark.parametrize("key", ["", "-a", "a-", "a--b", "A", "a b", "a.b", "ä", "a\n"])
def test_other_text_is_no_key(key: str) -> None:
    """Text that would need escaping in an IRI or a query is refused as a key."""
    with pytest.raises(ValidationError):
        KEYS.validate_python(key)


@given(words=st.lists(st.from_regex(r"[A-Za-z0-9]{1,8}", fullmatch=True), min_size=1, max_size=4))
def test_the_local_name_of_a_value_is_a_key(words: list[str]) -> None:
    """The words of a controlled value make a key, which is its own local name."""
    name = slug(" ".join(words))
    assert name == KEYS.validate_python(name)
    assert name == slug(name)
