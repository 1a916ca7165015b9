"""Suspicion over time: how probable the players of a game found it that each other is a werewolf, drawn as SVG."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from glasswork.games.werewolf.beliefs import suspicion
from glasswork.games.werewolf.happening import DEATHS
from glasswork.records import TableHappened, Weighed
from glasswork.view.clean import one_line
from glasswork.view.rounds import Item

_WIDTH, _LEFT, _RIGHT, _TOP, _HEIGHT = 760, 52, 110, 12, 200
COLOURS = 8

Point = tuple[int, float]
"""After how many of the shown happenings, and how suspected."""


@dataclass
class Curves:
    """What was believed of each player, as time went by."""

    of: dict[str, list[Point]] = field(default_factory=dict)

    def add(self, about: str, at: int, share: float) -> None:
        """Add a point; of several at one time the last counts."""
        points = self.of.setdefault(about, [])
        if points and points[-1][0] == at:
            points.pop()
        points.append((at, share))


def own_curves(items: Iterable[Item], by: str) -> Curves:
    """Return what one player believed."""
    made, at = Curves(), 0
    for item in items:
        at += isinstance(item, TableHappened)
        if isinstance(item, Weighed) and item.by == by and (share := suspicion(item)) is not None:
            made.add(item.about, at, share)
    return made


def mean_curves(items: Iterable[Item], cards: Mapping[str, str]) -> Curves:
    """Return what those who live and are no werewolves believed on average, each as it last said.

    Werewolves know who is one; what they answer is left out as far as ``cards`` tells who they are.
    """
    made, at = Curves(), 0
    last: dict[str, dict[str, float]] = {}
    gone: set[str] = set()
    for item in items:
        if isinstance(item, TableHappened):
            at += 1
            gone |= {item.to} if item.what in DEATHS else set()
        elif isinstance(item, Weighed) and cards.get(item.by) != "werewolf":
            share = suspicion(item)
            if share is not None:
                last.setdefault(item.about, {})[item.by] = share
                living = [each for by, each in last[item.about].items() if by not in gone]
                made.add(item.about, at, sum(living) / len(living) if living else share)
    return made


@dataclass(frozen=True)
class Axis:
    """The time of a game: how many happenings are shown, and where its nights and days begin."""

    last: int
    scenes: Sequence[tuple[int, str]]

    @property
    def step(self) -> float:
        """Pixels from one happening to the next."""
        return (_WIDTH - _LEFT - _RIGHT) / max(1, self.last - 1)

    def x(self, at: int) -> float:
        """Return where a happening lies."""
        return _LEFT + (max(1, at) - 1) * self.step


def curves_svg(curves: Curves, players: Sequence[str], axis: Axis, title: str) -> str:
    """Draw the curves, each with its player's name at its end."""
    parts = [_level(value) for value in (0.0, 0.5, 1.0)]
    parts += [_mark(axis.x(at), name) for at, name in axis.scenes]
    for seat, name in enumerate(players):
        parts += _curve(curves.of.get(name, []), seat, axis)
    parts += _names(curves, players, axis)
    x = axis.x(axis.last)
    cursor = f'<line class="cursor" data-left="{_LEFT}" data-step="{axis.step:.4f}"'
    parts.append(f'{cursor} x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{_TOP + _HEIGHT}"/>')
    height = _TOP + _HEIGHT + 34
    return (
        f'<svg role="img" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}">'
        f"<title>{escape(title)}</title>{''.join(parts)}</svg>"
    )


def _y(share: float) -> float:
    return _TOP + _HEIGHT * (1 - share)


def _level(value: float) -> str:
    line = f'<line class="axis" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{_y(value):.1f}" y2="{_y(value):.1f}"/>'
    return f'{line}<text class="soft" text-anchor="end" x="{_LEFT - 6}" y="{_y(value) + 4:.1f}">{value:.0%}</text>'


def _mark(x: float, name: str) -> str:
    line = f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{_TOP + _HEIGHT + 6}"/>'
    return f'{line}<text class="soft" x="{x + 3:.1f}" y="{_TOP + _HEIGHT + 20}">{escape(name)}</text>'


def _curve(points: Sequence[Point], seat: int, axis: Axis) -> list[str]:
    if not points:
        return []
    colour = f"k{seat % COLOURS}"
    path = " ".join(f"{axis.x(at):.1f},{_y(share):.1f}" for at, share in points)
    dash = " dash" if seat >= COLOURS else ""
    dots = [f'<circle class="{colour}" cx="{axis.x(at):.1f}" cy="{_y(share):.1f}" r="3"/>' for at, share in points]
    return [f'<polyline class="curve {colour}{dash}" points="{path}"/>', *dots]


def _names(curves: Curves, players: Sequence[str], axis: Axis) -> list[str]:
    """Write names at the ends of their curves, moved apart where they would lie on each other."""
    ends = sorted(
        (_y(points[-1][1]), axis.x(points[-1][0]), seat)
        for seat, name in enumerate(players)
        if (points := curves.of.get(name))
    )
    texts, free = [], float(_TOP)
    for wanted, x, seat in ends:
        y = max(wanted + 4, free)
        free = y + 13
        name = escape(one_line(players[seat])[:16])
        texts.append(f'<text class="k{seat % COLOURS}" x="{x + 8:.1f}" y="{y:.1f}">{name}</text>')
    return texts
