"""What can be asked about runs: each table is a class, each column a field with a sentence that says what it holds.

Times are in UTC. ``seq`` is the number of an event in its run; with ``run`` it says which events a row comes from.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, NamedTuple, NewType, get_args, get_origin, get_type_hints

Json = NewType("Json", str)
"""JSON as text: a column of DuckDB's type JSON."""
Texts = tuple[str, ...]

RunId = Annotated[str, "the run's id"]
Seq = Annotated[int, "number of the event"]
Time = Annotated[datetime, "when it was recorded, UTC"]
AtPlace = Annotated[str, "where in the run it was asked, such as build#1/choose/2"]
OfStep = Annotated[str | None, "the step"]
InRound = Annotated[int | None, "the step's round, from 1"]
OfItem = Annotated[int | None, "number of the for_each item, from 1; 0: none"]
OfTurn = Annotated[int | None, "turn of a team, from 1; 0: none"]
InStage = Annotated[str | None, "plan, choose, act, explain, sandbox, schedule, tool"]
OfDecision = Annotated[str | None, "the decision, such as build#1; NULL: none"]


class RunRow(NamedTuple):
    """How each run ended, and what it took."""

    run: RunId
    workflow: Annotated[str, "its workflow"]
    model: Annotated[str, "how the log calls its model"]
    state: Annotated[str, "done, failed, interrupted, budget, waiting; running, cut off"]
    reason: Annotated[str, "why it ended like that"]
    started: Annotated[datetime | None, "when it began, UTC"]
    seconds: Annotated[float, "wall-clock time, counted to the last event"]
    calls: Annotated[int | None, "answers of models; NULL: it has not ended, count in calls"]
    tokens: Annotated[int | None, "prompt and completion tokens; NULL: it has not ended"]
    events: Annotated[int, "how many events its log holds"]
    parent: Annotated[str | None, "the run it was forked from"]
    forked_at: Annotated[int | None, "number of the last event that is the parent's, not its own"]
    seed: Annotated[int, "what makes its draws repeatable"]
    sandbox: Annotated[str | None, "the backend asked for in place of all others"]
    glasswork: Annotated[str, "the version that began it"]


class EventRow(NamedTuple):
    """Every event, whole."""

    run: RunId
    seq: Seq
    time: Time
    type: Annotated[str, "such as step.finished"]
    step: OfStep
    round: InRound
    item: OfItem
    turn: OfTurn
    stage: InStage
    decision: OfDecision
    place: Annotated[str | None, "where in the run, such as build#1/choose/2"]
    data: Annotated[Json | None, "its other fields, long texts put back; NULL: removed"]


class DecisionRow(NamedTuple):
    """What each decision weighed, chose and did, and what was said about it."""

    run: RunId
    decision: Annotated[str, "its id, such as build#1"]
    seq: Annotated[int, "number of its first event"]
    time: Annotated[datetime, "when it began, UTC"]
    step: OfStep
    round: InRound
    item: OfItem
    turn: OfTurn
    reached: Annotated[str, "the last stage it finished: ready, plan, act, explain"]
    agent: Annotated[str | None, "who decided"]
    role: Annotated[str | None, "as what"]
    model: Annotated[str | None, "on which model"]
    strategy: Annotated[str | None, "how it thought: direct, chain, ..."]
    segments: Annotated[int, "how many pieces of context it saw"]
    options: Annotated[int, "how many options it weighed"]
    choice: Annotated[str | None, "label of the chosen option"]
    choice_text: Annotated[str | None, "the chosen option"]
    probability: Annotated[float | None, "of the chosen option, averaged over the orders"]
    order_consistency: Annotated[float | None, "share of the orders in which it came first"]
    orders: Annotated[int | None, "how many orders were asked; 0: there was one option"]
    read: Annotated[str | None, "how the choice was read: weighed, reasoning (from it alone), votes"]
    sampled: Annotated[bool | None, "whether the choice was a seeded draw"]
    forced: Annotated[bool | None, "whether a person fixed the choice, in a fork"]
    thinking: Annotated[str | None, "what was thought before the options"]
    reasoning: Annotated[str | None, "raw reasoning that the server sent apart"]
    produces: Annotated[str | None, "what kind of act: text, code, cases, list, fields"]
    act: Annotated[str | None, "what was done, as text"]
    data: Annotated[Json | None, "what was done, as data; NULL: it is prose"]
    edited: Annotated[bool | None, "whether a person wrote the act, in a fork"]
    reader: Annotated[str | None, "for whom it was explained"]
    cited: Annotated[int, "how many segments its explanation cites"]
    confidence: Annotated[float | None, "as the model states it, 0 to 1"]
    would_change_if: Annotated[str | None, "what would have changed it, as the model states it"]
    calls: Annotated[int, "answers of models it took"]
    failures: Annotated[int, "attempts that failed"]
    seconds: Annotated[float, "seconds that its calls took, one after the other"]
    prompt_tokens: Annotated[int, "of all its calls"]
    completion_tokens: Annotated[int, "of all its calls"]
    tokens: Annotated[int, "both together"]


