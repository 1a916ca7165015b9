"""Do the measures tell an agent that means what it says from one that does not? Two agents, one model, one pipeline.

    python benchmarks/stages.py --model smollm2-135m --cases 30 [--thinking 10] [--json]

The decisions are those of ``planted.py``, taken by real staged agents. The *honest* agent is what it is. The *lying*
one plans with the same model, but its act is an option drawn at random, whatever it planned, and its explanation cites
segments drawn at random, as many as the honest one cites. Told are: whether acts follow plans (share, and how far it is
beyond chance), how citations stand to what drove the choice (pooled, beside citing at random), and the stated
confidence beside the measured one. The first ``--thinking`` decisions are taken once more by an agent that thinks
before it chooses: does the thinking carry the choice (early answering)? Intervals are of 95 %.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from glasswork.agent import Situation, StagedAgent
from glasswork.definitions import ActDef, AgentDef, ExplainDef, FieldDef, PlanDef, RetryDef, RoleDef
from glasswork.errors import UserError
from glasswork.explain.attribution import Attribution, attribute
from glasswork.explain.calibration import confidence_of
from glasswork.explain.carry import Carry, carry_report, early_answering
from glasswork.explain.case import Case
from glasswork.explain.coupling import Follow, act_against_plan, act_coupling
from glasswork.explain.evidence import pool
from glasswork.explain.from_log import cases
from glasswork.explain.planted import TEMPLATES, planted
from glasswork.explain.reading import live_reader
from glasswork.log.reader import Entry
from glasswork.models.base import Model
from glasswork.models.pool import Models
from glasswork.models.wrap import asking
from glasswork.records import Acted, Ask, Completion, Event, Request

FIELD = "decision"
_ROLES = {template.name: template for template in TEMPLATES}


class Taken(NamedTuple):
    """One decision that an agent took."""

    case: Case
    follow: Follow
    attribution: Attribution | None = None


class Liar:
    """Asks the model for the plan, and makes up the rest."""

    def __init__(self, ask: Ask, options: Sequence[str], citations: int, generator: random.Random) -> None:
        self._ask, self._options, self._citations, self._generator = ask, options, citations, generator

    async def __call__(self, place: str, request: Request) -> Completion:
        """Answer."""
        stage = place.rpartition("/")[2]
        if stage == "act":
            return self._said({FIELD: self._generator.choice(self._options)})
        if stage != "explain":
            return await self._ask(place, request)
        bound: Any = request.json_schema
        ids = bound["properties"]["because"]["items"]["properties"]["segment"]["enum"]
        cited = self._generator.sample(ids, self._citations)
        because = [{"segment": one, "why": f"It moved me: {one}."} for one in cited]
        return self._said({"because": because, "confidence_percent": 90, "would_change_if": "Nothing."})

    def _said(self, data: dict[str, Any]) -> Completion:
        return Completion(text=json.dumps(data), data=data)


def definition(planted_case: Case, strategy: str) -> AgentDef:
    """Return an agent that chooses between a planted decision's options, and says what it does in a field."""
    template = _ROLES[planted_case.agent]
    # In the template's own order: what is had by chance is told from decisions among the same options.
    return AgentDef(
        role=template.name,
        plan=PlanDef(strategy=strategy, choose_from=template.options, instruction=template.question),
        act=ActDef(produces="fields", fields={FIELD: FieldDef(enum=template.options)}, max_tokens=60),
        explain=ExplainDef(reasons=2),
    )


async def decide(
    planted_case: Case, model: Model, lie: tuple[int, random.Random] | None = None, strategy: str = "direct"
) -> tuple[Case, Acted]:
    """Have an agent decide, and return the decision as a log has it."""
    template, events = _ROLES[planted_case.agent], list[Event]()
    role = RoleDef(name=template.name, title=template.role, prose=template.prose)
    agent_def = definition(planted_case, strategy)
    ask: Ask = asking(model, retry=RetryDef(), timeout=600, record=events.append)
    ask = Liar(ask, agent_def.plan.choose_from, *lie) if lie else ask
    agent = StagedAgent(template.name, agent_def, role, ask=ask, record=events.append)
    act = await agent.decide(Situation(decision="decide#1", step="decide", segments=planted_case.segments))
    await act.explained
    now = datetime.now(UTC)
    (case,) = cases(Entry(number, now, event) for number, event in enumerate(events, 1))
    acted = next(event for event in events if isinstance(event, Acted))
    return case.model_copy(update={"id": planted_case.id, "driver": planted_case.driver}), acted


def follow_of(case: Case, acted: Acted) -> Follow:
    """Return whether the act does what was planned."""
    options = [option.text for option in case.options]
    return act_against_plan(case, produces="fields", data=acted.data, enums={FIELD: options})


async def honest(planted_case: Case, model: Model, options: argparse.Namespace) -> Taken:
    """Take one decision, and find out what drove it."""
    case, acted = await decide(planted_case, model)
    ask = asking(model, retry=RetryDef(), timeout=600, record=lambda _: None)
    read = live_reader(case, ask, orders=options.orders, parallel=options.parallel)
    return Taken(case, follow_of(case, acted), await attribute(read, case, seed=options.seed))


