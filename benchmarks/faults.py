"""Does blame find a fault that was put there? The software team on a real model, one act spoilt, and guesses beside it.

    python benchmarks/faults.py --model qwen2.5-coder-0.5b --tasks 8 [--stages act] [--seeds 1] [--json]

The shipped ``software_team``, without its loop: a run succeeds when the team's own tests pass *and* the program passes
tests that the team does not see. Of each task that succeeds, one act is spoilt in turn (requirements that ask for
nothing, a program that returns nothing, tests that expect nothing), exactly as ``fork --edit`` would, and the run goes
on from there. Where it then fails, blame ranks its stages. A hit is the spoilt act ranked first, with a positive
weight. Beside it: the last speaker, the most active agent (by calls; of equals, the first), and chance. Intervals are
Wilson's, 95 %.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import yaml
from humaneval import Kept

from glasswork.agent import Fixed
from glasswork.definitions import BudgetDef
from glasswork.explain.blame import Charge, Suspect, blame, suspects_in
from glasswork.library import Library
from glasswork.log.past import Past
from glasswork.log.reader import Entry
from glasswork.models.pool import Models
from glasswork.records import DecisionStarted, Event, ModelAnswered, Record
from glasswork.sandbox.base import Limits, Sandbox
from glasswork.sandbox.choose import open_sandbox
from glasswork.sandbox.programs import run_program
from glasswork.statistics import share
from glasswork.workflow.compile import compile_workflow
from glasswork.workflow.compiled import CompiledWorkflow
from glasswork.workflow.engine import RunOutcome, run_workflow
from glasswork.workflow.inputs import resolve_inputs
from glasswork.workflow.trials import Trials, kept

LIMITS = Limits(wall_seconds=10.0)


class Task(NamedTuple):
    """One small function."""

    name: str
    idea: str
    examples: tuple[str, ...]
    """Calls that the team is told of, with what they return."""
    hidden: tuple[str, ...]


TASKS = (
    Task("add", "the sum of two numbers a and b", ("add(2, 3) == 5",), ("add(-1, 1) == 0", "add(7, 8) == 15")),
    Task("is_even", "True if the number n is even, else False", ("is_even(4) == True",), ("is_even(7) == False",)),
    Task("last", "the last item of a list", ("last([1, 2, 3]) == 3",), ("last(['a']) == 'a'",)),
    Task("backwards", "a text in reverse order", ("backwards('abc') == 'cba'",), ("backwards('') == ''",)),
    Task("square", "the square of a number", ("square(3) == 9",), ("square(-4) == 16", "square(0) == 0")),
    Task("largest", "the largest number of a list", ("largest([4, 9, 2]) == 9",), ("largest([-5, -2]) == -2",)),
    Task("total", "the sum of a list of numbers", ("total([1, 2, 3]) == 6",), ("total([]) == 0",)),
    Task("shout", "a text in capital letters", ("shout('hi') == 'HI'",), ("shout('Ab c') == 'AB C'",)),
    Task("count_words", "how many words a text has", ("count_words('a b c') == 3",), ("count_words('one') == 1",)),
    Task("absolute", "the absolute value of a number", ("absolute(-3) == 3",), ("absolute(5) == 5",)),
    Task("double_all", "a list with each number doubled", ("double_all([1, 2]) == [2, 4]",), ("double_all([]) == []",)),
    Task("minutes", "how many minutes a number of hours has", ("minutes(2) == 120",), ("minutes(0) == 0",)),
)


def idea(task: Task) -> str:
    """Return what the team is told."""
    examples = " ".join(f"{example.replace(' == ', ' returns ')}." for example in task.examples)
    return f"A function {task.name} that returns {task.idea}. {examples}"


def spoilt(task: Task) -> dict[str, str]:
    """Return an act for each step that is wrong, as a person would write it."""
    calls = [example.partition(" == ")[0] for example in (*task.examples, *task.hidden)]
    return {
        "analyse": "\n".join(f"- {call} returns None." for call in calls),
        "build": f"def {task.name}(*values):\n    return None\n",
        "test": "\n".join(f"assert {call} == None" for call in calls),
    }


class Row(Record):
    """What became of one spoilt act."""

    task: str
    step: str
    """Whose act was spoilt."""
    failed: bool
    """Whether the run then failed."""
    ranked: tuple[tuple[str, str, float], ...] = ()
    """Step, stage and weight, the most guilty first."""
    last_speaker: str = ""
    most_active: str = ""
    trials: int = 0
    calls: int = 0
    tokens: int = 0

    @property
    def hit(self) -> bool:
        """Whether the spoilt act stands first, with something against it."""
        return bool(self.ranked) and self.ranked[0][:2] == (self.step, "act") and self.ranked[0][2] > 0


class Team:
    """The software team on one model, in one sandbox."""

    def __init__(self, models: Models, sandbox: Sandbox, folder: Path) -> None:
        self.models, self._sandbox = models, sandbox
        self.workflow = _without_loop(folder)

    async def run(self, task: Task, past: Past | None = None, fixed: Mapping[str, Fixed] | None = None) -> _Run:
        """Run it, from the start or behind what is kept."""
        events: list[Event] = []

        def record(event: Event) -> None:
            if past is not None:
                past.take(event)
            events.append(event)

        with tempfile.TemporaryDirectory() as files:
            outcome = await run_workflow(
                self.workflow,
                resolve_inputs(self.workflow, {"idea": idea(task)}),
                run=f"faults-{task.name}",
                models=self.models,
                record=record,
                open_sandbox=self.sandbox,
                ask_human=_nobody,
                files=Path(files),
                seed=1,
                past=past,
                fixed=fixed,
            )
        now = datetime.now(UTC)
        return _Run(outcome, tuple(Entry(number, now, event) for number, event in enumerate(events, 1)))

    async def sandbox(self, _: str) -> Sandbox:
        """Lend the sandbox."""
        return Kept(self._sandbox)

    def right(self, task: Task, outcome: RunOutcome) -> bool:
        """Whether a run succeeded. Runs a program in a loop of its own, as it is asked from within one."""
        if outcome.state != "done" or not outcome.outputs.get("passed"):
            return False
        checks = "\n".join(f"assert {check}" for check in (*task.examples, *task.hidden))
        files = {"main.py": f"{outcome.outputs['program']}\n\n{checks}\n".encode()}
        found: list[bool] = []

        def check() -> None:
            found.append(asyncio.run(run_program(self._sandbox, files, "main.py", LIMITS)).passed)

        thread = threading.Thread(target=check)
        thread.start()
        thread.join()
        return found == [True]


class _Run(NamedTuple):
    outcome: RunOutcome
    entries: tuple[Entry, ...]


def _without_loop(folder: Path) -> CompiledWorkflow:
    """Return the shipped workflow less its loop, with the verdict of its tests as an output."""
    library = Library.discover()
    found = library.workflow("software_team")
    data = yaml.safe_load(Path(found.path).read_text(encoding="utf-8"))
    del data["steps"]["fix"]
    data["outputs"]["passed"] = "steps.test.passed"
    for step in data["steps"].values():
        step.pop("on_repeat", None)
    path = folder / "workflows" / "software_team.yaml"
    path.parent.mkdir()
    path.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
    library = Library.discover(folder)
    compiled = compile_workflow(library.workflow("software_team"), library)
    return replace(compiled, definition=compiled.definition.model_copy(update={"budget": BudgetDef()}))


async def _nobody(step: str, question: str) -> NoReturn:
    raise AssertionError(f"{step} asks {question!r}, but nobody is here")


async def put_to_trial(team: Team, task: Task, step: str, passing: _Run, options: argparse.Namespace) -> Row:
    """Spoil one act of a run that succeeded, and have blame find it."""
    (spot,) = (one for one in suspects_in(passing.entries) if (one.step, one.stage) == (step, "act"))
    fixed = {spot.decision: Fixed(act=spoilt(task)[step])}
    failing = await team.run(task, Past(kept(passing.entries, spot, changed=True)), fixed)
    if team.right(task, failing.outcome):
        return Row(task=task.name, step=step, failed=False)
    trials = Trials(
        workflow=team.workflow,
        entries=failing.entries,
        models=team.models,
        open_sandbox=team.sandbox,
        success=lambda outcome: team.right(task, outcome),
        fixed_by=lambda _: fixed,
    )
    suspects = [one for one in suspects_in(failing.entries) if one.stage in options.stages]
    made = 0

    async def prepare(suspect: Suspect) -> Suspect:
        return await trials.with_acts(suspect, seeds=options.seeds)

    def told(_trial: object, _good: bool) -> None:
        nonlocal made
        made += 1

    ranked = await blame(suspects, trials.rerun, seeds=options.seeds, prepare=prepare, told=told)
    return Row(
        task=task.name,
        step=step,
        failed=True,
        ranked=tuple(_told(charge) for charge in ranked),
        last_speaker=_decided(failing.entries)[-1],
        most_active=_most_active(failing.entries),
        trials=made,
        calls=trials.meter.calls,
        tokens=trials.meter.usage.total,
    )


def _told(charge: Charge) -> tuple[str, str, float]:
    return charge.suspect.step, charge.suspect.stage, charge.weight


def _decided(entries: Sequence[Entry]) -> list[str]:
    return [entry.event.step for entry in entries if isinstance(entry.event, DecisionStarted)]


def _most_active(entries: Sequence[Entry]) -> str:
    calls = [entry.event.place.partition("#")[0] for entry in entries if isinstance(entry.event, ModelAnswered)]
    return Counter(calls).most_common(1)[0][0]


async def study(options: argparse.Namespace) -> dict[str, Any]:
    """Spoil every act of every task that succeeds, and tell what was found."""
    models = Models(None, base_dir=Path.cwd(), override=options.model, on_progress=lambda _: None)
    sandbox = await open_sandbox(options.sandbox, run="faults")
    rows: list[Row] = []
    passed = 0
    try:
        with tempfile.TemporaryDirectory() as folder:
            team = Team(models, sandbox, Path(folder))
            for task in TASKS[: options.tasks]:
                passing = await team.run(task)
                right = team.right(task, passing.outcome)
                print(f"{task.name}: {'succeeds' if right else 'fails'} as it is", file=sys.stderr)
                passed += right
                for step in spoilt(task) if right else ():
                    rows.append(await put_to_trial(team, task, step, passing, options))
                    print(f"  {step}: {rows[-1].model_dump_json()}", file=sys.stderr)
    finally:
        await sandbox.aclose()
        await models.aclose()
    return summary(rows, passed, options)


def summary(rows: Sequence[Row], passed: int, options: argparse.Namespace) -> dict[str, Any]:
    """Return everything that is told, as plain data."""
    failing = [row for row in rows if row.failed]
    of = len(failing)
    stages = [len(row.ranked) for row in failing]
    return {
        "model": options.model,
        "stages": list(options.stages),
        "seeds": options.seeds,
        "succeed_as_they_are": share(passed, options.tasks).model_dump(),
        "spoilt": len(rows),
        "fail_then": share(of, len(rows)).model_dump(),
        "blame": share(sum(row.hit for row in failing), of).model_dump(),
        "blame_names_the_agent": share(sum(row.ranked[0][0] == row.step for row in failing), of).model_dump(),
        "last_speaker": share(sum(row.last_speaker == row.step for row in failing), of).model_dump(),
        "most_active": share(sum(row.most_active == row.step for row in failing), of).model_dump(),
        "chance": sum(1 / count for count in stages if count) / of if of else None,
        "trials": sum(row.trials for row in failing),
        "calls": sum(row.calls for row in failing),
        "tokens": sum(row.tokens for row in failing),
        "rows": [row.model_dump() for row in rows],
    }


def table(found: dict[str, Any]) -> list[str]:
    """Return the lines of a report."""
    names = {
        "succeed_as_they_are": "tasks that succeed as they are",
        "fail_then": "spoilt runs that fail",
        "blame": "blame: the spoilt act is first",
        "blame_names_the_agent": "blame: its agent is first",
        "last_speaker": "last speaker is the one",
        "most_active": "most active is the one",
    }
    lines = [f"{found['model']}: {found['spoilt']} acts spoilt; stages tried: {', '.join(found['stages'])}"]
    for key, words in names.items():
        one = found[key]
        told = (
            f"{one['hits'] / one['of']:.2f} [{one['low']:.2f}, {one['high']:.2f}] of {one['of']}" if one["of"] else "-"
        )
        lines.append(f"  {words:32} {told}")
    if found["chance"] is not None:
        lines.append(f"  {'a stage drawn at random':32} {found['chance']:.2f}")
    return [*lines, f"  {found['trials']} trials, {found['calls']} calls, {found['tokens']:,} tokens"]


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="qwen2.5-coder-0.5b", help="a name that 'glasswork models' knows")
    parser.add_argument("--tasks", type=int, default=len(TASKS), help=f"the first so many of {len(TASKS)}")
    parser.add_argument("--stages", nargs="+", choices=("plan", "act"), default=["plan", "act"], help="what is tried")
    parser.add_argument("--seeds", type=int, default=1, help="trials for each change, and placebos")
    parser.add_argument("--sandbox", default="default")
    parser.add_argument("--json", action="store_true", help="print numbers for a program")
    options = parser.parse_args()
    found = asyncio.run(study(options))
    print(json.dumps(found, indent=2) if options.json else "\n".join(table(found)))


if __name__ == "__main__":
    main()
