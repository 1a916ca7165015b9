"""Sorting: errors are counted as published, and the graph comes to a sorted list where its model can sort."""

from __future__ import annotations

import asyncio
import itertools
import json
import re

import pytest
import sorting
from hypothesis import given, settings
from hypothesis import strategies as st
from sorting import UNREADABLE, State, digits_in, errors, graph

from glasswork.models.estimate import usage
from glasswork.reasoning.operations import carry_out
from glasswork.reasoning.purse import Purse
from glasswork.records import Completion

digits = st.lists(st.integers(0, 9), max_size=20).map(tuple)


class Sorts:
    """Sorts, merges and mends; ``slip`` spoils the answers of some places."""

    def __init__(self, slip=lambda place: False):
        self.slip, self.asked = slip, []

    async def __call__(self, place, request):
        self.asked.append(place)
        last = request.messages[-1].content.rpartition("Input: ")[2]
        lists = [json.loads(found) for found in re.findall(r"\[[\d, ]*\]", last)]
        whole = lists[0] if place.startswith("mend") else [digit for each in lists for digit in each]
        made = sorted(whole)[1:] if self.slip(place) else sorted(whole)
        text = f"Sure! {made}"
        return Completion(text=text, usage=usage(request.messages, text))


def run(name, given_, model, length=32):
    arm = next(one.run for one in sorting.arms(length, 3) if one.name == name)
    return asyncio.run(arm(given_, Purse(model, 2000, to_the_end=True) if "@" in name else Purse(model)))


@settings(deadline=None)
@given(digits, digits)
def test_errors_are_counted_as_the_published_program_counts_them(have, want):
    expected = sum(abs(sum(1 for d in have if d == n) - sum(1 for d in want if d == n)) for n in range(10))
    expected += sum(1 for a, b in itertools.pairwise(have) if a > b)
    assert errors(have, want) == expected
    assert errors(tuple(sorted(want)), want) == 0


def test_what_is_no_list_counts_300():
    assert errors(digits_in("I cannot."), (1, 2)) == UNREADABLE
    assert digits_in("[1, 2] becomes [2, 1,]") == (2, 1)
    assert digits_in("[]") == ()


@pytest.mark.parametrize("length", [32, 64])
@pytest.mark.parametrize("name", ["io", "cot", "tot", "got", "io@got"])
def test_whoever_can_sort_makes_no_errors(name, length):
    given_ = tuple((7 * n + n // 3) % 10 for n in range(length))
    outcome = run(name, given_, Sorts(), length)
    assert (outcome.top, outcome.best) == (0, 0)


def test_the_graph_asks_for_parts_merges_and_mends():
    given_ = tuple((7 * n) % 10 for n in range(64))
    model = Sorts(slip=lambda place: place.startswith("merge"))
    found = asyncio.run(carry_out(graph(64, 3, Purse(model)), State(given_, given_)))
    kinds = [place.partition("/")[0] for place in model.asked]
    assert (kinds.count("sort"), kinds.count("merge"), kinds.count("mend")) == (4 * 3, 2 * 6 + 6, 2 * 6 + 6)
    assert errors(found.results[0].state.digits, given_) == 0, "what merging lost is mended"
    assert len(found.results) == 1


def test_halves_that_are_alike_are_not_taken_for_one():
    given_ = (5, 3, 1, 2) * 16
    assert run("got", given_, Sorts(), 64).top == 0


def test_a_graph_that_slips_everywhere_hands_back_the_least_of_it():
    given_ = tuple((7 * n) % 10 for n in range(32))
    outcome = run("got", given_, Sorts(slip=lambda place: True))
    assert outcome.top == outcome.best > 0


def test_the_oracle_picks_the_best_sample_and_the_first_is_told_apart():
    given_ = tuple((7 * n) % 10 for n in range(32))
    outcome = run("io", given_, Sorts(slip=lambda place: place.endswith("/1")))
    assert (outcome.top, outcome.best) == (1, 0)


def test_lists_are_read(tmp_path):
    path = tmp_path / "lists.csv"
    path.write_text('ID,Unsorted,Sorted\n0,"[3, 1]","[1, 3]"\n', encoding="utf-8")
    assert sorting.lists(path) == [("list-0", (3, 1))]
