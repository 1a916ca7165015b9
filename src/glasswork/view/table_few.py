"""What a player of a game of hidden roles thought, in few lines behind a margin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from glasswork.view import theme
from glasswork.view.clean import one_line
from glasswork.view.table import Reason, Thought
from glasswork.view.theme import Glyphs, cut, said, styled


@dataclass(frozen=True)
class Few:
    """Text behind a margin, dimmed, on so many lines at most."""

    text: Text
    lines: int | None
    glyphs: Glyphs

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw it."""
        margin = f"{self.glyphs.margin} "
        wrapped = [*self.text.wrap(console, max(8, options.max_width - len(margin)))]
        kept = wrapped if self.lines is None else wrapped[: self.lines]
        if len(kept) < len(wrapped):
            last = kept[-1]
            last.rstrip()
            last.truncate(max(8, options.max_width - len(margin)) - 2)
            last.append(f" {self.glyphs.more[:1]}" if self.glyphs.more == "…" else " ~")
        for line in kept:
            line.rstrip()
            shown = styled(margin, theme.MUTED).append_text(line)
            shown.stylize(theme.MUTED)
            yield cut(shown)


def failures_words(failures: int) -> str:
    """Say how many attempts to get an answer failed."""
    return f"{failures} attempt{'s' if failures > 1 else ''}"


def beliefs_words(beliefs: Sequence[tuple[str, float]]) -> str:
    """Say whom somebody takes for a werewolf, the most suspected first."""
    return "a werewolf? " + ", ".join(f"{one_line(name)} {share:.0%}" for name, share in beliefs)


def thinks_words(thought: Thought, glyphs: Glyphs) -> Text:
    """Say what somebody was up to, how probable that was, and what it thought before."""
    text = said(thought.chosen)
    if thought.probability is not None:
        text.append(f" {thought.probability:.0%}")
    if thought.thinking:
        text.append(f" {glyphs.dot} " if thought.chosen else "").append_text(said(thought.thinking))
    return text


def reason_words(reason: Reason) -> str:
    """Give a reason with what it cites."""
    return f"{reason.why} ({reason.cites})"
