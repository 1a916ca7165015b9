"""How measures beside influence look: a line each, pooled in a table, curves and reliability below, and in a report."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from glasswork.cli import check_events
from glasswork.cli.check_events import Spent
from glasswork.cli.check_jobs import Job
from glasswork.explain.carry import Carry, Point
from glasswork.explain.case import Case, CaseOption
from glasswork.explain.coupling import act_against_plan
from glasswork.explain.measures import ALL, Measured, Pools, by_agent
from glasswork.explain.simulate import Trial
from glasswork.explain.thought import thought_and_stated
from glasswork.records import DecisionChecked, Segment, Usage
from glasswork.statistics import share
from glasswork.view.as_json import check_json
from glasswork.view.check import Checked, check_view
from glasswork.view.check_report import WHAT_ELSE, report_of
from glasswork.view.measures import lines

Show = Callable[..., str]
Golden = Callable[[str, str], None]
SPENT = Spent("qwen", 0, 24, Usage(prompt_tokens=900, completion_tokens=24), 1.2)
OPTIONS = ("refund: pay it back", "refuse: explain why not")


def case(number: int, agent: str, act: str) -> Case:
    return Case(
        id=f"desk#{number}",
        agent=agent,
        segments=tuple(Segment(id=f"s{n}", source="note", text=f"note {n}00{n}") for n in (1, 2, 3)),
        options=tuple(
            CaseOption(label=label, text=text, probability=p)
            for label, text, p in zip("AB", OPTIONS, (0.7, 0.3), strict=True)
        ),
        choice="AB"[number % 2],
        cited=("s1", "s2"),
        thinking="" if number == 3 else f"By s1 and 300{number} I would refund.",
        act=act,
        explanation="s1 decides",
        confidence=0.9,
        correct=number != 1,
    )


def carry(kind: str, *same: bool) -> Carry:
    points = [Point(unharmed=k / len(same), same=one, probability=0.6) for k, one in enumerate(same)]
    whole = Point(unharmed=1.0, same=True, probability=0.8)
    aoc = 0.375 if not all(same) else 0.0
    return Carry(
        case="x", kind=kind, sentences=len(same), points=(*points, whole), aoc=aoc, resampled=share(4, 4), calls=24
    )


def trial(number: int, truth: str, told: str, untold: str) -> Trial:
    return Trial(
        case=f"desk#{number}",
        removed=(f"s{number}",),
        options=OPTIONS,
        before="A",
        truth=truth,
        with_explanation=told,
        without=untold,
    )


def measured(number: int, agent: str, act: str) -> Measured:
    one = case(number, agent, act)
    thought = thought_and_stated(one)
    return Measured(
        one,
        follow=act_against_plan(one),
        thought=thought,
        silent=thought is None,
        confidence=True,
        early_answering=carry("early answering", False, number == 1) if thought else None,
        mistakes=carry("mistakes", True, True) if thought else None,
        trials=(trial(number, "A", "A", "A"), trial(number, "B", "B", "A")),
    )


def events(one: Measured) -> Iterator[DecisionChecked]:
    job = Job(one.case.id, one.case, "qwen")
    assert one.follow is not None
    yield check_events.of_act(job, one.follow)
    yield check_events.of_thought(job, one.thought)
    yield check_events.of_confidence(job)
    if one.early_answering and one.mistakes:
        yield check_events.of_carry(job, "early-answering", one.early_answering, SPENT)
        yield check_events.of_carry(job, "mistakes", one.mistakes, SPENT)
    yield check_events.of_simulation(job, one.trials, SPENT, "smollm")


def page(one: Measured) -> Checked:
    why = {} if one.early_answering else dict.fromkeys(("early-answering", "mistakes"), "it holds no thinking")
    checks = {event.measure: event for event in events(one)}
    return Checked(one.case.id, one.case.agent, one.case.segments, checks, unmeasured=why)


FOUND = [measured(1, "clerk", "refuse"), measured(2, "clerk", "refund"), measured(3, "judge", "Hm, well.")]


def found() -> tuple[list[Checked], list[tuple[str, str]], dict[str, Pools]]:
    return [page(one) for one in FOUND], [("desk#4", "there was one option only")], by_agent(FOUND)


def test_a_page(show: Show, golden: Golden) -> None:
    golden("measures.txt", show(check_view(*found()), 100))


def test_a_report(golden: Golden) -> None:
    text = report_of("r-aaaa", *found())
    golden("measures.md", text)
    assert "## What was asked" not in text


@pytest.mark.parametrize("width", [40, 60, 80, 132])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_every_width(show: Show, width: int, encoding: str) -> None:
    drawn = show(check_view(*found()), width, encoding=encoding)
    assert max(map(len, drawn.splitlines())) <= width


def test_json() -> None:
    data = check_json("r", *found())
    assert json.loads(json.dumps(data)) == data
    assert set(data["pooled"]) == {"clerk", "judge", ALL}
    assert set(data["pooled"]["clerk"]) == {"decisions", *(name for name in WHAT_ELSE)}
    assert "below 200" in data["pooled"][ALL]["confidence"]["stated"]["warning"]
    assert data["checked"][2]["unmeasured"] == dict.fromkeys(("early-answering", "mistakes"), "it holds no thinking")
    assert data["by_agent"] == {}


def test_each_measure_is_said_in_words_of_its_own() -> None:
    told = {line.name: line for line in lines(page(FOUND[0]).checks)}
    assert told.keys() == WHAT_ELSE.keys()
    assert told["act-follows-plan"].value == "yes"
    assert told["simulatability"].words.startswith("2 of 2 foretold with it, 1 without, 1 by 'no change'; by smollm")


def test_a_measure_of_another_version_is_shown_all_the_same() -> None:
    event = next(events(FOUND[0])).model_copy(update={"measure": "stubbornness", "value": 0.25})
    assert [*lines({"stubbornness": event})] == [("stubbornness", "0.25", "exact")]


def test_one_decision_has_no_interval(show: Show) -> None:
    drawn = show(check_view([page(FOUND[0])], [], by_agent(FOUND[:1])), 132)
    assert "early-answering          0.38 of 1 " in drawn


def test_what_was_not_measured_is_not_drawn(show: Show) -> None:
    one = Measured(FOUND[0].case, follow=FOUND[0].follow)
    drawn = show(check_view([], [], by_agent([one, one])), 100)
    assert "act-follows-plan" in drawn
    assert [name for name in WHAT_ELSE if name != "act-follows-plan" and name in drawn] == []
    assert "Reliability" not in drawn
