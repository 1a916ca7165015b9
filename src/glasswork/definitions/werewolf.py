"""Werewolf: its rules as data, and the step that plays it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from glasswork.definitions.agents import DemandDef
from glasswork.definitions.base import Definition, Name
from glasswork.definitions.steps import BaseStep

Card = Literal["werewolf", "villager", "seer", "doctor", "guard", "witch", "hunter", "medium", "possessed"]
"""Who somebody secretly is. The mayor is no card but an office, which somebody holds beside a card."""
CARDS: tuple[Card, ...] = (
    "werewolf",
    "villager",
    "seer",
    "doctor",
    "guard",
    "witch",
    "hunter",
    "medium",
    "possessed",
)
ACTING: tuple[Card, ...] = ("werewolf", "doctor", "guard", "witch", "seer", "medium")
"""Who does, or is told, something at night."""
POWERS: frozenset[Card] = frozenset({"seer", "doctor", "guard", "witch", "hunter", "medium"})
"""The cards of the village that are no plain villagers."""
Shown = Literal["nothing", "team", "role"]
"""How much of somebody's card is told: nothing, whether a werewolf, or the card itself."""


class KillDef(Definition):
    """How the werewolves find whom they kill."""

    by: Literal["one", "vote", "consensus"] = "vote"
    """``one``: one of them, drawn each night, decides. ``vote``: each names somebody, unseen by the others until all
    have; the most named is killed. ``consensus``: each names somebody, again and again until all name the same."""
    rounds: Annotated[int, Field(ge=1, le=6)] = 3
    """Of ``consensus``: how often they name somebody at most."""
    undecided: Literal["random", "nobody"] = "random"
    """Who of those named most is killed where the vote is tied, or no consensus was found."""
    may_pass: bool = False
    """Whether a werewolf may name nobody, which counts for nothing unless all do."""
    own: bool = False
    """Whether werewolves may name each other, and themselves."""
    talk: Annotated[int, Field(ge=0, le=4)] = 0
    """How often each says something to the others first."""
    first_night: bool = True
    """Whether somebody is killed in the first night."""


class ProtectDef(Definition):
    """Whom a doctor or a guard may protect in a night."""

    oneself: bool = True
    twice: bool = True
    """Whether the same player may be protected in two nights one after the other."""


class InspectDef(Definition):
    """What the seer learns."""

    tells: Literal["team", "role"] = "team"
    again: bool = False
    """Whether a player may be looked at twice."""


class MediumDef(Definition):
    """What the medium learns each night of whoever was exiled the day before."""

    tells: Literal["team", "role"] = "team"


class WitchDef(Definition):
    """What the witch may do with her potions."""

    saves: Annotated[int, Field(ge=0, le=5)] = 1
    """While she has one left, she is told whom the werewolves attack."""
    poisons: Annotated[int, Field(ge=0, le=5)] = 1
    """Against poison nothing helps."""
    both: bool = False
    """Whether both may be used in one night."""
    oneself: Literal["always", "first_night", "never"] = "always"
    """When she may save herself."""


class HunterDef(Definition):
    """When the hunter takes somebody along. Who is attacked and poisoned in one night counts as poisoned."""

    when: tuple[Literal["killed", "poisoned", "exiled"], ...] = ("killed", "exiled")
    may_pass: bool = True


class MayorDef(Definition):
    """An office that the village gives to one player on the first day, before anything else is talked about."""

    weight: Annotated[float, Field(ge=1, le=3)] = 1.0
    """How many votes the mayor's vote counts as at an exile."""
    breaks_ties: bool = True
    """Whether the mayor chooses among those who are tied, before the rule for ties applies. Under ``strict`` nobody
    is tied."""
    heir: bool = True
    """Whether a dying mayor names the next one; else the office ends."""
    speaks_last: bool = False


class TalkDef(Definition):
    """Who speaks when on a day, and how often."""

    order: Literal["fixed", "round_robin", "rotating", "random", "bidding", "silent"] = "fixed"
    """``fixed``: by seat. ``round_robin``: by seat, beginning with somebody drawn. ``rotating``: by seat, beginning one
    seat further each day. ``random``: drawn anew each round. ``bidding``: who bids highest speaks next."""
    rounds: Annotated[int, Field(ge=1, le=10)] = 1
    """How often everybody speaks on a day. Under ``bidding``: see ``turns``."""
    turns: Annotated[int, Field(ge=1, le=50)] = 8
    """Of ``bidding``: statements on a day. Bids are 0 to 4; who spoke last does not bid; ties are drawn, among those
    whom the last statement named where there are such."""
    bids_shown: bool = False


