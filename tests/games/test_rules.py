from __future__ import annotations

from collections import Counter
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from glasswork.games import FixedHorizon, Game, MatrixGame, PublicGoods, RandomHorizon, Rules, preset
from glasswork.games.match import next_round
from glasswork.games.rules import length

numbers = st.integers(-9, 9)


@st.composite
def matrix_games(draw):
    rows, columns = draw(st.integers(2, 4)), draw(st.integers(2, 4))
    cell = st.tuples(numbers, numbers)
    table = draw(st.lists(st.lists(cell, min_size=columns, max_size=columns), min_size=rows, max_size=rows))
    return MatrixGame(name="any", actions=(tuple("abcd"[:rows]), tuple("wxyz"[:columns])), payoffs=table)


@given(matrix_games())
def test_pay_reads_the_table(game):
    cells = [game.pay(moves) for moves in product(*game.actions)]
    assert cells == [cell for line in game.payoffs for cell in line]


@given(matrix_games())
def test_exchanging_twice_is_nothing(game):
    assert game.exchanged().exchanged() == game
    a, b = game.actions[0][-1], game.actions[1][0]
    assert game.exchanged().pay((b, a)) == game.pay((a, b))[::-1]


def test_symmetry():
    assert preset("prisoners_dilemma").game.symmetric
    assert not preset("battle_of_the_sexes").game.symmetric
    assert not preset("matching_pennies").game.symmetric


def test_relabelling_keeps_the_payoffs():
    game = preset("prisoners_dilemma").game.relabelled(("J", "F"))
    assert game.pay(("J", "F")) == (0, 10)
    with pytest.raises(ValidationError, match=r"3 x 3 actions"):
        game.relabelled(("J", "F", "K"))


@pytest.mark.parametrize(
    ("actions", "payoffs"),
    [
        ((("a",), ("a", "b")), [[(1, 1), (1, 1)]]),
        ((("a", "a"), ("a", "b")), [[(1, 1), (1, 1)]] * 2),
        ((("a", "b"), ("a", "b")), [[(1, 1), (1, 1)]]),
        ((("a", "b"), ("a", "b")), [[(1, 1)], [(1, 1), (1, 1)]]),
    ],
)
def test_no_table(actions, payoffs):
    with pytest.raises(ValidationError):
        MatrixGame(name="broken", actions=actions, payoffs=payoffs)


def test_a_game_is_read_by_its_kind():
    read = TypeAdapter(Game)
    for name in ("chicken", "public_goods"):
        game = preset(name).game
        assert read.validate_json(game.model_dump_json()) == game


@given(st.lists(st.integers(0, 4), min_size=3, max_size=3), st.sampled_from([0.5, 1, 1.5, 3]))
def test_public_goods_add_up(given_, multiplier):
    """What is kept and what the pot came to is all that there is."""
    game = PublicGoods(name="pot", players=3, endowment=20, multiplier=multiplier, step=5)
    amounts = [5 * each for each in given_]
    paid = game.pay([str(each) for each in amounts])
    assert sum(paid) == pytest.approx(60 - sum(amounts) + multiplier * sum(amounts))


def test_public_goods_refuse_what_is_no_contribution():
    game = preset("public_goods").game
    assert game.legal(0)[0] == "20"
    assert game.legal(3)[-1] == "0"
    for moves in (("1", "2", "3"), ("1", "2", "3", "21"), ("1", "2", "3", "1.5")):
        with pytest.raises(ValueError, match="legal contributions"):
            game.pay(moves)
    with pytest.raises(ValidationError, match="steps of 3"):
        PublicGoods(name="pot", players=2, endowment=10, multiplier=1, step=3)


def test_free_riding_pays_the_rider_and_costs_all():
    game = preset("public_goods").game
    assert game.pay(["20"] * 4) == pytest.approx([32] * 4)
    assert game.pay(["0", "20", "20", "20"])[0] == pytest.approx(44)
    assert game.pay(["0"] * 4) == pytest.approx([20] * 4)


@pytest.mark.parametrize("stop", [0.1, 0.25, 0.75, 1.0])
def test_random_lengths_are_geometric(stop):
    lengths = Counter(length(RandomHorizon(stop=stop), seed) for seed in range(4000))
    for rounds in (1, 2, 3):
        expected = stop * (1 - stop) ** (rounds - 1)
        error = 4.5 * (expected * (1 - expected) / 4000) ** 0.5
        assert abs(lengths[rounds] / 4000 - expected) <= error
    mean = sum(rounds * count for rounds, count in lengths.items()) / 4000
    assert mean == pytest.approx(1 / stop, abs=4.5 * (1 - stop) ** 0.5 / stop / 4000**0.5)


def test_noise_flips_as_often_as_it_says():
    rules = Rules(game=preset("chicken").game, noise=0.2)
    rounds = [next_round(rules, 7, number, ("swerve", "straight")) for number in range(1, 3001)]
    for seat in (0, 1):
        flipped = sum(each.moves[seat] != each.said[seat] for each in rounds)
        assert abs(flipped - 600) <= 4.5 * (3000 * 0.2 * 0.8) ** 0.5
    both = sum(all(a != b for a, b in zip(each.moves, each.said, strict=True)) for each in rounds)
    assert abs(both - 120) <= 4.5 * (3000 * 0.04 * 0.96) ** 0.5


def test_noise_of_one_flips_always_and_legally():
    game = MatrixGame(name="three", actions=(("a", "b", "c"),) * 2, payoffs=[[(0, 0)] * 3] * 3)
    rules = Rules(game=game, noise=1.0)
    done = Counter(next_round(rules, 1, number, ("a", "b")).moves[0] for number in range(1, 601))
    assert done.keys() == {"b", "c"}
    assert abs(done["b"] - 300) <= 4.5 * 150**0.5


@given(st.text(max_size=8), st.sampled_from(["swerve", "straight"]), st.floats(0, 1))
def test_what_is_illegal_is_never_a_move(said, other, noise):
    rules = Rules(game=preset("chicken").game, noise=noise)
    each = next_round(rules, 3, 1, (said, other))
    if said in {"swerve", "straight"}:
        assert not each.illegal
        assert each.payoffs == rules.game.pay(each.moves)
    else:
        assert (each.moves, each.payoffs, each.illegal, each.said) == ((), (0, 0), (0,), (said, other))


@pytest.mark.parametrize("changes", [{"noise": 1.1}, {"illegal_limit": 0}, {"horizon": {"kind": "fixed", "rounds": 0}}])
def test_rules_out_of_bounds(changes):
    with pytest.raises(ValidationError):
        Rules.model_validate({"game": preset("chicken").game, **changes})


def test_rules_are_read_back():
    rules = Rules(game=preset("chicken").game, horizon=RandomHorizon(stop=0.25, told=False), noise=0.05)
    assert Rules.model_validate_json(rules.model_dump_json()) == rules
    assert Rules(game=rules.game).horizon == FixedHorizon(rounds=10)