class ThoughtRow(NamedTuple):
    """The thoughts of decisions that thought more than one."""

    run: RunId
    seq: Seq
    time: Time
    decision: Annotated[str, "the decision"]
    number: Annotated[int, "in the decision, from 1, as they came about"]
    parents: Annotated[Texts, "numbers of the thoughts that it was made of"]
    operation: Annotated[str, "what made it: propose, generate, aggregate, refine, sample, argue, reason"]
    text: Annotated[str, "the thought"]
    score: Annotated[float | None, "what it was found to be worth; NULL: it was not valued"]
    fate: Annotated[str, "kept, dropped, or left: followed, and gone back from"]
    why: Annotated[str | None, "why it was dropped or left"]


class OptionRow(NamedTuple):
    """What each decision weighed, and how probable its choice was."""

    run: RunId
    decision: Annotated[str, "the decision"]
    label: Annotated[str, "A, B, ..."]
    text: Annotated[str, "the option"]
    probability: Annotated[float, "averaged over the orders"]
    censored: Annotated[bool, "whether some order gave only an upper bound"]
    chosen: Annotated[bool, "whether it was chosen"]


class SegmentRow(NamedTuple):
    """The pieces of context that each decision saw."""

    run: RunId
    decision: Annotated[str, "the decision"]
    segment: Annotated[str, "its id within the decision: s1, s2, ..."]
    source: Annotated[str, "where it comes from, such as steps.build.code"]
    text: Annotated[str, "what it says"]
    cited: Annotated[bool, "whether the explanation cites it"]


class ReasonRow(NamedTuple):
    """The reasons that explanations give, each citing a segment."""

    run: RunId
    decision: Annotated[str, "the decision"]
    number: Annotated[int, "from 1, in the order given"]
    segment: Annotated[str, "the segment it cites"]
    why: Annotated[str, "why that mattered, as the model states it"]


class CallRow(NamedTuple):
    """Answers of models. The prompts are in events.data."""

    run: RunId
    seq: Seq
    time: Time
    place: AtPlace
    step: OfStep
    round: InRound
    item: OfItem
    turn: OfTurn
    stage: InStage
    decision: OfDecision
    attempt: Annotated[int, "which attempt got this answer, from 1"]
    model: Annotated[str, "who answered"]
    form: Annotated[str, "what was asked for: text, json, label"]
    prompt_tokens: Annotated[int, "as the server counted"]
    completion_tokens: Annotated[int, "as the server counted"]
    cached_tokens: Annotated[int | None, "prompt tokens from its cache; NULL: it does not say"]
    seconds: Annotated[float, "from the question to the answer"]
    obtained: Annotated[str, "constrained, extracted, repaired, free"]
    finish_reason: Annotated[str, "stop; length: it was cut off"]
    temperature: Annotated[float, "as asked"]
    max_tokens: Annotated[int, "as asked"]
    text: Annotated[str, "the answer"]
    reasoning: Annotated[str, "raw reasoning that the server sent apart"]


