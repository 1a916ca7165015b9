"""What games of werewolf came to: tables on a terminal, and the sections of a report."""

from __future__ import annotations

import pytest
from tests.view import tables

from glasswork.games.werewolf.recorded import games
from glasswork.games.werewolf.result import result
from glasswork.view.game import told
from glasswork.view.game_report import game_html, game_markdown
from glasswork.view.table_document import measured, table_sections
from glasswork.view.table_sheets import games_sheet, ledger_sheet, players_sheet, traits_sheet, votes_sheet, won_sheet


@pytest.fixture(scope="module")
def events():
    return tables.run([event for number in (1, 2, 3) for event in tables.game(number)])


@pytest.fixture(scope="module")
def group(events):
    return result(games(events)).groups[0]


@pytest.mark.parametrize("width", [80, 120])
def test_the_tables(events, show, golden, width) -> None:
    text = show(told(events), width)
    golden(f"table-result-{width}.txt", text)
    assert all(len(line) <= width for line in text.splitlines())


def test_a_report_in_markdown(events, golden) -> None:
    golden("table-report.md", game_markdown([], title="Werewolf", more=[*table_sections(*measured(events))]))


def test_the_page_says_the_same(events) -> None:
    page = game_html([], title="Werewolf", more=[*table_sections(*measured(events))])
    for words in ("Who wins", "What was claimed", "Calibration", "The ledger of claims", "a lie", "“I am the doctor”"):
        assert words in page
    assert "No games" not in page


def test_who_wins_stands_beside_random_play(group) -> None:
    village, werewolves = won_sheet(group).rows
    assert (village[1].hits, village[1].of, werewolves[1].hits) == (3, 3, 0)
    assert float(village[2]) + float(werewolves[2]) == pytest.approx(1, abs=0.001)
    assert "calculated exactly" in won_sheet(group).note


def test_players_and_votes(group) -> None:
    rows = {row[0]: row for row in players_sheet(group).rows}
    assert rows["Ada"][3] is None, "Ada never was of the village"
    assert (rows["Bo"][1].hits, rows["Ada"][1].hits) == (3, 0)
    votes = {row[0]: row for row in votes_sheet(group).rows}
    assert (votes["all"][1].hits, votes["all"][1].of) == (9, 9), "all three of the village, in three games"


def test_traits_name_what_they_rest_on(group) -> None:
    rows = {(row[0], row[1]): row for row in traits_sheet(group).rows}
    assert rows["Ada", "trust"][4].startswith("1:")


def test_the_ledger_is_cut_and_says_so(group) -> None:
    sheet = ledger_sheet(group, 4)
    assert len(sheet.rows) == 4
    assert "5 more" in sheet.note
    assert ledger_sheet(group.model_copy(update={"ledger": ()}), 4) is None


def test_games_that_are_not_over_are_listed(events) -> None:
    sheet = games_sheet(games(events[:-30]))
    assert [row[1] for row in sheet.rows] == ["the village wins", "the village wins", "not over"]
    assert "2 more games" in games_sheet(games(events), 1).note


def test_while_a_person_plays_nothing_of_that_game_is_measured(show) -> None:
    begun = tables.run(tables.game(people=("Eve",)), ended=False)[:-10]
    assert measured(begun) == ((), None)
    assert "no game is over yet" in show(told(begun))
    assert measured(tables.run(tables.game(people=("Eve",))))[1] is not None


def test_a_log_that_contradicts_itself_is_said_to(show) -> None:
    events = [event for event in tables.run(tables.game()) if getattr(event, "what", "") != "dealt"]
    assert "cannot be measured" in show(told(events))
