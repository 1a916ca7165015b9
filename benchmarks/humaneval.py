"""HumanEval pass@1: one prompt, the software team, and best-of-k at the team's token budget, on the same model.

    python benchmarks/humaneval.py --data ../shared/data/humaneval/humaneval_even.jsonl --tasks 12 --seed 7

HumanEval: Chen et al. 2021, arXiv 2107.03374. Four arms over one seeded sample of tasks:

* ``single``    one prompt, temperature 0;
* ``team``      ``workflows/software_team.yaml``; the program it leaves behind, whether or not its own tests passed;
* ``best-of-k`` samples at temperature 0.8 until the team's tokens are spent, ten at most; the first that passes the
  examples in the prompt (its doctests) is taken, else the first of all: what can be chosen without knowing the answer;
* ``any-of-k``  whether any of those samples is right: what best-of-k could reach if it could choose perfectly.

Every program runs in Glasswork's own sandbox. Intervals are Wilson's, 95 %. Writes JSON beside the printed table.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import random
import tempfile
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, NoReturn

from glasswork.agent.products import code_in
from glasswork.definitions import BudgetDef, RetryDef
from glasswork.errors import InvalidOutput
from glasswork.library import Library
from glasswork.models.pool import Models
from glasswork.models.wrap import asking
from glasswork.records import Ask, Event, Message, Request
from glasswork.sandbox.base import Limits, Sandbox
from glasswork.sandbox.choose import open_sandbox
from glasswork.sandbox.programs import run_program
from glasswork.workflow.compile import compile_workflow
from glasswork.workflow.compiled import CompiledWorkflow
from glasswork.workflow.engine import run_workflow
from glasswork.workflow.inputs import resolve_inputs

LIMITS = Limits(wall_seconds=10)
SAMPLES_AT_MOST = 10
"""A sample costs three seconds on two cores; the table says how many there were."""
AT_ONCE = 4


@dataclass
class Row:
    """What one task came to."""

    task: str
    single: bool = False
    single_tokens: int = 0
    single_seconds: float = 0.0
    team: bool = False
    team_state: str = ""
    team_tokens: int = 0
    team_calls: int = 0
    team_seconds: float = 0.0
    team_first: bool = False
    """Whether the engineer's first program, before any repair, was right."""
    repairs: int = 0
    best_of_k: bool = False
    any_of_k: bool = False
    k: int = 0
    samples: list[bool] = field(default_factory=list)


class Bench:
    """One model, one sandbox, one sample of tasks."""

    def __init__(self, model: str, sandbox: Sandbox, models: Models) -> None:
        self.name = model
        self.sandbox = sandbox
        self.models = models
        self.tokens = 0

    async def ask(self) -> Ask:
        """Return a way to ask the model that counts tokens."""

        def count(event: Event) -> None:
            if event.type == "model.answered":
                self.tokens += event.completion.usage.total

        return asking(await self.models.get("default"), retry=RetryDef(), timeout=900, record=count)

    async def row(self, task: dict[str, Any]) -> Row:
        """Run all arms on one task."""
        row = Row(task["task_id"])
        await self.single(task, row)
        await self.team(task, row)
        await self.best_of_k(task, row)
        return row

    async def single(self, task: dict[str, Any], row: Row) -> None:
        """One prompt."""
        started, before = time.monotonic(), self.tokens
        row.single = await self.right(task, await self.sample(task, "single", 0.0, 0))
        row.single_tokens, row.single_seconds = self.tokens - before, time.monotonic() - started

    async def sample(self, task: dict[str, Any], place: str, temperature: float, seed: int) -> str:
        """Ask for the program once; an answer without a program counts as an empty one."""
        request = Request(
            messages=(
                Message(role="system", content="You are a software engineer."),
                Message(
                    role="user", content=f"{idea(task)}\n\nAnswer with one complete Python file in a ```python block."
                ),
            ),
            max_tokens=1024,
            stop=("\n```\n",),
            temperature=temperature,
            seed=seed,
        )
        answer = await (await self.ask())(place, request)
        try:
            return code_in(answer.text)
        except InvalidOutput:
            return ""

    async def team(self, task: dict[str, Any], row: Row) -> None:
        """The software team."""
        library = Library.discover()
        workflow = _unbounded(compile_workflow(library.workflow("software_team"), library))
        programs: list[str] = []

        def watch(event: Event) -> None:
            if event.type == "decision.acted" and event.decision.startswith("build#"):
                programs.append(event.data)

        async def the_sandbox(_: str) -> Sandbox:
            return Kept(self.sandbox)

        with tempfile.TemporaryDirectory() as files:
            outcome = await run_workflow(
                workflow,
                resolve_inputs(workflow, {"idea": idea(task)}),
                run=f"bench-{task['task_id']}",
                models=self.models,
                record=watch,
                open_sandbox=the_sandbox,
                ask_human=_nobody,
                files=Path(files),
                seed=1,
            )
        row.team_state, row.team_tokens, row.team_calls = outcome.state, outcome.usage.total, outcome.calls
        row.team_seconds, row.repairs = outcome.seconds, max(len(programs) - 1, 0)
        row.team_first = bool(programs) and await self.right(task, programs[0])
        row.team = bool(programs) and await self.right(task, programs[-1])

    async def best_of_k(self, task: dict[str, Any], row: Row) -> None:
        """Samples until the team's tokens are spent."""
        before, chosen = self.tokens, None
        while row.k < SAMPLES_AT_MOST and (row.k == 0 or self.tokens - before < row.team_tokens):
            numbers = range(row.k, min(row.k + AT_ONCE, SAMPLES_AT_MOST))
            samples = [self.sample(task, f"best/{number}", 0.8, number + 1) for number in numbers]
            for number, program in zip(numbers, await asyncio.gather(*samples), strict=True):
                row.samples.append(await self.right(task, program))
                if chosen is None and await self.examples_hold(task, program):
                    chosen = number
            row.k = len(row.samples)
        row.best_of_k, row.any_of_k = row.samples[chosen or 0], any(row.samples)

    async def right(self, task: dict[str, Any], program: str) -> bool:
        """Run the hidden tests."""
        text = f"{program}\n\n{task['test']}\n\ncheck({task['entry_point']})\n"
        return (await run_program(self.sandbox, {"main.py": text.encode()}, "main.py", LIMITS)).passed

    async def examples_hold(self, task: dict[str, Any], program: str) -> bool:
        """Run the examples in the prompt; where there are none, any program that loads will do."""
        examples = f"examples = {task['prompt']!r}\n" + _EXAMPLES
        files = {"main.py": f"{program}\n\n{examples}".encode()}
        return (await run_program(self.sandbox, files, "main.py", LIMITS)).passed


