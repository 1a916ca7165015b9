"""Games on a terminal: tables, strips and curves, wide, narrow and in plain ASCII; and how a run with a match is told."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from types import SimpleNamespace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from glasswork.errors import NotFound
from glasswork.games import Match, MatrixGame, RandomHorizon, play, preset, strategies
from glasswork.games.match import next_round
from glasswork.games.recorded import recorded
from glasswork.games.study import studies
from glasswork.records import EVENT, Explained, HumanAnswered, HumanAsked, MatchStarted, ModelFailed, RoundPlayed
from glasswork.statistics import share
from glasswork.view.as_json import story_json, why_json
from glasswork.view.clean import clean
from glasswork.view.comparing import compare
from glasswork.view.diff import diff
from glasswork.view.game import study_view, told
from glasswork.view.game_curve import BLOCKS, spark
from glasswork.view.game_match import initials, key_of, payoff_matrix, rules_in_short, strip
from glasswork.view.game_tables import POINTS, pooled, shown, spans_of
from glasswork.view.lines import milestone
from glasswork.view.progress import Progress
from glasswork.view.story import chapters, heading_of_log, story
from glasswork.view.why import why

Show = Callable[..., str]
Golden = Callable[[str, str], None]


@pytest.fixture(scope="module")
def many(game):
    return game.tournament(
        ["tit_for_tat", "grudger", "joss", "random"],
        agents=("joss", "random"),
        repetitions=2,
        self_play=True,
        rules=game.rules(rounds=10, noise=0.05),
    )


@pytest.fixture(scope="module")
def study(many):
    (found,) = studies(many)
    return found


@pytest.fixture(scope="module")
def one(game):
    match = play(game.rules(rounds=6, noise=0.2), [strategies.get("joss"), strategies.get("tit_for_tat")], 4)
    return game.events(match, agents=("joss",))


@pytest.mark.parametrize("width", [60, 80, 160])
def test_a_tournament_is_told(study, show: Show, golden: Golden, width: int) -> None:
    text = show(study_view(study), width)
    golden(f"game-tournament-{width}.txt", text)
    assert all(len(line) <= width for line in text.splitlines())


def test_without_unicode(study, show: Show, golden: Golden) -> None:
    text = show(study_view(study, verbose=True), 80, encoding="ascii")
    golden("game-tournament-ascii.txt", text)
    assert "?" not in text.replace("?)", "")


def test_one_match_is_told(one, show: Show, golden: Golden) -> None:
    golden("game-match.txt", show(told(one), 80))


def test_a_run_with_a_match_reads_like_a_game(one, game, make: SimpleNamespace, show: Show, golden: Golden) -> None:
    log = make.log_of(game.run(one))
    golden("game-story.txt", show(story(log)))
    golden("game-why.txt", show(why(log, "match#4.1")))


def test_a_run_with_a_tournament(game, make: SimpleNamespace, show: Show, golden: Golden) -> None:
    events = game.tournament(["tit_for_tat", "joss", "random"], agents=("joss",), repetitions=2)
    log = make.log_of(game.run(events))
    golden("game-story-tournament.txt", show(story(log), 60))


# --- a run, told ----------------------------------------------------------------------------------------------------


def test_interleaved_matches_are_told_one_by_one(game, make: SimpleNamespace, show: Show) -> None:
    """Matches side by side, explanations late: what is told is what it is one after the other."""
    events = game.tournament(["tit_for_tat", "joss", "random"], agents=("joss",))
    starts = [n for n, event in enumerate(events) if isinstance(event, MatchStarted)] + [len(events)]
    lines = [events[a:b] for a, b in pairwise(starts)]
    mixed = [line[n] for n in range(max(map(len, lines))) for line in lines if n < len(line)]
    assert mixed != events
    assert show(story(make.log_of(game.run(mixed)))) == show(story(make.log_of(game.run(events))))


@pytest.mark.parametrize("kept", range(1, 30))
def test_a_run_that_was_cut_off_anywhere_is_told(one, game, make: SimpleNamespace, show: Show, kept: int) -> None:
    events = game.run(one, ended=False)[:kept]
    text = show(story(make.log_of(events)))
    played = sum(isinstance(event, RoundPlayed) for event in events)
    assert text.count(" : ") == played
    assert "not ended" in text if len(events) > 1 else True


def test_a_step_that_failed_in_the_middle_of_a_tournament(game, make: SimpleNamespace, show: Show) -> None:
    events = game.run(game.tournament(["tit_for_tat", "joss", "random"])[:-2])
    events[-2] = events[-2].model_copy(update={"state": "failed", "reason": "the model is gone"})
    text = show(story(make.log_of(events)))
    assert "⊘ match 3  random v tit_for_tat · not ended" in text.replace("  not", " · not")
    assert "✗ match  game · failed" in text


def test_a_part_of_a_game_can_be_asked_for(game, make: SimpleNamespace, show: Show) -> None:
    events = game.tournament(["tit_for_tat", "joss", "random"], agents=("joss", "random"))
    log = make.log_of(game.run(events))

    def only(name: str) -> str:
        return "".join(show(part) for part in chapters(heading_of_log(log), log.entries, only=name))

    assert only("match").count("✓ match ") == 4
    text = only("match#2:1.2")
    assert "joss v random" in text
    assert "   2  joss" in text
    assert "   1  joss" not in text
    assert "random: expects" in text
    assert "joss: expects" not in text
    assert [each["item"] for each in story_json(log, only="match#2:3")["steps"]] == [3]
    with pytest.raises(NotFound):
        only("match#2:9")


def test_why_of_a_move_of_a_tournament(game, make: SimpleNamespace, show: Show) -> None:
    events = game.tournament(["tit_for_tat", "joss"], agents=("joss",), repetitions=2)
    log = make.log_of(game.run(events))
    text = show(why(log, "match#3:2.1"))
    assert "What it expected of the other" in text
    assert "joss cooperate: 8, tit_for_tat cooperate: 8" in text
    assert why_json(log, "match#3:2.1")["planned"]["expected"][0]["text"] == "cooperate"


def test_a_person_who_is_asked_for_a_move(one, game, make: SimpleNamespace, show: Show) -> None:
    asked = HumanAsked(
        step="match", round=1, question="Your move?", options=("cooperate", "defect"), decision="match#1.2"
    )
    events = game.run([one[0], asked], ended=False)
    text = show(story(make.log_of(events)))
    assert "waits for an answer: glasswork approve k3f9 match#1.2 --choose cooperate" in " ".join(text.split())
    assert "next   glasswork approve k3f9 match#1.2 --choose cooperate" in text
    answered = HumanAnswered(
        step="match", round=1, question="Your move?", approved=True, choice="defect", decision="match#1.2"
    )
    assert "approve" not in show(story(make.log_of([*events, answered])))
    assert milestone(answered) == "match: defect"


def test_what_fails_in_a_match_stands_at_its_round(one, game, make: SimpleNamespace, show: Show) -> None:
    failed = ModelFailed(
        place="match#2.1/plan", digest="d", attempt=1, code="timeout", message="no answer", will_retry=True
    )
    number = next(n for n, event in enumerate(one) if isinstance(event, RoundPlayed)) + 3
    text = show(story(make.log_of(game.run([*one[:number], failed, *one[number:]]))))
    assert "joss: 1 attempt failed" in text


def test_two_runs_of_a_game_differ_in_what_was_played(game, make: SimpleNamespace, show: Show) -> None:
    one, other = (
        make.log_of(game.run(game.tournament(["random", "joss", "tit_for_tat"], agents=("joss",), seed=seed)))
        for seed in (0, 1)
    )
    text = show(diff(compare(one, other)))
    assert "scores" in text
    found = compare(one, one)
    assert found.same
    steps = {pair.name: pair for pair in compare(one, other).steps}
    assert not steps["match#1:1"].alike


def test_a_long_match_is_cut_in_the_middle(game, make: SimpleNamespace, show: Show) -> None:
    match = play(game.rules(rounds=60), [strategies.get("joss"), strategies.get("tit_for_tat")], 4)
    log = make.log_of(game.run(game.events(match)))
    text = show(story(log))
    assert "44 more rounds: --verbose tells them" in text
    assert text.count(" : ") == 16
    assert show(story(log, verbose=True)).count(" : ") == 60


def test_a_log_whose_games_contradict_their_rules(one, show: Show) -> None:
    false = [
        event.model_copy(update={"payoffs": (99.0, 0.0)}) if isinstance(event, RoundPlayed) else event for event in one
    ]
    assert "cannot be measured" in show(told(false))
    assert "payoffs (99.0, 0.0)" in show(told(false))


def test_no_text_of_any_event_reaches_the_terminal(one, game, make: SimpleNamespace, show: Show) -> None:
    for events in (one, game.events(play(game.rules(rounds=2), [strategies.get("joss")] * 2, 1), 1)):
        dirty = make.soiled([event.model_dump(mode="json") for event in events])
        for event in dirty:
            event.update({"seed": 4} if event["type"] == "match.started" else {})
        bad = [EVENT.validate_python(_kept(event)) for event in dirty]
        for shown_ in (story(make.log_of(game.run(bad))), story(make.log_of(game.run(bad)), verbose=True), told(bad)):
            text = show(shown_)
            assert all(char.isprintable() or char == "\n" for char in text)


def _kept(event):
    """Give back to rules what makes them rules."""
    if event["type"] == "match.started":
        event["rules"]["game"]["kind"] = "matrix"
        event["rules"]["horizon"]["kind"] = "fixed"
    return event


def test_rules_that_nobody_can_read_do_not_stop_the_tale(one, game, make: SimpleNamespace, show: Show) -> None:
    odd = [one[0].model_copy(update={"rules": {"a": "\x1b[2J"}}), *one[1:]]
    text = show(story(make.log_of(game.run(odd))))
    assert "plays  joss" in text
    assert text.count(" : ") == 6


def test_a_live_view_says_how_far_a_game_has_come(one, game) -> None:
    progress = Progress([("match", "game", "", ())])
    for event in game.run(one, ended=False)[:-2]:
        progress.event(event, 0.0)
    (line,) = progress.lines
    assert line.doing == "round 6 played"
    events = game.run(game.tournament(["tit_for_tat", "joss", "random"]), ended=False)
    progress = Progress([("match", "game", "", ())])
    for event in events[:-1]:
        progress.event(event, 0.0)
    assert progress.lines[0].doing == "2 of 3 matches begun are over; match 3, round 5 played"
    assert [milestone(event) for event in events if milestone(event)][-1] == "match: match 3, over, 30 : 20"


# --- pieces ---------------------------------------------------------------------------------------------------------


def test_a_matrix_that_is_too_wide_becomes_lines(show: Show) -> None:
    game = preset("prisoners_dilemma").game
    assert "row: cooperate                8, 8    0, 10" in show(payoff_matrix(game))
    narrow = show(payoff_matrix(game), 30)
    assert "cooperate / defect: 0, 10" in narrow
    assert "give to a pot" in show(payoff_matrix(preset("public_goods").game))


def test_rules_in_short() -> None:
    rules = preset("chicken").model_copy(
        update={"horizon": RandomHorizon(stop=0.1, told=False), "noise": 0.05, "illegal_limit": 3}
    )
    assert rules_in_short(rules) == (
        "chicken, ending after each round with probability 0.1, which players are not told; a move slips with "
        "probability 0.05; 3 illegal moves of a player end it"
    )


def test_letters_of_a_strip(game, show: Show) -> None:
    rules = game.rules(rounds=4, illegal_limit=2)
    rounds = [next_round(rules, 0, n + 1, said) for n, said in enumerate([("cooperate", "defect"), ("?", "defect")])]
    slipped = next_round(rules, 0, 3, ("cooperate", "cooperate")).model_copy(
        update={"moves": ("defect", "cooperate"), "payoffs": (10.0, 0.0)}
    )
    match = Match(rules=rules, players=("ada", "grim"), seed=0, rounds=(*rounds, slipped), ended="horizon")
    (whole,) = recorded(game.events(match.model_copy(update={"rounds": tuple(rounds)}))[:-1])
    (drawn,) = [whole.model_copy(update={"rounds": match.rounds})]
    assert show(strip(drawn)) == "ada   C!d  10\ngrim  D-C  10\n"
    assert key_of(drawn) == "C cooperate; D defect; small: a slip; ! illegal, the round is void"


def test_a_long_strip_is_wrapped(game, show: Show) -> None:
    match = play(game.rules(rounds=100), [strategies.get("joss"), strategies.get("random")], 4)
    (whole,) = recorded(game.events(match))
    text = show(strip(whole), 60)
    assert all(len(line) <= 60 for line in text.splitlines())
    lines = [line[8:].split("  ")[0] for line in text.splitlines() if line.startswith("joss")]
    letters = "".join(lines).replace(" ", "")
    assert len(letters) == 100
    assert letters == "".join("CD"[each.moves[0] == "defect"] for each in match.rounds)


@given(st.lists(st.text(min_size=1), min_size=2, max_size=30, unique=True))
@example(["ß", "a"])
@example(["İ", "a"])
@example(["左", "右"])
def test_every_action_has_a_character_of_its_own(actions) -> None:
    found = initials(tuple(actions))
    assert {*found} == {*actions}
    assert all(len(letter) == 1 and clean(letter) == letter for letter in found.values())
    if not all(action.isdecimal() for action in actions):
        assert len({*found.values()}) == len(actions)


def test_tenths_of_an_endowment() -> None:
    found = initials(preset("public_goods").game.legal(0))
    assert (found["0"], found["10"], found["20"], found["1"]) == ("0", "5", "9", "0")


@given(st.integers(1, 500), st.integers(1, 80))
def test_spans_cover_every_round_once(rounds: int, points: int) -> None:
    spans = spans_of(rounds, points)
    assert len(spans) == min(rounds, points)
    assert [number for first, last in spans for number in range(first, last + 1)] == [*range(1, rounds + 1)]
    by_round = [share(number % 2, 2) for number in range(rounds)]
    assert sum(each.of for each in pooled(by_round, spans)) == 2 * rounds


@given(st.lists(st.none() | st.floats(0, 1)))
def test_a_spark_is_as_long_as_its_values(values) -> None:
    assert len(spark(values, BLOCKS)) == len(values)
    assert spark([0, None, 1], BLOCKS) == "▁ █"


def test_numbers_are_told_with_their_counts() -> None:
    assert shown(share(3, 4)) == "0.75 [0.30, 0.95] of 4"
    assert shown(share(0, 0)) == "-"
    assert shown(None) == "-"
    assert shown(0.5) == "0.50"


def test_a_public_good_is_told(game, show: Show) -> None:
    names = ("cooperator", "defector", "conditional_cooperator", "random")
    match = play(game.rules("public_goods", rounds=12), [strategies.get(name) for name in names], 1)
    (study,) = studies(game.events(match))
    text = show(study_view(study))
    assert "4 players have 20 each round" in text
    assert "99999 99999 99" in text
    assert all(f" {n}-" in text or f" {n} " in text for n in (1, 12)), f"{POINTS} columns of rounds"


def test_a_game_of_three_actions(game, show: Show) -> None:
    rock = MatrixGame(
        name="rock, paper, scissors",
        actions=(("rock", "paper", "scissors"), ("rock", "paper", "stone")),
        payoffs=(((0, 0), (-1, 1), (1, -1)), ((1, -1), (0, 0), (-1, 1)), ((-1, 1), (1, -1), (0, 0))),
    )
    rules = game.rules(rounds=3).model_copy(update={"game": rock})
    match = play(rules, [strategies.get("random"), strategies.get("random")], 1)
    text = show(told(game.events(match)))
    assert "R rock; P paper; S scissors; S stone" in text
    assert "Fingerprints" not in text


def test_nothing_and_next_to_nothing(one, show: Show) -> None:
    assert not show(told([])).strip()
    assert "no match is over yet" in show(told(one[:4]))
    bare = [event for event in one if not isinstance(event, Explained)]
    assert "Stated reasons" not in show(told(bare))