class FailureRow(NamedTuple):
    """Attempts to get an answer that failed."""

    run: RunId
    seq: Seq
    time: Time
    place: AtPlace
    step: OfStep
    round: InRound
    item: OfItem
    turn: OfTurn
    stage: InStage
    decision: OfDecision
    attempt: Annotated[int, "which attempt, from 1"]
    code: Annotated[str, "such as timeout, invalid_output"]
    message: Annotated[str, "what went wrong"]
    raw: Annotated[str, "what the model answered, where it answered"]
    will_retry: Annotated[bool, "whether another attempt followed"]
    seconds: Annotated[float, "how long it took to fail"]


class StepRow(NamedTuple):
    """Each round of a step, each item of a for_each. Where a run was resumed the last ending counts."""

    run: RunId
    step: Annotated[str, "its id; check#1.read: a step of the workflow that check runs"]
    round: Annotated[int, "from 1; only loops make more than one"]
    item: Annotated[int, "number of the for_each item, from 1; 0: the step itself"]
    kind: Annotated[str | None, "agent, team, loop, human, workflow; NULL: it never began"]
    agent: Annotated[str | None, "who works in it"]
    items: Annotated[int | None, "how many items a for_each has"]
    state: Annotated[str, "done, failed, skipped, cancelled; running: it has not ended"]
    reason: Annotated[str | None, "why it did not end well, or was skipped"]
    started: Annotated[datetime | None, "when it began, UTC"]
    seconds: Annotated[float | None, "as its ending says"]
    output: Annotated[Json | None, "what it hands on"]


class CheckRow(NamedTuple):
    """Tests that decisions were put to, some time after: one row each measure."""

    run: RunId
    seq: Seq
    time: Time
    decision: Annotated[str, "the decision that was tested"]
    tested: Annotated[int, "number of the event that was tested"]
    measure: Annotated[str, "what was measured: influence, evidence, coupling, ..."]
    method: Annotated[str, "how"]
    value: Annotated[float | None, "what came of it; NULL: it is undefined here"]
    low: Annotated[float | None, "lower end of its interval"]
    high: Annotated[float | None, "upper end of its interval"]
    floor: Annotated[float | None, "what the procedure yields where there is nothing to find"]
    model: Annotated[str, "the model asked for it"]
    calls: Annotated[int, "answers it took"]
    tokens: Annotated[int, "tokens it took"]
    seconds: Annotated[float, "seconds it took"]
    detail: Annotated[Json, "what else there is to know"]


class EffectRow(NamedTuple):
    """How much each segment moved a decision, as a test found."""

    run: RunId
    seq: Annotated[int, "number of the test's event"]
    decision: Annotated[str, "the decision"]
    measure: Annotated[str, "what was measured"]
    segment: Annotated[str, "the segment that was taken away"]
    effect: Annotated[float, "nats by which the log-odds of the choice fall without it"]
    low: Annotated[float, "lower end of the 95 % interval"]
    high: Annotated[float, "upper end of it"]
    causal: Annotated[bool, "whether that is beyond the noise floor"]
    cited: Annotated[bool, "whether the explanation cites the segment"]
    censored: Annotated[bool, "whether some probability was only an upper bound"]


class ConditionRow(NamedTuple):
    """Conditions that were evaluated."""

    run: RunId
    seq: Seq
    time: Time
    step: Annotated[str, "the step whose condition it is"]
    expression: Annotated[str, "the condition"]
    reads: Annotated[Json, "the values it read"]
    result: Annotated[bool, "what it came to"]


