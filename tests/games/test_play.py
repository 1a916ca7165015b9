from __future__ import annotations

import asyncio
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glasswork.errors import UserError
from glasswork.games import (
    FixedHorizon,
    Match,
    MatrixGame,
    RandomHorizon,
    Rules,
    View,
    ordinal,
    play,
    play_async,
    preset,
    round_robin,
    strategies,
)
from glasswork.games.classics import fitting
from glasswork.games.rules import length

NAMES = st.sampled_from(fitting(preset("chicken").game))
HORIZONS = st.one_of(
    st.integers(1, 25).map(lambda rounds: FixedHorizon(rounds=rounds)),
    st.floats(0.05, 1).map(lambda stop: RandomHorizon(stop=stop)),
)


@st.composite
def matches(draw):
    a, b = draw(NAMES), draw(NAMES)
    rules = Rules(
        game=ordinal(draw(st.integers(1, 144))), horizon=draw(HORIZONS), noise=draw(st.sampled_from([0, 0.2]))
    )
    return play(rules, [strategies.get(a), strategies.get(b)], draw(st.integers(0, 2**48)))


class Waiting:
    """Answers a turn of the loop later."""

    def __init__(self, player):
        self.player, self.name = player, player.name

    async def move(self, view, rng):
        await asyncio.sleep(0)
        return self.player.move(view, rng)


def again(match: Match, past=0):
    return play(match.rules, [strategies.get(name) for name in match.players], match.seed, rounds=match.rounds[:past])


@settings(deadline=None)
@given(matches())
def test_payoffs_add_up_and_no_illegal_move_is_done(match):
    game = match.rules.game
    for each in match.rounds:
        assert all(move in game.legal(seat) for seat, move in enumerate(each.moves))
        assert each.payoffs == game.pay(each.moves)
    assert match.scores == tuple(sum(each.payoffs[seat] for each in match.rounds) for seat in (0, 1))
    assert len(match.rounds) == length(match.rules.horizon, match.seed)
    assert [each.number for each in match.rounds] == [*range(1, len(match.rounds) + 1)]
    if not match.rules.noise:
        assert all(each.moves == each.said for each in match.rounds)


@settings(deadline=None)
@given(matches(), st.integers(0, 100))
def test_the_same_seed_plays_the_same_match_from_any_round_on(match, past):
    assert again(match) == match
    assert again(match, min(past, len(match.rounds))) == match


@settings(deadline=None, max_examples=25)
@given(matches())
def test_waiting_changes_nothing(match):
    told = []
    players = [Waiting(strategies.get(match.players[0])), strategies.get(match.players[1])]
    assert asyncio.run(play_async(match.rules, players, match.seed, on_round=told.append)) == match
    assert tuple(told) == match.rounds


@settings(deadline=None, max_examples=25)
@given(matches())
def test_a_match_is_read_back(match):
    assert Match.model_validate_json(match.model_dump_json()) == match


@settings(deadline=None, max_examples=50)
@given(matches())
def test_exchanged_seats_exchange_everything(match):
    """Without noise or dice: the same match, seen from the other side."""
    if any(strategies.get(name).draws for name in match.players):
        return
    rules = match.rules.model_copy(update={"game": match.rules.game.exchanged(), "noise": 0})
    straight = again(match.model_copy(update={"rules": match.rules.model_copy(update={"noise": 0})}))
    turned = play(rules, [strategies.get(name) for name in match.players[::-1]], match.seed)
    assert turned.scores == straight.scores[::-1]


def test_dice_do_not_depend_on_the_other_player(met):
    """What one draws is not shifted by whether the other draws."""
    a, b = (met("random", other, seed=5) for other in ("cooperator", "random"))
    assert [each.moves[0] for each in a.rounds] == [each.moves[0] for each in b.rounds]
    both = [each.moves for each in b.rounds]
    assert [x for x, _ in both] != [y for _, y in both]


def test_another_seed_is_another_match(met):
    assert len({met("random", "random", seed=seed).scores for seed in range(20)}) > 5