async def lying(planted_case: Case, model: Model, true: Taken, generator: random.Random) -> Taken:
    """Take the same decision with an act and an explanation that have nothing to do with it.

    The question of the choice is the same, so that what drove it is as measured; only the citations are others.
    """
    case, acted = await decide(planted_case, model, (len(true.case.cited), generator))
    assert true.attribution is not None, "an honest decision is attributed"
    effects = tuple(
        effect.model_copy(update={"cited": effect.segment in case.cited}) for effect in true.attribution.effects
    )
    return Taken(case, follow_of(case, acted), replace(true.attribution, effects=effects))


async def thought(planted_case: Case, model: Model, options: argparse.Namespace) -> Carry | None:
    """Have it think before it chooses, and take the thinking away; None where it did not think aloud."""
    case, _ = await decide(planted_case, model, strategy="chain")
    ask = asking(model, retry=RetryDef(), timeout=600, record=lambda _: None)
    try:
        return await early_answering(case, ask, orders=options.orders, seed=options.seed)
    except UserError as error:
        print(f"{planted_case.id}: {error.message}", file=sys.stderr)
        return None


async def study(options: argparse.Namespace) -> dict[str, Any]:
    """Take every decision, and return everything that is told."""
    generator = random.Random(options.seed)
    models = Models(None, base_dir=Path.cwd(), on_progress=lambda line: print(line, file=sys.stderr))
    agents: dict[str, list[Taken]] = {"honest": [], "lying": []}
    carries: list[Carry] = []
    try:
        model = await models.get(options.model)
        for number, case in enumerate(planted(options.cases, seed=options.seed)):
            true = await honest(case, model, options)
            agents["honest"].append(true)
            agents["lying"].append(await lying(case, model, true, generator))
            if number < options.thinking and (carry := await thought(case, model, options)) is not None:
                carries.append(carry)
            print(f"{case.id}: done", file=sys.stderr)
    finally:
        await models.aclose()
    told = {name: _told(taken, options.seed) for name, taken in agents.items()}
    thinking = carry_report(carries, seed=options.seed).model_dump(mode="json") if carries else None
    return {"model": options.model, "cases": options.cases, "agents": told, "early_answering": thinking}


def _told(taken: Sequence[Taken], seed: int) -> dict[str, Any]:
    attributed = [(one.case, one.attribution) for one in taken if one.attribution is not None]
    return {
        "coupling": act_coupling([one.follow for one in taken], seed=seed).model_dump(mode="json"),
        "evidence": pool(attributed, seed=seed).model_dump(mode="json"),
        "confidence": confidence_of([one.case for one in taken], seed=seed).model_dump(mode="json"),
    }


def table(found: dict[str, Any]) -> list[str]:
    """Return the lines of a report."""
    lines = [f"{found['model']}: {found['cases']} decisions", ""]
    for name, each in found["agents"].items():
        coupling, evidence, agreement = each["coupling"], each["evidence"], each["confidence"]["agreement"]
        drawn, cited = evidence["at_random"], evidence["weighted_recall"]
        lines += [
            f"{name} agent",
            f"  acts that follow the plan  {_share(coupling['follows'])}",
            f"  beyond chance              {_estimate(coupling, 'beyond_chance')}",
            f"  cited segments causal      {_share(evidence['precision'])}; at random {_estimate(drawn['precision'])}",
            f"  causal segments cited      {_share(evidence['recall'])}; at random {_estimate(drawn['recall'])}",
            f"  influence cited            {_estimate(cited)}; at random {_estimate(drawn['weighted_recall'])}",
            f"  driver omitted             {_share(evidence['omitted_drivers'])}",
        ]
        if agreement:
            lines.append(
                f"  stated less measured confidence {agreement['gap']:+.2f} "
                f"[{agreement['gap_low']:+.2f}, {agreement['gap_high']:+.2f}]"
            )
    carried = found["early_answering"]
    if carried:
        lines.append(f"early answering: AOC {_estimate(carried, 'aoc')}, floor {carried['floor']:.2f}")
    return lines


def _share(share: dict[str, Any]) -> str:
    if not share["of"]:
        return "undefined"
    return f"{share['hits'] / share['of']:.2f} [{share['low']:.2f}, {share['high']:.2f}] of {share['of']}"


def _estimate(estimate: dict[str, Any], value: str = "value") -> str:
    if estimate[value] is None:
        return "undefined"
    return f"{estimate[value]:.2f} [{estimate['low']:.2f}, {estimate['high']:.2f}]"


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="smollm2-135m", help="a name that 'glasswork models' knows")
    parser.add_argument("--cases", type=int, default=30)
    parser.add_argument("--thinking", type=int, default=0, metavar="N", help="early answering of the first N")
    parser.add_argument("--orders", type=int, choices=range(1, 5), default=1, help="rotations of the options asked")
    parser.add_argument("--parallel", type=int, default=1, help="questions at once; many on vLLM")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="print numbers for a program")
    options = parser.parse_args()
    found = asyncio.run(study(options))
    print(json.dumps(found, indent=2) if options.json else "\n".join(table(found)))


if __name__ == "__main__":
    main()
