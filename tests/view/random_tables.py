"""Logs of games drawn at random, with a canary word in every field that somebody may not know of."""

from __future__ import annotations

import re

from hypothesis import strategies as st
from tests.view.tables import NAMES, RULES, run

from glasswork.places import decision_id
from glasswork.records import (
    Acted,
    Because,
    DecisionStarted,
    Event,
    Explained,
    HumanAnswered,
    HumanAsked,
    MatchFinished,
    MatchStarted,
    ModelFailed,
    Option,
    Planned,
    RunFinished,
    Segment,
    StepFinished,
    TableHappened,
    Weighed,
)

CANARY = re.compile(r"canary[a-z]+")
spectators = st.sampled_from(["", "public", *NAMES])
_WHATS = (
    "spoke",
    "voted",
    "protected",
    "inspected",
    "whispered",
    "proposed",
    "bid",
    "illegal",
    "exiled",
    "counted",
    "night",
)


def _word(number: int) -> str:
    """Return a canary of its own: ``canaryabc``."""
    return "canary" + "".join(chr(ord("a") + int(digit)) for digit in str(number)) + "x"


Known = dict[str, frozenset[str] | None]
"""Each canary with who may know it; None: everybody."""


class _Writer:
    def __init__(self) -> None:
        self.count = 0
        self.known: Known = {}

    def word(self, *who: str, public: bool = False) -> str:
        self.count += 1
        word = _word(self.count)
        self.known[word] = None if public else frozenset(who)
        return word


@st.composite
def games(draw, people: int | None = None) -> tuple[list[Event], Known]:
    """Draw a run of one game, whole or stopped; and each canary in it with who may know it."""
    count = draw(st.integers(0, 2)) if people is None else people
    seats = frozenset(draw(st.permutations(NAMES))[:count])
    writer, step = _Writer(), "table"
    kinds = tuple("human" if name in seats else "agent player" for name in NAMES)
    events: list[Event] = [MatchStarted(step=step, players=NAMES, kinds=kinds, rules=RULES, seed=7)]
    made = dict.fromkeys(NAMES, 0)
    for number in range(1, draw(st.integers(1, 12)) + 1):
        by = draw(st.sampled_from(NAMES))
        decision = ""
        if draw(st.booleans()):
            made[by] += 1
            decision = decision_id(step, made[by], turn=NAMES.index(by) + 1)
            events += _asked(writer, by, decision) if by in seats else _decided(draw, writer, by, decision)
        events.append(_happened(draw, writer, number, by, decision))
    end = draw(st.sampled_from(["over", "open", "failed"]))
    whole = run(events, ended=False)
    if end == "over":
        whole.append(MatchFinished(step=step, scores=(1.0,) * 5, ended="village"))
    reason = writer.word()
    if end != "open":
        state = "failed" if end == "failed" else "done"
        whole.append(StepFinished(step=step, state=state, reason=reason, output={"text": reason}))
        whole.append(RunFinished(state=state, reason=reason, outputs={"text": reason}))
    return whole, writer.known


def _happened(draw, writer: _Writer, number: int, by: str, decision: str) -> Event:
    seen = draw(st.none() | st.sets(st.sampled_from(NAMES), max_size=3).map(lambda names: names | {by}))
    word = writer.word(*(seen or ()), public=seen is None)
    return TableHappened(
        step="table",
        number=number,
        day=draw(st.integers(1, 3)),
        phase=draw(st.sampled_from(["night", "day"])),
        what=draw(st.sampled_from(_WHATS)),
        by=by,
        to=word,
        names=(word,),
        card=word,
        text=word,
        counts={word: 1.0},
        seen_by=None if seen is None else tuple(sorted(seen)),
        decision=decision,
    )


def _asked(writer: _Writer, by: str, decision: str) -> list[Event]:
    word = writer.word(by)
    return [
        HumanAsked(step="table", question=f"{word}?", options=(word,), decision=decision),
        HumanAnswered(step="table", question=f"{word}?", approved=True, choice=word, note=word, decision=decision),
    ]


def _decided(draw, writer: _Writer, by: str, decision: str) -> list[Event]:
    word = writer.word(by)
    options = (Option(label="A", text=word, probability=1.0),)
    events: list[Event] = [
        DecisionStarted(
            decision=decision,
            step="table",
            agent="player",
            role="player",
            model="m",
            strategy="direct",
            segments=(Segment(id="s1", source="werewolf.night_1", text=word),),
        ),
        Weighed(
            step="table",
            place=f"{decision}/belief/{word}",
            by=by,
            question="belief",
            about=word,
            options=options,
            order_consistency=1.0,
            orders=1,
            after=0,
        ),
        ModelFailed(
            place=f"{decision}/act", digest="d", attempt=1, code="timeout", message=word, raw=word, will_retry=True
        ),
        Planned(decision=decision, thinking=word, options=options, choice="A", order_consistency=1.0, orders=1),
        Acted(decision=decision, produces="text", text=word),
        Explained(
            decision=decision,
            reader="r",
            because=(Because(segment="s1", why=word),),
            confidence=0.5,
            would_change_if=word,
        ),
    ]
    return events[: draw(st.integers(1, len(events)))]


def canaries(events: list[Event], see: str, known: Known) -> frozenset[str]:
    """Return the canaries that a spectator may know at the end of these events."""
    started = next((event for event in events if isinstance(event, MatchStarted)), None)
    people = (
        {name for name, kind in zip(started.players, started.kinds, strict=True) if kind == "human"}
        if started
        else set()
    )
    over = any(isinstance(event, MatchFinished) for event in events)
    if not see and (over or not people):
        return frozenset(known)
    viewers = people if not see else set() if see == "public" else {see}
    return frozenset(word for word, who in known.items() if who is None or (viewers and viewers <= who))
