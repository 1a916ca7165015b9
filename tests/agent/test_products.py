"""What is read out of an answer."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasswork.agent.products import code_in, read
from glasswork.definitions import ActDef
from glasswork.errors import InvalidOutput
from glasswork.records import Completion


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("```python\nx = 1\n```", "x = 1\n"),
        ("Here it is:\n```py\nx = 1\n```\nDone.", "x = 1\n"),
        ("```\nx = 1\n```", "x = 1\n"),
        ("~~~python\nx = 1\n~~~", "x = 1\n"),
        ("````python\ns = '''\n```\n'''\n````", "s = '''\n```\n'''\n"),
        ("```python\nx = 1\n```\n```python\nlonger = 'program'\n```", "longer = 'program'\n"),
        ("```bash\npip install something very long indeed\n```\n```python\nx = 1\n```", "x = 1\n"),
        ("  ```python\n  x = 1\n  ```", "  x = 1\n"),
        ("```python\nnever closed = 1", "never closed = 1\n"),
    ],
)
def test_the_program_is_found(answer, code):
    assert code_in(answer) == code


@pytest.mark.parametrize("answer", ["", "No code here.", "```python\n\n```", "`x = 1`"])
def test_no_program_is_an_error_that_says_what_to_do(answer):
    with pytest.raises(InvalidOutput, match="in one ```python block"):
        code_in(answer)


@given(st.text(alphabet="`~python x=1\n", max_size=200))
def test_any_text_gives_a_program_or_that_error(text):
    with contextlib.suppress(InvalidOutput):
        assert code_in(text).strip()


COLUMNS = ActDef(produces="fields", fields={name: {} for name in "abc"}, distinct=("a", "b"))


def fields(**data):
    return read(COLUMNS, Completion(text="{}", data=data), ())[1]


def test_fields_that_must_differ_are_asked_for_again():
    assert fields(a="kg", b="mulch", c="kg")["a"] == "kg"
    with pytest.raises(InvalidOutput, match="'a' and 'b' are both 'kg', and must be two different ones"):
        fields(a="kg", b="kg", c="x")


@pytest.mark.parametrize(
    "act",
    [
        {"produces": "fields", "fields": {"a": {}}, "distinct": ("a", "d")},
        {"produces": "cited", "fields": {"a": {}, "b": {}}, "distinct": ("a", "b")},
    ],
)
def test_only_fields_can_have_to_differ(act):
    with pytest.raises(ValueError, match="'distinct' is for fields of an act that produces 'fields'"):
        ActDef.model_validate(act)
