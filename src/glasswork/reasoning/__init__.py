"""Ways to plan: one strategy a file, each registered under the name that an agent's file calls it."""

from glasswork.reasoning import chain as _chain
from glasswork.reasoning import direct as _direct
from glasswork.reasoning import predict as _predict
from glasswork.reasoning.base import Planning, Proposal, Strategy, strategies

del _chain, _direct, _predict  # imported for their registration alone

__all__ = ["Planning", "Proposal", "Strategy", "strategies"]
