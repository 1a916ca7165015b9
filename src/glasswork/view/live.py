"""A run while it runs: a picture kept up to date on a terminal, or one plain line a milestone anywhere else."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from rich.cells import chop_cells
from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.text import Text

from glasswork.places import Place, outer, parse
from glasswork.records import Event, HumanAsked, ModelFailed, Notice, StepFinished, StepStarted
from glasswork.view import theme
from glasswork.view.clean import clean, one_line
from glasswork.view.lines import milestone, place_of
from glasswork.view.progress import Progress, StepLine, Writing
from glasswork.view.table_live import TableLines
from glasswork.view.task_graph import TaskGraphs
from glasswork.view.theme import Drawn, Glyphs, cut, number, said, seconds, styled

if TYPE_CHECKING:
    from rich.live import Live

StepOutline = tuple[str, str, str, Sequence[str]]
"""A step's id, kind, agent, and the ids that it needs."""

REFRESHES = 4
"""Pictures a second: enough to see a text grow, and cheap beside any model."""
_TAIL = 4
_TABLE = 12
"""Lines of a game that are kept in sight, where there is room."""


class View(Protocol):
    """What the command line tells of a run: a context manager that takes events and notices."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def event(self, event: Event, *, held: bool = False) -> None:
        """Take in an event that is on disk. ``held``: since an earlier sitting of this run."""

    def notice(self, notice: Notice) -> None:
        """Take in what is told besides events."""


def watching(console: Console, title: str, steps: Sequence[StepOutline], *, budget: int | None = None) -> View:
    """Return the view that suits where ``console`` prints. ``budget`` is in tokens."""
    if console.is_terminal and not console.is_dumb_terminal:
        return LiveView(console, title, steps, budget=budget)
    return PlainView(console)


class LiveView:
    """Draws the steps of a run in place, several times a second, whatever arrives in between."""

    def __init__(
        self, console: Console, title: str, steps: Sequence[StepOutline], *, budget: int | None = None
    ) -> None:
        self.progress = Progress(steps)
        self._console = console
        self._title = title
        self._budget = budget
        self._lock = threading.Lock()
        self._began = time.monotonic()
        self._live: Live | None = None
        self._tasks = TaskGraphs()
        self._tables = TableLines()
        self._table: deque[str] = deque(maxlen=_TABLE)

    def __enter__(self) -> Self:
        from rich.live import Live

        self._began = time.monotonic()
        self._live = Live(self, console=self._console, refresh_per_second=REFRESHES, transient=True)
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def event(self, event: Event, *, held: bool = False) -> None:
        """Take in an event; the next picture shows it."""
        with self._lock:
            self.progress.event(event, time.monotonic(), held=held)
            self._tasks.event(event, time.monotonic())
            self._table.extend(self._tables.take(event) or ())

    def notice(self, notice: Notice) -> None:
        """Take in a notice; the next picture shows it."""
        with self._lock:
            self.progress.notice(notice)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the picture as it stands, never higher or wider than the terminal."""
        height, width = max(3, console.size.height - 1), options.max_width
        yield Drawn(lambda glyphs: Group(*self._picture(width, height, glyphs)))

    def _picture(self, width: int, height: int, glyphs: Glyphs) -> list[Text]:
        now = time.monotonic()
        with self._lock:
            writing = list(self.progress.writing.values())[-1:]
            tail = _tail(writing[0], width, min(_TAIL, max(0, height - 4)), glyphs) if writing else []
            every = self.progress.lines
            steps = _fitting(every, height - 1 - len(tail))
            head = self._head(now, len(every) - len(steps), glyphs)
            room = height - 1 - len(steps) - len(tail)
            table = [said(line, theme.MUTED if line.startswith("    ") else "") for line in self._table]
            table += self._tasks.lines(now, glyphs)
            lines = [head, *(_step_line(step, now, glyphs) for step in steps), *table[-room:][:room], *tail]
        return [cut(line) for line in lines[:height]]

    def _head(self, now: float, hidden: int, glyphs: Glyphs) -> Text:
        tokens = f"{number(self.progress.tokens)} tokens"
        if self._budget is not None:
            tokens += f", {number(max(0, self._budget - self.progress.tokens))} left"
        facts = ["", seconds(now - self._began), f"{number(self.progress.calls)} calls", tokens]
        facts += [f"{hidden} steps not shown"] if hidden else []
        return styled(one_line(self._title), theme.HEAD).append(f" {glyphs.dot} ".join(facts), style=theme.MUTED)


