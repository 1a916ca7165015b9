"""Two runs side by side: what ``glasswork log diff`` prints."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from glasswork.records import Acted, Planned, RunForked
from glasswork.view import theme
from glasswork.view.clean import clean, one_line
from glasswork.view.comparing import Comparison, Outcome, Pair, Parting, Total
from glasswork.view.lines import line
from glasswork.view.marks import forked
from glasswork.view.parts import more, options_block
from glasswork.view.theme import Drawn, Glyphs, cut, money, number, said, styled

LINES = 12
"""Lines of a text that are shown where it differs."""
SHORT = 24
"""Characters of a step's field that are shown in the table."""
LONG = 160
"""Characters of a line that are shown; of a longer one, those around the first that differs."""


def diff(comparison: Comparison, *, verbose: bool = False) -> RenderableType:
    """Show where two runs part, and how they came out. ``verbose`` cuts nothing."""
    return Drawn(lambda glyphs: _Page(comparison, glyphs, verbose=verbose).whole())


class _Page:
    def __init__(self, comparison: Comparison, glyphs: Glyphs, *, verbose: bool) -> None:
        self.found = comparison
        self.glyphs = glyphs
        self.verbose = verbose

    def whole(self) -> RenderableType:
        parts = [self._head()]
        if self.found.parting is not None:
            parts += [Text(), *self._parting(self.found.parting)]
        if not self.found.same:
            parts += [Text(), *self._outcomes()]
        return Group(*parts)

    # --- head -------------------------------------------------------------------------------------------------------

    def _head(self) -> RenderableType:
        found, grid = self.found, theme.labelled(0)
        for name, log in (("A", found.a), ("B", found.b)):
            text = said(log.about.workflow, theme.HEAD).append_text(said(f"  {log.about.run}", theme.MUTED))
            grid.add_row(theme.label(name, 0), cut(text))
        if found.fork:
            grid.add_row(theme.label("fork", 0), said(self._fork()))
        for one in found.asked:
            sides = f"{_value(one.old)} {self.glyphs.margin} {_value(one.new)}"
            grid.add_row(theme.label("asked", 0), cut(said(f"{one.path}  {sides}")))
        grid.add_row(theme.label("events", 0), self._counts())
        if found.redacted:
            gone = f"what {found.redacted} of them said was taken out, and is not compared"
            grid.add_row(theme.label("", 0), styled(gone, theme.WARN))
        return grid

    def _fork(self) -> str:
        of = {"a": ("A is a fork of B", self.found.a), "b": ("B is a fork of A", self.found.b)}
        if self.found.fork not in of:
            parent = self.found.a.about.parent
            return f"both are forks of {parent.run if parent else 'one run'}"
        what, log = of[self.found.fork]
        last = [event for event in log.events if isinstance(event, RunForked)][-1:]
        return what + "".join(f": {forked(event)}" for event in last)

    def _counts(self) -> Text:
        found = self.found
        if found.same:
            text = styled(f"all {number(found.shared)} events are alike, but for times", theme.GOOD)
        elif found.parting is None:
            text = said(f"all {number(found.shared)} events are alike")
        else:
            text = said(f"{number(found.alike)} alike, then they part; {number(found.shared)} are in both")
        sizes = f"  ({number(len(found.a.entries))} in A, {number(len(found.b.entries))} in B)"
        text.append(sizes, style=theme.MUTED)
        return text

    # --- the parting ------------------------------------------------------------------------------------------------

    def _parting(self, parting: Parting) -> Iterator[RenderableType]:
        at = [f"event {each.seq} of {name}" for name, each in (("A", parting.a), ("B", parting.b)) if each]
        title = styled("They part at ", theme.HEAD).append(" and ".join(at), style=theme.HEAD)
        where = line(parting.event).partition(": ")[0] if parting.difference else ""
        yield title.append_text(said(f"  {where} {parting.event.type}".rstrip(), theme.MUTED))
        yield Padding(self._sides(parting), (0, 0, 0, 2))

    def _sides(self, parting: Parting) -> RenderableType:
        a, b = parting.a, parting.b
        if a is None or b is None:
            nothing = styled("nothing of the kind", theme.MUTED)
            return self._table(*(said(line(each.event, each.seq)) if each else nothing for each in (a, b)))
        if isinstance(a.event, Planned) and isinstance(b.event, Planned):
            sides = [options_block(one.options, one.choice, self.glyphs, whole=True) for one in (a.event, b.event)]
            return self._table(*sides)
        if isinstance(a.event, Acted) and isinstance(b.event, Acted) and a.event.text != b.event.text:
            return self._texts(a.event.text, b.event.text)
        assert parting.difference is not None, "both have it, so it differs"
        path, old, new = parting.difference
        return Group(said(path, theme.LABEL), self._values(old, new))

    def _values(self, old: Any, new: Any) -> RenderableType:
        if isinstance(old, str) and isinstance(new, str):
            return self._texts(old, new)
        return self._table(said(_value(old), theme.BAD), said(_value(new), theme.GOOD))

    def _texts(self, old: str, new: str, lines: int = LINES) -> RenderableType:
        """Set two texts side by side: the lines that differ, each with one that does not before and after."""
        rows = list(_rows(clean(old).splitlines(), clean(new).splitlines()))
        shown = rows if self.verbose else rows[:lines]
        table = self._columns()
        for kind, left, right in shown:
            if kind == "gap":
                table.add_row(styled(left, theme.MUTED), styled(right, theme.MUTED))
                continue
            styles = ("", "") if kind == "equal" else (theme.BAD, theme.GOOD)
            pair = (left, right) if self.verbose else _around(left, right)
            table.add_row(*(Text(side, style) for side, style in zip(pair, styles, strict=True)))
        left_out = len(rows) - len(shown)
        return Group(table, more(left_out, self.glyphs, "--verbose")) if left_out else table

    def _table(self, left: RenderableType, right: RenderableType) -> Table:
        table = self._columns()
        table.add_row(left, right)
        return table

    def _columns(self, first: int = 0) -> Table:
        """Return two columns of equal width, after one of ``first`` characters where that is not 0."""
        grid = Table.grid(padding=(0, 2, 0, 0), expand=True)
        if first:
            grid.add_column(width=first, overflow="ellipsis", no_wrap=True)
        grid.add_column(ratio=1, overflow="fold")
        grid.add_column(ratio=1, overflow="fold")
        return grid

    # --- how it came out --------------------------------------------------------------------------------------------

    def _outcomes(self) -> Iterator[RenderableType]:
        width = min(24, max([6, *(len(pair.name) for pair in self.found.steps if not pair.alike)]))
        table = self._columns(width)
        table.add_row(*(styled(name, theme.MUTED) for name in ("step", "A", "B")))
        for pair in self.found.steps:
            if not pair.alike:
                table.add_row(said(pair.name), *(self._outcome(side, pair) for side in (pair.a, pair.b)))
        table.add_row(styled("in all", theme.HEAD), *(self._total(total) for total in self.found.totals))
        yield table
        alike = [pair.name for pair in self.found.steps if pair.alike]
        if alike:
            names = ", ".join(alike if self.verbose else alike[:LINES])
            left = f" and {len(alike) - LINES} more" if len(alike) > LINES and not self.verbose else ""
            yield said(f"alike: {names}{left}", theme.MUTED)
        yield from self._outputs()

    def _outcome(self, side: Outcome | None, pair: Pair) -> RenderableType:
        if side is None:
            return styled("did not run", theme.MUTED)
        dot = f" {self.glyphs.dot} "
        text = self.glyphs.of_state(side.state).append(f" {side.state}")
        took = [f"{number(side.calls)} calls", f"{number(side.tokens)} tokens"] if side.calls else []
        parts: list[RenderableType] = [cut(text.append_text(said("  " + dot.join(took), theme.MUTED)))]
        chosen = [f"{self.glyphs.chosen} {one_line(choice)}" for choice in side.choices]
        parts += [said(choice) for choice in (chosen if self.verbose else chosen[:3])]
        other = pair.b if side is pair.a else pair.a
        if other is not None:
            parts += [
                said(f"{name} {_short(value)}", theme.MUTED)
                for name, value in side.output.items()
                if other.output.get(name) != value
            ]
        return Group(*parts)

    def _total(self, total: Total) -> RenderableType:
        text = self.glyphs.of_state(total.state).append(f" {total.state}")
        dot = f" {self.glyphs.dot} "
        took = [f"{number(total.calls)} calls", f"{number(total.usage.total)} tokens"]
        took += [f"cost {money(total.money)}"] if total.money else []
        return cut(text.append_text(said("  " + dot.join(took), theme.MUTED)))

    def _outputs(self) -> Iterator[RenderableType]:
        a, b = (total.outputs for total in self.found.totals)
        alike = [name for name in a if name in b and a[name] == b[name]]
        for name in {**a, **b}:
            if name not in alike:
                yield Group(Text(), said(f"gave {name}", theme.HEAD))
                yield Padding(self._values(a.get(name, ""), b.get(name, "")), (0, 0, 0, 2))
        if alike:
            yield Group(Text(), said(f"gave alike: {', '.join(alike)}", theme.MUTED))


