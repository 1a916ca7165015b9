"""The staged agent: one decision is plan → act → explain, and each stage leaves its record before the next begins."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from glasswork.agent import products, prompt
from glasswork.agent.check import Account, Check
from glasswork.agent.stages import Stages
from glasswork.definitions import AgentDef, RoleDef
from glasswork.errors import InvalidOutput, ModelError, UserError
from glasswork.models.choice import Choice, choose, label_request
from glasswork.models.messages import with_instruction
from glasswork.reasoning import Planning, Proposal, strategies
from glasswork.records import (
    Acted,
    Ask,
    Because,
    DecisionStarted,
    Explained,
    Message,
    Planned,
    Recorder,
    Request,
    Segment,
    Stage,
    StageEntered,
    Watcher,
)

REPAIRS = 1
"""Times an act that cannot be used is asked for again, with the reason, before the decision fails."""
RETOLD = 0.7
"""Temperature of an explanation that is asked for once more: at 0 it would be the same again."""
_QUESTION = "Which option is best?"


@dataclass(frozen=True)
class Situation:
    """What an agent is to decide about."""

    decision: str
    """The decision's id: ``build#1``."""
    step: str
    segments: tuple[Segment, ...]
    seed: int = 0
    repeat: bool = False
    """Whether this is a loop's repeat of an earlier decision."""


@dataclass(frozen=True)
class Fixed:
    """What a person has decided in place of an agent, by forking a run."""

    choose: str = ""
    """The label of the option to choose."""
    act: str | None = None
    """What to hand on as the act."""


@dataclass(frozen=True)
class Act:
    """What a decision came to. The explanation may still be under way; await ``explained`` for it."""

    text: str
    data: Any
    """The code, the list or the fields, by what the agent produces; None for prose."""
    choice: str
    """The text of the chosen option."""
    explained: asyncio.Task[Explained]


class _Plan(NamedTuple):
    """What planning came to."""

    transcript: tuple[Message, ...]
    choice: str
    """The text of the chosen option."""
    planned: Planned
    request: Request | None
    """The question of the choice; None where there was one option only, or the strategy made the choice."""


