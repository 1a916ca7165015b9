"""Signs of what went wrong that need no model: on a run's log, or on a trace of others.

They follow failure modes of MAST (Cemri et al. 2025, arXiv 2503.13657) as far as these can be told exactly. A sign is
no proof: a loop's repeat may be right to say the same again. What a rule cannot tell, it does not report.

===================  ================================================================================================
``repetition``       somebody does again what they did, word for word or nearly (MAST 1.3)
``echo``             somebody says what somebody else said, word for word
``empty``            somebody says or does nothing
``ignored input``    nothing that follows shares a word with what only this input said, and it is not cited (2.5)
``idle input``       measured: none of what came from others moved the choice
``act against plan`` the act does another option than the plan chose, decided exactly (2.6)
``unaware of end``   a loop or a talk ran to its maximum, and its condition never held (1.5)
``failed tests``     a program did not pass; told of whoever wrote it
``failed step``      a step failed, with what it had been given
===================  ================================================================================================
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from glasswork.explain.case import Case, CaseOption
from glasswork.explain.coupling import act_against_plan
from glasswork.explain.traces import Trace, is_person, is_tool
from glasswork.log.reader import Entry
from glasswork.places import parse
from glasswork.records import (
    Acted,
    DecisionChecked,
    DecisionStarted,
    Explained,
    MessageSent,
    Planned,
    Record,
    SandboxRan,
    Segment,
    SpeakerChosen,
    StepFinished,
    StepStarted,
)

Rule = Literal[
    "repetition",
    "echo",
    "empty",
    "ignored input",
    "idle input",
    "act against plan",
    "unaware of end",
    "failed tests",
    "failed step",
]

NEARLY = 0.9
"""Share of word triples in common (Jaccard) from which two texts are nearly the same."""
_SHORT = 4
"""Texts of fewer words ("done", "yes") may be said twice."""
_OWN_WORDS = 5
"""An input must have said so many words of its own before it can be called ignored."""
_WORD = re.compile(r"[^\W_]{4,}|\d+")
_NOBODY = "Nobody:"
"""How the option begins with which a team's scheduler ends the talk."""
_FROM_OTHERS = ("steps.", "message.", "previous.")


class Finding(Record):
    """One sign. ``index``: of the event in the log, or of the step in the trace (from 0)."""

    rule: Rule
    agent: str
    stage: str = ""
    step: str = ""
    index: int
    evidence: str


class Turn(NamedTuple):
    """One thing somebody said or did."""

    at: int
    agent: str
    stage: str
    step: str
    text: str


# --- a trace --------------------------------------------------------------------------------------------------------


def signs_in_trace(trace: Trace) -> tuple[Finding, ...]:
    """Return the signs in a trace of others, in the order of its steps."""
    turns = [Turn(index, step.agent, step.stage, "", step.text) for index, step in enumerate(trace.steps)]
    found = [*_said_again(turns), *_empty(turns), *_not_taken_up(turns, trace.question)]
    return tuple(sorted(found, key=lambda one: one.index))


def _not_taken_up(turns: Sequence[Turn], question: str) -> Iterator[Finding]:
    known = _words(question)
    for at, turn in enumerate(turns):
        own = _words(turn.text) - known
        known |= own
        later = [other for other in turns[at + 1 :] if other.agent != turn.agent]
        if len(own) < _OWN_WORDS or not later or any(own & _words(other.text) for other in later):
            continue
        who = later[0]
        evidence = f"no later step of others shares any of the {len(own)} words that only step {at} ({turn.agent}) said"
        yield _finding("ignored input", who, evidence)


# --- a run ----------------------------------------------------------------------------------------------------------


def signs_in_run(entries: Iterable[Entry]) -> tuple[Finding, ...]:
    """Return the signs in a run's log, in the order of its events."""
    log = list(entries)
    decisions = _decisions(log)
    acts = [Turn(one.acted_at, one.agent, "act", one.step, one.act) for one in decisions if one.acted is not None]
    guests = list(_guests(log, {(one.step, one.agent) for one in decisions}))
    turns = sorted([*acts, *guests], key=lambda turn: turn.at)
    found = [
        *_said_again(turns),
        *_empty(turns),
        *(finding for one in decisions for finding in _of_decision(one)),
        *_failed_tests(log, decisions),
        *_ends(log, decisions),
    ]
    return tuple(sorted(found, key=lambda one: one.index))


