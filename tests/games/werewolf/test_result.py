"""The whole result: from events of a run, of games that are over and of others, of one set of rules and several."""

from __future__ import annotations

from dataclasses import replace

import pytest

from glasswork.errors import MissingExtra
from glasswork.games.werewolf import PRESETS, deal, play, result, strategies
from glasswork.games.werewolf.chances import exact
from glasswork.games.werewolf.recorded import Cost, finished, games, of_play
from glasswork.records import (
    Completion,
    MatchFinished,
    MatchStarted,
    Message,
    ModelAnswered,
    Request,
    TableHappened,
    Usage,
)

RULES = PRESETS["kaggle_7"]
NAMES = tuple(f"P{seat}" for seat in range(7))


def one_game(seed, rules=RULES, rule="random"):
    players = [strategies.get(rule)(f"P{seat}") for seat in range(rules.players)]
    return play(rules, players, seed, cards=deal(rules, [one.name for one in players], 0, rotate=seed))


def events(game, number=1, step="table", ended=True):
    """Return what a run records of a game."""
    rules = {"kind": "werewolf", **game.rules.model_dump(mode="json")}
    kinds = ("strategy random",) * len(game.names)
    yield MatchStarted(step=step, match=number, players=game.names, kinds=kinds, rules=rules, seed=game.seed)
    for one in game.happenings:
        data = one._asdict()
        del data["asked"]
        yield TableHappened(step=step, match=number, decision=f"{step}#1:{number}.1" if one.by else "", **data)
    if ended:
        scores = tuple(0.0 for _ in game.names)
        yield MatchFinished(step=step, match=number, scores=scores, ended=game.outcome.winner)


def answer(place, tokens=10, seconds=0.5):
    return ModelAnswered(
        place=place,
        digest="d",
        request=Request(messages=(Message(role="user", content="?"),)),
        completion=Completion(text="x", usage=Usage(prompt_tokens=tokens, completion_tokens=1), seconds=seconds),
        cost=0.25,
    )


def test_a_log_says_what_was_played():
    played = [one_game(seed) for seed in (1, 2)]
    both = zip(events(played[0], 1), events(played[1], 2))  # noqa: B905 - interleaved, and cut where one ends
    mixed = [event for pair in both for event in pair]
    rest = [event for number, game in enumerate(played, 1) for event in events(game, number)]
    for log in (rest, [*mixed, *rest]):
        found = games(log)
        assert [game.number for game in found] == [1, 2]
        for game, true in zip(found, played, strict=True):
            assert [one[:11] for one in game.happenings] == [one[:11] for one in true.happenings]
            assert game.outcome == true.outcome
            assert game.cards == true.outcome.cards
            assert game.rules == RULES
            assert {*game.decisions} == {one.number for one in true.happenings if one.by}


def test_a_log_that_is_cut_anywhere_can_be_measured():
    log = [*events(one_game(3))]
    for end in range(1, len(log), 7):
        (game,) = games(log[:end])
        assert game.outcome is None or log[end - 1].what in {"won", "unmasked"}
        found = result.result([game], simulated=10)
        assert found.groups[0].games + found.groups[0].unfinished == 1


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda log: [*log[:9], *log[10:]], "happening 9 is missing"),
        (lambda log: log[1:], "no beginning"),
        (lambda log: [*log, log[3].model_copy(update={"to": "P6"})], "told twice, and differently"),
        (lambda log: [*log[:-1], log[-1].model_copy(update={"ended": "nobody"})], "is told to have won"),
        (lambda log: [*log[:5], log[-1]], "nobody is told to have won"),
        (lambda log: [log[0], log[0].model_copy(update={"seed": 99})], "begins twice"),
        (lambda log: [log[0].model_copy(update={"players": NAMES[1:], "kinds": NAMES[1:]})], "6 players"),
        (lambda log: [log[0].model_copy(update={"rules": {"kind": "werewolf", "days": 0}})], "no rules"),
    ],
)
def test_a_log_that_contradicts_itself_is_refused(change, why):
    with pytest.raises(ValueError, match=why):
        games(change([*events(one_game(3))]))


def test_a_resumed_run_may_ask_another_model():
    log = [*events(one_game(3))]
    again = log[0].model_copy(update={"kinds": ("human", *log[0].kinds[1:])})
    (game,) = games([*log[:20], again, *log[10:]])
    assert game.kinds[0] == "strategy random; then human"


