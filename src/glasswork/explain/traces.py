"""What others' agents did, in neutral form, and how well a guess at the step that went wrong does.

A file for ``glasswork blame --from`` holds one trace, a list of traces, or one trace a line. A trace::

    {"id": "7", "question": "…", "steps": [{"agent": "planner", "stage": "", "text": "…"}, …],
     "outcome": "failed", "truth": "42", "mistake_agent": "planner", "mistake_step": 0}

Only ``steps`` are needed; steps count from 0. The layout of *Who&When* (Zhang et al. 2025, arXiv 2505.00212) is read
too, in both its splits; so is a folder of such files.

Agents and steps are matched exactly. The published scorer takes "1" for found in "12", which more than doubles what
guessing gets on the longer split.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, model_validator

from glasswork.errors import UserError
from glasswork.records import Record
from glasswork.statistics import Share, mean, share

PEOPLE = frozenset({"human", "user", "human_proxy", "user_proxy", "userproxy", "human_user"})
TOOLS = frozenset({"computer_terminal", "terminal", "code_executor", "executor", "tool", "system", "environment"})
WITHIN = (1, 3, 5)

_ASIDE = re.compile(r"\s*\((?P<aside>[^()]*)\)\s*$")


class TraceStep(Record):
    """One thing somebody said or did."""

    agent: str = Field(min_length=1)
    stage: str = ""
    text: str


class Trace(Record):
    """One run, with what is known of its failure."""

    id: str = ""
    question: str = ""
    steps: tuple[TraceStep, ...] = Field(min_length=1)
    outcome: str = ""
    """``failed``, ``passed``, or whatever it came to."""
    truth: str = ""
    """What would have been right."""
    mistake_agent: str = ""
    """Who made the mistake that decided; empty where nobody has said."""
    mistake_step: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _step_exists(self) -> Trace:
        if self.mistake_step is not None and self.mistake_step >= len(self.steps):
            raise ValueError(f"mistake_step is {self.mistake_step}, and there are {len(self.steps)} steps, from 0")
        return self


class Guess(Record):
    """Where a trace is said to have gone wrong."""

    agent: str = ""
    step: int | None = None


class Score(Record):
    """How many guesses were right, by exact match. A guess that was not made is wrong."""

    agent: Share
    step: Share
    both: Share
    within: dict[int, Share]
    """By distance k: the step, or one at most k away from it."""


class Chance(Record):
    """What guessing at random gets, on average: one of the speakers who are not human, one of the steps."""

    agent: float
    agents_of: int
    """Traces that this is averaged over."""
    step: float
    steps_of: int
    within: dict[int, float]


# --- scoring --------------------------------------------------------------------------------------------------------


def score(traces: Sequence[Trace], guesses: Sequence[Guess], *, within: Sequence[int] = WITHIN) -> Score:
    """Hold guesses against what is known, each of its own trace; traces of which nothing is known do not count.

    Raises:
        ValueError: not one guess for each trace.
    """
    pairs = list(zip(traces, guesses, strict=True))
    named = [(trace, guess) for trace, guess in pairs if trace.mistake_agent]
    placed = [(trace.mistake_step, guess.step) for trace, guess in pairs if trace.mistake_step is not None]
    whole = [(trace, guess) for trace, guess in named if trace.mistake_step is not None]
    return Score(
        agent=share(sum(_agent_right(trace, guess) for trace, guess in named), len(named)),
        step=share(sum(true == step for true, step in placed), len(placed)),
        both=share(
            sum(_agent_right(trace, guess) and trace.mistake_step == guess.step for trace, guess in whole), len(whole)
        ),
        within={
            k: share(sum(step is not None and abs(true - step) <= k for true, step in placed), len(placed))
            for k in within
        },
    )


def by_chance(traces: Sequence[Trace], *, within: Sequence[int] = WITHIN) -> Chance:
    """Return what guessing at random gets: exact, so it has no interval. 0 where nothing is known."""
    agents = []
    for trace in traces:
        if trace.mistake_agent:
            speakers = {step.agent for step in trace.steps if not is_person(step.agent)}
            agents.append((speaker(trace.mistake_agent)[0] in speakers) / max(1, len(speakers)))
    placed = [(trace.mistake_step, len(trace.steps)) for trace in traces if trace.mistake_step is not None]

    def near(k: int) -> float:
        shares = [(min(count - 1, true + k) - max(0, true - k) + 1) / count for true, count in placed]
        return mean(shares) if shares else 0.0

    return Chance(
        agent=mean(agents) if agents else 0.0,
        agents_of=len(agents),
        step=near(0),
        steps_of=len(placed),
        within={k: near(k) for k in within},
    )


# --- guesses that need no model -------------------------------------------------------------------------------------


def most_active(trace: Trace) -> Guess:
    """Guess who spoke most, people and tools aside, and their first step; of equals, who spoke first."""
    return _first_of(
        trace, [step.agent for step in trace.steps if not is_person(step.agent) and not is_tool(step.agent)]
    )


def last_speaker(trace: Trace) -> Guess:
    """Guess who spoke last, people aside, and their first step."""
    return _first_of(trace, [step.agent for step in trace.steps if not is_person(step.agent)][-1:])


def first_turn(trace: Trace) -> Guess:
    """Guess the first step that is not a person's."""
    return _first_of(trace, [step.agent for step in trace.steps if not is_person(step.agent)][:1])


