"""A project in a temporary folder, a model that answers by place, and a run of both."""

import asyncio
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from fnmatch import fnmatch
from pathlib import Path

import pytest

from glasswork.library import Library
from glasswork.log.past import Past
from glasswork.log.reader import Entry
from glasswork.records import Completion, Usage
from glasswork.sandbox.base import Result
from glasswork.workflow.compile import compile_workflow
from glasswork.workflow.engine import run_workflow
from glasswork.workflow.inputs import resolve_inputs

from .tool_doubles import TOOLS, Supply

AGENTS = {
    "writer": "role: writer\nplan: {choose_from: [short, long]}\n",
    "coder": "role: writer\nplan: {choose_from: [plain, clever]}\nact: {produces: code, tools: [python]}\n",
    "judge": "role: writer\nplan: {choose_from: [low, high]}\nact: {produces: fields, fields: {risk: {enum: [low, high]}}}\n",
    "lister": "role: writer\nplan: {choose_from: [a, b]}\nact: {produces: list}\n",
}


class ByPlace:
    """Answers acts by a pattern of the place; everything else sensibly. Counts who is asked when."""

    name = "by-place"
    context = None

    def __init__(self, acts=None, delay=0.0, usage=None):
        self.acts = acts or {}
        self.delay = delay
        self.usage = usage or Usage(prompt_tokens=10, completion_tokens=5)
        self.places = []
        self.prompts = {}
        self.now = self.most = 0

    async def get(self, name):
        return self

    async def complete(self, request, *, place="", on_text=None):
        self.places.append(place)
        self.prompts[place] = request.messages[-1].content
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(self.delay)
        self.now -= 1
        return self.answer(request, place).model_copy(update={"usage": self.usage})

    def answer(self, request, place):
        if request.form == "label":
            return Completion(text="A", logprobs={label: -float(rank) for rank, label in enumerate(request.labels)})
        if place.endswith("/explain"):
            because = [{"segment": "s1", "why": "It says so."}]
            return Completion(text="{}", data={"because": because, "confidence_percent": 90, "would_change_if": "Not."})
        found = next((act for pattern, act in self.acts.items() if fnmatch(place, pattern)), "text of " + place)
        if isinstance(found, list):
            found = found.pop(0)
        if isinstance(found, Exception):
            raise found
        return Completion(text=str(found), data=found)

    async def aclose(self):
        pass


class Subprocess:
    """A stand-in for a sandbox, for the tests' own programs alone: it contains nothing."""

    name = "stand-in"

    def __init__(self, folder):
        self.folder = folder
        self.closed = False

    async def run(self, job, *, on_output=None):
        for name in job.collect:
            (self.folder / name).unlink(missing_ok=True)
        for name, content in job.files.items():
            (self.folder / name).write_bytes(content)
        command = [sys.executable, "-B", *job.argv[1:]]
        done = await asyncio.to_thread(
            subprocess.run, command, cwd=self.folder, input=job.stdin, capture_output=True, check=False
        )
        return Result(
            backend=self.name,
            reason="exit",
            exit_code=done.returncode,
            stdout=done.stdout.decode(),
            stderr=done.stderr.decode(),
            truncated=False,
            seconds=0.1,
            files={name: path.read_bytes() for name in job.collect if (path := self.folder / name).is_file()},
        )

    async def aclose(self):
        self.closed = True


class Trial:
    """One workflow in a project of its own, run with what a test gives."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.events = []
        self.past = None
        self.new = []
        """What was recorded when a run was run again."""
        self.sandboxes = []
        for kind in ("agents", "roles", "workflows"):
            (folder / kind).mkdir()
        (folder / "roles" / "writer.md").write_text("---\nname: writer\ntitle: Writer\n---\nYou write.\n")
        for name, text in AGENTS.items():
            (folder / "agents" / f"{name}.yaml").write_text(text)

    def compile(self, steps, head=""):
        text = f"version: 1\nname: trial\n{head}\nsteps:\n" + "\n".join(
            "  " + line for line in steps.strip().splitlines()
        )
        (self.folder / "workflows" / "trial.yaml").write_text(text)
        library = Library.discover(self.folder)
        return compile_workflow(library.workflow("trial"), library)

    async def run(self, steps, model=None, *, head="", inputs=None, human=None, budget=None, **settings):
        workflow = self.compile(steps, head)
        if budget is not None:
            workflow = replace(workflow, definition=workflow.definition.model_copy(update={"budget": budget}))
        self.model = model or ByPlace()
        sandbox_folder = self.folder / "sandbox"
        sandbox_folder.mkdir(exist_ok=True)

        async def open_sandbox(backend):
            self.sandboxes.append(Subprocess(sandbox_folder))
            return self.sandboxes[-1]

        async def ask_human(step, question):
            return human(step, question)

        return await run_workflow(
            workflow,
            resolve_inputs(workflow, inputs or {}),
            run="trial-1",
            models=self.model,
            record=self.record,
            open_sandbox=open_sandbox,
            ask_human=ask_human,
            files=self.folder / "files",
            **settings,
        )

    async def again(self, steps, model=None, *, live=True, **settings):
        """Run once more on the events so far; what is new is appended to them."""
        past = Past((Entry(n, datetime.now(UTC), event) for n, event in enumerate(self.events, start=1)), live=live)
        self.past, self.new = past, []
        try:
            return await self.run(steps, model, past=past, **settings)
        finally:
            self.events += self.new
            self.left = list(past.left())
            self.past = None

    def record(self, event):
        if self.past is None:
            self.events.append(event)
        elif not self.past.take(event):
            self.new.append(event)

    def model_with(self, **settings):
        return ByPlace(**settings)

    def of(self, type_):
        return [event for event in self.events if event.type == type_]

    def states(self):
        return {event.step: event.state for event in self.of("step.finished")}


@pytest.fixture
def trial(tmp_path):
    return Trial(tmp_path)


@pytest.fixture
def supply(trial):
    (trial.folder / "tools").mkdir()
    for name, text in TOOLS.items():
        (trial.folder / "tools" / f"{name}.yaml").write_text(text)
    (trial.folder / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    return Supply(trial.folder, {"read": lambda image: "hello", "shout": lambda text: text.upper()})
