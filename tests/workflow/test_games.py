"""Games as steps: agents, strategies and people play; every round is an event; a run goes on in the middle of one."""

import asyncio
import math
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glasswork.agent import Fixed
from glasswork.definitions import BudgetDef
from glasswork.errors import DefinitionError, Diverged, UserError
from glasswork.explain.blame import suspects_in
from glasswork.games import Match, Rules, play, strategies
from glasswork.games.match import Round
from glasswork.log.reader import Entry
from glasswork.models.random import RandomModel
from glasswork.records import Completion
from glasswork.workflow.cost import Cost, charges, worst
from glasswork.workflow.resources import EXPLANATIONS_AT_ONCE, MoveAnswer
from glasswork.workflow.tournament import Settings, as_tournament

PLAYER = "role: writer\nplan: {strategy: predict, temperature: 1}\nact: {produces: choice}\n"
PLAIN = "role: writer\nact: {produces: choice}\n"
SAYS = "role: writer\nact: {produces: text}\n"
FIELDS = "role: writer\nact: {produces: fields, fields: {move: {}, feeling: {}}}\n"
AGENTS = {"player": PLAYER, "plain": PLAIN, "says": SAYS, "mover": FIELDS}

ONE = """
match:
  game: prisoners_dilemma
  rounds: 4
  players: {ada: {agent: player}, bob: {strategy: tit_for_tat}}
"""
ALL = """
match:
  game: prisoners_dilemma
  rounds: 3
  players: {ada: {agent: player}, eve: {agent: plain}, bob: {strategy: tit_for_tat}, ran: {strategy: random}}
  tournament: {repetitions: 2, self_play: true}
  parallel: 5
"""


@pytest.fixture
def games(trial):
    for name, text in AGENTS.items():
        (trial.folder / "agents" / f"{name}.yaml").write_text(text)
    return trial


class Draws(RandomModel):
    """The random model, for every name; late at times, so that matches overtake each other."""

    def __init__(self, delays=False):
        super().__init__()
        self.delays = delays
        self.asked = []

    async def get(self, name):
        return self

    async def complete(self, request, *, place="", on_text=None):
        self.asked.append(place)
        if self.delays:
            await asyncio.sleep((hash(place) % 5) / 2000)
        return await super().complete(request, place=place, on_text=on_text)


def rounds(trial, match=0):
    return [event for event in trial.of("round.played") if event.match == match]


def as_matches(trial):
    """Build every match again from the log alone."""
    found = {}
    for started in trial.of("match.started"):
        ended = next(event for event in trial.of("match.finished") if event.match == started.match)
        found[started.match] = Match(
            rules=Rules.model_validate(started.rules),
            players=started.players,
            seed=started.seed,
            rounds=tuple(
                Round.model_validate(each.model_dump(exclude={"type", "step", "match"}))
                for each in sorted(rounds(trial, started.match), key=lambda each: each.number)
            ),
            ended=ended.ended,
        )
    return found


# --- one match --------------------------------------------------------------------------------------------------------


async def test_a_match_leaves_rounds_and_decisions(games):
    outcome = await games.run(ONE, Draws())
    assert outcome.state == "done"
    (started,), played, (ended,) = games.of("match.started"), rounds(games), games.of("match.finished")
    assert started.kinds == ("agent player on random", "strategy tit_for_tat")
    assert [each.number for each in played] == [1, 2, 3, 4]
    assert ended.scores == tuple(sum(each.payoffs[seat] for each in played) for seat in (0, 1))
    assert [event.decision for event in games.of("decision.explained")] == [f"match#{n}.1" for n in (1, 2, 3, 4)]
    for plan, act, each in zip(games.of("decision.planned"), games.of("decision.acted"), played, strict=True):
        chosen = next(option for option in plan.options if option.label == plan.choice)
        assert chosen.text == act.text == each.said[0]
        assert {option.text for option in plan.options} == {option.text for option in plan.expected}
        assert math.isclose(sum(option.probability for option in plan.expected), 1)
        assert plan.sampled


async def test_explanations_wait_for_each_other(games):
    class Slow(Draws):
        explaining = most = 0

        async def complete(self, request, *, place="", on_text=None):
            if not place.endswith("/explain"):
                return await super().complete(request, place=place, on_text=on_text)
            self.explaining += 1
            self.most = max(self.most, self.explaining)
            await asyncio.sleep(0.3)
            self.explaining -= 1
            return await super().complete(request, place=place, on_text=on_text)

    model = Slow()
    await games.run(ONE.replace("rounds: 4", f"rounds: {2 * EXPLANATIONS_AT_ONCE}"), model)
    assert model.most == EXPLANATIONS_AT_ONCE
    assert len(games.of("decision.explained")) == 2 * EXPLANATIONS_AT_ONCE


