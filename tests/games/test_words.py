from __future__ import annotations

from glasswork.games import FixedHorizon, RandomHorizon, Rules, Seen, View, preset
from glasswork.games.words import round_in_words, rules_in_words


def told(rules, seat=0):
    return rules_in_words(View(rules, (), seat))


def test_a_matrix_game_from_both_seats():
    game = preset("battle_of_the_sexes").game.relabelled(("Option J", "Option F"))
    rules = Rules(game=game, horizon=FixedHorizon(rounds=10))
    assert told(rules) == (
        "Both players choose at the same time.",
        "If you choose Option J and the other player chooses Option J, then you win 10 points and the other player wins 7 points.",
        "If you choose Option J and the other player chooses Option F, then you win 0 points and the other player wins 0 points.",
        "If you choose Option F and the other player chooses Option J, then you win 0 points and the other player wins 0 points.",
        "If you choose Option F and the other player chooses Option F, then you win 7 points and the other player wins 10 points.",
        "You play 10 rounds in total with the same other player.",
    )
    assert told(rules, 1)[1].endswith("then you win 7 points and the other player wins 10 points.")


def test_the_seats_are_told_the_same_payoffs():
    game = preset("game_30").game
    mine = told(Rules(game=game))[2]
    theirs = told(Rules(game=game), 1)[3]
    assert (
        mine
        == "If you choose up and the other player chooses right, then you win 3 points and the other player wins 3 points."
    )
    assert (
        theirs
        == "If you choose right and the other player chooses up, then you win 3 points and the other player wins 3 points."
    )


def test_what_is_hidden_is_not_told():
    game = preset("chicken").game
    hidden = told(Rules(game=game, horizon=FixedHorizon(rounds=37, told=False)))
    assert hidden[-1] == "You play several rounds with the same other player."
    assert hidden == told(Rules(game=game, horizon=RandomHorizon(stop=0.37, told=False)))
    open_ = told(Rules(game=game, horizon=RandomHorizon(stop=0.25), noise=0.05))
    assert open_[-2:] == (
        "You play with the same other player; after each round the game ends with probability 25 %.",
        "With probability 5 % a player's choice is not carried out, but another one is.",
    )


def test_public_goods():
    assert told(preset("public_goods"), 3) == (
        "4 players, you among them, each have 20 points in every round.",
        "All choose at the same time how many of them to give to a common pot, from 0 to 20.",
        "The pot is multiplied by 1.6 and shared equally among all, whoever gave; the rest you keep.",
        "You play 10 rounds in total with the same other players.",
    )


def test_rounds():
    assert round_in_words(Seen(3, "J", ("F",), 1, (10,))) == (
        "In round 3, you chose J and the other player chose F. Thus, you won 1 point and the other player won 10 points."
    )
    assert round_in_words(Seen(1, "20", ("5", "0"), 13.5, (1, 2))) == (
        "In round 1, you gave 20 and the others gave 5, 0. Thus, you won 13.5 points."
    )
