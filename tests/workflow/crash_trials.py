"""Kills a run with SIGKILL right after each of its events, resumes it, and compares it with a run that nobody killed.

    python crash_trials.py FOLDER [STEP]

A process of its own, because it forks: it imports everything once, then forks a child for every sitting. Prints one
JSON object a boundary, and one for the uninterrupted run first.
"""

import asyncio
import json
import os
import signal
import sys
import zlib
from collections import Counter
from pathlib import Path

import glasswork.autogen  # noqa: F401 - so that children need not import it
from glasswork.library import Library
from glasswork.log.about import RunAbout
from glasswork.log.compare import content, key
from glasswork.log.past import Past
from glasswork.log.reader import iter_entries, read, verify
from glasswork.log.writer import LogWriter
from glasswork.records import Completion, RunResumed, Usage
from glasswork.sandbox.base import Result
from glasswork.workflow.compile import compile_workflow
from glasswork.workflow.engine import run_workflow

ROLE = "---\nname: writer\ntitle: Writer\n---\nYou write.\n"
AGENTS = {
    "writer": "role: writer\nplan: {choose_from: [short, long]}\n",
    "coder": "role: writer\nplan: {choose_from: [plain, clever]}\nact: {produces: code, tools: [python]}\n",
    "lister": "role: writer\nplan: {choose_from: [a, b]}\nact: {produces: list}\n",
}
INNER = """
version: 1
name: inner
inputs: {what: {type: string, required: true}}
steps:
  look: {agent: writer, task: "Look at {{ inputs.what }}"}
  tell: {agent: writer, needs: look, task: "Tell {{ steps.look.text }}"}
outputs: {told: steps.tell.text}
"""
TRIAL = """
version: 1
name: trial
steps:
  split:  {agent: lister, task: Split it.}
  each:   {agent: writer, needs: split, for_each: steps.split.items, parallel: 2, task: "Do {{ item }}."}
  code:   {agent: coder, task: Write it., sandbox: default, on_repeat: "Again. {{ previous.code.report }}"}
  right:  {loop: {steps: [code], until: steps.code.passed, max: 3}}
  first:  {agent: writer, needs: [split, right], join: any, task: "After one of them.", explain: {check: cited_and_causal}}
  talk:   {team: {agents: [writer, coder], turns: 2}, needs: right, task: Talk about it.}
  ask:    {human: "Is {{ steps.right.rounds }} fine?", needs: [talk, each]}
  below:  {workflow: inner, needs: ask, with: {what: "{{ steps.talk.text }}"}}
  wrong:  {agent: writer, task: This fails., on_error: continue}
  last:
    agent: writer
    needs: [below, wrong, first]
    task: "End with {{ steps.below.told }}"
    when: steps.ask.approved
    explain: {check: cited_and_causal, on_fail: retry}
  never:  {agent: writer, needs: last, task: No., when: not steps.ask.approved}
outputs: {said: steps.last.text, rounds: steps.right.rounds}
"""


class Answers:
    """Answers by place, after a moment that differs from place to place, and notes in a file what it is asked."""

    name, context = "by-place", None

    def __init__(self, noted: Path):
        self.noted = noted

    async def get(self, name):
        return self

    async def complete(self, request, *, place="", on_text=None):
        with self.noted.open("a") as file:
            file.write(place + "\n")
        await asyncio.sleep(zlib.crc32(place.encode()) % 5 / 2000)
        return self.answer(request, place).model_copy(update={"usage": Usage(prompt_tokens=10, completion_tokens=5)})

    def answer(self, request, place):
        if request.form == "label":
            return Completion(text="A", logprobs={label: -float(n) for n, label in enumerate(request.labels)})
        if "/explain" in place:
            because = [{"segment": "s1", "why": "It says so."}]
            return Completion(text="{}", data={"because": because, "confidence_percent": 90, "would_change_if": "Not."})
        if place.startswith("split#"):
            return Completion(text="", data={"items": ["one", "two", "three"]})
        if place.startswith("wrong#"):
            return Completion(text="{}", data=None, finish_reason="length")
        if place.startswith("code#") or ("talk#" in place and place.endswith("2/act")):
            return Completion(text=f"```python\nprint({place!r})\n```")
        return Completion(text="text of " + place)


