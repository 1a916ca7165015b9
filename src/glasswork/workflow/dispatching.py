"""A dispatch step: tool models and files for the dispatcher, and what it hands on.

Which files there are, what tool models gave and which could be called is recorded as answers from outside; so a run
that is run again needs none of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from pydantic import JsonValue

from glasswork.definitions import DispatchStep, ToolDef
from glasswork.dispatch import Bounds, Caller, Desk, Dispatcher, told
from glasswork.dispatch.edited import Edits
from glasswork.dispatch.graph import as_data
from glasswork.errors import GlassworkError, PlanFailed, UserError, did_you_mean
from glasswork.knowledge.store import Shelf
from glasswork.library import Found
from glasswork.tools import Blob, Health, ToolModel, Value, plain, spec_of
from glasswork.workflow.compiled import CompiledStep
from glasswork.workflow.dispatch_rules import paths
from glasswork.workflow.resources import Explanation, Supply
from glasswork.workflow.traced import ASKING, Around, TracedTool


async def dispatch(around: Around, desk: Desk, values: Mapping[str, Any]) -> dict[str, Any]:
    """Fulfil a step's request; return its output.

    Args:
        around: the step, and what it may use.
        desk: where the decisions are taken; see :func:`desk_of`.
        values: what its templates may read.

    Raises:
        GlassworkError: it could not be planned or answered. That tasks failed is no error: ``failed`` names them.
        Waiting: a tool model may have been called before a crash, and must not be called twice.
    """
    resources, step = around.resources, around.step
    assert isinstance(step.definition, DispatchStep), "only requests are dispatched"
    assert step.task is not None, "the compiler gives a dispatch its request"
    use = step.definition.dispatch
    supply = resources.tools or Nobody(Path("media"))
    again = desk.step in resources.rerun
    caller = Caller(resources.record, supply.media, resources.past, around.budget.charge, again)
    dispatcher = Dispatcher(
        desk,
        {found.name: _tool(found, supply, around) for found in _allowed(step, use.only, values)},
        caller,
        use.planner,
        Bounds(use.candidates, use.tasks, use.repairs),
        attempts=use.attempts,
        timeout=use.timeout,
    )
    files = [await taken(caller, desk.place, path, supply) for path in dict.fromkeys(paths(step.files, values))]
    try:
        outcome = await dispatcher.dispatch("\n".join(part.text for part in step.task.render(values)), files)
    except PlanFailed as error:
        hint = error.hint or "say it more plainly, or ask a larger model"
        raise GlassworkError(f"{error.message} (what may help: {hint})") from error  # a step's end has no hint
    return {
        "text": outcome.answer.text,
        "results": [json.dumps(one, ensure_ascii=False) for one in told(outcome)],
        "failed": list(outcome.failed),
        "fits": bool(outcome.graph.tasks),
        "claims": [{"says": one.says, "rests_on": list(one.rests_on)} for one in outcome.answer.claims],
        "plan": as_data(outcome.graph),
        "files": [plain(blob) for blob in outcome.answer.files],
    }


async def desk_of(around: Around, *, name: str, round_: int, item: int) -> Desk:
    """Return where the decisions of a dispatch are taken.

    Args:
        around: the step, and what it may use.
        name: the step's, in the run.
        round_: which round of it this is.
        item: which item of its ``for_each``, from 1; 0: none.
    """
    resources, step, common = around.resources, around.step, around.workflow.definition.defaults
    assert isinstance(step.definition, DispatchStep), "only requests are dispatched"
    forgiven = step.definition.on_error != "fail"
    model, ask = await resources.asker(step, common, around.budget, step.definition.dispatch.model)
    edits = Edits(resources.fixed, ask, resources.record)
    return Desk(
        edits.ask,
        edits.record,
        name,
        model,
        round=round_,
        item=item,
        seed=resources.seed,
        explains=step.definition.dispatch.explain,
        fixed=resources.fixed,
        on_explaining=lambda decision, task: resources.explanations.append(Explanation(decision, task, forgiven)),
    )


def _tool(found: Found[ToolDef], supply: Supply, around: Around) -> ToolModel:
    """Return a tool model for a step: what it asks of models and agents is the step's own asking."""
    return TracedTool(found, around) if found.definition.kind in ASKING else Lazy(found, supply)


class Lazy:
    """A tool model that is opened when it is first asked for anything but its spec: a replay never opens one."""

    def __init__(self, found: Found[ToolDef], supply: Supply) -> None:
        self.spec = spec_of(found.name, found.definition)
        self._found = found
        self._supply = supply

    async def call(self, arguments: Mapping[str, Value], *, timeout: float | None = None) -> Value:  # noqa: ASYNC109
        """Call it."""
        return await self._supply.open(self._found).call(arguments, timeout=timeout)

    async def health(self) -> Health:
        """Tell whether it can be called."""
        return await self._supply.open(self._found).health()

    async def aclose(self) -> None:
        """Leave it open: whoever supplies it closes it."""


class Nobody:
    """Supplies nothing, as in a replay."""

    def __init__(self, media: Path) -> None:
        """Know where files would lie."""
        self.media = media
        self.shelf = Shelf(media)

    def clean(self, data: Any) -> Any:
        """Return data as it is: nothing comes in."""
        return data

    def open(self, found: Found[ToolDef]) -> NoReturn:
        """Refuse to open a tool model."""
        raise UserError(f"nothing is here that could call the tool model {found.name!r}")

    def take(self, path: str) -> NoReturn:
        """Refuse to take a file in."""
        raise UserError(f"{path}: nothing is here that could read files")


def _allowed(step: CompiledStep, only: str | None, values: Mapping[str, Any]) -> list[Found[ToolDef]]:
    """Return the tool models that may be used in this run. Raises UserError where a name is none of the step's."""
    names = list(values["inputs"].get(only.partition(".")[2]) or ()) if only else []
    known = {found.name: found for found in step.tools}
    for name in names:
        if name not in known:
            raise UserError(f"there is no tool {name!r} here{did_you_mean(name, known)}")
    return [known[name] for name in names or known]


async def taken(caller: Caller, place: str, path: str, supply: Supply) -> Blob:
    """Take a file in, recorded as an answer from outside: the run then rests on its own copy."""

    async def made() -> Value:
        return supply.take(path)

    given: dict[str, JsonValue] = {"path": path}
    blob = await caller.answered(f"{place}/file/{path}", "file", given, made, gives="file")
    assert isinstance(blob, Blob), "it is a file, now or as it was recorded"
    return blob
