"""All that a report says of behaviour: known tournaments, and what must not depend on anything."""

from __future__ import annotations

import random
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glasswork.games import Match, MatrixGame, PublicGoods, Rules, play, preset, strategies
from glasswork.games.chance import random_against, uniform
from glasswork.games.dynamics import population
from glasswork.games.match import next_round
from glasswork.games.measures import PayoffTable
from glasswork.games.recorded import recorded
from glasswork.games.result import Result, result

NAMES = ("tit_for_tat", "defector", "cooperator", "random")


@pytest.fixture(scope="module")
def whole(game):
    return recorded(game.tournament(NAMES, agents=("random",), repetitions=2, self_play=True))


@pytest.fixture(scope="module")
def found(whole):
    return result(whole)


def test_a_tournament_is_told(found):
    assert (found.matches, found.unfinished, found.repetitions, found.rounds, found.void) == (20, 0, 2, 100, 0)
    assert {each.name for each in found.players} == {*NAMES}
    means = [each.score.mean for each in found.players]
    assert means == sorted(means, reverse=True)
    defector = found.player("defector")
    assert defector.kind == "strategy defector"
    assert (defector.won, defector.drawn, defector.lost) == (6, 0, 0)
    assert defector.cooperation.hits == 0
    assert defector.exploit.gains == defector.exploit.leaves == 5
    assert found.player("tit_for_tat").conduct.nice.value == 1
    assert defector.of_best_answers.mean == 1, "in one round nothing is better"
    assert defector.of_maximum.mean == pytest.approx(defector.score.mean / 10)
    assert found.player("tit_for_tat").fingerprint.cd.hits == 0
    assert [each.value for each in found.player("cooperator").by_round] == [1.0] * 5
    assert found.player("tit_for_tat").nearest == (), "it is known what it is"
    assert len(found.player("random").nearest) == 3
    assert found.uniform == (5.75, 5.75)
    assert len(found.seeds) == 20


def test_it_is_json(found):
    assert Result.model_validate_json(found.model_dump_json()) == found


