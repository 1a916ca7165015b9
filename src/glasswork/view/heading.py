"""The head and the end of a run's tale."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.text import Text

from glasswork.games.werewolf.seeing import private_to
from glasswork.log.about import RunAbout
from glasswork.log.lock import EVENTS
from glasswork.log.reader import Entry, Log
from glasswork.log.runs import RunSummary
from glasswork.records import Redacted, RunFinished, RunStarted
from glasswork.view import theme
from glasswork.view.block import Manner
from glasswork.view.clean import one_line
from glasswork.view.lines import answer_of
from glasswork.view.parts import data_block
from glasswork.view.rounds import ASIDE
from glasswork.view.telling import Teller
from glasswork.view.theme import Glyphs, cut, label, labelled, money, number, said, seconds, styled


@dataclass(frozen=True)
class Heading:
    """What is known of a run before its events are read. ``calls`` and what follows: 0 where it is not known yet."""

    about: RunAbout
    state: str
    reason: str = ""
    seconds: float = 0.0
    calls: int = 0
    tokens: int = 0
    money: float = 0.0
    torn: bool = False
    """Whether its end is half-written, and nobody is writing it."""

    @property
    def manner(self) -> Manner:
        """How its rounds are told."""
        running = self.state == "running"
        return Manner(self.about.run[-4:], under_way=running, open_state="running" if running else "not ended")


def heading_of(summary: RunSummary, about: RunAbout) -> Heading:
    """Make the heading of a run that is on disk, from a glance at both ends of its log."""
    with (summary.path / EVENTS).open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 1))
        torn = size > 0 and file.read() != b"\n"
    return Heading(
        about,
        summary.state,
        summary.reason,
        seconds=summary.seconds,
        calls=summary.calls,
        tokens=summary.tokens,
        torn=torn and summary.state == "cut off",
    )


def heading_of_log(log: Log) -> Heading:
    """Make the heading of a run that has been read."""
    end = next((e for e in reversed(log.events) if not isinstance(e, ASIDE)), None)
    if not isinstance(end, RunFinished):
        state = "running" if log.writer else "cut off"
        entries = log.entries
        so_far = (entries[-1].time - entries[0].time).total_seconds() if entries else 0.0
        return Heading(log.about, state, seconds=so_far, torn=log.torn and not log.writer)
    return Heading(
        log.about,
        end.state,
        end.reason,
        seconds=end.seconds,
        calls=end.calls,
        tokens=end.usage.total,
        money=end.money,
    )


def head(heading: Heading, first: Entry | None, glyphs: Glyphs, *, whole: bool, verbose: bool) -> RenderableType:
    """Draw what is known before the rounds; ``whole`` as against the run's name alone."""
    about, dot = heading.about, glyphs.dot
    head = said(about.workflow, theme.HEAD).append_text(said(f"  {about.run}", theme.MUTED))
    if not whole:
        return head
    grid = labelled(2)
    when = f"{about.created[:19].replace('T', ' ')} UTC"
    grid.add_row(label("when"), cut(said(f"{when} {dot} model {about.model or 'not named'} {dot} seed {about.seed}")))
    if about.parent:
        text = said(f"{about.parent.run}, from event {about.parent.event} on")
        grid.add_row(label("fork"), cut(styled("of ").append_text(text)))
    started = first.event if first else None
    if isinstance(started, RunStarted) and started.inputs:
        grid.add_row(label("asked"), data_block(started.inputs, glyphs, lines=None if verbose else 6))
    elif isinstance(started, Redacted):
        grid.add_row(label("asked"), styled("taken out of this log", theme.WARN))
    grid.add_row(label("state"), _state(heading, glyphs))
    return Group(head, grid)


def _state(heading: Heading, glyphs: Glyphs) -> Text:
    text = glyphs.of_state(heading.state).append(f" {heading.state}")
    if heading.reason:
        text.append_text(said(f": {one_line(heading.reason)}"))
    facts = [seconds(heading.seconds)]
    if heading.calls:
        facts += [f"{number(heading.calls)} calls", f"{number(heading.tokens)} tokens"]
    facts += [f"cost {money(heading.money)}"] if heading.money else []
    text.append("  " + f" {glyphs.dot} ".join(facts))
    if heading.torn:
        text.append(" (its end is half-written)", style=theme.WARN)
    return text


class End:
    """How a run ended, or that it has not; what it handed back; what can be done next."""

    def __init__(self, heading: Heading, teller: Teller, manner: Manner) -> None:
        self._heading = heading
        self._teller = teller
        self._manner = manner

    def draw(self, glyphs: Glyphs) -> RenderableType:
        """Draw it."""
        end = self._teller.finished
        grid = labelled(0)
        grid.add_row(label("end", 0), self._state(glyphs))
        if end is not None and end.outputs:
            lines = None if self._manner.verbose else 6
            grid.add_row(label("gave", 0), data_block(end.outputs, glyphs, lines=lines))
        for what in self._next():
            grid.add_row(label("next", 0), said(what, theme.WARN))
        return grid

    def _state(self, glyphs: Glyphs) -> RenderableType:
        teller, end = self._teller, self._teller.finished
        if end is None and teller.first is not None and teller.last is not None:
            so_far = (teller.last.time - teller.first.time).total_seconds()
            dot = f" {glyphs.dot} "
            facts = [seconds(so_far), f"{number(teller.calls)} calls", f"{number(teller.usage.total)} tokens"]
            facts += [f"cost {money(teller.money)}"] if teller.money else []
            return styled("The run has not ended.", theme.WARN).append("  " + dot.join(facts) + " so far")
        if end is None:
            return styled("The run has not begun.", theme.WARN)
        tokens = end.usage.total
        state = Heading(self._heading.about, end.state, end.reason, end.seconds, end.calls, tokens, end.money)
        return _state(state, glyphs)

    def _next(self) -> Iterator[str]:
        run, end = self._manner.run, self._teller.finished
        for asked in self._teller.questions.values():
            name = private_to(asked)
            if name:
                yield f"glasswork log show {run} --see {name}"
            else:
                yield f"glasswork approve {run} {asked.decision or asked.step} {answer_of(asked)}"
        if end is None and self._manner.under_way:
            yield f"glasswork log tail {run}"
        elif end is None or end.state in {"interrupted", "budget", "waiting"}:
            more = " --budget NAME=VALUE" if end is not None and end.state == "budget" else ""
            yield f"glasswork resume {run}{more}"
