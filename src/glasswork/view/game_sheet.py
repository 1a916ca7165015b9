"""Draws a table of a tournament on a terminal: side by side where that fits, else row by row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.text import Text

from glasswork.view import theme
from glasswork.view.clean import one_line
from glasswork.view.game_tables import Sheet, Value, brief, portion, shown
from glasswork.view.theme import Drawn, Glyphs, cut, said, styled

_GAP = 2
_NAME = 12
"""The first column is cut to so many columns before a table is told row by row."""
_BAR = 10


def sheet_view(sheet: Sheet, *, notes: bool = True) -> RenderableType:
    """Draw a table with its title; ``notes``: and what to know of it."""
    return Drawn(lambda glyphs: _Laid(sheet, glyphs, notes=notes))


@dataclass(frozen=True)
class _Laid:
    sheet: Sheet
    glyphs: Glyphs
    notes: bool

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield styled(self.sheet.title, theme.HEAD)
        yield Group(*(self._beside(options.max_width) or self._below()))
        if self.notes and self.sheet.note:
            yield said(self.sheet.note, theme.MUTED)

    def _beside(self, width: int) -> list[Text]:
        """Return the lines of a table; nothing where they would be too long."""
        write = brief if self.sheet.compact else shown
        cells = [[*self.sheet.columns], *([one_line(write(cell)) for cell in row] for row in self.sheet.rows)]
        widths = [max(Text(line[n]).cell_len for line in cells) for n in range(len(self.sheet.columns))]
        over = sum(widths) + _GAP * (len(widths) - 1) - width
        if over > 0:
            shorter = max(min(_NAME, widths[0]), widths[0] - over)
            over -= widths[0] - shorter
            widths[0] = shorter
        if over > 0:
            return []
        right = [self._numbers(n) for n in range(len(widths))]
        return [self._line(line, widths, right, head=not number) for number, line in enumerate(cells)]

    def _numbers(self, column: int) -> bool:
        return all(row[column] is None or isinstance(row[column], int | float) for row in self.sheet.rows)

    def _line(self, cells: list[str], widths: list[int], right: list[bool], *, head: bool) -> Text:
        line = Text()
        for number, (cell, width) in enumerate(zip(cells, widths, strict=True)):
            text = said(cell, theme.MUTED if head else theme.LABEL if number == 0 else "")
            if right[number]:
                text.pad_left(max(0, width - text.cell_len))
            text.truncate(width, overflow="ellipsis", pad=number < len(widths) - 1)
            line.append_text(text).append(" " * (_GAP if number < len(widths) - 1 else 0))
        return cut(line)

    def _below(self) -> Iterator[Text]:
        """Yield each row as a few lines, a column a line."""
        longest = max(len(name) for name in self.sheet.columns[1:])
        for row in self.sheet.rows:
            if row[0]:
                yield cut(said(one_line(shown(row[0])), theme.LABEL))
            for name, value in zip(self.sheet.columns[1:], row[1:], strict=True):
                yield cut(said(f"  {name:<{longest}}  ", theme.MUTED).append_text(self._cell(value)))

    def _cell(self, value: Value) -> Text:
        part = portion(value)
        text = said(one_line(shown(value)))
        return text if part is None else self.glyphs.bar_of(part, _BAR).append("  ").append_text(text)