class Kept:
    """A sandbox that outlives the run it is lent to."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.name = sandbox.name
        self.run = sandbox.run

    async def aclose(self) -> None:
        """Stay open."""


_EXAMPLES = """
import doctest, sys
found = doctest.DocTestParser().get_doctest(examples, dict(globals()), "prompt", None, 0)
sys.exit(1 if doctest.DocTestRunner(verbose=False).run(found).failed else 0)
"""


async def _nobody(step: str, question: str) -> NoReturn:
    raise AssertionError(f"{step} asks {question!r}, but nobody is here")


def _unbounded(workflow: CompiledWorkflow) -> CompiledWorkflow:
    """Take the budget away: what the team spends is what is measured."""
    return replace(workflow, definition=workflow.definition.model_copy(update={"budget": BudgetDef()}))


def idea(task: dict[str, Any]) -> str:
    """Return what every arm is told."""
    return f"Implement this Python function.\n\n{task['prompt'].strip()}"


def wilson(right: int, of: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a proportion."""
    z, p = 1.96, right / of
    middle = (p + z * z / (2 * of)) / (1 + z * z / of)
    half = z * math.sqrt(p * (1 - p) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    return max(0.0, middle - half), min(1.0, middle + half)


def table(rows: list[Row]) -> str:
    """Return the arms as a Markdown table."""
    lines = ["| arm | right | pass@1 | 95 % interval | tokens a task |", "|---|---|---|---|---|"]
    tokens = {"single": "single_tokens", "team": "team_tokens", "team_first": "team_tokens"}
    for arm in ("single", "team_first", "team", "best_of_k", "any_of_k"):
        right = sum(getattr(row, arm) for row in rows)
        low, high = wilson(right, len(rows))
        mean = sum(getattr(row, tokens.get(arm, "team_tokens")) for row in rows) / len(rows)
        lines.append(
            f"| {arm} | {right}/{len(rows)} | {right / len(rows):.2f} | {low:.2f} to {high:.2f} | {mean:.0f} |"
        )
    return "\n".join(lines)


async def main() -> None:
    """Run the sample and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="HumanEval tasks, JSON lines")
    parser.add_argument("--model", default="default", help="as glasswork run --model takes it")
    parser.add_argument("--tasks", type=int, default=12)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--sandbox", default="default")
    parser.add_argument("--out", type=Path, default=Path("humaneval.json"))
    options = parser.parse_args()
    tasks = [json.loads(line) for line in options.data.read_text().splitlines() if line.strip()]
    sample = random.Random(options.seed).sample(tasks, options.tasks)
    override = None if options.model == "default" else options.model
    models = Models(None, base_dir=Path.cwd(), override=override)
    sandbox = await open_sandbox(options.sandbox, run="bench")
    rows: list[Row] = []
    try:
        bench = Bench(options.model, sandbox, models)
        for task in sample:
            rows.append(await bench.row(task))
            print(json.dumps(asdict(rows[-1])), flush=True)
            options.out.write_text(json.dumps({"seed": options.seed, "rows": [asdict(row) for row in rows]}, indent=1))
    finally:
        await models.aclose()
        await sandbox.aclose()
    print(table(rows))
    print(f"\nk: {min(row.k for row in rows)} to {max(row.k for row in rows)} samples a task")


if __name__ == "__main__":
    asyncio.run(main())
