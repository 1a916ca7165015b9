"""The engine: from a compiled workflow and its inputs to a finished run.

It always runs from the start and emits every event. Where the run has a past (it is resumed, replayed or forked), what
was answered then is served again, and whoever takes the events knows which of them are in the log already.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from glasswork import __version__
from glasswork.agent import Fixed
from glasswork.definitions import PriceDef
from glasswork.errors import BudgetExceeded
from glasswork.games.axelrod import open_axelrod
from glasswork.log.past import Past
from glasswork.records import Record, Recorder, RunFinished, RunStarted, RunState, Usage, Watcher
from glasswork.workflow.budget import Budget
from glasswork.workflow.compiled import CompiledWorkflow
from glasswork.workflow.flow import Flow, in_time
from glasswork.workflow.resources import (
    AskHuman,
    AskMove,
    ModelSource,
    OpenLibrary,
    OpenSandbox,
    Resources,
    Supply,
    nobody_moves,
)
from glasswork.workflow.wording import told_once


class RunOutcome(Record):
    """How a run ended. ``seconds`` is wall-clock time, of all sittings together."""

    state: RunState
    reason: str = ""
    outputs: dict[str, Any] = {}
    usage: Usage = Usage()
    calls: int = 0
    money: float = 0.0
    seconds: float = 0.0


async def run_workflow(
    workflow: CompiledWorkflow,
    inputs: Mapping[str, Any],
    *,
    run: str,
    models: ModelSource,
    record: Recorder,
    open_sandbox: OpenSandbox,
    ask_human: AskHuman,
    files: Path,
    ask_move: AskMove = nobody_moves,
    open_library: OpenLibrary = open_axelrod,
    model: str = "",
    seed: int = 0,
    watch: Watcher | None = None,
    prices: Mapping[str, PriceDef] | None = None,
    past: Past | None = None,
    fixed: Mapping[str, Fixed] | None = None,
    rerun: frozenset[str] = frozenset(),
    tools: Supply | None = None,
) -> RunOutcome:
    """Run a workflow to its end, whatever the end, and emit its events from the first to the last.

    Cancelling (Ctrl-C) ends the run in the state ``interrupted``: what was under way is stopped and the log says so.

    Args:
        workflow: What to run, with its budgets.
        inputs: Its inputs, typed and complete (:func:`~glasswork.workflow.inputs.resolve_inputs`).
        run: The run's id.
        models: Hands out models; stays open.
        record: Takes each event and returns once it is durable, or known to be in the log already.
        open_sandbox: Opens a sandbox by backend name; closed at the end of the run.
        ask_human: Puts a question to a person; raises ``Waiting`` where nobody is there.
        files: Folder for the files that steps save.
        ask_move: Lets a person choose a move of a game; raises ``Waiting`` where nobody is there.
        open_library: Starts the axelrod library, where a game has players of it; ended at the end of the run.
        model: What the log calls the run's model.
        seed: Makes every draw of the run its own, and repeatable.
        watch: Is told of stages and of text as they come.
        prices: What tokens cost, by the name of the model.
        past: What the run's log holds already.
        fixed: What a person has decided in place of an agent, by decision.
        rerun: Steps whose programs may run again although they are not idempotent.
        tools: Opens tool models and takes in files for steps that dispatch; stays open.

    Raises:
        LogError: the log cannot be written, or (``Diverged``) says something else; nothing goes on unrecorded.
    """
    resources = Resources(
        models=models,
        record=record,
        watch=watch,
        open_sandbox=open_sandbox,
        ask_human=ask_human,
        ask_move=ask_move,
        open_library=open_library,
        files=files,
        seed=seed,
        prices=prices or {},
        past=past,
        fixed=fixed or {},
        rerun=rerun,
        tools=tools,
    )
    before = past.seconds if past and past.live else 0.0
    purse = Budget(workflow.definition.budget, spent=resources.spent())
    started = time.monotonic()
    record(
        RunStarted(run=run, workflow=workflow.name, inputs=dict(inputs), model=model, seed=seed, glasswork=__version__)
    )
    flow = Flow(workflow, inputs, resources, purse)
    state, reason = await _to_the_end(flow, resources, purse, before)
    outcome = RunOutcome(
        state=state,
        reason=reason,
        outputs=flow.outputs(),
        usage=purse.usage,
        calls=purse.calls,
        money=round(purse.money, 9),  # so that it does not hang on the order in which costs were added up
        seconds=round(before + time.monotonic() - started, 3),
    )
    record(RunFinished(**outcome.model_dump()))
    return outcome


async def _to_the_end(flow: Flow, resources: Resources, purse: Budget, before: float) -> tuple[RunState, str]:
    """Run every step and wait for every explanation."""
    try:
        async with in_time(purse, before):
            await flow.run()
            await flow.explain()
    except asyncio.CancelledError:
        return "interrupted", "stopped by the user"
    except BudgetExceeded as error:
        return "budget", error.message
    finally:
        await resources.aclose()
    if flow.failures:
        return "failed", told_once(flow.failures)
    return ("waiting", "; ".join(flow.waiting)) if flow.waiting else ("done", "")
