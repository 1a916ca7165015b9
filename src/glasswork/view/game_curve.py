"""Cooperation by round as a line of blocks, one player a line; of digits where a terminal knows no blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from glasswork.games.result import PlayerResult, Result
from glasswork.games.rules import MatrixGame
from glasswork.view import theme
from glasswork.view.clean import one_line
from glasswork.view.game_tables import pooled, spans_of
from glasswork.view.theme import ASCII, Drawn, cut, said

BLOCKS = "▁▂▃▄▅▆▇█"
DIGITS = "0123456789"
_NAME = 16


def curve_view(result: Result) -> RenderableType:
    """Draw how often each player cooperated in each round; several rounds to a character where they are many."""
    return Drawn(lambda glyphs: _Curves(result, DIGITS if glyphs is ASCII else BLOCKS))


def spark(values: Sequence[float | None], levels: str) -> str:
    """Write values between 0 and 1, a character each; a blank where there is none."""
    top = len(levels) - 1
    return "".join(" " if value is None else levels[round(value * top)] for value in values)


def values_of(result: Result, player: PlayerResult, points: int) -> list[float | None]:
    """Return a player's cooperation over so many spans of rounds at most."""
    if isinstance(result.rules.game, MatrixGame):
        return [each.value for each in pooled(player.by_round, spans_of(len(player.by_round), points))]
    found: list[float | None] = []
    for first, last in spans_of(len(player.giving), points):
        part = [value for value in player.giving[first - 1 : last] if value is not None]
        found.append(sum(part) / len(part) if part else None)
    return found


@dataclass(frozen=True)
class _Curves:
    result: Result
    levels: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        players = [each for each in self.result.players if each.by_round]
        if not players:
            return
        left = min(_NAME, max(len(one_line(each.name)) for each in players))
        room = max(1, options.max_width - left - 16)
        rounds = max(len(each.by_round) for each in players)
        wide = max(1, min(room // rounds, 3))
        for each in players:
            values = values_of(self.result, each, room)
            name = said(one_line(each.name), theme.LABEL)
            name.truncate(left, overflow="ellipsis", pad=True)
            line = "".join(letter * wide for letter in spark(values, self.levels))
            yield cut(name.append("  ").append(line, style=theme.GOOD).append(f"  {_ends(values)}", style=theme.MUTED))
        yield from self._axis(left, min(room, rounds * wide), rounds, options.max_width)

    def _axis(self, left: int, width: int, rounds: int, most: int) -> Iterator[Text]:
        ends = f"{'':<{left}}  1" + (f"{rounds:>{max(1, width - 1)}}" if rounds > 1 else "")
        key = f"{self.levels[0]} never {self.levels[-1]} always"
        beside = len(ends) + len(key) + 2 <= most
        yield said(f"{ends}  {key}" if beside else ends, theme.MUTED)
        if not beside:
            yield said(f"{'':<{left}}  {key}", theme.MUTED)


def _ends(values: Sequence[float | None]) -> str:
    seen = [value for value in values if value is not None]
    return f"{seen[0]:.2f} .. {seen[-1]:.2f}" if len(seen) > 1 else f"{seen[0]:.2f}" if seen else ""
