"""What a player that moves at random would get in a player's place: from the same others, over as many rounds.

Exact against strategies where that can be had (:func:`glasswork.games.chance.random_against`). An agent, a person or a
strategy of elsewhere cannot be asked again, so its fingerprint stands for it: what it did after each outcome, and after
outcomes that it never met, what it did on the whole. In games of other shapes the others' moves are held as they were,
as if nobody had answered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Literal

from glasswork.errors import NotFound
from glasswork.games.chance import Expected, random_against
from glasswork.games.classics import Strategy, Vector, remembering_one, strategies
from glasswork.games.match import Match
from glasswork.games.measures import Seat, cooperation, fingerprint, seats
from glasswork.games.rules import FixedHorizon, MatrixGame, Rules
from glasswork.records import Record
from glasswork.statistics import mean

How = Literal["exact", "simulated", "from its fingerprint", "with moves held"]
"""How one opponent was accounted for."""

_MOST_ROUNDS = 4000
"""That are simulated against one opponent."""


class InPlace(Record):
    """What a random player gets per round in a player's place; bounds are those of simulation alone."""

    mean: float
    low: float
    high: float
    how: tuple[How, ...]
    """Each way that an opponent was accounted for."""


Known = Callable[[str], Strategy | None]
"""Returns the strategy that a player is, by its name; None for whoever is none of ours."""


def strategy_named(kind: str) -> Strategy | None:
    """Return the strategy that a kind tells of (``strategy tit_for_tat``), or None."""
    name = kind.removeprefix("strategy ")
    try:
        return strategies.get(name) if name != kind else None
    except NotFound:  # a run of elsewhere, with strategies that are not installed here
        return None


def vector_of(matches: Sequence[Match], name: str) -> Vector:
    """Return a player's fingerprint; for what was never seen, how often it cooperated on the whole."""
    found, on_the_whole = fingerprint(matches, name), cooperation(matches, name).value
    instead = 0.5 if on_the_whole is None else on_the_whole
    first, cc, cd, dc, dd = (
        instead if each.value is None else each.value for each in (found.first, found.cc, found.cd, found.dc, found.dd)
    )
    return first, cc, cd, dc, dd


class Places:
    """Reckons for every player of a tournament; what one opponent leaves to a random player is computed once."""

    def __init__(self, matches: Sequence[Match], known: Known, seed: int = 0) -> None:
        """Take all matches of a tournament, by one set of rules: opponents are known by all that they did.

        Args:
            matches: All of them.
            known: Which strategy an opponent is.
            seed: Of what is simulated.
        """
        self._known, self._seed = known, seed
        self._of: dict[str, list[Match]] = {}
        for match in matches:
            for name in {*match.players}:
                self._of.setdefault(name, []).append(match)
        self._found: dict[tuple[str, int], tuple[Expected, How]] = {}

    def of(self, name: str) -> InPlace | None:
        """Return what a random player gets in a player's place; None where that played no round."""
        own = [[*seats([match], name)] for match in self._of.get(name, ()) if match.played]
        values = [[self._against(seat) for seat in match] for match in own if match]
        if not values:
            return None
        return InPlace(
            mean=mean([mean([each.mean for each, _ in match]) for match in values]),
            low=mean([mean([each.low for each, _ in match]) for match in values]),
            high=mean([mean([each.high for each, _ in match]) for match in values]),
            how=tuple(sorted({how for match in values for _, how in match})),
        )

    def _against(self, seat: Seat) -> tuple[Expected, How]:
        """Return what is expected in one seat of one match."""
        rules, players = seat.match.rules, seat.match.players
        two = isinstance(rules.game, MatrixGame)
        opponent = players[1 - seat.number] if two else ""
        strategy = self._known(opponent)
        measurable = two and {len(rules.game.legal(number)) for number in (0, 1)} == {2}
        if not two or (strategy is None and not measurable):
            return _held(seat), "with moves held"
        key = (opponent, seat.number)
        if key not in self._found:
            self._found[key] = self._computed(opponent, strategy, rules, seat.number)
        return self._found[key]

    def _computed(self, opponent: str, strategy: Strategy | None, rules: Rules, seat: int) -> tuple[Expected, How]:
        horizon = rules.horizon
        rounds = horizon.rounds if isinstance(horizon, FixedHorizon) else 1 / horizon.stop
        many = max(5, min(400, round(_MOST_ROUNDS / rounds)))
        if strategy is not None:
            expected = random_against(rules, strategy, seat=seat, seed=self._seed, matches=many)
            return expected, expected.how
        stands_in = remembering_one(opponent, vector_of(self._of[opponent], opponent))
        expected = random_against(rules, stands_in, seat=seat, seed=self._seed, matches=many)
        return expected, "from its fingerprint"


def _held(seat: Seat) -> Expected:
    """Return the mean payoff over all own moves, the others' being what they were."""
    game, number = seat.match.rules.game, seat.number
    each_round = []
    for played in seat.match.played:
        others = [[move] for move in played.moves]
        others[number] = [*game.legal(number)]
        each_round.append(mean([game.pay(moves)[number] for moves in product(*others)]))
    value = mean(each_round)
    return Expected(mean=value, low=value, high=value, how="exact")
