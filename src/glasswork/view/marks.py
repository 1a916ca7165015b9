"""What concerns a run as a whole, at its place in the tale: it stopped, went on, was forked; texts were taken out."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from glasswork.records import DecisionChecked, LogRedacted, LogRepaired, Redacted, RunFinished, RunForked, RunResumed
from glasswork.view import theme
from glasswork.view.clean import one_line
from glasswork.view.measures import lines
from glasswork.view.telling import Mark
from glasswork.view.theme import Glyphs, number, said, seconds


def mark_lines(marks: Sequence[Mark], glyphs: Glyphs) -> Text:
    """Draw a mark; several are of events that were taken out, and share a line."""
    rule = glyphs.rule * 2
    text = said(f"{rule} ", theme.MUTED)
    if isinstance(marks[0].event, Redacted):
        return text.append_text(said(_taken_out(marks), theme.WARN))
    if isinstance(marks[0].event, DecisionChecked) and len(marks) > 1:
        return text.append_text(said(_checked(marks), theme.WARN))
    return text.append_text(said(mark_words(marks[0]), theme.WARN))


def mark_words(mark: Mark) -> str:
    """Say what a mark means."""
    event = mark.event
    match event:
        case RunForked():
            words = f"forked from {event.parent} after event {event.event}: {forked(event)}"
        case RunResumed():
            model = f"; the model is {one_line(event.model)}" if event.model else ""
            budget = f"; the budget is {one_line(', '.join(event.budget))}" if event.budget else ""
            words = f"resumed; it was {event.was}{model}{budget}"
        case RunFinished():
            words = (
                f"{event.state} after {seconds(event.seconds)} and {_count(event.calls, 'call')}{_why(event.reason)}"
            )
        case DecisionChecked() if "reason" in event.detail:
            words = f"{event.decision} was not checked: {one_line(event.detail['reason'])}"
        case DecisionChecked() if event.measure.startswith("judge."):
            line = next(lines({event.measure: event}))
            words = f"{event.decision} was judged: {line.name} {one_line(line.value)}, {one_line(line.words)}"
        case DecisionChecked():
            value = "undefined" if event.value is None else f"{event.value:.2f}"
            words = f"{event.decision} was checked: {event.measure} {value}, by {one_line(event.method)}"
        case LogRepaired():
            words = f"a half-written end of {event.bytes} bytes was cut off; {event.saved_as} keeps it"
        case LogRedacted():
            what = f"{_count(len(event.events), 'event')} and {_count(len(event.blobs), 'text')}"
            words = f"{what} were taken out{f' by {event.by}' if event.by else ''}{_why(event.reason)}"
        case _:
            words = f"event {mark.seq}, {event.was}, was taken out"
    return words


def forked(event: RunForked) -> str:
    """Say what a fork changed."""
    match event.change:
        case "choose":
            return f"at {event.decision} a person chose {one_line(event.to)}"
        case "edit":
            return f"at {event.decision} a person wrote the act"
    return f"from {event.decision} on the model is {one_line(event.to)}"


def _taken_out(marks: Sequence[Mark]) -> str:
    if len(marks) == 1:
        return mark_words(marks[0])
    kinds = sorted({mark.event.was for mark in marks if isinstance(mark.event, Redacted)})
    return f"events {', '.join(str(mark.seq) for mark in marks)} were taken out: {', '.join(kinds)}"


def _checked(marks: Sequence[Mark]) -> str:
    events = [mark.event for mark in marks if isinstance(mark.event, DecisionChecked)]
    lists: dict[str, dict[str, None]] = {"checked": {}, "not checked": {}, "judged": {}, "judged, uncounted": {}}
    for event in events:
        lists[_kind(event)][event.decision] = None
    return "; ".join(f"{what}: {_some([*names])}" for what, names in lists.items() if names)


def _kind(event: DecisionChecked) -> str:
    if event.measure.startswith("judge."):
        return "judged" if event.detail.get("counted") else "judged, uncounted"
    return "not checked" if "reason" in event.detail else "checked"


def _some(names: list[str]) -> str:
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")


def _why(reason: str) -> str:
    return f": {one_line(reason)}" if reason else ""


def _count(many: int, thing: str) -> str:
    return f"{number(many)} {thing}{'' if many == 1 else 's'}"
