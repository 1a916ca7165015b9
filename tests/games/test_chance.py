"""Calculated against the golden table, against simulation, and against counting everything."""

from __future__ import annotations

from itertools import product

import pytest

from glasswork.games import FixedHorizon, RandomHorizon, Rules, play, preset, strategies
from glasswork.games.chance import best_reply, finite, long_run, random_against, stationary, uniform
from glasswork.games.classics import remembering_one
from glasswork.statistics import mean

DILEMMA = preset("prisoners_dilemma_axelrod").game
VECTORS = {
    name: strategies.get(full).vector
    for name, full in {
        "TFT": "tit_for_tat",
        "WSLS": "win_stay_lose_shift",
        "GTFT": "generous_tit_for_tat",
        "ALLC": "cooperator",
        "ALLD": "defector",
        "Random": "random",
    }.items()
}
GOLDEN = [
    ("TFT", "TFT", 0.01, 2.25, 2.25, (0.25, 0.25, 0.25, 0.25)),
    ("TFT", "TFT", 0.05, 2.25, 2.25, (0.25, 0.25, 0.25, 0.25)),
    ("WSLS", "WSLS", 0.01, 2.9511, 2.9511, (0.9607, 0.0099, 0.0099, 0.0195)),
    ("WSLS", "WSLS", 0.05, 2.7765, 2.7765, (0.817, 0.0475, 0.0475, 0.088)),
    ("GTFT", "GTFT", 0.01, 2.9703, 2.9703, (0.94314, 0.02801, 0.02801, 0.00083)),
    ("WSLS", "ALLD", 0.01, 0.5350, 2.9850, (0.005, 0.495, 0.005, 0.495)),
    ("TFT", "ALLD", 0.01, 1.0200, 1.0690, (0.0002, 0.0196, 0.0098, 0.9704)),
    ("TFT", "Random", 0, 2.25, 2.25, (0.25, 0.25, 0.25, 0.25)),
    ("WSLS", "Random", 0, 2.25, 2.25, (0.25, 0.25, 0.25, 0.25)),
    ("ALLC", "Random", 0, 1.5, 4, (0.5, 0.5, 0, 0)),
    ("ALLD", "Random", 0, 3, 0.5, (0, 0, 0.5, 0.5)),
]


@pytest.mark.parametrize("row", GOLDEN, ids=str)
def test_long_run_scores(row):
    a, b, noise, *scores, shares = row
    assert stationary(VECTORS[a], VECTORS[b], noise) == pytest.approx(shares, abs=6e-5)
    assert long_run(DILEMMA, VECTORS[a], VECTORS[b], noise) == pytest.approx(scores, abs=6e-5)


@pytest.mark.parametrize("row", [row for row in GOLDEN if row[2] != 0.01], ids=str)
def test_simulated_scores_lie_where_they_are_calculated(row):
    """Ten matches of 300 rounds: their means, less than 4.5 standard errors away."""
    a, b, noise, first, second, _ = row
    rules = Rules(game=DILEMMA, horizon=FixedHorizon(rounds=300), noise=noise)
    players = [remembering_one(name, VECTORS[name]) for name in (a, b)]
    matches = [play(rules, players, seed) for seed in range(10)]
    for seat, expected in enumerate(finite(DILEMMA, VECTORS[a], VECTORS[b], 300, noise)):
        found = [match.scores[seat] / 300 for match in matches]
        error = (sum((one - mean(found)) ** 2 for one in found) / 90) ** 0.5
        assert abs(mean(found) - expected) <= 4.5 * error + 1e-9
        assert expected == pytest.approx((first, second)[seat], abs=0.05)


def test_without_noise_the_first_moves_decide():
    assert stationary(VECTORS["TFT"], VECTORS["TFT"]) == pytest.approx((1, 0, 0, 0))
    suspicious = strategies.get("suspicious_tit_for_tat").vector
    assert stationary(VECTORS["TFT"], suspicious) == pytest.approx((0, 0.5, 0.5, 0))


@pytest.mark.parametrize("rounds", [1, 2, 10])
@pytest.mark.parametrize(
    ("a", "b"), [*product(["tit_for_tat", "bully", "alternator", "win_stay_lose_shift"], repeat=2)]
)
def test_finite_matches_without_dice_are_exact(a, b, rounds):
    match = play(Rules(game=DILEMMA, horizon=FixedHorizon(rounds=rounds)), [strategies.get(a), strategies.get(b)], 0)
    calculated = finite(DILEMMA, strategies.get(a).vector, strategies.get(b).vector, rounds)
    assert [part * rounds for part in calculated] == pytest.approx(match.scores)


