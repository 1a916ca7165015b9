"""A werewolf step: tables of agents, strategies and people, many at once, everything that happens an event.

The rules are :mod:`glasswork.games.werewolf`'s business: it says what happened and who is asked what, all who can be
asked at the same time together. Here they are asked. A game is played from its start in every sitting; what was
answered before is served again, so that a run that was interrupted goes on in the middle of a night.

Whatever a player is sent, down to the seed of a request, is a function of the rules and of what that player has seen:
its decisions are numbered by themselves, so that not even a number tells how often others were asked.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, Protocol, TypeVar

from glasswork.agent import Act, Situation, StagedAgent
from glasswork.definitions import AgentDef, SeatUse, WerewolfRules, WerewolfStep
from glasswork.games.rules import generator
from glasswork.games.werewolf import Ask, Happening, Outcome, asked, knows, seen, strategies, table, team
from glasswork.models.choice import Choice
from glasswork.places import decision_id
from glasswork.records import HumanAsked, MatchFinished, MatchStarted, TableHappened, Weighed
from glasswork.workflow.budget import Budget
from glasswork.workflow.compiled import CompiledStep, CompiledWorkflow
from glasswork.workflow.resources import Explanation, Resources
from glasswork.workflow.together import all_or_none, each_to_its_end
from glasswork.workflow.werewolf_context import alive, choices, context, identity, intents, question
from glasswork.workflow.werewolf_rules import Deal, deals

T = TypeVar("T")

SPEECHES = frozenset({"speak", "whisper", "last_words"})
"""Questions that are answered in words."""
BIDS = ("nothing to say now", "a little to say", "something to say", "much to say", "must speak at once")
"""How much somebody wants to speak, from 0 to 4, in words that a model can weigh."""


class Answer(NamedTuple):
    """What a player said to a question, and the decision that it comes from."""

    text: str
    decision: str


class Seat(Protocol):
    """Whoever sits at a table."""

    async def answer(self, ask: Ask, known: Sequence[Happening]) -> Answer:
        """Return one of the options, or words where there are none. ``known``: what the player has seen."""
        ...

    async def heard(self, known: Sequence[Happening]) -> None:
        """Take note of something that was said in public."""
        ...


class Tables:
    """Where the games of one step are played."""

    def __init__(
        self, resources: Resources, step: CompiledStep, path: str, budget: Budget, workflow: CompiledWorkflow
    ) -> None:
        """Sit down.

        Args:
            resources: What the run's steps share.
            step: A werewolf step.
            path: Its name in the run.
            budget: What its agents spend from.
            workflow: The workflow that it belongs to.
        """
        assert isinstance(step.definition, WerewolfStep), "only werewolf is played here"
        assert step.village is not None, "the compiler gives a game its rules"
        self.path = path
        self.resources = resources
        self.use: WerewolfStep = step.definition
        self.rules: WerewolfRules = step.village
        self.names = tuple(self.use.players)
        self._step = step
        self._budget = budget
        self._common = workflow.definition.defaults
        self._agents = {agent.name: agent for agent in step.agents}

    async def play(self) -> tuple[Outcome, ...]:
        """Play every game.

        Raises:
            Waiting: a game waits for a person; the others have been played.
            GlassworkError: a game could not be played to its end; the others have been.
        """
        return await each_to_its_end(self._game, deals(self.use, self.resources.seed), self.use.parallel)

    async def _game(self, deal: Deal) -> Outcome:
        """Play one game: ask all who are asked together, until nobody is."""
        seats = {name: await self._seat(name, use, deal) for name, use in self.use.players.items()}
        self.resources.record(
            MatchStarted(
                step=self.path,
                match=deal.number,
                players=self.names,
                kinds=tuple(kind for _, kind in seats.values()),
                rules={"kind": "werewolf", **self.rules.model_dump(mode="json")},
                seed=deal.seed,
                repetition=1 + max(0, deal.number - 1) // len(self.names),
            )
        )
        playing = {name: seat for name, (seat, _) in seats.items()}
        game = table(self.rules, self.names, deal.seed, cards=self.use.cards or None, rotate=deal.rotate)
        past: list[Happening] = []
        answers: list[Answer] = []
        happened, asks = next(game)
        while True:
            self._record(deal, happened, answers)
            past += happened
            await self._noted(playing, past, happened)
            answers = await _together(playing[ask.player].answer(ask, _known(past, ask.player)) for ask in asks)
            try:
                happened, asks = game.send([answer.text for answer in answers])
            except StopIteration as end:
                outcome: Outcome = end.value
                self._ended(deal, outcome)
                return outcome

    def _record(self, deal: Deal, happened: Sequence[Happening], answers: Sequence[Answer]) -> None:
        for one in happened:
            data = one._asdict()
            place = data.pop("asked")
            decision = answers[place].decision if place >= 0 else ""
            self.resources.record(TableHappened(step=self.path, match=deal.number, decision=decision, **data))

    async def _noted(
        self, playing: Mapping[str, Seat], past: Sequence[Happening], happened: Sequence[Happening]
    ) -> None:
        """Let everybody alive take note of a statement, where beliefs are read after each."""
        if self.use.beliefs.when != "statement" or not any(one.what == "spoke" for one in happened):
            return
        living = alive(self.names, [one for one in past if one.seen_by is None])
        await _together(playing[name].heard(_known(past, name)) for name in living)

    def _ended(self, deal: Deal, outcome: Outcome) -> None:
        scores = tuple(float(team(outcome.cards[name]) == outcome.winner) for name in self.names)
        self.resources.record(MatchFinished(step=self.path, match=deal.number, scores=scores, ended=outcome.winner))

    async def _seat(self, name: str, use: SeatUse, deal: Deal) -> tuple[Seat, str]:
        """Return a player in its seat, and what it is."""
        if use.agent is not None:
            seat = AgentSeat(self, name, deal, use)
            return seat, f"agent {use.agent} on {await seat.model()}"
        if use.strategy is not None:
            return StrategySeat(self, name, deal, use.strategy), f"strategy {use.strategy}"
        return HumanSeat(self, name, deal), "human"

    async def staged(self, use: SeatUse, changed: AgentDef | None = None) -> StagedAgent:
        """Return the agent of a seat, as its file describes it or with changes."""
        assert use.agent is not None, "asked for agents only"
        agent = self._agents[use.agent]
        ready = replace(agent, definition=changed or agent.definition)
        return await self.resources.agent(self._step, ready, self._common, self._budget, use.model)

    def definition(self, use: SeatUse) -> AgentDef:
        """Return what an agent's file says."""
        assert use.agent is not None, "asked for agents only"
        return self._agents[use.agent].definition

    def explained_by(self, decision: str, act: Act) -> None:
        """Have the run wait for the explanation of a decision, at its end. One that cannot be had spoils no game."""
        self.resources.explanations.append(Explanation(decision, act.explained, forgiven=True))


