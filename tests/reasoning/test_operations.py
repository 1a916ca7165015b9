"""The graph of operations: what each does to thoughts, with functions in place of a model."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glasswork.reasoning.operations import Aggregate, Generate, KeepBest, Refine, Score, Validate, carry_out
from glasswork.reasoning.web import BUDGET, Idea


def numbers(*values):
    """Make these numbers, of each group anew, added to what the group comes to."""

    async def make(groups):
        return [[Idea(str(v), sum(node.state for node in group) + v) for v in values] for group in groups]

    return make


async def worth(nodes):
    return [float(node.state) for node in nodes]


def run(operations, root=0, note=None):
    noted = []
    found = asyncio.run(carry_out(operations, root, note=note or noted.append))
    return found, {one.number: one for one in noted}


def test_a_whole_graph_and_what_became_of_each_thought():
    found, noted = run(
        {
            "drafts": Generate(numbers(1, 5, 3)),
            "scored": Score(worth, ("drafts",)),
            "best": KeepBest(2, ("scored",)),
            "joined": Aggregate(numbers(10), ("best",)),
            "better": Refine(numbers(1), ("joined",)),
            "last": Score(worth, ("best", "better")),
        }
    )
    assert [node.state for node in found.results] == [19, 5, 3]
    assert noted[1].fate == "dropped"
    assert noted[1].why == "not among the best 2"
    assert noted[4].parents == (2, 3), "a thought made of two: a graph, no tree"
    assert (noted[5].operation, noted[5].parents) == ("refine", (4,))
    assert noted[4].fate == "kept"
    assert found.thoughts == 5


@settings(deadline=None)
@given(values=st.lists(st.integers(-9, 9), min_size=1, max_size=8), keep=st.integers(1, 4))
def test_the_best_are_kept_and_no_more(values, keep):
    found, _ = run({"a": Generate(numbers(*values)), "b": Score(worth, ("a",)), "c": KeepBest(keep, ("b",))})
    assert [node.state for node in found.results] == sorted(values, reverse=True)[:keep]


def test_the_best_of_each_are_kept_apart():
    found, _ = run(
        {
            "parts": Generate(numbers(0, 100)),
            "tries": Generate(numbers(1, 2), ("parts",)),
            "scored": Score(worth, ("tries",)),
            "best": KeepBest(1, ("scored",), each=True),
        }
    )
    assert sorted(node.state for node in found.results) == [2, 102]


def test_the_best_of_those_alike_are_kept_apart():
    """A thought and its better versions are alike, though they were not made of the same."""
    found, _ = run(
        {
            "drafts": Generate(numbers(10, 20)),
            "better": Refine(numbers(1, -1), ("drafts",), beside=True),
            "scored": Score(worth, ("better",)),
            "best": KeepBest(1, ("scored",), by=lambda node: round(node.state, -1)),
        }
    )
    assert [node.state for node in found.results] == [21, 11]


def test_what_nobody_has_scored_cannot_be_ranked():
    with pytest.raises(ValueError, match="not scored"):
        run({"a": Generate(numbers(1, 2)), "b": KeepBest(1, ("a",))})


def test_an_operation_comes_after_those_it_needs():
    with pytest.raises(ValueError, match="'later', which does not come before"):
        run({"a": Score(worth, ("later",)), "later": Generate(numbers(1))})


@pytest.mark.parametrize(("tries", "states"), [(0, [4]), (1, [4, 2]), (3, [4, 2, 1])])
def test_what_does_not_hold_is_mended_so_often_and_then_dropped(tries, states):
    """Odd numbers do not hold; mending takes off 1 from 3, and 1 becomes 1 again."""
    rounds = []

    async def odd(nodes):
        rounds.append([node.state for node in nodes])
        return ["odd" if node.state % 2 and len(rounds) <= 2 else "" for node in nodes]

    async def mend(groups):
        return [[Idea("mended", node.state - 1 if node.state == 3 else node.state)] for (node,) in groups]

    found, noted = run({"a": Generate(numbers(4, 3, 1)), "b": Validate(odd, mend, ("a",), tries)})
    assert sorted(node.state for node in found.results) == sorted(states)
    assert noted[2].why == "odd"
    assert len(rounds) <= tries + 1


def test_a_spent_budget_hands_back_how_far_it_came():
    async def nothing(groups):
        return [None for _ in groups]

    found, noted = run(
        {
            "a": Generate(numbers(1, 2)),
            "b": Score(worth, ("a",)),
            "c": KeepBest(1, ("b",)),
            "d": Aggregate(nothing, ("c",)),
            "e": Refine(numbers(9), ("d",)),
        }
    )
    assert (found.ended, found.whole) == (BUDGET, False)
    assert [node.state for node in found.results] == [2]
    assert sorted(noted) == [1, 2]


def test_groups_are_joined_pair_by_pair():
    pairs = lambda nodes: [nodes[i : i + 2] for i in range(0, len(nodes), 2)]  # noqa: E731
    found, noted = run({"a": Generate(numbers(1, 2, 3, 4)), "b": Aggregate(numbers(0), ("a",), pairs)})
    assert [node.state for node in found.results] == [3, 7]
    assert noted[5].parents == (1, 2)


def test_an_operation_of_nothing_does_nothing():
    async def refused(groups):
        return [[Idea("x", refused="no number")] for _ in groups]

    found, noted = run({"a": Generate(refused), "b": Refine(numbers(1), ("a",))})
    assert found.results == ()
    assert not found.whole
    assert noted[1].why == "no number"


async def refusing(nodes):
    return ["no" for _ in nodes]


def test_a_graph_that_leaves_nothing_says_after_what():
    found, _ = run({"a": Generate(numbers(1)), "b": Validate(refusing, numbers(0), ("a",)), "c": Score(worth, ("b",))})
    assert (found.results, found.whole) == ((), False)
    assert found.ended == "all operations were carried out; nothing was left after 'b'"


def test_a_branch_that_leaves_nothing_is_told_where_another_goes_on():
    found, _ = run(
        {
            "a": Generate(numbers(1)),
            "b": Validate(refusing, numbers(0), ("a",), 0),
            "c": Generate(numbers(5)),
            "d": Score(worth, ("b", "c")),
        }
    )
    assert [node.state for node in found.results] == [5]
    assert found.ended.endswith("; nothing was left after 'b'")