class _Decision:
    """What the log holds of one decision."""

    def __init__(self, started: DecisionStarted, index: int) -> None:
        self.started, self.index = started, index
        self.agent, self.step = started.agent, started.step
        self.planned: Planned | None = None
        self.acted: Acted | None = None
        self.acted_at = 0
        self.explained: Explained | None = None
        self.causal: dict[str, bool] = {}
        """By segment, whether it moved the choice, where that was measured."""

    @property
    def act(self) -> str:
        """What was done, as text."""
        return self.acted.text if self.acted else ""

    def said(self) -> str:
        """Everything that was thought, chosen, done and explained."""
        plan = [self.planned.thinking, *(one.text for one in self.planned.options)] if self.planned else []
        reasons = [one.why for one in self.explained.because] if self.explained else []
        change = self.explained.would_change_if if self.explained else ""
        return "\n".join([*plan, self.act, *reasons, change])


def _decisions(log: Sequence[Entry]) -> list[_Decision]:
    """Put decisions together. What a resumed run did again takes the place of what it did before."""
    found: dict[str, _Decision] = {}
    for entry in log:
        event = entry.event
        if isinstance(event, DecisionStarted):
            found[event.decision] = _Decision(event, entry.seq)
        if not isinstance(event, Planned | Acted | Explained | DecisionChecked) or event.decision not in found:
            continue
        one = found[event.decision]
        match event:
            case Planned():
                one.planned = event
            case Acted():
                one.acted, one.acted_at = event, entry.seq
            case Explained():
                one.explained = event
            case DecisionChecked(effects=effects):
                one.causal |= {effect.segment: effect.causal for effect in effects}
    return list(found.values())


def _of_decision(one: _Decision) -> Iterator[Finding]:
    others = [segment for segment in one.started.segments if segment.source.startswith(_FROM_OTHERS)]
    turn = Turn(one.index, one.agent, "plan", one.step, "")
    if one.acted is not None:
        yield from (_finding("ignored input", turn, evidence) for evidence in _ignored(one, others))
    if others and all(one.causal.get(segment.id) is False for segment in others):
        ids = ", ".join(segment.id for segment in others)
        yield _finding("idle input", turn, f"taking away {ids}, all that came from others, does not move the choice")
    if one.planned is not None and one.acted is not None and not one.acted.edited:
        yield from _against_plan(one, one.planned, one.acted)


def _ignored(one: _Decision, others: Sequence[Segment]) -> Iterator[str]:
    said = _words(one.said())
    cited = {because.segment for because in one.explained.because} if one.explained else set()
    for segment in others:
        elsewhere = {word for other in one.started.segments if other.id != segment.id for word in _words(other.text)}
        own = _words(segment.text) - elsewhere
        if len(own) >= _OWN_WORDS and not own & said and segment.id not in cited and not one.causal.get(segment.id):
            measured = ", nor did it move the choice" if segment.id in one.causal else ""
            yield (
                f"{segment.id} ({segment.source}) is not cited, and nothing decided shares any of the {len(own)} words "
                f"that only it said{measured}"
            )


def _against_plan(one: _Decision, planned: Planned, acted: Acted) -> Iterator[Finding]:
    case = Case(
        id=acted.decision,
        segments=one.started.segments or (Segment(id="s1", source="", text=""),),
        options=tuple(
            CaseOption(label=option.label, text=option.text, probability=option.probability)
            for option in planned.options
        ),
        choice=planned.choice,
        act=acted.text,
    )
    follow = act_against_plan(case, produces=acted.produces, data=acted.data)
    if follow.follows is False:
        turn = Turn(one.acted_at, one.agent, "act", one.step, "")
        does = f"does option {follow.does}" if follow.does else "does none of the options"
        yield _finding("act against plan", turn, f"chose option {planned.choice}, and {does}: {follow.why}")


def _guests(log: Sequence[Entry], deciders: set[tuple[str, str]]) -> Iterator[Turn]:
    """Yield what speakers said whose decisions the log does not hold: agents of others."""
    for entry in log:
        event = entry.event
        if isinstance(event, MessageSent) and (event.step, event.source) not in deciders and event.source != "user":
            yield Turn(entry.seq, event.source, "message", event.step, event.text)


