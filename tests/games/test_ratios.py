"""How much of what was to be had: by hand, by brute force, and over the recorded games of Akata et al."""

from __future__ import annotations

import csv
from collections import defaultdict
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasswork.games import FixedHorizon, MatrixGame, PublicGoods, Rules, ordinal, play, preset, strategies
from glasswork.games.ratios import score_ratio, share_of_maximum

DATA = Path(__file__).parents[3] / "shared" / "data" / "repeated_games"
with_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"the recorded games are not at hand: no folder {DATA}")


def ratios(match, name):
    return tuple(round(measure([match], name).mean, 6) for measure in (score_ratio, share_of_maximum))


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("cooperator", "cooperator", (0.8, 0.8)),
        ("tit_for_tat", "defector", (0.9, 0.45)),  # 45 of 50, of 100
        ("defector", "tit_for_tat", (1.0, 0.55)),  # 55 of 55, of 100
        ("alternator", "cooperator", (0.9, 0.9)),
        ("cooperator", "defector", (0.0, 0.0)),
    ],
)
def test_in_the_prisoners_dilemma(met, a, b, expected):
    assert ratios(met(a, b, name="prisoners_dilemma"), a) == expected


def test_against_oneself_a_match_counts_once(met):
    match = met("random", "random", name="prisoners_dilemma", seed=3)
    found = share_of_maximum([match], "random")
    assert found.of == 1
    assert found.mean == pytest.approx(sum(match.scores) / 200)


def test_void_rounds_do_not_count(match_of):
    assert ratios(match_of("CC ?C CC"), "a") == (0.6, 0.6)
    assert share_of_maximum([match_of("?C ?C")], "a") is None


def test_slips_are_what_was_done(match_of):
    assert ratios(match_of("CC>CD"), "b") == (1.0, 1.0)


def test_below_zero_there_is_no_ratio():
    match = play(preset("matching_pennies"), [strategies.get("random"), strategies.get("cooperator")], 0)
    assert score_ratio([match], "random") is None
    assert share_of_maximum([match], "random") is None


PAYOFFS = st.lists(st.tuples(*[st.integers(0, 9)] * 2), min_size=6, max_size=6)


@given(PAYOFFS, st.lists(st.tuples(st.integers(0, 1), st.integers(0, 2)), min_size=1, max_size=5))
def test_as_trying_every_sequence_of_moves(cells, done):
    """Two by three actions; against the recorded moves no other sequence of own moves gets more than the best has it."""
    game = MatrixGame(name="g", actions=(("a", "b"), ("x", "y", "z")), payoffs=(cells[:3], cells[3:]))
    rows, columns = zip(*done, strict=True)
    match = replayed(game, rows, columns)
    best = max(replayed(game, other, columns).scores[0] for other in product((0, 1), repeat=len(rows)))
    found = score_ratio([match], "row")
    assert (found is None) == (best == 0)
    if found is not None:
        assert found.mean == pytest.approx(match.scores[0] / best)


class Written:
    def __init__(self, name, moves):
        self.name, self.moves = name, moves

    def move(self, view, _rng):
        return view.actions[self.moves[view.number - 1]]


def replayed(game, *moves):
    rules = Rules(game=game, horizon=FixedHorizon(rounds=len(moves[0])))
    return play(rules, [Written(name, done) for name, done in zip(("row", "column"), moves, strict=False)], 0)


