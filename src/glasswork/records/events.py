"""What a log holds: one class for each type of event, and their union."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from glasswork.records.asking import ModelAnswered, ModelFailed, Usage
from glasswork.records.base import Record
from glasswork.records.deciding import Because, Option, Segment

State = Literal["done", "failed", "skipped", "cancelled"]
RunState = Literal["done", "failed", "interrupted", "budget", "waiting"]
"""How a run ended. ``budget``, ``waiting`` (for a person) and ``interrupted`` are meant to be resumed."""


class RunStarted(Record):
    """The first event of every run."""

    type: Literal["run.started"] = "run.started"
    run: str
    workflow: str
    inputs: dict[str, Any] = {}
    model: str = ""
    seed: int = 0
    glasswork: str = ""


class RunForked(Record):
    """This run goes its own way from here: everything before is another run's, and one thing is changed."""

    type: Literal["run.forked"] = "run.forked"
    parent: str
    """The run that the events before this one were copied from."""
    event: int
    """Number of the last event that was copied, in both runs."""
    hash: str
    """Hash of that event in the parent's chain."""
    decision: str
    change: Literal["choose", "edit", "model"]
    to: str
    """The label now chosen, the text now acted, the model now asked."""


class RunResumed(Record):
    """A run that had stopped goes on. Answers recorded before this event are served, not asked for again."""

    type: Literal["run.resumed"] = "run.resumed"
    was: str
    """The state it was in: ``cut off`` (killed), ``interrupted``, ``budget``, ``waiting``, ``failed``."""
    model: str = ""
    """The model that is asked from here on in place of all others, by name; empty: as before."""
    budget: tuple[str, ...] = ()
    """Limits in place of earlier ones, as they were typed."""
    glasswork: str = ""


class StepStarted(Record):
    """A step begins a round (rounds count from 1; only loops make more than one), or an item of a ``for_each``."""

    type: Literal["step.started"] = "step.started"
    step: str
    round: int = 1
    item: int = 0
    """Number of the item, from 1; 0 for the step itself."""
    kind: str
    agent: str = ""
    items: int | None = None
    """For the step itself, where it is a ``for_each``: how many items there are."""
    after: tuple[str, ...] = ()
    """For the join ``any``: the needs that had ended by then; the step sees these and no others."""


class StepFinished(Record):
    """A step has ended a round, or an item. ``reason`` says why it failed, was skipped or was cancelled."""

    type: Literal["step.finished"] = "step.finished"
    step: str
    round: int = 1
    item: int = 0
    state: State
    reason: str = ""
    output: dict[str, Any] = {}
    seconds: float = 0.0


class ConditionRead(Record):
    """A condition was evaluated: its text, the values it read, what it came to."""

    type: Literal["condition.read"] = "condition.read"
    step: str
    expression: str
    values: dict[str, Any]
    result: bool


class DecisionStarted(Record):
    """An agent is about to decide; these are the segments it sees."""

    type: Literal["decision.started"] = "decision.started"
    decision: str
    """``build#1``: step and round; ``chat#1.3``: the third turn of a team."""
    step: str
    agent: str
    role: str
    model: str
    strategy: str
    segments: tuple[Segment, ...]
    explains: bool = True
    """Whether an explanation is to follow; a dispatcher's stages explain themselves only where that is asked for."""


class ThoughtNoted(Record):
    """One thought of a tree or a graph of thoughts, once it is settled what becomes of it.

    Thoughts are numbered as they came about, which is not the order in which they were settled.
    """

    type: Literal["thought.noted"] = "thought.noted"
    decision: str
    number: int
    """In the decision, from 1."""
    parents: tuple[int, ...] = ()
    """Numbers of the thoughts it was made of; empty: of the situation itself. Several: a graph."""
    operation: str
    """What made it: ``reason``, ``propose``, ``generate``, ``aggregate``, ``refine``, ``sample``, ``argue``, …."""
    text: str
    score: float | None = None
    """What it was found to be worth, where it was valued: 0 to 1, or votes."""
    fate: Literal["kept", "dropped", "left"]
    """``left``: it was followed, and led to nothing, so the search went back."""
    why: str = ""
    """Why it was dropped or left."""


