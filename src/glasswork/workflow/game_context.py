"""What a player is shown of a game, in pieces that can be cited and taken away."""

from __future__ import annotations

from collections.abc import Iterator

from glasswork.definitions import GameStep
from glasswork.games import FixedHorizon, View
from glasswork.games.words import earlier_in_words, round_in_words, rules_in_words, setting_in_words, stakes_in_words
from glasswork.records import Segment

SHOWN_TO_PEOPLE = 5
"""Rounds that a person is shown one by one."""


def context(view: View, *, memory: int, story: str | None = None) -> tuple[Segment, ...]:
    """Return what an agent has before it: rules first and the present last, so that rounds only add to the prompt.

    Args:
        view: What the player knows.
        memory: How many rounds stand one by one; what came before is put into a sentence.
        story: A cover story, told before the rules.
    """
    return tuple(
        Segment(id=f"s{number}", source=f"game.{source}", text=text)
        for number, (source, text) in enumerate(_pieces(view, memory, story), start=1)
    )


def _pieces(view: View, memory: int, story: str | None) -> Iterator[tuple[str, str]]:
    if story is not None:
        yield "story", story.strip()
    yield "rules", f"You play a game repeatedly. {' '.join(setting_in_words(view))}"
    yield "payoffs", "\n".join(stakes_in_words(view))
    before, shown = view.seen[:-memory], view.seen[-memory:]
    if before:
        yield "earlier", earlier_in_words(before)
    for each in shown:
        yield f"round_{each.number}", round_in_words(each)
    yield "now", f"You are now playing {_round(view)}. Your moves: {', '.join(view.actions)}."


def most_pieces(use: GameStep, number: int) -> int:
    """Return how many segments :func:`context` makes at most in a round; fewer where rounds were void."""
    rounds = number - 1
    return 3 + (use.story is not None) + min(rounds, use.memory) + (rounds > use.memory)


def question(view: View) -> str:
    """Return what a person is asked: in the first round the rules, else the last rounds; and the move."""
    last = [round_in_words(each) for each in view.seen[-SHOWN_TO_PEOPLE:]]
    before = view.seen[:-SHOWN_TO_PEOPLE]
    rules = rules_in_words(view) if view.number == 1 else ()
    told = [*rules, *([earlier_in_words(before)] if before else []), *last]
    return "\n".join([*told, f"Your move in {_round(view)}?"])


def _round(view: View) -> str:
    of = f" of {view.horizon.rounds}" if isinstance(view.horizon, FixedHorizon) else ""
    return f"round {view.number}{of}"
