"""What ``glasswork list`` says of games, strategies and the axelrod library's strategies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from glasswork.games import Rules


def games() -> list[dict[str, Any]]:
    """Return every game that has a name, with the rules that go with it: the presets, then game_1 to game_144."""
    from glasswork.games import PRESETS, preset
    from glasswork.games.ordinal import COUNT

    numbered = (f"game_{number}" for number in range(1, COUNT + 1))
    return [_game(name, preset(name)) for name in (*PRESETS, *numbered)]


def _game(name: str, rules: Rules) -> dict[str, Any]:
    game, horizon = rules.game, rules.horizon.model_dump(mode="json")
    return {
        "name": name,
        "title": game.name,
        "players": game.players,
        "actions": [list(game.legal(seat)) for seat in range(game.players)],
        "payoffs": [list(row) for row in game.payoffs] if game.kind == "matrix" else None,
        "rounds": horizon.get("rounds"),
        "source": game.source,
    }


def strategies() -> list[dict[str, Any]]:
    """Return every strategy of ours, and of packages that add theirs."""
    from glasswork.games import strategies as known

    found = [known.get(name) for name in known.names()]
    return [
        {"name": one.name, "description": one.about, "draws": one.draws, "plays": one.plays, "source": one.source}
        for one in found
    ]


def axelrod() -> list[dict[str, Any]]:
    """Return the axelrod library's strategies that can be played, without importing it."""
    from glasswork.games.axelrod import axelrod_strategies

    found = sorted(axelrod_strategies().values(), key=lambda one: one.name.casefold())
    return [one.model_dump(exclude={"cheats"}) | {"description": one.about} for one in found if not one.cheats]


def werewolf() -> list[dict[str, Any]]:
    """Return the rule sets of werewolf that have names, then the strategies that play it."""
    from glasswork.games.werewolf import PRESETS
    from glasswork.games.werewolf import strategies as known

    sets = [
        {
            "name": name,
            "kind": "rules",
            "description": ", ".join(f"{count} {card}" for card, count in rules.roles.items() if count),
            "rules": rules.model_dump(mode="json"),
        }
        for name, rules in PRESETS.items()
    ]
    found = [(name, known.get(name)) for name in known.names()]
    return [
        *sets,
        *({"name": name, "kind": "strategy", "description": one.about} for name, one in found),
    ]


def game_columns(rows: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    """Return the rows as they are printed: all presets, and the numbered games, which are much alike, as one."""
    named = [row for row in rows if not row["name"].startswith("game_")]
    last = rows[-1]["name"]
    return [
        *((row["name"], row["title"], _actions(row), f"{row['rounds']} rounds") for row in named),
        (f"game_1 to {last}", "the ordinal two-by-two games", "two actions each", "10 rounds"),
    ]


def _actions(row: dict[str, Any]) -> str:
    if row["payoffs"] is None:
        own = row["actions"][0]
        return f"{row['players']} players give {own[-1]} to {own[0]}"
    cells = [cell for line in row["payoffs"] for cell in line]
    paid = ", ".join(f"{mine:g}:{theirs:g}" for mine, theirs in cells)
    return f"{' or '.join(row['actions'][0])}: {paid}"
