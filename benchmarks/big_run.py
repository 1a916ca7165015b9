"""How long a run of 100,000 events takes to show: to the first screen, and to the end.

    .venv/bin/python benchmarks/big_run.py [--events N] [--logs FOLDER] [--json]

The log is made up, but written by the real writer: four branches of decisions side by side, whose events are
interleaved and whose explanations come late, loops, a for_each over many items, long texts. ``--logs`` keeps it, or
uses the one that is there.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from glasswork.log.about import RunAbout
from glasswork.log.writer import LogWriter
from glasswork.records import (
    Acted,
    Because,
    Completion,
    ConditionRead,
    DecisionStarted,
    Event,
    Explained,
    Message,
    ModelAnswered,
    Option,
    Planned,
    Request,
    RunFinished,
    RunStarted,
    Segment,
    StepFinished,
    StepStarted,
    Usage,
)

RUN = "20261122-194501000-big-run2"
SCREEN = 50
"""Lines of a generous terminal."""
BRANCHES = 4
ITEMS = 400
TURNS = 8
EVENTS_EACH = 13
"""Of one decision, its step's start and end included."""


WORDS = ("a", "plain", "short", "test", "of", "what", "the", "program", "shows", "when", "a", "run", "is", "long")


def words(draw: random.Random, many: int) -> str:
    """Return some prose."""
    return " ".join(draw.choice(WORDS) for _ in range(many))


def answered(place: str, system: str, asked: str, text: str) -> ModelAnswered:
    """Return an answer; the system message is the same in all, as an agent's is."""
    request = Request(messages=(Message(role="system", content=system), Message(role="user", content=asked)))
    usage = Usage(prompt_tokens=600, completion_tokens=80, cached_tokens=500)
    completion = Completion(text=text, usage=usage, model="made-up", seconds=1.5)
    return ModelAnswered(place=place, digest="d" * 64, request=request, completion=completion)


def decision(name: str, step: str, draw: random.Random, system: str) -> tuple[list[Event], list[Event]]:
    """Return the events of a decision, and those of its explanation, which come later."""
    task, made = words(draw, 60), words(draw, 120)
    segments = (Segment(id="s1", source="task", text=task), Segment(id="s2", source="inputs.idea", text="an idea"))
    shares = (0.6, 0.3, 0.1)
    options = tuple(
        Option(label=label, text=words(draw, 6), probability=share) for label, share in zip("ABC", shares, strict=True)
    )
    plan = answered(f"{name}/plan", system, task, words(draw, 40))
    work: list[Event] = [
        DecisionStarted(
            decision=name,
            step=step,
            agent="writer",
            role="writer",
            model="made-up",
            strategy="direct",
            segments=segments,
        ),
        plan,
        *(answered(f"{name}/choose/{rotation}", system, task, "A") for rotation in range(1, 4)),
        Planned(decision=name, thinking=words(draw, 30), options=options, choice="A", order_consistency=1.0, orders=3),
        answered(f"{name}/act", system, task, made),
        Acted(decision=name, produces="text", text=made),
    ]
    explained = Explained(
        decision=name,
        reader="colleague",
        because=(Because(segment="s1", why=words(draw, 12)),),
        confidence=0.8,
        would_change_if=words(draw, 10),
    )
    return work, [answered(f"{name}/explain", system, made, words(draw, 30)), explained]


def round_of(
    step: str, number: int, draw: random.Random, system: str, item: int = 0
) -> tuple[list[Event], list[Event]]:
    """Return the events of one round, or item, of a step, and those of its explanation."""
    name = f"{step}#{number}" + (f":{item}" if item else "")
    work, late = decision(name, step, draw, system)
    begin = StepStarted(step=step, round=number, item=item, kind="agent", agent="writer")
    end = StepFinished(step=step, round=number, item=item, state="done", output={"text": "see above"}, seconds=6.0)
    return [begin, *work, end], late


