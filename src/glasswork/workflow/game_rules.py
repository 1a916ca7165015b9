"""From what a file says of a game to the rules that it is played by, or to what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from string import ascii_uppercase

from glasswork.definitions import AgentDef, GameStep, GameUse, WorkflowDef
from glasswork.errors import NotFound, Problem, UserError, did_you_mean
from glasswork.games import (
    FixedHorizon,
    Game,
    MatrixGame,
    Pairing,
    PublicGoods,
    RandomHorizon,
    Rules,
    preset,
    round_robin,
    strategies,
)
from glasswork.games.axelrod import axelrod_strategy, fits_axelrod
from glasswork.library import Found, Keys
from glasswork.workflow.wording import wrong_with

MOVE = "move"
"""The field that holds the move of a player whose act has fields."""
_PLAYERS = ("choice", "text", "fields")
"""What an agent may produce that plays: its answer is the chosen move, its text, or its field ``move``."""


def rules_of(step: GameStep) -> Rules | None:
    """Return what a step plays by; None where the file says no such game (:func:`check_game` tells why)."""
    try:
        return _rules(step)
    except (NotFound, ValueError):
        return None


def seats_of(step: GameStep, rules: Rules) -> tuple[str, ...]:
    """Return who plays in a single match, by seat."""
    return step.seats or tuple(step.players)[: rules.game.players]


def matches_of(use: GameStep, rules: Rules, seed: int) -> tuple[Pairing, ...]:
    """Return every match that a game step plays, each with its seed."""
    if use.tournament is None:
        seats = seats_of(use, rules)
        return (Pairing(players=seats, repetition=1, seed=seed),)
    return round_robin(
        use.players,
        repetitions=use.tournament.repetitions,
        self_play=use.tournament.self_play,
        both_ways=use.tournament.both_ways,
        seed=seed,
        seats=rules.game.players,
    )


def choosing(agent: AgentDef, game: Game, seat: int) -> AgentDef:
    """Return an agent that weighs the legal moves of a seat, and, where it predicts, those of the next one."""
    own, other = game.legal(seat), game.legal((seat + 1) % game.players)
    plan = agent.plan.model_copy(update={"choose_from": own, "expect_from": other})
    return agent.model_copy(update={"plan": plan})


def check_game(
    found: Found[WorkflowDef], step_id: str, step: GameStep, agents: Mapping[str, AgentDef]
) -> Iterator[Problem]:
    """Yield what is wrong with a game: its rules, its players, its seats."""
    keys: Keys = ("steps", step_id)
    yield from _players(found, keys, step, agents)
    try:
        rules = _rules(step)
    except NotFound as error:
        yield found.problem((*keys, "game"), error.message + (f" ({error.hint})" if error.hint else ""))
        return
    except ValueError as error:
        yield found.problem((*keys, "game"), wrong_with(error))
        return
    yield from _seats(found, keys, step, rules)
    yield from _unfit(found, keys, step, rules.game)
    most = max(len(rules.game.legal(seat)) for seat in range(rules.game.players))
    if most > len(ascii_uppercase) and any(use.agent for use in step.players.values()):
        message = f"an agent can weigh {len(ascii_uppercase)} moves at most, and here are {most}: say a larger 'step'"
        yield found.problem((*keys, "game"), message)


# --- rules ------------------------------------------------------------------------------------------------------------


def _rules(step: GameStep) -> Rules:
    """Return the rules. Raises NotFound (no such preset) or ValueError (they do not hold together)."""
    use = step.game
    known = preset(use.preset) if use.preset is not None else None
    game = _renamed(known.game, use) if known is not None else _own(use)
    horizon = known.horizon if known is not None else FixedHorizon(rounds=10)
    if step.ends is not None:
        horizon = RandomHorizon(stop=step.ends)
    elif step.rounds is not None:
        horizon = FixedHorizon(rounds=step.rounds)
    return Rules(
        game=game,
        horizon=horizon.model_copy(update={"told": step.told}),
        noise=step.noise,
        illegal_limit=step.illegal_limit,
    )


def _renamed(game: Game, use: GameUse) -> Game:
    """Return a preset's game with the actions called as the file says."""
    if use.actions is None:
        return game
    if isinstance(game, MatrixGame):
        return game.relabelled(use.actions, use.others_actions)
    raise ValueError(f"the actions of {game.name} are numbers, and cannot be called otherwise")


def _own(use: GameUse) -> Game:
    if use.payoffs is not None and use.actions is not None:
        actions = (use.actions, use.others_actions or use.actions)
        return MatrixGame(name="a game of its own", actions=actions, payoffs=use.payoffs)
    goods = {"players": use.players, "endowment": use.endowment, "multiplier": use.multiplier, "step": use.step}
    return PublicGoods.model_validate({"name": "public goods", **goods})


# --- players ----------------------------------------------------------------------------------------------------------


def _players(
    found: Found[WorkflowDef], keys: Keys, step: GameStep, agents: Mapping[str, AgentDef]
) -> Iterator[Problem]:
    known = strategies.names()
    for name, use in step.players.items():
        at: Keys = (*keys, "players", name)
        if use.strategy is not None and use.strategy not in known:
            message = f"there is no strategy {use.strategy!r}{did_you_mean(use.strategy, known)}"
            yield found.problem((*at, "strategy"), message)
        if use.axelrod is not None and (wrong := _not_there(use.axelrod)):
            yield found.problem((*at, "axelrod"), wrong)
        agent = agents.get(use.agent) if use.agent is not None else None
        if agent is None:
            continue
        act = agent.act
        if act.produces not in _PLAYERS or (act.produces == "fields" and MOVE not in act.fields):
            message = (
                f"the agent {use.agent!r} makes no moves: its act must produce choice, text, or fields with 'move'"
            )
            yield found.problem((*at, "agent"), message)


def _not_there(name: str) -> str:
    """Return why a strategy of the axelrod library cannot play at all; empty where it can."""
    try:
        axelrod_strategy(name)
    except (NotFound, UserError) as error:
        return error.message
    return ""


def _unfit(found: Found[WorkflowDef], keys: Keys, step: GameStep, game: Game) -> Iterator[Problem]:
    """Yield players who know no move in this game."""
    for name, use in step.players.items():
        at: Keys = (*keys, "players", name)
        if use.strategy in strategies.names() and not strategies.get(use.strategy).fits(game):
            yield found.problem((*at, "strategy"), f"{use.strategy!r} cannot play {game.name}")
        if use.axelrod is not None and not fits_axelrod(game):
            message = f"the axelrod library plays games of two players and two actions each, not {game.name}"
            yield found.problem((*at, "axelrod"), message)


def _seats(found: Found[WorkflowDef], keys: Keys, step: GameStep, rules: Rules) -> Iterator[Problem]:
    game, players = rules.game, step.players
    for index, name in enumerate(step.seats):
        if name not in players:
            yield found.problem((*keys, "seats", index), f"there is no player {name!r}{did_you_mean(name, players)}")
    many = len(step.seats) if step.seats else len(players)
    if step.seats and many != game.players:
        yield found.problem((*keys, "seats"), f"{game.name} has {game.players} seats, and {many} are named")
    alone = step.tournament is not None and step.tournament.self_play and game.players == 2
    if not step.seats and many < game.players and not alone:
        yield found.problem((*keys, "players"), f"{game.name} is for {game.players} players, and there are {many}")
