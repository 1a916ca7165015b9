"""The search of trees: what it keeps, drops and goes back from, for any tree and any budget."""

from __future__ import annotations

import asyncio
import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glasswork.reasoning.search import Space, breadth_first, depth_first
from glasswork.reasoning.web import BUDGET, Idea


def forest(depth: int, branches: int, seed: int, *, values=None, budget=None, done_at=None, same=lambda s: s):
    """A space of number sequences with drawn values; remembers what it was asked."""
    generator = random.Random(seed)
    drawn = {}
    asked = {"propose": [], "evaluate": []}
    left = [budget]

    def afford():
        if left[0] is None:
            return True
        left[0] -= 1
        return left[0] >= 0

    async def propose(nodes):
        out = []
        for node in nodes:
            if not afford():
                out.append(None)
                continue
            asked["propose"].append(node.state)
            out.append([Idea(str(n), (*node.state, n)) for n in range(branches)])
        return out

    async def evaluate(nodes):
        out = []
        for node in nodes:
            if not afford():
                out.append(None)
                continue
            asked["evaluate"].append(node.state)
            value = values[node.state] if values else drawn.setdefault(same(node.state), generator.random())
            out.append(value)
        return out

    done = (lambda state: len(state) >= done_at) if done_at else (lambda _: False)
    return Space(propose, evaluate, done, same), asked, drawn


def run(coroutine):
    return asyncio.run(coroutine)


sizes = st.integers(1, 4)


@settings(deadline=None)
@given(depth=sizes, branches=sizes, breadth=sizes, seed=st.integers(0, 9), ahead=st.integers(0, 2))
def test_a_level_keeps_no_more_than_the_beam(depth, branches, breadth, seed, ahead):
    noted = []
    space, asked, _ = forest(depth, branches, seed)
    found = run(breadth_first(space, (), depth=depth, breadth=breadth, look_ahead=ahead, note=noted.append))
    depth_of = {0: 0}
    for one in sorted(noted, key=lambda each: each.number):
        depth_of[one.number] = 1 + max((depth_of[p] for p in one.parents), default=0)
    levels = [
        sum(one.fate == "kept" and depth_of[one.number] == level for one in noted) for level in range(1, depth + 1)
    ]
    assert max(levels) <= breadth
    assert len(found.results) <= breadth
    assert all(len(node.state) == depth for node in found.results)
    assert len(set(asked["propose"])) == len(asked["propose"]), "nothing is thought on from twice"


@settings(deadline=None)
@given(depth=sizes, branches=sizes, breadth=sizes, seed=st.integers(0, 99))
def test_it_keeps_what_the_algorithm_as_published_keeps(depth, branches, breadth, seed):
    """An oracle: algorithm 1 of Yao et al., written anew on the same values, without nodes or notes."""
    space, _, drawn = forest(depth, branches, seed)
    found = run(breadth_first(space, (), depth=depth, breadth=breadth))
    frontier = [()]
    for _ in range(depth):
        new = [(*state, n) for state in frontier for n in range(branches)]
        order = sorted(range(len(new)), key=lambda i: drawn[new[i]], reverse=True)
        frontier = [new[i] for i in order][:breadth]
    assert [node.state for node in found.results] == frontier
    assert found.whole


@settings(deadline=None)
@given(depth=sizes, branches=sizes, breadth=sizes, seed=st.integers(0, 9), budget=st.integers(0, 60))
def test_a_budget_is_not_passed_and_what_there_is_is_handed_back(depth, branches, breadth, seed, budget):
    noted = []
    space, asked, _ = forest(depth, branches, seed, budget=budget)
    found = run(breadth_first(space, (), depth=depth, breadth=breadth, note=noted.append))
    assert len(asked["propose"]) + len(asked["evaluate"]) <= budget
    unlimited, _, _ = forest(depth, branches, seed)
    whole = run(breadth_first(unlimited, (), depth=depth, breadth=breadth))
    assert found.whole == (found.ended != BUDGET)
    if found.whole:
        assert [node.state for node in found.results] == [node.state for node in whole.results]
    assert sorted(one.number for one in noted) == list(range(1, found.thoughts + 1)), "each is settled once"