def test_a_seed_means_the_same_everywhere(met):
    """Draws come of text and SHA-512, not of hashes that change from process to process."""
    match = met("random", "random", seed=1, rounds=12, noise=0.3)
    assert "".join(each.said[0][0] for each in match.rounds) == "cccdcdccdcdd"
    assert "".join(each.moves[0][0] for each in match.rounds) == "cdcccdcdcccc"
    assert [pair.seed for pair in round_robin("ab", seed=1)] == [48273018759210]
    assert [length(RandomHorizon(stop=0.1), seed) for seed in range(5)] == [4, 11, 11, 7, 9]


def test_an_illegal_move_makes_a_void_round(rules_of, script):
    match = play(rules_of(rounds=4), [script(["defect", "Defect!", "", "defect"]), strategies.get("tit_for_tat")], 0)
    assert [each.moves for each in match.rounds] == [("defect", "cooperate"), (), (), ("defect", "defect")]
    assert [each.said[1] for each in match.rounds] == ["cooperate", "defect", "defect", "defect"]
    assert match.scores == (6, 1)
    assert (match.illegal(0), match.illegal(1), match.ended) == (2, 0, "horizon")
    assert [each.number for each in match.played] == [1, 4]


@pytest.mark.parametrize(("limit", "rounds"), [(1, 2), (2, 3), (3, 6), (None, 6)])
def test_a_match_ends_with_too_many_illegal_moves(rules_of, script, limit, rounds):
    a = script(["defect", "?", "?", "defect", "defect", "?"])
    match = play(rules_of(rounds=6, illegal_limit=limit), [a, strategies.get("cooperator")], 0)
    assert len(match.rounds) == rounds
    assert match.ended == ("horizon" if limit is None else "illegal")


def test_what_a_player_sees(rules_of, script):
    seen = []

    class Spy:
        name = "spy"

        def move(self, view, _rng):
            seen.append(view)
            return "cooperate"

    rules = rules_of(rounds=4, noise=0.5)
    match = play(rules, [script(["defect", "cooperate", "?", "defect"]), Spy()], 4)
    last = seen[-1]
    counted = [each for each in match.rounds[:3] if each.moves]
    assert len(counted) == 2
    assert [(each.mine, each.others, each.earned, each.paid) for each in last.seen] == [
        (each.moves[1], (each.moves[0],), each.payoffs[1], (each.payoffs[0],)) for each in counted
    ]
    assert last.theirs == tuple("cd".index(each.moves[0][0]) for each in counted)
    assert last.mine == tuple("cd".index(each.moves[1][0]) for each in counted)
    assert last.meant == (0, 0)
    assert last.earned == tuple(each.payoffs[1] for each in counted)
    assert (last.number, last.seat, last.noise, last.actions) == (4, 1, 0.5, ("cooperate", "defect"))


def test_a_horizon_that_nobody_tells_is_not_seen():
    game = preset("chicken").game
    for horizon in (FixedHorizon(rounds=5, told=False), RandomHorizon(stop=0.5, told=False)):
        assert View(Rules(game=game, horizon=horizon), [], 0).horizon is None
    assert View(Rules(game=game), [], 0).horizon == FixedHorizon(rounds=10)


def test_several_others_have_no_theirs():
    view = View(preset("public_goods"), [], 2)
    assert view.others == ((), (), ())
    with pytest.raises(ValueError, match="too many"):
        _ = view.theirs


def test_public_goods_are_played():
    names = ["cooperator", "defector", "conditional_cooperator", "conditional_cooperator"]
    match = play(preset("public_goods"), [strategies.get(name) for name in names], 0)
    assert [each.moves[1:3] for each in match.rounds[:4]] == [("0", "20"), ("0", "13"), ("0", "11"), ("0", "10")]
    assert match.scores[1] == max(match.scores)


def test_a_strategy_for_two_actions_refuses_others():
    three = MatrixGame(name="three", actions=(("a", "b", "c"),) * 2, payoffs=[[(0, 0)] * 3] * 3)
    with pytest.raises(UserError, match="tit_for_tat cannot play three: it is for games of two by two"):
        play(Rules(game=three), [strategies.get("tit_for_tat"), strategies.get("random")], 0)
    learning = {"best_reply", "fictitious_play", "maximin"}
    any_game = {"conditional_cooperator", "cooperator", "defector", "random"}
    assert {*fitting(three)} == learning | any_game
    assert {*fitting(preset("public_goods").game)} == any_game
    assert "grudger" in fitting(preset("chicken").game)