def test_the_first_move_slips_too():
    """Tit for tat against a defector, one round, a tenth of noise: CC .09, DC .01, DD .09."""
    assert finite(DILEMMA, VECTORS["TFT"], VECTORS["ALLD"], 1, 0.1)[0] == pytest.approx(0.09 * 3 + 0.01 * 5 + 0.09)


def test_all_at_random():
    assert uniform(DILEMMA) == (2.25, 2.25)
    assert uniform(preset("battle_of_the_sexes").game) == (4.25, 4.25)
    small = preset("public_goods").game.model_copy(update={"step": 10, "players": 3})
    assert uniform(small) == pytest.approx([20 - 10 + 1.6 * 10] * 3)


def counted(rules, opponent, seat):
    """Play every sequence of the random player's moves."""
    rounds, total = rules.horizon.rounds, 0.0
    sequences = list(product(rules.game.legal(seat), repeat=rounds))

    class Sequence:
        name = "sequence"

        def __init__(self, moves):
            self.moves = moves

        def move(self, view, _rng):
            return self.moves[view.number - 1]

    for moves in sequences:
        players = [Sequence(moves), opponent] if seat == 0 else [opponent, Sequence(moves)]
        total += play(rules, players, 0).scores[seat]
    return total / len(sequences) / rounds


@pytest.mark.parametrize("name", ["tit_for_tat", "grudger", "gradual", "tester", "cooperator"])
@pytest.mark.parametrize("seat", [0, 1])
def test_a_random_player_exactly(name, seat, rules_of):
    for preset_ in ("prisoners_dilemma", "game_30"):
        rules, opponent = rules_of(preset_, rounds=6), strategies.get(name)
        found = random_against(rules, opponent, seat=seat)
        assert found.how == "exact"
        assert found.mean == found.low == found.high == pytest.approx(counted(rules, opponent, seat))


def test_a_random_player_simulated(rules_of):
    """A strategy that throws dice and remembers more than a round; the truth of one that does not lies near."""
    feld = random_against(rules_of(rounds=6), strategies.get("feld"), matches=300)
    echo = random_against(rules_of(rounds=6), strategies.get("tit_for_tat"))
    assert (feld.how, echo.how) == ("simulated", "exact")
    assert feld.low <= feld.mean <= feld.high
    assert feld.low - 0.1 <= echo.mean <= feld.high + 0.1
    assert feld == random_against(rules_of(rounds=6), strategies.get("feld"), matches=300)


def test_where_nothing_can_be_counted_it_is_simulated(rules_of):
    grudger, joss = strategies.get("grudger"), strategies.get("joss")
    for rules in (rules_of(rounds=60), rules_of(noise=0.1), rules_of(horizon=RandomHorizon(stop=0.5))):
        assert random_against(rules, grudger, matches=10).how == "simulated"
    assert random_against(rules_of(rounds=60, noise=0.1), joss).how == "exact"
    assert random_against(rules_of(horizon=RandomHorizon(stop=0.5)), joss, matches=10).how == "simulated"


def test_the_calculated_value_is_simulated_too(rules_of):
    rules, joss = rules_of(rounds=6, noise=0.1), strategies.get("joss")
    exact = random_against(rules, joss)
    assert exact.how == "exact"
    scores = [play(rules, [strategies.get("random"), joss], seed).scores[0] / 6 for seed in range(500)]
    error = (sum((one - mean(scores)) ** 2 for one in scores) / 500 / 499) ** 0.5
    assert abs(mean(scores) - exact.mean) <= 4.5 * error


@pytest.mark.parametrize(
    ("name", "gains", "leaves"),
    [
        ("cooperator", 5, 0),  # defect
        ("defector", 1, 1),  # there is nothing to gain
        ("tit_for_tat", 3, 3),  # cooperate
        ("win_stay_lose_shift", 3, 3),  # cooperate; to defect always pays as much
        ("alternator", 3, 0.5),  # defect: 5 and 1 in turn
        ("bully", 5, 0),  # defect: it gives in
    ],
)
def test_best_replies(name, gains, leaves):
    found = best_reply(DILEMMA, strategies.get(name).vector)
    assert (found.gains, found.leaves) == pytest.approx((gains, leaves))


def test_no_longer_memory_gains_more(rules_of):
    """No strategy there is gets more out of a player than its best reply."""
    someone = remembering_one("someone", (0.5, 0.9, 0.2, 0.6, 0.4))
    bound = best_reply(DILEMMA, someone.vector).gains
    for name in ("defector", "gradual", "downing", "adaptive", "tester", "fictitious_play", "prober"):
        got = play(rules_of(rounds=400), [strategies.get(name), someone], 1).scores[0] / 400
        assert got <= bound + 0.3