def test_other_matches_are_passed_over():
    other = MatchStarted(step="match", players=("a", "b"), kinds=("x", "y"), rules={}, seed=1)
    assert games([other, MatchFinished(step="match", scores=(1.0, 2.0), ended="horizon")]) == ()


def test_cost_is_told_by_game_and_paid_once():
    played = one_game(1)
    places = ("table#1:1.2/choose/1", "table#1:1.2/act", "table#2:2.1/plan", "other#1/act", "table#1:1.1/belief/9/P2")
    answers = [answer(place) for place in places]
    log = [*events(played, 1), *answers, *events(played, 2), answers[0]]
    one, two = games(log)
    assert one.cost == Cost(3, Usage(prompt_tokens=30, completion_tokens=3), 1.5, 0.75)
    assert two.cost.calls == 1
    found = result.result([one, two]).groups[0].spent
    assert (found.games, found.calls, found.tokens, found.seconds) == (2, 2.0, 22.0, 1.0)
    assert result.result(of_play([played])).groups[0].spent is None


def test_random_players_come_out_as_chance_has_it():
    found = result.result(of_play(one_game(seed) for seed in range(140)), seed=1)
    (group,) = found.groups
    assert group.games == 140
    assert group.chance == exact(RULES)
    for side in ("village", "werewolves"):
        won = group.won[side]
        assert won.value.low <= won.chance <= won.value.high
    assert sum(won.value.hits for won in group.won.values()) == 140
    for player in group.players:
        # Seven deals go round: everybody is as often a werewolf.
        assert player.as_werewolves.value.of == 40
        assert player.as_village.value.of == 100
        assert player.won.chance == pytest.approx(
            (40 * player.as_werewolves.chance + 100 * player.as_village.chance) / 140
        )
        assert player.games == player.won.value.of == 140
        assert player.illegal.hits == 0
        assert player.beliefs is None
    assert sum(card.survived.of for card in group.cards) == 7 * 140
    assert group.illegal.hits == 0
    assert group.honesty.claims == 0
    assert group.days.of == 140


def test_order_does_not_matter():
    recorded = of_play([one_game(seed, rule="impostor") for seed in range(12)])
    assert result.result(recorded, seed=4) == result.result(recorded[::-1], seed=4)


def test_what_a_player_is_told_and_says(game):
    unfinished = replace(game, number=2, outcome=None, happenings=game.happenings[:-1])
    found = result.result([game, unfinished])
    (group,) = found.groups
    assert (group.games, group.unfinished) == (1, 1)
    assert [*finished([game, unfinished])] == [game]
    players = {player.name: player for player in group.players}
    cy = players["Cy"]
    assert (cy.games, cy.won.value.hits) == (1, 1)
    assert (cy.honesty.claims, cy.honesty.lies.hits, cy.honesty.statements) == (4, 4, 2)
    assert players["Ann"].honesty.lies.hits == 0
    assert (group.honesty.deception.hits, group.honesty.deception.of) == (4, 12)
    assert {card.card: card.honesty.lies.hits for card in group.cards}["werewolf"] == 8
    assert len(group.ledger) == 22
    assert group.accuracy.value.of == 12
    assert found.no_ratings in {"", str(MissingExtra("OpenSkill", "ratings"))}


def test_rules_are_measured_apart():
    other = PRESETS["textarena_6"]
    played = [one_game(1), one_game(2), one_game(1, other)]
    found = result.result(of_play(played))
    assert [group.rules.name for group in found.groups] == ["kaggle_7", "textarena_6"]
    assert [group.games for group in found.groups] == [2, 1]
    assert [group.chance for group in found.groups] == [exact(RULES), exact(other)]


def test_without_openskill_there_is_all_but_ratings(monkeypatch, game):
    def missing(*_, **__):
        raise MissingExtra("OpenSkill", "ratings")

    monkeypatch.setattr(result, "ratings", missing)
    found = result.result([game])
    assert found.ratings == ()
    assert "glasswork[ratings]" in found.no_ratings
    assert found.groups[0].games == 1


def test_chance_is_known_before_a_game_is_over():
    started = games([*events(one_game(1), ended=False)][:12])
    (group,) = result.result(started).groups
    assert group.won["village"].value.of == 0
    assert group.won["village"].chance == pytest.approx(float(exact(RULES).of("village")))


def test_without_games_there_is_no_result():
    with pytest.raises(ValueError, match="no game"):
        result.result([])


def test_a_result_is_data():
    found = result.result(of_play([one_game(seed, rule="impostor") for seed in range(3)]))
    assert type(found).model_validate_json(found.model_dump_json()) == found