class ThinkingEnded(Record):
    """A tree or graph of thoughts is complete: what it came to, why it ended, what it took."""

    type: Literal["thinking.ended"] = "thinking.ended"
    decision: str
    strategy: str
    results: tuple[int, ...] = ()
    """Numbers of the thoughts that it came to, the best first."""
    ended: str
    """Why it went no further, in a few words."""
    calls: int
    tokens: int
    """Read and written."""
    budget: int | None = None
    """Tokens that it was allowed; None: as many as it takes."""
    agreement: float | None = None
    """Where several thoughts answer: the share of them that agree with the first result."""
    disagreement: str = ""
    """Where two readings of one thinking come to different answers: which."""
    accord: str = ""
    """Where two readings of one thinking come to the same answer: which, and how likely each found it."""


class Planned(Record):
    """What was thought, which options were weighed, and which was chosen: on disk before the act runs."""

    type: Literal["decision.planned"] = "decision.planned"
    decision: str
    thinking: str
    reasoning: str = ""
    options: tuple[Option, ...]
    choice: str
    """The label of the chosen option."""
    sampled: bool = False
    """True where the choice was a seeded draw, False where it was the most probable option."""
    order_consistency: float = Field(ge=0.0, le=1.0)
    """Share of the orders asked in which the chosen option came first."""
    orders: int = Field(ge=0)
    """How many orders of the options were asked; 0 where there was only one option."""
    forced: bool = False
    """True where a person fixed the choice, by forking the run; the probabilities are the model's all the same."""
    expected: tuple[Option, ...] = ()
    """In a game: what the other player was expected to do, where that was asked before the choice."""
    read: Literal["weighed", "reasoning", "votes"] = "weighed"
    """How the choice was read: weighed with everything in view, weighed from the reasoning alone, or counted from the
    answers of several chains of thought (an order is then that in which one of them saw the options)."""


class Acted(Record):
    """What was done."""

    type: Literal["decision.acted"] = "decision.acted"
    decision: str
    produces: str
    text: str
    data: Any = None
    edited: bool = False
    """True where a person wrote this in place of the agent, by forking the run."""


class Explained(Record):
    """Why, for a stated reader. These are the model's claims; a *check* tests them."""

    type: Literal["decision.explained"] = "decision.explained"
    decision: str
    reader: str
    because: tuple[Because, ...]
    confidence: float = Field(ge=0.0, le=1.0)
    would_change_if: str


class Effect(Record):
    """How much one segment moved a decision."""

    segment: str
    effect: float
    """By how many nats the log-odds of the chosen option fall when the segment is taken away; negative: they rise."""
    low: float
    high: float
    """The 95 % interval of it."""
    causal: bool
    """Whether it is beyond the noise floor, and its interval does not hold zero."""
    cited: bool
    censored: bool = False
    """True where a label's probability was known only as an upper bound."""


class DecisionChecked(Record):
    """A decision was put to a test: some time after it was taken, or at once where its workflow demands it. One event
    for each measure.
    """

    type: Literal["decision.checked"] = "decision.checked"
    decision: str
    event: int
    """Number of the event that is tested: the plan's for what drove a choice, the explanation's for what it says. An
    engine does not know it; the log's writer fills it in, and the hash with it."""
    hash: str
    """Hash of that event in the chain."""
    measure: str
    """``influence``, ``evidence``, ``coupling``, ``calibration``, …: what is measured, never just "faithfulness"."""
    method: str
    value: float | None
    """The measure's number; None where it is undefined, as the precision of no citations is."""
    low: float | None = None
    high: float | None = None
    floor: float | None = None
    """What the same procedure yields where there is nothing to find."""
    effects: tuple[Effect, ...] = ()
    detail: dict[str, Any] = {}
    model: str = ""
    seed: int = 0
    calls: int = 0
    usage: Usage = Usage()
    cost: float = 0.0
    """By the price of the model in ``models.yaml``, where the run pays for it; else 0."""
    seconds: float = 0.0
    at_least: float | None = None
    """What the workflow demanded; None where nobody did, and somebody asked later. An event with a demand is part of
    the run; ``detail`` then says whether it is ``met``."""


class SandboxStarted(Record):
    """A program is about to run in a sandbox. Where no ``sandbox.ran`` follows, nobody knows how far it came."""

    type: Literal["sandbox.started"] = "sandbox.started"
    place: str
    digest: str
    """SHA-256 of what is to run: the files, the command, the limits. With the place, the key of its result."""
    argv: tuple[str, ...]
    idempotent: bool
    """Whether it may simply run again, as its step declares."""


