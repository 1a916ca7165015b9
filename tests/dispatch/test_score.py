"""Strict scores. What upstream scorers let pass is a test here."""

import pytest

from glasswork.dispatch.score import F1, Call, edge_f1, exact, invented, node_f1, same, wrong_calls

NEEDS = {"area": ["base", "height"], "play": ["artist"], "mean": ["numbers"]}
AREA = {"area": {"base": [10], "height": [5], "unit": ["units", ""]}}


def area(**arguments):
    return Call("area", {"base": 10, "height": 5, **arguments})


@pytest.mark.parametrize(
    ("calls", "right", "said"),
    [
        ([area()], [AREA], ""),
        ([area(unit="Units")], [AREA], ""),
        ([area(unit="cm")], [AREA], "area: unit is 'cm'"),
        ([area(colour="red")], [AREA], "area: colour is not to be given"),
        ([Call("area", {"base": 10})], [AREA], "area: height is missing"),
        ([area(base="10")], [AREA], "area: base is '10'"),
        ([area(base=True)], [{"area": {"base": [1], "height": [5]}}], "area: base is True"),
        ([area(base=10.0)], [AREA], ""),
        (None, [AREA], "unreadable"),
        (None, [], "unreadable"),
        ([], [AREA], "0 calls, and 1 were due"),
        ([area(), area()], [AREA], "2 calls, and 1 were due"),
        ([Call("volume", {})], [AREA], "invented tool: volume"),
        ([Call("play", {"artist": "x"})], [AREA], "play in place of area"),
        ([], [], ""),
        ([area()], [], "a call, where none was due: area"),
    ],
)
def test_calls(calls, right, said):
    assert wrong_calls(calls, right, NEEDS) == said


def test_calls_may_come_in_any_order_but_each_counts_once():
    first, second = ({"play": {"artist": [name]}} for name in ("Taylor Swift", "Maroon 5"))
    swift, maroon = Call("play", {"artist": "taylor-swift"}), Call("play", {"artist": "Maroon 5"})
    assert wrong_calls([maroon, swift], [first, second], NEEDS) == ""
    assert wrong_calls([maroon, maroon], [first, second], NEEDS) == "play: artist is 'Maroon 5'"


def test_an_argument_that_was_said_may_not_be_left_out():
    due = {"play": {"artist": ["x"], "minutes": [20]}}
    assert wrong_calls([Call("play", {"artist": "x"})], [due], NEEDS) == "play: minutes is left out"


@pytest.mark.parametrize(
    ("given", "accepted", "equal"),
    [
        ([1, 2], [1, 2], True),
        ([1, 2], [2, 1], False),
        (["New York"], ["new york"], True),
        ({"a": 1}, {"a": [1, 2]}, True),
        ({"a": 1}, {"a": [1], "b": ["", 3]}, True),
        ({"a": 1}, {"a": [1], "b": [3]}, False),
        ({"a": 1, "c": 2}, {"a": [1]}, False),
        ([{"a": 1}], [{"a": [1]}], True),
        (1, "1", False),
        (0, False, False),
        (None, None, True),
        ("2023-10-01", "2023/10/01", True),
    ],
)
def test_values(given, accepted, equal):
    assert same(given, accepted) is equal


def test_unreadable_plans_stay_in_the_denominator():
    """TaskBench's scorer leaves out what it cannot parse."""
    assert node_f1(None, ["a"]) == F1(0, 0, 0)
    assert node_f1(None, []) == F1(0, 0, 0)


def test_invented_tools_count_against_a_plan():
    """TaskBench's scorer maps them to nothing."""
    assert node_f1(["a", "invented"], ["a"]).f1 == pytest.approx(2 / 3)
    assert invented(["a", "invented"], ["a", "b"]) == 0.5
    assert invented([], ["a"]) == invented(None, ["a"]) == 0


def test_a_tool_that_is_used_twice_counts_twice():
    """TaskBench's scorer compares sets."""
    assert node_f1(["a"], ["a", "a"]).recall == 0.5
    assert edge_f1([("a", "a")], [("a", "a"), ("a", "a")]).f1 == pytest.approx(2 / 3)


def test_exact_plans():
    edges = [("a", "b"), ("b", "c")]
    assert exact(["a", "b", "c"], edges, ["a", "b", "c"], edges)
    assert exact(["c", "b", "a"], edges, ["a", "b", "c"], edges), "the graph counts, not the list"
    assert not exact(["a", "b", "c"], edges[:1], ["a", "b", "c"], edges)
    assert not exact(None, [], [], [])