async def test_the_other_answers_what_was_done(games):
    await games.run(ONE, Draws())
    played = rounds(games)
    assert [each.moves[1] for each in played] == ["cooperate", *(each.moves[0] for each in played[:-1])]


async def test_an_agent_sees_rules_rounds_and_the_present(games):
    await games.run(ONE, Draws())
    last = games.of("decision.started")[-1].segments
    assert [segment.source for segment in last] == [
        *("game.rules", "game.payoffs"),
        *("game.round_1", "game.round_2", "game.round_3", "game.now"),
    ]
    assert "round 4 of 4" in last[-1].text
    assert "10 points" in last[1].text


async def test_what_is_not_told_is_not_told(games):
    await games.run(ONE.replace("rounds: 4", "rounds: 4\n  told: false"), Draws())
    texts = [segment.text for event in games.of("decision.started") for segment in event.segments]
    assert not [text for text in texts if "of 4" in text or "4 rounds" in text]


async def test_old_rounds_are_put_into_a_sentence(games):
    await games.run(ONE.replace("rounds: 4", "rounds: 6\n  memory: 2\n  story: Two shops set prices."), Draws())
    last = games.of("decision.started")[-1].segments
    assert [segment.source for segment in last] == [
        *("game.story", "game.rules", "game.payoffs", "game.earlier", "game.round_4", "game.round_5", "game.now"),
    ]
    won = sum(each.payoffs[0] for each in rounds(games)[:3])
    assert f"you won {won:g} points in all" in last[3].text


async def test_actions_may_be_called_otherwise(games):
    steps = ONE.replace("game: prisoners_dilemma", "game: {preset: prisoners_dilemma, actions: [J, F]}")
    await games.run(steps, Draws())
    assert {move for each in rounds(games) for move in each.moves} <= {"J", "F"}
    assert not [s for event in games.of("decision.started") for s in event.segments if "cooperate" in s.text]


async def test_own_payoffs_and_seats(games):
    steps = """
match:
  game: {actions: [up, down], others_actions: [left, right], payoffs: [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]}
  rounds: 2
  players: {ada: {agent: plain}, bob: {strategy: defector}, eve: {strategy: cooperator}}
  seats: [eve, bob]
"""
    await games.run(steps, Draws())
    assert [(each.moves, each.payoffs) for each in rounds(games)] == [(("up", "right"), (3, 4))] * 2


async def test_public_goods(games):
    steps = """
match:
  game: {players: 3, endowment: 4, multiplier: 1.5, step: 2}
  rounds: 2
  players: {ada: {agent: player}, bob: {strategy: defector}, eve: {strategy: cooperator}}
"""
    await games.run(steps, Draws())
    for each in rounds(games):
        given = [int(move) for move in each.moves]
        assert each.payoffs == tuple(4 - one + 1.5 * sum(given) / 3 for one in given)
        assert given[0] in {0, 2, 4}


class Says(Draws):
    """Says the same whenever it acts."""

    def __init__(self, text, data=None):
        super().__init__()
        self.text, self.data = text, data

    async def complete(self, request, *, place="", on_text=None):
        if place.endswith("/act"):
            return Completion(text=self.text, data=self.data)
        return await super().complete(request, place=place, on_text=on_text)


@pytest.mark.parametrize("said", ["I cooperate.", "Cooperate", "", "A", "cooperate\ndefect"])
async def test_what_is_no_move_is_counted_and_never_made_one(games, said):
    await games.run(ONE.replace("agent: player", "agent: says"), Says(said or " "))
    for each in rounds(games):
        assert (each.moves, each.illegal, each.payoffs) == ((), (0,), (0, 0))
    assert games.of("match.finished")[0].scores == (0, 0)


async def test_an_illegal_limit_ends_the_match(games):
    steps = ONE.replace("agent: player", "agent: says").replace("rounds: 4", "rounds: 4\n  illegal_limit: 2")
    await games.run(steps, Says("whatever"))
    assert len(rounds(games)) == 2
    assert games.of("match.finished")[0].ended == "illegal"