def _failed_tests(log: Sequence[Entry], decisions: Sequence[_Decision]) -> Iterator[Finding]:
    """Tell a program's failure of whoever wrote the last program before it ran."""
    for entry in log:
        event = entry.event
        if not isinstance(event, SandboxRan) or event.passed:
            continue
        wrote = [one for one in decisions if one.acted and one.acted.produces == "code" and one.acted_at < entry.seq]
        if wrote:
            author = max(wrote, key=lambda one: one.acted_at)
            turn = Turn(author.acted_at, author.agent, "act", author.step, "")
            what = event.failures[0] if event.failures else event.report or event.reason
            yield _finding("failed tests", turn, f"event {entry.seq}, at {event.place}: {_short(what)}")


def _ends(log: Sequence[Entry], decisions: Sequence[_Decision]) -> Iterator[Finding]:
    agents: dict[tuple[str, int, int], str] = {}
    scheduled: dict[str, SpeakerChosen] = {}
    for entry in log:
        event = entry.event
        if isinstance(event, StepStarted):
            agents[event.step, event.round, event.item] = event.agent
        if isinstance(event, SpeakerChosen):
            scheduled[event.step] = event
        if not isinstance(event, StepFinished):
            continue
        turn = Turn(entry.seq, agents.get((event.step, event.round, event.item), ""), "", event.step, "")
        talk = scheduled.pop(event.step, None)
        if event.state == "failed" and event.output.get("done") is False and "rounds" in event.output:
            if "does not hold after" in event.reason:
                yield _finding("unaware of end", turn, event.reason)
        elif event.state == "failed":
            yield _finding("failed step", turn, f"{event.reason}{_given(event, decisions)}")
        elif event.state == "done" and talk is not None and not _ended(talk):
            yield _finding("unaware of end", turn, "the talk ran to its last turn; its scheduler never ended it")


def _ended(talk: SpeakerChosen) -> bool:
    return any(option.label == talk.choice and option.text.startswith(_NOBODY) for option in talk.options)


def _given(event: StepFinished, decisions: Sequence[_Decision]) -> str:
    """Name what a failed step had been given by other steps."""
    here = [one for one in decisions if one.step == event.step and parse(one.started.decision).round == event.round]
    sources = {segment.source for one in here for segment in one.started.segments}
    depended = sorted(source for source in sources if source.startswith(_FROM_OTHERS))
    return f"; it had been given {', '.join(depended)}" if depended else ""


# --- what both have -------------------------------------------------------------------------------------------------


_Triples = set[tuple[str, str, str]]


def _said_again(turns: Sequence[Turn]) -> Iterator[Finding]:
    """Yield repetitions and echoes; each turn is held against all before it."""
    before: list[tuple[Turn, list[str], _Triples]] = []
    for turn in turns:
        words = turn.text.casefold().split()
        if len(words) < _SHORT or is_person(turn.agent) or is_tool(turn.agent):
            continue
        triples = set(zip(words, words[1:], words[2:], strict=False))
        same = next((other for other, its, _ in before if its == words), None)
        nearly = next((other for other, _, its in before if other.agent == turn.agent and _alike(its, triples)), None)
        if same is not None and same.agent != turn.agent:
            yield _finding("echo", turn, f"the same, word for word, as {same.agent} at {same.at}")
        elif nearly is not None:
            how = "word for word" if same is not None else "nearly word for word"
            yield _finding("repetition", turn, f"the same, {how}, as at {nearly.at}: {_short(turn.text)}")
        before.append((turn, words, triples))


def _alike(one: _Triples, other: _Triples) -> bool:
    # The sizes bound the overlap: most pairs need no counting.
    if min(len(one), len(other)) < NEARLY * max(len(one), len(other)):
        return False
    common = len(one & other)
    return common >= NEARLY * (len(one) + len(other) - common)


def _empty(turns: Sequence[Turn]) -> Iterator[Finding]:
    for turn in turns:
        if not turn.text.strip():
            yield _finding("empty", turn, "an empty text")


def _words(text: str) -> set[str]:
    return {word.casefold() for word in _WORD.findall(text)}


def _finding(rule: Rule, turn: Turn, evidence: str) -> Finding:
    return Finding(rule=rule, agent=turn.agent, stage=turn.stage, step=turn.step, index=turn.at, evidence=evidence)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 120 else f"{line[:119]}…"
