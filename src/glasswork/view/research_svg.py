"""The figures of an experiment as SVG, from the numbers that its program left: bars, and points.

Nothing has to be installed for them, in the sandbox or here, and a program has no say in what is drawn besides numbers
and words.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from glasswork.view.clean import one_line

_WIDTH, _LEFT, _RIGHT, _HIGH, _TOP = 640, 70, 20, 240, 34
_TICKS = 5
_ALONE = (
    "<style>svg { background: #fff; } text { fill: #1b1f24; font: 12px system-ui, sans-serif; } "
    ".soft { fill: #5b6570; } .axis { stroke: #d5dae0; } .bar { fill: #2f7d5b; } .dot { fill: #1f6fb2; }</style>"
)
STYLE = "svg .bar { fill: var(--bar); } svg .dot { fill: var(--c0); }\n"
"""For a page that holds figures, beside that of every page."""


def figure_svg(figure: Mapping[str, Any], *, alone: bool = False) -> str:
    """Draw a figure; ``alone``: as a file of its own, which brings its colours with it."""
    body = "".join(_bars(figure) if figure["kind"] == "bars" else _points(figure))
    height = _TOP + _HIGH + 50
    title = _said(figure["title"], 90)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" '
        f'height="{height}"><title>{title}</title>{_ALONE if alone else ""}{_text(_LEFT, 18, title)}{body}</svg>\n'
    )


def _bars(figure: Mapping[str, Any]) -> Iterator[str]:
    bars: Sequence[tuple[str, float]] = figure["bars"]
    low, high, step = _axis([0.0, *(value for _, value in bars)])
    yield from _levels(low, high, step)
    room = (_WIDTH - _LEFT - _RIGHT) / len(bars)
    for number, (label, value) in enumerate(bars):
        x, zero, y = _LEFT + room * (number + 0.15), _y(0, low, high), _y(value, low, high)
        box = f'x="{x:.1f}" y="{min(y, zero):.1f}" width="{room * 0.7:.1f}" height="{abs(y - zero):.1f}"'
        yield f'<rect class="bar" {box}/>'
        yield _text(x + room * 0.35, min(y, zero) - 4, _number(value), "middle")
        yield _text(x + room * 0.35, _TOP + _HIGH + 18, _said(label, max(3, int(room / 8))), "middle", "soft")


def _points(figure: Mapping[str, Any]) -> Iterator[str]:
    pairs: Sequence[tuple[float, float]] = figure["points"]
    low, high, step = _axis([y for _, y in pairs])
    yield from _levels(low, high, step)
    left, right, across = _axis([x for x, _ in pairs])
    wide = _WIDTH - _LEFT - _RIGHT
    for x, y in pairs:
        at = _LEFT + (x - left) / (right - left) * wide
        yield f'<circle class="dot" cx="{at:.1f}" cy="{_y(y, low, high):.1f}" r="3" opacity="0.6"/>'
    for number in range(round((right - left) / across) + 1):
        value = left + across * number
        at = _LEFT + (value - left) / (right - left) * wide
        yield _text(at, _TOP + _HIGH + 18, _number(value), "middle", "soft")
    yield _text(_LEFT + wide / 2, _TOP + _HIGH + 40, _said(figure.get("x", ""), 60), "middle")


def _axis(values: Sequence[float]) -> tuple[float, float, float]:
    """Return from where to where an axis goes, and how far its marks are apart: 1, 2 or 5 of a power of ten."""
    low, high = min(values), max(values)
    if high <= low:
        low, high = low - (abs(low) or 1) / 2, high + (abs(high) or 1) / 2
    rough = (high - low) / _TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(each * power for each in (1, 2, 5, 10) if each * power >= rough * 0.999)
    return math.floor(low / step) * step, math.ceil(high / step) * step, step


def _levels(low: float, high: float, step: float) -> Iterator[str]:
    for number in range(round((high - low) / step) + 1):
        value = low + step * number
        y = _y(value, low, high)
        yield f'<line class="axis" x1="{_LEFT}" y1="{y:.1f}" x2="{_WIDTH - _RIGHT}" y2="{y:.1f}"/>'
        yield _text(_LEFT - 8, y + 4, _number(value), "end", "soft")


def _y(value: float, low: float, high: float) -> float:
    return _TOP + _HIGH * (high - value) / (high - low)


def _number(value: float) -> str:
    return f"{value:.4g}" if abs(value) > 1e-12 else "0"


def _said(text: str, most: int) -> str:
    line = one_line(str(text))
    return escape(line if len(line) <= most else f"{line[: most - 1]}…", quote=True)


def _text(x: float, y: float, words: str, anchor: str = "start", css: str = "") -> str:
    kind = f' class="{css}"' if css else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{kind}>{words}</text>'
