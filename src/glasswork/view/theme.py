"""Colours, signs and small shapes: the one place that decides how things look.

Every view is a :class:`Drawn`: it learns only when it is printed whether the terminal knows Unicode.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment
from rich.text import Text

from glasswork.view.clean import clean

MUTED = "dim"
HEAD = "bold"
LABEL = "cyan"
GOOD = "green"
BAD = "red"
WARN = "yellow"
CHOSEN = "bold green"
CITED = "magenta"

LABEL_WIDTH = 6
LOW_CONSISTENCY = 0.6
"""Below this share of orders a choice leans on the order its options were asked in, and the views say so."""


@dataclass(frozen=True)
class Glyphs:
    """The signs of one kind of terminal."""

    pending: str = "○"
    running: str = "●"
    done: str = "✓"
    failed: str = "✗"
    skipped: str = "⤼"
    cancelled: str = "⊘"
    waiting: str = "◔"
    again: str = "↻"
    opened: str = "▾"
    chosen: str = "▸"
    bar: str = "█"
    rest: str = "░"
    item: str = "•"
    margin: str = "│"
    dot: str = "·"
    more: str = "…"
    rule: str = "─"

    def of_state(self, state: str) -> Text:
        """Return the sign of a step's or a run's state, in its colour."""
        sign, style = {
            "pending": (self.pending, MUTED),
            "running": (self.running, WARN),
            "done": (self.done, GOOD),
            "failed": (self.failed, BAD),
            "skipped": (self.skipped, MUTED),
            "cancelled": (self.cancelled, MUTED),
            "waiting": (self.waiting, WARN),
            "again": (self.again, WARN),
        }.get(state, (self.failed, WARN))
        return styled(sign, style)

    def bar_of(self, share: float, width: int = 10) -> Text:
        """Draw a share between 0 and 1."""
        full = round(share * width)
        return styled(self.bar * full, GOOD).append(self.rest * (width - full), style=MUTED)


UNICODE = Glyphs()
ASCII = Glyphs("o", "*", "+", "x", ">", "-", "?", "@", "v", ">", "#", ".", "-", "|", "-", "...", "-")


@dataclass(frozen=True)
class Drawn:
    """A renderable that is built for the terminal it is printed on."""

    build: Callable[[Glyphs], RenderableType]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Build and print; a terminal without Unicode gets a question mark for each letter that it lacks."""
        for segment in console.render(self.build(glyphs_of(options)), options):
            text = segment.text
            if not segment.control and not (text.isascii() and text.isprintable()):
                text = clean(text)  # the last gate: whatever a view has forgotten ends here
            if options.ascii_only:
                text = text.replace("…", "~").encode("ascii", "replace").decode("ascii")
            yield segment if text == segment.text else Segment(text, segment.style, segment.control)


def glyphs_of(options: ConsoleOptions) -> Glyphs:
    """Return the signs that a terminal can show."""
    return ASCII if options.ascii_only else UNICODE


def said(text: str, style: str = "") -> Text:
    """Return text that somebody else wrote: cleaned, never read as markup."""
    return styled(clean(text), style)


def styled(text: str, style: str = "") -> Text:
    """Return text of our own whose style ends where it ends: what is appended to it does not inherit it."""
    return Text.assemble((text, style))


def cut(text: str | Text, style: str = "") -> Text:
    """Return text that stays on one line, however long it is."""
    made = text if isinstance(text, Text) else styled(text, style)
    made.no_wrap, made.overflow = True, "ellipsis"
    return made


class Rows:
    """Rows of a short head and what it is about, set beside it. Much quicker to draw than a table of two columns."""

    def __init__(self, width: int = 0) -> None:
        """Give all heads ``width`` columns, or as many as the longest takes."""
        self._width = width
        self._rows: list[tuple[Text, RenderableType]] = []

    def add_row(self, head: Text, body: RenderableType) -> None:
        """Add a row. A head is one line."""
        self._rows.append((head, body))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw all rows; where the heads would take more than half of the line, they are cut."""
        width = self._width or max((head.cell_len for head, _ in self._rows), default=0)
        width = min(width, options.max_width // 2)
        beside = options.update_width(max(1, options.max_width - width - 1))
        blank = Segment(" " * (width + 1))
        for head, body in self._rows:
            fitted = head.copy()
            fitted.truncate(width, overflow="ellipsis", pad=True)
            first: list[Segment] = [*fitted.render(console), Segment(" ")]
            for line in console.render_lines(body, beside, pad=False) or [[]]:
                yield from first
                yield from line
                yield Segment.line()
                first = [blank]


def labelled(indent: int = 2) -> Rows:
    """Return empty rows for labels, and what they are about. Fill them with ``add_row(label(...), ...)``."""
    return Rows(LABEL_WIDTH + indent)


def label(text: str, indent: int = 2) -> Text:
    """Return the label of a row of :func:`labelled`."""
    return styled(" " * indent + text, LABEL)


def percent(share: float) -> str:
    """Write a share as a percentage, four characters wide."""
    return f"{round(share * 100):>3}%"


def number(value: int) -> str:
    """Write a count with thin groups: ``12 345``."""
    return f"{value:,}".replace(",", " ")


def money(value: float) -> str:
    """Write what something cost, in whatever currency the prices are in: ``3.20``, ``0.0042``."""
    return f"{value:.2f}" if value >= 1 else f"{value:.4f}"


def seconds(value: float) -> str:
    """Write a duration for people: ``0.4s``, ``42s``, ``3m 05s``, ``1h 02m``."""
    if value < 10:
        return f"{value:.1f}s"
    if value < 60:
        return f"{value:.0f}s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes}m {rest:02}s" if minutes < 60 else f"{minutes // 60}h {minutes % 60:02}m"
