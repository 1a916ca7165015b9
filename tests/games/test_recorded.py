"""Matches read back from events: whatever the order, and nothing that the rules did not make."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasswork.games import FixedHorizon, play, preset, round_robin, strategies
from glasswork.games.recorded import finished, recorded
from glasswork.records import MatchFinished, MatchStarted, RoundPlayed, RunStarted, StepStarted


def events_of(match, number=0, step="match", repetition=1):
    """Return what a run records of a match."""
    return [
        MatchStarted(
            step=step,
            match=number,
            players=match.players,
            kinds=tuple(f"strategy {name}" for name in match.players),
            rules=match.rules.model_dump(mode="json"),
            seed=match.seed,
            repetition=repetition,
        ),
        *(RoundPlayed(step=step, match=number, **each.model_dump()) for each in match.rounds),
        MatchFinished(step=step, match=number, scores=match.scores, ended=match.ended),
    ]


def a_tournament():
    rules = preset("prisoners_dilemma").model_copy(update={"noise": 0.2, "horizon": FixedHorizon(rounds=4)})
    pairs = round_robin(["tit_for_tat", "joss", "random"], repetitions=1)
    return [play(rules, [strategies.get(name) for name in pair.players], pair.seed) for pair in pairs]


MATCHES = a_tournament()
LINES = [events_of(match, number) for number, match in enumerate(MATCHES, start=1)]
WHOLE = [event for line in LINES for event in line]


def test_matches_come_back_as_they_were_played():
    events = [RunStarted(run="r", workflow="w"), StepStarted(step="match", kind="game"), *WHOLE]
    found = recorded(events)
    assert [*finished(found)] == MATCHES
    assert [each.number for each in found] == [1, 2, 3]
    assert found[0].kinds == ("strategy joss", "strategy random")


@given(st.permutations([n for n, line in enumerate(LINES) for _ in line]))
def test_no_interleaving_changes_anything(order):
    left = [iter(line) for line in LINES]
    assert recorded([next(left[n]) for n in order]) == recorded(WHOLE)


@given(st.integers(0, len(LINES[0]) - 1))
def test_a_log_that_was_cut_off_tells_the_rounds_so_far(kept):
    found = recorded(LINES[0][:kept])
    if not kept:
        assert found == ()
        return
    assert found[0].rounds == MATCHES[0].rounds[: kept - 1]
    assert found[0].ended == ("horizon" if kept == 5 else None)
    assert (found[0].match is None) == (kept < 5)
    assert found[0].scores == tuple(sum(each.payoffs[seat] for each in found[0].rounds) for seat in (0, 1))


def test_what_is_said_again_is_passed_over():
    start, *rounds, end = LINES[0]
    assert recorded([start, *rounds[:2], start, *rounds, end, end]) == recorded(LINES[0])


@given(st.integers(0, 3), st.integers(0, 1), st.floats(-20, 20))
def test_every_tampered_payoff_is_found(number, seat, payoff):
    events = list(LINES[0])
    true = events[number + 1].payoffs
    changed = tuple(payoff if n == seat else value for n, value in enumerate(true))
    events[number + 1] = events[number + 1].model_copy(update={"payoffs": changed})
    if changed == true:
        assert recorded(events) == recorded(LINES[0])
    else:
        with pytest.raises(ValueError, match=f"match 1, round {number + 1}: payoffs"):
            recorded(events)


@pytest.mark.parametrize(
    ("place", "change", "why"),
    [
        (0, {"rules": {"game": {}}}, "no rules of a game"),
        (0, {"players": ("a", "b", "c")}, "3 players where the game has 2 seats"),
        (0, {"kinds": ("a",)}, "players where the game has 2 seats"),
        (1, {"number": 2}, "round 1 is missing"),
        (1, {"said": ("cooperate",)}, "1 answers of 2 players"),
        (1, {"moves": ()}, "moves"),
        (1, {"illegal": (0,)}, "illegal"),
        (5, {"ended": "illegal"}, "ended by illegal where the rules say horizon"),
        (5, {"scores": (0.0, 1.0)}, "rounds add up to"),
    ],
)
def test_what_contradicts_the_rules_is_refused(place, change, why):
    events = list(LINES[0])
    events[place] = events[place].model_copy(update=change)
    with pytest.raises(ValueError, match=why):
        recorded(events)


def test_a_slip_that_the_seed_did_not_make_is_refused():
    """An honest pair of moves with its honest payoffs is still not what this seed made of the answers."""
    events = list(LINES[0])
    game = MATCHES[0].rules.game
    done = events[2].moves
    slipped = (game.legal(0)[done[0] == game.legal(0)[0]], done[1])
    events[2] = events[2].model_copy(update={"moves": slipped, "payoffs": game.pay(slipped)})
    with pytest.raises(ValueError, match="moves"):
        recorded(events)


def test_a_run_that_goes_on_with_another_model_says_so():
    start, *rest = LINES[0]
    other = start.model_copy(update={"kinds": ("agent player on small", start.kinds[1])})
    (found,) = recorded([start, *rest[:1], other, *rest, other])
    assert found.kinds == (f"{start.kinds[0]}; then agent player on small", start.kinds[1])
    assert found.rounds == MATCHES[0].rounds
    with pytest.raises(ValueError, match="differently"):
        recorded([start, start.model_copy(update={"kinds": ("a",)})])


def test_no_round_follows_the_last_and_none_comes_before_the_first():
    start, *rounds, end = LINES[0]
    with pytest.raises(ValueError, match="was over after 4 rounds"):
        recorded([start, *rounds, rounds[-1].model_copy(update={"number": 5})])
    with pytest.raises(ValueError, match="and the rules go on"):
        recorded([start, *rounds[:-1], end])
    with pytest.raises(ValueError, match="has no beginning"):
        recorded(rounds)
    with pytest.raises(ValueError, match="begins twice, and differently"):
        recorded([start, start.model_copy(update={"seed": 99})])


def test_illegal_answers_come_back_as_such(script, rules_of):
    rules = rules_of(rounds=5, illegal_limit=2)
    match = play(rules, [script(["maybe", "cooperate", "\x1b"]), script(["defect"] * 5, "b")], 3)
    (found,) = recorded(events_of(match))
    assert found.match == match
    assert found.ended == "illegal"
    assert [each.illegal for each in found.rounds] == [(0,), (), (0,)]
