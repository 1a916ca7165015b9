"""The pictures of a report as SVG, drawn by hand: nothing has to be installed, and a page's own colours apply.

The same figures as files, for papers and slides, are those of :mod:`glasswork.view.game_pictures`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from html import escape

from glasswork.games.result import PlayerResult
from glasswork.games.rules import MatrixGame
from glasswork.games.study import Study
from glasswork.view.clean import one_line
from glasswork.view.game_document import ALT, Figure
from glasswork.view.game_tables import pooled, spans_of

COLOURS = 8
POINTS = 60
"""Of a curve."""
CURVES = 8
"""Players whose curves are drawn: more cannot be told apart."""
_WIDTH, _LEFT, _RIGHT = 640, 150, 20


def figure_svg(study: Study, figure: Figure) -> str:
    """Draw one figure of a study."""
    draw = {"payoffs": _payoffs, "standings": _standings, "meetings": _meetings, "cooperation": _cooperation}[figure]
    height, parts = draw(study)
    body = "".join(parts)
    return (
        f'<svg role="img" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}">'
        f"<title>{escape(ALT[figure])}</title>{body}</svg>"
    )


Drawing = tuple[int, Sequence[str]]
"""Height, and the parts."""
Scale = Callable[[float], float]
"""Where a value lies, in pixels."""


def _standings(study: Study) -> Drawing:
    players = [each for each in study.result.players if each.score]
    low, high = bounds(study)

    def x(value: float) -> float:
        return _LEFT + (value - low) / (high - low) * (_WIDTH - _LEFT - _RIGHT)

    rows = [part for number, each in enumerate(players) for part in _standing(each, number, x)]
    bottom = 24 * len(players) + 12
    axis = [_text(x(value), bottom + 16, f"{value:.2f}", "middle") for value in (low, (low + high) / 2, high)]
    line = f'<line class="axis" x1="{_LEFT}" y1="{bottom}" x2="{_WIDTH - _RIGHT}" y2="{bottom}"/>'
    legend = "dot and line: payoff per round, 95 % interval; open mark: a random player in its place"
    return bottom + 44, [*rows, line, *axis, _text(10, bottom + 34, legend, css="soft")]


def _standing(each: PlayerResult, number: int, x: Scale) -> Iterator[str]:
    y, colour = 24 * number + 14, f"var(--c{number % COLOURS})"
    assert each.score is not None, "only players with a score are drawn"
    yield _text(_LEFT - 10, y + 4, _name(each.name), "end")
    span = f'x1="{x(each.score.low):.1f}" y1="{y}" x2="{x(each.score.high):.1f}" y2="{y}"'
    yield f'<line {span} stroke="{colour}" stroke-width="3"/>'
    yield f'<circle cx="{x(each.score.mean):.1f}" cy="{y}" r="5" fill="{colour}"/>'
    if each.random is not None:
        at = x(each.random.mean)
        yield f'<path d="M{at:.1f} {y - 6}l5 6l-5 6l-5 -6z" fill="none" stroke="var(--soft)" stroke-width="1.5"/>'


def bounds(study: Study) -> tuple[float, float]:
    """Return between what payoffs per round the standings lie, a little wider."""
    values = [value for each in study.result.players if each.score for value in (each.score.low, each.score.high)]
    values += [each.random.mean for each in study.result.players if each.random]
    low, high = min(values, default=0.0), max(values, default=1.0)
    room = (high - low) * 0.05 or 0.5
    return low - room, high + room


def _cooperation(study: Study) -> Drawing:
    players = study.result.players[:CURVES]
    longest = max(len(each.by_round) for each in players)
    top, height = 10, 200
    parts = [_level(value, top, height) for value in (0.0, 0.5, 1.0)]
    for number, each in enumerate(players):
        parts += _curve(study, each, number, longest, (top, height))
    parts += [
        _text(_LEFT, top + height + 18, "round 1"),
        _text(_WIDTH - _RIGHT, top + height + 18, str(longest), "end"),
    ]
    for number, each in enumerate(players):
        y = top + height + 40 + 18 * number
        parts.append(f'<rect x="{_LEFT}" y="{y - 9}" width="14" height="9" fill="var(--c{number % COLOURS})"/>')
        parts.append(_text(_LEFT + 20, y, _name(each.name, 60)))
    left = len(study.result.players) - len(players)
    y = top + height + 40 + 18 * len(players)
    parts.append(_text(_LEFT, y, f"and {left} more in the table", css="soft") if left else "")
    return y + 10, parts


def _level(value: float, top: int, height: int) -> str:
    y = top + height * (1 - value)
    line = f'<line class="axis" x1="{_LEFT}" y1="{y:.1f}" x2="{_WIDTH - _RIGHT}" y2="{y:.1f}"/>'
    return line + _text(_LEFT - 10, y + 4, f"{value:.0%}", "end", "soft")


def _curve(study: Study, each: PlayerResult, number: int, longest: int, place: tuple[int, int]) -> Iterator[str]:
    top, height = place
    colour = f"var(--c{number % COLOURS})"
    points = [*curve_points(study, each)]

    def at(middle: float, value: float) -> str:
        x = _LEFT + (middle - 1) / max(1, longest - 1) * (_WIDTH - _LEFT - _RIGHT)
        return f"{x:.1f},{top + height * (1 - value):.1f}"

    band = [at(middle, high) for middle, _, _, high in points] + [at(middle, low) for middle, _, low, _ in points[::-1]]
    if any(high > low for _, _, low, high in points):
        yield f'<polygon points="{" ".join(band)}" fill="{colour}" opacity="0.12"/>'
    line = " ".join(at(middle, value) for middle, value, _, _ in points)
    yield f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>'
    if len(points) == 1:
        x, _, y = line.partition(",")
        yield f'<circle cx="{x}" cy="{y}" r="4" fill="{colour}"/>'


def curve_points(study: Study, each: PlayerResult) -> Iterator[tuple[float, float, float, float]]:
    """Yield the middle of each span of rounds, the cooperation in it, and its interval; means have none."""
    if isinstance(study.result.rules.game, MatrixGame):
        spans = spans_of(len(each.by_round), POINTS)
        for (first, last), found in zip(spans, pooled(each.by_round, spans), strict=True):
            if found.value is not None:
                yield (first + last) / 2, found.value, found.low, found.high
        return
    for first, last in spans_of(len(each.giving), POINTS):
        part = [value for value in each.giving[first - 1 : last] if value is not None]
        if part:
            value = sum(part) / len(part)
            yield (first + last) / 2, value, value, value


def _meetings(study: Study) -> Drawing:
    """Draw what each got from each: the more, the darker."""
    order = [each.name for each in study.result.players]
    place = {name: number for number, name in enumerate(study.result.table.names)}
    cells = [[study.result.table.cells[place[a]][place[b]] for b in order] for a in order]
    heads = [str(number) for number in range(1, len(order) + 1)]
    rows = [f"{number} {_name(name)}" for number, name in enumerate(order, start=1)]
    return _heat(rows, heads, [[(cell, "" if cell is None else f"{cell:.2f}") for cell in row] for row in cells])


def _payoffs(study: Study) -> Drawing:
    """Draw the payoff matrix, coloured by what both get together."""
    game = study.result.rules.game
    assert isinstance(game, MatrixGame), "only matrix games have such a figure"
    cells = [[(a + b, f"{a:g}, {b:g}") for a, b in row] for row in game.payoffs]
    return _heat([_name(row) for row in game.actions[0]], [_name(column, 14) for column in game.actions[1]], cells)


Cell = tuple[float | None, str]


def _heat(rows: Sequence[str], columns: Sequence[str], cells: Sequence[Sequence[Cell]]) -> Drawing:
    known = [value for row in cells for value, _ in row if value is not None]
    low, high = min(known, default=0.0), max(known, default=1.0)
    width = min(90.0, (_WIDTH - _LEFT - _RIGHT) / len(columns))
    parts = [_text(_LEFT + width * (n + 0.5), 16, name, "middle", "soft") for n, name in enumerate(columns)]
    for n, (name, row) in enumerate(zip(rows, cells, strict=True)):
        y = 24 + 30 * n
        parts.append(_text(_LEFT - 10, y + 19, name, "end"))
        for m, (value, words) in enumerate(row):
            share = 0.0 if value is None or high == low else (value - low) / (high - low)
            box = f'x="{_LEFT + width * m:.1f}" y="{y}" width="{width - 2:.1f}" height="28"'
            parts.append(f'<rect {box} fill="var(--bar)" opacity="{0.08 + 0.5 * share:.2f}"/>')
            parts.append(_text(_LEFT + width * (m + 0.5), y + 19, words, "middle"))
    return 30 + 30 * len(rows), parts


def _name(text: str, most: int = 20) -> str:
    line = one_line(text)
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _text(x: float, y: float, words: str, anchor: str = "start", css: str = "") -> str:
    kind = f' class="{css}"' if css else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{kind}>{escape(words)}</text>'
