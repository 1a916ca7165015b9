"""What the comparison with the Axelrod library cannot show: noise, dice, other games, and what is said of a strategy."""

from __future__ import annotations

from itertools import product

import pytest

from glasswork.games import FixedHorizon, MatrixGame, Rules, View, play, preset, strategies
from glasswork.games.chance import long_run
from glasswork.games.classics import remembering_one
from glasswork.games.rules import generator

ALL = [strategies.get(name) for name in strategies.names()]
PAYOFFS = preset("prisoners_dilemma_axelrod").game


def done(match, seat=0):
    return "".join(each.moves[seat][0].upper() for each in match.rounds)


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)
def test_what_is_said_of_a_strategy(one):
    assert one.about.endswith((".", ":"))
    assert one.source


@pytest.mark.parametrize("one", [one for one in ALL if one.vector], ids=lambda one: one.name)
def test_a_vector_is_what_the_rule_does(one, match_of):
    """After each outcome, as often as the vector says; what is certain without exception."""
    views = [View(match_of("CC").rules, (), 0)]
    views += [View(match_of("CC").rules, match_of(f"CC {pair}").rounds, 0) for pair in ("CC", "CD", "DC", "DD")]
    for view, probability in zip(views, one.vector, strict=True):
        kind = sum(one.move(view, generator(seed)) == "cooperate" for seed in range(600)) / 600
        assert abs(kind - probability) <= 4.5 * (probability * (1 - probability) / 600) ** 0.5


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)
def test_dice_are_thrown_by_those_who_say_so(one, match_of):
    if not one.fits(PAYOFFS):
        return
    histories = [
        "CC " * 30,
        "CC " * 12 + "CD",
        "CD " * 12,
        "CC CD DC CC",
        "DC",
        "DD DD",
        "CC CC CD DC DC " * 3,
        "CC CD " * 14 + "CD",
    ]
    moves = [
        {one.move(View(match_of(text).rules, match_of(text).rounds, 0), generator(seed)) for seed in range(60)}
        for text in ["", *histories]
    ]
    assert (max(map(len, moves)) == 2) == one.draws


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)
def test_every_strategy_plays_all_it_fits(one):
    for name in ("battle_of_the_sexes", "matching_pennies", "game_30"):
        rules = preset(name).model_copy(update={"noise": 0.1, "horizon": FixedHorizon(rounds=30)})
        assert len(play(rules, [one, one], 1).rounds) == 30


def test_contrition_ends_the_feud_that_a_slip_begins(match_of):
    """After its own slip a contrite player bears the punishment, tit for tat answers it, and so on for ever."""
    slip = match_of("CC CC CC>DC CD")

    def next_move(name, seat=0):
        return strategies.get(name).move(View(slip.rules, slip.rounds, seat), generator(0))

    assert next_move("contrite_tit_for_tat") == "cooperate"
    assert next_move("tit_for_tat") == "defect"


def test_omega_breaks_the_feud(rules_of, script):
    """Its echo would go on for ever; tit for tat's does."""
    feud = script(["defect", *["cooperate", "defect"] * 12])
    omega = play(rules_of(rounds=24), [strategies.get("omega_tit_for_tat"), feud], 0)
    echo = play(rules_of(rounds=24), [strategies.get("tit_for_tat"), feud], 0)
    assert done(echo) == "CD" * 12
    assert "CC" in done(omega)


def test_remorse(match_of):
    """It takes the answer to a defection out of the blue as deserved, and none other."""

    def next_move(text):
        match = match_of(text)
        return strategies.get("remorseful_prober").move(View(match.rules, match.rounds, 0), generator(1))

    assert next_move("CC DC CD") == "cooperate"
    assert next_move("CC CC CD") == "defect"
    assert next_move("CD DD") == "defect"


def test_tranquilizer_is_kind_to_the_unkind_and_takes_from_the_kind(met):
    kind = [met("tranquilizer", "cooperator", seed=seed, rounds=100) for seed in range(5)]
    assert all("DD" not in done(match) for match in kind)
    defections = [done(match).count("D") for match in kind]
    assert all(0 < count <= 50 for count in defections)
    assert all("D" not in done(match)[:1] for match in kind)
    assert done(met("tranquilizer", "defector", rounds=60))[-30:] == "D" * 30


def test_tranquilizer_waits_after_what_it_slipped_in(match_of):
    """One round of peace, whatever the dice say; then it may try again."""

    def next_moves(text):
        view = View(match_of(text).rules, match_of(text).rounds, 0)
        return {strategies.get("tranquilizer").move(view, generator(seed)) for seed in range(200)}

    assert next_moves("CC " * 10 + "DC") == {"cooperate"}
    assert next_moves("CC " * 10 + "DC CC") == {"cooperate", "defect"}


def test_champion_and_tullock_begin_kindly(met):
    for name, kindly in (("champion", 10), ("tullock", 11)):
        assert done(met(name, "defector", rounds=40))[:kindly] == "C" * kindly
    assert done(met("champion", "defector", rounds=40))[10:] == "D" * 30


def test_best_replies_in_matching_pennies(rules_of, script):
    """The second player wants to differ; against heads for ever both learn it in a round."""
    rules = rules_of("matching_pennies", rounds=8)
    heads = script(["heads"] * 8)
    for name in ("best_reply", "fictitious_play"):
        match = play(rules, [heads, strategies.get(name)], 0)
        assert [each.moves[1] for each in match.rounds][1:] == ["tails"] * 7


def test_fictitious_play_converges_in_matching_pennies(met):
    """To mixing evenly, as Robinson 1951 proves for games of zero sum."""
    match = met("fictitious_play", "fictitious_play", name="matching_pennies", rounds=600)
    for seat in (0, 1):
        assert abs(sum(each.moves[seat] == "heads" for each in match.rounds) / 600 - 0.5) < 0.05


def test_maximin_takes_the_safe_side():
    table = [[(9, 0), (-9, 0), (9, 0)], [(1, 0), (2, 0), (3, 0)]]
    game = MatrixGame(name="safe", actions=(("risk", "safe"), ("l", "m", "r")), payoffs=table)
    match = play(Rules(game=game), [strategies.get("maximin"), strategies.get("random")], 0)
    assert {each.moves[0] for each in match.rounds} == {"safe"}


@pytest.mark.parametrize("probabilities", list(product([0.1, 0.6, 0.9], repeat=2)))
def test_zero_determinants_hold_their_line(probabilities):
    """Against anybody: the extortioner's gain over 1 is twice the other's; the generous one's loss below 3 likewise."""
    after_c, after_d = probabilities
    someone = (0.5, after_c, after_d, 0.3, 1 - after_d)
    mine, theirs = long_run(PAYOFFS, strategies.get("extortioner").vector, someone)
    assert mine - 1 == pytest.approx(2 * (theirs - 1), abs=1e-9)
    mine, theirs = long_run(PAYOFFS, strategies.get("generous_zero_determinant").vector, someone)
    assert mine - 3 == pytest.approx(2 * (theirs - 3), abs=1e-9)


def test_a_strategy_made_of_a_fingerprint():
    rarely = remembering_one("rarely", (0.1,) * 5)
    assert rarely.draws
    assert not remembering_one("never", (0,) * 5).draws
    match = play(preset("prisoners_dilemma_axelrod"), [rarely, rarely], 0)
    assert 5 < done(match).count("C") < 40
