"""What Glasswork itself costs: CPU time a decision, with a model that answers at once.

    python benchmarks/overhead.py --steps 200

A chain of agent steps on an instant scripted model, each a whole decision (three rotations of the choice, act and
explanation: five answers), with the durable log on and with none. CPU seconds of this process, so that waiting for the
disk does not count; the wall time with the log is printed beside them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from glasswork.definitions import BudgetDef
from glasswork.library import Library
from glasswork.log.about import RunAbout
from glasswork.log.writer import LogWriter
from glasswork.models.base import Model, OnText
from glasswork.records import Completion, Recorder, Request, Usage
from glasswork.workflow.compile import compile_workflow
from glasswork.workflow.compiled import CompiledWorkflow
from glasswork.workflow.engine import run_workflow

ROLE = "---\nname: writer\ntitle: Writer\n---\nYou write.\n"
AGENT = "role: writer\nplan: {choose_from: [one, two, three]}\n"
SAID = {
    "because": [{"segment": "s1", "why": "It says so."}],
    "confidence_percent": 90,
    "would_change_if": "It did not.",
}


class Instant:
    """Answers at once."""

    name = "instant"
    context: int | None = None

    async def get(self, name: str) -> Model:  # noqa: ARG002
        """Be every model."""
        return self

    async def complete(self, request: Request, *, place: str = "", on_text: OnText | None = None) -> Completion:  # noqa: ARG002
        """Answer in the form asked for."""
        usage = Usage(prompt_tokens=200, completion_tokens=20)
        if request.form == "label":
            return Completion(text="A", logprobs=dict.fromkeys(request.labels, -1.0), usage=usage)
        return (
            Completion(text="text", data=SAID, usage=usage)
            if request.form == "json"
            else Completion(text="text", usage=usage)
        )

    async def aclose(self) -> None:
        """Hold nothing."""


def chain(folder: Path, steps: int) -> CompiledWorkflow:
    """Return a chain of ``steps`` agent steps in a project of its own."""
    for name, text in (("roles/writer.md", ROLE), ("agents/writer.yaml", AGENT)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    lines = ["version: 1", "name: chain", "steps:", "  s1: {agent: writer, task: Begin.}"]
    lines += [
        f"  s{n}: {{agent: writer, needs: s{n - 1}, task: 'Go on. {{{{ steps.s{n - 1}.text }}}}'}}"
        for n in range(2, steps + 1)
    ]
    (folder / "workflows").mkdir()
    (folder / "workflows" / "chain.yaml").write_text("\n".join(lines))
    library = Library.discover(folder)
    return compile_workflow(library.workflow("chain"), library)


async def timed(workflow: CompiledWorkflow, record: Recorder, files: Path) -> tuple[float, float]:
    """Run once; return CPU and wall seconds."""
    cpu, wall = time.process_time(), time.monotonic()
    outcome = await run_workflow(
        workflow,
        {},
        run="overhead",
        models=Instant(),
        record=record,
        open_sandbox=_none,
        ask_human=_none,
        files=files,
        budget=BudgetDef(),
    )
    assert outcome.state == "done", outcome.reason
    return time.process_time() - cpu, time.monotonic() - wall


async def _none(*_: object) -> NoReturn:
    raise AssertionError("not asked for")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, nargs="+", default=[50, 200])
    parser.add_argument("--repeat", type=int, default=3, help="the least of so many runs counts")
    options = parser.parse_args()
    for steps in options.steps:
        with tempfile.TemporaryDirectory() as folder:
            workflow = chain(Path(folder), steps)
            bare = min(asyncio.run(timed(workflow, _drop, Path(folder)))[0] for _ in range(options.repeat))
            logged = min(with_log(workflow, Path(folder), n) for n in range(options.repeat))
        row = {
            "steps": steps,
            "cpu_ms_per_decision_without_log": round(bare / steps * 1000, 3),
            "cpu_ms_per_decision_with_log": round(logged[0] / steps * 1000, 3),
            "wall_ms_per_decision_with_log": round(logged[1] / steps * 1000, 3),
        }
        print(json.dumps(row))


_drop: Callable[[object], None] = lambda _: None  # noqa: E731 - the shortest recorder there is


def with_log(workflow: CompiledWorkflow, folder: Path, number: int) -> tuple[float, float]:
    """Run once with the durable log on."""
    about = RunAbout(run=f"run{number}", workflow="chain", inputs={}, seed=0)
    with LogWriter.create(folder / f"run{number}", about) as writer:
        return asyncio.run(timed(workflow, writer.record, folder / "files"))


if __name__ == "__main__":
    main()
