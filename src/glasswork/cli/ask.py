"""``glasswork ask``: one request, fulfilled by tool models; the answer goes to stdout."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glasswork.cli import say
from glasswork.cli.load import load_workflow, logs_folder
from glasswork.cli.run import Limits, Logs, Model, Quiet
from glasswork.errors import UserError, did_you_mean
from glasswork.places import outer
from glasswork.view.clean import clean

if TYPE_CHECKING:
    from glasswork.cli.session import Ended
    from glasswork.library import Library
    from glasswork.workflow.compiled import CompiledWorkflow

WORKFLOW = "ask"
"""The workflow that this runs: a project may have one of its own, with a step of this name."""


def ask(
    request: Annotated[str, typer.Argument(help="What is wanted, in words.", metavar="REQUEST")],
    *,
    files: Annotated[
        list[str] | None,
        typer.Option("--file", "-f", help="A file that comes with it; may be repeated.", metavar="PATH"),
    ] = None,
    tools: Annotated[
        str, typer.Option(help="Use only these tool models.", metavar="NAME,NAME", show_default=False)
    ] = "",
    model: Model = None,
    seed: Annotated[int, typer.Option(help="Another seed draws otherwise; the same repeats.")] = 0,
    logs: Logs = None,
    quiet: Quiet = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON, and nothing else.")] = False,
    budget: Limits = None,
) -> None:
    """Have a request fulfilled by tool models.

    It is planned as tasks; each is done by the tool model that suits it, as soon as what it needs is there; the answer
    names the tasks it rests on. 'glasswork list tools' shows what there is. This is a run like any other: glasswork log
    show tells it, glasswork resume goes on with it. Exits as glasswork run does, and with 1 where no task was done.
    """
    import asyncio

    from glasswork.cli.arguments import budgets_of, refuse_unreadable
    from glasswork.cli.logs_of import new_log
    from glasswork.cli.outcome import STATUS
    from glasswork.cli.people import People
    from glasswork.cli.session import Session
    from glasswork.workflow.inputs import resolve_inputs

    compiled, library = load_workflow(WORKFLOW)
    compiled = budgets_of(compiled, budget or [])
    names = [name.strip() for name in tools.split(",") if name.strip()]
    _refuse_unknown(compiled, names)
    asyncio.run(_refuse_sick(library, names))
    for path in files or []:
        refuse_unreadable(f"--file {path}", path)
    folder = logs_folder(logs)
    session = Session(
        workflow=compiled,
        library=library,
        inputs=resolve_inputs(compiled, {"request": request, "files": files or [], "tools": names}),
        people=People({}),
        logs=folder,
        open_log=new_log(folder, compiled, model=model, seed=seed, sandbox=None, budget=budget or []),
        model=model,
        seed=seed,
        sandbox=None,
        watched=not (quiet or as_json),
    )
    ended = asyncio.run(session.run())
    output = _output(ended)
    if as_json:
        say.json_object(_data(ended, output))
    else:
        _tell(ended, output, quiet=quiet)
    raise typer.Exit(STATUS[ended.outcome.state] or (1 if _in_vain(output) else 0))


def _refuse_unknown(compiled: CompiledWorkflow, tools: list[str]) -> None:
    """Refuse names that nothing answers to, before anything is started. Raises UserError."""
    known = {found.name for step in compiled.steps.values() for found in step.tools}
    for name in tools:
        if name not in known:
            raise UserError(f"--tools: there is no tool {name!r}{did_you_mean(name, known)}")


async def _refuse_sick(library: Library, tools: list[str]) -> None:
    """Refuse tool models that were named and cannot be called here. Raises UserError, with what to do about it."""
    from glasswork.cli.toolbox import listed_tools

    pool = listed_tools(library, Path())
    try:
        for name in tools:
            health = await pool.get(name).health()
            if not health.ok:
                raise UserError(f"--tools: {name} cannot be called here: {health.why}", hint=health.hint)
    finally:
        await pool.aclose()


def _output(ended: Ended) -> Mapping[str, Any]:
    """Return what the dispatch handed on; nothing, where it came to no end."""
    from glasswork.log.reader import iter_entries

    finished = [entry.event for entry in iter_entries(ended.folder, only={"step.finished"})]
    own = [one for one in finished if one.type == "step.finished" and outer(one.step) is None]  # no agent that it asked
    return next((one.output for one in reversed(own) if one.output), {})


def _in_vain(output: Mapping[str, Any]) -> bool:
    """Whether there were tasks, and none of them was done."""
    return bool(output.get("failed")) and len(output["failed"]) == len(output.get("results", ()))


def _data(ended: Ended, output: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "run": ended.folder.name,
        "state": ended.outcome.state,
        "reason": ended.outcome.reason,
        "answer": output.get("text", ""),
        "claims": output.get("claims", []),
        "plan": output.get("plan", []),
        "results": [json.loads(one) for one in output.get("results", ())],
        "failed": output.get("failed", []),
        "files": [{**blob, "path": str(path)} for blob, path in _made(ended, output)],
        "calls": ended.outcome.calls,
        "tokens": ended.outcome.usage.total,
        "seconds": ended.outcome.seconds,
        "log": str(ended.folder),
    }


def _tell(ended: Ended, output: Mapping[str, Any], *, quiet: bool) -> None:
    """Print the answer; what else there is to know goes to stderr, so that the answer can be piped."""
    if output:
        say.out(clean(output.get("text", "")))
    else:
        say.note(clean(f"{ended.outcome.state}: {ended.outcome.reason}"))
    for blob, path in _made(ended, output):
        say.note(clean(f"file  {say.shown(path)}  ({blob['name']})"))
    if not quiet:
        outcome = ended.outcome
        spent = f"{outcome.calls} calls, {outcome.usage.total:,} tokens, {outcome.seconds:.0f} s"
        say.note(f"run   {ended.folder.name}  ({spent}; glasswork log show {ended.folder.name})")


def _made(ended: Ended, output: Mapping[str, Any]) -> list[tuple[Mapping[str, Any], Path]]:
    """Return the files that the tools made, each with the path where it lies."""
    from glasswork.cli.supply import MEDIA
    from glasswork.tools.media import suffix_of

    folder = ended.folder / MEDIA
    return [(blob, folder / f"{blob['blob']}{suffix_of(blob['media_type'])}") for blob in output.get("files", ())]
