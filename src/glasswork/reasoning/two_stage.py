"""Reason first, with everything in view; then answer from the reasoning alone, and see whether that is another answer.

The two stages are those of Kojima et al. 2022 (arXiv 2205.11916), whose second question still shows the first. Here it
does not: an answer that can rest on nothing but the stated reasoning is one that the reasoning explains (Lyu et al.
2023, Faithful chain-of-thought reasoning, arXiv 2301.13379, has a program answer for that end). The choice is then
weighed once more with everything in view; where the two part, what was stated is not what would have decided, and the
log says so.
"""

from __future__ import annotations

from collections.abc import Sequence

from glasswork.models.choice import Choice, choose
from glasswork.models.messages import with_instruction
from glasswork.models.schema import closed
from glasswork.reasoning.base import Planning, Proposal, distinct, option_list, strategies
from glasswork.reasoning.thinking import Thinking, thinking_text
from glasswork.reasoning.web import Settled
from glasswork.records import Message, Request

QUESTION = "Which option is best?"


@strategies.register("two_stage")
async def two_stage(planning: Planning) -> Proposal:
    """Reason; name options from the reasoning, unless they are fixed; weigh them from it, and with everything in view.

    Raises:
        ModelError: a question got no usable answer.
    """
    settings, thinking = planning.settings, Thinking(planning)
    first = _reasoning(planning)
    answer = await thinking.purse.one(planning.place, first)
    reasoning = " ".join(str(answer.data["thinking"]).split())
    alone = _alone(planning, reasoning)
    transcript = (*first.messages, Message(role="assistant", content=answer.text))
    options = settings.choose_from
    if not options:
        named = await thinking.purse.one(f"{planning.place}/options", _naming(planning, alone))
        options = distinct(named.data["options"])
    choice = await _weighed(thinking, f"{planning.decision}/choose", alone, options)
    everything = await _weighed(thinking, f"{planning.place}/all", transcript, options)
    thinking.note(Settled(1, (), "reason", reasoning, None, "kept", ""))
    parted, agreed = _compared(choice, everything)
    thinking.end([1], "answered from the reasoning alone", disagreement=parted, accord=agreed)
    return Proposal(options, transcript, reasoning, answer.reasoning, choice=choice, read="reasoning")


def _reasoning(planning: Planning) -> Request:
    instruction = planning.settings.instruction or "Decide how to do your task."
    listed = "".join(f"\n- {option}" for option in planning.settings.choose_from)
    asked = (
        f"{instruction} {'These are the options:' + listed if listed else ''}\n\n"
        "Reason about it in three to five sentences. Somebody else will have to decide by your words alone, without "
        "having seen anything else: say what there is to know, what speaks for what, and what follows."
    )
    return planning.request(asked, closed({"thinking": thinking_text(planning.settings)}))


def _alone(planning: Planning, reasoning: str) -> tuple[Message, ...]:
    """Return what the second stage reads: who it is, what is to be decided, and the reasoning. Nothing else."""
    what = planning.settings.instruction or "Decide how to do your task."
    system = tuple(message for message in planning.context if message.role == "system")
    asked = f"{what}\n\nAll that you know of it is this reasoning:\n\n{reasoning}"
    return (*system, Message(role="user", content=asked))


def _naming(planning: Planning, alone: Sequence[Message]) -> Request:
    settings = planning.settings
    asked = (
        f"Name up to {settings.options} different options that this reasoning leaves, each in one short sentence, the "
        "one that it speaks for first. Do not do the task yet."
    )
    return planning.request("", closed({"options": option_list(settings)})).model_copy(
        update={"messages": with_instruction(alone, asked)}
    )


async def _weighed(thinking: Thinking, place: str, before: Sequence[Message], options: Sequence[str]) -> Choice:
    planning, ask = thinking.planning, thinking.purse.one
    temperature, seed = planning.settings.temperature, planning.seeded(f"{planning.decision}/choose")
    return await choose(ask, place, before, options, question=QUESTION, seed=seed, temperature=temperature)


def _compared(alone: Choice, everything: Choice) -> tuple[str, str]:
    """Return in what two readings differ, and in what they agree; one is empty, both where there was one option."""
    if len(alone.options) == 1:
        return "", ""
    one, other = (
        max(range(len(each.options)), key=lambda n: each.options[n].probability) for each in (alone, everything)
    )
    first, second = alone.options[one], everything.options[other]
    if one == other:
        likely = f"{first.probability:.0%} by the reasoning alone, {second.probability:.0%} with everything in view"
        return "", f"{first.label} ({first.text}): {likely}"
    return (
        f"the reasoning alone speaks for {first.label} ({first.text}; {first.probability:.0%}), with everything in "
        f"view {second.label} is likeliest ({second.text}; {second.probability:.0%})"
    ), ""
