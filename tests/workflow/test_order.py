"""Order, reach, levels and cycles of steps."""

from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from glasswork.workflow.order import cycles, in_order, levels, reach

DIAMOND = {"a": (), "b": ("a",), "c": ("a",), "d": ("c", "b"), "e": ()}


def test_a_diamond():
    assert in_order(DIAMOND) == ["a", "b", "c", "d", "e"]
    assert levels(DIAMOND) == [["a", "e"], ["b", "c"], ["d"]]
    assert reach(DIAMOND)["d"] == {"a", "b", "c"}
    assert cycles(DIAMOND) == []


def test_steps_written_upside_down():
    assert in_order({"c": ("b",), "b": ("a",), "a": ()}) == ["a", "b", "c"]


def test_whole_cycles_are_named():
    assert cycles({"a": ("a",)}) == [("a", "a")]
    assert cycles({"a": ("b",), "b": ("c",), "c": ("a",), "d": ("a",)}) == [("a", "b", "c", "a")]
    assert cycles({"a": ("b",), "b": ("a",), "c": ("d",), "d": ("c",)}) == [("a", "b", "a"), ("c", "d", "c")]


@st.composite
def graphs(draw):
    names = [f"s{n}" for n in range(draw(st.integers(0, 8)))]
    return {name: tuple(draw(st.lists(st.sampled_from(names), max_size=3))) for name in names}


@given(graphs())
def test_cycles_are_cycles_and_are_found_exactly_where_there_are_some(needs):
    try:
        list(TopologicalSorter(needs).static_order())
        cyclic = False
    except CycleError:
        cyclic = True
    found = cycles(needs)
    assert bool(found) is cyclic
    for cycle in found:
        assert cycle[0] == cycle[-1]
        assert all(after in needs[before] for before, after in pairwise(cycle))
    if not cyclic:
        order = in_order(needs)
        assert sorted(order) == sorted(needs)
        assert all(order.index(need) < order.index(step) for step in needs for need in needs[step])
        assert sorted(step for level in levels(needs) for step in level) == sorted(needs)
    within = reach(needs)
    assert all(within[need] <= within[step] for step in needs for need in needs[step])