def _short(value: Any) -> str:
    """Return a value where it is short, else that it is another."""
    text = one_line(_value(value))
    return text if len(text) <= SHORT else "is another"


def _value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _rows(old: list[str], new: list[str]) -> Iterator[tuple[str, str, str]]:
    """Yield rows of a side-by-side diff: ``equal``, ``change``, or ``gap`` where lines that are alike are left out."""
    for kind, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            for offset in range(max(b - a, d - c)):
                left = old[a + offset] if a + offset < b else ""
                right = new[c + offset] if c + offset < d else ""
                yield "change", left, right
            continue
        kept = [n for n in range(b - a) if (n == 0 and a) or (n == b - a - 1 and b < len(old)) or b - a <= 2]
        yield from _equal(old, new, (a, b, c), kept)


def _equal(old: list[str], new: list[str], at: tuple[int, int, int], kept: list[int]) -> Iterator[tuple[str, str, str]]:
    a, b, c = at
    left_out = b - a - len(kept)
    gap = f"… {left_out} line{'' if left_out == 1 else 's'} alike"
    if left_out and 0 not in kept:
        yield "gap", gap, gap
    for n in kept:
        yield "equal", old[a + n], new[c + n]
        if left_out and n == 0:
            yield "gap", gap, gap


def _around(left: str, right: str) -> tuple[str, str]:
    """Cut two long lines to what is around the first character that differs."""
    if max(len(left), len(right)) <= LONG:
        return left, right
    pairs = zip(left, right, strict=False)
    same = next((n for n, (x, y) in enumerate(pairs) if x != y), min(len(left), len(right)))
    start = max(0, same - LONG // 4)
    return _window(left, start), _window(right, start)


def _window(text: str, start: int) -> str:
    end = start + LONG
    return ("…" if start else "") + text[start:end] + ("…" if len(text) > end else "")