def _known(past: Iterable[Happening], name: str) -> tuple[Happening, ...]:
    """Return what a player knows, under the numbers of the log: no seat lets them into what it sends."""
    return tuple(one for one in past if knows(one, name))


async def _together(asking: Iterable[Coroutine[object, None, T]]) -> list[T]:
    return await all_or_none([asyncio.create_task(one) for one in asking])


class _Counting:
    """Numbers the decisions of one seat."""

    def __init__(self, tables: Tables, name: str, deal: Deal) -> None:
        self.tables = tables
        self.name = name
        self.deal = deal
        self._count = 0

    def decision(self) -> str:
        """Return the name of the seat's next decision."""
        self._count += 1
        return self.upcoming(0)

    def upcoming(self, ahead: int = 1) -> str:
        """Return the name of a decision to come, without beginning it."""
        seat = self.tables.names.index(self.name) + 1
        return decision_id(self.tables.path, self._count + ahead, item=self.deal.number, turn=seat)


class AgentSeat(_Counting):
    """An agent: each of its answers is a decision; what it believes is read beside them."""

    def __init__(self, tables: Tables, name: str, deal: Deal, use: SeatUse) -> None:
        super().__init__(tables, name, deal)
        self._use = use
        self._read = 0
        """How much it knew when its beliefs were read last."""

    async def model(self) -> str:
        """Return what the log calls the agent's model."""
        return (await self.tables.staged(self._use)).model

    async def answer(self, ask: Ask, known: Sequence[Happening]) -> Answer:
        """Plan, act, explain; return the act as it is, legal or not."""
        if ask.kind == "bid":
            return await self._bid(ask, known)
        if ask.kind == "vote":
            await self._believe(ask, known)
        decision, words = self.decision(), choices(ask)
        agent = await self.tables.staged(self._use, self._ready(ask, known, tuple(words)))
        segments = context(self.tables.rules, self.tables.names, ask, known)
        act = await agent.decide(
            Situation(decision=decision, step=self.tables.path, segments=segments, seed=self.tables.resources.seed)
        )
        self.tables.explained_by(decision, act)
        said = " ".join(act.text.split())
        return Answer(spoken(said) if ask.kind in SPEECHES else words.get(said, said), decision)

    def _ready(self, ask: Ask, known: Sequence[Happening], options: tuple[str, ...]) -> AgentDef:
        """Return the agent with what it can choose from here; it speaks as its file says."""
        tables, agent = self.tables, self.tables.definition(self._use)
        if ask.kind in SPEECHES:
            others = [name for name in alive(tables.names, known) if name != ask.player]
            options = intents(ask, known, others)
        who = identity(ask.player, known)  # said once more at the end: small models forget who of all those they are
        instruction = f"{who} {asked(ask)} {agent.plan.instruction}".strip()
        plan = agent.plan.model_copy(update={"choose_from": options, "instruction": instruction})
        if ask.kind in SPEECHES:
            changes = {"instruction": f"{who} {agent.act.instruction}".strip()}
        else:
            changes = {"produces": "choice"}
        return agent.model_copy(update={"plan": plan, "act": agent.act.model_copy(update=changes)})

    async def heard(self, known: Sequence[Happening]) -> None:
        """Read what the agent believes after a statement."""
        ask = Ask(player=self.name, kind="vote", options=(), day=known[-1].day, phase="day")
        await self._believe(ask, known)

    async def _believe(self, ask: Ask, known: Sequence[Happening]) -> None:
        """Read what the agent believes of each of the others who live, unless it has heard nothing since."""
        about = self.tables.use.beliefs.about
        if about == "nothing" or self._read == len(known):
            return
        self._read = len(known)
        rules, names = self.tables.rules, self.tables.names
        agent = await self.tables.staged(self._use)
        options = ("a werewolf", "not a werewolf") if about == "team" else _cards(rules)
        for other in alive(names, known):
            if other != self.name:
                place = f"{self.upcoming()}/belief/{len(known)}/{other}"
                asking = f"Which is {other}, do you believe?"
                choice = await agent.weigh(
                    place, context(rules, names, ask, known), asking, options, self.tables.resources.seed
                )
                self._record(place, "belief", other, choice, known)

    async def _bid(self, ask: Ask, known: Sequence[Happening]) -> Answer:
        """Read how much the agent wants to speak: the most probable of five levels."""
        tables, place = self.tables, f"{self.upcoming()}/bid/{len(known)}"
        agent = await tables.staged(self._use)
        segments = context(tables.rules, tables.names, ask, known)
        choice = await agent.weigh(place, segments, asked(ask), BIDS, tables.resources.seed)
        self._record(place, "bid", "", choice, known)
        return Answer(str(choice.chosen), "")

    def _record(self, place: str, what: str, about: str, choice: Choice, known: Sequence[Happening]) -> None:
        self.tables.resources.record(
            Weighed(
                step=self.tables.path,
                match=self.deal.number,
                place=place,
                by=self.name,
                question="bid" if what == "bid" else "belief",
                about=about,
                options=choice.options,
                order_consistency=choice.order_consistency,
                orders=choice.orders,
                after=known[-1].number,
            )
        )


