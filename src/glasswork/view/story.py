"""The tale of a run: what ``glasswork log show`` prints."""

from __future__ import annotations

import json
from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from glasswork.log.reader import Log
from glasswork.records import (
    Because,
    ConditionRead,
    HumanAnswered,
    MessageSent,
    ModelFailed,
    SandboxRan,
    SpeakerChosen,
)
from glasswork.view import theme
from glasswork.view.clean import one_line
from glasswork.view.parts import (
    act_block,
    data_block,
    how_chosen,
    leans_on_order,
    options_block,
    segment_lines,
    text_block,
    turning_point,
)
from glasswork.view.tale import Decision, Happening, Item, Round, Tale, tell
from glasswork.view.theme import Drawn, Glyphs, cut, label, labelled, number, said, seconds, styled


def story(log: Log, *, verbose: bool = False) -> RenderableType:
    """Tell a run from its beginning to its end, or to where it stands. ``verbose`` cuts nothing."""
    return Drawn(lambda glyphs: _Story(log, glyphs, verbose=verbose).whole())


class _Story:
    def __init__(self, log: Log, glyphs: Glyphs, *, verbose: bool) -> None:
        self.log = log
        self.tale: Tale = tell(log.events)
        self.glyphs = glyphs
        self.verbose = verbose
        self._told: set[str] = set()
        """Sandboxes whose gaps have been named: once is enough."""

    def whole(self) -> RenderableType:
        blocks = [self._header()]
        for each in self.tale.rounds:
            blocks += [Text(), self._round(each)]
        return Group(*blocks, Text(), self._end())

    def _lines(self, lines: int) -> int | None:
        return None if self.verbose else lines

    # --- header and end ---------------------------------------------------------------------------------------------

    def _header(self) -> RenderableType:
        about = self.log.about
        head = said(about.workflow, theme.HEAD).append_text(said(f"  {about.run}", theme.MUTED))
        grid = labelled(2)
        when = f"{about.created[:19].replace('T', ' ')} UTC"
        dot = self.glyphs.dot
        grid.add_row(
            label("when"), cut(said(f"{when} {dot} model {about.model or 'not named'} {dot} seed {about.seed}"))
        )
        if about.inputs:
            grid.add_row(label("asked"), data_block(about.inputs, self.glyphs, lines=self._lines(6)))
        grid.add_row(label("state"), self._state())
        return Group(head, grid)

    def _state(self) -> Text:
        end, dot = self.tale.finished, self.glyphs.dot
        state = end.state if end else "running" if self.log.writer else "cut off"
        text = self.glyphs.of_state(state).append(f" {state}")
        if end and end.reason:
            text.append_text(said(f": {one_line(end.reason)}"))
        text.append(f"  {seconds(end.seconds if end else self._so_far())} {dot} {number(self.tale.calls)} calls {dot} ")
        text.append(f"{number(self.tale.usage.total)} tokens")
        if self.log.torn and not self.log.writer:
            text.append(" (its end is half-written)", style=theme.WARN)
        return text

    def _so_far(self) -> float:
        entries = self.log.entries
        return (entries[-1].time - entries[0].time).total_seconds() if entries else 0.0

    def _end(self) -> RenderableType:
        end = self.tale.finished
        if end is None:
            return styled("The run has not ended.", theme.WARN)
        grid = labelled(0)
        grid.add_row(label("end", 0), self._state())
        if end.outputs:
            grid.add_row(label("gave", 0), data_block(end.outputs, self.glyphs, lines=self._lines(6)))
        return grid

    # --- a round of a step ------------------------------------------------------------------------------------------

    def _round(self, each: Round) -> RenderableType:
        return Group(self._round_head(each), *(self._item(item, each) for item in each.items), *self._reason(each))

    def _round_head(self, each: Round) -> RenderableType:
        kind = each.started.kind if each.started else ""
        who = each.started.agent if each.started and each.started.agent else kind
        state = "not ended" if each.state == "running" and not self.log.writer else each.state
        facts = [who, f"round {each.round}" if each.round > 1 else "", state]
        facts += [seconds(each.finished.seconds) if each.finished and each.finished.seconds else ""]
        text = self.glyphs.of_state(each.state).append(" ").append_text(said(each.step, theme.HEAD))
        return cut(text.append_text(said("  " + f" {self.glyphs.dot} ".join(filter(None, facts)), theme.MUTED)))

    def _reason(self, each: Round) -> Iterable[RenderableType]:
        if each.finished and each.finished.reason:
            yield self._row("since", text_block(each.finished.reason, self.glyphs, lines=self._lines(3)))

    def _row(self, name: str, body: RenderableType) -> RenderableType:
        grid = labelled(2)
        grid.add_row(label(name), body)
        return grid

    def _item(self, item: Item, each: Round) -> RenderableType:
        if isinstance(item, Decision):
            return self._decision(item, titled=item.id != f"{each.step}#{each.round}")
        return self._row(*self._other(item))

    def _other(self, item: Happening) -> tuple[str, RenderableType]:
        """Return the label and the body of anything but a decision."""
        match item:
            case ConditionRead():
                return "if", self._condition(item)
            case SandboxRan():
                return "ran", self._sandbox(item)
            case SpeakerChosen():
                return "next", options_block(item.options, item.choice, self.glyphs)
            case HumanAnswered():
                return "asked", self._human(item)
            case MessageSent():
                text = text_block(item.text, self.glyphs, lines=self._lines(4))
                return f"{item.turn}", Group(said(item.source, theme.HEAD), text)
        return "retry" if item.will_retry else "failed", self._failure(item)

    # --- a decision -------------------------------------------------------------------------------------------------

    def _decision(self, decision: Decision, *, titled: bool) -> RenderableType:
        grid = labelled(2)
        if titled:
            agent = decision.started.agent if decision.started else ""
            grid.add_row(label(""), said(f"{agent} ({decision.id})", theme.HEAD))
        if decision.started:
            grid.add_row(label("saw"), segment_lines(decision.started.segments))
        for failure in decision.failures:
            grid.add_row(label("retry" if failure.will_retry else "failed"), self._failure(failure))
        if decision.planned:
            grid.add_row(label("plan"), self._plan(decision))
        if decision.acted:
            pointer = f"glasswork log why {self.log.about.run[-4:]} {decision.id}"
            act = act_block(decision.acted, self.glyphs, lines=self._lines(12), pointer=pointer)
            grid.add_row(label("act"), act)
        grid.add_row(label("why"), self._why(decision))
        return grid

    def _plan(self, decision: Decision) -> RenderableType:
        planned = decision.planned
        assert planned is not None
        parts: list[RenderableType] = []
        if planned.thinking.strip():
            parts.append(text_block(planned.thinking, self.glyphs, lines=self._lines(2)))
        if len(planned.options) > 1 or self.verbose:
            parts.append(options_block(planned.options, planned.choice, self.glyphs))
        else:
            parts += [said(f"{self.glyphs.chosen} {one_line(option.text)}") for option in planned.options]
        if leans_on_order(planned) or planned.sampled or self.verbose:
            parts.append(how_chosen(planned))
        return Group(*parts)

    def _why(self, decision: Decision) -> RenderableType:
        explained = decision.explained
        if explained is None:
            return styled("no explanation was recorded", theme.WARN)
        grid = reasons(explained.because)
        share = theme.percent(explained.confidence).strip()
        last = said(f"{share} sure {self.glyphs.dot} would change if ", theme.MUTED)
        return Group(grid, last.append_text(said(turning_point(explained))))

    # --- the rest ---------------------------------------------------------------------------------------------------

    def _condition(self, item: ConditionRead) -> RenderableType:
        values = ", ".join(f"{key} = {json.dumps(value, default=str)}" for key, value in item.values.items())
        text = said(item.expression).append(f" {self.glyphs.chosen} ", style=theme.MUTED)
        text.append("yes" if item.result else "no", style=theme.GOOD if item.result else theme.WARN)
        return text.append_text(said(f"  ({values})", theme.MUTED)) if values else text

    def _sandbox(self, item: SandboxRan) -> RenderableType:
        text = styled("passed", theme.GOOD) if item.passed else styled("failed", theme.BAD)
        argv, dot = " ".join(item.argv), self.glyphs.dot
        text.append_text(said(f"  {argv}  {item.backend} {dot} {seconds(item.seconds)}", theme.MUTED))
        parts: list[RenderableType] = [cut(text)]
        if not item.passed:
            parts.append(text_block(item.report, self.glyphs, lines=self._lines(6)))
        if item.not_contained and item.backend not in self._told:
            self._told.add(item.backend)
            parts.append(said(f"not contained: {', '.join(item.not_contained)}", theme.MUTED))
        return Group(*parts)

    def _failure(self, item: ModelFailed) -> RenderableType:
        stage = item.place.partition("/")[2]
        text = said(f"{stage}, attempt {item.attempt}: ", theme.MUTED).append_text(said(item.code, theme.WARN))
        return cut(text.append_text(said(f"  {one_line(item.message)}")))

    def _human(self, item: HumanAnswered) -> RenderableType:
        answer = styled("yes" if item.approved else "no", theme.GOOD if item.approved else theme.BAD)
        return said(f"{item.question}  ").append_text(answer).append_text(said(f"  {item.note}" if item.note else ""))


def reasons(because: tuple[Because, ...]) -> Table:
    """List reasons, each with the segment it cites."""
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(ratio=1)
    for reason in because:
        grid.add_row(said(reason.segment, theme.CITED), said(reason.why))
    return grid
