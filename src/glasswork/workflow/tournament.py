"""A workflow's game played as a tournament, whatever its file says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from glasswork.definitions import Games, GameStep, TournamentUse, WerewolfStep
from glasswork.errors import UserError
from glasswork.records import Record
from glasswork.workflow.compiled import CompiledStep, CompiledWorkflow
from glasswork.workflow.game_rules import matches_of, rules_of


class Settings(Record):
    """What was asked for in place of what the file says; None: as the file says."""

    repetitions: int | None = None
    rounds: int | None = None
    parallel: int | None = None
    self_play: bool | None = None
    both_ways: bool | None = None
    games: int | None = None
    """Of werewolf, in place of all but ``parallel``."""


def as_tournament(workflow: CompiledWorkflow, settings: Settings) -> CompiledWorkflow:
    """Return a workflow whose game all players play against each other.

    Raises:
        UserError: it has no game, or several, or too few players for a match.
    """
    games = [step for step in workflow.steps.values() if isinstance(step.definition, GameStep | WerewolfStep)]
    if len(games) != 1:
        raise UserError(
            f"{workflow.name} has {len(games) or 'no'} game{'s' if games else ''}; a tournament needs one",
            hint="a step with 'game:' or 'werewolf:'; 'glasswork list' shows the workflows that come with Glasswork",
        )
    step = (_dealt if isinstance(games[0].definition, WerewolfStep) else _played)(games[0], settings)
    return replace(workflow, steps={**workflow.steps, step.id: step})


def _dealt(step: CompiledStep, settings: Settings) -> CompiledStep:
    """Return werewolf played so many times; by default each player holds each card once."""
    use = step.definition
    assert isinstance(use, WerewolfStep), "only werewolf is dealt"
    other = settings.model_dump(exclude_none=True, exclude={"games", "parallel"})
    if other:
        names = " and ".join(f"--{name.replace('_', '-')}" for name in other)
        raise UserError(f"{names} {'is' if len(other) == 1 else 'are'} not for werewolf", hint="it counts: --games 14")
    games = settings.games or (use.tournament.games if use.tournament else len(use.players))
    changes = {"tournament": Games(games=games), "cards": {}, "parallel": settings.parallel or use.parallel}
    return replace(step, definition=use.model_copy(update=changes))


def _played(step: CompiledStep, settings: Settings) -> CompiledStep:
    use = step.definition
    assert isinstance(use, GameStep), "only matches are played"
    if settings.games is not None:
        raise UserError("--games is for werewolf", hint="here it is --repetitions, how often each meets each")
    said = settings.model_dump(exclude_none=True)
    names = ("repetitions", "self_play", "both_ways")
    how: dict[str, Any] = {key: said.pop(key) for key in names if key in said}
    tournament = (use.tournament or TournamentUse()).model_copy(update=how)
    changes: dict[str, Any] = {**said, "tournament": tournament, "seats": ()}
    if settings.rounds is not None:
        changes["ends"] = None
    use = use.model_copy(update=changes)
    rules = rules_of(use)
    if rules is None or not matches_of(use, rules, 0):
        raise UserError(f"{len(use.players)} players make no match of {rules.game.name if rules else step.id}")
    return replace(step, definition=use, rules=rules)
