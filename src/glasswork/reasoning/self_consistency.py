"""Several chains of thought, drawn apart; what most of them come to is the answer.

Wang et al. 2022, Self-consistency improves chain of thought reasoning, arXiv 2203.11171. Each chain is shown fixed
options in an order of its own, so that a favour for a position does not add up. Where nothing is fixed, the answers
that came most often become the options, and are weighed as always (Chen et al. 2023, arXiv 2311.17311, have the model
choose, too, where answers cannot be counted).
"""

from __future__ import annotations

from collections.abc import Sequence

from glasswork.errors import InvalidOutput
from glasswork.reasoning.base import Planning, Proposal, gist, strategies
from glasswork.reasoning.chains import Chain, chain_job, chain_of, concluded, first_instruction, most_named
from glasswork.reasoning.purse import Answer
from glasswork.reasoning.thinking import Thinking
from glasswork.reasoning.web import BUDGET, Settled


@strategies.register("self_consistency")
async def self_consistency(planning: Planning) -> Proposal:
    """``samples`` chains, then the votes of all.

    Raises:
        InvalidOutput: no chain came to an answer.
        UserError: its budget does not hold one chain.
    """
    return await sampled(planning, planning.settings.samples)


async def sampled(planning: Planning, most: int) -> Proposal:
    """Draw up to ``most`` chains, as many as the budget holds, and count what they come to."""
    thinking = Thinking(planning)
    instruction = first_instruction(planning)
    jobs = [chain_job(thinking, number, f"chain/{number}", instruction) for number in range(1, most + 1)]
    answers = [answer for answer in await thinking.purse.all(jobs) if answer is not None]
    chains = [chain for number, answer in enumerate(answers, 1) if (chain := chain_of(number, answer))]
    if not chains:
        ended = "no chain came to an answer" if answers else BUDGET
        thinking.end((), ended)
        raise thinking.nothing(len(answers), ended)
    proposal = concluded(planning, chains, _for_and_against(chains))
    best = proposal.options[proposal.choice.chosen] if proposal.choice else proposal.options[0]
    ended = BUDGET if len(answers) < len(jobs) else f"all {len(jobs)} chains were drawn"
    _record(thinking, answers, best, proposal.options, ended)
    return proposal


def _for_and_against(chains: Sequence[Chain]) -> list[Chain]:
    """Return the first chain of each answer, the answer of most chains first: what is read on with."""
    return [next(chain for chain in chains if gist(chain.answer) == gist(named)) for named in most_named(chains)[:3]]


def _record(thinking: Thinking, answers: Sequence[Answer], best: str, options: Sequence[str], ended: str) -> None:
    """Record each chain, and which of them came to the answer of most."""
    named = {gist(option) for option in options}
    agreeing = list[int]()
    for number, answer in enumerate(answers, 1):
        chain = chain_of(number, answer)
        if chain is None:
            why = answer.message if isinstance(answer, InvalidOutput) else ""
            thinking.note(Settled(number, (), "sample", "(no usable answer)", None, "dropped", why))
            continue
        agrees = gist(chain.answer) == gist(best)
        agreeing += [number] if agrees else []
        kept = agrees or (not thinking.settings.choose_from and gist(chain.answer) in named)
        why = "" if kept else "most came to another answer"
        thinking.note(Settled(number, (), "sample", chain.text, None, "kept" if kept else "dropped", why))
    usable = sum(isinstance(answer, Exception) is False for answer in answers)
    thinking.end(agreeing, ended, agreement=len(agreeing) / usable)
