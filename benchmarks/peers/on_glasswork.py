"""Glasswork: steps are decisions of an agent, on a model that answers at once.

The smallest there is: the agent's file fixes one option, so nothing is weighed, and a step asks twice, for the act and
for its explanation. ``durable`` is the event log, ``full`` the log with three options, weighed in three orders: five
questions. ``bare`` records nothing.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from worker import Measured, clock, payload, serve, size

from glasswork.library import Library
from glasswork.log.about import RunAbout
from glasswork.log.reader import verify
from glasswork.log.writer import LogWriter
from glasswork.models.base import Model, OnText
from glasswork.records import Completion, Event, Request, Usage
from glasswork.workflow.compile import compile_workflow
from glasswork.workflow.engine import run_workflow

ROLE = "---\nname: writer\ntitle: Writer\n---\nYou write.\n"
OPTIONS = ("Go on.", "Begin again.", "Ask somebody.")
SAID = {
    "because": [{"segment": "s1", "why": "It says so."}],
    "confidence_percent": 90,
    "would_change_if": "It did not.",
}
WORDS = json.dumps(SAID)
USAGE = Usage(prompt_tokens=200, completion_tokens=20)


class Instant:
    """Answers at once, but waits before the act of a step whose name begins with ``w``."""

    name = "instant"
    context: int | None = None

    def __init__(self, bytes_: int, wait: float = 0.0) -> None:
        self._bytes, self._wait = bytes_, wait

    async def get(self, name: str) -> Model:  # noqa: ARG002 - it is every model
        """Be every model."""
        return self

    async def complete(self, request: Request, *, place: str = "", on_text: OnText | None = None) -> Completion:  # noqa: ARG002 - nothing streams
        """Answer in the form asked for."""
        if request.form == "label":
            return Completion(text="A", logprobs=dict.fromkeys(request.labels, -1.0), usage=USAGE)
        if request.form == "json":
            return Completion(text=WORDS, data=SAID, usage=USAGE)
        if self._wait and place.startswith("w"):
            await asyncio.sleep(self._wait)
        return Completion(text=payload(place, self._bytes), usage=USAGE)

    async def aclose(self) -> None:
        """Hold nothing."""


def chain(*, folder: Path, steps: int, bytes_: int, how: str) -> Measured:
    """Measure ``steps`` decisions in a row, each of which reads what the one before wrote."""
    written = {"s1": {"agent": "writer", "task": "Begin."}}
    for n in range(2, steps + 1):
        task = f"Go on after this.\n\n{{{{ steps.s{n - 1}.text }}}}"
        written[f"s{n}"] = {"agent": "writer", "needs": f"s{n - 1}", "task": task}
    return asyncio.run(_measure(folder, written, OPTIONS if how == "full" else OPTIONS[:1], how, Instant(bytes_)))


def fanout(*, folder: Path, steps: int, bytes_: int, how: str, wait: float) -> Measured:
    """Measure ``steps`` decisions whose acts wait at once, and one that needs and reads them all."""
    names = [f"w{n}" for n in range(1, steps + 1)]
    written: dict[str, Any] = {name: {"agent": "writer", "task": "Begin."} for name in names}
    task = "Sum up. " + " ".join(f"{{{{ steps.{name}.text }}}}" for name in names)
    written["join"] = {"agent": "writer", "needs": names, "task": task}
    return asyncio.run(_measure(folder, written, OPTIONS[:1], how, Instant(bytes_, wait)))


async def _measure(folder: Path, steps: Any, options: Sequence[str], how: str, model: Instant) -> Measured:
    _write(folder, steps, options)
    if how == "bare":
        return await _run(folder, model, lambda _: None)
    log = folder / "logs" / "run"
    with LogWriter.create(log, RunAbout(run="run", workflow="bench")) as writer:
        measured = await _run(folder, model, writer.record)
        events = writer.events
    with clock() as verifying:
        assert verify(log).complete
    return {**measured, "bytes": size(log), "events": events, "verify_s": verifying["cpu_s"]}


def _write(folder: Path, steps: Any, options: Sequence[str]) -> None:
    """Write the project's files; JSON is YAML."""
    workflow = {"version": 1, "name": "bench", "steps": steps}
    texts = {
        "roles/writer.md": ROLE,
        "agents/writer.yaml": json.dumps({"role": "writer", "plan": {"choose_from": list(options)}}),
        "workflows/bench.yaml": json.dumps(workflow),
    }
    for name, text in texts.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)


async def _run(folder: Path, model: Instant, record: Callable[[Event], None]) -> Measured:
    library = Library.discover(folder)
    workflow = compile_workflow(library.workflow("bench"), library)
    with clock() as measured:
        outcome = await run_workflow(
            workflow,
            {},
            run="run",
            models=model,
            record=record,
            open_sandbox=_none,
            ask_human=_none,
            files=folder / "files",
        )
    assert outcome.state == "done", outcome.reason
    return measured


async def _none(*_: object) -> NoReturn:
    raise AssertionError("no step asks for this")


if __name__ == "__main__":
    serve(chain=chain, fanout=fanout)