class VoteDef(Definition):
    """How the village exiles somebody at the end of a day."""

    order: Literal["together", "in_turn"] = "together"
    """``together``: nobody sees another's vote before giving one. ``in_turn``: each sees those before."""
    shown: Literal["who", "counts", "nothing"] = "who"
    """What the village learns of the votes when all are given. ``in_turn`` always shows who."""
    majority: Literal["plurality", "strict"] = "plurality"
    """``strict``: more than half of all votes that those alive have."""
    tie: Literal["nobody", "random", "revote"] = "nobody"
    """What happens where no one alone has enough votes under ``plurality``. ``revote``: once more, among those tied."""
    revotes: Annotated[int, Field(ge=1, le=3)] = 1
    still_tied: Literal["nobody", "random"] = "nobody"
    """After the last vote of ``revote``."""
    may_pass: bool = False
    """Whether a player may vote for nobody."""
    passes_count: bool = False
    """Whether votes for nobody stand against the others, so that nobody is exiled where most are for nobody; else they
    count for nothing."""


class WerewolfRules(Definition):
    """All that a game of werewolf is played by. What players are told of it is made from this."""

    name: Annotated[str, Field(min_length=1, max_length=60)] = "werewolf"
    source: Annotated[str, Field(max_length=300)] = ""
    roles: Annotated[dict[Card, Annotated[int, Field(ge=0, le=30)]], Field(min_length=1)] = {
        "werewolf": 2,
        "seer": 1,
        "doctor": 1,
        "villager": 3,
    }
    """How many there are of each card: 3 to 30 players together, at least one a werewolf and one of the village."""
    opens: Literal["night", "day"] = "night"
    night: tuple[Card, ...] = ("werewolf", "doctor", "guard", "witch", "seer", "medium")
    """Who acts in which order. What one need not know of another's act is asked at the same time."""
    kill: KillDef = KillDef()
    doctor: ProtectDef = ProtectDef()
    guard: ProtectDef = ProtectDef(oneself=True, twice=False)
    seer: InspectDef = InspectDef()
    medium: MediumDef = MediumDef()
    witch: WitchDef = WitchDef()
    guarded_and_saved: Literal["lives", "dies"] = "lives"
    """What becomes of somebody whom a guard or doctor protects and the witch saves in the same night."""
    hunter: HunterDef = HunterDef()
    mayor: MayorDef | None = None
    talk: TalkDef = TalkDef()
    vote: VoteDef = VoteDef()
    reveal_night: Shown = "role"
    """What is told of the card of somebody who died in the night."""
    reveal_day: Shown = "role"
    """What is told of the card of somebody exiled, or shot by day."""
    last_words: tuple[Literal["first_night", "night", "exile"], ...] = ()
    """Whose death gives the word once more, where the game goes on: of the first night, of any night, by exile. Whoever
    is shot has none."""
    win: Literal["parity", "outnumber", "extinction", "all_villagers", "side_kill"] = "parity"
    """When the werewolves win. ``parity``: they are as many as the others. ``outnumber``: more. ``extinction``: all
    others are dead. ``all_villagers``: no plain villager lives. ``side_kill``: no plain villager, or no other card of
    the village, lives. The village wins when no werewolf lives, whatever else. A possessed player wins with the
    werewolves, and is counted with the others."""
    days: Annotated[int, Field(ge=1, le=100)] = 20
    """After so many days nobody has won."""

    @model_validator(mode="after")
    def _can_be_played(self) -> WerewolfRules:
        wolves, players = self.roles.get("werewolf", 0), self.players
        if not 3 <= players <= 30:
            raise ValueError(f"'roles' are for {players} players; 3 to 30 can play")
        if not wolves or wolves + self.roles.get("possessed", 0) >= players:
            raise ValueError("'roles' need at least one werewolf, and one of the village")
        if self.win in {"all_villagers", "side_kill"} and not self.roles.get("villager"):
            raise ValueError(f"'win: {self.win}' needs a plain villager among the 'roles'")
        if self.win == "side_kill" and not any(self.roles.get(card) for card in POWERS):
            raise ValueError("'win: side_kill' needs a card of the village that is no plain villager among the 'roles'")
        if self.win in {"parity", "outnumber"} and 2 * wolves >= players + (self.win == "outnumber"):
            raise ValueError(f"'win: {self.win}' with {wolves} werewolves of {players}: won before the game begins")
        self._night_is_in_order()
        return self

    def _night_is_in_order(self) -> None:
        if len({*self.night}) < len(self.night):
            raise ValueError("'night' names a card twice")
        if idle := [card for card in self.night if card not in ACTING]:
            raise ValueError(f"'night' names the {idle[0]}, who does nothing at night")
        missing = [card for card in ACTING if self.roles.get(card) and card not in self.night]
        if missing:
            raise ValueError(f"'night' does not say when the {missing[0]} acts")
        if self.roles.get("witch") and self.night.index("witch") < self.night.index("werewolf"):
            raise ValueError("'night': the witch comes after the werewolf, whose victim she is told")

    @property
    def players(self) -> int:
        """How many play."""
        return sum(self.roles.values())

    @property
    def deck(self) -> tuple[Card, ...]:
        """Every card, in the order of :data:`CARDS`."""
        return tuple(card for card in CARDS for _ in range(self.roles.get(card, 0)))