def branch(name: str, decisions: int, seed: int, system: str) -> Iterator[Event]:
    """Yield the events of one branch in order: loops of some turns each, explanations a step late."""
    draw, step = random.Random(seed), 0
    late: list[Event] = []
    for index in range(decisions):
        turn = index % TURNS + 1
        step += turn == 1
        work, explanation = round_of(f"{name}_{step}", turn, draw, system)
        yield from work
        yield from late
        late = explanation
        if turn == 1:
            yield StepStarted(step=f"{name}_{step}_loop", kind="loop")
        done = turn == TURNS or index == decisions - 1
        yield ConditionRead(
            step=f"{name}_{step}_loop", expression="steps.x.passed", values={"steps.x.passed": done}, result=done
        )
        if done:
            yield StepFinished(step=f"{name}_{step}_loop", state="done", seconds=60.0)
    yield from late


def mapped(draw: random.Random, system: str) -> Iterator[Event]:
    """Yield the events of a for_each."""
    yield StepStarted(step="review", kind="agent", agent="writer", items=ITEMS)
    for item in range(1, ITEMS + 1):
        work, late = round_of("review", 1, draw, system, item)
        yield from work
        yield from late
    yield StepFinished(step="review", state="done", output={"count": ITEMS, "failed": 0}, seconds=900.0)


def big_run(events: int) -> Iterator[Event]:
    """Yield the events of a run of about this length."""
    draw, system = random.Random(7), words(random.Random(1), 150)
    yield RunStarted(run=RUN, workflow="big", inputs={"idea": "an idea"}, model="made-up")
    each = (events - ITEMS * EVENTS_EACH) // BRANCHES // (EVENTS_EACH + 1)
    branches: list[Iterator[Event]] = [branch(f"b{n}", each, n, system) for n in range(BRANCHES)]
    branches.append(mapped(random.Random(99), system))
    while branches:
        chosen = draw.choice(branches)
        event = next(chosen, None)
        if event is None:
            branches.remove(chosen)
        else:
            yield event
    yield RunFinished(
        state="done", calls=7 * events // EVENTS_EACH, usage=Usage(prompt_tokens=4_000_000), seconds=9000.0
    )


def write(logs: Path, events: int) -> int:
    """Write the log and return how many events it has."""
    with LogWriter.create(logs / RUN, RunAbout(run=RUN, workflow="big", model="made-up")) as writer:
        for event in big_run(events):
            writer.record(event)
        return writer.events


def show(logs: Path, *words_: str) -> dict[str, float]:
    """Run ``log show`` and time its first screen and its end."""
    command = [sys.executable, "-m", "glasswork", "log", "show", RUN, "--logs", str(logs), "--no-pager", *words_]
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        lines, first = 0, 0.0
        for _ in process.stdout:
            lines += 1
            if lines == SCREEN:
                first = time.perf_counter() - began
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, f"log show ended with {process.returncode}"
    whole = time.perf_counter() - began
    return {"first_screen_s": first, "whole_s": whole, "lines": lines, "peak_mb": used.ru_maxrss / 1024}


@contextmanager
def somewhere(given: Path | None) -> Iterator[Path]:
    """Return the folder given, or a temporary one, in memory where that can be: writing is not what is measured."""
    if given is not None:
        given.mkdir(parents=True, exist_ok=True)
        yield given
        return
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        yield Path(name)


def main() -> None:
    """Measure, and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--events", type=int, default=100_000)
    options.add_argument("--logs", type=Path)
    options.add_argument("--json", action="store_true")
    asked = options.parse_args()
    found: dict[str, Any] = {}
    with somewhere(asked.logs) as logs:
        if not (logs / RUN).exists():
            began = time.perf_counter()
            found["events"] = write(logs, asked.events)
            found["write_s"] = time.perf_counter() - began
        found["mb_on_disk"] = sum(path.stat().st_size for path in (logs / RUN).rglob("*")) / 1e6
        found |= show(logs)
        found["first_screen_best_of_3_s"] = min(found["first_screen_s"], *(first_screen(logs) for _ in range(2)))
    print(json.dumps(found, indent=2) if asked.json else "\n".join(f"{k:26} {v:,.2f}" for k, v in found.items()))


def first_screen(logs: Path) -> float:
    """Time the first screen alone: then the reader hangs up, as a pager does that is left."""
    command = [sys.executable, "-m", "glasswork", "log", "show", RUN, "--logs", str(logs), "--no-pager"]
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for _ in range(SCREEN):
            process.stdout.readline()
        taken = time.perf_counter() - began
        process.stdout.close()
        assert process.wait() == 0, "hanging up is no error"
    return taken


if __name__ == "__main__":
    main()
