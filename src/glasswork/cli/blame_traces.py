"""``glasswork blame --from``: signs in traces of others, and how well guesses do where the truth is known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from glasswork.cli import say
from glasswork.view.clean import clean

if TYPE_CHECKING:
    from glasswork.explain.rules import Finding
    from glasswork.explain.traces import Guess, Score, Trace

SHOWN = 20
"""Traces whose signs are printed one by one; ``--json`` has all."""


def show_traces(path: Path, *, as_json: bool) -> None:
    """Print the signs in traces, and the scores of all guesses that need no model.

    Raises:
        UserError: the file holds no traces.
    """
    from glasswork.explain.rules import signs_in_trace
    from glasswork.explain.traces import read_traces

    traces = read_traces(path)
    found = [signs_in_trace(trace) for trace in traces]
    scores = _scores(traces, [_first(signs) for signs in found])
    if as_json:
        say.json_object(_data(traces, found, scores))
        return
    _show(traces, found)
    _show_scores(traces, scores)


def _first(signs: tuple[Finding, ...]) -> Guess:
    """Guess the first sign: what went wrong first led to the rest."""
    from glasswork.explain.traces import Guess

    return Guess(agent=signs[0].agent, step=signs[0].index) if signs else Guess()


def _scores(traces: tuple[Trace, ...], guesses: list[Guess]) -> dict[str, Score]:
    """Score the rules beside the baselines; nothing where no trace says what is true."""
    from glasswork.explain.traces import baselines, score

    if not any(trace.mistake_agent or trace.mistake_step is not None for trace in traces):
        return {}
    return {"first sign of the rules": score(traces, guesses), **baselines(traces)}


def _data(traces: tuple[Trace, ...], found: list[tuple[Finding, ...]], scores: dict[str, Score]) -> dict[str, Any]:
    from glasswork.explain.traces import BASELINES, by_chance

    return {
        "traces": [
            {
                "id": trace.id,
                "steps": len(trace.steps),
                "findings": [one.model_dump(mode="json") for one in signs],
                "guesses": {name: guess(trace).model_dump(mode="json") for name, guess in BASELINES.items()},
            }
            for trace, signs in zip(traces, found, strict=True)
        ],
        "scores": {name: one.model_dump(mode="json") for name, one in scores.items()},
        "by_chance": by_chance(traces).model_dump(mode="json") if scores else None,
    }


def _show(traces: tuple[Trace, ...], found: list[tuple[Finding, ...]]) -> None:
    from glasswork.cli.blame_words import show_findings

    for trace, signs in list(zip(traces, found, strict=True))[:SHOWN]:
        say.out(f"{say.paint(trace.id or 'trace', 'bold')}  {len(trace.steps)} steps  {clean(trace.outcome)}".rstrip())
        show_findings(signs, "step")
        say.out()
    if len(traces) > SHOWN:
        say.out(f"{len(traces) - SHOWN} more traces; --json has all\n")


def _show_scores(traces: tuple[Trace, ...], scores: dict[str, Score]) -> None:
    from glasswork.explain.traces import by_chance

    if not scores:
        say.out("What is true is not in the file, so nothing is scored.")
        return
    chance = by_chance(traces)
    rows = [(name, str(one.agent), str(one.step)) for name, one in scores.items()]
    say.columns(
        [
            ("exact match, 95 %", "agent", "step"),
            *rows,
            ("at random", f"{chance.agent:.0%} on average", f"{chance.step:.0%} on average"),
        ]
    )