@given(st.integers(0, 3), st.floats(0.1, 8), st.integers(1, 6))
def test_public_goods_pay_between_the_ends(seat, multiplier, endowment):
    """Who gives nothing among givers gets the most, unless what it gives comes back whole."""
    game = PublicGoods(name="g", players=4, endowment=endowment, multiplier=multiplier)
    every = [game.pay(moves)[seat] for moves in product(*[game.legal(0)[:: max(1, endowment // 2)]] * 4)]
    every += [game.pay(moves)[seat] for moves in product(*[(game.legal(0)[0], game.legal(0)[-1])] * 4)]
    givers = [Written(str(number), [0]) for number in range(4)]
    match = play(Rules(game=game, horizon=FixedHorizon(rounds=1)), givers, 0)
    found = share_of_maximum([match], str(seat))
    assert found.mean == pytest.approx(match.scores[seat] / max(every))


# --- recorded -------------------------------------------------------------------------------------------------------

MEANS = {
    24: {"claude2": 0.742, "gpt4": 0.7082, "claude1": 0.7066, "gpt35": 0.7424, "llama2": 0.6704},
    144: {"claude2": 0.777, "gpt4": 0.773, "claude1": 0.755, "gpt35": 0.743, "llama2": 0.685},
}
"""Mean share of the own maximum, by how many of the recorded games are at hand."""
FAMILIES = {
    "Win-win": 0.933,
    "PD family": 0.742,
    "Unfair": 0.732,
    "Biased": 0.728,
    "Cyclic": 0.723,
    "Second-best": 0.685,
    "Tragic": 0.667,
}
"""The same of gpt-4 by family, over all 144."""


def recorded():
    """Return every recorded match, and the sum that its file has at the end: by game, then by both players."""
    found = defaultdict(list)
    for path in sorted(DATA.glob("game_*.csv")):
        with path.open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                found[int(row["game_number"]), row["player1"], row["player2"]].append(row)
    return found


def as_match(number, rows, names):
    letters = (rows[0]["choice_option1"], rows[0]["choice_option2"])
    game = ordinal(number, as_published=True)
    moves = [[letters.index(row[f"answer{seat}"]) for row in rows] for seat in (1, 2)]
    rules = Rules(game=game, horizon=FixedHorizon(rounds=len(rows)))
    return play(rules, [Written(name, done) for name, done in zip(names, moves, strict=True)], 0)


@pytest.fixture(scope="module")
def played():
    """By model: game, match, seat, and the recorded total, for each of its seats."""
    found = defaultdict(list)
    for (number, *who), rows in recorded().items():
        match = as_match(number, rows, ("one", "two"))
        for seat, model in enumerate(who):
            found[model.removeprefix("act_")].append((number, match, seat, int(rows[-1][f"total{seat + 1}"])))
    return found


@with_data
def test_the_means_of_the_recorded_games(played):
    """By our measures; and by the recorded totals alone, of which each is out of ten times four."""
    games = len({number for number, *_ in next(iter(played.values()))})
    for model, seats in played.items():
        ours = [share_of_maximum([match], ("one", "two")[seat]).mean for _, match, seat, _ in seats]
        theirs = [total / 40 for *_, total in seats]
        assert ours == pytest.approx(theirs)
        if games in MEANS:
            assert sum(ours) / len(ours) == pytest.approx(MEANS[games][model], abs=0.0006), model


@with_data
def test_by_family(played):
    with (DATA / "144_games_info.csv").open(encoding="utf-8") as file:
        family = {int(row["game_number"]): row["game_family"] for row in csv.DictReader(file, delimiter=";")}
    ours, theirs = defaultdict(list), defaultdict(list)
    for number, match, seat, total in played["gpt4"]:
        ours[family[number]].append(share_of_maximum([match], ("one", "two")[seat]).mean)
        theirs[family[number]].append(total / 40)
    means = {name: sum(each) / len(each) for name, each in ours.items()}
    assert means == pytest.approx({name: sum(each) / len(each) for name, each in theirs.items()})
    if sum(map(len, ours.values())) == 144 * 10:
        assert {name: round(value, 3) for name, value in means.items()} == FAMILIES


@with_data
def test_the_best_against_recorded_moves_is_no_less_than_what_was_got(played):
    for seats in played.values():
        for _, match, seat, total in seats[::7]:
            name = ("one", "two")[seat]
            ratio, of_maximum = score_ratio([match], name).mean, share_of_maximum([match], name).mean
            assert of_maximum <= ratio <= 1
            assert total == match.scores[seat]
