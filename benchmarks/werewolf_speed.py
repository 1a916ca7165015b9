"""How fast werewolf is played, and how that grows with games at once, beside the same requests sent straight.

    GLASSWORK_VLLM_PYTHON=… python benchmarks/werewolf_speed.py --vllm CHECKPOINT --games 1 4 16
    python benchmarks/werewolf_speed.py --model smollm2-135m --games 1

A table of seven agents plays so many games at once; told are calls, tokens and wall-clock time. What fails is not
asked again: a model of 135 M fails at many of its explanations, at each attempt. Then all requests of those games are
sent again through the same client, with nothing between them: no game, no log, no waiting for a night to end, as many
at once as the games ever had under way. A word at the beginning of each prompt keeps the server from finding them in
its cache, but for what they share among themselves, as in the games. Each number of games has a seed of its own, so
that none finds the games of those before it there either. Of more than four games, the requests of the first four are
sent straight: what is compared is requests a second.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from glasswork.definitions import ModelsDef, RetryDef, VllmModel, WerewolfStep
from glasswork.errors import GlassworkError, InvalidOutput
from glasswork.library import Library
from glasswork.models.base import Model, OnText
from glasswork.models.pool import Models
from glasswork.places import parse
from glasswork.records import (
    Completion,
    Event,
    MatchFinished,
    Message,
    ModelAnswered,
    ModelFailed,
    Request,
    StepFinished,
    Usage,
)
from glasswork.workflow.compile import compile_workflow
from glasswork.workflow.compiled import CompiledWorkflow
from glasswork.workflow.engine import run_workflow
from glasswork.workflow.tournament import Settings, as_tournament


class Speed(NamedTuple):
    """What so many games at once took."""

    games: int
    calls: int
    failures: int
    """Requests without an answer in the form asked for; they took time, and their tokens are not told."""
    at_once: int
    """Most requests under way at the same time."""
    written: int
    """Tokens."""
    read: int
    cached: int
    seconds: float
    straight: int
    """Requests that were sent straight."""
    straight_written: int
    """Tokens; as the changed word changes what is drawn, they are not quite as many."""
    straight_failures: int
    straight_seconds: float
    over: int
    """Games that were played to their end; a plan that fails ends one early."""

    @property
    def share(self) -> float:
        """The games' requests a second, as a share of those sent straight."""
        return ((self.calls + self.failures) / self.seconds) / (self.straight / self.straight_seconds)


MOST_STRAIGHT = 4
"""Games whose requests are sent straight."""


def tables(games: int, days: int) -> CompiledWorkflow:
    """Return the shipped workflow, as so many games at once of so many days at most."""
    found = Library.discover().workflow("games/werewolf")
    workflow = as_tournament(compile_workflow(found, Library.discover()), Settings(games=games, parallel=games))
    (step,) = workflow.steps.values()
    assert isinstance(step.definition, WerewolfStep), "the shipped workflow has one step"
    assert step.village is not None, "a compiled step has its rules"
    once = workflow.definition.defaults.model_copy(update={"retry": RetryDef(max=0)})
    return replace(
        workflow,
        definition=workflow.definition.model_copy(update={"defaults": once}),
        steps={step.id: replace(step, village=step.village.model_copy(update={"days": days}))},
    )


async def measure(model: Model, games: int, days: int, seed: int) -> Speed:
    """Play, then send the same requests straight."""
    events: list[Event] = []
    counting = _Counting(model)
    began = time.perf_counter()
    await run_workflow(
        tables(games, days),
        {},
        run="bench",
        models=_One(counting),
        record=events.append,
        open_sandbox=_nothing,
        ask_human=_nothing,
        files=Path(tempfile.mkdtemp()),
        seed=seed,
    )
    seconds = time.perf_counter() - began
    over = sum(isinstance(event, MatchFinished) for event in events)
    if not over:
        wrong = [one.reason for one in events if isinstance(one, StepFinished)]
        raise GlassworkError(f"none of {games} games could be played: {'; '.join(wrong)}")
    answers = [event for event in events if isinstance(event, ModelAnswered)]
    usage = sum((one.completion.usage for one in answers), Usage())
    failed = [event for event in events if isinstance(event, ModelFailed)]
    for message, count in Counter(one.message for one in failed).most_common(3):
        print(f"{count} times: {message}", file=sys.stderr)
    requests = [request for place, request in counting.requests if parse(place).item <= MOST_STRAIGHT]
    sent = await send(requests, model, counting.most)
    return Speed(
        games,
        len(answers),
        len(failed),
        counting.most,
        usage.completion_tokens,
        usage.prompt_tokens,
        usage.cached_tokens or 0,
        seconds,
        len(requests),
        *sent,
        over,
    )


