"""Ways to plan: one strategy a file, each registered under the name that an agent's file calls it.

Those that think more than one thought share an engine that knows nothing of models: :mod:`~glasswork.reasoning.search`
for trees, :mod:`~glasswork.reasoning.operations` for graphs.
"""

from glasswork.reasoning import best_of as _best_of
from glasswork.reasoning import chain as _chain
from glasswork.reasoning import debate as _debate
from glasswork.reasoning import direct as _direct
from glasswork.reasoning import graph as _graph
from glasswork.reasoning import predict as _predict
from glasswork.reasoning import self_consistency as _self_consistency
from glasswork.reasoning import tree as _tree
from glasswork.reasoning import two_stage as _two_stage
from glasswork.reasoning.base import Planning, Proposal, Strategy, strategies

del _best_of, _chain, _debate, _direct, _graph  # imported for their registration alone
del _predict, _self_consistency, _tree, _two_stage

__all__ = ["Planning", "Proposal", "Strategy", "strategies"]
