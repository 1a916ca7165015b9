"""Pieces that more than one view shows: options weighed, an act, data, what was cut."""

from __future__ import annotations

import json
from typing import Any

from rich.console import Group, RenderableType
from rich.syntax import Syntax
from rich.text import Text

from glasswork.records import Acted, Explained, Option, Planned, Segment
from glasswork.view import theme
from glasswork.view.clean import clean, first_lines, one_line
from glasswork.view.theme import Glyphs, Rows, said, styled


def options_block(options: tuple[Option, ...], choice: str, glyphs: Glyphs, *, whole: bool = False) -> RenderableType:
    """Draw the options weighed, each with a bar and its probability, the choice marked; a line each, or ``whole``."""
    shares = [("<" if option.censored else "") + theme.percent(option.probability).strip() for option in options]
    labels = [clean(option.label) for option in options]
    across, wide = (max(map(len, cells), default=0) for cells in (labels, shares))
    rows = Rows()
    for option, name, share in zip(options, labels, shares, strict=True):
        chosen = option.label == choice
        style = theme.CHOSEN if chosen else ""
        head = styled(glyphs.chosen if chosen else " ", style).append(f" {name:<{across}} ", style=style)
        head.append_text(glyphs.bar_of(option.probability)).append(f" {share:>{wide}}", style=style)
        rows.add_row(head, said(option.text, style) if whole else theme.cut(one_line(option.text), style))
    return rows


def how_chosen(planned: Planned) -> Text:
    """Say how the choice came about."""
    ruled = planned.orders == 0 and len(planned.options) > 1
    if planned.forced:
        whose = "; the rule is against it" if ruled else "; the probabilities are the model's"
        return styled(f"chosen by a person{whose}", theme.WARN)
    if ruled:
        return styled("by a rule, and no draw", theme.MUTED)
    if planned.orders == 0:
        return styled("the only option: nothing was weighed", theme.MUTED)
    how = "drawn by probability" if planned.sampled else "the most probable"
    if planned.read == "votes":
        share = f"{planned.order_consistency:.0%} of {planned.orders} votes"
        return styled(f"{'drawn by votes' if planned.sampled else 'most voted for'}: {share}", theme.MUTED)
    alone = ", by the reasoning alone" if planned.read == "reasoning" else ""
    return styled(f"{how} of {len(planned.options)}{alone}", theme.MUTED).append_text(in_orders(planned))


def in_orders(planned: Planned) -> Text:
    """Say in how many of the orders asked the choice came first, loudly where that is few."""
    if planned.orders < 2:
        return Text()
    share = f"first in {planned.order_consistency:.0%} of {planned.orders} orders"
    if leans_on_order(planned):
        return styled(f"; {share}: it leans on the order of the options", theme.WARN)
    return styled(f"; {share}", theme.MUTED)


def leans_on_order(planned: Planned) -> bool:
    """Tell whether another order of the options might well have changed the choice."""
    few = planned.orders > 1 and planned.order_consistency < theme.LOW_CONSISTENCY
    return few and planned.read != "votes"


def act_block(acted: Acted, glyphs: Glyphs, *, lines: int | None, pointer: str = "") -> RenderableType:
    """Show what was done: code as code, lists as items, fields by name, prose as it stands; cut to ``lines``."""
    body = _act(acted, glyphs, lines, pointer)
    return Group(styled("written by a person", theme.WARN), body) if acted.edited else body


def _act(acted: Acted, glyphs: Glyphs, lines: int | None, pointer: str) -> RenderableType:
    if acted.produces == "code":
        return _block(_code, acted.text, glyphs, lines, pointer)
    if isinstance(acted.data, list):
        return data_block(acted.data, glyphs, lines=lines, pointer=pointer)
    if isinstance(acted.data, dict) and acted.produces == "fields":
        return data_block(acted.data, glyphs, lines=lines, pointer=pointer)
    return _block(said, acted.text, glyphs, lines, pointer)


def text_block(text: str, glyphs: Glyphs, *, lines: int | None, pointer: str = "") -> RenderableType:
    """Show prose, cut to ``lines``."""
    return _block(said, text, glyphs, lines, pointer)


def data_block(data: Any, glyphs: Glyphs, *, lines: int | None, pointer: str = "") -> RenderableType:
    """Show JSON data for people: a list's items, or a mapping's keys and values, cut to ``lines`` of them."""
    grid = Rows()
    rows = list(data.items()) if isinstance(data, dict) else [(glyphs.item, item) for item in data]
    shown = rows if lines is None else rows[:lines]
    for name, value in shown:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
        body = text_block(text, glyphs, lines=lines and min(lines, 3))
        grid.add_row(said(str(name), theme.MUTED), body)
    left = len(rows) - len(shown)
    return Group(grid, more(left, glyphs, pointer, "entries")) if left else grid


def more(count: int, glyphs: Glyphs, pointer: str = "", what: str = "lines") -> Text:
    """Say that something was left out, and where it stands whole."""
    unit = {"lines": "line", "entries": "entry"}[what] if count == 1 else what
    where = f": {pointer}" if pointer else ""
    return said(f"{glyphs.more} {count} more {unit}{where}", theme.MUTED)


def segment_lines(segments: tuple[Segment, ...], *, cited: frozenset[str] = frozenset()) -> RenderableType:
    """Name the segments seen, one a line: id, source, first words."""
    sources = max((min(24, len(segment.source)) for segment in segments), default=0)
    lines = []
    for segment in segments:
        source = styled(one_line(segment.source), theme.MUTED)
        source.truncate(sources, overflow="ellipsis", pad=True)
        style = theme.CITED if segment.id in cited or not cited else theme.MUTED
        line = styled(f"{segment.id:<2} ", style).append_text(source)
        lines.append(theme.cut(line.append(f" {one_line(segment.text) or '(empty)'}")))
    return Group(*lines) if lines else styled("nothing", theme.MUTED)


def _block(make: Any, text: str, glyphs: Glyphs, lines: int | None, pointer: str) -> RenderableType:
    kept, left = (clean(text).strip("\n"), 0) if lines is None else first_lines(text, lines)
    return Group(make(kept), more(left, glyphs, pointer)) if left else make(kept)


def _code(text: str) -> RenderableType:
    return Syntax(clean(text), "python", theme="ansi_dark", background_color="default", word_wrap=True)


def turning_point(explained: Explained) -> str:
    """Return what would have changed a decision, to stand after "would change if"."""
    text = one_line(explained.would_change_if)
    return (text[3:] if text[:3].lower() == "if " else text) or "not said"
