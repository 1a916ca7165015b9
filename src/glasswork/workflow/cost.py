"""What a workflow may cost, worked out from its definition: no model is asked.

A cost is a list of *charges*, one for each step that asks models. A charge holds for one item where its step, or one
around it, runs over a list; how long that list may be is said where the definitions say it, and never guessed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from glasswork.agent.staged import REPAIRS
from glasswork.definitions import (
    AgentDef,
    AgentStep,
    DispatchStep,
    DispatchUse,
    GameStep,
    LoopStep,
    PriceDef,
    RetrieveStep,
    TeamStep,
    WerewolfStep,
)
from glasswork.dispatch.choosing import MOST
from glasswork.games import FixedHorizon, RandomHorizon
from glasswork.knowledge.judging import CALLS
from glasswork.workflow.compiled import CompiledAgent, CompiledStep, CompiledWorkflow
from glasswork.workflow.decision_cost import NOTHING, Cost, decision_cost, testing_cost
from glasswork.workflow.demands import demanded
from glasswork.workflow.dispatch_rules import dispatch_cost
from glasswork.workflow.game_context import most_pieces
from glasswork.workflow.game_rules import choosing, matches_of
from glasswork.workflow.lengths import Lengths, lengths_within, longest, unknown
from glasswork.workflow.segments import task_segments
from glasswork.workflow.werewolf_cost import day_cost, day_tests


@dataclass(frozen=True)
class Bounds:
    """``smooth``: every step runs once and nothing goes wrong. ``most``: every repeat, every repair, every retry."""

    smooth: Cost = NOTHING
    most: Cost = NOTHING

    def __add__(self, other: Bounds) -> Bounds:
        return Bounds(self.smooth + other.smooth, self.most + other.most)


@dataclass(frozen=True)
class Over:
    """A list that a step runs over. ``most`` is how many items it may have, None where the definitions do not say."""

    step: str
    list: str
    most: int | None


@dataclass(frozen=True)
class Charge:
    """What one step asks of models: in all, or for one item of each of the lists in ``over``, the outermost first."""

    step: str
    """Its name; within a sub-workflow that of the step around it comes first: ``check.read``."""
    models: tuple[str, ...]
    """Who is asked; in a team any of them."""
    bounds: Bounds
    over: tuple[Over, ...] = ()

    @property
    def most(self) -> Cost | None:
        """The most it costs for all items; None where that has no bound."""
        items = [over.most for over in self.over]
        return None if None in items else self.bounds.most * math.prod(each for each in items if each is not None)


def charges(workflow: CompiledWorkflow) -> list[Charge]:
    """Return what every step of a run may cost, before its budgets are thought of."""
    return list(_charges(workflow, unknown))


def total(parts: Iterable[Charge]) -> Bounds:
    """Return what charges come to together, those for items for one item each."""
    return sum((part.bounds for part in parts), Bounds())


def worst(parts: Iterable[Charge]) -> Cost:
    """Return the most that charges come to for all items, less those that have no bound."""
    return sum((part.most for part in parts if part.most is not None), Cost())


def step_cost(workflow: CompiledWorkflow, step: CompiledStep) -> Bounds:
    """Return the bounds of one step in all its rounds, for one item.

    Loops and questions to a person cost nothing themselves; a workflow costs what its steps do, each for one item.
    """
    return total(_of_step(workflow, step, unknown))


def rounds(workflow: CompiledWorkflow, step: CompiledStep) -> int:
    """Return how often a step may run: once, and once more for each repeat of the loop around it."""
    if step.loop is None:
        return 1
    around = workflow.steps[step.loop].definition
    assert isinstance(around, LoopStep), "only loops repeat steps"
    return 1 + around.loop.max


def serving(workflow: CompiledWorkflow, step: CompiledStep) -> dict[str, str]:
    """Return the model behind each agent of a step, by name: the step's comes first, then the agent's own.

    In a game it is the model behind each player that is an agent.
    """
    if isinstance(step.definition, GameStep | WerewolfStep):
        agents = {agent.name: agent.definition.model for agent in step.agents}
        players = step.definition.players.items()
        return {name: _model(workflow, use.model, agents.get(use.agent)) for name, use in players if use.agent}
    own = step.definition.model if isinstance(step.definition, AgentStep) else None
    return {agent.name: _model(workflow, own, agent.definition.model) for agent in step.agents}


def scheduler(workflow: CompiledWorkflow, step: CompiledStep) -> str | None:
    """Return the model that schedules a team, dispatches, or judges what was found; None where none does."""
    if isinstance(step.definition, RetrieveStep):
        use = step.definition.retrieve
        return _model(workflow, use.model) if use.correct == "model" else None
    if isinstance(step.definition, DispatchStep):
        return _model(workflow, step.definition.dispatch.model)
    return _model(workflow, step.definition.team.model) if isinstance(step.definition, TeamStep) else None


def _model(workflow: CompiledWorkflow, *names: str | None) -> str:
    named = (name for name in names if name and name != "default")
    return next(named, workflow.definition.defaults.model or "default")


# --- step by step ---------------------------------------------------------------------------------------------------


def _charges(workflow: CompiledWorkflow, lengths: Lengths) -> Iterator[Charge]:
    for step in workflow.steps.values():
        yield from _of_step(workflow, step, lengths)


def _of_step(workflow: CompiledWorkflow, step: CompiledStep, lengths: Lengths) -> Iterator[Charge]:
    """Yield the charges of one step; ``lengths`` says how long the lists among the workflow's inputs may be."""
    over = () if step.each is None else (Over(step.id, ".".join(step.each), longest(workflow, step.each, lengths)),)
    if isinstance(step.definition, GameStep) and isinstance(getattr(step.rules, "horizon", None), RandomHorizon):
        over = (Over(step.id, "rounds", None),)
    if step.village is not None:
        over = (Over(step.id, "days", step.village.days),)
    if step.workflow is not None:
        times = rounds(workflow, step)
        for part in _charges(step.workflow, lengths_within(workflow, step, lengths)):
            within = tuple(replace(each, step=f"{step.id}.{each.step}") for each in part.over)
            bounds = Bounds(part.bounds.smooth, part.bounds.most * times)
            yield replace(part, step=f"{step.id}.{part.step}", bounds=bounds, over=(*over, *within))
        return
    retry = step.definition.retry or workflow.definition.defaults.retry
    times = rounds(workflow, step) * (1 + retry.max)
    for models, smooth, most in (*_asked(workflow, step), *_tests(workflow, step, lengths)):
        yield Charge(step.id, models, Bounds(smooth, most * times), over)