def _cards(rules: WerewolfRules) -> tuple[str, ...]:
    return tuple(dict.fromkeys(rules.deck))


def spoken(text: str) -> str:
    """Return what the table hears of an act.

    Small models that have just thought in JSON at times speak in JSON, whatever they are told: of an object with a
    single string, the table hears the string, also where it was cut off. The decision's record keeps the act as it was.
    """
    cut = _CUT_OFF.fullmatch(text)
    try:
        data = json.loads(f'{cut[1]}"}}' if cut else text, strict=False)
    except ValueError:
        return text
    (only,) = data.values() if isinstance(data, dict) and len(data) == 1 else (None,)
    return " ".join(only.split()) if isinstance(only, str) else text


_CUT_OFF = re.compile(r'(\s*\{\s*"[^"]*"\s*:\s*"(?:[^"\\]|\\.)*)\\?', re.DOTALL)
"""An object with a string that has no end."""


class StrategySeat(_Counting):
    """One of the strategies that come with Glasswork or a package: it answers at once, and without a reason."""

    def __init__(self, tables: Tables, name: str, deal: Deal, strategy: str) -> None:
        super().__init__(tables, name, deal)
        self._player = strategies.get(strategy)(name)
        self._rng = generator(deal.seed, "werewolf", "player", tables.names.index(name))

    async def answer(self, ask: Ask, known: Sequence[Happening]) -> Answer:
        """Return what the strategy answers."""
        return Answer(self._player.answer(ask, seen(known, self.name), self._rng), "")

    async def heard(self, known: Sequence[Happening]) -> None:
        """Believe nothing."""


class HumanSeat(_Counting):
    """A person at the keyboard, or one who answers days later."""

    def __init__(self, tables: Tables, name: str, deal: Deal) -> None:
        super().__init__(tables, name, deal)
        self._told = 0

    async def answer(self, ask: Ask, known: Sequence[Happening]) -> Answer:
        """Ask the person. Raises Waiting where nobody is there."""
        tables, decision, words = self.tables, self.decision(), choices(ask)
        text = question(tables.rules, tables.names, ask, known, self._told)
        self._told = len(known)
        put = HumanAsked(
            step=tables.path,
            round=self._count,
            question=text,
            options=tuple(words),
            words=ask.kind in SPEECHES,
            decision=decision,
        )
        said = await tables.resources.said(put)
        return Answer(words.get(said, said), decision)

    async def heard(self, known: Sequence[Happening]) -> None:
        """Leave what people believe to themselves."""


def handed_on(outcomes: Sequence[Outcome]) -> dict[str, object]:
    """Return what other steps may read of the games: who won, and how often."""
    wins = {team: sum(one.winner == team for one in outcomes) for team in ("village", "werewolves", "nobody")}
    (first, *_) = outcomes
    cards = ", ".join(f"{name}: {card}" for name, card in first.cards.items())
    if len(outcomes) == 1:
        text = f"{first.winner} won on day {first.day}. {cards}. Alive: {', '.join(first.alive) or 'nobody'}."
    else:
        text = f"{len(outcomes)} games: the village won {wins['village']}, the werewolves {wins['werewolves']}."
    return {"text": text, "winner": first.winner if len(outcomes) == 1 else "", "games": len(outcomes), **wins}
