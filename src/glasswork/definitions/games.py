"""A step that is a game: its rules, who plays, one match or a tournament."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from glasswork.definitions.agents import DemandDef
from glasswork.definitions.base import Definition, Name, ShortText
from glasswork.definitions.steps import BaseStep

ActionName = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^\S(.*\S)?$")]


def _as_preset(value: object) -> object:
    return {"preset": value} if isinstance(value, str) else value


def _as_human(value: object) -> object:
    return {"human": True} if value == "human" else value


def _deep_tuples(value: object) -> object:
    return tuple(_deep_tuples(one) for one in value) if isinstance(value, list | tuple) else value


class GameUse(Definition):
    """Which game: one by name, a matrix game, or public goods."""

    preset: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    """``prisoners_dilemma``, ``game_1`` to ``game_144``, … (``glasswork list games``)."""
    actions: Annotated[tuple[ActionName, ...], Field(min_length=2, max_length=8)] | None = None
    """Of a matrix game: what the first player may do; the first one counts as cooperation. Of a preset: other names."""
    others_actions: Annotated[tuple[ActionName, ...], Field(min_length=2, max_length=8)] | None = None
    """What the second player may do, where that is called otherwise."""
    payoffs: (
        Annotated[tuple[tuple[tuple[float, float], ...], ...], BeforeValidator(_deep_tuples), Field(strict=False)]
        | None
    ) = None
    """Of a matrix game: a row for each action of the first player, in it a pair for each action of the second."""
    players: Annotated[int, Field(ge=2, le=20)] | None = None
    """Of public goods, as what follows."""
    endowment: Annotated[int, Field(ge=1, le=10_000)] | None = None
    multiplier: Annotated[float, Field(gt=0, le=100)] | None = None
    step: Annotated[int, Field(ge=1)] = 1
    """Contributions are multiples of this."""

    @model_validator(mode="after")
    def _one_game(self) -> GameUse:
        goods = {"players": self.players, "endowment": self.endowment, "multiplier": self.multiplier}
        kinds = [self.preset is not None, self.payoffs is not None, any(one is not None for one in goods.values())]
        if sum(kinds) != 1:
            goods_need = "'players', 'endowment' and 'multiplier'"
            raise ValueError(f"a game is the name of a preset, or 'actions' and 'payoffs', or {goods_need}")
        if self.payoffs is not None and self.actions is None:
            raise ValueError("'payoffs' need 'actions'")
        missing = [name for name, value in goods.items() if value is None]
        if kinds[2] and missing:
            raise ValueError(f"public goods also need {' and '.join(map(repr, missing))}")
        return self


class PlayerUse(Definition):
    """Who plays: exactly one of an agent, a strategy, a strategy of the axelrod library, and a person."""

    agent: Name | None = None
    model: str | None = None
    """The agent's model, in place of its own."""
    strategy: Name | None = None
    axelrod: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    human: Literal[True] | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> PlayerUse:
        if sum(one is not None for one in (self.agent, self.strategy, self.axelrod, self.human)) != 1:
            raise ValueError("a player is exactly one of 'agent', 'strategy', 'axelrod' and 'human'")
        if self.model is not None and self.agent is None:
            raise ValueError("'model' is for a player that is an agent")
        return self


class TournamentUse(Definition):
    """All players against each other."""

    repetitions: Annotated[int, Field(ge=1, le=1000)] = 1
    self_play: bool = False
    """Whether each also plays against itself."""
    both_ways: bool = False
    """Whether each pair also plays with seats exchanged, as games ask for that are not symmetric."""


class GameStep(BaseStep):
    """A repeated game between agents, strategies and people: one match, or a tournament."""

    game: Annotated[GameUse, BeforeValidator(_as_preset, json_schema_input_type=GameUse | str)]
    rounds: Annotated[int, Field(ge=1, le=10_000)] | None = None
    """Default: the preset's own number, else 10."""
    ends: Annotated[float, Field(ge=0.001, le=1)] | None = None
    """In place of ``rounds``: how probable it is after each round that the match is over."""
    told: bool = True
    """Whether players know ``rounds`` or ``ends``."""
    noise: Annotated[float, Field(ge=0, le=1)] = 0.0
    """How probable it is that another action than the one meant is done."""
    illegal_limit: Annotated[int, Field(ge=1)] | None = None
    """A match ends with so many illegal moves of one player."""
    memory: Annotated[int, Field(ge=1, le=500)] = 20
    """How many rounds an agent is shown one by one; what came before is put into a sentence."""
    story: ShortText | None = None
    """What agents are told before the rules: a cover story."""
    players: Annotated[
        dict[Name, Annotated[PlayerUse, BeforeValidator(_as_human, json_schema_input_type=PlayerUse | str)]],
        Field(min_length=1, max_length=300),
    ]
    seats: tuple[Name, ...] = ()
    """Who plays in a single match, by seat. Default: the first players, as many as there are seats."""
    tournament: TournamentUse | None = None
    parallel: Annotated[int, Field(ge=1, le=256)] = 4
    """How many matches may be under way at once."""
    explain: DemandDef | None = None
    """What the explanation of each move is held to."""

    @model_validator(mode="after")
    def _one_length(self) -> GameStep:
        if self.rounds is not None and self.ends is not None:
            raise ValueError("'rounds' and 'ends' both say how long a match is; give one of them")
        if self.seats and self.tournament is not None:
            raise ValueError("'seats' are for a single match; in a tournament all play against each other")
        return self
