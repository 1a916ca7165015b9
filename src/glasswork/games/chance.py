"""What to expect by calculation: of players that remember one round, and of one that plays at random.

Two players that remember one round make a Markov chain over the outcomes CC, CD, DC and DD (Nowak & Sigmund 1990); its
sums are exact. A measured fingerprint is such a player too.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import product
from typing import Literal, NamedTuple

from glasswork.games.classics import Strategy, Vector, strategies
from glasswork.games.match import Match, Round, View, next_round
from glasswork.games.measures import estimate
from glasswork.games.play import play
from glasswork.games.rules import FixedHorizon, Game, MatrixGame, PublicGoods, Rules, generator
from glasswork.records import Record

Four = tuple[float, float, float, float]
"""Over CC, CD, DC, DD; the first player's move first."""

_SQUARINGS = 60
_MOST_HISTORIES = 5000
"""Histories that are gone through one by one; 2,047 are those of ten rounds against a strategy without dice."""


class Expected(Record):
    """What a player that moves at random gets per round."""

    mean: float
    low: float
    high: float
    """Both are the mean where it is exact."""
    how: Literal["exact", "simulated"]


class BestReply(NamedTuple):
    """What somebody could make of a player that remembers one round, in the long run and per round."""

    answers: tuple[int, int, int, int]
    """What to do after CC, CD, DC, DD, one's own move first: 0 for C."""
    gains: float
    """What it pays who replies so."""
    leaves: float
    """What it leaves to the player."""


def stationary(first: Vector, second: Vector, noise: float = 0.0) -> Four:
    """Return the share of rounds with each outcome in the long run, from the players' own first moves on.

    Where the outcomes go round in a circle these are the means over it.
    """
    start, step = _start(first, second, noise), _step(first, second, noise)
    # Staying put every second time leaves the long-run shares as they are, and breaks circles.
    lazy = [[(cell + (row == column)) / 2 for column, cell in enumerate(line)] for row, line in enumerate(step)]
    for _ in range(_SQUARINGS):
        lazy = [[sum(line[k] * lazy[k][column] for k in range(4)) for column in range(4)] for line in lazy]
        lazy = [[cell / sum(line) for cell in line] for line in lazy]
    return _as_four(_through(start, lazy))


def long_run(game: MatrixGame, first: Vector, second: Vector, noise: float = 0.0) -> tuple[float, float]:
    """Return what each gets per round in the long run, in a game of two actions."""
    return _worth(game, stationary(first, second, noise))


def finite(game: MatrixGame, first: Vector, second: Vector, rounds: int, noise: float = 0.0) -> tuple[float, float]:
    """Return what each gets per round, on average over so many rounds."""
    step, now = _step(first, second, noise), list(_start(first, second, noise))
    total = [0.0, 0.0]
    for _ in range(rounds):
        total = [sum_ + part for sum_, part in zip(total, _worth(game, _as_four(now)), strict=True)]
        now = _through(now, step)
    return total[0] / rounds, total[1] / rounds


def best_reply(game: MatrixGame, vector: Vector, noise: float = 0.0) -> BestReply:
    """Return how a player of this fingerprint, in the first seat, is best exploited in the long run.

    Facing such a player is a Markov decision problem of four states, so one of the 16 replies that remember one round
    and throw no dice is best of all, beginning with one move or the other.
    """
    replies = []
    for begin, cc, cd, dc, dd in product((0, 1), repeat=5):
        reply = (1.0 - begin, 1.0 - cc, 1.0 - cd, 1.0 - dc, 1.0 - dd)
        leaves, gains = long_run(game, vector, reply, noise)
        replies.append(BestReply((cc, cd, dc, dd), gains, leaves))
    return max(replies, key=lambda each: round(each.gains, 12))


def uniform(game: Game) -> tuple[float, ...]:
    """Return what each player gets per round where all move at random.

    Payoffs in public goods are linear in what each gives, so there the mean contribution tells; going through all
    contributions of ten players would never end.
    """
    if isinstance(game, PublicGoods):
        given = game.endowment / 2
        return (game.endowment - given + game.multiplier * given,) * game.players
    cells = [game.pay(moves) for moves in product(*(game.legal(seat) for seat in range(game.players)))]
    return tuple(sum(column) / len(cells) for column in zip(*cells, strict=True))


