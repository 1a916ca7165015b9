from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glasswork.games import FixedHorizon, ordinal, play, preset, round_robin, strategies
from glasswork.games.likeness import likenesses
from glasswork.games.measures import (
    conduct,
    cooperation,
    cooperation_by_round,
    estimate,
    fingerprint,
    giving_by_round,
    payoff_table,
    scores,
    standings,
)


def counts(share):
    return share.hits, share.of


def test_cooperation_by_round(match_of):
    matches = [match_of("CD DD CC"), match_of("DD CC"), match_of("CC ?C CC")]
    assert [counts(each) for each in cooperation_by_round(matches, "a")] == [(2, 3), (1, 2), (2, 2)]
    assert counts(cooperation(matches, "a")) == (5, 7)
    assert counts(cooperation(matches, "nobody")) == (0, 0)
    assert cooperation_by_round(matches, "nobody") == ()


def test_a_fingerprint_counts_what_was_meant_after_what_was_done(match_of):
    """A void round is stepped over; a slip is an outcome, not a choice."""
    found = fingerprint([match_of("CC CD DC>CC ?C DD CC")], "a")
    assert (counts(found.first), counts(found.cc), counts(found.cd)) == ((1, 1), (1, 2), (0, 1))
    assert (counts(found.dc), counts(found.dd)) == ((0, 0), (1, 1))
    assert found.vector == (1, 0.5, 0, 0.5, 1)
    other = fingerprint([match_of("CC CD DC>CC ?C DD CC")], "b")
    assert (counts(other.cc), counts(other.dc), counts(other.cd)) == ((0, 2), (1, 1), (0, 0))


@pytest.mark.parametrize("name", ["tit_for_tat", "win_stay_lose_shift", "joss", "extortioner", "random"])
def test_a_fingerprint_finds_the_vector(name, rules_of):
    """Measured on matches with a random player: each share's interval, widened to 4.5 errors, holds the truth."""
    players = [strategies.get(name), replace(strategies.get("random"), name="b")]
    matches = [play(rules_of(rounds=100), players, seed) for seed in range(10)]
    found = fingerprint(matches, name)
    for part, truth in zip(("first", "cc", "cd", "dc", "dd"), strategies.get(name).vector, strict=True):
        share = getattr(found, part)
        assert share.of >= 10
        assert abs(share.value - truth) <= 4.5 * max(truth * (1 - truth) / share.of, 1e-12) ** 0.5


@pytest.mark.parametrize(
    ("text", "trait", "expected"),
    [
        ("CC CD DC", "nice", (1, 1)),
        ("CC DD", "nice", (0, 1)),
        ("CD DD", "nice", (1, 1)),
        ("CC DC>CC CC", "nice", (0, 1)),
        ("CD DC", "retaliation", (1, 1)),
        ("CD CC", "retaliation", (0, 1)),
        ("DC CD DD", "retaliation", (0, 0)),
        ("CC CD DD DD", "retaliation", (2, 2)),
        ("CD DC CC", "forgiveness", (1, 1)),
        ("CD DC DC", "forgiveness", (0, 1)),
        ("CC CC CC", "forgiveness", (0, 0)),
        ("CD DC DD CD", "exploited", (2, 4)),
        ("CD DC DD CD", "exploiting", (1, 4)),
    ],
)
def test_conduct(match_of, text, trait, expected):
    assert counts(getattr(conduct([match_of(text)], "a"), trait)) == expected


@pytest.mark.parametrize(
    ("name", "nice", "retaliation", "forgiveness"),
    [
        ("tit_for_tat", 1, 1, 1),
        ("grudger", 1, 1, 0),
        ("cooperator", 1, 0, 1),
        ("defector", 0, 1, 0),
        ("bully", 0, 0, 0),
    ],
)
def test_conduct_of_the_known(name, nice, retaliation, forgiveness, met):
    matches = [met(name, "random", seed=seed, rounds=50) for seed in range(5)]
    found = conduct(matches, name)
    assert (found.retaliation.value, found.forgiveness.value) == (retaliation, forgiveness)
    assert found.nice.value == nice


def test_scores_and_standings(met):
    matches = [met("defector", "tit_for_tat"), met("cooperator", "defector"), met("cooperator", "tit_for_tat")]
    assert scores(matches, "defector") == (1.4, 5)
    assert [each.name for each in standings(matches)] == ["defector", "tit_for_tat", "cooperator"]
    best = standings(matches)[0]
    assert (best.score.mean, best.score.of, best.cooperation.value) == (pytest.approx(3.2), 2, 0)
    assert 1.4 <= best.score.low <= best.score.mean <= best.score.high <= 5
    assert standings(matches) == standings(matches[::-1])