def _asked(workflow: CompiledWorkflow, step: CompiledStep) -> Iterator[tuple[tuple[str, ...], Cost, Cost]]:
    """Yield who is asked in one round of a step, with the cost without and with repairs."""
    if isinstance(step.definition, DispatchStep):
        model = _model(workflow, step.definition.dispatch.model)
        yield (model,), *dispatch_cost(step.definition.dispatch, len(step.tools))
        yield from _called(workflow, step, step.definition.dispatch)
    if isinstance(step.definition, RetrieveStep) and step.definition.retrieve.correct == "model":
        asked = step.definition.retrieve.top * CALLS
        yield (_model(workflow, step.definition.retrieve.model),), Cost(asked, asked), Cost(asked, asked)
    if not step.agents or isinstance(step.definition, DispatchStep):
        return
    models = tuple(dict.fromkeys(serving(workflow, step).values()))
    if isinstance(step.definition, GameStep):
        yield models, _game_cost(step, step.definition, 0), _game_cost(step, step.definition, REPAIRS)
        return
    if isinstance(step.definition, WerewolfStep):
        yield models, day_cost(step, step.definition), day_cost(step, step.definition, REPAIRS)
        return
    costs = [[decision_cost(agent.definition, repairs=each) for agent in step.agents] for each in (0, REPAIRS)]
    smooth, most = (Cost(max(c.calls for c in each), max(c.written for c in each)) for each in costs)
    if not isinstance(step.definition, TeamStep):
        yield models, smooth, most
        return
    team = step.definition.team
    yield models, smooth * team.turns, most * team.turns
    if team.kind == "selector":
        options = len(team.agents) + 1  # each speaker, or nobody any more
        scheduling = Cost(options, options) * team.turns
        yield (_model(workflow, team.model),), scheduling, scheduling


def _called(
    workflow: CompiledWorkflow, step: CompiledStep, use: DispatchUse
) -> Iterator[tuple[tuple[str, ...], Cost, Cost]]:
    """Yield who is asked by the tool models of a dispatch: nobody at least; at most by each that may stand in for one.

    A tool model of another package may ask whom it likes.
    """
    asked = list[tuple[str, Cost]]()
    agents, models = {agent.name: agent.definition for agent in step.agents}, serving(workflow, step)
    for tool in (found.definition for found in step.tools):
        if tool.endpoint is not None:
            asked.append((_model(workflow, tool.endpoint.model), Cost(1, tool.endpoint.max_tokens)))
        elif tool.agent in agents:
            asked.append((models[tool.agent], decision_cost(agents[tool.agent], repairs=REPAIRS)))
    dearest = sorted((cost for _, cost in asked), key=lambda cost: (cost.calls, cost.written))[-MOST:]
    if dearest:
        most = sum(dearest, Cost()) * (use.tasks * use.attempts)
        yield tuple(dict.fromkeys(model for model, _ in asked)), NOTHING, most


def _game_cost(step: CompiledStep, use: GameStep, repairs: int) -> Cost:
    """Return what the agents of a game ask in all its matches; for one round of each where nobody knows how many."""
    costs = (decision_cost(agent, repairs=repairs) * rounds for agent, rounds in _playing(step, use))
    return sum(costs, Cost())


