"""Who may be shown what: over any log, nothing that is hidden from a spectator passes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.view import tables
from tests.view.random_tables import CANARY, canaries, games, spectators

from glasswork.errors import NotFound
from glasswork.games.werewolf.seeing import UNTOLD, Sight, Tables, private_to, spectator, visible
from glasswork.records import (
    HumanAsked,
    MatchStarted,
    ModelFailed,
    RunFinished,
    RunForked,
    StepFinished,
    ThinkingEnded,
    ThoughtNoted,
)

ASKED = ["decision.started", "decision.planned", "decision.acted", "decision.explained"]


def of(events, *kinds):
    return [event for event in events if event.type in kinds]


def test_all_see_everything():
    events = tables.run(tables.game())
    assert [*visible(events, "all")] == events


def test_whoever_looks_at_agents_sees_everything():
    events = tables.run(tables.game())
    assert [*visible(events, "")] == events


def test_the_public_sees_what_everybody_at_the_table_does():
    shown = [*visible(tables.run(tables.game()), "public")]
    assert of(shown, *ASKED, "weighed") == []
    happened = of(shown, "table.happened")
    assert all(event.seen_by is None for event in happened)
    assert {event.what for event in happened} >= {"died", "spoke", "voted", "exiled", "won", "unmasked"}


def test_a_player_sees_its_own_thoughts_and_cards():
    shown = [*visible(tables.run(tables.game()), "Bo")]
    assert {event.decision for event in of(shown, *ASKED)} == {"table#1.2", "table#2.2", "table#3.2"}
    assert {event.by for event in of(shown, "weighed")} == {"Bo"}
    assert [event.to for event in of(shown, "table.happened") if event.what == "dealt"] == ["Bo"]


def test_thoughts_on_the_way_to_a_plan_are_a_players_own():
    def thinking(decision):
        noted = ThoughtNoted(
            decision=decision, number=1, operation="reason", text=f"I am a wolf: {decision}", fate="kept"
        )
        return noted, ThinkingEnded(decision=decision, strategy="tree", results=(1,), ended="over", calls=1, tokens=9)

    events = tables.run(tables.game())
    places = [(n, event.decision) for n, event in enumerate(events) if event.type == "decision.planned"]
    for at, decision in reversed(places):
        events[at:at] = thinking(decision)
    assert len(of(visible(events, "all"), "thought.noted", "thinking.ended")) == 2 * len(places)
    assert of(visible(events, "public"), "thought.noted", "thinking.ended") == []
    own = of(visible(events, "Bo"), "thought.noted", "thinking.ended")
    assert {event.decision for event in own} == {"table#1.2", "table#2.2", "table#3.2"}


def test_numbers_do_not_count_what_is_hidden():
    shown = of(visible(tables.run(tables.game()), "public"), "table.happened")
    assert [event.number for event in shown] == [*range(1, len(shown) + 1)]
    assert {event.decision for event in shown} == {""}, "how often somebody had decided would tell its card"


def test_the_seed_is_hidden_as_the_cards_can_be_dealt_from_it():
    (started,) = of(visible(tables.run(tables.game()), "public"), "match.started")
    assert started.seed == 0


@pytest.mark.parametrize("upto", range(5, 70, 7))
def test_where_a_person_plays_all_is_that_persons_view_until_it_is_over(upto):
    events = tables.run(tables.game(people=("Dan",)))
    cut = events[:upto]
    assert [*visible(cut, "")] == [*visible(cut, "Dan")]


def test_when_it_is_over_everything_is_told():
    events = tables.run(tables.game(people=("Dan",)))
    assert [*visible(events, "")] == events


def test_a_view_that_follows_learns_that_a_game_is_over():
    events = tables.run(tables.game(people=("Dan",)))
    sight = Sight()
    shown = [sight.show(event) for event in events]
    assert [event for event in shown if event is not None][-3:] == events[-3:]
    assert not sight.veiled()


def test_several_people_are_told_who_is_to_answer_and_not_what():
    events = tables.run(tables.game(people=("Dan", "Bo")), ended=False)
    first = next(n for n, event in enumerate(events) if isinstance(event, HumanAsked))
    (asked,) = of(visible(events[: first + 1], ""), "human.asked")
    assert private_to(asked) == "Dan"
    assert asked.options == ()
    (whole,) = of(visible(events[: first + 1], "Dan"), "human.asked")
    assert private_to(whole) == ""
    assert of(visible(events[: first + 1], "Bo"), "human.asked") == []


def test_what_a_step_and_a_run_hand_on_is_kept_back():
    events = tables.run(tables.game())[:-2]
    events += [
        StepFinished(step="table", state="failed", reason="table#3.2 said: Ada", output={"cards": "Ada"}),
        RunFinished(state="failed", reason="table#3.2 said: Ada", outputs={"cards": "Ada"}),
    ]
    step, run = [*visible(events, "public")][-2:]
    assert (step.reason, step.output, run.reason, run.outputs) == (UNTOLD, {}, UNTOLD, {})


def test_other_steps_are_not_touched():
    other = StepFinished(step="tale", state="done", output={"text": "a tale"})
    assert other in [*visible([*tables.run(tables.game(), ended=False), other], "public")]


def test_a_game_without_its_beginning_hides_all_decisions():
    """The beginning was taken out of the log: nobody knows whose seat is whose."""
    events = [event for event in tables.run(tables.game()) if not isinstance(event, MatchStarted)]
    assert of(visible(events, "Bo"), *ASKED) == []


def test_a_fork_and_failures_are_the_players_own():
    fork = RunForked(parent="p", event=3, hash="0" * 64, decision="table#1.1", change="choose", to="Bo")
    failed = ModelFailed(place="table#1.1/act", digest="d", attempt=1, code="timeout", message="late", will_retry=True)
    events = [*tables.run(tables.game(), ended=False), fork, failed]
    assert of(visible(events, "Bo"), "run.forked", "model.failed") == []
    assert of(visible(events, "Ada"), "run.forked", "model.failed") == [fork, failed]


def test_an_unknown_spectator_is_refused():
    with pytest.raises(NotFound, match="did you mean 'Bo'"):
        spectator("Boo", ["Ada", "Bo"])
    assert spectator("BO", ["Ada", "Bo"]) == "Bo"
    assert spectator("PUBLIC", []) == "public"
    assert spectator("", ["Ada"]) == ""


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_nothing_hidden_passes(data):
    events, known = data.draw(games())
    cut = events[: data.draw(st.integers(1, len(events)))]
    see = data.draw(spectators)
    shown = " ".join(event.model_dump_json() for event in visible(cut, see))
    assert {*CANARY.findall(shown)} <= canaries(cut, see, known)


@settings(deadline=None, max_examples=60)
@given(games(people=2), st.data())
def test_what_is_followed_live_is_what_is_shown_of_the_cut(game, data):
    """Until a game is over, a view that learns as it goes shows what one shows that knows the log so far."""
    events, _ = game
    upto = data.draw(st.integers(1, len(events)))
    cut = [event for event in events[:upto] if event.type != "match.finished"]
    sight = Sight()
    live = [shown for event in cut if (shown := sight.show(event)) is not None]
    assert live == [*visible(cut, "")]


def test_tables_know_who_sits_where():
    found = Tables(tables.run(tables.game(2) + tables.game(1, people=("Eve",)), ended=False))
    assert found.names == tables.NAMES
    assert found.people["table", 1] == {"Eve"}
    assert found.over == {("table", 1), ("table", 2)}
    assert not found.open_to_people()
