"""A game of werewolf as a transcript."""

from __future__ import annotations

import io
import json
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from tests.view import conftest, tables
from tests.view.random_tables import CANARY, canaries, games, spectators

from glasswork.cli.discreet import Discreet, seen_log
from glasswork.games.werewolf.seeing import visible
from glasswork.records import RunFinished, RunResumed, TextArrived
from glasswork.view.as_json import story_json
from glasswork.view.lines import line
from glasswork.view.live import LiveView, PlainView
from glasswork.view.story import chapters, heading_of_log, story
from glasswork.view.table_page import replay


@pytest.mark.parametrize("width", [80, 120])
def test_a_game_reads_like_a_transcript(make: SimpleNamespace, show, golden, width: int) -> None:
    text = show(story(make.log_of(tables.run(tables.game()))), width)
    golden(f"table-all-{width}.txt", text)
    assert all(len(line) <= width for line in text.splitlines())


@pytest.mark.parametrize("see", ["public", "Bo"])
def test_as_somebody_sees_it(make: SimpleNamespace, show, golden, see: str) -> None:
    log = make.log_of([*visible(tables.run(tables.game()), see)])
    golden(f"table-{see.lower()}.txt", show(story(log, see=f"as {see} sees it")))


# --- nothing hidden reaches a screen ----------------------------------------------------------------------------------


@settings(deadline=None, max_examples=100)
@given(st.data())
def test_nothing_hidden_is_on_the_screen(data: st.DataObject) -> None:
    events, known = data.draw(games())
    cut = events[: data.draw(st.integers(3, len(events)))]
    see = data.draw(spectators)
    log, seen = seen_log(conftest.log_of(cut), see)
    may = canaries(cut, see, known)
    screens = [drawn(story(log, see=seen.words, verbose=True)), json.dumps(story_json(log)), drawn(story(log), 60)]
    screens += [line(event) for event in log.events]
    for screen in screens:
        assert {*CANARY.findall(screen)} <= may


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_nothing_hidden_is_told_while_it_is_played(data: st.DataObject) -> None:
    """Neither on a terminal nor in a pipe, event by event; the picture is looked at after each."""
    events, known = data.draw(games())
    see = data.draw(spectators)
    kinds = next(event.kinds for event in events if event.type == "match.started")
    people = {name for name, kind in zip(tables.NAMES, kinds, strict=True) if kind == "human"}
    piped, terminal = io.StringIO(), io.StringIO()
    plain = Discreet(PlainView(Console(file=piped, width=100)), see)
    console = Console(file=terminal, width=100, height=40)
    live = LiveView(console, "table", [("table", "werewolf", "player", ())])
    watched = Discreet(live, see)
    for number, event in enumerate(events, start=1):
        plain.event(event)
        watched.event(event)
        if number > 2:
            watched.notice(TextArrived(place="table#1.1/act", text="\ncanarynotice\n"))
        console.print(live)
        may = canaries(events[:number], see, known)
        if see == "Ada" or (not see and (may == frozenset(known) or people == {"Ada"})):
            may |= {"canarynotice"}
        assert {*CANARY.findall(piped.getvalue() + terminal.getvalue())} <= may
        for screen in (piped, terminal):
            screen.seek(0)
            screen.truncate()


def drawn(thing: object, width: int = 100) -> str:
    file = io.StringIO()
    Console(file=file, width=width, color_system=None).print(thing)
    return file.getvalue()


# --- parts, stops, odd logs -------------------------------------------------------------------------------------------


def told(make: SimpleNamespace, show, events, **how) -> str:
    return show(story(make.log_of(events), **how))


@pytest.mark.parametrize("kept", range(1, 75, 6))
def test_a_game_that_was_cut_off_anywhere_is_told(make: SimpleNamespace, show, kept: int) -> None:
    events = tables.run(tables.game(), ended=False)[:kept]
    text = told(make, show, events)
    spoken = [event.text.split()[0] for event in events if event.type == "table.happened" and event.what == "spoke"]
    assert all(word in text for word in spoken)
    assert "The run has not" in text


def test_a_thought_that_led_to_nothing_yet_is_told(make: SimpleNamespace, show) -> None:
    events = tables.run(tables.game(), ended=False)
    upto = next(n for n, event in enumerate(events) if event.type == "decision.acted") + 1
    text = told(make, show, events[:upto])
    assert "Ada   has not acted yet\n        │ thinks: Cyd 50%" in text


def test_a_tournament_is_told_game_by_game(make: SimpleNamespace, show) -> None:
    events = tables.run([event for number in (1, 2) for event in tables.game(number)])
    text = told(make, show, events)
    assert "✓ game 1  the village wins on day 1" in text
    assert "✓ game 2  the village wins on day 1" in text
    log = make.log_of(events)
    only = "".join(show(part) for part in chapters(heading_of_log(log), log.entries, only="table:2"))
    assert "game 2" in only
    assert "game 1" not in only


