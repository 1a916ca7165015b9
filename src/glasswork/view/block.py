"""One round of a step as the tale of a run shows it: its head, what happened in it, its decisions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from rich.console import Group, RenderableType
from rich.text import Text

from glasswork import places
from glasswork.games.werewolf.seeing import private_to
from glasswork.records import (
    Because,
    ConditionRead,
    DecisionChecked,
    HumanAnswered,
    HumanAsked,
    MatchFinished,
    MatchStarted,
    MessageSent,
    ModelFailed,
    Planned,
    RoundPlayed,
    SandboxRan,
    SandboxStarted,
    SpeakerChosen,
    TableHappened,
    ToolAnswered,
    ToolStarted,
    Weighed,
)
from glasswork.view import theme, verdicts
from glasswork.view.clean import one_line
from glasswork.view.lines import answer_of, aside, asks_health, call_words, granted, line, stop_words
from glasswork.view.parts import (
    act_block,
    how_chosen,
    leans_on_order,
    options_block,
    segment_lines,
    text_block,
    turning_point,
)
from glasswork.view.rounds import Decision, Happening, Item, Round
from glasswork.view.telling import Told
from glasswork.view.theme import Glyphs, Rows, cut, label, labelled, said, seconds, styled
from glasswork.view.thoughts import results_block


@dataclass(frozen=True)
class Manner:
    """How a run is told."""

    run: str
    """The run, as commands may call it."""
    verbose: bool = False
    """Whether nothing is cut."""
    under_way: bool = False
    """Whether somebody is writing its log."""
    open_state: str = "not ended"
    """What to call a round that has not ended where the log ends."""
    checks: Mapping[str, Mapping[str, DecisionChecked]] = field(default_factory=dict)
    """What tests of its decisions have found, by decision and measure: they come long after what they test."""
    part: str = ""
    """The part of it that is asked for; empty: all."""
    see: str = ""
    """As whom one looks on at a game of hidden roles, in words; empty: everything is told."""


class Block:
    """Draws one round, or the part of it that is told."""

    def __init__(self, told: Told, manner: Manner, glyphs: Glyphs, gaps: frozenset[str] = frozenset()) -> None:
        """Draw for a terminal with these signs. ``gaps``: the sandbox runs that say what is not contained, by place."""
        self.told = told
        self.round: Round = told.round
        self.manner = manner
        self.glyphs = glyphs
        self._gaps = gaps

    def whole(self) -> RenderableType:
        """Draw the head, and whatever happened."""
        items = [item for item in self.round.items if not _goes_without_saying(item)]
        return Group(self.head(), *(self._item(item) for item in items), *self._reason())

    def line(self) -> RenderableType:
        """Draw it in one line: how it ended, and the first words of what it made."""
        facts = [self._state(), seconds(self._seconds()) if self._seconds() else "", self._made()]
        return cut(self._name().append_text(self._facts(facts)))

    def head(self) -> RenderableType:
        """Draw the line that names the round and says how it stands."""
        begun, finished = self.round.begun, self.round.finished
        who = begun.agent or begun.kind if begun else ""
        facts = [who, f"round {self.round.round}" if self.round.round > 1 else ""]
        if self.told.part == "beginning":
            items = begun.items if begun else None
            facts.append("" if items is None else f"for each of {items} item{'' if items == 1 else 's'}")
            return cut(self._name(self.glyphs.opened).append_text(self._facts(facts)))
        goes_on = self.round.started is None and self.round.before is not None and self.told.part != "end"
        goes_on = goes_on and self.round.before is not None and self.round.before.kind != "loop"
        facts += ["goes on" if goes_on else "", self._state(), seconds(self._seconds()) if self._seconds() else ""]
        failed = finished.output.get("failed") if finished and begun and begun.items else 0
        facts.append(f"{failed} of {begun.items} items failed" if failed and begun else "")
        return cut(self._name().append_text(self._facts(facts)))

    def _name(self, sign: str = "") -> Text:
        """Name the round after its sign; a step of a sub-workflow after the step that runs it."""
        text = styled(sign, theme.MUTED) if sign else self.glyphs.of_state(self._sign())
        step = self.round.step
        outside = places.outer(step)
        own = step.removeprefix(f"{outside.decision}.") if outside else step
        if self.round.item:
            own = places.decision_id(own, self.round.round, item=self.round.item)
        text.append(" ").append_text(said(f"{outside.decision}." if outside else "", theme.MUTED))
        return text.append_text(said(own, theme.HEAD))

    def _facts(self, facts: list[str]) -> Text:
        return said("  " + f" {self.glyphs.dot} ".join(filter(None, facts)), theme.MUTED)

    def _sign(self) -> str:
        if self.round.finished:
            return self.round.finished.state
        if self._asks():
            return "waiting"
        if self.told.part == "open" and not self.manner.under_way:
            return "cut off"
        return "done" if self.round.over else "again" if self.round.turned else "running"

    def _state(self) -> str:
        if self.round.finished:
            return self.round.finished.state
        if self.round.over:
            return ""
        if self._asks():
            return "waiting"
        if self.told.part == "so far":
            return "again" if self.round.turned else "so far"
        return self.manner.open_state

    def _asks(self) -> bool:
        return any(isinstance(item, HumanAsked) for item in self.round.items)

    def _seconds(self) -> float:
        return self.round.finished.seconds if self.round.finished else 0.0

    def _made(self) -> str:
        finished = self.round.finished
        if finished and finished.reason:
            return one_line(finished.reason)
        acted = [item.acted for item in self.round.items if isinstance(item, Decision) and item.acted]
        if acted:
            return one_line(acted[-1].text) or json.dumps(acted[-1].data, ensure_ascii=False, default=str)
        values = finished.output.values() if finished else ()
        return next((one_line(value) for value in values if isinstance(value, str) and value.strip()), "")

    # --- what happened ----------------------------------------------------------------------------------------------

    def _lines(self, lines: int) -> int | None:
        return None if self.manner.verbose else lines

    def _reason(self) -> Iterator[RenderableType]:
        if self.round.finished and self.round.finished.reason:
            yield self._row("since", text_block(self.round.finished.reason, self.glyphs, lines=self._lines(3)))

    def _row(self, name: str, body: RenderableType) -> RenderableType:
        grid = labelled(2)
        grid.add_row(label(name), body)
        return grid

    def _item(self, item: Item) -> RenderableType:
        return self._decision(item) if isinstance(item, Decision) else self._row(*self._other(item))

    def _other(self, item: Happening) -> tuple[str, RenderableType]:
        """Return the label and the body of anything but a decision."""
        match item:
            case ConditionRead():
                row = "if", self._condition(item)
            case SandboxStarted():
                row = "ran", self._began(item)
            case SandboxRan():
                row = "ran", self._sandbox(item)
            case ToolStarted() | ToolAnswered():
                row = "tool", self._call(item)
            case SpeakerChosen():
                row = "next", options_block(item.options, item.choice, self.glyphs)
            case HumanAsked():
                row = "asked", self._open_question(item)
            case HumanAnswered():
                row = "asked", self._human(item)
            case MatchStarted() | RoundPlayed() | MatchFinished() | TableHappened() | Weighed():
                row = "game", said(line(item))
            case MessageSent():
                text = text_block(item.text, self.glyphs, lines=self._lines(4))
                row = f"{item.turn}", Group(said(item.source, theme.HEAD), text)
            case _:
                row = "retry" if item.will_retry else "failed", self._failure(item)
        return row

    def _condition(self, item: ConditionRead) -> RenderableType:
        values = ", ".join(f"{key} = {json.dumps(value, default=str)}" for key, value in item.values.items())
        text = said(item.expression).append(f" {self.glyphs.chosen} ", style=theme.MUTED)
        text.append("yes" if item.result else "no", style=theme.GOOD if item.result else theme.WARN)
        return text.append_text(said(f"  ({values})", theme.MUTED)) if values else text

    def _began(self, item: SandboxStarted) -> RenderableType:
        text = styled("began", theme.WARN).append_text(said(f"  {' '.join(item.argv)}  ", theme.MUTED))
        again = "it may run again" if item.idempotent else "it is not to run again by itself"
        return text.append(f"no end was recorded: {again}", style=theme.MUTED)

    def _sandbox(self, item: SandboxRan) -> RenderableType:
        text = styled("passed", theme.GOOD) if item.passed else styled("failed", theme.BAD)
        argv, dot = " ".join(item.argv), self.glyphs.dot
        text.append_text(said(f"  {argv}  {item.backend} {dot} {seconds(item.seconds)}", theme.MUTED))
        if item.reason != "exit":
            text.append(f" {dot} ", style=theme.MUTED).append(f"stopped: {stop_words(item.reason)}", style=theme.WARN)
        parts: list[RenderableType] = [cut(text)]
        if not item.passed:
            parts.append(text_block(item.report, self.glyphs, lines=self._lines(6)))
        if item.results:
            parts.append(said(self._numbers(item.results)))
        if item.truncated:
            parts.append(said(f"its output was cut to {item.limits.get('output_kb', '?')} kB a stream", theme.WARN))
        if item.refused:
            parts.append(said(f"not taken back: {', '.join(item.refused)}", theme.WARN))
        if item.network:
            parts.append(said(f"network: {granted(item.network)}", theme.MUTED))
        if denied := [each for each in item.connections if not each.get("allowed")]:
            asked = ", ".join(f"{each.get('host') or '?'}:{each.get('port')}" for each in denied)
            parts.append(said(f"not connected, as nobody allowed it: {asked}", theme.WARN))
        if item.not_contained and item.place in self._gaps:
            parts.append(said(f"not contained: {', '.join(item.not_contained)}", theme.MUTED))
        return Group(*parts)

    def _numbers(self, results: Mapping[str, float]) -> str:
        """Tell what an experiment left."""
        most = self._lines(8) or len(results)
        told = ", ".join(f"{name} = {value:.4g}" for name, value in [*results.items()][:most])
        return told + (f", and {len(results) - most} more" if len(results) > most else "")

    def _call(self, item: ToolStarted | ToolAnswered) -> RenderableType:
        """Tell a call of a tool model: for which task, and what came of it."""
        stage = places.parse(item.place).stage
        task = "" if asks_health(item) else f"{stage.partition('/')[0]}  "
        text = said(call_words(item), theme.BAD if isinstance(item, ToolAnswered) and item.error else "")
        if isinstance(item, ToolStarted):
            text.append("  no end was recorded", style=theme.WARN)
        told = said(task, theme.MUTED).append_text(text)
        return told if self.manner.verbose else cut(told)

    def _failure(self, item: ModelFailed) -> RenderableType:
        text = said(f"{places.parse(item.place).stage}, attempt {item.attempt}: ", theme.MUTED)
        text.append_text(said(item.code, theme.WARN))
        return cut(text.append_text(said(f"  {one_line(item.message)}")))

    def _open_question(self, item: HumanAsked) -> RenderableType:
        if self.told.part != "open":
            return said(f"{item.question}  ").append("no answer by then", style=theme.MUTED)
        name = item.decision or item.step
        if private_to(item):
            return said(item.question)
        how = f"waits for an answer: glasswork approve {self.manner.run} {name} {answer_of(item)}"
        return Group(said(item.question), said(how, theme.WARN))

    def _human(self, item: HumanAnswered) -> RenderableType:
        words = one_line(item.choice) or ("yes" if item.approved else "no")
        answer = said(words, theme.GOOD if item.approved else theme.BAD)
        text = said(f"{item.question}  ").append_text(answer)
        text.append_text(said(f"  {item.note}" if item.note else ""))
        return text.append_text(said(f"  by {item.by}" if item.by else "", theme.MUTED))

    # --- a decision -------------------------------------------------------------------------------------------------

    def _decision(self, decision: Decision) -> RenderableType:
        grid = labelled(2)
        if places.parse(decision.id).turn:
            agent = decision.started.agent if decision.started else ""
            grid.add_row(label(""), said(f"{agent} ({decision.id})".strip(), theme.HEAD))
        if decision.started:
            grid.add_row(label("saw"), segment_lines(decision.started.segments))
        for failure in decision.failures:
            grid.add_row(label("retry" if failure.will_retry else "failed"), self._failure(failure))
        pointer = f"glasswork log why {self.manner.run} {decision.id}"
        if decision.thoughts:
            grid.add_row(label("think"), results_block(decision.thoughts, decision.thought, self.glyphs, pointer))
        if decision.planned:
            grid.add_row(label("plan"), self._plan(decision.planned, thought=bool(decision.thoughts)))
        if decision.acted:
            act = act_block(decision.acted, self.glyphs, lines=self._lines(12), pointer=pointer)
            grid.add_row(label("act"), act)
        verdict = verdicts.of_decision(self.manner.checks.get(decision.id, {}), self.glyphs)
        why = self._why(decision, verdict)
        if why is not None:
            sign = styled(verdict.sign, verdict.style) if verdict and decision.explained else Text()
            grid.add_row(label("why ").append_text(sign) if sign else label("why"), why)
        return grid

    def _plan(self, planned: Planned, *, thought: bool) -> RenderableType:
        parts: list[RenderableType] = []
        if planned.thinking.strip() and (not thought or self.manner.verbose):
            parts.append(text_block(planned.thinking, self.glyphs, lines=self._lines(2)))
        if len(planned.options) > 1 or self.manner.verbose:
            parts.append(options_block(planned.options, planned.choice, self.glyphs))
        else:
            parts += [said(f"{self.glyphs.chosen} {one_line(option.text)}") for option in planned.options]
        if leans_on_order(planned) or planned.sampled or planned.forced or self.manner.verbose:
            parts.append(how_chosen(planned))
        return Group(*parts)

    def _why(self, decision: Decision, verdict: verdicts.Verdict | None) -> RenderableType | None:
        explained = decision.explained
        if explained is None and decision.acted is None:
            return None
        if explained is None:
            if self.told.part == "so far":
                return styled("is told further down", theme.MUTED)
            if self.manner.under_way:
                return styled("not written yet", theme.MUTED)
            return styled("no explanation was recorded", theme.WARN)
        share = theme.percent(explained.confidence).strip()
        last = said(f"{share} sure {self.glyphs.dot} would change if ", theme.MUTED)
        tested = [styled(f"checked: {verdict.words}", verdict.style)] if verdict else []
        return Group(reasons(explained.because), last.append_text(said(turning_point(explained))), *tested)


def reasons(because: tuple[Because, ...]) -> Rows:
    """List reasons, each with the segment it cites."""
    grid = Rows()
    for reason in because:
        grid.add_row(said(reason.segment, theme.CITED), said(reason.why))
    return grid


def _goes_without_saying(item: Item) -> bool:
    return isinstance(item, ToolAnswered) and aside(item)