BASELINES: Mapping[str, Callable[[Trace], Guess]] = {
    "most active": most_active,
    "last speaker": last_speaker,
    "first turn": first_turn,
}


def majority(traces: Sequence[Trace]) -> list[Guess]:
    """Guess the agent and the step that are right most often in the *other* traces: what labels alone give away."""
    agents = Counter(trace.mistake_agent for trace in traces if trace.mistake_agent)
    steps = Counter(trace.mistake_step for trace in traces if trace.mistake_step is not None)
    guesses = []
    for trace in traces:
        others = agents - Counter([trace.mistake_agent])
        where = steps - Counter([trace.mistake_step] if trace.mistake_step is not None else [])
        agent = min(others, key=lambda one: (-others[one], one), default="")
        step = min(where, key=lambda one: (-where[one], one), default=None)
        guesses.append(Guess(agent=agent, step=step))
    return guesses


def baselines(traces: Sequence[Trace], *, within: Sequence[int] = WITHIN) -> dict[str, Score]:
    """Score every guess that needs no model. Choosing the best of them afterwards is looking at the answers."""
    scores = {
        name: score(traces, [guess(trace) for trace in traces], within=within) for name, guess in BASELINES.items()
    }
    return {**scores, "majority of the others": score(traces, majority(traces), within=within)}


def is_person(agent: str) -> bool:
    """Whether a speaker is a human, by name."""
    return agent.casefold() in PEOPLE


def is_tool(agent: str) -> bool:
    """Whether a speaker is a tool, by name."""
    return agent.casefold() in TOOLS


def speaker(name: str) -> tuple[str, str]:
    """Take a speaker's name apart: ``Orchestrator (-> WebSurfer)`` is the Orchestrator, with an aside."""
    aside = _ASIDE.search(name)
    return (name[: aside.start()].strip(), aside["aside"].strip()) if aside and aside.start() else (name.strip(), "")


def _agent_right(trace: Trace, guess: Guess) -> bool:
    return speaker(guess.agent)[0] == speaker(trace.mistake_agent)[0]


def _first_of(trace: Trace, speakers: Sequence[str]) -> Guess:
    if not speakers:
        return Guess()
    # Counter keeps the order of first sight, and max takes the first of equals.
    counts = Counter(speakers)
    agent = max(counts, key=counts.__getitem__)
    return Guess(agent=agent, step=next(index for index, step in enumerate(trace.steps) if step.agent == agent))


# --- reading --------------------------------------------------------------------------------------------------------


