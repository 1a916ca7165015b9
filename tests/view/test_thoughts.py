"""Trees and graphs of thoughts in the terminal: the whole of one, what a tale says of it, and nothing that bites."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest

from glasswork.records import (
    EVENT,
    DecisionStarted,
    Event,
    Planned,
    StepFinished,
    StepStarted,
    ThinkingEnded,
    ThoughtNoted,
)
from glasswork.view.as_json import why_json
from glasswork.view.story import story
from glasswork.view.why import why

Show = Callable[..., str]


def thought(number: int, text: str, *parents: int, fate: str = "kept", why: str = "", **more) -> ThoughtNoted:
    operation = "aggregate" if len(parents) > 1 else "propose"
    return ThoughtNoted(
        decision="menu#1", number=number, parents=parents, operation=operation, text=text, fate=fate, why=why, **more
    )


def thinking(make: SimpleNamespace, *, extra: int = 0, **readings: str) -> list[Event]:
    """A decision with a graph: what was kept, dropped, gone back from, and joined out of two."""
    started, *rest = make.decision(
        "menu#1",
        "cook",
        [("task", "Feed six guests.")],
        "A broth carries further.",
        [("stew", 0.7), ("salad", 0.3)],
        {"produces": "text", "text": "Stew."},
        [("s1", "It says six.")],
    )
    noted = [
        thought(2, "begin with a salad that needs no fire", fate="dropped", why="not among the best 2", score=0.25),
        thought(1, "begin with a broth", score=0.9),
        thought(3, "begin with bread, which takes until tomorrow and so does not help the guests of tonight at all", score=0.7,
                fate="left", why="nothing under it was worth it: back"),
        thought(5, "bake it in the morning", 3, fate="dropped", why="worth less than 0.5", score=0.1),
        thought(4, "make a stew of the broth", 1, score=0.95),
        thought(6, "serve the stew with what bread there is", 4, 3, score=0.97),
        *(thought(7 + n, f"also ran {n}", 1, fate="dropped", why="not among the best 2", score=0.2) for n in range(extra)),
    ]  # fmt: skip
    ended = ThinkingEnded(
        decision="menu#1",
        strategy="graph",
        results=(6, 4),
        ended="all operations were carried out",
        calls=21,
        tokens=3400,
        budget=5000,
        agreement=0.75,
        **readings,
    )
    plan = next(index for index, event in enumerate(rest) if isinstance(event, Planned))
    return [
        StepStarted(step="menu", kind="agent", agent="cook"),
        started,
        *rest[:plan],
        *noted,
        ended,
        *rest[plan:],
        StepFinished(step="menu", state="done", seconds=9),
    ]


def test_a_graph_is_drawn_whole(make: SimpleNamespace, show: Show, golden) -> None:
    text = show(why(make.log_of(thinking(make, extra=6)), "menu#1"))
    golden("thoughts-why.txt", text)
    assert "3 more entries: --verbose" in text
    verbose = show(why(make.log_of(thinking(make, extra=6)), "menu#1", verbose=True))
    assert "more entries" not in verbose
    assert "also ran 5" in verbose
    assert "the guests of tonight at all" in " ".join(verbose.split())


def test_a_tale_says_what_the_thinking_came_to(make: SimpleNamespace, show: Show, golden) -> None:
    text = show(story(make.log_of(thinking(make, disagreement="A here, B there"))))
    golden("thoughts-story.txt", text)
    assert "glasswork log why" in text
    assert "two readings part: A here, B there" in text
    assert "also ran" not in text


def test_two_readings_that_agree_say_so(make: SimpleNamespace, show: Show) -> None:
    log = make.log_of(thinking(make, accord="A (stew): 70% and 80%"))
    assert "two readings agree: A (stew): 70% and 80%" in show(story(log))
    assert "two readings agree: A (stew): 70% and 80%" in show(why(log, "menu#1"))


@pytest.mark.parametrize("width", [40, 80, 200])
def test_no_thought_reaches_the_terminal_as_it_came(make: SimpleNamespace, show: Show, width: int) -> None:
    dirty = [EVENT.validate_python(make.soiled(event.model_dump())) for event in thinking(make, extra=4)]
    log = make.log_of(dirty)
    name = next(event.decision for event in dirty if isinstance(event, DecisionStarted))
    for thing in (why(log, name), why(log, name, verbose=True), story(log), story(log, verbose=True)):
        text = show(thing, width)
        assert all(char.isprintable() or char == "\n" for char in text)
        assert all(len(line) <= width for line in text.splitlines())


def test_a_plain_terminal_gets_plain_signs(make: SimpleNamespace, show: Show) -> None:
    text = show(why(make.log_of(thinking(make)), "menu#1"), encoding="ascii")
    assert "`-- " in text
    assert "(aggregate with 3)" in text


def test_what_was_cut_off_is_drawn_as_far_as_it_came(make: SimpleNamespace, show: Show) -> None:
    kept = (StepStarted, DecisionStarted, ThoughtNoted)
    events = [event for event in thinking(make) if isinstance(event, kept)][:5]
    text = show(why(make.log_of(events), "menu#1"))
    assert "not ended" in text
    assert "begin with a broth" in text


def test_thoughts_are_there_for_programs(make: SimpleNamespace) -> None:
    found = why_json(make.log_of(thinking(make)), "menu#1")
    assert [one["number"] for one in found["thoughts"]] == [2, 1, 3, 5, 4, 6]
    assert found["thoughts"][-1]["parents"] == [4, 3]
    assert found["thinking"]["results"] == [6, 4]
