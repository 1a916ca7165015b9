"""What a day of werewolf costs, the night before it included: how many days there will be, nobody knows."""

from __future__ import annotations

from collections.abc import Iterator

from glasswork.definitions import AgentDef, WerewolfStep
from glasswork.workflow.compiled import CompiledStep, CompiledWorkflow
from glasswork.workflow.decision_cost import Cost, decision_cost, testing_cost
from glasswork.workflow.demands import demanded
from glasswork.workflow.werewolf_context import most_pieces

_INTENTS = 6
"""What a speech may be for, at most; a whisper is for one of the players."""


def day_cost(step: CompiledStep, use: WerewolfStep, repairs: int = 0) -> Cost:
    """Return the most that all agents of a step's games ask in one day: beliefs, bids, and every decision."""
    rules, costs = step.village, [Cost()]
    assert rules is not None, "the compiler gives a game its rules"
    others = rules.players - 1
    weighed = {"nothing": 0, "team": 2, "role": len([n for n in rules.roles.values() if n])}[use.beliefs.about]
    statements = _statements(step)
    readings = others * weighed * (1 + (statements if use.beliefs.when == "statement" else 0))
    bids = 5 * rules.talk.turns if rules.talk.order == "bidding" else 0
    for agent in _seated(step, use):
        decisions = sum((decision_cost(each, repairs=repairs) for each in _of_a_day(step, agent)), Cost())
        costs.append(decisions + Cost(readings + bids, readings + bids))
    return sum(costs, Cost()) * (use.tournament.games if use.tournament else 1)


def day_tests(workflow: CompiledWorkflow, step: CompiledStep, use: WerewolfStep) -> Cost:
    """Return what it costs to test the explanations of one day, the last, when the most has been said."""
    rules, costs = step.village, [Cost()]
    assert rules is not None, "the compiler gives a game its rules"
    pieces = most_pieces(rules, rules.days)
    for agent in _seated(step, use):
        if demanded(step, agent, workflow.definition.defaults):
            costs += [testing_cost(each, pieces) for each in _of_a_day(step, agent)]
    return sum(costs, Cost()) * (use.tournament.games if use.tournament else 1)


def _seated(step: CompiledStep, use: WerewolfStep) -> Iterator[AgentDef]:
    agents = {agent.name: agent.definition for agent in step.agents}
    yield from (agents[seat.agent] for seat in use.players.values() if seat.agent in agents)


def _statements(step: CompiledStep) -> int:
    assert step.village is not None, "the compiler gives a game its rules"
    talk = step.village.talk
    return {"silent": 0, "bidding": talk.turns}.get(talk.order, talk.rounds * step.village.players)


def _of_a_day(step: CompiledStep, agent: AgentDef) -> Iterator[AgentDef]:
    """Yield the agent as it is asked for each decision that it may take on a day; of powers and last words, one each.

    Under bidding one player may make every statement; over all players that counts too much, and never too little.
    """
    rules = step.village
    assert rules is not None, "the compiler gives a game its rules"
    names = tuple(f"player {n}" for n in range(rules.players))
    votes = 1 + (rules.vote.revotes if rules.vote.tie == "revote" else 0) + 2 * (rules.mayor is not None)
    kills = rules.kill.rounds if rules.kill.by == "consensus" else 1
    talk = rules.talk
    speeches = {"silent": 0, "bidding": talk.turns}.get(talk.order, talk.rounds) + 1
    chooses = agent.plan.model_copy(update={"choose_from": names})
    quiet = agent.act.model_copy(update={"produces": "choice"})
    intends = agent.plan.model_copy(update={"choose_from": tuple(map(str, range(_INTENTS)))})
    for _ in range(votes + max(kills, 2) + 1):
        yield agent.model_copy(update={"plan": chooses, "act": quiet})
    for _ in range(speeches):
        yield agent.model_copy(update={"plan": intends})
    for _ in range(rules.kill.talk):
        yield agent.model_copy(update={"plan": chooses})
