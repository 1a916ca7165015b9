"""From what a file says of a game of werewolf to its rules, or to what is wrong with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from string import ascii_uppercase
from typing import NamedTuple

from glasswork.definitions import AgentDef, WerewolfRules, WerewolfStep, WorkflowDef
from glasswork.errors import NotFound, Problem, did_you_mean
from glasswork.games.werewolf import preset, strategies
from glasswork.library import Found, Keys
from glasswork.workflow.wording import wrong_with

MOST_WITH_AGENTS = len(ascii_uppercase)
"""Players at a table with agents: each of the others is an option, and passing is one."""


class Deal(NamedTuple):
    """One game: its number among the step's (0 where the step is one game), how its cards are dealt, its seed."""

    number: int
    seed: int
    rotate: int
    """By how many seats the cards are turned, after they were dealt by the seed."""


def village_of(step: WerewolfStep) -> WerewolfRules | None:
    """Return what a step plays by; None where the file does not say it well (:func:`check_werewolf` tells why)."""
    try:
        return _rules(step)
    except (NotFound, ValueError):
        return None


def deals(step: WerewolfStep, seed: int) -> tuple[Deal, ...]:
    """Return every game that a step plays. In a block of as many games as players each holds each card once.

    Where a person plays, each game is dealt by itself: the cards of one would tell those of the next.
    """
    if step.tournament is None:
        return (Deal(0, seed, 0),)
    many = 1 if any(use.human for use in step.players.values()) else len(step.players)
    return tuple(Deal(n + 1, seed * 1_000_003 + n // many, n % many) for n in range(step.tournament.games))


def check_werewolf(
    found: Found[WorkflowDef], step_id: str, step: WerewolfStep, agents: Mapping[str, AgentDef]
) -> Iterator[Problem]:
    """Yield what is wrong with a game: its rules, its players, the cards that they are given."""
    keys: Keys = ("steps", step_id)
    yield from _players(found, keys, step, agents)
    try:
        rules = _rules(step)
    except NotFound as error:
        yield found.problem((*keys, "werewolf"), error.message + (f" ({error.hint})" if error.hint else ""))
        return
    except ValueError as error:
        yield found.problem((*keys, "werewolf"), wrong_with(error))
        return
    if len(step.players) != rules.players:
        dealt = ", ".join(f"{count} {card}" for card, count in rules.roles.items() if count)
        message = f"{rules.name} has cards for {rules.players} players ({dealt}), and there are {len(step.players)}"
        yield found.problem((*keys, "players"), message)
    yield from _cards(found, keys, step, rules)


def _rules(step: WerewolfStep) -> WerewolfRules:
    """Return the rules. Raises NotFound (no such preset) or ValueError (they do not hold together)."""
    use = step.werewolf
    return use.over(preset(use.preset) if use.preset is not None else WerewolfRules())


def _players(
    found: Found[WorkflowDef], keys: Keys, step: WerewolfStep, agents: Mapping[str, AgentDef]
) -> Iterator[Problem]:
    known = strategies.names()
    for name, use in step.players.items():
        at: Keys = (*keys, "players", name)
        if use.strategy is not None and use.strategy not in known:
            message = f"there is no strategy {use.strategy!r} for werewolf{did_you_mean(use.strategy, known)}"
            yield found.problem((*at, "strategy"), message)
        agent = agents.get(use.agent) if use.agent is not None else None
        if agent is None:
            continue
        if agent.act.produces != "text":
            message = f"the agent {use.agent!r} cannot speak at a table: its act must produce text"
            yield found.problem((*at, "agent"), message)
        if len(step.players) > MOST_WITH_AGENTS:
            message = (
                f"an agent weighs {len(ascii_uppercase)} options at most; at its table {MOST_WITH_AGENTS} can play"
            )
            yield found.problem((*at, "agent"), message)
        if agent.plan.choose_from or agent.plan.strategy == "predict":
            message = f"the agent {use.agent!r} must leave its options to the game: neither choose_from nor 'predict'"
            yield found.problem((*at, "agent"), message)


def _cards(found: Found[WorkflowDef], keys: Keys, step: WerewolfStep, rules: WerewolfRules) -> Iterator[Problem]:
    if not step.cards:
        return
    for name in step.cards:
        if name not in step.players:
            message = f"there is no player {name!r}{did_you_mean(name, step.players)}"
            yield found.problem((*keys, "cards", name), message)
    missing = [name for name in step.players if name not in step.cards]
    if missing:
        yield found.problem((*keys, "cards"), f"{missing[0]!r} is given no card: name everybody's, or nobody's")
    elif Counter(step.cards.values()) != Counter(rules.deck):
        dealt = ", ".join(f"{count} {card}" for card, count in Counter(rules.deck).items())
        yield found.problem((*keys, "cards"), f"these are not the cards of {rules.name}, which are {dealt}")