class PlainView:
    """Prints one line a milestone, without moving the cursor: for files, pipes and simple terminals."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = time.monotonic()
        self._tables = TableLines()
        self._items: dict[str, tuple[int, int]] = {}
        """How many items of a ``for_each`` have ended, and how many there are."""

    def __enter__(self) -> Self:
        self._began = time.monotonic()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is held."""

    def event(self, event: Event, *, held: bool = False) -> None:
        """Print what an event means, where it is a milestone; of an earlier sitting, only which steps have ended."""
        self._count(event)
        table = self._tables.take(event)
        if table is None:
            self._print(self._of_old(event) if held else self._of_new(event))
        elif not held:
            for line in table:
                self._print(one_line(line), indent=len(line) - len(line.lstrip()))

    def _print(self, what: str, *, indent: int = 0) -> None:
        if what:
            line = Text(f"{time.monotonic() - self._began:7.1f}s  {' ' * indent}{one_line(what)}")
            self._console.print(Drawn(lambda _: line), soft_wrap=True)

    def _of_new(self, event: Event) -> str:
        """Say what happened; within an item of a ``for_each``, only that it ended, and what went wrong."""
        inside = within_item(place_of(event))
        if not inside and isinstance(event, StepFinished) and event.item:
            ended, items = self._items.get(event.step, (0, 0))
            return f"{milestone(event)} ({ended}/{items})"
        if inside or getattr(event, "item", False):
            return milestone(event) if isinstance(event, ModelFailed | HumanAsked) else ""
        return milestone(event)

    def _count(self, event: Event) -> None:
        match event:
            case StepStarted() if event.items is not None:
                self._items[event.step] = (0, event.items)
            case StepFinished() if event.item and event.step in self._items:
                ended, items = self._items[event.step]
                self._items[event.step] = (ended + 1, items)

    def _of_old(self, event: Event) -> str:
        if isinstance(event, StepFinished) and not event.item and outer(event.step) is None:
            return f"{event.step}: {event.state}, in an earlier sitting"
        return ""

    def notice(self, notice: Notice) -> None:
        """Pass over what is told besides events."""


def within_item(place: str) -> bool:
    """Whether a step or a decision belongs to an item of a ``for_each``."""
    found: Place | None = parse(place)
    while found is not None:
        if found.item:
            return True
        found = outer(found.step)
    return False


def _step_line(step: StepLine, now: float, glyphs: Glyphs) -> Text:
    outside = outer(step.id)
    name = step.id.removeprefix(f"{outside.decision}.") if outside else step.id
    running = step.state in {"running", "waiting"}
    line = styled("  " * min(step.depth, 4)).append_text(glyphs.of_state(step.state))
    line.append(f" {one_line(name)}", style=theme.HEAD if running else "")
    facts = [step.agent or step.kind, f"round {step.round}" if step.round > 1 else "", _items(step)]
    if step.state == "pending":
        facts.append(f"after {', '.join(step.needs)}" if step.needs else "")
    elif step.earlier:
        facts.append("earlier")
    elif running:
        facts.append(seconds(now - step.began))
    elif step.seconds:
        facts.append(seconds(step.seconds))
    text = "  " + f" {glyphs.dot} ".join(one_line(fact) for fact in [*facts, step.doing] if fact)
    return line.append(text, style="" if running else theme.MUTED)


def _items(step: StepLine) -> str:
    if step.items is None:
        return ""
    return f"{len(step.ended)}/{step.items}" + (f", {step.failed} failed" if step.failed else "")


def _fitting(steps: list[StepLine], room: int) -> list[StepLine]:
    """Choose the steps to show where not all fit: those that run, then the next, then the last that ended."""
    if len(steps) <= room:
        return steps
    order = {"running": 0, "waiting": 0, "failed": 1, "pending": 2}
    ranked = sorted(
        range(len(steps)), key=lambda n: (order.get(steps[n].state, 3), n if steps[n].state == "pending" else -n)
    )
    return [steps[n] for n in sorted(ranked[: max(1, room)])]


def _tail(writing: Writing, width: int, lines: int, glyphs: Glyphs) -> list[Text]:
    """Return the last lines of a text on its way, each as long as the terminal is wide."""
    room = max(8, width - 4)
    wrapped: list[str] = []
    for line in clean(writing.text[-room * lines * 2 :]).expandtabs(4).splitlines()[-lines:]:
        wrapped += chop_cells(line, room) or [""]
    return [styled(f"  {glyphs.margin} {line}", theme.MUTED) for line in wrapped[-lines:]] if lines else []
