"""A run is told alike however the events of what ran side by side are interleaved, and told early, and never twice."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console

from glasswork.errors import LogCorrupt
from glasswork.log.reader import Entry
from glasswork.records import (
    Acted,
    ConditionRead,
    Event,
    Explained,
    ModelAnswered,
    ModelFailed,
    RunFinished,
    RunResumed,
    RunStarted,
    StepFinished,
    StepStarted,
)
from glasswork.view.heading import Heading
from glasswork.view.rounds import Decision, Round
from glasswork.view.story import chapters
from glasswork.view.telling import HELD, Mark, Teller, Told

Branch = list["Event | Branch"]
"""Events in order; a branch within them may run beside all that follows it."""


def entries(events: list[Event]) -> Iterator[Entry]:
    start = datetime(2026, 11, 22, 19, 45, 1, tzinfo=UTC)
    return (Entry(n, start + timedelta(seconds=n), event) for n, event in enumerate(events, 1))


def work(make: SimpleNamespace, step: str, number: int = 1, *, item: int = 0, fails: bool = False) -> Branch:
    """One round of a step. The explanation is written beside all that follows the act."""
    name = f"{step}#{number}" + (f":{item}" if item else "")
    act = {"produces": "text", "text": f"made by {name}"}
    made = make.decision(
        name, step, [("task", f"do {name}")], "", [("a way", 0.7), ("b way", 0.3)], act, [("s1", name)]
    )
    acted = next(n for n, event in enumerate(made) if isinstance(event, Acted)) + 1
    late: Branch = list(made[acted:])
    if fails:
        late = [
            ModelFailed(
                place=f"{name}/explain", digest="d" * 64, attempt=1, code="timeout", message="no", will_retry=False
            )
        ]
    begin = StepStarted(step=step, round=number, item=item, kind="agent", agent=step)
    end = StepFinished(step=step, round=number, item=item, state="done", seconds=number + item)
    return [begin, *made[:acted], late, end]


def whole(make: SimpleNamespace) -> list[Branch]:
    """Branches that run side by side: plain steps, a loop, a for_each, a workflow that maps a step."""
    members = [[work(make, "map", item=n)] for n in range(1, 6)]
    return [
        [*work(make, "one"), *work(make, "two", fails=True)],
        [
            *work(make, "turn"),
            StepStarted(step="loop", kind="loop"),
            ConditionRead(step="loop", expression="x", values={}, result=False),
            *work(make, "turn", 2),
            ConditionRead(step="loop", expression="x", values={}, result=True),
            StepFinished(step="loop", state="done", seconds=9),
        ],
        [
            ConditionRead(step="map", expression="y", values={}, result=True),
            StepStarted(step="map", kind="agent", agent="map", items=5),
            *itertools.chain(*members),
            StepFinished(step="map", state="done", output={"count": 5, "failed": 0}, seconds=5),
        ],
        [
            StepStarted(step="sub", kind="workflow"),
            *work(make, "sub#1.first"),
            StepFinished(step="sub#1.never", state="skipped", reason="its condition does not hold"),
            *work(make, "sub#1.last"),
            StepFinished(step="sub", state="done", seconds=4),
        ],
    ]


def merged(branches: list[Branch], chance: random.Random | None) -> list[Event]:
    """Run branches side by side: as drawn, or one after the other. An end of a step waits for its items."""
    open_: list[tuple[Branch, int]] = [(list(branch), 0) for branch in branches]
    told: list[Event] = []
    ended: set[tuple[str, int]] = set()
    while open_:
        ready = [n for n, (branch, _) in enumerate(open_) if not _held_up(branch[0], ended)]
        chosen = chance.choice(ready) if chance else ready[0]
        branch, _ = open_[chosen]
        part = branch.pop(0)
        if not branch:
            del open_[chosen]
        if isinstance(part, list):
            open_.insert(chosen if chance is None else len(open_), (list(part), 0))
            continue
        told.append(part)
        if isinstance(part, StepFinished) and part.item:
            ended.add((part.step, part.item))
    return told


def _held_up(part: Event | Branch, ended: set[tuple[str, int]]) -> bool:
    return isinstance(part, StepFinished) and part.step == "map" and not part.item and len(ended) < 5


def blocks(events: list[Event], make: SimpleNamespace) -> Counter[str]:
    console = Console(width=80, color_system=None)
    heading = Heading(make.about, "done")
    texts = []
    for chapter in chapters(heading, entries(events)):
        with console.capture() as drawn:
            console.print(chapter)
        texts.append(drawn.get().strip())
    return Counter(text for text in texts[1:] if text)


BEGIN, END = RunStarted(run="r", workflow="w"), RunFinished(state="done")


@pytest.fixture
def in_turn(make: SimpleNamespace) -> tuple[Counter[str], Counter[str]]:
    """Return the events of a run whose branches came one after the other, and the blocks that are told of them."""
    events = [BEGIN, *merged(whole(make), None), END]
    return Counter(map(repr, events)), blocks(events, make)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_any_interleaving_tells_the_same_blocks(
    make: SimpleNamespace, in_turn: tuple[Counter[str], Counter[str]], seed: int
) -> None:
    shuffled = [BEGIN, *merged(whole(make), random.Random(seed)), END]
    assert Counter(map(repr, shuffled)) == in_turn[0], "the same events, in another order"
    assert blocks(shuffled, make) == in_turn[1]


def happened(told: list[Told | Mark]) -> Counter[str]:
    """Everything that was told, piece by piece."""
    found: Counter[str] = Counter()
    for one in told:
        if isinstance(one, Mark):
            found[repr(one.event)] += 1
            continue
        begun = one.part == "beginning" or not one.round.opened
        ends = (one.round.started if begun else None, one.round.finished if one.part != "beginning" else None)
        found.update(repr(event) for event in ends if event)
        for item in one.round.items:
            if isinstance(item, Decision):
                parts = (item.started, item.planned, item.acted, item.explained, *item.failures)
                found.update(repr(part) for part in parts if part)
            else:
                found[repr(item)] += 1
    return found


def front(teller: Teller) -> Round:
    """The round that all others wait for."""
    found, queue = Round("none"), teller._queue
    while queue:
        assert isinstance(queue[0], Round), "marks do not wait"
        found = queue[0]
        queue = found.inside
    return found


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), held=st.integers(0, 40), stop=st.integers(1, 90))
def test_whatever_the_patience_each_event_is_told_once(make: SimpleNamespace, seed: int, held: int, stop: int) -> None:
    events = merged(whole(make), random.Random(seed))
    events.insert(min(stop, len(events)), RunResumed(was="cut off"))
    teller, told = Teller(held=held), []
    for entry in entries(events):
        told += teller.take(entry)
        assert teller._held <= held + front(teller).events
    told += teller.close()
    expected = Counter(repr(event) for event in events if not isinstance(event, ModelAnswered))
    assert happened(told) == expected
    assert teller._held == 0
    assert not teller._rounds
    ends = {key for key, (_, over) in teller._left.items() if not over}
    assert not ends, "what is over leaves nothing behind"


def test_a_step_that_stays_open_does_not_hold_up_the_first_screen(make: SimpleNamespace) -> None:
    taken = 0

    def long() -> Iterator[Entry]:
        nonlocal taken
        begin: list[Event] = [RunStarted(run="r", workflow="w"), StepStarted(step="slow", kind="agent", agent="slow")]
        rest = (event for n in range(20_000) for event in merged([work(make, f"quick_{n}")], None))
        for entry in entries_of(itertools.chain(begin, rest)):
            taken += 1
            yield entry

    telling = chapters(Heading(make.about, "running"), long())
    console = Console(width=80, color_system=None)
    text = ""
    while "quick_3" not in text:
        with console.capture() as drawn:
            console.print(next(telling))
        text += drawn.get()
    assert "● slow  slow · so far" in text
    assert taken < 2 * HELD, "answers of models are counted, not kept"


def entries_of(events: Iterator[Event]) -> Iterator[Entry]:
    return (Entry(n, datetime.now(UTC), event) for n, event in enumerate(events, 1))


def test_the_first_block_comes_with_the_events_that_complete_it(make: SimpleNamespace) -> None:
    first = [RunStarted(run="r", workflow="w"), *merged([work(make, "one")], None)]

    def only_those() -> Iterator[Entry]:
        yield from entries(first)
        pytest.fail("read further than needed")

    telling = chapters(Heading(make.about, "done"), only_those())
    assert len([next(telling) for _ in range(3)]) == 3, "the heading, a blank line, a block"


def test_a_broken_log_is_told_as_far_as_it_holds(make: SimpleNamespace) -> None:
    def broken() -> Iterator[Entry]:
        yield from entries([RunStarted(run="r", workflow="w"), *merged([work(make, "one")], None)[:5]])
        raise LogCorrupt("event 7 was changed")

    told = []
    telling = chapters(Heading(make.about, "damaged"), broken())
    with pytest.raises(LogCorrupt):
        told.extend(telling)
    console = Console(width=80, color_system=None)
    with console.capture() as drawn:
        console.print(*told)
    text = drawn.get()
    assert "one  one · not ended" in text
    assert "end    " not in text


def test_a_late_explanation_finds_its_round(make: SimpleNamespace) -> None:
    events = merged([work(make, "one")], None)
    explained = [event for event in events if isinstance(event, Explained)]
    others = [event for event in events if not isinstance(event, Explained)]
    after = merged([work(make, "two"), work(make, "three")], None)
    teller = Teller(held=5)
    told = [one for entry in entries([*others, *after, *explained]) for one in teller.take(entry)]
    names = [(one.round.step, one.part) for one in told if isinstance(one, Told)]
    assert names == [("one", "so far"), ("two", "whole"), ("three", "whole"), ("one", "whole")]
    rest = told[-1].round
    assert rest.before is not None
    assert rest.decision("one#1").explained == explained[0]
