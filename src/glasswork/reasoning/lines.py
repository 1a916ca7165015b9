"""Lines of thought in words: what a tree and a graph ask for, and how a line reads on.

Where options are named, a line is a way to do the task; where they are fixed, it is what bears on them.
"""

from __future__ import annotations

from collections.abc import Sequence

from glasswork.definitions import PlanDef
from glasswork.models.messages import with_instruction
from glasswork.reasoning.base import Planning, Proposal, distinct
from glasswork.records import Message


def task(settings: PlanDef) -> str:
    """Return what is to be decided, with the options where they are fixed."""
    asked = settings.instruction or "Decide how to do your task."
    listed = "".join(f"\n- {option}" for option in settings.choose_from)
    return f"{asked} These are the options:{listed}\n\n" if listed else f"{asked} "


def so_far(settings: PlanDef, line: Sequence[str]) -> str:
    """Return a line as far as it has come; empty for one that is to begin."""
    if not line:
        return ""
    what = "considered so far" if settings.choose_from else "thought of so far"
    return f"This was {what}:\n" + "\n".join(f"{n}. {text}" for n, text in enumerate(line, 1)) + "\n\n"


def in_a_row(line: Sequence[str]) -> str:
    """Return a line of thought in one sentence."""
    return "; then ".join([*(text.rstrip(" .;") for text in line[:-1]), *line[-1:]])


def proposed(planning: Planning, lines: Sequence[str]) -> Proposal:
    """Return what a thinking proposes that came to some lines, the best first.

    They become the options, or, where options are fixed, what is thought before the choice among these.
    """
    settings = planning.settings
    kept = distinct(list(lines))[: settings.options]
    asked = with_instruction(planning.context, settings.instruction or "Decide how to do your task.")
    head = "I considered:" if settings.choose_from else "I thought of these ways:"
    said = "\n".join([head, *(f"- {line}" for line in kept)])
    transcript = (*asked, Message(role="assistant", content=said))
    return Proposal(settings.choose_from or kept, transcript, thinking=said)
