"""What Glasswork itself costs, beside any model: start-up, and the time and space of a decision.

    make bench            or: .venv/bin/python benchmarks/run.py [--json]

The model is the scripted double, which answers at once: what is measured is everything around it, each event on disk
before the next step.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from glasswork import __version__
from glasswork.library import Library
from glasswork.log.about import RunAbout
from glasswork.log.reader import read, verify
from glasswork.log.writer import LogWriter
from glasswork.models.scripted import ScriptedModel
from glasswork.workflow.compile import compile_workflow
from glasswork.workflow.engine import run_workflow

ANSWERS: list[dict[str, Any]] = [
    {"place": "*/plan", "json": {"options": ["one way", "another way", "a third way"]}},
    {"place": "*/choose/*", "label": "one way"},
    {"place": "*/act", "text": "A paragraph of prose, as long as such things are. " * 8},
    {
        "place": "*/explain",
        "json": {
            "because": [{"segment": "s1", "why": "it says what to do"}],
            "confidence_percent": 70,
            "would_change_if": "the task were another",
        },
    },
]


class OneModel:
    """Hands out the scripted model under every name."""

    async def get(self, name: str) -> ScriptedModel:
        """Return the model."""
        return ScriptedModel(ANSWERS, name=name)


def cpu_of(*words: str) -> float:
    """Return the processor seconds of a command line."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "glasswork", *words], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def project(folder: Path, steps: int) -> None:
    """Write a workflow of ``steps`` decisions, each of which reads the one before."""
    files = {
        "roles/writer.md": "---\nname: writer\ntitle: Writer\n---\nYou write.\n",
        "agents/writer.yaml": "role: writer\n",
        "workflows/chain.yaml": "version: 1\nname: chain\nsteps:\n  s1: {agent: writer, task: Begin.}\n"
        + "".join(
            f"  s{n}: {{agent: writer, needs: s{n - 1}, task: 'Go on after {{{{ steps.s{n - 1}.text }}}}'}}\n"
            for n in range(2, steps + 1)
        ),
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


async def decisions(steps: int) -> dict[str, float]:
    """Run a chain of decisions and return what one of them costs."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project(folder, steps)
        library = Library.discover(folder)
        workflow = compile_workflow(library.workflow("chain"), library)
        with LogWriter.create(folder / "log", RunAbout(run="bench", workflow="chain")) as writer:
            wall, cpu = time.perf_counter(), time.process_time()
            outcome = await run_workflow(
                workflow,
                {},
                run="bench",
                models=OneModel(),
                record=writer.record,
                open_sandbox=_nothing,
                ask_human=_nobody,
                files=folder / "files",
            )
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        assert outcome.state == "done", outcome.reason
        begun = time.perf_counter()
        assert verify(folder / "log").complete
        verifying = time.perf_counter() - begun
        size = sum(path.stat().st_size for path in (folder / "log").rglob("*") if path.is_file())
        events = len(read(folder / "log").entries)
    return {
        "decisions": steps,
        "events": events,
        "ms_wall_each": 1000 * wall / steps,
        "ms_cpu_each": 1000 * cpu / steps,
        "kb_on_disk_each": size / 1000 / steps,
        "ms_verify_each": 1000 * verifying / steps,
    }


async def _nothing(backend: str) -> Any:
    raise AssertionError(f"no step of the benchmark opens a sandbox, but one wants {backend}")


async def _nobody(step: str, question: str) -> tuple[bool, str]:
    raise AssertionError(f"no step of the benchmark asks anybody, but {step} asks {question}")


def main() -> None:
    """Measure, and print."""
    found: dict[str, Any] = {
        "glasswork": __version__,
        "python": platform.python_version(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "help_cpu_s": min(cpu_of("--help") for _ in range(5)),
        "validate_cpu_s": min(cpu_of("validate") for _ in range(5)),
        "chains": [asyncio.run(decisions(steps)) for steps in (10, 50, 200)],
    }
    if "--json" in sys.argv:
        print(json.dumps(found, indent=2))
        return
    for key, value in found.items():
        if key != "chains":
            print(f"{key:16} {value:.3f}" if isinstance(value, float) else f"{key:16} {value}")
    for chain in found["chains"]:
        print(
            "  ".join(
                f"{key} {value:.2f}" if isinstance(value, float) else f"{key} {value}" for key, value in chain.items()
            )
        )


if __name__ == "__main__":
    main()
