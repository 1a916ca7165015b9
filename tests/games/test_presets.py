from __future__ import annotations

import pytest

from glasswork.errors import NotFound
from glasswork.games import PRESETS, ordinal, play, preset, strategies
from glasswork.games.chance import long_run
from glasswork.games.ordinal import equilibria
from glasswork.games.presets import prisoners_dilemma


def table(name):
    return preset(name).game.payoffs


def test_settings_of_the_literature():
    assert table("prisoners_dilemma") == (((8, 8), (0, 10)), ((10, 0), (5, 5)))
    assert table("prisoners_dilemma_axelrod") == (((3, 3), (0, 5)), ((5, 0), (1, 1)))
    assert table("battle_of_the_sexes") == (((10, 7), (0, 0)), ((0, 0), (7, 10)))
    assert preset("prisoners_dilemma").horizon.rounds == 10
    assert preset("prisoners_dilemma_axelrod").horizon.rounds == 200


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("prisoners_dilemma", {(1, 1)}),
        ("stag_hunt", {(0, 0), (1, 1)}),
        ("chicken", {(0, 1), (1, 0)}),
        ("battle_of_the_sexes", {(0, 0), (1, 1)}),
        ("matching_pennies", set()),
    ],
)
def test_equilibria(name, found):
    assert {*equilibria(preset(name).game)} == found


def test_chicken_and_the_stag_hunt_are_ordinal_games():
    assert table("chicken") == ordinal(12).payoffs
    assert table("stag_hunt") == ordinal(78).payoffs


def test_by_number():
    assert preset("game_67").game == ordinal(67)


@pytest.mark.parametrize("name", ["game_0", "game_145", "game_x", "game_", "game_67 "])
def test_no_such_number(name):
    with pytest.raises(NotFound):
        preset(name)


def test_the_nearest_name_is_suggested():
    with pytest.raises(NotFound, match="did you mean 'stag_hunt'"):
        preset("stag_hunts")
    with pytest.raises(NotFound, match="did you mean 'tit_for_tat'"):
        strategies.get("tit_for_tats")


@pytest.mark.parametrize(
    ("name", "opponent", "moves", "scores"),
    [
        ("prisoners_dilemma", "defect_once", "CDDDDDDDDD", (90, 10)),
        ("prisoners_dilemma", "defector", "CDDDDDDDDD", (45, 55)),
        ("prisoners_dilemma", "cooperator", "CCCCCCCCCC", (80, 80)),
        ("battle_of_the_sexes", "alternator", "CCCCCCCCCC", (50, 35)),
        ("battle_of_the_sexes", "alternator", "CCCCCDCDCD", (71, 65)),
    ],
)
def test_matches_that_were_published(name, opponent, moves, scores, script):
    """GPT-4's, as Akata et al. record them."""
    labels = preset(name).game.actions[0]
    player = script(labels["CD".index(move)] for move in moves)
    assert play(preset(name), [player, strategies.get(opponent)], 0).scores == scores


def test_the_mixed_equilibrium_of_the_battle():
    """Each mixes so that the other does not care: 70/17 for both, less than taking turns gives."""
    battle = preset("battle_of_the_sexes").game
    assert long_run(battle, (10 / 17,) * 5, (7 / 17,) * 5) == pytest.approx((70 / 17, 70 / 17))
    assert long_run(battle, (1.0,) * 5, (7 / 17,) * 5)[0] == pytest.approx(70 / 17)
    alternator = strategies.get("alternator").vector
    assert long_run(battle, alternator, alternator) == pytest.approx((8.5, 8.5))


def test_every_preset_says_where_it_is_from():
    assert [name for name, rules in PRESETS.items() if not rules.game.source] == []


@pytest.mark.parametrize("payoffs", [(3, 5, 1, 0), (5, 3, 0, 1), (7, 3, 1, 0)])
def test_no_dilemma(payoffs):
    with pytest.raises(ValueError, match="needs T > R > P > S"):
        prisoners_dilemma(*payoffs)
