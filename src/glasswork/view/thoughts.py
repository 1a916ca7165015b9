"""A tree or a graph of thoughts, drawn: what was thought of what, what each was worth, what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Group, RenderableType
from rich.text import Text
from rich.tree import Tree

from glasswork.records import ThinkingEnded, ThoughtNoted
from glasswork.view import theme
from glasswork.view.clean import one_line
from glasswork.view.parts import more
from glasswork.view.theme import Glyphs, number, said, styled

_DROPPED = 3
"""Dropped thoughts of one parent that are drawn, where not all are to be."""
_KEPT = 8
"""The same of those that were not dropped."""
_RESULTS = 4
"""Results that are named where a run is told."""


def thought_tree(
    thoughts: Sequence[ThoughtNoted], ended: ThinkingEnded | None, glyphs: Glyphs, *, whole: bool = False
) -> RenderableType:
    """Draw all thoughts of a decision, each under the first it was made of; the others it was made of are named.

    ``whole``: nothing is cut, and nothing left out.
    """
    below = _below(thoughts)
    results = {*ended.results} if ended else set[int]()
    tree = Tree(summary(thoughts, ended, glyphs), guide_style=theme.MUTED)
    _grow(tree, 0, below, results, glyphs, whole=whole)
    return Group(tree, *_readings(ended))


def summary(thoughts: Sequence[ThoughtNoted], ended: ThinkingEnded | None, glyphs: Glyphs) -> Text:
    """Say in a line how much was thought, what it took, and why it ended."""
    fates = [one.fate for one in thoughts]
    counts = [f"{number(fates.count(fate))} {fate}" for fate in ("kept", "left", "dropped") if fate in fates]
    facts = [f"{number(len(thoughts))} thought{'' if len(thoughts) == 1 else 's'}", *counts]
    if ended is None:
        return said(f" {glyphs.dot} ".join([*facts, "not ended"]), theme.WARN)
    within = "" if ended.budget is None else f" of {number(ended.budget)}"
    facts += [f"{number(ended.calls)} calls", f"{number(ended.tokens)}{within} tokens", one_line(ended.ended)]
    return said(f" {glyphs.dot} ".join(facts), theme.MUTED)


def results_block(
    thoughts: Sequence[ThoughtNoted], ended: ThinkingEnded | None, glyphs: Glyphs, pointer: str
) -> RenderableType:
    """Say in a few lines what a thinking came to, and how to see all of it."""
    known = {one.number: one for one in thoughts}
    results = [known[each] for each in (ended.results if ended else ()) if each in known][:_RESULTS]
    lines = [theme.cut(_line(one, results={one.number}, glyphs=glyphs)) for one in results]
    return Group(
        theme.cut(summary(thoughts, ended, glyphs)),
        *lines,
        *_readings(ended),
        said(f"all of it: {pointer}", theme.MUTED),
    )


def _readings(ended: ThinkingEnded | None) -> Iterator[Text]:
    """Say how far several answers agree, and loudly where two readings part."""
    if ended is not None and ended.agreement is not None:
        yield said(f"{ended.agreement:.0%} came to that answer", theme.MUTED)
    if ended is not None and ended.disagreement:
        yield said(f"two readings part: {one_line(ended.disagreement)}", theme.WARN)
    if ended is not None and ended.accord:
        yield said(f"two readings agree: {one_line(ended.accord)}", theme.MUTED)


def _below(thoughts: Sequence[ThoughtNoted]) -> dict[int, list[ThoughtNoted]]:
    """Return thoughts by the first that each was made of; 0: none, or one that the log no longer holds."""
    known = {one.number for one in thoughts}
    below: dict[int, list[ThoughtNoted]] = {}
    for one in sorted(thoughts, key=lambda each: each.number):
        above = next((parent for parent in one.parents if parent in known and parent < one.number), 0)
        below.setdefault(above, []).append(one)
    return below


def _grow(
    tree: Tree,
    above: int,
    below: Mapping[int, Sequence[ThoughtNoted]],
    results: set[int],
    glyphs: Glyphs,
    *,
    whole: bool,
) -> None:
    children = below.get(above, ())
    shown = children if whole else _worth_showing(children, below, results)
    for one in shown:
        line = _line(one, results, glyphs)
        branch = tree.add(line if whole else theme.cut(line))
        _grow(branch, one.number, below, results, glyphs, whole=whole)
    if len(shown) < len(children):
        tree.add(more(len(children) - len(shown), glyphs, "--verbose", what="entries"))


def _worth_showing(
    children: Sequence[ThoughtNoted], below: Mapping[int, Sequence[ThoughtNoted]], results: set[int]
) -> list[ThoughtNoted]:
    """Return what led somewhere, and a few others; results come first where there are many."""
    parents = {one.number for one in children if one.number in below}
    led = [one for one in children if one.fate != "dropped" or one.number in parents]
    led = sorted(led, key=lambda one: one.number not in results | parents)[:_KEPT]
    dropped = [one for one in children if one not in led and one.fate == "dropped"][:_DROPPED]
    return sorted([*led, *dropped], key=lambda one: one.number)


def _line(one: ThoughtNoted, results: set[int], glyphs: Glyphs) -> Text:
    """Tell one thought: its fate, number and worth, what else it was made of, why it went no further, its words."""
    sign, style = {
        "kept": (glyphs.done, ""),
        "left": (glyphs.again, theme.WARN),
        "dropped": (glyphs.failed, theme.MUTED),
    }[one.fate]
    if one.number in results:
        sign, style = glyphs.chosen, theme.CHOSEN
    text = styled(f"{sign} {one.number} ", style)
    if one.score is not None:
        text.append(f"{one.score:.2f} ", style=theme.MUTED)
    beside = [str(parent) for parent in one.parents[1:]]
    facts = [f"{one_line(one.operation)} with {', '.join(beside)}" if beside else "", one_line(one.why)]
    told = "; ".join(fact for fact in facts if fact)
    if told:
        text.append_text(said(f"({told}) ", theme.WARN if one.fate == "left" else theme.MUTED))
    return text.append_text(said(" ".join(one.text.split()), style))
