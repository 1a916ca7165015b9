"""The control for every strategy that asks more than once: plain chains of thought, until the same tokens are spent.

What a tree, a graph or a debate gains is worth something only where it gains more than so many tokens of plain sampling
do (Yao et al. 2023 set best-of-100 beside their tree; Wang et al. 2024, arXiv 2406.06461, hold strategies to one budget
and find that much of what they gained was the budget). ``plan: {strategy: best_of, budget: 4000}`` draws chains while
the next one fits, and counts what they come to.
"""

from __future__ import annotations

from glasswork.reasoning.base import Planning, Proposal, strategies
from glasswork.reasoning.self_consistency import sampled

MOST = 1000
"""Chains at most, however large the budget."""


@strategies.register("best_of")
async def best_of(planning: Planning) -> Proposal:
    """As many chains as the budget holds, then the votes of all.

    Raises:
        InvalidOutput: no chain came to an answer.
        UserError: its budget does not hold one chain.
    """
    return await sampled(planning, MOST)