def _playing(step: CompiledStep, use: GameStep) -> Iterator[tuple[AgentDef, int]]:
    """Yield each agent in each of its seats, as it chooses there, with its rounds; one where nobody knows how many."""
    assert step.rules is not None, "the compiler gives a game its rules"
    horizon = step.rules.horizon
    rounds = horizon.rounds if isinstance(horizon, FixedHorizon) else 1
    agents = {agent.name: agent.definition for agent in step.agents}
    for pairing in matches_of(use, step.rules, 0):
        for seat, player in enumerate(pairing.players):
            agent = agents.get(use.players[player].agent or "")
            if agent is not None:
                yield choosing(agent, step.rules.game, seat), rounds


# --- what is demanded of explanations -------------------------------------------------------------------------------


def _tests(
    workflow: CompiledWorkflow, step: CompiledStep, lengths: Lengths
) -> Iterator[tuple[tuple[str, ...], Cost, Cost]]:
    """Yield who is asked in one round to test a step's explanations, with the cost at least and at most."""
    agents = [agent for agent in step.agents if demanded(step, agent.definition, workflow.definition.defaults)]
    if not agents:
        return
    if isinstance(step.definition, DispatchStep):
        yield from _called_tests(workflow, step, step.definition.dispatch, agents)
        return
    team = step.definition.team if isinstance(step.definition, TeamStep) else None
    if isinstance(step.definition, GameStep):
        tests = _game_tests(workflow, step, step.definition)
        yield tuple(dict.fromkeys(serving(workflow, step).values())), tests, tests
        return
    if isinstance(step.definition, WerewolfStep):
        tests = day_tests(workflow, step, step.definition)
        yield tuple(dict.fromkeys(serving(workflow, step).values())), tests, tests
        return
    few, many = task_segments(workflow, step, lengths)
    turns = range(team.turns if team else 1)  # each turn's speaker has what was said before it as further segments
    smooth = [_dearest(workflow, step, agents, few + turn, least=True) for turn in turns]
    most = [_dearest(workflow, step, agents, many + turn) for turn in turns]
    models = serving(workflow, step)
    asked = tuple(dict.fromkeys(models[agent.name] for agent in agents))
    yield asked, sum(smooth, Cost()), sum(most, Cost())


def _called_tests(
    workflow: CompiledWorkflow, step: CompiledStep, use: DispatchUse, agents: Iterable[CompiledAgent]
) -> Iterator[tuple[tuple[str, ...], Cost, Cost]]:
    """Yield who is asked to test explanations of agents that are called as tool models: nobody at least."""
    models, pieces = serving(workflow, step), max(len(found.definition.inputs) for found in step.tools) + 1
    for agent in agents:
        most = _dearest(workflow, step, [agent], pieces) * (use.tasks * use.attempts)
        yield (models[agent.name],), NOTHING, most


def _game_tests(workflow: CompiledWorkflow, step: CompiledStep, use: GameStep) -> Cost:
    """Return what it costs to test the explanation of every move; each round adds what is to be left out."""
    costs = (
        testing_cost(agent, most_pieces(use, number))
        for agent, rounds in _playing(step, use)
        if demanded(step, agent, workflow.definition.defaults)
        for number in range(1, rounds + 1)
    )
    return sum(costs, Cost())


def _dearest(
    workflow: CompiledWorkflow,
    step: CompiledStep,
    agents: Iterable[CompiledAgent],
    segments: int,
    *,
    least: bool = False,
) -> Cost:
    """Return the cost of testing one explanation, of the agent for whom it is highest."""
    costs = [Cost()]
    for agent in agents:
        demand = demanded(step, agent.definition, workflow.definition.defaults)
        again = demand is not None and demand.on_fail == "retry" and not least
        costs.append(
            testing_cost(agent.definition, segments) + Cost(int(again), again * agent.definition.explain.max_tokens)
        )
    return max(costs, key=lambda cost: cost.calls)


# --- money ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rate:
    """What a model's tokens cost, and how many it can read in one call; None where nobody knows."""

    price: PriceDef
    context: int | None = None


def money(part: Charge, rates: Mapping[str, Rate]) -> tuple[float, bool] | None:
    """Return the most that a charge costs in money, and whether that holds what is read; None where it has no bound.

    What is read has a bound only where the model's context is known: a call never holds more. A model without a rate
    costs nothing.
    """
    most = part.most
    if most is None:
        return None
    known = [rates[model] for model in part.models if model in rates]
    dearest = max((_money(most, rate) for rate in known), default=0.0)
    return dearest, all(rate.context is not None or not rate.price.prompt for rate in known)


def _money(cost: Cost, rate: Rate) -> float:
    read = cost.calls * (rate.context or 0)
    return (read * rate.price.prompt + cost.written * rate.price.completion) / 1_000_000