class SandboxRan(Record):
    """A program ran in a sandbox."""

    type: Literal["sandbox.ran"] = "sandbox.ran"
    place: str
    digest: str = ""
    backend: str
    argv: tuple[str, ...]
    files: tuple[str, ...]
    limits: dict[str, Any]
    limits_enforced: tuple[str, ...]
    not_contained: tuple[str, ...] = ()
    passed: bool
    """Whether the tests passed, or the program ended by itself with status 0."""
    report: str
    """A short text on how it went: what the next agent is shown."""
    failures: tuple[str, ...] = ()
    """What failed, one text for each test, or the report of a program that failed."""
    results: dict[str, float] = {}
    """Of an experiment: the numbers that its program left, by name."""
    figures: tuple[dict[str, Any], ...] = ()
    """Of an experiment: what it left to be drawn, as data."""
    reason: str
    exit_code: int | None
    stdout: str
    stderr: str
    truncated: bool
    refused: tuple[str, ...] = ()
    """Files that were asked for and there, but did not come back: links, folders, devices, or too much to take."""
    network: dict[str, Any] = {}
    """Whom it was allowed to talk to; empty: nobody."""
    connections: tuple[dict[str, Any], ...] = ()
    """Whom it asked to be connected to, allowed or not, and what went over the line."""
    seconds: float


class ToolStarted(Record):
    """A tool model is about to be called."""

    type: Literal["tool.started"] = "tool.started"
    place: str
    """``ask#1/t2/ocr``: the task and the tool model; ``ask#1/file/photo.png`` for a file that is taken in."""
    digest: str
    """SHA-256 of the tool model's name and its arguments. With the place and the attempt, the key of its answer."""
    tool: str
    arguments: dict[str, Any] = {}
    """As JSON; a file by its name, type, digest and size."""
    attempt: int = 1


class ToolAnswered(Record):
    """What came of a call: a value, or an error."""

    type: Literal["tool.answered"] = "tool.answered"
    place: str
    digest: str
    tool: str
    value: Any = None
    """As JSON; a file by its name, type, digest and size: it lies in the run's folder ``media``."""
    error: str = ""
    """The code of what went wrong; empty: nothing."""
    message: str = ""
    cost: float = 0.0
    seconds: float = 0.0
    attempt: int = 1


class MessageSent(Record):
    """Somebody said something in a team."""

    type: Literal["message.sent"] = "message.sent"
    step: str
    round: int = 1
    item: int = 0
    turn: int
    source: str
    kind: str
    text: str


class SpeakerChosen(Record):
    """A team's scheduler weighed who speaks next."""

    type: Literal["speaker.chosen"] = "speaker.chosen"
    step: str
    round: int = 1
    item: int = 0
    turn: int
    options: tuple[Option, ...]
    choice: str
    order_consistency: float
    orders: int


class HumanAsked(Record):
    """A question was put to a person. Until it is answered, what needs the answer waits; also for days."""

    type: Literal["human.asked"] = "human.asked"
    step: str
    round: int = 1
    question: str
    options: tuple[str, ...] = ()
    """What can be answered; empty: yes or no, or words."""
    words: bool = False
    """Whether the answer is a text of one's own."""
    decision: str = ""
    """In a game: whose move it is."""


class HumanAnswered(Record):
    """A person answered."""

    type: Literal["human.answered"] = "human.answered"
    step: str
    round: int = 1
    question: str
    approved: bool
    note: str = ""
    by: str = ""
    """The account that answered."""
    choice: str = ""
    """One of the options, where there were any; or the words that were asked for."""
    decision: str = ""
    """In a game: whose move it is."""


class MatchStarted(Record):
    """A match of a game begins."""

    type: Literal["match.started"] = "match.started"
    step: str
    match: int = 0
    """Number among the step's matches, from 1; 0 where the step is one match."""
    players: tuple[str, ...]
    """Names, by seat."""
    kinds: tuple[str, ...]
    """What each is: ``agent player on qwen2.5-coder-1.5b``, ``strategy tit_for_tat``, ``human``."""
    rules: dict[str, Any]
    """All that the match is played by: :class:`glasswork.games.Rules` as data."""
    seed: int
    repetition: int = 1


