"""The subset of JSON Schema, against the real thing, and taking JSON out of text."""

from __future__ import annotations

import json
import random

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field
from tests.contracts.model import SCHEMA

from glasswork.errors import InvalidOutput, ModelRefused
from glasswork.models.random import instance
from glasswork.models.schema import check, parse, problems

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(-5, 5) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=3),
    max_leaves=8,
)
BOUND = st.none() | st.integers(0, 4)


def _without_none(schema: dict) -> dict:
    return {key: value for key, value in schema.items() if value is not None}


def _ordered(schema: dict) -> dict:
    """Let lower bounds not pass upper ones."""
    for low, high in (("minimum", "maximum"), ("minLength", "maxLength"), ("minItems", "maxItems")):
        if low in schema and high in schema:
            schema[low], schema[high] = sorted((schema[low], schema[high]))
    return schema


def _leaf(kind: str, low: str, high: str) -> st.SearchStrategy[dict]:
    made = st.fixed_dictionaries({"type": st.just(kind), low: BOUND, high: BOUND})
    return made.map(_without_none).map(_ordered)


def _inner(schemas: st.SearchStrategy[dict]) -> st.SearchStrategy[dict]:
    lists = st.fixed_dictionaries({"type": st.just("array"), "items": schemas, "minItems": BOUND, "maxItems": BOUND})
    objects = st.fixed_dictionaries(
        {
            "type": st.just("object"),
            "properties": st.dictionaries(st.sampled_from("abcd"), schemas, max_size=3),
            "additionalProperties": st.booleans(),
        }
    ).flatmap(
        lambda made: st.lists(st.sampled_from(sorted(made["properties"]) or ["a"]), unique=True, max_size=2).map(
            lambda required: {**made, "required": [key for key in required if key in made["properties"]]}
        )
    )
    either = st.lists(schemas, min_size=1, max_size=2).map(lambda forms: {"anyOf": forms})
    return lists.map(_without_none).map(_ordered) | objects | either


SCHEMAS = st.recursive(
    _leaf("string", "minLength", "maxLength")
    | _leaf("integer", "minimum", "maximum")
    | _leaf("number", "minimum", "maximum")
    | st.sampled_from([{"type": "boolean"}, {"type": "null"}, {"type": ["string", "null"]}, {"const": 1}])
    | st.lists(st.sampled_from(["x", "y", 1, True, None]), min_size=1).map(lambda values: {"enum": values}),
    _inner,
    max_leaves=6,
)


@given(SCHEMAS, JSON_VALUES)
def test_agrees_with_jsonschema(schema, value):
    ours = problems(value, schema) == []
    assert ours == jsonschema.Draft202012Validator(schema).is_valid(value)


@given(SCHEMAS, st.integers())
def test_random_instances_are_valid_and_found_in_prose(schema, seed):
    value = instance(schema, random.Random(seed))
    assert problems(value, schema) == []
    text = json.dumps(value)
    assert parse(text, schema) == (value, "constrained")
    if isinstance(value, dict | list):
        found, how = parse(f"Sure!\n```json\n{text}\n```\n", schema)
        assert (found, how) == (value, "extracted")


@given(st.text() | st.text(alphabet='{}[]",:0123456789.eE-+ntfNaInity\\ud8'), SCHEMAS)
def test_no_text_does_more_than_fail(text, schema):
    try:
        value, _ = parse(text, schema)
    except InvalidOutput:
        return
    assert problems(value, schema) == []


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, '{"a":' * 50_000, "{" * 100_000, '{"a": 1e999}', '{"a": NaN}', '{"a": "\\ud800"}', "9" * 5000, ""],
    ids=["deep list", "deep object", "braces", "infinite", "nan", "half surrogate", "long number", "empty"],
)
def test_hostile_text_is_invalid_output(text):
    with pytest.raises(InvalidOutput):
        parse(text, {"type": "object"})


def test_the_last_valid_value_counts():
    draft = '{"name": "Dog", "legs": 4, "tags": [], "kind": "animal"}'
    text = f"First I thought {draft}, but rather {draft.replace('Dog', 'Cat')} [1]."
    assert parse(text, SCHEMA)[0]["name"] == "Cat"


def test_problems_name_the_place():
    wrong = {"name": "", "legs": 9, "tags": ["a", 1, "c"], "kind": "stone", "age": 3}
    found = problems(wrong, SCHEMA)
    assert found == [
        "$.name: 0 characters, fewer than 1",
        "$.legs: 9 is above 8",
        "$.tags: 3 items, more than 2",
        "$.tags[1]: expected string, got integer",
        '$.kind: must be one of ["animal", "plant"]',
        "$: 'age' is not allowed",
    ]


def test_a_missing_field_and_a_wrong_type():
    assert problems({}, {"type": "object", "required": ["a"]}) == ["$: 'a' is missing"]
    assert problems(True, {"type": "integer"}) == ["$: expected integer, got boolean"]
    assert problems("s1x", {"type": "string", "pattern": "^s[0-9]+$"}) == ["$: must match ^s[0-9]+$"]


def test_a_keyword_that_is_not_understood_is_not_passed_over():
    nested = {"type": "object", "properties": {"n": {"type": "array", "items": {"type": "integer", "multipleOf": 2}}}}
    with pytest.raises(ModelRefused, match="multipleOf"):
        check(nested)
    check(SCHEMA)


class Wheel(BaseModel):
    inches: int = Field(ge=10, le=30)


class Car(BaseModel):
    wheels: list[Wheel] = Field(min_length=3, max_length=4)
    owner: str | None = None


class Tree(BaseModel):
    children: list[Tree]


def test_a_pydantic_models_schema_is_understood():
    schema = Car.model_json_schema()
    assert "$defs" in schema
    check(schema)
    assert problems({"wheels": [{"inches": 12}] * 3, "owner": None}, schema) == []
    assert problems({"wheels": [{"inches": 9}] * 3}, schema)[0] == "$.wheels[0].inches: 9 is below 10"
    Car.model_validate(instance(schema, random.Random(1)))


def test_a_recursive_schema_is_refused():
    with pytest.raises(ModelRefused, match="recursive"):
        check(Tree.model_json_schema())
