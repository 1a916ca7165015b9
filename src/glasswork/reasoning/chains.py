"""Chains of thought that each come to an answer of their own: what self-consistency, debate and the control share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from glasswork.models.choice import Choice, counted
from glasswork.models.messages import with_instruction
from glasswork.reasoning.base import OPTION_LENGTH, Planning, Proposal, distinct, gist, unnumbered
from glasswork.reasoning.purse import Answer, Job
from glasswork.reasoning.thinking import Thinking, thinking_text
from glasswork.records import Completion, Message


@dataclass(frozen=True)
class Chain:
    """One chain that came to an answer."""

    number: int
    """Of its thought, from 1."""
    answer: str
    thinking: str

    @property
    def text(self) -> str:
        """The answer, and what it rests on."""
        return f"{self.answer}: {' '.join(self.thinking.split())}"


def chain_job(thinking: Thinking, number: int, name: str, instruction: str) -> Job:
    """Return the question for one chain; fixed options stand in another order for each ``number``."""
    options = thinking.settings.choose_from
    turn = (number - 1) % max(1, len(options))
    order = [*options[turn:], *options[:turn]]
    answer: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": OPTION_LENGTH}
    if options:
        listed = "\n".join(f"- {option}" for option in order)
        instruction += f" Then answer with one of these, word for word:\n{listed}"
        answer = {"enum": order}
    else:
        instruction += " Then say what you would do, in one sentence of at most twenty words. Do not do it yet."
    return thinking.job(name, instruction, {"thinking": thinking_text(thinking.settings), "answer": answer})


def chain_of(number: int, answer: Answer) -> Chain | None:
    """Read a chain; None where there is no usable one."""
    if not isinstance(answer, Completion):
        return None
    return Chain(number, unnumbered(answer.data["answer"]), answer.data["thinking"])


def first_instruction(planning: Planning) -> str:
    """Return what a chain begins with."""
    instruction = planning.settings.instruction or "Decide how to do your task."
    return f"{instruction} Think first, in two to four sentences."


def most_named(chains: Sequence[Chain]) -> list[str]:
    """Return the answers, those that most chains came to first; of equals the one that came first."""
    often = Counter(gist(chain.answer) for chain in chains)
    named = distinct([chain.answer for chain in chains])
    return sorted(named, key=lambda answer: -often[gist(answer)])


def concluded(planning: Planning, chains: Sequence[Chain], heard: Sequence[Chain]) -> Proposal:
    """Return what chains come to: fixed options with the votes of all, or the answers that most came to as options.

    ``heard``: those that are read on with.
    """
    settings = planning.settings
    asked = with_instruction(planning.context, settings.instruction or "Decide how to do your task.")
    said = "\n".join(f"{chain.thinking} So: {chain.answer}" for chain in heard)
    transcript = (*asked, Message(role="assistant", content=said))
    if not settings.choose_from:
        return Proposal(tuple(most_named(chains)[: settings.options]), transcript, thinking=said)
    return Proposal(settings.choose_from, transcript, thinking=said, choice=votes(planning, chains), read="votes")


def votes(planning: Planning, chains: Sequence[Chain]) -> Choice:
    """Count the votes of chains for fixed options."""
    options, place = planning.settings.choose_from, f"{planning.decision}/choose"
    known = [unnumbered(option) for option in options]  # as answers are read
    return counted(
        options,
        [known.index(chain.answer) for chain in chains],
        place=place,
        seed=planning.seeded(place),
        temperature=planning.settings.temperature,
    )
