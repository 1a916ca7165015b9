"""The records everything else speaks in: what is asked of a model, what a decision leaves behind, what a log holds.

All are frozen pydantic models without behaviour beyond their own shape. An *event* is one line of a run's log;
the union :data:`Event` is told apart by its ``type``. Records know nothing of files: the log's writer moves long
strings out to blobs and its reader puts them back.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter


class Record(BaseModel):
    """A frozen value: unknown fields are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


# --- asking a model -------------------------------------------------------------------------------------------------


class Message(Record):
    """One turn of a chat prompt."""

    role: Literal["system", "user", "assistant"]
    content: str


class Request(Record):
    """One question to a model, in the form the answer must have."""

    messages: tuple[Message, ...]
    form: Literal["text", "json", "label"] = "text"
    """``text``: free. ``json``: an instance of ``json_schema``. ``label``: exactly one of ``labels``, one token."""
    json_schema: dict[str, Any] | None = None
    labels: tuple[str, ...] = ()
    stop: tuple[str, ...] = ()
    """For the form ``text``: the answer ends before the first of these; the text does not hold it."""
    max_tokens: int = Field(default=512, ge=1)
    temperature: float = Field(default=0.0, ge=0.0, le=2.0)
    seed: int = 0

    def digest(self) -> str:
        """SHA-256, in hexadecimal, of the canonical JSON of this request: with its place, the key of its answer."""
        canonical = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(canonical.encode()).hexdigest()


class Usage(Record):
    """Tokens, as the server counted them."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int | None = None
    """Prompt tokens that the server took from its cache; None where it does not say."""

    @property
    def total(self) -> int:
        """Prompt and completion tokens together."""
        return self.prompt_tokens + self.completion_tokens

    def __add__(self, other: Usage) -> Usage:
        cached = None
        if self.cached_tokens is not None or other.cached_tokens is not None:
            cached = (self.cached_tokens or 0) + (other.cached_tokens or 0)
        return Usage(
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
            cached_tokens=cached,
        )


class Completion(Record):
    """One answer of a model, already of the form that was asked."""

    text: str
    data: Any = None
    """The parsed instance of the schema, for the form ``json``."""
    logprobs: dict[str, float | None] | None = None
    """For the form ``label``: natural-log probability of each label as the next token; None where it is censored
    (below the least likely token that the server listed)."""
    logprob_floor: float | None = None
    """For the form ``label``: log-probability of the least likely token listed, an upper bound for censored labels."""
    reasoning: str = ""
    """Raw reasoning that the server sent apart from the answer; never mixed with a stated explanation."""
    finish_reason: Literal["stop", "length"] = "stop"
    usage: Usage = Usage()
    model: str = ""
    seconds: float = 0.0
    obtained: Literal["constrained", "extracted", "repaired", "free"] = "free"
    """How an answer in the asked form was come by: by the server's constraint, by taking it out of a longer text,
    by asking again with the error, or without need of either."""


Ask = Callable[[str, Request], Awaitable[Completion]]
"""Asks a model at a *place* (``"build#1/plan"``): what agents are given instead of a model."""


# --- a decision -----------------------------------------------------------------------------------------------------


class Stage(StrEnum):
    """Where a decision stands. Legal successors: READY → PLAN → ACT → EXPLAIN → READY."""

    READY = "ready"
    PLAN = "plan"
    ACT = "act"
    EXPLAIN = "explain"


class Segment(Record):
    """One addressed piece of an agent's context: what a rationale cites and what ablation removes."""

    id: str = Field(pattern=r"^s[1-9][0-9]*$")
    source: str
    """Where it comes from: ``task``, ``inputs.idea``, ``steps.build.code``, ``message.engineer``."""
    text: str


class Option(Record):
    """One thing that could be done, and how probable its choice was."""

    label: str
    text: str
    probability: float = Field(ge=0.0, le=1.0)
    censored: bool = False
    """True where at least one order gave only an upper bound for this option's probability."""


class Because(Record):
    """One reason: a segment, and why it mattered."""

    segment: str
    why: str


# --- events ---------------------------------------------------------------------------------------------------------

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


class ModelAnswered(Record):
    """A model's answer, keyed by the place it was asked at and the digest of what was asked."""

    type: Literal["model.answered"] = "model.answered"
    place: str
    digest: str
    request: Request
    completion: Completion
    attempt: int = 1
    cost: float = 0.0
    """By the price of the model in ``models.yaml``; 0 where it has none."""


class ModelFailed(Record):
    """One attempt to get an answer that failed."""

    type: Literal["model.failed"] = "model.failed"
    place: str
    digest: str
    attempt: int
    code: str
    message: str
    raw: str = ""
    will_retry: bool
    seconds: float = 0.0


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
    reason: str
    exit_code: int | None
    stdout: str
    stderr: str
    truncated: bool
    seconds: float


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
    | Planned
    | Acted
    | Explained
    | DecisionChecked
    | SandboxStarted
    | SandboxRan
    | MessageSent
    | SpeakerChosen
    | HumanAsked
    | HumanAnswered
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


# --- what a live view is told besides events; never logged ---------------------------------------------------------


class StageEntered(Record):
    """A decision entered a stage."""

    decision: str
    stage: Stage


class TextArrived(Record):
    """A model wrote some more text at a place."""

    place: str
    text: str


Notice = StageEntered | TextArrived
Watcher = Callable[[Notice], None]
