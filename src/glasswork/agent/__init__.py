"""The staged agent: plan → act → explain, each stage recorded before the next begins."""

from glasswork.agent.check import Account, Check, OnFail
from glasswork.agent.staged import Act, Decide, Fixed, Situation, StagedAgent
from glasswork.agent.stages import Stages

__all__ = ["Account", "Act", "Check", "Decide", "Fixed", "OnFail", "Situation", "StagedAgent", "Stages"]
