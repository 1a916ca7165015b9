"""AutoGen: the one place that imports it.

It carries what several agents *say to each other*. A :class:`GlassworkAgent` is an AutoGen ``ChatAgent`` and joins
anyone's team; a :class:`GlassworkClient` lets any AutoGen agent speak through a Glasswork model; :func:`run_team` runs
a team whose every message is an event. AutoGen's GraphFlow, ``save_state``, gRPC runtime and ``load_component`` are not
used: ARCHITECTURE.md says why.
"""

from glasswork.autogen.agent import GlassworkAgent
from glasswork.autogen.client import GlassworkClient
from glasswork.autogen.team import Place, Said, run_team

__all__ = ["GlassworkAgent", "GlassworkClient", "Place", "Said", "run_team"]
