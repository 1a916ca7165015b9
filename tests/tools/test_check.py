"""Arguments are held against the spec; whoever gave them hears of every problem at once."""

from __future__ import annotations

import pytest

from glasswork.definitions import ToolInput, ToolOutput
from glasswork.errors import BadArguments, ToolFailed
from glasswork.tools import Spec, checked
from glasswork.tools import check as module
from glasswork.tools.check import output_of

SPEC = Spec(
    name="reader",
    description="Reads.",
    inputs={
        "image": ToolInput(type="image", description="the picture"),
        "language": ToolInput(type="text", required=False, enum=("en", "zh")),
        "times": ToolInput(type="number", required=False),
        "loud": ToolInput(type="boolean", required=False),
        "more": ToolInput(type="json", required=False),
        "rows": ToolInput(type="table", required=False),
    },
)
PNG = b"\x89PNG\r\n\x1a\n"


def problems(arguments) -> list[str]:
    with pytest.raises(BadArguments) as caught:
        checked(SPEC, arguments)
    assert caught.value.code == "bad_arguments"
    return list(caught.value.problems)


def test_what_fits_is_handed_on(media):
    given = {"image": media.add(PNG, "a.png"), "language": "en", "times": 2, "loud": False, "more": {"a": [1]}}
    assert checked(SPEC, given | {"rows": None}) == given


def test_every_problem_at_once(media):
    found = problems({"imgae": media.add(PNG, "a.png"), "language": "eng", "times": "2", "loud": 1})
    assert found == [
        "there is no input 'imgae'; did you mean 'image'?",
        "'image' is missing; it is an image: the picture",
        "'language' is 'eng'; did you mean 'en'?",
        "'times' must be a number, and is the text '2'",
        "'loud' must be true or false, and is the number 1",
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("times", True),
        ("times", float("nan")),
        ("times", float("inf")),
        ("more", float("nan")),
        ("more", {1, 2}),
        ("language", ["en"]),
        ("image", "photo.png"),
    ],
)
def test_what_only_looks_like_it_is_refused(media, name, value):
    given = {"image": media.add(PNG, "a.png"), name: value}
    assert [one for one in problems(given) if one.startswith(f"'{name}'")]


def test_a_file_must_be_of_its_kind_by_its_content(media):
    (problem,) = problems({"image": media.add(b"a,b\n", "photo.png")})
    assert problem == "'image' must be an image, and is the file photo.png (text/plain, 4 B)"


def test_a_file_that_is_gone_is_told(media):
    blob = media.add(PNG, "a.png")
    blob.path.unlink()
    (problem,) = problems({"image": blob})
    assert "cannot be read" in problem


def test_a_table_is_text_all_through_its_beginning(media):
    blob = media.add(b"a,b\n1,2\n", "a.csv")
    blob.path.write_bytes(b"a,b\n\x00")
    (problem,) = problems({"image": media.add(PNG, "a.png"), "rows": blob})
    assert problem == "'rows' is no CSV: it is not UTF-8 text"


def test_sizes_are_bounded(media, monkeypatch):
    monkeypatch.setattr(module, "MAX_TEXT", 10)
    monkeypatch.setattr(module, "MAX_BYTES", 10)
    spec = SPEC.model_copy(update={"inputs": {"text": ToolInput(), "more": ToolInput(type="json"), **SPEC.inputs}})
    with pytest.raises(BadArguments) as caught:
        checked(spec, {"text": "x" * 11, "more": ["x" * 11], "image": media.add(PNG + bytes(9), "a.png")})
    assert [one.split("'")[1] for one in caught.value.problems] == ["text", "more", "image"]


def test_an_output_of_another_type_is_a_failure():
    spec = SPEC.model_copy(update={"output": ToolOutput(type="number")})
    assert output_of(spec, 3) == 3
    with pytest.raises(ToolFailed, match="its output must be a number"):
        output_of(spec, "three")


def test_a_tool_that_takes_nothing_says_so():
    with pytest.raises(BadArguments, match="it takes nothing"):
        checked(Spec(name="clock", description="Tells the time."), {"zone": "x"})
