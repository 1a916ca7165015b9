"""What a definition file holds, and where each part of it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from glasswork.errors import Problem

Keys = tuple[str | int, ...]
"""A path into a file: mapping keys and list indexes from the top, ``("steps", "build", "needs", 0)``."""


@dataclass(frozen=True)
class Spot:
    """Where one key and its value stand; lines and columns count from 1."""

    line: int
    column: int
    value_line: int
    value_column: int
    text_lines: tuple[tuple[int, int], ...] = ()
    """For text whose lines stand one to one in the file: the line and the first column of each; else empty."""

    @property
    def place(self) -> tuple[int, int]:
        """Where a reader would look: at the value if it begins on the line of its key, else at the key."""
        same = self.value_line == self.line
        return (self.value_line, self.value_column) if same else (self.line, self.column)

    def inside(self, line: int, column: int) -> tuple[int, int]:
        """Return where a line and column of the *text* stand in the file, or else where the value begins."""
        if not 1 <= line <= len(self.text_lines):
            return self.value_line, self.value_column
        file_line, first_column = self.text_lines[line - 1]
        return file_line, first_column + column - 1


TOP = Spot(1, 1, 1, 1)


@dataclass(frozen=True)
class Tree:
    """The plain data of one file (mappings, lists, text, numbers, true, false, nothing) and its positions."""

    file: str
    data: dict[str, Any]
    spots: Mapping[Keys, Spot] = field(repr=False, default_factory=dict)

    def spot(self, keys: Keys) -> Spot:
        """Return the spot of the nearest part that is known: the part itself, or what it stands in."""
        return nearest(self.spots, keys)

    def problem(self, keys: Keys, message: str, *, at_value: bool = False) -> Problem:
        """Return a problem at a part of this file: at its key, or at its value."""
        spot = self.spot(keys)
        line, column = spot.place if at_value else (spot.line, spot.column)
        return Problem(self.file, line, column, message)


def nearest(spots: Mapping[Keys, Spot], keys: Keys) -> Spot:
    """Return the spot of the longest known beginning of ``keys``."""
    for length in range(len(keys), -1, -1):
        if keys[:length] in spots:
            return spots[keys[:length]]
    return TOP