async def test_a_text_or_a_field_can_be_the_move(games):
    await games.run(ONE.replace("agent: player", "agent: says"), Says(" defect\n"))
    assert {each.said[0] for each in rounds(games)} == {"defect"}
    games.events.clear()
    data = {"move": "defect", "feeling": "fine"}
    await games.run(ONE.replace("agent: player", "agent: mover"), Says("{}", data))
    assert {each.said[0] for each in rounds(games)} == {"defect"}


async def test_what_it_hands_on_can_be_read(games):
    steps = """
match:
  game: prisoners_dilemma
  players: {bob: {strategy: defector}, eve: {strategy: cooperator}}
tell: {agent: writer, needs: match, task: "Who won?\\n\\n{{ steps.match.text }}", when: "steps.match.winner == 'bob'"}
"""
    outcome = await games.run(steps, head="outputs: {winner: steps.match.winner, all: steps.match.winners}")
    assert outcome.outputs == {"winner": "bob", "all": ["bob"]}
    assert games.states() == {"match": "done", "tell": "done"}
    assert "bob: 10.00 points per round" in games.of("decision.started")[0].segments[1].text


# --- tournaments ------------------------------------------------------------------------------------------------------


async def test_a_tournament_plays_all_against_all(games):
    outcome = await games.run(ALL, Draws())
    assert outcome.state == "done"
    tables = [event.players for event in games.of("match.started")]
    assert len(tables) == 2 * (6 + 4)
    assert len({event.seed for event in games.of("match.started")}) == len(tables)
    found = as_matches(games)
    for match in found.values():
        if {*match.players} <= {"bob", "ran"}:
            players = [strategies.get({"bob": "tit_for_tat", "ran": "random"}[name]) for name in match.players]
            assert play(match.rules, players, match.seed).rounds == match.rounds


async def test_neither_order_nor_company_nor_speed_changes_a_match(games):
    await games.run(ALL, Draws())
    before = {(e.players, e.repetition): as_matches(games)[e.match].rounds for e in games.of("match.started")}
    games.events.clear()
    await games.run(ALL.replace("parallel: 5", "parallel: 1"), Draws(delays=True))
    after = {(e.players, e.repetition): as_matches(games)[e.match].rounds for e in games.of("match.started")}
    assert before == after


async def test_a_tournament_can_be_asked_for(games):
    workflow = as_tournament(games.compile(ONE), Settings(repetitions=3, rounds=2, both_ways=True))
    assert [charge.most.calls for charge in charges(workflow)]
    step = workflow.steps["match"]
    assert step.rules.horizon.rounds == 2
    assert step.definition.tournament.repetitions == 3
    with pytest.raises(UserError, match="has no game"):
        as_tournament(games.compile("a: {agent: writer, task: t}"), Settings())


async def test_one_match_that_fails_does_not_stop_the_others(games):
    class Fails(Draws):
        async def complete(self, request, *, place="", on_text=None):
            if place.startswith("match#2:1.") and place.endswith("/explain"):
                return await super().complete(request, place=place, on_text=on_text)
            if place.startswith("match#2:1."):
                return Completion(text="?", logprobs={})
            return await super().complete(request, place=place, on_text=on_text)

    outcome = await games.run(ALL, Fails(), head="defaults: {retry: {max: 0}}")
    assert outcome.state == "failed"
    assert "match: " in outcome.reason
    assert len(games.of("match.finished")) == 19


# --- going on ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [ONE, ALL])
async def test_a_replay_asks_nobody(games, steps):
    await games.run(steps, Draws(delays=True))
    model = Draws()
    await games.again(steps, model, live=False)
    assert (model.asked, games.new, games.left) == ([], [], [])


@pytest.mark.parametrize("every", [101, pytest.param(17, marks=pytest.mark.slow)])
async def test_a_run_goes_on_in_the_middle_of_a_round(games, every):
    await games.run(ALL, Draws())
    whole, events = as_matches(games), [*games.events]
    for kept in range(3, len(events) - 1, every):
        games.events = events[:kept]
        model = Draws()
        outcome = await games.again(ALL, model)
        assert outcome.state == "done"
        assert as_matches(games) == whole
        answered = {event.place for event in events[:kept] if event.type == "model.answered"}
        assert not answered & set(model.asked)


async def test_a_spent_budget_ends_it_and_more_goes_on(games):
    outcome = await games.run(ALL, Draws(), budget=BudgetDef(calls=30))
    assert outcome.state == "budget"
    assert outcome.calls <= 30
    games.events = [event for event in games.events if event.type != "run.finished"]
    outcome = await games.again(ALL, Draws())
    assert outcome.state == "done"
    assert len(as_matches(games)) == 20


