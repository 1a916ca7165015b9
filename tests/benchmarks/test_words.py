"""Writing and arithmetic: what counts as kept and as right, problems that can be checked, every arm to its end."""

from __future__ import annotations

import asyncio
import random
import re

import arithmetic
import pytest
import thinking
import writing
from arithmetic import TEMPLATES, last_number, made
from thinking import Bench, Row
from writing import kept, passage_in, tasks

from glasswork.models.estimate import usage
from glasswork.models.random import RandomModel
from glasswork.reasoning.purse import Purse
from glasswork.records import Completion

TASK = ("The kettle was cold.", "She laughed.", "It rained.", "The end was near.")
GOOD = "\n\n".join(f"Something happened. {sentence}" for sentence in TASK)


@pytest.mark.parametrize(
    ("text", "share"),
    [
        (GOOD, 1.0),
        (GOOD.replace("She laughed.", "She laughed!"), 0.75),
        (GOOD.replace("\n\n", "\n"), 0.0),
        (GOOD + "\n\nMore.", 0.0),
        ("\n\n".join(reversed(GOOD.split("\n\n"))), 0.0),
        ("", 0.0),
    ],
)
def test_a_paragraph_keeps_the_rule_where_it_ends_word_for_word(text, share):
    assert kept(text, TASK) == share


def test_tasks_are_the_same_for_the_same_seed():
    assert tasks(3, 2) == tasks(3, 5)[:2]
    assert tasks(3, 2) != tasks(4, 2)
    assert all(len(set(task)) == 4 for _, task in tasks(1, 50))
    assert passage_in("Plan: a\nPassage:\n\nb") == "b"


def test_a_tree_of_passages_is_planned_voted_on_and_written():
    async def ask(place, request):
        told = request.messages[-1].content
        if request.form == "label":
            lines = re.findall(r"^([A-Z])\. (.*)$", told, re.MULTILINE)[-len(request.labels) :]
            return Completion(text="A", logprobs={label: (0.0 if "good" in text else -5.0) for label, text in lines})
        plan = "a good plan" if place.endswith("/2") else "a bad plan"
        passage = GOOD + " good" if "a good plan" in told else "Nothing."
        text = plan if "Do not write it yet" in told else passage.removesuffix(" good")
        return Completion(text=text, usage=usage(request.messages, text))

    asked = []

    async def noted(place, request):
        asked.append(place)
        return await ask(place, request)

    outcome = asyncio.run(writing.tree(3)(TASK, Purse(noted)))
    assert (outcome.top, outcome.best) == (1.0, 1.0)
    assert [place for place in asked if place.startswith("think")] == [
        *(f"think/0/{n}" for n in (1, 2, 3)),
        *(f"think/2/{n}" for n in (1, 2, 3)),
    ]


@pytest.mark.parametrize("number", range(len(TEMPLATES)))
def test_slips_are_wrong_and_options_hold_the_answer_once(number):
    for seed in range(30):
        (_, problem) = made(seed, len(TEMPLATES))[number]
        options = problem.options(0)
        assert len(set(options)) == 5
        assert options.count(str(problem.answer)) == 1
        assert problem.answer not in problem.slips


def test_answers_of_the_templates_follow_from_their_words():
    """Worked out again from the numbers in the words, in the order in which they stand there."""
    again = [
        lambda trays, buns, given, price: (trays * buns - given) * price,
        lambda hours, fast, more, slow, planned: planned - hours * fast - more * slow,
        lambda start, week, weeks, spent: start + week * weeks - spent - 2 * spent,
        lambda rows, trees, apples, bad: rows * trees * apples - rows * trees * bad,
        lambda classes, pupils, each, box: (classes * pupils * each + box - 1) // box,
        lambda child, times, years: times * child + times * years - 10,
    ]
    for template, work in zip(TEMPLATES, again, strict=True):
        for seed in range(50):
            text, answer, _ = template(random.Random(seed))
            assert work(*map(int, re.findall(r"\d+", text))) == answer, text


def test_the_place_of_the_answer_tells_nothing():
    places = [problem.options(0).index(str(problem.answer)) for _, problem in made(1, 300)]
    assert all(35 <= places.count(place) <= 85 for place in range(5))


@pytest.mark.parametrize(
    ("text", "number"), [("So 3 + 4 = 7.", "7"), ("Answer: 1,250", "1250"), ("It is 12.00", "12"), ("none", "")]
)
def test_the_last_number_is_the_answer(text, number):
    assert last_number(text) == number


def test_problems_are_read_in_the_format_of_gsm8k(tmp_path):
    path = tmp_path / "problems.jsonl"
    path.write_text('{"question": "2 and 3?", "answer": "2+3=5\\n#### 5"}\n', encoding="utf-8")
    ((name, problem),) = arithmetic.read(path)
    assert (name, problem.answer, len(set(problem.slips) - {5})) == ("line-1", 5, 4)
    path.write_text("[]\n", encoding="utf-8")
    with pytest.raises(SystemExit, match=r"problems\.jsonl:1: expected an object"):
        arithmetic.read(path)


def test_every_strategy_and_its_control_come_to_an_end_and_to_chance(tmp_path):
    model = RandomModel(seed=1)

    async def ask(place, request):
        return await model.complete(request, place=place)

    arms = arithmetic.arms(3)
    rows = asyncio.run(Bench(arms, ask, tmp_path / "rows.jsonl", worst=0.0).run(made(1, 2)))
    assert len(rows) == 2 * len(arms)
    assert [row.error for row in rows if row.error] == []
    spent = {(row.arm, row.case): row for row in rows}
    for arm in arms:
        for case in {row.case for row in rows}:
            if arm.spends:
                budget = spent[arm.spends, case].tokens
                assert budget <= spent[arm.name, case].tokens <= budget + 700, arm.name


def test_the_table_sets_rates_beside_their_control():
    arms = [thinking.Arm("tree", None), thinking.Arm("plain", None, "tree")]
    rows = [
        Row(arm, f"c{n}", top=float(n < hits), best=1.0, tokens=tokens, calls=2)
        for arm, hits, tokens in (("tree", 6, 900), ("plain", 2, 950))
        for n in range(8)
    ]
    lines = list(thinking.table(rows, arms, rates=True))
    assert "75% [41%, 93%]" in lines[1]
    assert "tree - plain: +50%" in lines[3]
    assert lines[-1] == "without an answer: 0 of 16 rows"
    errors = list(thinking.table(rows, arms, rates=False))
    assert "0.75 [" in errors[1]
