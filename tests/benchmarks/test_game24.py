"""Game of 24: the rules are exact, steps that do not hold are refused, and the search finds what its model knows."""

from __future__ import annotations

import asyncio
import itertools
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import game24
import pytest
from game24 import SHOTS, Left, answer_in, puzzles, right, solvable
from hypothesis import given, settings
from hypothesis import strategies as st
from thinking import Arm, Bench

from glasswork.errors import ModelError, ModelServerError, ModelUnreachable
from glasswork.models.estimate import usage
from glasswork.reasoning.purse import Purse
from glasswork.records import Completion

numbers = st.integers(1, 13)


class Player:
    """Proposes every step there is, and knows what can be won; ``blind`` values all alike."""

    def __init__(self, blind=False, wrong=False, answer="(1 + 2 + 3) * 4"):
        self.blind, self.wrong, self.answer = blind, wrong, answer
        self.asked = []

    async def __call__(self, place, request):
        self.asked.append(place)
        told = request.messages[-1].content
        if request.form == "label":
            left = [Fraction(n) for n in told.rpartition("23: impossible\n\n")[2].partition(":")[0].split()]
            options = dict(re.findall(r"^([A-C])\. (\w+)$", told, re.MULTILINE))
            likely = "likely" if self.blind else "sure" if solvable(left) else "impossible"
            return self.said(request, "A", {one: (0.0 if text == likely else -9.0) for one, text in options.items()})
        if place.startswith("propose"):
            return self.said(request, self.steps(told.rpartition("Input: ")[2].split()))
        return self.said(request, f"Steps:\n1 + 2 = 3 (left: 3 3 4)\nAnswer: {self.answer} = 24")

    def steps(self, left):
        if self.wrong:
            return "1 + 1 = 3\n99 + 1 = 100\nnothing comes to mind"
        lines = []
        for one, other in itertools.permutations(left, 2):
            a, b = Fraction(one), Fraction(other)
            lines += [f"{a} + {b} = {a + b}", f"{a} - {b} = {a - b}", f"{a} * {b} = {a * b}"]
            lines += [f"{a} / {b} = {a / b}"] if b else []
        return "\n".join(lines)

    @staticmethod
    def said(request, text, logprobs=None):
        return Completion(text=text, logprobs=logprobs, usage=usage(request.messages, text))


def play(arm, puzzle, player):
    run = next(one.run for one in game24.arms(5) if one.name == arm)
    return asyncio.run(run(puzzle, Purse(player)))


@pytest.mark.parametrize(
    ("expression", "puzzle", "holds"),
    [
        ("(1 + 2 + 3) * 4", (4, 3, 2, 1), True),
        ("8 / (3 - 8 / 3)", (3, 3, 8, 8), True),
        ("6 * 4", (1, 2, 4, 6), False),
        ("4 * 6 * 1 * 1", (1, 2, 4, 6), False),
        ("(1 + 2 + 3) * 4.0", (1, 2, 3, 4), False),
        ("24", (1, 2, 3, 4), False),
        ("5 * 4 + 3 + 2", (2, 3, 4, 5), False),
        ("3 * 8 - 1 / 9", (1, 3, 8, 9), False),
        ("1 + 2 + 3 + 4", (1, 2, 3, 4), False),
        ("12 * 3 - 4 * 1 / 0", (1, 2, 3, 4), False),
        ("__import__('os')", (1, 2, 3, 4), False),
        ("2 ** 3 * (4 - 1)", (1, 2, 3, 4), False),
        ("(1 + 2 + True * 3) * 4", (1, 2, 3, 4), False),
        ("", (1, 2, 3, 4), False),
    ],
)
def test_an_answer_uses_each_number_once_and_is_24_exactly(expression, puzzle, holds):
    assert right(expression, puzzle) is holds


def test_the_examples_of_the_prompts_hold():
    for numbers_, steps, answer in SHOTS:
        puzzle = tuple(map(int, numbers_.split()))
        assert right(answer_in(answer), puzzle)
        state = Left.of(puzzle)
        for line in steps:
            idea = state.step(line)
            assert idea.refused == ""
            assert idea.text == line, "what is left is what the example says"
            state = idea.state
        assert state.numbers == (24,)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("2 + 3 = 6", "2 + 3 is 5"),
        ("2 + 9 = 11", "it uses numbers that are not left: 2 3 4 4"),
        ("2 + 2 = 4", "it uses numbers that are not left: 2 3 4 4"),
        ("4 / 3 = 1.33", "it is no step"),
        ("I would add them.", "it is no step"),
    ],
)
def test_a_step_that_does_not_hold_is_refused_with_the_reason(line, why):
    assert Left.of((2, 3, 4, 4)).step(line).refused == why


def test_a_step_that_divides_by_zero_is_refused():
    state = Left.of((4, 4, 6, 1)).step("4 - 4 = 0").state
    assert state.step("6 / 0 = 0").refused == "it divides by zero"