async def test_another_move_is_another_game(games):
    await games.run(ONE, Draws())
    (first, *_) = [event for event in games.events if event.type == "round.played"]
    index = games.events.index(first)
    games.events[index] = first.model_copy(update={"payoffs": (1.0, 1.0)})
    with pytest.raises(Diverged, match=r"round\.played"):
        await games.again(ONE, Draws(), live=False)


# --- people -----------------------------------------------------------------------------------------------------------


HUMAN = ONE.replace("{strategy: tit_for_tat}", "human")


async def test_a_person_plays(games):
    asked = []

    async def ask(decision, question, options):
        asked.append((decision, question, options))
        return MoveAnswer("defect", "kim")

    await games.run(HUMAN, Draws(), ask_move=ask)
    assert [decision for decision, _, _ in asked] == [f"match#{n}.2" for n in (1, 2, 3, 4)]
    assert {options for _, _, options in asked} == {("cooperate", "defect")}
    assert "Your move in round 4 of 4?" in asked[-1][1]
    assert {each.said[1] for each in rounds(games)} == {"defect"}
    assert {event.by for event in games.of("human.answered")} == {"kim"}
    await games.again(HUMAN, Draws(), live=False)
    assert games.new == []


async def test_without_a_person_the_run_waits(games):
    outcome = await games.run(HUMAN, Draws())
    assert outcome.state == "waiting"
    assert [event.decision for event in games.of("human.asked")] == ["match#1.2"]
    assert rounds(games) == []


async def test_other_matches_are_played_while_one_waits(games):
    steps = """
match:
  game: prisoners_dilemma
  rounds: 2
  players: {me: human, bob: {strategy: tit_for_tat}, eve: {strategy: defector}}
  tournament: {}
"""
    outcome = await games.run(steps, Draws())
    assert outcome.state == "waiting"
    assert [event.players for event in games.of("match.started") if event.match in
            {one.match for one in games.of("match.finished")}] == [("bob", "eve")]  # fmt: skip


async def test_nobody_learns_of_a_move_before_all_have_moved(games):
    """Whatever the agent decides in a round, the person is asked the same in it."""
    questions = []

    async def ask(decision, question, options):
        questions.append(question)
        return MoveAnswer("cooperate")

    for model in (Says("cooperate"), Says("defect")):
        await games.run(HUMAN.replace("agent: player", "agent: says"), model, ask_move=ask)
        games.events.clear()
    assert questions[0] == questions[4]
    assert questions[1] != questions[5]


# --- what cannot be ---------------------------------------------------------------------------------------------------


BAD = {
    "players: {ada: {agent: player}, bob: {strategy: tit_for_tit}}": "no strategy 'tit_for_tit'; did you mean 'tit_for_tat'?",
    "players: {ada: {agent: playr}, bob: {strategy: tit_for_tat}}": "no agent named 'playr'",
    "players: {ada: {axelrod: Tit For Tat}, bob: {strategy: joss}}\n  noise: 2": "2 is too large",
    "players: {ada: {agent: player}}": "is for 2 players, and there are 1",
    "players: {ada: {agent: coder}, bob: human}": "the agent 'coder' makes no moves",
    "players: {ada: {agent: player, strategy: random}, bob: human}": "exactly one of",
    "players: {ada: {model: m, strategy: random}, bob: human}": "'model' is for a player that is an agent",
    "players: {ada: human, bob: human}\n  seats: [ada, bo]": "there is no player 'bo'; did you mean 'bob'?",
    "players: {ada: human, bob: human}\n  seats: [ada, bob, ada]": "has 2 seats, and 3 are named",
    "players: {ada: human, bob: human}\n  ends: 0.5": "both say how long",
    "players: {ada: human, bob: human}\n  seats: [ada, bob]\n  tournament: {}": "'seats' are for a single match",
}


@pytest.mark.parametrize("said", BAD)
def test_what_is_wrong_with_players_is_told(games, said):
    with pytest.raises(DefinitionError) as caught:
        games.compile(f"match:\n  game: prisoners_dilemma\n  rounds: 3\n  {said}")
    assert BAD[said] in "\n".join(map(str, caught.value.problems))


