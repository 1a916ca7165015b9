"""What a check costs beside the decision itself: one decision of ten segments, then everything a check asks of it.

    python benchmarks/check_cost.py --model smollm2-135m --decisions 5
    GLASSWORK_VLLM_PYTHON=… python benchmarks/check_cost.py --vllm CHECKPOINT --parallel 64

A decision: one staged agent thinks, weighs its options in every order, fills in two fields and explains. Its check
leaves out each of ten segments, with the noise floor, in every order of the options, all questions at once. Told are
wall-clock time and tokens of the check as a multiple of the decision's own: the median over decisions and the range.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from glasswork.agent import Situation, StagedAgent
from glasswork.definitions import (
    ActDef,
    AgentDef,
    ExplainDef,
    FieldDef,
    ModelsDef,
    PlanDef,
    RetryDef,
    RoleDef,
    VllmModel,
)
from glasswork.explain.attribution import attribute
from glasswork.explain.from_log import cases
from glasswork.explain.planted import TEMPLATES, Template, length
from glasswork.explain.reading import live_reader
from glasswork.log.reader import Entry
from glasswork.models.base import Model
from glasswork.models.pool import Models
from glasswork.models.wrap import asking
from glasswork.records import Event, ModelAnswered, Segment, Usage

SEGMENTS = 10


class Cost(NamedTuple):
    """What one decision and its check took."""

    segments: int
    questions: int
    seconds: float
    check_seconds: float
    tokens: int
    check_tokens: int
    cached: int

    @property
    def times(self) -> float:
        """Wall-clock time of the check by that of the decision."""
        return self.check_seconds / self.seconds

    @property
    def times_tokens(self) -> float:
        """Tokens of the check by those of the decision."""
        return self.check_tokens / self.tokens


def situation(template: Template, number: int) -> Situation:
    """Return ten texts of a template, its drivers among them."""
    texts = [*template.drivers[:1], *template.others][number % 2 :][:SEGMENTS]
    texts += list(template.others)[: SEGMENTS - len(texts)]
    words = length(template)
    segments = tuple(
        Segment(id=f"s{place}", source=template.source, text=" ".join(text.split()[:words]))
        for place, text in enumerate(texts, 1)
    )
    return Situation(decision=f"decide#{number + 1}", step="decide", segments=segments, seed=number)


async def cost(template: Template, number: int, model: Model, parallel: int) -> Cost:
    """Have an agent decide, and check the decision."""
    events: list[Event] = []
    agent = StagedAgent(
        template.name,
        AgentDef(
            role=template.name,
            plan=PlanDef(strategy="chain", choose_from=template.options, instruction=template.question, max_tokens=600),
            act=ActDef(produces="fields", fields=dict.fromkeys(("decision", "note"), FieldDef(max_length=160))),
            explain=ExplainDef(reasons=3, max_tokens=600),
        ),
        RoleDef(name=template.name, title=template.role, prose=template.prose),
        ask=asking(model, retry=RetryDef(), timeout=900, record=events.append),
        record=events.append,
    )
    began = time.perf_counter()
    act = await agent.decide(situation(template, number))
    await act.explained
    seconds = time.perf_counter() - began
    own = sum((event.completion.usage for event in events if isinstance(event, ModelAnswered)), Usage())
    now = datetime.now(UTC)
    (case,) = cases(Entry(place, now, event) for place, event in enumerate(events, 1))
    read = live_reader(case, asking(model, retry=RetryDef(), timeout=900, record=lambda _: None), parallel=parallel)
    began = time.perf_counter()
    await attribute(read, case, method="leave-one-out")
    took = time.perf_counter() - began
    cached = read.usage.cached_tokens or 0
    return Cost(len(case.segments), read.calls, seconds, took, own.total, read.usage.total, cached)


async def study(options: argparse.Namespace) -> list[Cost]:
    """Measure one decision after the other; the first warms up, and does not count."""
    vllm = VllmModel(kind="vllm", model=options.vllm, context=4096, kv_cache_gb=2) if options.vllm else None
    definitions = ModelsDef(version=1, models={"served": vllm}) if vllm else None
    models = Models(definitions, base_dir=Path.cwd(), on_progress=lambda line: print(line, file=sys.stderr))
    costs = []
    try:
        model = await models.get("served" if vllm else options.model)
        for number in range(options.decisions + 1):
            costs.append(await cost(TEMPLATES[number % len(TEMPLATES)], number, model, options.parallel))
            print(costs[-1], file=sys.stderr)
    finally:
        await models.aclose()
    return costs[1:]


def told(costs: list[Cost], options: argparse.Namespace) -> dict[str, Any]:
    """Return everything that is told, as plain data."""

    def middle(values: list[float]) -> dict[str, float]:
        return {"median": statistics.median(values), "least": min(values), "most": max(values)}

    return {
        "model": options.vllm or options.model,
        "decisions": len(costs),
        "segments": SEGMENTS,
        "parallel": options.parallel,
        "questions": middle([one.questions for one in costs]),
        "decision_seconds": middle([one.seconds for one in costs]),
        "check_seconds": middle([one.check_seconds for one in costs]),
        "wall_times": middle([one.times for one in costs]),
        "token_times": middle([one.times_tokens for one in costs]),
        "from_the_cache": sum(one.cached for one in costs) / max(1, sum(one.check_tokens for one in costs)),
    }


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="smollm2-135m", help="a name that 'glasswork models' knows")
    parser.add_argument("--vllm", metavar="CHECKPOINT", help="serve this with vLLM instead")
    parser.add_argument("--decisions", type=int, default=5)
    parser.add_argument("--parallel", type=int, default=4, help="questions at once")
    parser.add_argument("--json", action="store_true", help="print numbers for a program")
    options = parser.parse_args()
    found = told(asyncio.run(study(options)), options)
    if options.json:
        print(json.dumps(found, indent=2))
        return
    print(f"{found['model']}: {found['decisions']} decisions of {SEGMENTS} segments, {options.parallel} at once")
    for name in ("questions", "decision_seconds", "check_seconds", "wall_times", "token_times"):
        one = found[name]
        print(f"  {name.replace('_', ' '):18} {one['median']:.2f} ({one['least']:.2f} to {one['most']:.2f})")
    print(f"  from the cache     {found['from_the_cache']:.0%}")


if __name__ == "__main__":
    main()
