"""How the verdicts of a check look: a sign and a word for a segment, a bar for its influence, a sign for a decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rich.text import Text

from glasswork.records import DecisionChecked, Effect
from glasswork.view import theme
from glasswork.view.theme import Glyphs, styled

BEFORE, BEHIND = 5, 12
"""Columns of a bar on either side of zero. Most effects push towards the choice."""
LEAST = 0.05
"""Nats that a full bar stands for at least: rounding is no influence to draw."""


class Verdict(NamedTuple):
    """What a check says in a sign and a few words."""

    sign: str
    words: str
    style: str

    def text(self) -> Text:
        """Draw sign and words: they can be told apart without colour."""
        return styled(f"{self.sign} {self.words}", self.style)


def of_segment(effect: Effect, glyphs: Glyphs) -> Verdict:
    """Return a segment's verdict."""
    match effect.cited, effect.causal:
        case True, True:
            return Verdict(glyphs.done, "cited and causal", theme.GOOD)
        case True, False:
            return Verdict(glyphs.pending, "cited but idle", theme.WARN)
        case False, True:
            return Verdict("!", "causal but uncited", theme.BAD)
    return Verdict(glyphs.dot, "neither", theme.MUTED)


def of_decision(checks: Mapping[str, DecisionChecked], glyphs: Glyphs) -> Verdict | None:
    """Return a decision's verdict; None where what it cites was not set against what drove it."""
    influence, evidence = checks.get("influence"), checks.get("evidence")
    if influence is None or evidence is None or not influence.effects:
        return None
    cited = [effect for effect in influence.effects if effect.cited]
    both = sum(effect.causal for effect in cited)
    driver = max(influence.effects, key=lambda effect: effect.effect)
    uncited = driver.segment if driver.causal and not driver.cited else ""
    if not any(effect.causal for effect in influence.effects):
        return Verdict(glyphs.pending, "no segment drove it beyond the noise floor", theme.WARN)
    if cited and both == len(cited) and not uncited:
        return Verdict(glyphs.done, f"{_all(both)} drove it", theme.GOOD)
    words = f"{both} of {len(cited)} cited segments drove it" if cited else "it cites nothing"
    return Verdict(
        "!",
        f"{words}; the strongest, {uncited}, is not cited" if uncited else words,
        theme.BAD if uncited else theme.WARN,
    )


def _all(count: int) -> str:
    return "what it cites" if count == 1 else f"all {count} segments it cites"


def scale_of(effects: Sequence[Effect], floor: float) -> float:
    """Return what a bar's full length to the right stands for, in nats: every effect and the floor fit."""
    left = max((-effect.effect for effect in effects), default=0.0) * BEHIND / BEFORE
    return max(LEAST, floor, left, *(effect.effect for effect in effects))


def bar(value: float, floor: float, scale: float, glyphs: Glyphs) -> Text:
    """Draw an effect to the right of zero, or to the left where it is negative, and where the floor lies."""
    length = round(abs(value) / scale * BEHIND)
    left = min(BEFORE, length) if value < 0 else 0
    right = min(BEHIND, length) if value > 0 else 0
    style = theme.GOOD if value > floor else theme.MUTED
    at = max(right, min(BEHIND - 1, round(floor / scale * BEHIND)))
    text = styled(" " * (BEFORE - left)).append(glyphs.bar * left, style=theme.WARN)
    text.append(glyphs.margin, style=theme.MUTED).append(glyphs.bar * right, style=style)
    if value <= floor:
        text.append(" " * (at - right)).append(":", style=theme.MUTED)
        return text.append(" " * (BEHIND - at))
    return text.append(" " * (BEHIND - right + 1))


def floor_bar(floor: float, scale: float, glyphs: Glyphs) -> Text:
    """Draw the floor under the bars."""
    at = min(BEHIND - 1, round(floor / scale * BEHIND))
    text = styled(" " * BEFORE + glyphs.margin, theme.MUTED).append(glyphs.rule * at, style=theme.MUTED)
    return text.append(":", style=theme.MUTED).append(" " * (BEHIND - at))


def nats(effect: Effect) -> str:
    """Write an effect with its interval, in nats."""
    bound = "~" if effect.censored else " "
    return f"{bound}{signed(effect.effect)} [{signed(effect.low)}, {signed(effect.high)}]"


def signed(value: float) -> str:
    """Write a number with its sign; what rounds to zero has none of its own."""
    return f"{round(value, 2) + 0.0:+.2f}"