GAMES = {
    "prisoners_dilema": "did you mean 'prisoners_dilemma'",
    "game_145": "game_1 to game_144",
    "{actions: [a, b]}": "a game is the name of a preset",
    "{actions: [a, b], payoffs: [[[1, 2]]]}": "payoffs",
    "{players: 3, endowment: 5}": "'multiplier'",
    "{players: 2, endowment: 5, multiplier: 1.5, step: 2}": "steps of 2",
    "{preset: public_goods, actions: [a, b]}": "cannot be called otherwise",
    "{players: 2, endowment: 4, multiplier: 1.5}": "'joss' cannot play public goods",
    "{players: 2, endowment: 50, multiplier: 1.5}": "an agent can weigh 26 moves at most, and here are 51",
}


@pytest.mark.parametrize("said", GAMES)
def test_what_is_wrong_with_a_game_is_told(games, said):
    with pytest.raises(DefinitionError) as caught:
        games.compile(f"match:\n  game: {said}\n  players: {{ada: {{agent: player}}, bob: {{strategy: joss}}}}")
    assert GAMES[said] in "\n".join(map(str, caught.value.problems))


def test_a_loop_cannot_repeat_a_game(games):
    steps = f"{ONE}again: {{loop: {{steps: [match], until: \"steps.match.winner == 'ada'\", max: 2}}}}"
    with pytest.raises(DefinitionError, match="a loop cannot repeat a game"):
        games.compile(steps)


def test_predicting_needs_something_to_predict(games):
    with pytest.raises(DefinitionError, match="needs to know what there is to do"):
        games.compile("a: {agent: player, task: Do it.}")


# --- cost -------------------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=15)
@given(st.integers(1, 4), st.integers(1, 3), st.tuples(st.booleans(), st.booleans()), st.sampled_from(sorted(AGENTS)))
def test_the_plan_tells_the_calls_to_the_last_one(tmp_path_factory, rounds_, repetitions, ways, agent):
    from tests.workflow.conftest import Trial

    trial = Trial(tmp_path_factory.mktemp("cost"))
    self_play, both_ways = (str(way).lower() for way in ways)
    for name, text in AGENTS.items():
        (trial.folder / "agents" / f"{name}.yaml").write_text(text)
    steps = f"""
match:
  game: prisoners_dilemma
  rounds: {rounds_}
  players: {{ada: {{agent: {agent}}}, bob: {{strategy: tit_for_tat}}, eve: {{strategy: random}}}}
  tournament: {{repetitions: {repetitions}, self_play: {self_play}, both_ways: {both_ways}}}
"""
    planned = worst(charges(trial.compile(steps, "defaults: {retry: {max: 0}}")))
    smooth = sum((charge.bounds.smooth for charge in charges(trial.compile(steps))), Cost())
    outcome = asyncio.run(trial.run(steps, Says("defect", {"move": "defect", "feeling": "fine"})))
    assert outcome.calls == smooth.calls <= planned.calls


def test_a_game_without_a_known_end_has_no_known_cost(games):
    (charge,) = charges(games.compile(ONE.replace("rounds: 4", "ends: 0.25")))
    assert charge.most is None
    assert [over.list for over in charge.over] == ["rounds"]


# --- what is made of it afterwards --------------------------------------------------------------------------------------


async def test_explanations_of_moves_can_be_demanded(games):
    steps = ONE.replace("rounds: 4", "rounds: 2\n  explain: {check: cited_and_causal, at_least: 0.5}")
    outcome = await games.run(steps, Draws())
    assert outcome.state == "done"
    evidence = [event for event in games.of("decision.checked") if event.measure == "evidence"]
    assert [event.decision for event in evidence] == ["match#1.1", "match#2.1"]
    planned = charges(games.compile(steps))
    assert len(planned) == 2, "the moves, and the tests of their explanations"


async def test_a_move_can_be_fixed_by_hand(games):
    await games.run(ONE, Draws())
    before = [each.moves for each in rounds(games)]
    games.events.clear()
    plans = {"cooperate": "B", "defect": "A"}
    fixed = {"match#2.1": Fixed(choose=plans[before[1][0]])}
    await games.run(ONE, Draws(), fixed=fixed)
    after = [each.moves for each in rounds(games)]
    assert after[0] == before[0]
    assert after[1][0] != before[1][0]
    assert after[2][1] == after[1][0]
    assert [event.forced for event in games.of("decision.planned")] == [False, True, False, False]


async def test_a_move_is_no_suspect_but_its_plan(games):
    await games.run(ONE, Draws())
    entries = [Entry(n, datetime.now(UTC), event) for n, event in enumerate(games.events, start=1)]
    assert {suspect.stage for suspect in suspects_in(entries)} == {"plan"}
