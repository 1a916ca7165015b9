"""What a strategy asks at most, by its settings alone, is never passed, whatever the settings."""

from __future__ import annotations

import asyncio
import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reasoning.scripted import SOUPS, Model, decide

from glasswork.definitions import AgentDef, PlanDef
from glasswork.errors import InvalidOutput, UserError
from glasswork.workflow.decision_cost import decision_cost


@st.composite
def trees(draw):
    search = draw(st.sampled_from(["breadth_first", "depth_first"]))
    plan = {
        "strategy": "tree",
        "search": search,
        "depth": draw(st.integers(1, 3)),
        "branches": draw(st.integers(1, 3)),
        "look_ahead": draw(st.integers(0, 2)),
        "propose": draw(st.sampled_from(["list", "sample"])),
        "evaluator": draw(st.sampled_from(["value", "vote"])),
    }
    if search == "breadth_first":
        plan["breadth"] = draw(st.integers(1, 3))
        if plan["evaluator"] == "vote" and plan["breadth"] * plan["branches"] ** (1 + plan["look_ahead"]) > 26:
            plan["look_ahead"] = 0
    else:
        plan["threshold"] = draw(st.sampled_from([0.0, 0.3, 0.9]))
        if plan["branches"] ** (1 + plan["look_ahead"]) > 26:
            plan["look_ahead"] = 0
    return plan


@st.composite
def graphs(draw):
    """Operations each of which takes what some before it made; what is kept has been scored."""
    made, scored = {"first": {"do": "generate", "count": draw(st.integers(1, 3))}}, set()
    for n in range(draw(st.integers(0, 5))):
        before = draw(st.sampled_from(sorted(made)))
        kinds = ["generate", "score", "refine", "aggregate", "validate", *(["keep_best"] if before in scored else [])]
        kind = draw(st.sampled_from(kinds))
        one = {"do": kind, "needs": before}
        if kind in {"generate", "refine", "aggregate"}:
            one["count"] = draw(st.integers(1, 2))
        elif kind == "validate":
            one["tries"] = draw(st.integers(0, 2))
        elif kind == "keep_best":
            one |= {"keep": draw(st.integers(1, 3)), "each": draw(st.booleans())}
        made[f"op_{n}"] = one
        scored |= {f"op_{n}"} if kind in {"score", "keep_best"} else set()
    return {"strategy": "graph", "operations": made}


others = st.one_of(
    st.builds(lambda n: {"strategy": "self_consistency", "samples": n}, st.integers(2, 6)),
    st.builds(lambda d, r: {"strategy": "debate", "debaters": d, "rounds": r}, st.integers(2, 4), st.integers(1, 3)),
    st.builds(lambda b: {"strategy": "best_of", "budget": b}, st.integers(64, 3000)),
    st.just({"strategy": "two_stage"}),
)


@settings(deadline=None, max_examples=60)
@given(plan=st.one_of(trees(), graphs(), others), fixed=st.booleans(), options=st.integers(1, 4), likes=st.booleans())
def test_no_more_is_asked_than_the_file_says(plan, fixed, options, likes):
    plan |= {"options": options, "max_tokens": 64} | ({"choose_from": SOUPS} if fixed else {})
    definition = AgentDef(role="cook", plan=PlanDef(**plan))
    model = Model(prefer=("stew", "yes") if likes else ("no",))
    with contextlib.suppress(UserError, InvalidOutput):  # a budget for nothing, or nothing that holds
        asyncio.run(decide(model, **plan))
    assert len(model.asked) <= decision_cost(definition).calls
    numbers = [event.number for event in model.events if event.type == "thought.noted"]
    assert sorted(numbers) == list(range(1, len(numbers) + 1)), "each thought is told once"
