"""Name the options at once, without thinking aloud first: the baseline that every other strategy must beat."""

from __future__ import annotations

from glasswork.models.messages import with_instruction
from glasswork.models.schema import closed
from glasswork.reasoning.base import Planning, Proposal, distinct, option_list, strategies
from glasswork.records import Message


@strategies.register("direct")
async def direct(planning: Planning) -> Proposal:
    """One question: which options are there? None at all where the agent's file fixes them."""
    settings = planning.settings
    if settings.choose_from:
        transcript = with_instruction(planning.context, settings.instruction or "Decide what to do.")
        return Proposal(options=settings.choose_from, transcript=transcript)
    instruction = (
        f"{settings.instruction or 'Decide how to do your task.'} "
        f"Name {_how_many(settings.options)}, each in one sentence of at most fifteen words. Do not do the task yet."
    )
    request = planning.request(instruction, closed({"options": option_list(settings)}))
    answer = await planning.ask(planning.place, request)
    transcript = (*request.messages, Message(role="assistant", content=answer.text))
    return Proposal(distinct(answer.data["options"]), transcript, reasoning=answer.reasoning)


def _how_many(options: int) -> str:
    return "the one way you would do it" if options == 1 else f"up to {options} different options"
