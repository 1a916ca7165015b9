"""Rows under headings, as wide as a terminal: long cells are cut, and too many columns become blocks of lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from glasswork.view.clean import clean

_GAP = "  "
_NARROWEST = 8
_CUT = "…"


def grid(columns: Sequence[str], rows: Sequence[Sequence[Any]], *, width: int) -> Iterator[str]:
    """Yield the lines of a table of at most ``width`` characters.

    Numbers stand to the right. Where not every column can have a few characters, each row becomes a block of its own,
    with a line a column.
    """
    names = [_cell(name) for name in columns]
    cells = [[_cell(value) for value in row] for row in rows]
    needs = [max(_length(each) for each in each_column) for each_column in zip(names, *cells, strict=True)]
    if sum(min(need, _NARROWEST) for need in needs) + len(_GAP) * (len(needs) - 1) > width:
        yield from _blocks(names, cells, width)
        return
    widths = _shares(needs, width - len(_GAP) * (len(needs) - 1))
    right = [all(_is_number(value) for value in column) for column in zip(*rows, strict=True)] or [False] * len(names)
    for line in (names, ["─" * each for each in widths], *cells):
        fitted = [_fit(cell, room, at_right) for cell, room, at_right in zip(line, widths, right, strict=True)]
        yield _GAP.join(fitted).rstrip()


def _blocks(names: Sequence[str], cells: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    room = max(_length(name) for name in names)
    for number, row in enumerate(cells, 1):
        yield f"── {number} ".ljust(min(width, 40), "─")
        for name, cell in zip(names, row, strict=True):
            left = max(width - room - len(_GAP), _NARROWEST)
            yield f"{_fit(name, room)}{_GAP}{_fit(cell, min(left, _length(cell)))}".rstrip()


def _shares(needs: Sequence[int], room: int) -> list[int]:
    """Share out ``room`` characters: who needs little gets it all, what is left is shared evenly by the others."""
    widths = list(needs)
    if sum(needs) <= room:
        return widths
    left, waiting = room, sorted(range(len(needs)), key=lambda column: needs[column])
    for position, column in enumerate(waiting):
        widths[column] = min(needs[column], left // (len(waiting) - position))
        left -= widths[column]
    return widths


def _cell(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.6g}"
    text = str(value)
    return text if text.isascii() and text.isprintable() else " ".join(clean(text).split())


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _fit(text: str, width: int, right: bool = False) -> str:
    """Return ``text`` in exactly ``width`` columns, cut where it is longer."""
    if _length(text) > width:
        kept = text[: max(width - 1, 0)]
        while _length(kept) > width - 1:
            kept = kept[:-1]
        text = kept + _CUT
    blanks = " " * (width - _length(text))
    return blanks + text if right else text + blanks


def _length(text: str) -> int:
    """Return how many columns a terminal takes for ``text``."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)
