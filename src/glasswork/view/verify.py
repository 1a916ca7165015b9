"""Whether a log is as it was written: what ``glasswork log verify`` prints."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from glasswork.log.reader import Verdict
from glasswork.view import theme
from glasswork.view.theme import Drawn, Glyphs, number, said


def verdict_view(run: str, verdict: Verdict) -> RenderableType:
    """Say in a line or two what was found."""
    return Drawn(lambda glyphs: _draw(run, verdict, glyphs))


def _draw(run: str, verdict: Verdict, glyphs: Glyphs) -> RenderableType:
    head = glyphs.of_state("done" if verdict.ok else "failed").append(" ").append_text(said(run, theme.HEAD))
    count = f"{number(verdict.events)} event{'' if verdict.events == 1 else 's'}"
    if verdict.ok and verdict.complete:
        return head.append(f"  {count}, complete and as written")
    if verdict.ok:
        return Group(head.append(f"  {count}, as written"), Text("  ").append_text(said(verdict.problem, theme.WARN)))
    head.append(f"  {verdict.how}", style=theme.BAD).append(f", {count} before it are as written", style=theme.MUTED)
    return Group(head, Text("  ").append_text(said(verdict.problem)))