def _as_preset(value: object) -> object:
    return {"preset": value} if isinstance(value, str) else value


def _as_human(value: object) -> object:
    return {"human": True} if value == "human" else value


class WerewolfUse(Definition):
    """Which rules: a preset's, with what is said beside it put in its place, or the usual ones."""

    preset: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    """``kaggle_7``, ``arena_8``, … (``glasswork list werewolf``)."""
    roles: dict[Card, Annotated[int, Field(ge=0, le=30)]] | None = None
    opens: Literal["night", "day"] | None = None
    night: tuple[Card, ...] | None = None
    kill: KillDef | None = None
    doctor: ProtectDef | None = None
    guard: ProtectDef | None = None
    seer: InspectDef | None = None
    medium: MediumDef | None = None
    witch: WitchDef | None = None
    guarded_and_saved: Literal["lives", "dies"] | None = None
    hunter: HunterDef | None = None
    mayor: MayorDef | Literal["none"] | None = None
    """``none``: no mayor, where the preset has one."""
    talk: TalkDef | None = None
    vote: VoteDef | None = None
    reveal_night: Shown | None = None
    reveal_day: Shown | None = None
    last_words: tuple[Literal["first_night", "night", "exile"], ...] | None = None
    win: Literal["parity", "outnumber", "extinction", "all_villagers", "side_kill"] | None = None
    days: Annotated[int, Field(ge=1, le=100)] | None = None

    def over(self, rules: WerewolfRules) -> WerewolfRules:
        """Return rules with what this says in the place of what they say; blocks are merged key by key.

        Raises:
            ValueError: the rules do not hold together then.
        """
        said = self.model_dump(exclude_unset=True, exclude={"preset"})
        if said.get("mayor") == "none":
            said["mayor"] = None
        if said:
            said["name"] = f"{rules.name}, changed" if self.preset else "werewolf"
        return WerewolfRules.model_validate(_merged(rules.model_dump(), said))


def _merged(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Return one mapping with another's values in place of its own; ``roles`` are given as a whole."""
    both = {
        key: _merged(under[key], value)
        if isinstance(value, dict) and isinstance(under.get(key), dict) and key != "roles"
        else value
        for key, value in over.items()
    }
    return {**under, **both}


class SeatUse(Definition):
    """Who sits at a table: exactly one of an agent, a strategy, and a person."""

    agent: Name | None = None
    model: str | None = None
    """The agent's model, in place of its own."""
    strategy: Name | None = None
    """``random``, ``honest``, … (``glasswork list werewolf``)."""
    human: Literal[True] | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> SeatUse:
        if sum(one is not None for one in (self.agent, self.strategy, self.human)) != 1:
            raise ValueError("a player is exactly one of 'agent', 'strategy' and 'human'")
        if self.model is not None and self.agent is None:
            raise ValueError("'model' is for a player that is an agent")
        return self


class BeliefsUse(Definition):
    """What agents are asked about the others on the side: what they believe, read from label probabilities."""

    about: Literal["nothing", "team", "role"] = "team"
    """``team``: whether each other is a werewolf. ``role``: which card each other holds."""
    when: Literal["vote", "statement"] = "vote"
    """Before each vote, or also after each statement, which shows what a statement did."""


class Games(Definition):
    """Many games at one table, the cards going round."""

    games: Annotated[int, Field(ge=1, le=10_000)]
    """In as many games as there are players, each player holds each card once."""


SeatName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,31}$")]


class WerewolfStep(BaseStep):
    """A game of werewolf between agents, strategies and people, or a tournament of it."""

    werewolf: Annotated[WerewolfUse, BeforeValidator(_as_preset, json_schema_input_type=WerewolfUse | str)]
    players: Annotated[
        dict[SeatName, Annotated[SeatUse, BeforeValidator(_as_human, json_schema_input_type=SeatUse | str)]],
        Field(min_length=3, max_length=30),
    ]
    """By name, in the order of their seats; as many as there are cards."""
    cards: dict[SeatName, Card] = {}
    """Who holds which card. Default: dealt by the run's seed."""
    beliefs: BeliefsUse = BeliefsUse()
    tournament: Games | None = None
    parallel: Annotated[int, Field(ge=1, le=256)] = 4
    """How many games may be under way at once."""
    explain: DemandDef | None = None
    """What the explanation of each decision is held to."""

    @model_validator(mode="after")
    def _names_differ(self) -> WerewolfStep:
        if any(name.casefold() == "nobody" for name in self.players):
            raise ValueError("no player can be called 'nobody': it is the answer of who passes")
        if len({name.casefold() for name in self.players}) < len(self.players):
            raise ValueError("players must differ in more than capital letters: they call each other by name")
        if self.cards and self.tournament is not None:
            raise ValueError("'cards' are for a single game; in a tournament they go round")
        return self