def test_one_decision_is_shown_whole(make: SimpleNamespace, show) -> None:
    log = make.log_of(tables.run(tables.game()))
    text = "".join(show(part) for part in chapters(heading_of_log(log), log.entries, only="table#2.2"))
    assert "player (table#2.2)" in text
    assert "▸ A ███████░░░ 72% say what you found out in the night" in text
    assert "table#2.1" not in text


def test_a_later_sitting_goes_on_with_the_day(make: SimpleNamespace, show) -> None:
    events = tables.run(tables.game(people=("Dan",)))
    asked = next(n for n, event in enumerate(events) if event.type == "human.asked")
    stopped = [*events[: asked + 1], RunFinished(state="waiting"), RunResumed(was="waiting"), *events[asked + 1 :]]
    text = told(make, show, stopped)
    assert text.count("── Night 1") >= 1
    assert "Cyd is dead: a villager." in text
    assert "The village wins: Bo, Cyd, Dan, Eve." in text


def test_hidden_votes_have_no_tally_for_a_player(make: SimpleNamespace, show) -> None:
    events = [
        event.model_copy(update={"seen_by": (event.by,)}) if getattr(event, "what", "") == "voted" else event
        for event in tables.run(tables.game())
        if getattr(event, "what", "") != "counted"
    ]
    text = show(story(make.log_of([*visible(events, "Bo")])))
    assert "tally" not in text
    assert "Bo    votes for Ada" in text
    assert "tally Ada 3, Bo 1" in told(make, show, events)


def test_without_unicode(make: SimpleNamespace, show) -> None:
    text = show(story(make.log_of(tables.run(tables.game()))), 80, encoding="ascii")
    assert "| thinks: Cyd 50% - Cyd looks dangerous." in text


def test_words_of_models_are_harmless(make: SimpleNamespace, show) -> None:
    dirty = [
        event.model_copy(update={name: getattr(event, name) + make.nasty for name in ("by", "to", "card", "text")})
        if event.type == "table.happened"
        else event.model_copy(update={"thinking": event.thinking + make.nasty})
        if event.type == "decision.planned"
        else event
        for event in tables.run(tables.game())
    ]
    text = told(make, show, dirty)
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_a_run_in_a_pipe(show) -> None:
    file = io.StringIO()
    view = PlainView(Console(file=file, width=100))
    for event in tables.run(tables.game()):
        view.event(event)
    lines = [each.split("s  ", 1)[1] for each in file.getvalue().splitlines()]
    assert "  Bo says: I am the seer. In the night I looked at Ada, and she is a werewolf." in lines
    assert "    Bo thinks: say what you found out in the night 72%; Nobody will believe me later if I wait." in lines
    assert "table: over, the village wins" in lines
    assert not [each for each in lines if "made text" in each]


def test_a_mayors_vote_counts_as_it_was_counted(make: SimpleNamespace, show) -> None:
    events = [
        event.model_copy(update={"counts": {"Ada": 4.5, "Bo": 1.0}})
        if getattr(event, "what", "") == "counted"
        else event
        for event in tables.run(tables.game())
    ]
    assert "tally Ada 4.5, Bo 1" in told(make, show, events)


def read_after_statements() -> list:
    """Return a game in which beliefs are read after a statement, too: at the place of the decision to come."""
    events = tables.run(tables.game())
    spoken = next(n for n, event in enumerate(events) if getattr(event, "what", "") == "spoke") + 1
    early = [
        event.model_copy(
            update={"after": 15, "options": tuple(o.model_copy(update={"probability": 0.5}) for o in event.options)}
        )
        for event in events
        if event.type == "weighed" and event.by in {"Dan", "Eve"}
    ]
    return [*events[:spoken], *early, *events[spoken:]]


def test_beliefs_read_after_a_statement_stand_where_they_were_read(make: SimpleNamespace, show) -> None:
    text = told(make, show, read_after_statements())
    lines = text.splitlines()
    after = next(n for n, line in enumerate(lines) if line.startswith("  Ada   That is a lie!"))
    assert lines[after - 1] == "        │ suspected: a werewolf? Ada 50%, Bo 50%, Dan 50%, Eve 50%"
    assert "  Dan   votes for Ada\n        │ believes: a werewolf? Ada 62%, Bo 20%, Eve 20%" in text
    assert "Dan   │ believes: a werewolf? Ada 50%, Bo 50%, Eve 50%" in told(
        make, show, read_after_statements(), verbose=True
    )


def test_a_page_has_them_for_those_who_may_know() -> None:
    page = replay(read_after_statements())
    row = next(line for line in page.splitlines() if "Dan believes: Ada 50%" in line)
    assert 'data-seen="3 4"' in row
    assert '<p class="thought" data-seen="4">Eve believes' in row
    assert "Eve believes" not in replay(read_after_statements(), see="Dan")
