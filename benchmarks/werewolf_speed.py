"""How fast werewolf is played, and how that grows with games at once, beside the same requests sent straight.

    GLASSWORK_VLLM_PYTHON=… python benchmarks/werewolf_speed.py --vllm CHECKPOINT --games 1 4 16
    python benchmarks/werewolf_speed.py --model smollm2-135m --games 1

A table of seven agents plays so many games at once; told are calls, tokens and wall-clock time. Then the requests of
those games are sent again through the same client, with nothing between them: no game, no log, no waiting for a night
to end, as many at once as players sat at all tables. A word at the beginning of each prompt keeps the server from
finding them in its cache, but for what they share among themselves, as in the games.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from glasswork.definitions import ModelsDef, VllmModel, WerewolfStep
from glasswork.library import Library
from glasswork.models.base import Model
from glasswork.models.pool import Models
from glasswork.records import Event, ModelAnswered, Request, TableHappened, Usage
from glasswork.workflow.compile import compile_workflow
from glasswork.workflow.compiled import CompiledWorkflow
from glasswork.workflow.engine import run_workflow
from glasswork.workflow.tournament import Settings, as_tournament


class Speed(NamedTuple):
    """What so many games at once took."""

    games: int
    calls: int
    written: int
    """Tokens."""
    read: int
    cached: int
    seconds: float
    straight_seconds: float
    days: int
    state: str

    @property
    def share(self) -> float:
        """The games' throughput, as a share of that of the same requests sent straight."""
        return self.straight_seconds / self.seconds


def tables(games: int, days: int) -> CompiledWorkflow:
    """Return the shipped workflow, as so many games at once of so many days at most."""
    found = Library.discover().workflow("games/werewolf")
    workflow = as_tournament(compile_workflow(found, Library.discover()), Settings(games=games, parallel=games))
    (step,) = workflow.steps.values()
    assert isinstance(step.definition, WerewolfStep), "the shipped workflow has one step"
    assert step.village is not None, "a compiled step has its rules"
    return replace(
        workflow,
        steps={step.id: replace(step, village=step.village.model_copy(update={"days": days}))},
    )


async def measure(model: Model, games: int, options: argparse.Namespace) -> Speed:
    """Play, then send the same requests straight."""
    events: list[Event] = []
    began = time.perf_counter()
    outcome = await run_workflow(
        tables(games, options.days),
        {},
        run="bench",
        models=_One(model),
        record=events.append,
        open_sandbox=_nothing,
        ask_human=_nothing,
        files=Path(tempfile.mkdtemp()),
        seed=options.seed,
    )
    seconds = time.perf_counter() - began
    answers = [event for event in events if isinstance(event, ModelAnswered)]
    usage = sum((one.completion.usage for one in answers), Usage())
    straight = await send([one.request for one in answers], model, games * 7)
    days = sum(isinstance(event, TableHappened) and event.what == "morning" for event in events)
    return Speed(
        games,
        len(answers),
        usage.completion_tokens,
        usage.prompt_tokens,
        usage.cached_tokens or 0,
        seconds,
        straight,
        days,
        outcome.state,
    )


async def send(requests: Sequence[Request], model: Model, at_once: int) -> float:
    """Send requests, so many at once; return the seconds that it took."""
    slots = asyncio.Semaphore(at_once)

    async def one(request: Request) -> None:
        first, *rest = request.messages
        changed = first.model_copy(update={"content": f"Straight. {first.content}"})
        async with slots:
            await model.complete(request.model_copy(update={"messages": (changed, *rest)}))

    began = time.perf_counter()
    await asyncio.gather(*map(one, requests))
    return time.perf_counter() - began


class _One:
    """The same model, whatever the name."""

    def __init__(self, model: Model) -> None:
        self._model = model

    async def get(self, _name: str) -> Model:
        return self._model


async def _nothing(*_: object) -> Any:
    raise AssertionError("a table of agents needs neither sandbox nor people")


async def study(options: argparse.Namespace) -> list[Speed]:
    """Measure each number of games, after one game that warms up and does not count."""
    vllm = VllmModel(kind="vllm", model=options.vllm, context=8192, kv_cache_gb=4) if options.vllm else None
    definitions = ModelsDef(version=1, models={"served": vllm}) if vllm else None
    models = Models(definitions, base_dir=Path.cwd(), on_progress=lambda line: print(line, file=sys.stderr))
    found = []
    try:
        model = await models.get("served" if vllm else options.model)
        for games in options.games:
            found.append(await measure(model, games, options))
            print(found[-1], file=sys.stderr)
    finally:
        await models.aclose()
    return found


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="smollm2-135m", help="a name that 'glasswork models' knows")
    parser.add_argument("--vllm", metavar="CHECKPOINT", help="serve this with vLLM instead")
    parser.add_argument("--games", type=int, nargs="+", default=[1, 4, 16], help="games at once")
    parser.add_argument("--days", type=int, default=2, help="days of a game at most")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="print numbers for a program")
    options = parser.parse_args()
    found = asyncio.run(study(options))
    if options.json:
        print(json.dumps([one._asdict() | {"share": one.share} for one in found], indent=2))
        return
    print(f"{options.vllm or options.model}, tables of seven, {options.days} days at most")
    for one in found:
        print(
            f"  {one.games:3} at once: {one.calls:6} calls, {one.written:7} tokens written, {one.read:8} read "
            f"({one.cached / max(1, one.read):.0%} from the cache), {one.seconds:7.1f} s, "
            f"{one.written / one.seconds:6.1f} tokens/s; straight {one.straight_seconds:7.1f} s; share {one.share:.2f}"
        )


if __name__ == "__main__":
    main()