class MessageRow(NamedTuple):
    """What was said in teams."""

    run: RunId
    seq: Seq
    time: Time
    step: Annotated[str, "the team's step"]
    turn: Annotated[int, "the turn, from 1; 0: the task"]
    source: Annotated[str, "who spoke"]
    kind: Annotated[str, "AutoGen's name for the kind of message"]
    text: Annotated[str, "what was said"]


class SpeakerRow(NamedTuple):
    """Who could have spoken next in a team, and whom the scheduler chose: one row each option."""

    run: RunId
    seq: Seq
    time: Time
    step: Annotated[str, "the team's step"]
    turn: Annotated[int, "the turn that was given away"]
    label: Annotated[str, "A, B, ..."]
    text: Annotated[str, "the candidate, as the scheduler was told"]
    probability: Annotated[float, "averaged over the orders"]
    censored: Annotated[bool, "whether some order gave only an upper bound"]
    chosen: Annotated[bool, "whether this one was chosen"]
    order_consistency: Annotated[float, "share of the orders in which the chosen one came first"]


class HappeningRow(NamedTuple):
    """What happened at tables of werewolf, the hidden with the public."""

    run: RunId
    seq: Seq
    time: Time
    step: Annotated[str, "the game's step"]
    game: Annotated[int, "number of the game among the step's; 0: it has one"]
    number: Annotated[int, "number in the game, from 1"]
    day: Annotated[int, "from 1; a night belongs to the day after it"]
    phase: Annotated[str, "setup, night, day, end"]
    what: Annotated[str, "such as spoke, voted, protected, died"]
    actor: Annotated[str | None, "who did it; NULL: nobody"]
    target: Annotated[str | None, "to whom"]
    names: Annotated[Texts, "who else is concerned: the werewolves, the tied, the winners"]
    card: Annotated[str | None, "the card that came to light"]
    text: Annotated[str | None, "the words, the bid, the illegal answer, who has won"]
    counts: Annotated[Json, "votes by name"]
    public: Annotated[bool, "whether everybody at the table knows"]
    seen_by: Annotated[Texts | None, "who else knows; NULL: everybody"]
    decision: Annotated[str | None, "the decision that it comes from"]


class WeighedRow(NamedTuple):
    """What players believed of each other, and how much they wanted to speak: one row each option."""

    run: RunId
    seq: Seq
    time: Time
    place: Annotated[str, "where it was asked, such as table#5.3/belief/Bo"]
    step: Annotated[str, "the game's step"]
    game: Annotated[int, "number of the game among the step's; 0: it has one"]
    player: Annotated[str, "who answered"]
    question: Annotated[str, "belief, bid"]
    about: Annotated[str | None, "of a belief: of whom"]
    label: Annotated[str, "A, B, ..."]
    text: Annotated[str, "the option: werewolf, not a werewolf, a card; 0 to 4"]
    probability: Annotated[float, "averaged over the orders"]
    censored: Annotated[bool, "whether some order gave only an upper bound"]
    after: Annotated[int, "the last happening of the game that the player knew of"]


class SandboxRow(NamedTuple):
    """Programs that ran in a sandbox. Where ``backend`` is NULL one began, and nobody knows how far it came."""

    run: RunId
    seq: Seq
    time: Time
    place: Annotated[str, "where in the run"]
    step: OfStep
    round: InRound
    item: OfItem
    turn: OfTurn
    decision: OfDecision
    argv: Annotated[Texts, "what ran"]
    backend: Annotated[str | None, "docker, bubblewrap, jail"]
    passed: Annotated[bool | None, "whether the tests passed, or the program ended with 0"]
    reason: Annotated[str | None, "exit, timeout, oom, signal:..."]
    exit_code: Annotated[int | None, "NULL: it did not end by itself"]
    report: Annotated[str | None, "what the next agent was shown"]
    failures: Annotated[Texts | None, "what failed, one text each"]
    stdout: Annotated[str | None, "what it printed"]
    stderr: Annotated[str | None, "what it printed as errors"]
    truncated: Annotated[bool | None, "whether what it printed was cut"]
    seconds: Annotated[float | None, "wall-clock time"]
    files: Annotated[Texts | None, "the files it had"]
    limits: Annotated[Json | None, "the limits asked for"]
    limits_enforced: Annotated[Texts | None, "those that really held"]
    not_contained: Annotated[Texts | None, "what the backend does not hold back"]