@settings(max_examples=3, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_matches_does_not_matter(whole, found, draw: random.Random):
    shuffled = list(whole)
    draw.shuffle(shuffled)
    assert result(shuffled) == found


def test_a_match_that_is_not_over_is_counted_and_left_out(whole, game):
    events = game.tournament(("tit_for_tat", "defector"), repetitions=2)
    found = result(recorded(events[:-2]))
    assert (found.matches, found.unfinished) == (1, 1)
    assert found == result(recorded(events[:-4])), "how far it came does not matter"
    nothing = result(recorded(events[:1]))
    assert (nothing.matches, nothing.unfinished, nothing.players) == (0, 1, ())
    with pytest.raises(ValueError, match="no match was begun"):
        result([])
    with pytest.raises(ValueError, match="different rules"):
        result([*whole, *recorded(game.tournament(("joss", "random"), rules=game.rules(rounds=3)))])


def test_a_random_player_in_the_place_of_another_is_reckoned_exactly(game):
    found = result(recorded(game.tournament(("tit_for_tat", "grudger"))))
    rules = game.rules()
    place = found.player("tit_for_tat").random
    assert place.how == ("exact",)
    assert place.mean == pytest.approx(random_against(rules, strategies.get("grudger")).mean)
    assert place.low == place.mean == place.high


@pytest.mark.parametrize("seat", [0, 1])
def test_a_random_player_against_an_agent_meets_its_fingerprint(game, seat):
    """An agent that is a defector in all but name leaves what a defector leaves."""
    rules = Rules(game=preset("battle_of_the_sexes").game)
    names = ("defector", "cooperator")[:: 1 if seat else -1]
    match = play(rules, [strategies.get(name) for name in names], 0)
    found = result(recorded(game.events(match, agents=("defector",))))
    place = found.player("cooperator").random
    assert place.how == ("from its fingerprint",)
    assert place.mean == pytest.approx(random_against(rules, strategies.get("defector"), seat=seat).mean)


def test_public_goods_hold_the_others_moves(game):
    rules = game.rules("public_goods", rounds=1)
    one = next_round(rules, 0, 1, ["20", "10", "0", "0"])
    match = Match(rules=rules, players=("a", "b", "c", "d"), seed=0, rounds=(one,), ended="horizon")
    found = result(recorded(game.events(match)))
    place = found.player("a").random
    assert place.how == ("with moves held",)
    assert place.mean == pytest.approx(20 - 10 + 1.6 * (10 + 10) / 4)
    assert (found.player("a").fingerprint, found.player("a").exploit) == (None, None)
    assert found.player("b").giving == (0.5,)
    assert [found.player(name).won for name in "abcd"] == [0, 0, 0, 0]
    assert [found.player(name).drawn for name in "abcd"] == [0, 0, 1, 1]
    assert found.population is None


def test_a_common_good_of_many_at_random(game):
    small = PublicGoods(name="small", players=3, endowment=4, multiplier=1.7, step=2)
    cells = [small.pay(moves) for moves in product(*(small.legal(seat) for seat in range(3)))]
    assert uniform(small) == pytest.approx([sum(column) / len(cells) for column in zip(*cells, strict=True)])
    assert uniform(small.model_copy(update={"players": 50})) == pytest.approx((2 + 1.7 * 2,) * 50)


def test_games_of_three_actions_are_measured_as_far_as_they_go(game, script):
    rock = MatrixGame(
        name="rock, paper, scissors",
        actions=(("rock", "paper", "scissors"),) * 2,
        payoffs=(((0, 0), (-1, 1), (1, -1)), ((1, -1), (0, 0), (-1, 1)), ((-1, 1), (1, -1), (0, 0))),
    )
    rules = game.rules(rounds=2).model_copy(update={"game": rock})
    match = play(rules, [script(["rock", "rock"], "a"), script(["paper", "rock"], "b")], 0)
    found = result(recorded(game.events(match)))
    assert found.player("a").random.mean == 0
    assert found.player("a").fingerprint is None
    assert found.player("b").score.mean == 0.5


def test_illegal_moves_are_counted_and_their_rounds_are_void(game, script):
    match = play(game.rules(rounds=3), [script(["?", "cooperate", "?"], "a"), script(["defect"] * 3, "b")], 0)
    found = result(recorded(game.events(match)))
    assert (found.rounds, found.void) == (3, 2)
    assert (found.player("a").illegal.hits, found.player("a").illegal.of) == (2, 3)
    assert found.player("a").score.mean == 0, "of the one round that counted"


def test_everybody_void_has_no_score(game, script):
    match = play(game.rules(rounds=2), [script(["?", "?"], "a"), script(["defect"] * 2, "b")], 0)
    found = result(recorded(game.events(match)))
    assert [(each.score, each.random) for each in found.players] == [(None, None)] * 2
    assert found.no_population


def test_a_population_goes_where_the_payoffs_drive_it():
    table = PayoffTable(names=("dove", "hawk"), cells=((2, 0), (3, 1)))
    found, why = population(table)
    assert why == ""
    assert found.shares[0] == (0.5, 0.5)
    assert found.shares[-1][1] > 0.99
    assert found.takeovers[1].value > 0.6 > found.by_chance
    assert sum(each.hits for each in found.takeovers) == 100
    lower, _ = population(table.model_copy(update={"cells": ((0, -2), (1, -1))}))
    assert lower == found.model_copy(update={"raised": 2.0})


def test_of_very_many_kinds_nobody_takes_over():
    names = tuple(f"p{number}" for number in range(30))
    found, why = population(PayoffTable(names=names, cells=((1.0,) * 30,) * 30))
    assert (found.takeovers, why) == ((), "")
    assert found.shares[-1] == pytest.approx((1 / 30,) * 30)


@pytest.mark.parametrize(
    ("cells", "why"), [(((1.0,),), "two kinds"), (((1.0, None), (1.0, 1.0)), "a and b have not met: it takes a tourn")]
)
def test_without_all_meetings_there_is_no_population(cells, why):
    found, said = population(PayoffTable(names=("a", "b")[: len(cells)], cells=cells))
    assert found is None
    assert why in said
