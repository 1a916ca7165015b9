"""A team step: an AutoGen team talks, every message is an event, and one can read why the scheduler chose whom."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from autogen_agentchat.base import ChatAgent, Response, TerminationCondition
from autogen_agentchat.messages import BaseAgentEvent, BaseChatMessage, StopMessage, TextMessage
from autogen_agentchat.teams import BaseGroupChat, RoundRobinGroupChat, SelectorGroupChat
from autogen_core import CancellationToken

from glasswork.agent import Act, StagedAgent
from glasswork.autogen.agent import GlassworkAgent
from glasswork.autogen.client import GlassworkClient
from glasswork.models.choice import choose
from glasswork.places import parse
from glasswork.records import Ask, Message, MessageSent, Recorder, Segment, SpeakerChosen

FINISHED = "Nobody: the task is finished."
"""The scheduler's option to end the conversation."""

Kind = Literal["round_robin", "selector"]


@dataclass(frozen=True)
class Said:
    """One message of a team. ``code`` is the program in it, where its speaker makes programs."""

    source: str
    text: str
    code: str = ""


@dataclass(frozen=True)
class Place:
    """Where a team talks: what the log needs to know."""

    step: str
    decision: str
    """Start of the decisions' ids: turn 3 of ``chat#1`` is ``chat#1.3``."""
    seed: int
    record: Recorder
    on_act: Callable[[Act], None]
    """Is given each act of a Glasswork agent; its explanation may still be under way."""


async def run_team(
    agents: Sequence[StagedAgent | ChatAgent],
    task: Sequence[Segment],
    *,
    kind: Kind,
    turns: int,
    schedule: Ask,
    place: Place,
) -> tuple[Said, ...]:
    """Let a team talk about a task.

    Args:
        agents: Who talks: Glasswork agents, or any AutoGen agents.
        task: The task, as segments that every Glasswork agent has before it from the start.
        kind: ``round_robin``: in turn. ``selector``: a model schedules who speaks next, and when it is done.
        turns: Messages at most.
        schedule: Asks the scheduler's model.
        place: Where in the run this is.

    Returns:
        What was said, in order, without the task.

    Raises:
        GlassworkError: what an agent or the scheduler raised, as it was raised.
    """
    chair = _Chair(task, place, turns, schedule if kind == "selector" else None)
    members = [_Member(agent, chair) if isinstance(agent, StagedAgent) else agent for agent in agents]
    chair.members = members
    team = _team(kind, members, chair, turns, schedule)
    async for _ in team.run_stream(task="\n\n".join(segment.text for segment in task)):
        pass  # the chair hears everything, and before the next speaker is chosen
    if chair.failure is not None:
        raise chair.failure
    return tuple(chair.said)


def _team(kind: Kind, members: list[ChatAgent], chair: _Chair, turns: int, schedule: Ask) -> BaseGroupChat:
    if kind == "round_robin":
        return RoundRobinGroupChat(list(members), termination_condition=chair, max_turns=turns)
    return SelectorGroupChat(
        list(members),
        model_client=GlassworkClient(schedule, place=f"{chair.place.decision}/selector"),
        selector_func=chair.speaker,
        termination_condition=chair,
        max_turns=turns,
    )


