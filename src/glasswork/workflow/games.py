"""A game step: matches between agents, strategies and people, many at once, every round an event.

The rules are :mod:`glasswork.games`' business, and the games know nothing of agents: here agents and people are made
players. A match is played from its start in every sitting; what was answered before is served again, so that a run
that was interrupted goes on in the middle of a round.
"""

from __future__ import annotations

import inspect
import random
from collections.abc import Sequence
from dataclasses import replace

from glasswork.agent import Act, Situation, StagedAgent
from glasswork.definitions import GameStep, PlayerUse
from glasswork.games import AsyncPlayer, Match, Pairing, Player, Round, Rules, View, play_async, strategies
from glasswork.games.measures import standings
from glasswork.places import decision_id
from glasswork.records import HumanAsked, MatchFinished, MatchStarted, RoundPlayed
from glasswork.workflow.budget import Budget
from glasswork.workflow.compiled import CompiledStep, CompiledWorkflow
from glasswork.workflow.game_context import context, question
from glasswork.workflow.game_rules import MOVE, choosing, matches_of
from glasswork.workflow.resources import Explanation, Resources
from glasswork.workflow.together import each_to_its_end

Seated = Player | AsyncPlayer


class Table:
    """Where the matches of one step are played."""

    def __init__(
        self, resources: Resources, step: CompiledStep, path: str, budget: Budget, workflow: CompiledWorkflow
    ) -> None:
        """Sit down.

        Args:
            resources: What the run's steps share.
            step: A game step.
            path: Its name in the run.
            budget: What its agents spend from.
            workflow: The workflow that it belongs to.
        """
        assert isinstance(step.definition, GameStep), "only games are played"
        assert step.rules is not None, "the compiler gives a game its rules"
        self.path = path
        self.resources = resources
        self.use: GameStep = step.definition
        self.rules: Rules = step.rules
        self._step = step
        self._budget = budget
        self._common = workflow.definition.defaults
        self._agents = {agent.name: agent for agent in step.agents}

    async def play(self) -> tuple[Match, ...]:
        """Play every match.

        Raises:
            Waiting: a match waits for a person; the others have been played.
            GlassworkError: a match could not be played to its end; the others have been.
        """
        pairings = matches_of(self.use, self.rules, self.resources.seed)
        first = 0 if self.use.tournament is None else 1
        return await each_to_its_end(self._match, enumerate(pairings, start=first), self.use.parallel)

    async def _match(self, numbered: tuple[int, Pairing]) -> Match:
        """Play one match."""
        number, pairing = numbered
        seated = [await self._seat(name, seat, number, pairing) for seat, name in enumerate(pairing.players)]
        self.resources.record(
            MatchStarted(
                step=self.path,
                match=number,
                players=pairing.players,
                kinds=tuple(kind for _, kind in seated),
                rules=self.rules.model_dump(mode="json"),
                seed=pairing.seed,
                repetition=pairing.repetition,
            )
        )
        match = await play_async(
            self.rules, [player for player, _ in seated], pairing.seed, on_round=lambda each: self._on(number, each)
        )
        self.resources.record(MatchFinished(step=self.path, match=number, scores=match.scores, ended=match.ended))
        return match

    def _on(self, number: int, each: Round) -> None:
        self.resources.record(RoundPlayed(step=self.path, match=number, **each.model_dump()))

    async def _seat(self, name: str, seat: int, match: int, pairing: Pairing) -> tuple[Seated, str]:
        """Return a player in its seat, and what it is."""
        use = self.use.players[name]
        if use.agent is not None:
            agent, model = await self._agent(use, seat)
            return AgentPlayer(self, name, agent, match, seat), f"agent {use.agent} on {model}"
        if use.strategy is not None:
            return _Named(strategies.get(use.strategy), name), f"strategy {use.strategy}"
        if use.axelrod is not None:
            library = LibraryPlayer(self, name, use.axelrod, match=match, seat=seat, seed=pairing.seed)
            return library, f"axelrod {use.axelrod}"
        return HumanPlayer(self, name, match, seat), "human"

    async def _agent(self, use: PlayerUse, seat: int) -> tuple[StagedAgent, str]:
        """Return an agent that chooses among the moves of a seat, and what the log calls its model."""
        assert use.agent is not None, "asked for agents only"
        agent = self._agents[use.agent]
        ready = replace(agent, definition=choosing(agent.definition, self.rules.game, seat))
        staged = await self.resources.agent(self._step, ready, self._common, self._budget, use.model)
        return staged, staged.model

    def explained_by(self, decision: str, act: Act) -> None:
        """Have the run wait for the explanation of a move, at its end. One that cannot be had spoils no game."""
        self.resources.explanations.append(Explanation(decision, act.explained, forgiven=True))


