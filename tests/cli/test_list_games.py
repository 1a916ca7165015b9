"""``glasswork list``: games, strategies, and those of the axelrod library."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from glasswork.games import preset, strategies
from glasswork.games.axelrod import axelrod_strategy

GOLDEN = Path(__file__).parent / "golden" / "listed"


@pytest.mark.parametrize("kind", ["games", "strategies"])
def test_as_written_down(bakery, glasswork, kind):
    said, path = glasswork("list", kind), GOLDEN / f"{kind}.txt"
    if os.environ.get("GLASSWORK_UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(said.out, encoding="utf-8")
    assert said.status == 0
    assert said.out == path.read_text(encoding="utf-8")


def test_every_name_can_be_played(bakery, glasswork):
    games = glasswork("list", "games", "--json").data["games"]
    assert len(games) == 151
    for row in games:
        game = preset(row["name"]).game
        assert row["actions"] == [[*game.legal(seat)] for seat in range(game.players)]
    names = [row["name"] for row in glasswork("list", "strategies", "--json").data["strategies"]]
    assert names == [*strategies.names()]


def test_the_axelrod_library_is_listed_without_being_there(bakery, glasswork):
    rows = glasswork("list", "axelrod", "--json").data["axelrod"]
    assert len(rows) == 240
    for row in rows:
        assert axelrod_strategy(row["name"]).about == row["description"]
    out = glasswork("list", "axelrod").out
    assert "  Tit For Tat                      remembers one round\n" in out
    assert "Darwin" not in out


def test_what_is_built_in_is_listed_when_asked_for(bakery, glasswork):
    assert set(glasswork("list", "--json").data) == {"workflows", "agents", "roles", "models"}