class _Chair(TerminationCondition):
    """Keeps the minutes, chooses the next speaker, ends the talk.

    AutoGen calls a termination condition with each message *before* it selects the next speaker; that makes this the
    one place that sees everything in order. An error is kept here as it was raised, because AutoGen hands on
    ``RuntimeError(str(error))``, and the talk is ended.
    """

    def __init__(self, task: Sequence[Segment], place: Place, turns: int, schedule: Ask | None) -> None:
        self.task = task
        self.place = place
        self.said: list[Said] = []
        self.code: dict[str, str] = {}
        """Programs in acts that have not been said yet, by speaker."""
        self.members: Sequence[ChatAgent] = ()
        self.failure: Exception | None = None
        self._turns = turns
        self._schedule = schedule
        self._next: str | None = None
        self._where = parse(place.decision)

    @property
    def turn(self) -> int:
        """The number of the next message, from 1."""
        return len(self.said) + 1

    @property
    def terminated(self) -> bool:
        """Never by itself: AutoGen is told by the stop message."""
        return False

    async def reset(self) -> None:
        """Keep the minutes: AutoGen resets when the talk ends, and they are read afterwards."""

    async def __call__(self, messages: Sequence[BaseAgentEvent | BaseChatMessage]) -> StopMessage | None:
        """Hear what is new; decide who is next, or that it is over."""
        if self.failure is None:
            for message in messages:
                self._hear(message)
        if self.failure is None and self._schedule is not None and len(self.said) < self._turns:
            try:
                self._next = await self._choose(self._schedule)
            except Exception as error:  # noqa: BLE001 - kept, and raised by run_team
                self.failure = error
            if self._next is None:
                return StopMessage(content="the task is finished", source="scheduler")
        if self.failure is not None:
            return StopMessage(content="the talk has failed", source="scheduler")
        return None

    async def speaker(self, _: Sequence[BaseAgentEvent | BaseChatMessage]) -> str | None:
        """Tell AutoGen what was chosen."""
        return self._next

    def _hear(self, message: BaseAgentEvent | BaseChatMessage) -> None:
        spoken = isinstance(message, BaseChatMessage) and message.source != "user"
        self.place.record(
            MessageSent(
                step=self.place.step,
                round=self._where.round,
                item=self._where.item,
                turn=self.turn if spoken else len(self.said),
                source=message.source,
                kind=type(message).__name__,
                text=message.to_text(),
            )
        )
        if spoken:
            self.said.append(Said(message.source, message.to_text(), self.code.pop(message.source, "")))

    async def _choose(self, ask: Ask) -> str | None:
        """Weigh who speaks next, in every order of the members; None ends the talk."""
        last = self.said[-1].source if self.said else ""
        candidates = [member for member in self.members if member.name != last]
        options = [self._candidate(member) for member in candidates]
        choice = await choose(
            ask,
            f"{self.place.decision}/schedule/{self.turn}",
            self._minutes(),
            [*options, FINISHED] if self.said else options,
            question="Who is needed next to get the task done?",
            seed=self.place.seed,
        )
        self.place.record(
            SpeakerChosen(
                step=self.place.step,
                round=self._where.round,
                item=self._where.item,
                turn=self.turn,
                options=choice.options,
                choice=choice.options[choice.chosen].label,
                order_consistency=choice.order_consistency,
                orders=choice.orders,
            )
        )
        return candidates[choice.chosen].name if choice.chosen < len(candidates) else None

    def _candidate(self, member: ChatAgent) -> str:
        """Say who that is, and how often it has spoken: what a small model does not count by itself."""
        times = sum(said.source == member.name for said in self.said)
        spoken = "has not spoken yet" if not times else "has spoken once" if times == 1 else f"has spoken {times} times"
        return f"{member.name}, who {spoken}: {member.description}"

    def _minutes(self) -> tuple[Message, ...]:
        task = "\n\n".join(segment.text for segment in self.task)
        talk = "\n\n".join(f"{said.source}: {said.text}" for said in self.said) or "(nothing yet)"
        return (
            Message(
                role="system",
                content="You schedule a team. You decide who speaks next, and when the task is done. Nobody can judge "
                "work that has not been done yet, and nobody should speak twice before all have spoken.",
            ),
            Message(role="user", content=f"The task:\n\n{task}\n\nWhat has been said:\n\n{talk}"),
        )


class _Member(GlassworkAgent):
    """A Glasswork agent in our own team: its turns are numbered by the chair, and so are its errors kept."""

    def __init__(self, agent: StagedAgent, chair: _Chair) -> None:
        makes_code = agent.definition.act.produces == "code"

        def keep(act: Act) -> None:
            chair.place.on_act(act)
            if makes_code:
                chair.code[agent.name] = act.data

        super().__init__(
            agent,
            opening=chair.task,
            decision=lambda: f"{chair.place.decision}.{chair.turn}",
            step=chair.place.step,
            seed=chair.place.seed,
            on_act=keep,
        )
        self._chair = chair

    async def on_messages(self, messages: Sequence[BaseChatMessage], cancellation_token: CancellationToken) -> Response:
        """Speak; an error goes to the chair, which ends the talk."""
        try:
            return await super().on_messages(messages, cancellation_token)
        except Exception as error:  # noqa: BLE001 - kept, and raised by run_team
            self._chair.failure = error
            return Response(chat_message=TextMessage(content="", source=self.name))
