"""The 144 games: their structure; and where the published table and recorded rounds are at hand, those too."""

from __future__ import annotations

import csv
from collections import Counter
from itertools import product
from pathlib import Path

import pytest

from glasswork.errors import UserError
from glasswork.games import ordinal, play
from glasswork.games.ordinal import COUNT, NAMES, equilibria, family
from glasswork.games.rules import FixedHorizon, Rules

DATA = Path(__file__).parents[3] / "shared" / "data" / "repeated_games"
with_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"the recorded games are not at hand: no folder {DATA}")
GAMES = [ordinal(number) for number in range(1, COUNT + 1)]
FAMILIES = {
    "biased": 44,
    "win-win": 36,
    "unfair": 19,
    "cyclic": 18,
    "second best": 12,
    "tragic": 8,
    "prisoner's dilemma": 7,
}


def canonical(game):
    """Return the game as it is up to the order of rows and of columns."""
    table = game.payoffs
    turned = [
        tuple(tuple(table[row][column] for column in columns) for row in rows)
        for rows, columns in product([(0, 1), (1, 0)], repeat=2)
    ]
    return min(turned)


def test_all_games_are_there_once():
    """576 pairs of rankings are 144 games up to rows and columns, 78 also up to the players; 12 are symmetric."""
    assert len({canonical(game) for game in GAMES}) == 144
    up_to_players = {min(canonical(game), canonical(game.exchanged())) for game in GAMES}
    assert len(up_to_players) == 78
    assert [number for number, game in enumerate(GAMES, start=1) if game.symmetric] == list(range(12, 134, 11))


def test_every_player_ranks_strictly():
    for game, seat in product(GAMES, (0, 1)):
        assert sorted(cell[seat] for line in game.payoffs for cell in line) == [1, 2, 3, 4]


def test_neighbours_differ_in_one_exchange_of_neighbouring_ranks():
    for number in range(1, COUNT):
        if number % 12:
            here, there = (
                {cell[1]: place for place, cell in enumerate(c for line in ordinal(n).payoffs for c in line)}
                for n in (number, number + 1)
            )
            moved = [rank for rank in here if here[rank] != there[rank]]
            assert len(moved) == 2
            assert abs(moved[0] - moved[1]) == 1


def test_equilibria_and_families():
    assert Counter(len(equilibria(game)) for game in GAMES) == {1: 108, 2: 18, 0: 18}
    assert Counter(family(game) for game in GAMES) == FAMILIES


@pytest.mark.parametrize(
    ("number", "name", "ranks"),
    [
        (12, "chicken", (3, 2, 4, 1)),
        (67, "prisoner's dilemma", (3, 1, 4, 2)),
        (78, "stag hunt", (4, 1, 3, 2)),
        (56, "deadlock", (2, 1, 4, 3)),
    ],
)
def test_symmetric_games_by_name(number, name, ranks):
    game = ordinal(number)
    assert game.name == f"game {number}: {name}"
    assert tuple(cell[0] for line in game.payoffs for cell in line) == ranks


def test_names():
    assert len({*NAMES}) == 12
    assert ordinal(66).name == "game 66: prisoner's dilemma against stag hunt"
    assert len({game.name for game in GAMES}) == COUNT


@pytest.mark.parametrize("number", [0, 145, -1])
def test_no_such_number(number):
    with pytest.raises(UserError, match="no two-by-two game"):
        ordinal(number)


def published():
    with (DATA / "144_games_info.csv").open(encoding="utf-8") as file:
        return {int(row["game_number"]): row for row in csv.DictReader(file, delimiter=";")}


def payoffs_in(row):
    return tuple(tuple(tuple(float(row[f"r{r}_c{c}_p{p}"]) for p in (1, 2)) for c in (1, 2)) for r in (1, 2))


@with_data
def test_the_published_table():
    table = published()
    assert {number: payoffs_in(row) for number, row in table.items()} == {
        number: ordinal(number, as_published=True).payoffs for number in range(1, COUNT + 1)
    }
    families = {
        number: row["game_family"].lower().replace("pd family", "prisoner's dilemma") for number, row in table.items()
    }
    assert families == {number: family(game) for number, game in enumerate(GAMES, start=1)}


@with_data
def test_where_the_published_table_departs_it_does_not_rank_strictly():
    table = published()
    departing = {number for number in table if payoffs_in(table[number]) != ordinal(number).payoffs}
    repeating = {
        number
        for number, row in table.items()
        for seat in (0, 1)
        if len({cell[seat] for line in payoffs_in(row) for cell in line}) < 4
    }
    assert departing == repeating
    assert len(departing) == 15


def recorded():
    """Return every recorded match: the game's number, its letters, its rows."""
    found = {}
    for path in sorted(DATA.glob("game_*.csv")):
        with path.open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                found.setdefault((int(row["game_number"]), row["player1"], row["player2"]), []).append(row)
    return found


@with_data
def test_recorded_rounds_are_scored_alike(script):
    rounds = mismatches = 0
    for (number, *_), rows in recorded().items():
        letters = (rows[0]["choice_option1"], rows[0]["choice_option2"])
        game = ordinal(number, as_published=True).relabelled(letters)
        rules = Rules(game=game, horizon=FixedHorizon(rounds=len(rows)))
        match = play(rules, [script(row[f"answer{seat}"] for row in rows) for seat in (1, 2)], 0)
        totals = [0.0, 0.0]
        for row, each in zip(rows, match.rounds, strict=True):
            totals = [total + part for total, part in zip(totals, each.payoffs, strict=True)]
            rounds += 1
            mismatches += (*each.payoffs, *totals) != tuple(
                float(row[key]) for key in ("points1", "points2", "total1", "total2")
            )
    assert rounds == 250 * len({number for number, *_ in recorded()}) > 0
    assert mismatches == 0
