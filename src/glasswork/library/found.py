"""A definition, with everything that is known about the file it came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, Literal, TypeVar

from glasswork.errors import Problem
from glasswork.library.source import Origin, Source
from glasswork.library.tree import Keys, Spot, nearest

T_co = TypeVar("T_co", covariant=True)

Kind = Literal["role", "agent", "workflow", "tool", "models"]


@dataclass(frozen=True)
class Found(Generic[T_co]):
    """A checked definition and its file."""

    kind: Kind
    name: str
    path: Path
    source: Source = field(repr=False, hash=False, compare=False)
    key: str
    """The path below the folder it was found in, with ``/``: ``agents/engineer.yaml``."""
    file: str
    """The path as problems name it: relative to the working folder where it is below it."""
    digest: str
    """SHA-256 of the file's bytes, in hexadecimal."""
    text: str = field(repr=False)
    definition: T_co = field(repr=False)
    positions: Mapping[Keys, Spot] = field(repr=False, hash=False, compare=False)

    @property
    def origin(self) -> Origin:
        """Where it was found."""
        return self.source.origin

    def problem(self, keys: Keys, message: str, *, line: int = 0, column: int = 0) -> Problem:
        """Return a problem at a part of the file, or at the nearest part that is known.

        With ``line`` and ``column`` (from 1) the problem stands inside the text there: in a template or a condition.
        """
        spot = nearest(self.positions, keys)
        if line and keys in self.positions:
            return Problem(self.file, *spot.inside(line, column or 1), message)
        return Problem(self.file, *(spot.place if keys in self.positions else (spot.line, spot.column)), message)
