"""Which calls of a plan take something from the request."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasswork.dispatch.graph import Ref, Task, renumbered
from glasswork.dispatch.grounded import grounded, set_beside

TOOLS = ["triangle.get", "circle.get", "convert_time", "speak"]


def tasks(*calls):
    return tuple(
        Task(f"t{number}", tool, arguments=arguments) for number, (tool, arguments) in enumerate(calls, start=1)
    )


@pytest.mark.parametrize(
    ("request_", "calls", "kept"),
    [
        ("Convert 3pm from New York to London.", [("convert_time", {"a": "New York", "b": "London"})] * 2, [1]),
        (
            "Convert 3pm from New York to London.",
            [("convert_time", {"a": "New York", "b": "London"}), ("convert_time", {"a": "London", "b": "New York"})],
            [1],
        ),
        ("A triangle with a side of 5", [("triangle.get", {"side": 5}), ("circle.get", {"radius": 5})], [1]),
        ("A triangle and a circle of 5", [("triangle.get", {"side": 5}), ("circle.get", {"radius": 5})], [1, 2]),
        ("Sides of 5 and of 5", [("triangle.get", {"side": 5}), ("circle.get", {"radius": 5.0})], [1, 2]),
        ("Sing!", [("convert_time", {"a": "12:00"})], []),
        ("Say 1,500 and 2.5", [("speak", {"text": 1500}), ("speak", {"text": 2.5}), ("speak", {"text": 15})], [1, 2]),
        ("请把上海和北京的时间念出来", [("speak", {"text": "上海"}), ("speak", {"text": "北京"})], [1, 2]),
        ("请把上海的时间念出来", [("speak", {"text": "上海"}), ("speak", {"text": "广州"})], [1]),
        ("Read it aloud", [("speak", {"text": Ref("a.txt")}), ("speak", {"text": Ref("t1")})], [1, 2]),
        ("Now", [("speak", {})], [1]),
        ("Twice 5", [("circle.get", {"radius": 7}), ("speak", {"text": Ref("t1")})], [1, 2]),
        ("Is it so?", [("speak", {"text": True, "deep": {"list": [None, "so"]}}), ("speak", {"text": True})], [1]),
    ],
)
def test_what_is_kept(request_, calls, kept):
    found = grounded(tasks(*calls), request_, TOOLS)
    assert [task.id for task in found] == [f"t{number}" for number in kept]


def test_all_mixtures_of_what_is_named():
    calls = [("convert_time", {"team": team, "year": year}) for team in ("Lakers", "Bulls") for year in (2018, 2020)]
    given = tasks(*calls, ("convert_time", {"team": "Lakers", "year": 2019}))
    assert grounded(given, "How did the Lakers and the Bulls do in 2018 and 2020?", TOOLS) == given[:4]


@pytest.mark.parametrize(
    ("request_", "left"),
    [
        ("The rise of Christianity in Egypt and Turkey", ["Turkey"]),
        ("The rise of Christianity in Turkey and Egypt, in short", ["Turkey"]),
        ("Concerts in Egypt, New York or the Hague", ["New York", "Hague"]),
        ("Cases of 'Egypt' and 'Civil law'", ["Civil law"]),
        ("In Egypt, and I want it now", []),
        ("Egypt and then something else", []),
        ("Turkey and Greece", []),
        ("Luxor, Egypt", []),
        ("Egypt and Egypt", []),
        ("", []),
    ],
)
def test_names_beside_one_that_is_taken(request_, left):
    assert set_beside(tasks(("convert_time", {"a": "Egypt", "b": Ref("t0")})), request_) == left


@given(
    st.lists(st.tuples(st.sampled_from(TOOLS), st.dictionaries(st.sampled_from("ab"), st.text("5x y", max_size=4)))),
    st.text("5x y"),
)
def test_what_is_kept_is_in_order_and_stable(calls, request_):
    given_ = tasks(*calls)
    kept = grounded(given_, request_, TOOLS)
    assert [one for one in given_ if one in kept] == list(kept)
    assert grounded(kept, request_, TOOLS) == kept


def test_numbered_anew():
    left = renumbered(
        (Task("t2", "a", arguments={"x": Ref("photo.png")}), Task("t4", "b", arguments={"x": Ref("t2")}, after=("t2",)))
    )
    assert [(one.id, one.waits_for) for one in left] == [("t1", ()), ("t2", ("t1",))]
    assert left[0].sources == ("photo.png",)
