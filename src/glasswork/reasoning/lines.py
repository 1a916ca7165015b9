"""Lines of thought in words: what a tree and a graph ask for, and how a line reads on.

Where options are named, a line is a way to do the task; where they are fixed, it is what bears on them.
"""

from __future__ import annotations

from collections.abc import Sequence

from glasswork.definitions import PlanDef
from glasswork.models.messages import with_instruction
from glasswork.reasoning.base import Planning
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


def concluded(planning: Planning, lines: Sequence[str]) -> tuple[Message, ...]:
    """Return the transcript of a thinking that came to some lines, the best first."""
    asked = with_instruction(planning.context, planning.settings.instruction or "Decide how to do your task.")
    head = "I considered:" if planning.settings.choose_from else "I thought of these ways:"
    said = "\n".join([head, *(f"- {line}" for line in lines)])
    return (*asked, Message(role="assistant", content=said))