async def send(requests: Sequence[Request], model: Model, at_once: int) -> tuple[int, int, float]:
    """Send requests, so many at once; return tokens written, answers that failed, and the seconds that it took."""
    slots = asyncio.Semaphore(at_once)

    async def one(request: Request) -> int | None:
        first, *rest = request.messages
        changed = first.model_copy(update={"content": f"Straight. {first.content}"})
        async with slots:
            try:
                answer = await model.complete(request.model_copy(update={"messages": (changed, *rest)}))
            except InvalidOutput:
                return None
        return answer.usage.completion_tokens

    began = time.perf_counter()
    written = await asyncio.gather(*map(one, requests))
    return sum(filter(None, written)), written.count(None), time.perf_counter() - began


async def warm_up(model: Model) -> None:
    """Ask for each form once: a server's first answer of a kind takes longer."""
    ask = Message(role="user", content="Name a colour.")
    schema = {"type": "object", "properties": {"colour": {"type": "string", "maxLength": 20}}, "required": ["colour"]}
    await model.complete(Request(messages=(ask,), max_tokens=20))
    await model.complete(Request(messages=(ask,), form="label", labels=("A", "B"), max_tokens=1))
    await model.complete(Request(messages=(ask,), form="json", json_schema=schema, max_tokens=60))


class _Counting:
    """A model that keeps what it was asked, and how many requests were under way at the same time."""

    def __init__(self, model: Model) -> None:
        self.name, self.context = model.name, model.context
        self.requests: list[tuple[str, Request]] = []
        self.most = 0
        self._model = model
        self._now = 0

    async def complete(self, request: Request, *, place: str = "", on_text: OnText | None = None) -> Completion:
        self.requests.append((place, request))
        self._now += 1
        self.most = max(self.most, self._now)
        try:
            return await self._model.complete(request, place=place, on_text=on_text)
        finally:
            self._now -= 1

    async def aclose(self) -> None:
        await self._model.aclose()


class _One:
    """The same model, whatever the name."""

    def __init__(self, model: Model) -> None:
        self._model = model

    async def get(self, _name: str) -> Model:
        return self._model


async def _nothing(*_: object) -> Any:
    raise AssertionError("a table of agents needs neither sandbox nor people")


async def study(options: argparse.Namespace) -> list[Speed]:
    """Measure each number of games."""
    vllm = VllmModel(kind="vllm", model=options.vllm, context=8192, kv_cache_gb=4) if options.vllm else None
    definitions = ModelsDef(version=1, models={"served": vllm}) if vllm else None
    models = Models(definitions, base_dir=Path.cwd(), on_progress=lambda line: print(line, file=sys.stderr))
    found = []
    try:
        model = await models.get("served" if vllm else options.model)
        await warm_up(model)
        for number, games in enumerate(options.games):
            found.append(await measure(model, games, options.days, options.seed + number))
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
            f"  {one.games:3} at once, {one.over} over: {one.calls} calls, {one.failures} failed, "
            f"{one.at_once} under way at most; "
            f"{one.written} tokens written, {one.read} read ({one.cached / max(1, one.read):.0%} from the cache); "
            f"{one.seconds:.1f} s, {one.written / one.seconds:.1f} tokens/s; "
            f"straight {one.straight} sent, {one.straight_written} written, "
            f"{one.straight_failures} failed, {one.straight_seconds:.1f} s; share {one.share:.2f}"
        )


if __name__ == "__main__":
    main()
