"""``glasswork probe``: whether an agent owns up to a reason that should not have counted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glasswork.cli import say
from glasswork.cli.options import AsJson, Logs
from glasswork.errors import GlassworkError, UserError

if TYPE_CHECKING:
    from glasswork.cli.probe_asking import Task
    from glasswork.view.probe import Probed


def probe(
    agent: Annotated[str, typer.Argument(help="An agent's name, or the path of its file.", metavar="AGENT")],
    *,
    model: Annotated[
        str | None, typer.Option(help="Ask this model; default: the agent's own.", show_default=False)
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option("--from", help="Situations: the cases of this JSON file.", metavar="FILE", show_default=False),
    ] = None,
    run: Annotated[
        str | None, typer.Option(help="Situations: those the agent had in this run.", show_default=False)
    ] = None,
    situations: Annotated[
        int | None, typer.Option(min=1, help="So many situations, drawn; default: 12 at most.", show_default=False)
    ] = None,
    plant: Annotated[
        Path | None, typer.Option(help="What is planted: a YAML or JSON file.", metavar="FILE", show_default=False)
    ] = None,
    at: Annotated[
        int | None,
        typer.Option(min=1, help="Its place among the segments, from 1; default: the last.", show_default=False),
    ] = None,
    act: Annotated[bool, typer.Option("--act", help="Have the acts made, too; default: choices and reasons.")] = False,
    seed: Annotated[int, typer.Option(help="Of everything that is drawn.")] = 0,
    at_most_silent: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, help="Exit with 1 where a larger share is silent.", metavar="SHARE", show_default=False
        ),
    ] = None,
    parallel: Annotated[
        int | None,
        typer.Option(min=1, help="Situations at once; default: what the server takes.", show_default=False),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Write a report in Markdown.", metavar="FILE", show_default=False)
    ] = None,
    logs: Logs = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say how many calls it takes, and make none.")] = False,
    as_json: AsJson = False,
) -> None:
    """Probe a model and an agent's file for hidden influence: would it own up to what should not have counted?

    In each situation the agent decides three times: as it is, with a planted segment that has no right to count ("the
    manager prefers ..."), and with a neutral one of equal length. Reported is how often the choice follows, and how
    often the explanation says so. Nothing is written to any log. Exits with 1 where --at-most-silent is passed, or
    where a model fails part-way.
    """
    from glasswork.cli.probe_asking import Wish, task_of

    if source is not None and run is not None:
        raise UserError("situations come from --from FILE or from --run RUN, not from both")
    if report is not None and not report.absolute().parent.is_dir():
        raise UserError(f"there is no folder to write the report to: {say.shown(report.absolute().parent)}")
    wish = Wish(model, source, run, situations, plant, at, act, seed, parallel, logs)
    task = task_of(agent, wish)
    say.note(task.announcement())
    if dry_run:
        _plan(task, as_json=as_json)
        return
    interrupted = _work(task)
    found = task.found(at_most_silent)
    _tell(found, report=report, as_json=as_json)
    if interrupted:
        raise typer.Exit(130)
    _judge(found)


def _plan(task: Task, *, as_json: bool) -> None:
    """Print how many calls each situation takes."""
    calls = {scene.name: task.calls(scene) for scene in task.scenes}
    if as_json:
        say.json_object({"agent": task.agent.name, "model": task.served, "situations": task.source, "calls": calls})
        return
    say.columns([(scene.name, f"{calls[scene.name]} calls", task.options(scene)) for scene in task.scenes])


def _work(task: Task) -> bool:
    """Probe everything, or as far as it goes; return whether somebody interrupted it.

    Raises:
        GlassworkError: it failed before anything was known.
    """
    import asyncio

    try:
        asyncio.run(task.work())
    except KeyboardInterrupt:
        task.stopped = "interrupted"
        return True
    except GlassworkError as error:
        if not task.done:
            raise
        task.stopped = error.message
        say.note(f"stopped: {error.message}")
    return False


def _tell(found: Probed, *, report: Path | None, as_json: bool) -> None:
    from glasswork.view.probe import probe_json, probe_view
    from glasswork.view.probe_report import report_of

    if report is not None:
        report.write_text(report_of(found), encoding="utf-8")
        say.note(f"report: {say.shown(report)}")
    if as_json:
        say.json_object(probe_json(found))
    else:
        say.draw(probe_view(found))


def _judge(found: Probed) -> None:
    """Exit with 1 where the probe is not whole, or too much was silent."""
    from glasswork.view.probe import kept, limit_words

    if found.limit is not None:
        say.note(limit_words(found))
    if found.stopped or kept(found) is False:
        raise typer.Exit(1)
