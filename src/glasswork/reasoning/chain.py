"""Think step by step, then name the options.

Chain of thought: Wei et al. 2022, arXiv 2201.11903. The thinking comes before the options in the same answer, so that
they can rest on it; the choice among them is still read afterwards, from probabilities.
"""

from __future__ import annotations

from glasswork.models.schema import closed
from glasswork.reasoning.base import Planning, Proposal, distinct, option_list, strategies
from glasswork.records import Message

THINKING_LENGTH = 700
"""Characters of thinking at most."""


@strategies.register("chain")
async def chain(planning: Planning) -> Proposal:
    """One question: think in a few sentences, then (unless the agent's file fixes them) name the options."""
    settings = planning.settings
    properties: dict[str, object] = {"thinking": {"type": "string", "minLength": 1, "maxLength": THINKING_LENGTH}}
    instruction = f"{settings.instruction or 'Decide how to do your task.'} Think first, in two to four sentences."
    if not settings.choose_from:
        properties["options"] = option_list(settings)
        instruction += f" Then name up to {settings.options} different options, each in one short sentence."
        instruction += " Do not do the task yet."
    request = planning.request(instruction, closed(properties))
    answer = await planning.ask(planning.place, request)
    transcript = (*request.messages, Message(role="assistant", content=answer.text))
    options = settings.choose_from or distinct(answer.data["options"])
    return Proposal(options, transcript, thinking=answer.data["thinking"], reasoning=answer.reasoning)