@settings(deadline=None)
@given(depth=sizes, branches=sizes, seed=st.integers(0, 20), threshold=st.floats(0, 1), wanted=st.integers(1, 3))
def test_depth_first_never_follows_what_is_below_the_threshold(depth, branches, seed, threshold, wanted):
    noted = []
    space, asked, drawn = forest(depth, branches, seed)
    found = run(depth_first(space, (), depth=depth, threshold=threshold, wanted=wanted, note=noted.append))
    followed = [state for state in asked["propose"] if state]
    assert all(drawn[state] >= threshold for state in followed)
    assert len(found.results) <= wanted
    for one in noted:
        assert (one.fate == "dropped") or one.score >= threshold
    if found.whole:
        assert all(drawn[node.state[:n]] >= threshold for node in found.results for n in range(1, depth + 1))
    else:
        every = itertools.product(range(branches), repeat=depth)
        reachable = [s for s in every if all(drawn.get(s[:n], 0.0) >= threshold for n in range(1, depth + 1))]
        assert reachable == [], "it went through all that was worth it"


def test_depth_first_goes_back_from_a_branch_that_leads_nowhere():
    values = {(0,): 0.9, (1,): 0.8, (0, 0): 0.1, (0, 1): 0.2, (1, 0): 0.7, (1, 1): 0.3}
    noted = []
    space, asked, _ = forest(2, 2, 0, values=values)
    found = run(depth_first(space, (), depth=2, threshold=0.5, note=noted.append))
    assert [node.state for node in found.results] == [(1, 0)]
    assert asked["propose"] == [(), (0,), (1,)]
    fates = {one.number: (one.fate, one.why) for one in noted}
    assert fates[1] == ("left", "nothing under it was worth it: back")
    assert fates[2][0] == "kept"
    assert "worth less than 0.5" in fates[3][1]


def test_what_depth_first_finds_nowhere_is_said_and_the_furthest_is_handed_back():
    values = {(0,): 0.9, (1,): 0.8, (0, 0): 0.1, (0, 1): 0.2, (1, 0): 0.4, (1, 1): 0.3}
    space, _, _ = forest(2, 2, 0, values=values)
    found = run(depth_first(space, (), depth=2, threshold=0.5))
    assert not found.whole
    assert found.results[0].state == (1, 0)
    assert "nothing whole was found" in found.ended


def test_equal_states_are_valued_once_alike_and_take_one_place():
    """The published program values repeats of a state at 0, so that what is good twice can lose."""
    noted = []
    space, asked, _ = forest(1, 4, 3, same=lambda state: tuple(n % 2 for n in state))
    found = run(breadth_first(space, (), depth=1, breadth=4, note=noted.append))
    assert len(asked["evaluate"]) == 2
    assert len(found.results) == 2
    scores = {one.number: one.score for one in noted}
    assert scores[1] == scores[3]
    assert scores[2] == scores[4]
    assert {one.number: one.why for one in noted if one.fate == "dropped"} == {3: "the same as 1", 4: "the same as 2"}


def test_what_is_refused_is_told_and_never_valued():
    async def propose(nodes):
        return [[Idea("2 + 2 = 5", refused="2 + 2 is 4"), Idea("2 + 2 = 4", (*node.state, 4))] for node in nodes]

    valued, noted = [], []

    async def evaluate(nodes):
        valued.extend(node.text for node in nodes)
        return [1.0 for _ in nodes]

    space = Space(propose, evaluate, lambda _: False, lambda state: state)
    found = run(breadth_first(space, (), depth=1, breadth=2, note=noted.append))
    assert valued == ["2 + 2 = 4"]
    assert [node.text for node in found.results] == ["2 + 2 = 4"]
    assert next((one.text, one.fate, one.why) for one in noted) == ("2 + 2 = 5", "dropped", "2 + 2 is 4")


