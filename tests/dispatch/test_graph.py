"""What can be wrong with a plan. Some of this is what HuggingGPT let pass: each such test says so."""

from pathlib import Path

import pytest

from glasswork.dispatch.graph import Ref, Task, TaskGraph, as_data, from_data, problems
from glasswork.tools import Blob

from .conftest import spec

PHOTO = Blob(name="photo.png", media_type="image/png", sha256="0" * 64, size=34_000, path=Path("nowhere.png"))
SPECS = {
    one.name: one
    for one in (
        spec("ocr", "image"),
        spec("speak", "text", "audio"),
        spec("hear", "audio"),
        spec("add", {"a": "number", "b": "number"}, "number"),
        spec("count", "json", "number"),
        spec("facts", "image", "json"),
        spec("clock", ""),
    )
}


def wrong(*tasks, files=None):
    return problems(TaskGraph(tasks), SPECS, {"photo.png": PHOTO} if files is None else files)


def read(source="photo.png", id_="t1", **more):
    return Task(id_, "ocr", arguments={"image": Ref(source)}, **more)


def say(source, id_="t2", **more):
    return Task(id_, "speak", arguments={"text": Ref(source)}, **more)


def test_a_plan_that_holds():
    assert wrong(read(), say("t1"), Task("t3", "hear", arguments={"audio": Ref("t2")}, after=("t1",))) == []
    assert wrong() == []


def test_an_order_without_a_value_is_kept():
    """HuggingGPT's ``fix_dep`` threw away every dependency that no tag stood for."""
    graph = TaskGraph((read(), Task("t2", "clock", after=("t1",))))
    assert problems(graph, SPECS, {"photo.png": PHOTO}) == []
    assert graph.edges == (("t1", "t2"),)
    assert from_data(as_data(graph)).edges == (("t1", "t2"),)


def test_a_forward_reference_is_refused():
    """HuggingGPT made it ``-1``: the task ran early, without its input."""
    (problem,) = wrong(say("t2", id_="t1"), read(id_="t2"))
    assert problem == "t1: it needs t2, which comes after it; put t2 before it"


def test_a_circle_is_named():
    found = wrong(say("t2", "t1"), Task("t2", "hear", arguments={"audio": Ref("t1")}))
    assert "these tasks wait for each other: t1 → t2 → t1" in found
    assert wrong(say("t1", "t1"))[0] == "t1: it waits for itself"


@pytest.mark.parametrize("tag", ["<GENERATED-0>", "<GENERATED>-1", "<resource>-1", "t9"])
def test_a_source_that_is_none(tag):
    """HuggingGPT crashed on a malformed tag, which its own demonstration contains."""
    (problem,) = wrong(read(tag))
    assert problem.startswith(f"t1: there is no task or file {tag!r}")


def test_an_unknown_tool_says_the_nearest():
    """HuggingGPT did not check that the chosen model was among the candidates."""
    assert wrong(Task("t1", "ocrr", arguments={}))[0] == "t1: there is no tool 'ocrr'; did you mean 'ocr'?"


def test_arguments_that_are_no_texts_are_looked_at_too():
    """HuggingGPT's ``in v`` crashed on a number."""
    assert wrong(Task("t1", "add", arguments={"a": 1, "b": 2.5})) == []
    assert wrong(Task("t1", "add", arguments={"a": True, "b": [1]})) == [
        "t1: 'a' must be a number, and is true",
        "t1: 'b' must be a number, and is the JSON '[1]'",
    ]


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        (Task("t1", "ocr"), "t1: 'image' is missing; it is an image"),
        (Task("t1", "ocr", arguments={"image": None}), "t1: 'image' is missing; it is an image"),
        (Task("t1", "ocr", arguments={"image": "a text"}), "t1: 'image' must be an image, and is the text 'a text'"),
        (
            Task("t1", "hear", arguments={"audio": Ref("photo.png")}),
            "t1: 'audio' must be a recording, and is photo.png (image/png, 34 kB)",
        ),
        (Task("t1", "speak", arguments={"text": "a", "voice": "b"}), "t1: speak has no input 'voice'; known: text"),
        (Task("t1", "clock", arguments={"zone": "b"}), "t1: clock has no input 'zone'; it takes nothing"),
        (Task("1", "clock"), "'1' is no id of a task: they are called t1, t2, …"),
        (Task("t1", "clock", after=("photo.png",)), "t1: 'photo.png' is a file, and nothing to wait for"),
        (Task("t1", "clock", after=("t5",)), "t1: there is no task 't5'"),
    ],
)
def test_what_does_not_fit(task, expected):
    assert wrong(task) == [expected] or expected in wrong(task)[0]


def test_types_between_tasks():
    facts = Task("t1", "facts", arguments={"image": Ref("photo.png")})
    assert wrong(facts, say("t1")) == [], "JSON can be told as text"
    assert wrong(facts, Task("t2", "count", arguments={"json": Ref("t1")})) == []
    assert wrong(read(), Task("t2", "add", arguments={"a": Ref("t1"), "b": 1})) == [
        "t2: 'a' must be a number, and is t1, which gives text"
    ]


def test_everything_is_told_at_once():
    found = wrong(Task("t1", "ocrr"), Task("t1", "hear", arguments={"audio": Ref("t7")}), say("t3", "t3"))
    assert len(found) == 4, found


def test_a_file_may_be_called_as_it_likes():
    files = {"a b <x>.png": PHOTO}
    assert wrong(read("a b <x>.png"), files=files) == []
