"""How a sitting ended, told to whoever started it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import typer

from glasswork.cli import say
from glasswork.view.clean import clean

if TYPE_CHECKING:
    from pathlib import Path

    from glasswork.cli.session import Ended, Session
    from glasswork.log.reader import Log
    from glasswork.workflow.engine import RunOutcome

STATUS = {"done": 0, "failed": 1, "budget": 3, "waiting": 4, "interrupted": 130}


def sit(session: Session, *, as_json: bool, quiet: bool, report: Path | None = None) -> NoReturn:
    """Work on a run until it ends, say how it ended in the way that was asked for, and exit with its status.

    ``report``: where to put the report of a game.
    """
    import asyncio

    ended = asyncio.run(session.run())
    if as_json:
        say.json_object(_data(ended))
    else:
        _tell(ended, whole=not quiet, see=session.see)
    if report is not None:
        from glasswork.cli.log_game import tell_report
        from glasswork.log.reader import read

        tell_report(report, read(ended.folder), quiet=as_json)
    raise typer.Exit(STATUS[ended.outcome.state])


def _data(ended: Ended) -> dict[str, Any]:
    from glasswork.log.reader import iter_entries
    from glasswork.workflow.demands import shortfall, unmet

    told = iter_entries(ended.folder, only={"decision.started", "decision.checked"})
    return {
        "run": ended.folder.name,
        **ended.outcome.model_dump(),
        "log": str(ended.folder),
        "files": [str(path) for path in ended.files],
        "unmet": {event.decision: shortfall(event) for event in unmet(entry.event for entry in told)},
    }


def _tell(ended: Ended, *, whole: bool, see: str = "") -> None:
    """Say how a run ended: decision by decision, or in a line or two; then what it left, and what can be done now."""
    from glasswork.cli.discreet import seen_log, without_open_rounds
    from glasswork.games.werewolf.seeing import UNTOLD
    from glasswork.log.reader import read

    log, seen = seen_log(without_open_rounds(read(ended.folder)), see)
    outcome = ended.outcome
    if seen.veiled and outcome.state == "failed":
        outcome = outcome.model_copy(update={"reason": UNTOLD})
    if whole and not seen.veiled and any(event.type == "match.started" and event.match for event in log.events):
        from glasswork.view.game import told

        say.draw(told(log.events))
        say.out()
        _tell_shortly(outcome)
    elif whole:
        from glasswork.view.story import story

        say.draw(story(log, see=seen.words))
        say.out()
    else:
        _tell_shortly(outcome)
    say.columns([*_left(ended, log), *([] if whole else _next(ended, log))])


def _tell_shortly(outcome: RunOutcome) -> None:
    money = f", {outcome.money:.4g} in money" if outcome.money else ""
    spent = f"{outcome.calls} calls, {outcome.usage.total:,} tokens{money}, {outcome.seconds:.0f} s"
    say.out(f"{say.paint(outcome.state, 'green' if outcome.state == 'done' else 'red')}: {spent}")
    if outcome.reason:
        say.out(clean(f"  {outcome.reason}"))


def _left(ended: Ended, log: Log) -> list[tuple[str, str]]:
    from glasswork.workflow.demands import shortfall, unmet

    decisions = [event.decision for event in log.events if event.type == "decision.started"]
    short = unmet(log.events)
    return [
        *(("not met", clean(shortfall(event))) for event in short),
        *(("file", say.shown(path)) for path in ended.files),
        ("log", say.shown(ended.folder)),
        ("read it", f"glasswork log show {ended.folder.name}"),
        *([("tables", f"glasswork log game {ended.folder.name}")] if _played(log) else []),
        *(("ask why", f"glasswork log why {decision}") for decision in [*(e.decision for e in short), *decisions][:1]),
    ]


def _played(log: Log) -> bool:
    return any(event.type == "match.started" for event in log.events)


def _next(ended: Ended, log: Log) -> list[tuple[str, str]]:
    """Return what brings a run on that has not come to its end."""
    run, state = ended.folder.name, ended.outcome.state
    asked: list[tuple[str, str]] = []
    if state == "waiting":
        from glasswork.log.questions import open_questions
        from glasswork.view.lines import answer_of

        found = open_questions(log.events)
        asked = [("answer", f"glasswork approve {run} {one.decision or one.step} {answer_of(one)}") for one in found]
    more = " --budget NAME=VALUE" if state == "budget" else ""
    return [] if state == "done" else [*asked, ("go on", f"glasswork resume {run}{more}")]