@settings(deadline=None)
@given(st.tuples(numbers, numbers, numbers, numbers), st.data())
def test_what_steps_lead_to_is_what_their_expression_comes_to(puzzle, data):
    state = Left.of(puzzle)
    while len(state.terms) > 1:
        a, b = data.draw(st.permutations([value for value, _ in state.terms]))[:2]
        sign = data.draw(st.sampled_from("+-*/" if b else "+-*"))
        state = state.step(f"{a} {sign} {b} = {game24._SIGNS[sign](a, b)}").state
    value, used = game24.value_of(state.terms[0][1])
    assert value == state.numbers[0]
    assert sorted(used) == sorted(puzzle)


@pytest.mark.parametrize("arm", ["tot_b1", "tot_b5", "tot_dfs"])
@pytest.mark.parametrize("puzzle", [(4, 5, 6, 10), (3, 3, 8, 8), (1, 5, 5, 5)])
def test_a_tree_finds_what_its_model_knows(arm, puzzle):
    outcome = play(arm, puzzle, Player())
    assert (outcome.top, outcome.best) == (1.0, 1.0)
    assert right(outcome.answers[0], puzzle)


def test_the_top_ranked_and_any_of_five_are_told_apart():
    found = [play("tot_b5", puzzle, Player(blind=True)) for puzzle in [(1, 2, 4, 12), (2, 2, 2, 12), (1, 1, 4, 6)]]
    assert all(one.best >= one.top for one in found)
    assert len(found[0].answers) == 5


@pytest.mark.parametrize("arm", ["tot_b1", "tot_b5", "tot_dfs"])
def test_a_model_that_proposes_nonsense_finds_nothing(arm):
    player = Player(wrong=True)
    assert play(arm, (1, 2, 3, 4), player).best == 0.0
    assert all(place.startswith("propose") for place in player.asked), "nobody values what does not hold"


def test_a_control_spends_what_the_tree_did_and_rows_are_not_made_again(tmp_path):
    arms = [arm for arm in game24.arms(5) if arm.name in {"io", "tot_b5", "cot@tot_b5"}]
    player, out = Player(), tmp_path / "rows.jsonl"
    cases = [("a", (1, 2, 3, 4)), ("b", (4, 5, 6, 10))]
    rows = asyncio.run(Bench(arms, player, out, worst=0.0).run(cases))
    by = {(row.arm, row.case): row for row in rows}
    assert by["cot@tot_b5", "a"].tokens >= by["tot_b5", "a"].tokens == by["cot@tot_b5", "a"].budget
    assert by["cot@tot_b5", "a"].tokens < by["tot_b5", "a"].tokens + 800
    assert (by["cot@tot_b5", "a"].top, by["cot@tot_b5", "b"].top) == (1.0, 0.0)
    asked = len(player.asked)
    again = asyncio.run(Bench(arms, player, out, worst=0.0).run(cases))
    assert len(player.asked) == asked
    assert again == rows
    assert len(out.read_text().splitlines()) == 6


def test_an_arm_that_fails_has_a_row_that_says_so(tmp_path):
    (row,) = asyncio.run(one_row(tmp_path / "rows", ModelError("it gave no answer")))
    assert (row.top, row.error) == (0.0, "it gave no answer")


@pytest.mark.parametrize("kind", [ModelUnreachable, ModelServerError])
def test_a_server_that_is_gone_or_broke_is_no_row(tmp_path, kind):
    with pytest.raises(kind):
        asyncio.run(one_row(tmp_path / "rows", kind("nobody is there")))
    assert not (tmp_path / "rows").exists()


async def one_row(out, error):
    async def fails(place, request):
        raise error

    arm = Arm("io", next(one.run for one in game24.arms(5) if one.name == "io"))
    return await Bench([arm], fails, out, worst=0.0).run([("a", (1, 2, 3, 4))])


def test_puzzles_are_read_by_rank_and_those_of_the_prompts_are_not_asked(tmp_path):
    path = tmp_path / "ranks.csv"
    path.write_text("Rank,Puzzles\n1,1 2 3 4\n2,1 1 4 6\n3,4 5 6 10\n", encoding="utf-8")
    assert puzzles(path, 1, 2) == [("rank-2", (1, 1, 4, 6))]


@pytest.mark.parametrize(
    ("bench", "extra"), [("game24", []), ("sorting", []), ("arithmetic", ["--data", "none.jsonl"])]
)
def test_without_data_a_bench_says_that_it_skips(bench, extra, tmp_path):
    program = Path(game24.__file__).with_name(f"{bench}.py")
    folder = [] if extra else ["--folder", str(tmp_path)]
    found = subprocess.run(
        [sys.executable, program, *folder, *extra], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert found.returncode == 1
    assert "skipped: there is no" in found.stderr