class AgentPlayer:
    """An agent as a player: each of its moves is a decision."""

    def __init__(self, table: Table, name: str, agent: StagedAgent, match: int, seat: int) -> None:
        self.name = name
        self._table = table
        self._agent = agent
        self._match = match
        self._seat = seat

    async def move(self, view: View, _rng: random.Random) -> str:
        """Plan, act, explain; return the act as it is, legal or not."""
        table = self._table
        decision = decision_id(table.path, view.number, item=self._match, turn=self._seat + 1)
        act = await self._agent.decide(
            Situation(
                decision=decision,
                step=table.path,
                segments=context(view, memory=table.use.memory, story=table.use.story),
                seed=table.resources.seed,
            )
        )
        table.explained_by(decision, act)
        said = act.data.get(MOVE, "") if isinstance(act.data, dict) else act.text
        return str(said).strip()


class HumanPlayer:
    """A person at the keyboard, or one who answers days later."""

    def __init__(self, table: Table, name: str, match: int, seat: int) -> None:
        self.name = name
        self._table = table
        self._match = match
        self._seat = seat

    async def move(self, view: View, _rng: random.Random) -> str:
        """Ask the person. Raises Waiting where nobody is there."""
        table, number = self._table, view.number
        decision = decision_id(table.path, number, item=self._match, turn=self._seat + 1)
        asked = HumanAsked(
            step=table.path, round=number, question=question(view), options=view.actions, decision=decision
        )
        return await table.resources.said(asked)


class LibraryPlayer:
    """A strategy of the axelrod library; what it did in a recorded round is served, without the library."""

    def __init__(self, table: Table, name: str, strategy: str, *, match: int, seat: int, seed: int) -> None:
        self.name = name
        self._table = table
        self._strategy = strategy
        self._match = match
        self._seat = seat
        self._seed = seed
        self._player: AsyncPlayer | None = None

    async def move(self, view: View, rng: random.Random) -> str:
        """Have the library move."""
        resources = self._table.resources
        known = resources.past.played(self._table.path, self._match, view.number) if resources.past else None
        if known is not None:
            return known.said[self._seat]
        if self._player is None:
            self._player = await resources.library_player(self._strategy, self._seed)
        return await self._player.move(view, rng)


class _Named:
    """A player under the name that the file gives it."""

    def __init__(self, player: Seated, name: str) -> None:
        self.name = name
        self._player = player

    async def move(self, view: View, rng: random.Random) -> str:
        said = self._player.move(view, rng)
        return await said if inspect.isawaitable(said) else said


def handed_on(matches: Sequence[Match]) -> dict[str, object]:
    """Return what other steps may read of a game: who won, by points per round, and a line for each player."""
    table = [each for each in standings(matches) if each.score is not None]
    best = max((each.score.mean for each in table if each.score), default=0.0)
    winners = [each.name for each in table if each.score and each.score.mean == best]
    lines = [
        f"{each.name}: {each.score.mean:.2f} points per round, cooperation {each.cooperation}"
        for each in table
        if each.score
    ]
    return {
        "text": "\n".join(lines),
        "winner": winners[0] if len(winners) == 1 else "",
        "winners": winners,
        "matches": len(matches),
        "rounds": sum(len(each.rounds) for each in matches),
        "illegal": sum(len(each.illegal) for match in matches for each in match.rounds),
    }
