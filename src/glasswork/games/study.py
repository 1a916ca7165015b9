"""All that a run has of games, measured: what views and reports begin with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from glasswork.games.reason_tables import PlayerReasons, reason_tables
from glasswork.games.reasons import Reasoned, reasons
from glasswork.games.recorded import Recorded, recorded
from glasswork.games.result import Result, result
from glasswork.records import Event


@dataclass(frozen=True)
class Study:
    """The matches of one step by one set of rules."""

    matches: tuple[Recorded, ...]
    result: Result
    reasons: tuple[Reasoned, ...]
    tables: tuple[PlayerReasons, ...]
    """Of the reasons, by player."""


def studies(events: Iterable[Event], *, seed: int = 0) -> tuple[Study, ...]:
    """Return what a run's games come to, in the order of their steps; nothing where it had none.

    Raises:
        ValueError: the events contradict the rules.
    """
    kept = [*events]
    by_rules: dict[tuple[str, str], list[Recorded]] = {}
    for match in recorded(kept):
        by_rules.setdefault((match.step, match.rules.model_dump_json()), []).append(match)
    rows = reasons(kept)
    return tuple(_study(matches, rows, seed) for matches in by_rules.values())


def _study(matches: list[Recorded], rows: Iterable[Reasoned], seed: int) -> Study:
    keys = {(match.step, match.number) for match in matches}
    own = tuple(row for row in rows if (row.step, row.match) in keys)
    return Study(tuple(matches), result(matches, seed=seed), own, reason_tables(own, seed=seed))