def test_a_match_against_oneself_counts_once(match_of):
    matches = [match_of("CD CD", b="a"), match_of("DD DD")]
    assert scores(matches, "a") == (2.5, 1)
    assert counts(cooperation(matches, "a")) == (2, 6)
    assert payoff_table(matches).cells == ((2.5, 1.0), (1.0, None))


def test_who_only_makes_illegal_moves_has_no_score(match_of):
    matches = [match_of("?C ?D")]
    found = {each.name: each for each in standings(matches)}
    assert found["a"].score is None
    assert counts(found["a"].illegal) == (2, 2)
    assert counts(found["b"].illegal) == (0, 2)
    assert scores(matches, "b") == ()
    assert str(estimate([1.0])) == "1.00 [1.00, 1.00], 1 matches"


def test_a_table_with_holes_is_no_whole(match_of):
    table = payoff_table([match_of("CD CC")])
    assert table.names == ("a", "b")
    assert table.cells == ((None, 1.5), (4.0, None))
    with pytest.raises(ValueError, match="a and a have not met"):
        table.whole()
    whole = payoff_table([match_of("CC", a, b) for a, b in ("aa", "ab", "bb")])
    assert whole.whole() == ((3, 3), (3, 3))


def test_giving(met):
    match = play(preset("public_goods"), [strategies.get(n) for n in ("cooperator", "defector", "random", "random")], 0)
    assert giving_by_round([match], "cooperator") == (1,) * 10
    assert giving_by_round([match], "defector") == (0,) * 10
    assert all(0 <= each <= 1 for each in giving_by_round([match], "random"))
    assert giving_by_round([met("tit_for_tat", "defector")], "tit_for_tat") == (1,) + (0,) * 9


NAMES = ["tit_for_tat", "joss", "grudger", "random", "gradual"]


@settings(deadline=None, max_examples=20)
@given(st.permutations(NAMES), st.randoms(use_true_random=False), st.integers(0, 9))
def test_order_changes_nothing(order, shuffler, seed):
    """Neither the order of names nor of play."""

    def tournament(names):
        pairs = list(round_robin(names, repetitions=2, self_play=True, seed=seed))
        shuffler.shuffle(pairs)
        rules = preset("prisoners_dilemma").model_copy(update={"noise": 0.1, "horizon": FixedHorizon(rounds=8)})
        played = {pair.key: play(rules, [strategies.get(name) for name in pair.players], pair.seed) for pair in pairs}
        return [played[key] for key in sorted(played)]

    assert tournament(order) == tournament(NAMES)


@pytest.mark.parametrize("name", ["tit_for_tat", "grudger", "win_stay_lose_shift", "gradual", "prober", "nydegger"])
def test_the_nearest_is_oneself(name, met):
    matches = [met(name, "random", seed=seed, rounds=40) for seed in range(3)]
    nearest = likenesses(matches, name)[0]
    assert name in nearest.names
    assert counts(nearest.agreement) == (120, 120)


def test_ties_are_told(met):
    """Against who always cooperates the kind are all alike."""
    nearest = likenesses([met("tit_for_tat", "cooperator")], "tit_for_tat")[0]
    assert {"tit_for_tat", "grudger", "cooperator", "win_stay_lose_shift"} <= {*nearest.names}
    few = likenesses([met("tit_for_tat", "defector")], "tit_for_tat", ["cooperator", "defector", "alternator"])
    assert [(each.names, each.agreement.hits) for each in few] == [
        (("defector",), 9),
        (("alternator",), 2),
        (("cooperator",), 1),
    ]


def test_nobody_is_like_who_was_not_seen(match_of):
    assert likenesses([match_of("?C")], "a") == ()
    assert likenesses([match_of("CC")], "nobody") == ()


def test_likeness_of_a_second_seat(rules_of):
    rules = rules_of("game_30", rounds=20)
    match = play(rules, [strategies.get("random"), strategies.get("tit_for_tat")], 2)
    nearest = likenesses([match], "tit_for_tat")[0]
    assert match.rules.game == ordinal(30)
    assert "tit_for_tat" in nearest.names
    assert counts(nearest.agreement) == (20, 20)
