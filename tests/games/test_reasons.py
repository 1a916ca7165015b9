"""What decisions of games are said to rest on, against what was done; on runs whose every number is known."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glasswork.games import Match, MatrixGame, preset
from glasswork.games.match import next_round
from glasswork.games.reason_tables import ILLEGAL, reason_tables
from glasswork.games.reasons import best_replies, brier, reasons
from glasswork.records import Acted, Because, DecisionStarted, Explained, Option, Planned

LETTERS = {"C": "cooperate", "D": "defect", "?": "maybe"}


@pytest.fixture
def run(game):
    """Return the events of a match written as moves: ``CD DD``; the first player is an agent called ada."""

    def make(text, number=0, **changes):
        rules = game.rules(rounds=len(text.split()), **changes)
        rounds = [
            next_round(rules, 0, n, [LETTERS[letter] for letter in each])
            for n, each in enumerate(text.split(), start=1)
        ]
        match = Match(rules=rules, players=("ada", "grim"), seed=0, rounds=tuple(rounds), ended="horizon")
        return game.events(match, number, agents=("ada",))

    return make


def replaced(events, kind, decision, **update):
    return [
        event.model_copy(update=update) if isinstance(event, kind) and event.decision == decision else event
        for event in events
    ]


def test_a_row_says_all_that_is_known_of_a_decision(run):
    rows = reasons(run("CC CD DD"))
    assert [row.decision for row in rows] == ["match#1.1", "match#2.1", "match#3.1"]
    second = rows[1]
    assert (second.player, second.others, second.seat) == ("ada", ("grim",), 0)
    assert (second.said, second.done, second.planned, second.follows) == ("cooperate", "cooperate", "cooperate", True)
    assert second.probability == 0.8
    assert second.prediction == (("cooperate", 0.75), ("defect", 0.25))
    assert (second.theirs, second.before, second.came_true) == ("defect", "cooperate", False)
    assert second.brier == pytest.approx((0.75**2 + 0.75**2) / 2)
    assert (second.replies, second.replies_to_all, second.replies_by_chance) == (False, False, 0.5)
    (cited,) = second.because
    assert (cited.kind, cited.round, cited.ago, cited.theirs) == ("last round", 1, 1, "cooperate")
    assert rows[0].because[0].kind == "payoffs"
    assert rows[0].before is None
    assert second.confidence == 0.7
    assert (second.order_consistency, second.sampled) == (1.0, False)
    assert second.held is None


def test_a_decision_whose_round_is_cut_off_has_a_row_all_the_same(run):
    events = run("CC CD")[:-4]
    assert isinstance(events[-1], Planned)
    row = reasons(events)[-1]
    assert row.decision == "match#2.1"
    assert (row.said, row.done, row.theirs, row.came_true, row.brier, row.follows) == (None,) * 6
    assert row.prediction
    (table,) = reason_tables(reasons(events))
    assert (table.decisions, table.follows.of, table.predictions.right.of) == (2, 1, 1)


def test_an_act_against_the_plan_and_an_illegal_one(run):
    rows = reasons(replaced(run("CC ?D CD"), Planned, "match#1.1", choice="B"))
    assert [row.follows for row in rows] == [False, False, True]
    assert (rows[0].planned, rows[0].said, rows[0].probability) == ("defect", "cooperate", 0.8)
    assert (rows[1].legal, rows[1].probability, rows[1].done, rows[1].replies) == (False, None, None, None)
    assert rows[1].came_true is None, "the other's move of a void round is nobody's to see"
    assert rows[2].before == "cooperate", "round 2 was void"
    assert rows[2].because[0].ago == 2
    (table,) = reason_tables(rows)
    assert [(move, part.hits) for move, part in table.moves] == [("cooperate", 2), (ILLEGAL, 1)]


def test_choices_that_lean_on_the_order_of_options(run):
    events = replaced(run("CC CD"), Planned, "match#1.1", order_consistency=0.5, sampled=True)
    events = replaced(events, Planned, "match#2.1", orders=0)
    (table,) = reason_tables(reasons(events))
    assert (table.steady.hits, table.steady.of) == (0, 1), "one option alone has no order"
    assert (table.sampled.hits, table.sampled.of) == (1, 2)


def test_options_may_be_labelled_with_the_moves_themselves(run):
    named = tuple(Option(label=word, text=f"I {word}", probability=0.5) for word in ("cooperate", "defect"))
    rows = reasons(replaced(run("CC"), Planned, "match#1.1", options=named, choice="cooperate", expected=named))
    assert (rows[0].planned, rows[0].follows, rows[0].expected) == ("cooperate", True, "cooperate")


def test_what_a_check_found_stands_in_the_row(run, game):
    events = run("CC CD DD")
    started = {event.decision: event for event in events if isinstance(event, DecisionStarted)}
    segments = started["match#3.1"].segments
    assert [each.source for each in segments][2:] == ["game.round_1", "game.round_2", "game.now"]
    events.append(game.checked("match#3.1", segments, cited="s4", causal="s3"))
    events.append(game.checked("match#2.1", started["match#2.1"].segments, cited="s3", causal="s3"))
    rows = reasons(events)
    assert rows[0].held is None
    held = rows[2].held
    assert (held.cited_causal, held.cited_idle, held.uncited_causal) == (0, 1, 1)
    assert (held.driver, held.driver_kind, held.driver_causal, held.driver_cited) == ("s3", "older round", True, False)
    assert rows[2].because[0].causal is False
    assert rows[1].because[0].causal is True
    checks = reason_tables(rows)[0].checks
    assert checks.decisions == 2
    assert (checks.cited_causal.hits, checks.cited_causal.of) == (1, 2)
    assert (checks.driver_cited.hits, checks.driver_cited.of) == (1, 2)
    by_kind = {each.kind: each for each in checks.kinds}
    assert (by_kind["last round"].cited_causal.hits, by_kind["last round"].cited_causal.of) == (1, 2)
    assert (by_kind["older round"].causal_cited.hits, by_kind["older round"].causal_cited.of) == (0, 1)


def test_a_decision_taken_anew_is_unchecked_again(run, game):
    events = run("CC")
    checked = game.checked("match#1.1", events[1].segments, cited="s2", causal="s2")
    assert reasons([*events, checked])[0].held is not None
    again = reasons([*events, checked, *events[1:4]])[0]
    assert (again.held, again.explained) == (None, False)


def test_stated_reasons_stand_beside_the_rate_without_them(run):
    (table,) = reason_tables(reasons(run("CC CC CD DD DD DC CC")))
    last = next(each for each in table.stated if each.what == "last round: defect")
    defect = next(each for each in last.moves if each.move == "defect")
    assert (defect.citing.hits, defect.citing.of) == (3, 3)
    assert (defect.rest.hits, defect.rest.of) == (0, 4)
    assert (defect.base.hits, defect.base.of) == (3, 7)
    assert defect.low > 0
    assert [each.what for each in table.stated] == [
        "payoffs",
        "last round",
        "last round: cooperate",
        "last round: defect",
    ]
    for stated in table.stated:
        assert sum(each.citing.hits for each in stated.moves) == stated.cited.hits


def test_predictions_stand_beside_what_needs_no_model(run):
    found = reason_tables(reasons(run("CC CC CD DD DD DC CC")))[0].predictions
    assert (found.right.hits, found.right.of) == (5, 7), "it expects the last move again, cooperation at first"
    assert (found.again_right.hits, found.again_right.of) == (4, 6)
    assert found.right_where_again == found.again_right, "it does what the baseline does"
    assert (found.base_right.hits, found.base_right.of) == (4, 7)
    assert found.base_brier == pytest.approx((4 * (3 / 7) ** 2 + 3 * (4 / 7) ** 2) / 7)
    assert found.brier.value == pytest.approx((5 * 0.25**2 + 2 * 0.75**2) / 7)
    assert found.brier.low is None, "one match has no interval"


def test_means_are_resampled_by_match(run):
    rows = reasons(run("CC CC CC", 1) + run("CD CC CD", 2))
    found = reason_tables(rows)[0].predictions.brier
    assert found.matches == 2
    assert found.low == pytest.approx(0.25**2)
    assert found.high == pytest.approx(0.75**2)


def test_nothing_is_told_of_nothing(run):
    bare = [event for event in run("CC CD") if not isinstance(event, Explained)]
    bare = [event.model_copy(update={"expected": ()}) if isinstance(event, Planned) else event for event in bare]
    (table,) = reason_tables(reasons(bare))
    assert (table.predictions, table.replies, table.sure, table.checks, table.stated) == (None, None, None, None, ())
    assert table.explained == 0
    assert reason_tables([]) == ()


def test_an_explanation_that_cites_nothing_or_what_is_not_there(run):
    events = replaced(run("CC CD"), Explained, "match#1.1", because=())
    events = replaced(events, Explained, "match#2.1", because=(Because(segment="s9", why="so"),))
    (table,) = reason_tables(reasons(events))
    assert {each.what for each in table.stated} == {"nothing", "other"}


def test_decisions_elsewhere_are_no_moves(run):
    elsewhere = [
        event.model_copy(update={"decision": name})
        for name in ("chat#1.1", "match#1", "match#1.3", "match#1:2.1")
        for event in run("CC")
        if isinstance(event, DecisionStarted | Planned | Acted)
    ]
    assert reasons(elsewhere) == ()
    assert len(reasons([*run("CC"), *elsewhere])) == 1


def test_a_player_of_a_public_good_expects_nothing_here(game):
    rules = game.rules("public_goods", rounds=1)
    match = Match(
        rules=rules,
        players=("a", "b", "c", "d"),
        seed=0,
        rounds=(next_round(rules, 0, 1, ["20", "0", "0", "0"]),),
        ended="horizon",
    )
    events = game.events(match)
    events[1:1] = [
        DecisionStarted(
            decision="match#1.1", step="match", agent="p", role="p", model="m", strategy="direct", segments=()
        ),
        Planned(
            decision="match#1.1",
            thinking="",
            options=(Option(label="A", text="20", probability=1.0),),
            choice="A",
            order_consistency=1.0,
            orders=0,
        ),
    ]
    (row,) = reasons(events)
    assert (row.said, row.theirs, row.replies, len(row.others)) == ("20", None, None, 3)


@pytest.fixture(scope="module")
def many(game):
    return reasons(game.tournament(["tit_for_tat", "joss", "random"], agents=("joss", "random"), repetitions=2))


@settings(max_examples=10)
@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(many, draw: random.Random):
    shuffled = list(many)
    draw.shuffle(shuffled)
    tables = reason_tables(shuffled)
    assert tables == reason_tables(many)
    assert [table.player for table in tables] == ["joss", "random"]


@given(st.lists(st.floats(0, 1), min_size=2, max_size=4))
def test_a_brier_score_is_between_nought_and_one(parts):
    total = sum(parts)
    shares = {str(n): part / total if total else 1 / len(parts) for n, part in enumerate(parts)}
    for came in shares:
        assert -1e-9 <= brier(shares, came, tuple(shares)) <= 1 + 1e-9
    assert brier({"a": 1.0}, "a", ("a", "b")) == 0
    assert brier({"a": 1.0}, "b", ("a", "b")) == 1


def test_best_replies_by_hand():
    battle, dilemma, pennies = (
        preset(name).game for name in ("battle_of_the_sexes", "prisoners_dilemma", "matching_pennies")
    )
    assert isinstance(battle, MatrixGame)
    assert isinstance(dilemma, MatrixGame)
    assert isinstance(pennies, MatrixGame)
    assert best_replies(battle, 0, {"football": 1.0}) == {"football"}
    assert best_replies(battle, 0, {"football": 0.55, "ballet": 0.45}) == {"ballet"}, "10 x .45 > 7 x .55"
    assert best_replies(battle, 1, {"football": 0.55, "ballet": 0.45}) == {"football"}
    assert best_replies(dilemma, 0, {"cooperate": 0.99, "defect": 0.01}) == {"defect"}
    assert best_replies(pennies, 1, {"heads": 1.0}) == {"tails"}
    assert best_replies(pennies, 0, {"heads": 0.5, "tails": 0.5}) == {"heads", "tails"}


def test_a_tournament_of_strategies_alone_has_no_reasons(game):
    assert reasons(game.tournament(["tit_for_tat", "joss"])) == ()
