"""Every strategy on the smallest real model: it comes to a plan, and what it thought is whole in the log."""

from __future__ import annotations

import pytest
import pytest_asyncio

from glasswork.agent import Situation, StagedAgent
from glasswork.definitions import ActDef, AgentDef, ExplainDef, ModelsDef, PlanDef, RetryDef, RoleDef
from glasswork.models.catalogue import weights_path
from glasswork.models.pool import Models
from glasswork.models.wrap import asking
from glasswork.records import Segment

pytestmark = [pytest.mark.live, pytest.mark.embedded]

ROLE = RoleDef(name="cook", title="Cook", prose="You plan meals.")
SEGMENTS = (
    Segment(id="s1", source="task", text="Choose a dish for six guests tonight."),
    Segment(id="s2", source="inputs.note", text="Two of them eat no meat."),
)
DISHES = ("lentil stew", "roast beef", "a bowl of crisps")
FIXED = {"choose_from": DISHES}
PLANS = {
    "two_stage": FIXED,
    "self_consistency": FIXED | {"samples": 3},
    "best_of": FIXED | {"budget": 1500},
    "tree": {"depth": 2, "breadth": 1, "branches": 2},
    "tree depth first": FIXED | {"search": "depth_first", "depth": 2, "branches": 2, "threshold": 0.1},
    "tree by votes": {"evaluator": "vote", "propose": "sample", "branches": 2, "breadth": 1},
    "graph": {},
    "debate": {"debaters": 2, "rounds": 2},
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def models(tmp_path_factory):
    pytest.importorskip("xllamacpp")
    if weights_path("smollm2-135m") is None:
        pytest.skip("needs weights: glasswork models pull smollm2-135m")
    made = Models(ModelsDef(version=1), base_dir=tmp_path_factory.mktemp("models"), override="smollm2-135m")
    yield made
    await made.aclose()


@pytest.mark.parametrize("name", PLANS)
@pytest.mark.asyncio(loop_scope="module")
async def test_a_strategy_comes_to_a_plan(models, name):
    events = []
    plan = PlanDef(strategy=name.split()[0], max_tokens=200, options=2, **PLANS[name])
    ask = asking(await models.get("default"), retry=RetryDef(max=2), timeout=300, record=events.append)
    definition = AgentDef(role="cook", plan=plan, act=ActDef(max_tokens=64, may_be_cut=True), explain=ExplainDef())
    agent = StagedAgent("cook", definition, ROLE, ask=ask, record=events.append, model="smollm2")
    act = await agent.decide(Situation("dinner#1", "dinner", SEGMENTS, seed=1))
    await act.explained
    thoughts = [event for event in events if event.type == "thought.noted"]
    (ended,) = [event for event in events if event.type == "thinking.ended"]
    (planned,) = [event for event in events if event.type == "decision.planned"]
    assert sorted(one.number for one in thoughts) == list(range(1, len(thoughts) + 1))
    assert ended.results
    answered = [event for event in events if event.type == "model.answered" and "/plan" in event.place]
    assert ended.tokens >= sum(event.completion.usage.total for event in answered)
    assert ended.budget is None or ended.tokens <= ended.budget
    assert planned.choice in {option.label for option in planned.options}
    assert not plan.choose_from or [option.text for option in planned.options] == [*DISHES]
