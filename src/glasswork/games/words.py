"""The rules and the rounds in sentences, made from the rules themselves, so that no prompt can say anything else.

The wording follows Akata et al. (Nature Human Behaviour 9, 2025): "If you choose Option J and the other player chooses
Option F, then you win 0 points and the other player wins 10 points."
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import product

from glasswork.games.match import Seen, View
from glasswork.games.rules import FixedHorizon, MatrixGame, PublicGoods, RandomHorizon


def rules_in_words(view: View) -> tuple[str, ...]:
    """Return what a player is told of the rules, a sentence each: the moves, what they pay, the length, the noise."""
    return (*stakes_in_words(view), *setting_in_words(view))


def stakes_in_words(view: View) -> tuple[str, ...]:
    """Return what there is to do, and what it pays."""
    game = view.game
    return _matrix(game, view.seat) if isinstance(game, MatrixGame) else _goods(game)


def setting_in_words(view: View) -> tuple[str, ...]:
    """Return with whom, for how long and how surely one plays, as far as that is told."""
    return (_length(view), *_noise(view))


def earlier_in_words(rounds: Sequence[Seen]) -> str:
    """Return what happened in rounds that are not told one by one; there must be one at least."""
    total = _points(sum(each.earned for each in rounds))
    told = f"From round {rounds[0].number} to round {rounds[-1].number} you won {total} in all."
    if len(rounds[0].others) != 1:
        return told
    pairs = Counter((each.mine, each.others[0]) for each in rounds)
    counts = (
        f"{_times(count)} you chose {mine} and the other player chose {theirs}"
        for (mine, theirs), count in sorted(pairs.items())
    )
    return f"{told} {_sentence('; '.join(counts))}"


def round_in_words(seen: Seen) -> str:
    """Return what happened in one round, as one player saw it."""
    if len(seen.others) == 1:
        return (
            f"In round {seen.number}, you chose {seen.mine} and the other player chose {seen.others[0]}. "
            f"Thus, you won {_points(seen.earned)} and the other player won {_points(seen.paid[0])}."
        )
    return (
        f"In round {seen.number}, you gave {seen.mine} and the others gave {', '.join(seen.others)}. "
        f"Thus, you won {_points(seen.earned)}."
    )


def _matrix(game: MatrixGame, seat: int) -> tuple[str, ...]:
    told = []
    for own, other in product(game.legal(seat), game.legal(1 - seat)):
        payoffs = game.pay((own, other) if seat == 0 else (other, own))
        told.append(
            f"If you choose {own} and the other player chooses {other}, then you win {_points(payoffs[seat])} "
            f"and the other player wins {_points(payoffs[1 - seat])}."
        )
    return ("Both players choose at the same time.", *told)


def _goods(game: PublicGoods) -> tuple[str, ...]:
    steps = "" if game.step == 1 else f", in steps of {game.step}"
    return (
        f"{game.players} players, you among them, each have {_points(game.endowment)} in every round.",
        f"All choose at the same time how many of them to give to a common pot, from 0 to {game.endowment}{steps}.",
        f"The pot is multiplied by {game.multiplier:g} and shared equally among all, whoever gave; the rest you keep.",
    )


def _length(view: View) -> str:
    company = "the same other player" + ("s" if view.game.players > 2 else "")
    if isinstance(view.horizon, FixedHorizon):
        return f"You play {view.horizon.rounds} rounds in total with {company}."
    if isinstance(view.horizon, RandomHorizon):
        return (
            f"You play with {company}; after each round the game ends with probability {_percent(view.horizon.stop)}."
        )
    return f"You play several rounds with {company}."


def _noise(view: View) -> tuple[str, ...]:
    if not view.noise:
        return ()
    return (f"With probability {_percent(view.noise)} a player's choice is not carried out, but another one is.",)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _points(value: float) -> str:
    return f"{value:g} point" + ("" if value == 1 else "s")


def _percent(value: float) -> str:
    return f"{value * 100:g} %"