def test_as_many_players_as_seats():
    with pytest.raises(ValueError, match="for 4 players, not 2"):
        play(preset("public_goods"), [strategies.get("random")] * 2, 0)


async def test_both_are_asked_at_once(rules_of):
    """Neither answers before both were asked: one after the other, this would wait for ever."""
    asked = asyncio.Barrier(2)

    class Meeting:
        name = "meeting"

        async def move(self, _view, _rng):
            async with asked:
                return "cooperate"

    async with asyncio.timeout(5):
        match = await play_async(rules_of(rounds=3), [Meeting(), Meeting()], 0)
    assert match.scores == (9, 9)


async def test_who_raises_stops_the_match_and_it_goes_on_later(rules_of, met):
    kept, cancelled = [], []

    class Failing:
        name = "tit_for_tat"

        async def move(self, view, rng):
            if view.number == 4:
                raise ConnectionError
            return strategies.get("tit_for_tat").move(view, rng)

    class Slow:
        name = "joss"

        async def move(self, view, rng):
            if view.number == 4:
                try:
                    await asyncio.sleep(60)
                finally:
                    cancelled.append(view.number)
            return strategies.get("joss").move(view, rng)

    async def keep(each):
        await asyncio.sleep(0)
        kept.append(each)

    with pytest.raises(ConnectionError):
        await play_async(rules_of(), [Failing(), Slow()], 3, on_round=keep)
    assert (len(kept), cancelled) == (3, [4])
    players = [strategies.get("tit_for_tat"), strategies.get("joss")]
    assert await play_async(rules_of(), players, 3, rounds=kept) == met("tit_for_tat", "joss", seed=3)


def test_round_robin_pairs_each_with_each():
    pairs = round_robin(["c", "a", "b"], repetitions=2)
    assert [pair.key for pair in pairs] == ["a v b #1", "a v b #2", "a v c #1", "a v c #2", "b v c #1", "b v c #2"]
    assert len({pair.seed for pair in pairs}) == 6
    assert len(round_robin("abcd", self_play=True, both_ways=True)) == 16
    with pytest.raises(ValueError, match="a name twice"):
        round_robin(["a", "a"])


def test_round_robin_of_more_than_two():
    pairs = round_robin("dcba", seats=3)
    assert [pair.key for pair in pairs] == ["a v b v c #1", "a v b v d #1", "a v c v d #1", "b v c v d #1"]
    assert len({pair.seed for pair in pairs}) == 4
    turned = [pair.players for pair in round_robin("abc", seats=3, both_ways=True, self_play=True)]
    assert turned == [("a",) * 3, tuple("abc"), ("b",) * 3, tuple("bca"), tuple("cab"), ("c",) * 3]
    assert round_robin("ab", seats=3) == ()


@given(st.integers(2, 6), st.integers(2, 5), st.booleans())
def test_everybody_plays_equally_often_and_both_ways_in_every_seat(players, seats, both_ways):
    names = "abcdef"[:players]
    tables = [pair.players for pair in round_robin(names, seats=seats, both_ways=both_ways)]
    assert len({*tables}) == len(tables) == math.comb(players, seats) * (seats if both_ways else 1)
    often = [sum(name in table for table in tables) for name in names]
    assert len({*often}) == 1
    if both_ways and tables:
        assert len({sum(table[seat] == name for table in tables) for name in names for seat in range(seats)}) == 1


@given(st.permutations(["tit_for_tat", "random", "joss", "grudger"]), st.integers(0, 99))
def test_who_else_plays_and_in_which_order_changes_no_match(order, seed):
    everybody = {pair.key: pair for pair in round_robin(order, seed=seed)}
    some = round_robin(order[:2], seed=seed)
    assert [everybody[pair.key] for pair in some] == [*some]
    assert everybody == {pair.key: pair for pair in round_robin(sorted(order), seed=seed)}
    assert everybody != {pair.key: pair for pair in round_robin(order, seed=seed + 1)}