class StagedAgent:
    """A role on a model, deciding in three stages.

    One object may decide many times and concurrently: what a decision needs, it is given.
    """

    def __init__(
        self,
        name: str,
        definition: AgentDef,
        role: RoleDef,
        *,
        ask: Ask,
        record: Recorder,
        model: str = "",
        watch: Watcher | None = None,
        fixed: Mapping[str, Fixed] | None = None,
        check: Check | None = None,
    ) -> None:
        """Make an agent.

        Args:
            name: What the log calls it.
            definition: Its settings for the three stages.
            role: Who it is.
            ask: Asks its model.
            record: Takes each event and returns once it is durable.
            model: What the log calls its model.
            watch: Is told of each stage as it begins.
            fixed: What a person has decided in its place, by decision.
            check: Puts its explanations to the test, where that is demanded.
        """
        self.name = name
        self.definition = definition
        self.role = role
        self._ask = ask
        self._record = record
        self.model = model
        self._watch = watch
        self._fixed = fixed or {}
        self._check = check

    async def decide(self, situation: Situation) -> Act:
        """Plan and act; explain in the background, unless the act is to wait until its explanation has been tested.

        The plan is recorded before the act is asked for, so that it cannot be fitted to it afterwards.

        Raises:
            ModelError: a stage got no usable answer.
            BudgetExceeded: a call would have passed the budget.
            ExplanationFailed: the explanation does not hold, and it is demanded that it does.
        """
        stages, definition = Stages(), self.definition
        self._record(
            DecisionStarted(
                decision=situation.decision,
                step=situation.step,
                agent=self.name,
                role=self.role.name,
                model=self.model,
                strategy=definition.plan.strategy,
                segments=situation.segments,
            )
        )
        self._enter(stages, situation, Stage.PLAN)
        plan = await self._plan(situation)
        self._enter(stages, situation, Stage.ACT)
        transcript, text, data = await self._act(situation, plan)
        self._enter(stages, situation, Stage.EXPLAIN)

        def account(explained: Explained) -> Account:
            return Account(self.name, situation.segments, plan.request, plan.planned, text, explained)

        explained = asyncio.create_task(self._explain(stages, situation, transcript, account))
        if self._check is not None and self._check.on_fail != "flag":
            await explained
        return Act(text=text, data=data, choice=plan.choice, explained=explained)

    async def weigh(
        self, place: str, segments: tuple[Segment, ...], question: str, options: Sequence[str], seed: int = 0
    ) -> Choice:
        """Ask the agent something on the side, which decides nothing and leaves no record of its own.

        Args:
            place: Where in the run; below a decision's name.
            segments: What it has before it.
            question: In a sentence.
            options: What it can answer, at most 26.
            seed: Of the run.

        Raises:
            ModelError: a request failed.
            BudgetExceeded: a call would have passed the budget.
        """
        context = prompt.context(self.role, segments)
        return await choose(self._ask, place, context, options, question=question, seed=_seed(seed, place))

    def _enter(self, stages: Stages, situation: Situation, stage: Stage) -> None:
        stages.enter(stage)
        if self._watch is not None:
            self._watch(StageEntered(decision=situation.decision, stage=stage))

    async def _plan(self, situation: Situation) -> _Plan:
        settings, place = self.definition.plan, f"{situation.decision}/plan"
        planning = Planning(
            ask=self._ask,
            place=place,
            context=prompt.context(self.role, situation.segments),
            settings=settings,
            seed=_seed(situation.seed, place),
            record=self._record,
        )
        only = products.only_way(self.definition.act, situation.segments)
        proposal = Proposal((only,), planning.context) if only else await strategies.get(settings.strategy)(planning)
        choice = proposal.choice or await self._choose(situation, proposal)
        forced = self._fixed.get(situation.decision, Fixed()).choose
        chosen = _labelled(choice, forced) if forced else choice.chosen
        planned = Planned(
            decision=situation.decision,
            thinking=proposal.thinking,
            reasoning=proposal.reasoning,
            options=choice.options,
            choice=choice.options[chosen].label,
            sampled=choice.sampled and not forced,
            order_consistency=choice.order_consistency,
            orders=choice.orders,
            forced=bool(forced),
            expected=proposal.expected,
            read=proposal.read,
        )
        self._record(planned)
        return _Plan(proposal.transcript, proposal.options[chosen], planned, _asked(situation, proposal))

    async def _choose(self, situation: Situation, proposal: Proposal) -> Choice:
        place = f"{situation.decision}/choose"
        return await choose(
            self._ask,
            place,
            proposal.transcript,
            proposal.options,
            question=_QUESTION,
            seed=_seed(situation.seed, place),
            temperature=self.definition.plan.temperature,
        )

    async def _act(self, situation: Situation, plan: _Plan) -> tuple[tuple[Message, ...], str, Any]:
        """Return the transcript after the act, its text and its data."""
        settings = self.definition.act
        how = products.instruction(settings, situation.segments)
        messages = with_instruction(plan.transcript, prompt.act_instruction(plan.choice, how))
        fixed = self._fixed.get(situation.decision, Fixed()).act
        if fixed is None and settings.produces == "choice":
            answer, (text, data) = plan.choice, (plan.choice, None)
        elif fixed is None:
            answer, (text, data) = await self._usable(situation, messages)
        else:
            answer, (text, data) = fixed, products.written(settings, fixed, situation.segments)
        self._record(
            Acted(
                decision=situation.decision,
                produces=settings.produces,
                text=text,
                data=data,
                edited=fixed is not None,
            )
        )
        return (*messages, Message(role="assistant", content=answer)), text, data

    async def _usable(self, situation: Situation, messages: tuple[Message, ...]) -> tuple[str, tuple[str, Any]]:
        """Ask for the act until it can be used, within bounds; return the raw answer and its reading."""
        asked = messages
        for attempt in range(REPAIRS + 1):
            place = f"{situation.decision}/act" + (f"~{attempt}" if attempt else "")
            request = self._act_request(situation, asked, place, again=situation.repeat or attempt > 0)
            answer = await self._ask(place, request)
            try:
                return answer.text, products.read(
                    self.definition.act, answer, situation.segments, last=attempt == REPAIRS
                )
            except InvalidOutput as error:
                if attempt == REPAIRS:
                    raise
                # A cut-off answer is long and mostly repetition: it would only lead the model on.
                cut = answer.finish_reason == "length"
                said = messages if cut else (*messages, Message(role="assistant", content=answer.text))
                asked = with_instruction(said, f"An earlier answer cannot be used: {error.message}.")
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _act_request(self, situation: Situation, messages: tuple[Message, ...], place: str, *, again: bool) -> Request:
        settings = self.definition.act
        bound = products.schema(settings, situation.segments)
        warmer = settings.repeat_temperature
        return Request(
            messages=messages,
            form="text" if bound is None else "json",
            json_schema=bound,
            stop=products.STOP.get(settings.produces, ()),
            max_tokens=settings.max_tokens,
            temperature=warmer if again and warmer is not None else settings.temperature,
            seed=_seed(situation.seed, place),
        )

    async def _explain(
        self,
        stages: Stages,
        situation: Situation,
        transcript: tuple[Message, ...],
        account: Callable[[Explained], Account],
    ) -> Explained:
        """Explain, and put that to the test where it is demanded; where it does not hold, perhaps explain once more."""
        explained, check = await self._told(situation, transcript), self._check
        if check is not None and not await check(account(explained)) and check.on_fail == "retry":
            first, explained = explained, await self._told_again(situation, transcript, explained)
            if explained is not first:
                await check(account(explained))
        self._enter(stages, situation, Stage.READY)
        return explained

    async def _told_again(self, situation: Situation, transcript: tuple[Message, ...], first: Explained) -> Explained:
        """Have the model say why once more; where that fails, as the log then says, what it told first stands."""
        try:
            return await self._told(situation, transcript, again=True)
        except ModelError:
            return first

    async def _told(self, situation: Situation, transcript: tuple[Message, ...], *, again: bool = False) -> Explained:
        """Have the model say why, and record that."""
        settings, place = self.definition.explain, f"{situation.decision}/explain" + ("~1" if again else "")
        asked = prompt.explain_instruction(settings, situation.segments, again=again)
        request = Request(
            messages=with_instruction(transcript, asked),
            form="json",
            json_schema=prompt.explain_schema(settings, situation.segments),
            max_tokens=settings.max_tokens,
            temperature=RETOLD if again else 0.0,
            seed=_seed(situation.seed, place),
        )
        said = (await self._ask(place, request)).data
        explained = Explained(
            decision=situation.decision,
            reader=settings.reader,
            because=_distinct(said["because"]),
            confidence=said["confidence_percent"] / 100,
            would_change_if=said["would_change_if"],
        )
        self._record(explained)
        return explained


