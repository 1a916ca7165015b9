"""Say what somebody else will do, then choose, given that.

Social chain of thought: Akata et al., Playing repeated games with large language models, Nature Human Behaviour 9
(2025), arXiv 2305.16867: predict the other player's move, then choose "given that you think the other player will
choose" it. Here the prediction is weighed as a choice is, in every order, so that it has probabilities to be scored by.
"""

from __future__ import annotations

from glasswork.errors import UserError
from glasswork.models.choice import choose
from glasswork.models.messages import with_instruction
from glasswork.reasoning.base import Planning, Proposal, strategies
from glasswork.records import Message

_EXPECT = "What will the other do?"


@strategies.register("predict")
async def predict(planning: Planning) -> Proposal:
    """One question for each order of what the other may do; the options are fixed.

    Raises:
        UserError: nothing says what the other may do, or what oneself may.
    """
    settings = planning.settings
    if not settings.expect_from or not settings.choose_from:
        raise UserError(
            "the strategy 'predict' needs to know what there is to do",
            hint="let the agent play a game, or say plan: {choose_from: […], expect_from: […]} in its file",
        )
    context = with_instruction(planning.context, settings.instruction or "Decide what to do.")
    foreseen = await choose(
        planning.ask, f"{planning.place}/expect", context, settings.expect_from, question=_EXPECT, seed=planning.seed
    )
    expected = foreseen.options[foreseen.chosen].text
    transcript = (
        *with_instruction(context, _EXPECT),
        Message(role="assistant", content=f"I think that the other will choose: {expected}"),
    )
    return Proposal(settings.choose_from, transcript, expected=foreseen.options)