def read_traces(path: Path) -> tuple[Trace, ...]:
    """Read traces from a file, or from the ``.json`` and ``.jsonl`` files of a folder, by number where they have one.

    Raises:
        UserError: there is nothing to read, or something in it is no trace; the message says where.
    """
    if path.is_dir():
        files = sorted((*path.glob("*.json"), *path.glob("*.jsonl")), key=_by_number)
        if not files:
            raise UserError(f"{path} holds no .json or .jsonl file")
        return tuple(trace for file in files for trace in read_traces(file))
    items = _items(path)
    several = len(items) > 1
    return tuple(
        _trace(item, f"{path}, {where}" if several else str(path), f"{path.stem}-{number}" if several else path.stem)
        for number, (where, item) in enumerate(items, start=1)
    )


def from_who_and_when(data: Mapping[str, Any], *, name: str = "") -> Trace:
    """Turn a *Who&When* record into a trace.

    Its traps: the step is a string; the speaker is ``name`` in one split and ``role`` in the other, there with an aside
    in brackets, which becomes the stage; the truth may be a number; a content may be null.

    Raises:
        UserError: something in it is not of that layout.
    """
    history = data["history"]
    if not isinstance(history, list) or not history:
        raise UserError("'history' is not a list of steps")
    step = str(data.get("mistake_step") if data.get("mistake_step") is not None else "").strip()
    if step and not re.fullmatch(r"\d{1,9}", step):
        raise UserError(f"'mistake_step' is {step!r}, which is no number")
    passed = data.get("is_correct", data.get("is_corrected"))
    try:
        return Trace(
            id=str(data.get("question_ID") or name),
            question=_text(data.get("question")),
            steps=tuple(_step(item, index) for index, item in enumerate(history)),
            outcome="passed" if passed is True else "failed" if passed is False else "",
            truth=_text(data.get("ground_truth")),
            mistake_agent=speaker(_text(data.get("mistake_agent")))[0],
            mistake_step=int(step) if step else None,
        )
    except ValidationError as error:
        raise UserError(_said(error)) from error


def _step(item: Any, index: int) -> TraceStep:
    said = (item.get("name") or item.get("role")) if isinstance(item, dict) else None
    if not isinstance(said, str) or not said.strip():
        raise UserError(f"step {index} of 'history' does not say who speaks ('name' or 'role')")
    agent, aside = speaker(said)
    return TraceStep(agent=agent, stage=aside, text=_text(item.get("content")))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return "\n".join(_text(part.get("text") if isinstance(part, dict) else part) for part in value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _items(path: Path) -> list[tuple[str, Any]]:
    """Return what a file holds, with where each stands."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read: {error}") from error
    try:
        found = json.loads(text)
    except RecursionError as error:
        raise UserError(f"{path} is nested too deeply") from error
    except ValueError as error:
        lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
        if len(lines) < 2 or path.suffix == ".json":
            raise UserError(f"{path} is not JSON: {error}") from error
        return [(f"line {number}", _line(path, number, line)) for number, line in lines]
    items = found if isinstance(found, list) else [found]
    if not items:
        raise UserError(f"{path} holds no trace")
    return [(f"trace {number}", item) for number, item in enumerate(items, start=1)]


def _line(path: Path, number: int, line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}, line {number} is not JSON: {error}") from error


def _trace(item: Any, where: str, name: str) -> Trace:
    if not isinstance(item, dict):
        raise UserError(f"{where} is not a trace, but {type(item).__name__}", hint="A trace is an object with 'steps'.")
    try:
        if "history" in item and "steps" not in item:
            return from_who_and_when(item, name=name)
        return Trace.model_validate({"id": name, **item})
    except UserError as error:
        raise UserError(f"{where}: {error.message}") from error
    except ValidationError as error:
        raise UserError(f"{where}: {_said(error)}") from error


def _said(error: ValidationError) -> str:
    """Say the first of what is wrong, and how much more there is."""
    first, *more = error.errors()
    place = ".".join(map(str, first["loc"]))
    also = f" (and {len(more)} more)" if more else ""
    return f"{place + ': ' if place else ''}{first['msg'].removeprefix('Value error, ')}{also}"


def _by_number(file: Path) -> tuple[bool, int, str]:
    number = re.match(r"\d{1,12}", file.stem)
    return (number is None, int(number[0]) if number else 0, file.name)