class RoundPlayed(Record):
    """One round of a match, by seat; see :class:`glasswork.games.Round`."""

    type: Literal["round.played"] = "round.played"
    step: str
    match: int = 0
    number: int
    """From 1."""
    said: tuple[str, ...]
    """What each player answered, as it came."""
    moves: tuple[str, ...] = ()
    """What was done; empty where an illegal answer made the round void."""
    payoffs: tuple[float, ...]
    illegal: tuple[int, ...] = ()
    """Whose answer was no legal move."""


class MatchFinished(Record):
    """A match of a game is over."""

    type: Literal["match.finished"] = "match.finished"
    step: str
    match: int = 0
    scores: tuple[float, ...]
    ended: str
    """``horizon``, or ``illegal``: too many illegal moves of one player."""


class TableHappened(Record):
    """One thing that happened at a table of hidden roles; see :class:`glasswork.games.werewolf.Happening`.

    Who may know of it stands in ``seen_by``: what a player knows is made of these events alone.
    """

    type: Literal["table.happened"] = "table.happened"
    step: str
    match: int = 0
    """Number among the step's games, from 1; 0 where the step is one game."""
    number: int
    """In the game, from 1."""
    day: int
    """From 1; a night belongs to the day that follows it."""
    phase: Literal["setup", "night", "day", "end"]
    what: str
    by: str = ""
    to: str = ""
    names: tuple[str, ...] = ()
    card: str = ""
    text: str = ""
    counts: dict[str, float] = {}
    seen_by: tuple[str, ...] | None = None
    """None: everybody. Empty: nobody but the log."""
    decision: str = ""
    """The decision that it comes from."""


class Weighed(Record):
    """What an agent answered on the side, without deciding anything: a belief, or how much it wants to speak."""

    type: Literal["weighed"] = "weighed"
    step: str
    match: int = 0
    place: str
    """Where the question was asked: ``table#5:1.3/belief/Bo``."""
    by: str
    question: Literal["belief", "bid"]
    about: str = ""
    """Of a belief: of whom."""
    options: tuple[Option, ...]
    order_consistency: float
    orders: int
    after: int
    """The last event of the game (its ``number``) that the player knew of."""


class LogRepaired(Record):
    """A torn tail was found on opening; its bytes were saved beside the log and cut off."""

    type: Literal["log.repaired"] = "log.repaired"
    offset: int
    bytes: int
    saved_as: str


class LogRedacted(Record):
    """Texts were taken out of this log. The chain holds without them: it runs over salted hashes of what events say."""

    type: Literal["log.redacted"] = "log.redacted"
    events: tuple[int, ...]
    """Numbers of the events whose data was removed."""
    blobs: tuple[str, ...]
    """Names of the texts that were removed."""
    reason: str = ""
    by: str = ""


class Redacted(Record):
    """What a reader finds in place of an event whose data was removed. Never recorded."""

    type: Literal["redacted"] = "redacted"
    was: str
    """The type of the event that stood here."""


class RunFinished(Record):
    """The last event of a run that ended, however it ended. A run that is resumed gets another one."""

    type: Literal["run.finished"] = "run.finished"
    state: RunState
    reason: str = ""
    events: int = 0
    """Events of the whole log, this one included, so that a cut shows; the log's writer fills it in."""
    calls: int = 0
    usage: Usage = Usage()
    money: float = 0.0
    """What the calls cost, by the prices in ``models.yaml`` and in their currency."""
    seconds: float = 0.0
    outputs: dict[str, Any] = {}


Event = Annotated[
    RunStarted
    | RunForked
    | RunResumed
    | StepStarted
    | StepFinished
    | ConditionRead
    | ModelAnswered
    | ModelFailed
    | DecisionStarted
    | ThoughtNoted
    | ThinkingEnded
    | Planned
    | Acted
    | Explained
    | DecisionChecked
    | SandboxStarted
    | SandboxRan
    | ToolStarted
    | ToolAnswered
    | MessageSent
    | SpeakerChosen
    | HumanAsked
    | HumanAnswered
    | MatchStarted
    | RoundPlayed
    | MatchFinished
    | TableHappened
    | Weighed
    | LogRepaired
    | LogRedacted
    | Redacted
    | RunFinished,
    Field(discriminator="type"),
]

EVENT: TypeAdapter[Event] = TypeAdapter(Event)
"""Validates and dumps any event."""

Recorder = Callable[[Event], None]
"""Takes an event and returns once it is durable. Agents and the engine are given one; only ``cli`` opens a log."""
