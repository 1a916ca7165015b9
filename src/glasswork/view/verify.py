"""Whether a log is as it was written: what ``glasswork log verify`` prints."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from glasswork.log.reader import Verdict
from glasswork.view import theme
from glasswork.view.theme import Drawn, Glyphs, number, said, styled

_SEALS = {"": ", no anchor", "sealed": ", sealed", "unchecked": ", sealed; the key is not here to check it"}


def verdict_view(run: str, verdict: Verdict) -> RenderableType:
    """Say in a line or two what was found."""
    return Drawn(lambda glyphs: _draw(run, verdict, glyphs))


def _draw(run: str, verdict: Verdict, glyphs: Glyphs) -> RenderableType:
    first = glyphs.of_state("done" if verdict.ok else "failed").append(" ").append_text(said(run, theme.HEAD))
    count = _events(verdict.events)
    if not verdict.ok:
        before = f", {count} before it are as written" if verdict.event == verdict.events + 1 else ""
        first.append(f"  {verdict.how}", style=theme.BAD).append(before, style=theme.MUTED)
        return Group(first, Text("  ").append_text(said(verdict.problem)))
    first.append(f"  {count}, complete and as written" if verdict.complete else f"  {count}, as written")
    told = [Text("  ").append_text(said(verdict.problem, theme.WARN))] if verdict.problem else []
    return Group(first, *told, Text("  ").append_text(styled(_head(verdict), theme.MUTED))) if verdict.head else first


def _head(verdict: Verdict) -> str:
    """Say what to note elsewhere, and how the log's own note of it stands."""
    head = f"head {verdict.head[:12]} of {_events(verdict.events)}{_SEALS.get(verdict.seal, '')}"
    return head if verdict.noted is None else f"{head}; event {verdict.noted} has the hash that was noted"


def _events(count: int) -> str:
    return f"{number(count)} event{'' if count == 1 else 's'}"