def test_looking_ahead_finds_what_a_first_look_misses():
    """The better start is worth less by itself: only what comes after it shows."""
    values = {(0,): 0.9, (1,): 0.1, (0, 0): 0.2, (0, 1): 0.2, (1, 0): 1.0, (1, 1): 0.0}
    blind, _, _ = forest(2, 2, 0, values=values)
    seeing, asked, _ = forest(2, 2, 0, values=values)
    assert run(breadth_first(blind, (), depth=2, breadth=1)).results[0].state == (0, 0)
    assert run(breadth_first(seeing, (), depth=2, breadth=1, look_ahead=1)).results[0].state == (1, 0)
    assert len(asked["propose"]) == len(set(asked["propose"])) == 3, "what was thought ahead is not thought again"
    deep, _, _ = forest(2, 2, 0, values=values)
    assert run(depth_first(deep, (), depth=2, threshold=0.5, look_ahead=1)).results[0].state == (1, 0)


def test_a_dead_end_is_worth_nothing_to_who_looks_ahead():
    async def propose(nodes):
        return [[] if node.state == (0,) else [Idea("x", (*node.state, n)) for n in range(2)] for node in nodes]

    async def evaluate(nodes):
        return [0.9 if node.state[0] == 0 else 0.5 for node in nodes]

    space = Space(propose, evaluate, lambda _: False, lambda state: state)
    found = run(breadth_first(space, (), depth=2, breadth=1, look_ahead=1))
    assert found.results[0].state[0] == 1


@pytest.mark.parametrize(("whole", "found_whole"), [(True, True), (False, False)])
def test_where_all_lines_end_what_was_whole_before_still_is(whole, found_whole):
    async def propose(nodes):
        return [[Idea("x", (0,)), Idea("y", (1,))] if node.state == () else [] for node in nodes]

    async def evaluate(nodes):
        return [0.5 for _ in nodes]

    space = Space(propose, evaluate, lambda state: whole and state == (1,), lambda state: state)
    found = run(breadth_first(space, (), depth=3, breadth=2))
    assert found.whole is found_whole
    assert found.ended == "nothing could be thought on from"
    assert {node.state for node in found.results} == {(0,), (1,)}


def test_relative_values_are_not_carried_from_one_vote_to_the_next():
    asked = []

    async def propose(nodes):
        return [[Idea("a", "a"), Idea("b", "b")] for _ in nodes]

    async def evaluate(nodes):
        asked.append([node.state for node in nodes])
        return [0.5 for _ in nodes]

    for relative, votes in ((True, 2), (False, 1)):
        asked.clear()
        space = Space(propose, evaluate, lambda _: False, lambda state: state, relative=relative)
        run(breadth_first(space, "", depth=2, breadth=1))
        assert len(asked) == votes


def test_values_are_remembered_within_one_search_only():
    """The published program keeps them for the life of the process, keyed by the prompt alone."""
    space, asked, _ = forest(1, 2, 0)
    for _ in range(2):
        run(breadth_first(space, (), depth=1, breadth=1))
    assert len(asked["evaluate"]) == 4


@settings(deadline=None)
@given(seed=st.integers(0, 99), breadth=sizes)
def test_what_is_whole_early_is_kept_and_not_thought_on_from(seed, breadth):
    space, asked, _ = forest(4, 2, seed, done_at=2)
    found = run(breadth_first(space, (), depth=4, breadth=breadth))
    assert all(len(state) < 2 for state in asked["propose"])
    assert found.results
    assert found.ended == "nothing was left open"


@pytest.mark.parametrize("ahead", [0, 1])
def test_ties_go_to_who_came_first(ahead):
    space, _, _ = forest(2, 3, 0, values={s: 0.5 for n in (1, 2, 3) for s in itertools.product(range(3), repeat=n)})
    found = run(breadth_first(space, (), depth=2, breadth=2, look_ahead=ahead))
    assert [node.state for node in found.results] == [(0, 0), (0, 1)]
