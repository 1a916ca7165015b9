"""Everything that a report on games of werewolf says: one record, made from what a run recorded.

Games by the same rules are measured together, whatever their order. A game that is not over counts for what was said,
voted and believed in it, and not for who won.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from glasswork.definitions import WerewolfRules
from glasswork.errors import MissingExtra
from glasswork.games.measures import Estimate, estimate
from glasswork.games.werewolf.behaviour import Trait, traits
from glasswork.games.werewolf.beliefs import Scores, beliefs, scores, scores_by
from glasswork.games.werewolf.chances import TEAMS, Chances, baseline
from glasswork.games.werewolf.ledger import SPOKEN, Entry, ledger
from glasswork.games.werewolf.rating import Rating, by_side, match_of, ratings
from glasswork.games.werewolf.recorded import Cost, RecordedGame, finished
from glasswork.games.werewolf.votes import Against, accuracy, bus_rate, exiles, key_cards, survived
from glasswork.games.werewolf.winning import team
from glasswork.records import Record, Usage
from glasswork.statistics import Share, share

ANSWERS = frozenset({
    "proposed", "whispered", "kept_silent", "protected", "inspected", "saved", "poisoned", "held", "voted", "backed",
    "bid", "spoke", "last_words", "decided", "handed_on", "shot", "illegal",
})  # fmt: skip
"""What happens because somebody answered."""


class Won(Record):
    """How often a side won, beside chance."""

    value: Share
    chance: float
    """Of :class:`glasswork.games.werewolf.chances.Chances`, which says whether it is exact."""


class Honesty(Record):
    """What was claimed in public, and how much of it the speakers knew to be untrue."""

    statements: int
    """Utterances with words."""
    claims: int
    true: Share
    """Of the claims about recorded cards."""
    lies: Share
    """Of all claims: those whose speaker knew better."""
    guesses: int
    """Claims whose speaker could not know."""
    deception: Share
    """Of the statements, those with a lie in them."""


class PlayerResult(Record):
    """What one player came to."""

    name: str
    kind: str
    games: int
    """Those that are over."""
    won: Won
    """Chance: the mean over its games of what its side wins by chance."""
    as_village: Won
    as_werewolves: Won
    survived: Share
    accuracy: Against
    """Of its votes as one of the village."""
    bus_rate: Against
    """Of its votes as a werewolf."""
    illegal: Share
    """Of its answers."""
    honesty: Honesty
    beliefs: Scores | None
    """None where none were read."""
    traits: tuple[Trait, ...]


class CardResult(Record):
    """What came of those who held a card."""

    card: str
    won: Share
    survived: Share
    honesty: Honesty


class Spent(Record):
    """What the answers of models took, by game."""

    games: int
    """Those in which models answered, over or not."""
    calls: float
    tokens: float
    """Of prompts and answers."""
    seconds: float
    """Of the models; calls that went out together count one by one."""
    money: float
    total: Usage


class Group(Record):
    """Games by the same rules, measured."""

    rules: WerewolfRules
    games: int
    """Those that are over."""
    unfinished: int
    chance: Chances
    """How such games end where everybody plays at random."""
    won: dict[str, Won]
    """By ``village``, ``werewolves`` and ``nobody``."""
    days: Estimate | None
    """How long games lasted; None where none is over."""
    accuracy: Against
    bus_rate: Against
    exiles: Against
    survived: Share
    key_cards: Share
    """How often those with a power of the village lived at the end."""
    illegal: Share
    honesty: Honesty
    """Of everybody; by card below."""
    beliefs: Scores | None
    beliefs_by_side: dict[str, Scores]
    beliefs_by_day: dict[str, Scores]
    players: tuple[PlayerResult, ...]
    """Who won most first."""
    cards: tuple[CardResult, ...]
    ledger: tuple[Entry, ...]
    spent: Spent | None


class Result(Record):
    """Games of werewolf, measured."""

    groups: tuple[Group, ...]
    """By rules; most games first."""
    ratings: tuple[Rating, ...]
    """Over all games that are over. Empty where there is no such game, or no OpenSkill."""
    ratings_by_side: tuple[Rating, ...]
    no_ratings: str
    """Why there are none; "" where there are."""
    seed: int
    """Of what was drawn for intervals, simulations and ratings."""


def result(recorded: Iterable[RecordedGame], *, seed: int = 0, simulated: int = 2000) -> Result:
    """Measure games.

    Args:
        recorded: In any order; by the same rules or not.
        seed: Of all draws.
        simulated: How many games stand for chance where it is not calculated.

    Raises:
        ValueError: no game at all.
    """
    every = sorted(recorded, key=lambda game: (game.step, game.number, game.seed, game.names))
    if not every:
        raise ValueError("no game of werewolf was begun")
    groups: dict[str, list[RecordedGame]] = {}
    for game in every:
        groups.setdefault(game.rules.model_dump_json(), []).append(game)
    made = [
        _group(games, seed, simulated) for _, games in sorted(groups.items(), key=lambda one: (-len(one[1]), one[0]))
    ]
    rated, sided, why = _rated(every, seed)
    return Result(groups=tuple(made), ratings=rated, ratings_by_side=sided, no_ratings=why, seed=seed)


def _rated(games: Sequence[RecordedGame], seed: int) -> tuple[tuple[Rating, ...], tuple[Rating, ...], str]:
    matches = [match for match in map(match_of, games) if match is not None]
    if not matches:
        return (), (), "no game is over"
    try:
        return ratings(matches, seed=seed), ratings(by_side(matches), seed=seed), ""
    except MissingExtra as error:
        return (), (), str(error)


def _group(games: Sequence[RecordedGame], seed: int, simulated: int) -> Group:
    over = [*finished(games)]
    rules = games[0].rules
    chance = baseline(rules, games=simulated, seed=seed)
    told = [(game, ledger(game)) for game in games]
    found = [one for game in games for one in beliefs(game)]
    names = dict.fromkeys(name for game in games for name in game.names)
    players = [_player(told, name, chance, seed) for name in names]
    return Group(
        rules=rules,
        games=len(over),
        unfinished=len(games) - len(over),
        chance=chance,
        won={side: _side_won(over, side, chance) for side in TEAMS},
        days=estimate([float(game.outcome.day) for game in over if game.outcome], seed),
        accuracy=accuracy(games),
        bus_rate=bus_rate(games),
        exiles=exiles(games),
        survived=survived(games),
        key_cards=key_cards(games),
        illegal=_illegal(games),
        honesty=_honesty(told),
        beliefs=scores(found, seed=seed),
        beliefs_by_side={str(key): one for key, one in scores_by(found, lambda one: one.side, seed=seed).items()},
        beliefs_by_day={str(key): one for key, one in scores_by(found, lambda one: one.day, seed=seed).items()},
        players=tuple(sorted(players, key=lambda one: (-(one.won.value.value or 0), one.name))),
        cards=tuple(_card(told, card) for card in dict.fromkeys(rules.deck)),
        ledger=tuple(entry for _, entries in told for entry in entries),
        spent=_spent(games),
    )


_Told = Sequence[tuple[RecordedGame, tuple[Entry, ...]]]
"""Games with their ledgers."""


def _winner(game: RecordedGame) -> str:
    return game.outcome.winner if game.outcome else ""


def _side_won(over: Sequence[RecordedGame], side: str, chance: Chances) -> Won:
    """Return how often a side won; what it wins by chance is known before any game is over."""
    won = sum(_winner(game) == side for game in over)
    return Won(value=share(won, len(over)), chance=float(chance.of(side)))


def _won(hits: Sequence[bool], chances: Sequence[Fraction]) -> Won:
    expected = [float(one) for one in chances]
    return Won(value=share(sum(hits), len(hits)), chance=sum(expected) / len(expected) if expected else 0.0)


def _side(game: RecordedGame, name: str) -> str:
    return team(game.cards[name])


def _of_side(games: Iterable[RecordedGame], name: str, chance: Chances, side: str = "") -> Won:
    """Return how often a player won, in all its games or those on one side."""
    own = [game for game in games if name in game.names and side in {"", _side(game, name)}]
    return _won([_winner(game) == _side(game, name) for game in own], [chance.of(_side(game, name)) for game in own])


def _player(told: _Told, name: str, chance: Chances, seed: int) -> PlayerResult:
    mine = [(game, entries) for game, entries in told if name in game.names]
    games = [game for game, _ in mine]
    over = [*finished(games)]
    return PlayerResult(
        name=name,
        kind="; ".join(dict.fromkeys(game.kind_of(name) for game in games)),
        games=len(over),
        won=_of_side(over, name, chance),
        as_village=_of_side(over, name, chance, "village"),
        as_werewolves=_of_side(over, name, chance, "werewolves"),
        survived=survived(games, name=name),
        accuracy=accuracy(games, by=name),
        bus_rate=bus_rate(games, by=name),
        illegal=_illegal(games, name),
        honesty=_honesty(mine, names=frozenset({name})),
        beliefs=scores([one for game in games for one in beliefs(game) if one.by == name], seed=seed),
        traits=traits(games, name),
    )


def _card(told: _Told, card: str) -> CardResult:
    over = [*finished(game for game, _ in told)]
    wins = [
        _winner(game) == team(held)
        for game in over
        if game.outcome
        for held in game.outcome.cards.values()
        if held == card
    ]
    return CardResult(
        card=card,
        won=share(sum(wins), len(wins)),
        survived=survived(over, card=card),
        honesty=_honesty(told, card=card),
    )


def _honesty(told: _Told, *, names: frozenset[str] = frozenset(), card: str = "") -> Honesty:
    """Return what was claimed: by everybody, by some, or by those who held a card."""
    statements = 0
    entries: list[Entry] = []
    lying: set[tuple[int, int]] = set()
    for place, (game, every) in enumerate(told):
        cards = game.cards
        who = {name for name in game.names if (not names or name in names) and card in {"", cards.get(name)}}
        statements += sum(one.what in SPOKEN and one.by in who for one in game.happenings)
        own = [entry for entry in every if entry.claim.speaker in who]
        lying |= {(place, entry.number) for entry in own if entry.honesty == "lie"}
        entries += own
    known = [entry for entry in entries if entry.truth != "open"]
    return Honesty(
        statements=statements,
        claims=len(entries),
        true=share(sum(entry.truth == "true" for entry in known), len(known)),
        lies=share(sum(entry.honesty == "lie" for entry in entries), len(entries)),
        guesses=sum(entry.honesty == "guess" for entry in entries),
        deception=share(len(lying), statements),
    )


def _illegal(games: Iterable[RecordedGame], name: str = "") -> Share:
    """Return how many answers were no legal ones: everybody's, or one player's."""
    given = [one.what for game in games for one in game.happenings if one.what in ANSWERS and name in {"", one.by}]
    return share(given.count("illegal"), len(given))


def _spent(games: Iterable[RecordedGame]) -> Spent | None:
    costs = [game.cost for game in games if game.cost is not None]
    if not costs:
        return None
    total = sum(costs, Cost())
    return Spent(
        games=len(costs),
        calls=total.calls / len(costs),
        tokens=total.usage.total / len(costs),
        seconds=total.seconds / len(costs),
        money=total.money,
        total=total.usage,
    )