Decide = Callable[[Situation], Awaitable[Act]]
"""What a team or an engine needs of an agent."""


def _asked(situation: Situation, proposal: Proposal) -> Request | None:
    """Return the first question of :func:`choose`, as it was asked; None where it was not."""
    if len(proposal.options) < 2 or proposal.choice is not None:
        return None
    seed = _seed(situation.seed, f"{situation.decision}/choose")
    return label_request(proposal.transcript, _QUESTION, proposal.options, seed=seed)


def _labelled(choice: Choice, label: str) -> int:
    """Return the index of the option with a label. Raises UserError where there is none."""
    labels = [option.label for option in choice.options]
    if label not in labels:
        raise UserError(f"there is no option {label!r}; there are {', '.join(labels)}")
    return labels.index(label)


def _distinct(reasons: Sequence[Mapping[str, str]]) -> tuple[Because, ...]:
    """Drop reasons that repeat an earlier one word for word, whichever segment they name: small models do that."""
    found: dict[str, Because] = {}
    for reason in reasons:
        found.setdefault(reason["why"], Because(**reason))
    return tuple(found.values())


def _seed(seed: int, place: str) -> int:
    """Return a seed of its own for every place, the same in every run with the same seed: 31 bits."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{place}".encode()).digest()[:4]) >> 1
