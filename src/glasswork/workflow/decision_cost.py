"""What one decision of an agent costs, and what it costs to test its explanation: from its file alone."""

from __future__ import annotations

from dataclasses import dataclass

from glasswork.definitions import AgentDef
from glasswork.explain.attribution import questions
from glasswork.explain.case import Case, CaseOption
from glasswork.reasoning.most import most_asked
from glasswork.records import Segment


@dataclass(frozen=True)
class Cost:
    """Calls of models, and the most tokens that may be written in them; what is read depends on what is written."""

    calls: int = 0
    written: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.calls + other.calls, self.written + other.written)

    def __mul__(self, times: int) -> Cost:
        return Cost(self.calls * times, self.written * times)


NOTHING = Cost()


def decision_cost(agent: AgentDef, *, repairs: int = 0) -> Cost:
    """Return the cost of one decision: what is thought, options weighed in each rotation, an act, an explanation.

    A strategy of another package may ask more than those that come with Glasswork.
    """
    plan, act = agent.plan, agent.act
    thought = most_asked(plan)
    options = len(plan.choose_from) or plan.options
    weighing = options if options > 1 and thought.chooses else 0
    acts = 0 if act.produces == "choice" else 1 + repairs
    thinking = thought.written * plan.max_tokens + thought.labels
    if plan.budget is not None:
        thinking = min(thinking, plan.budget)
    written = thinking + weighing + acts * act.max_tokens + agent.explain.max_tokens
    return Cost(thought.written + thought.labels + weighing + acts + 1, written)


def testing_cost(agent: AgentDef, segments: int) -> Cost:
    """Return the cost of testing one explanation of an agent who sees so many segments: a token for each question."""
    options = len(agent.plan.choose_from) or agent.plan.options
    if options < 2 or not most_asked(agent.plan).chooses:
        return Cost()
    case = Case(
        segments=tuple(Segment(id=f"s{number}", source="", text="") for number in range(1, segments + 1)),
        options=tuple(CaseOption(label=str(number), text="") for number in range(options)),
        choice="0",
    )
    asked = questions(case)
    return Cost(asked, asked)