class Judge:
    """A stand-in for a sandbox: the third program passes."""

    name = "stand-in"

    def __init__(self, noted: Path):
        self.noted = noted

    async def run(self, job, *, on_output=None):
        source = b"".join(content for name, content in job.files.items() if not name.startswith("_")).decode()
        with self.noted.open("a") as file:
            file.write("sandbox\n")
        good = "code#3" in source
        nonce = job.stdin.decode().strip()
        steps = [{"what": "start", "name": "t"}, {"what": "pass" if good else "fail", "name": "t", "message": source}]
        lines = [f"{nonce} {json.dumps(step)}" for step in [*steps, {"what": "end", "told": len(steps)}]]
        return Result(
            backend=self.name,
            reason="exit",
            exit_code=0,
            stdout="\n".join(lines),
            stderr="",
            truncated=False,
            seconds=0.1,
        )

    async def aclose(self):
        pass


def project(folder: Path):
    for name, text in {
        "roles/writer.md": ROLE,
        **{f"agents/{name}.yaml": text for name, text in AGENTS.items()},
        "workflows/inner.yaml": INNER,
        "workflows/trial.yaml": TRIAL,
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    library = Library.discover(folder)
    return compile_workflow(library.workflow("trial"), library)


def sit(workflow, run: Path, crash_at: int = 0, *, resume: bool = False) -> None:
    """Work on a run until it ends, or until its event number ``crash_at`` is on disk."""
    if resume:
        writer = LogWriter.open(run)
        past = Past(iter_entries(run))
        writer.record(RunResumed(was=past.state))
    else:
        writer, past = LogWriter.create(run, RunAbout(run=run.name, workflow="trial")), None

    def record(event):
        if past is None or not past.take(event):
            writer.record(event)
            if writer.events == crash_at:
                os.kill(os.getpid(), signal.SIGKILL)

    async def open_sandbox(backend):
        return Judge(run / "noted")

    async def ask_human(step, question):
        return True, "fine", "somebody"

    work = run_workflow(
        workflow,
        {},
        run=run.name,
        models=Answers(run / "noted"),
        record=record,
        open_sandbox=open_sandbox,
        ask_human=ask_human,
        files=run / "files",
        past=past,
    )
    asyncio.run(work)
    writer.close()


def in_child(*arguments, **settings) -> int:
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            sit(*arguments, **settings)
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def said(run: Path) -> Counter:
    """Everything that a log says, but for times, order, and that it was resumed."""
    events = [event for event in read(run).events if event.type not in {"run.resumed", "log.repaired"}]
    return Counter((*key(event), json.dumps(content(event), sort_keys=True)) for event in events)


def main() -> None:
    folder, step = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    workflow = project(folder)
    whole = folder / "logs" / "whole"
    status = in_child(workflow, whole)
    expected, count = said(whole), len(read(whole).entries)
    states = Counter(event.state for event in read(whole).events if event.type == "step.finished")
    print(json.dumps({"status": status, "events": count, "state": read(whole).events[-1].state, "steps": states}))
    for boundary in range(1, count, step):
        run = folder / "logs" / f"cut-{boundary}"
        killed = in_child(workflow, run, boundary)
        events = read(run).events
        recorded = {event.place for event in events if event.type == "model.answered"}
        tested = {event.decision for event in events if event.type == "decision.checked"}
        before = len((run / "noted").read_text().splitlines()) if (run / "noted").exists() else 0
        resumed = in_child(workflow, run, resume=True)
        asked_again = (run / "noted").read_text().splitlines()[before:]
        verdict = verify(run)
        found = {
            "boundary": boundary,
            "killed": killed,
            "resumed": resumed,
            "whole": verdict.ok and verdict.complete,
            "asked_twice": sorted(recorded.intersection(asked_again)),
            "tested_twice": sorted(
                tested.intersection(p.partition("/check/")[0] for p in asked_again if "/check/" in p)
            ),
            "missing": [str(item) for item in (expected - said(run))],
            "extra": [str(item) for item in (said(run) - expected)],
            "outputs": read(run).events[-1].outputs == read(whole).events[-1].outputs,
        }
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