def random_against(rules: Rules, opponent: Strategy, *, seat: int = 0, seed: int = 0, matches: int = 1000) -> Expected:
    """Return what a random player gets per round from a strategy, in a game of two.

    Exact for a strategy that remembers one round, and for one that throws no dice where the histories of a match are
    few and no hand slips, both where the length is fixed; else from so many matches, with a bootstrap interval.

    Args:
        rules: Of the match.
        opponent: Whom the random player meets.
        seat: The random player's.
        seed: Of simulated matches.
        matches: How many of them.
    """
    if seat and isinstance(rules.game, MatrixGame):
        rules = rules.model_copy(update={"game": rules.game.exchanged()})
    game, horizon = rules.game, rules.horizon
    if isinstance(horizon, FixedHorizon) and isinstance(game, MatrixGame):
        vector, dice = opponent.vector, strategies.get("random").vector
        if vector is not None and dice is not None and {len(actions) for actions in game.actions} == {2}:
            return _exactly(finite(game, dice, vector, horizon.rounds, rules.noise)[0])
        histories = sum(len(game.actions[0]) ** number for number in range(horizon.rounds + 1))
        if not opponent.draws and not rules.noise and histories <= _MOST_HISTORIES:
            return _exactly(_over_all(rules, opponent, (), horizon.rounds) / horizon.rounds)
    return _simulated(rules, opponent, seed, matches)


def _simulated(rules: Rules, opponent: Strategy, seed: int, matches: int) -> Expected:
    dice = strategies.get("random")
    draw = random.Random(seed)  # noqa: S311 - draws that can be repeated
    played: list[Match] = [play(rules, [dice, opponent], draw.getrandbits(48)) for _ in range(matches)]
    found = estimate([sum(each.scores[:1]) / len(each.rounds) for each in played], seed)
    assert found is not None, "there is at least one match"
    return Expected(mean=found.mean, low=found.low, high=found.high, how="simulated")


def _exactly(mean: float) -> Expected:
    return Expected(mean=mean, low=mean, high=mean, how="exact")


def _over_all(rules: Rules, opponent: Strategy, past: tuple[Round, ...], rounds: int) -> float:
    """Return the mean over all histories of what the first player still gets, its moves being equally probable."""
    if len(past) == rounds:
        return 0.0
    answer = opponent.move(View(rules, past, 1), generator(0))
    mine = rules.game.legal(0)
    following = [next_round(rules, 0, len(past) + 1, (move, answer)) for move in mine]
    return sum(each.payoffs[0] + _over_all(rules, opponent, (*past, each), rounds) for each in following) / len(mine)


def _slipped(probability: float, noise: float) -> float:
    return probability * (1 - noise) + (1 - probability) * noise


def _outcomes(first: float, second: float) -> Four:
    return first * second, first * (1 - second), (1 - first) * second, (1 - first) * (1 - second)


def _start(first: Vector, second: Vector, noise: float) -> Four:
    return _outcomes(_slipped(first[0], noise), _slipped(second[0], noise))


def _step(first: Vector, second: Vector, noise: float) -> tuple[Four, ...]:
    """Return the outcomes that follow each outcome; what is CD for one player is DC for the other."""
    pairs = ((first[1], second[1]), (first[2], second[3]), (first[3], second[2]), (first[4], second[4]))
    return tuple(_outcomes(_slipped(a, noise), _slipped(b, noise)) for a, b in pairs)


def _through(now: Sequence[float], step: Sequence[Sequence[float]]) -> list[float]:
    return [sum(now[row] * step[row][column] for row in range(4)) for column in range(4)]


def _worth(game: MatrixGame, shares: Four) -> tuple[float, float]:
    cells = [cell for line in game.payoffs for cell in line]
    return (
        sum(part * cell[0] for part, cell in zip(shares, cells, strict=True)),
        sum(part * cell[1] for part, cell in zip(shares, cells, strict=True)),
    )


def _as_four(values: Sequence[float]) -> Four:
    a, b, c, d = values
    return a, b, c, d