class ToolRow(NamedTuple):
    """Calls of tool models. Where ``seconds`` is NULL one began, and nobody knows how far it came."""

    run: RunId
    seq: Seq
    time: Time
    place: Annotated[str, "where in the run, such as ask#1/t2/ocr"]
    step: OfStep
    round: InRound
    item: OfItem
    decision: Annotated[str | None, "the decision that chose who does the task"]
    task: Annotated[str, "the task: t1, t2, ..."]
    tool: Annotated[str, "the tool model"]
    attempt: Annotated[int, "from 1"]
    arguments: Annotated[Json, "by input; a file by its name, type, digest and size"]
    value: Annotated[Json | None, "what it gave"]
    error: Annotated[str | None, "the code of what went wrong; NULL: nothing"]
    message: Annotated[str | None, "what went wrong, in words"]
    cost: Annotated[float | None, "in the currency of models.yaml"]
    seconds: Annotated[float | None, "wall-clock time"]


class PersonRow(NamedTuple):
    """Questions to people, and their answers."""

    run: RunId
    seq: Annotated[int, "number of the answer's event; of the question's while there is none"]
    step: Annotated[str, "the step that asks"]
    round: Annotated[int, "its round"]
    question: Annotated[str, "what was asked"]
    asked: Annotated[datetime | None, "when, UTC"]
    answered: Annotated[datetime | None, "when, UTC; NULL: not yet"]
    approved: Annotated[bool | None, "yes or no"]
    note: Annotated[str | None, "what the person wrote"]
    answered_by: Annotated[str | None, "the account that answered"]


CLASSES: dict[str, Any] = {
    "runs": RunRow,
    "steps": StepRow,
    "decisions": DecisionRow,
    "options": OptionRow,
    "thoughts": ThoughtRow,
    "segments": SegmentRow,
    "reasons": ReasonRow,
    "calls": CallRow,
    "failures": FailureRow,
    "checks": CheckRow,
    "effects": EffectRow,
    "conditions": ConditionRow,
    "messages": MessageRow,
    "speakers": SpeakerRow,
    "happenings": HappeningRow,
    "beliefs": WeighedRow,
    "sandbox": SandboxRow,
    "tool_calls": ToolRow,
    "people": PersonRow,
    "events": EventRow,
}

_TYPES = {
    str: "VARCHAR",
    int: "BIGINT",
    float: "DOUBLE",
    bool: "BOOLEAN",
    datetime: "TIMESTAMP",
    Json: "JSON",
    Texts: "VARCHAR[]",
}


@dataclass(frozen=True)
class Column:
    """A column: its name, its type in DuckDB, what it holds."""

    name: str
    type: str
    holds: str


@dataclass(frozen=True)
class Table:
    """A table: its name, what it is about, its columns."""

    name: str
    about: str
    columns: tuple[Column, ...]


def _table(name: str, row: Any) -> Table:
    hints = get_type_hints(row, include_extras=True)
    return Table(name, str(row.__doc__), tuple(_column(field, hint) for field, hint in hints.items()))


def _column(name: str, hint: Any) -> Column:
    kind, holds = get_args(hint)
    if get_origin(kind) is not tuple:
        kind = next(part for part in get_args(kind) or (kind,) if part is not type(None))
    return Column(name, _TYPES[kind], holds)


TABLES = tuple(_table(name, row) for name, row in CLASSES.items())
"""All tables, the ones asked most first."""
