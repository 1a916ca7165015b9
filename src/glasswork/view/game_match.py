"""A game's payoffs as a table, and a match as a strip: one letter for each round and player."""

from __future__ import annotations

import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.text import Text

from glasswork.games.recorded import Recorded
from glasswork.games.rules import FixedHorizon, Game, Labels, MatrixGame, PublicGoods, Rules
from glasswork.view import theme
from glasswork.view.clean import one_line
from glasswork.view.theme import Drawn, cut, said, styled

VOID = "-"
"""A round that does not count."""
ILLEGAL = "!"
"""Whose illegal move made it so."""
_NUMBERED = "123456789" + string.ascii_lowercase
"""For actions whose first letters do not tell them apart."""
_NAME = 16
_GROUP = 5


def payoff_matrix(game: Game, players: Sequence[str] = ("row", "column")) -> RenderableType:
    """Draw what each pair of moves pays, the row player's payoff first; of a public good what giving does."""
    if isinstance(game, PublicGoods):
        return said(goods_in_words(game))
    return Drawn(lambda _: _Matrix(game, tuple(map(one_line, players))))


def goods_in_words(game: PublicGoods) -> str:
    """Say how a public good pays."""
    return (
        f"{game.players} players have {game.endowment} each round and give to a pot; it is multiplied by "
        f"{game.multiplier:g} and shared alike."
    )


def rules_in_short(rules: Rules) -> str:
    """Say by what a match is played, in one line."""
    horizon, told = rules.horizon, "" if rules.horizon.told else ", which players are not told"
    if isinstance(horizon, FixedHorizon):
        length = f"{horizon.rounds} round{'' if horizon.rounds == 1 else 's'}{told}"
    else:
        length = f"ending after each round with probability {horizon.stop:g}{told}"
    noise = f"; a move slips with probability {rules.noise:g}" if rules.noise else ""
    limit = f"; {rules.illegal_limit} illegal moves of a player end it" if rules.illegal_limit is not None else ""
    return f"{one_line(rules.game.name)}, {length}{noise}{limit}"


def strip(match: Recorded) -> RenderableType:
    """Draw a match: a line a player, a letter a round, totals behind.

    A small letter is a slip: what was done, where something else was meant. Numbers have no small form.
    """
    return Drawn(lambda _: _Strip(match))


def initials(actions: Labels) -> dict[str, str]:
    """Return one character for each action: its first letter, or its number where letters are shared.

    Amounts are told in tenths of the largest.
    """
    if all(action.isdecimal() for action in actions):
        most = max(int(action) for action in actions) or 1
        return {action: str(min(9, int(action) * 10 // most)) for action in actions}
    letters = [one_line(action)[:1].upper() for action in actions]
    clear = len({*letters}) == len(letters) and all(_has_a_small_one(letter) for letter in letters)
    numbered = _NUMBERED.ljust(len(actions), "+")
    return dict(zip(actions, letters if clear else numbered[: len(actions)], strict=True))


def _has_a_small_one(letter: str) -> bool:
    """Whether something is one letter that has a small form, in which a slip is told."""
    return len(letter) == 1 and len(letter.lower()) == 1 and letter.lower() != letter and letter.isprintable()


def letters(match: Recorded, seat: int) -> str:
    """Return a player's moves, a character a round."""
    short = initials(match.rules.game.legal(seat))
    found = ""
    for each in match.rounds:
        if not each.moves:
            found += ILLEGAL if seat in each.illegal else VOID
        else:
            letter = short[each.moves[seat]]
            found += letter.lower() if each.moves[seat] != each.said[seat] else letter
    return found


def key_of(match: Recorded) -> str:
    """Say what the letters of a strip mean."""
    parts: dict[str, None] = {}
    for actions in dict.fromkeys(match.rules.game.legal(seat) for seat in range(len(match.players))):
        if all(action.isdecimal() for action in actions):
            parts["digits: tenths of the endowment, 9 for all or nearly all"] = None
        else:
            parts |= {f"{letter} {one_line(action)}": None for action, letter in initials(actions).items()}
    slipped = any(each.moves and each.moves != each.said for each in match.rounds)
    void = any(each.illegal for each in match.rounds)
    parts |= {"small: a slip": None} if slipped else {}
    parts |= {f"{ILLEGAL} illegal, the round is void": None} if void else {}
    return "; ".join(parts)


@dataclass(frozen=True)
class _Matrix:
    game: MatrixGame
    players: tuple[str, ...]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        beside = self._beside()
        yield Group(*(self._below() if any(line.cell_len > options.max_width for line in beside) else beside))

    def _beside(self) -> list[Text]:
        rows, columns = ([one_line(action) for action in actions] for actions in self.game.actions)
        heads = [f"{self.players[0]}: {row}" if not n else row for n, row in enumerate(rows)]
        left = max(map(len, heads))
        cells = [[self._cell(a, b) for b in range(len(columns))] for a in range(len(rows))]
        top = [f"{self.players[1]}: {column}" if not n else column for n, column in enumerate(columns)]
        widths = [max(len(name), *(len(row[n]) for row in cells)) for n, name in enumerate(top)]
        lines = [styled(" " * left).append_text(self._row(top, widths, theme.LABEL))]
        for head, row in zip(heads, cells, strict=True):
            lines.append(said(f"{head:>{left}}", theme.LABEL).append_text(self._row(row, widths, "")))
        return lines

    @staticmethod
    def _row(cells: Sequence[str], widths: Sequence[int], style: str) -> Text:
        return said("".join(f"   {cell:>{width}}" for cell, width in zip(cells, widths, strict=True)), style)

    def _cell(self, row: int, column: int) -> str:
        a, b = self.game.payoffs[row][column]
        return f"{a:g}, {b:g}"

    def _below(self) -> Iterator[Text]:
        for n, a in enumerate(self.game.actions[0]):
            for m, b in enumerate(self.game.actions[1]):
                yield said(f"{one_line(a)} / {one_line(b)}: ", theme.LABEL).append(self._cell(n, m))


@dataclass(frozen=True)
class _Strip:
    match: Recorded

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        names = [one_line(name) for name in self.match.players]
        left = min(_NAME, max(map(len, names)))
        lines = [letters(self.match, seat) for seat in range(len(names))]
        totals = [f"{score:g}" for score in self.match.scores]
        most = max(map(len, totals))
        room = max(_GROUP, options.max_width - left - most - 4)
        each = max(1, (room + 1) // (_GROUP + 1)) * _GROUP
        rounds = len(self.match.rounds)
        for first in range(0, max(1, rounds), each):
            last = first + each >= rounds
            if rounds > each:
                span = f"{first + 1}-{min(first + each, rounds)}"
                yield said(f"{'':<{left}}  round{'s' if '-' in span else ''} {span}", theme.MUTED)
            for name, line, total in zip(names, lines, totals, strict=True):
                text = said(name, theme.LABEL)
                text.truncate(left, overflow="ellipsis", pad=True)
                text.append("  ").append_text(grouped(line[first : first + each]))
                yield cut(text.append(f"  {total:>{most}}") if last else text)


def grouped(line: str) -> Text:
    """Colour a strip's letters, and set them in groups of five."""
    text = Text()
    for place, letter in enumerate(line):
        text.append(" " if place and place % _GROUP == 0 else "")
        style = theme.BAD if letter == ILLEGAL else theme.MUTED if letter == VOID else ""
        text.append(letter, style=style or (theme.WARN if letter.islower() else ""))
    return text
