"""What a workflow may cost is an upper bound of what it does cost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasswork.definitions import ActDef, AgentDef, ExplainDef, PlanDef, PriceDef
from glasswork.library import Library, Recorded
from glasswork.workflow.compile import compile_workflow
from glasswork.workflow.cost import (
    Bounds,
    Cost,
    Over,
    Rate,
    charges,
    decision_cost,
    money,
    rounds,
    scheduler,
    serving,
    step_cost,
    total,
    worst,
)

ROLE = "---\nname: cook\ntitle: Cook\n---\nYou cook.\n"
AGENT = "role: cook\nplan: {options: 3}\nact: {max_tokens: 100}\nexplain: {max_tokens: 50}\n"
WORKFLOW = """\
version: 1
name: dinner
defaults: {retry: {max: 1}}
steps:
  cook: {agent: cook, task: cook}
  taste: {agent: cook, needs: cook, task: taste, retry: {max: 0}}
  again: {loop: {steps: [cook, taste], until: "steps.taste.text == 'good'", max: 2}}
  eat: {human: "Eat?", needs: again}
  talk: {team: {kind: selector, agents: [cook, cook_two], turns: 4}, needs: eat, task: talk}
"""


def compiled(folder):
    for name, text in {
        "roles/cook.md": ROLE,
        "agents/cook.yaml": AGENT,
        "agents/cook_two.yaml": AGENT,
        "workflows/dinner.yaml": WORKFLOW,
    }.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    library = Library.discover(folder)
    return compile_workflow(library.workflow("dinner"), library)


def test_each_step_by_hand(tmp_path):
    workflow = compiled(tmp_path)
    once = Cost(calls=1 + 3 + 1 + 1, written=320 + 3 + 100 + 50)
    repaired = Cost(calls=once.calls + 1, written=once.written + 100)
    cook, taste, talk = (step_cost(workflow, workflow.steps[name]) for name in ("cook", "taste", "talk"))
    assert rounds(workflow, workflow.steps["cook"]) == 3
    assert cook.smooth == once
    assert cook.most == repaired * 3 * 2
    assert taste.most == repaired * 3
    assert talk.smooth == (once + Cost(3, 3)) * 4
    assert step_cost(workflow, workflow.steps["eat"]) == Bounds()
    assert step_cost(workflow, workflow.steps["again"]) == Bounds()


def test_the_whole_is_the_sum(tmp_path):
    workflow = compiled(tmp_path)
    parts = [step_cost(workflow, step) for step in workflow.steps.values()]
    assert (
        total(charges(workflow)).most.calls == worst(charges(workflow)).calls == sum(part.most.calls for part in parts)
    )


# --- lists and workflows within ------------------------------------------------------------------------------------

FILES = {
    "roles/cook.md": ROLE,
    "agents/cook.yaml": AGENT,
    "agents/lister.yaml": "role: cook\nmodel: small\nact: {produces: list, max_items: 5}\n",
    "agents/sorter.yaml": "role: cook\nact: {produces: fields, fields: {good: {type: list, max_items: 3}, bad: {type: list}}}\n",
    "workflows/inner.yaml": """\
version: 1
name: inner
inputs: {parts: {type: list}, more: {type: list}}
defaults: {retry: {max: 0}}
steps:
  each: {agent: cook, for_each: inputs.parts, task: x}
  once: {agent: cook, task: x}
outputs: {texts: steps.each.text, given: inputs.more}
""",
}


def nested(steps: str):
    lines = "".join(f"  {line}\n" for line in steps.strip().splitlines())
    head = "version: 1\nname: outer\ninputs: {files: {type: list}}\ndefaults: {retry: {max: 0}}\nsteps:\n"
    library = Library((Recorded(texts=FILES | {"workflows/outer.yaml": head + lines}),))
    return compile_workflow(library.workflow("outer"), library)


SPLIT = "split: {agent: lister, task: x}\nsort: {agent: sorter, task: x}\n"
LENGTHS = {
    "an agent's list": ("for_each: steps.split.items", 5),
    "a declared list": ("for_each: steps.sort.good", 3),
    "a declared list by default": ("for_each: steps.sort.bad", 8),
    "an input": ("for_each: inputs.files", None),
}


@pytest.mark.parametrize("name", LENGTHS)
def test_how_long_a_list_may_be(name):
    each, most = LENGTHS[name]
    (charge,) = [
        c for c in charges(nested(SPLIT + f"a: {{agent: cook, needs: [split, sort], {each}, task: x}}")) if c.over
    ]
    assert charge.over == (Over("a", each.removeprefix("for_each: "), most),)
    assert charge.most == (None if most is None else charge.bounds.most * most)


def test_a_list_of_a_list_is_as_long_as_that():
    steps = "a: {agent: cook, needs: split, for_each: steps.split.items, task: x}\nb: {agent: cook, needs: a, for_each: steps.a.text, task: x}"
    assert charges(nested(SPLIT + steps))[-1].over[0].most == 5


def test_a_list_is_followed_through_workflows():
    steps = """\
a: {workflow: inner, needs: split, with: {parts: "{{ steps.split.items }}", more: [x, y]}}
b: {agent: cook, needs: a, for_each: steps.a.texts, task: x}
c: {agent: cook, needs: a, for_each: steps.a.given, task: x}
d: {workflow: inner, for_each: inputs.files, with: {parts: "{{ inputs.files }}"}}
"""
    over = {charge.step: charge.over for charge in charges(nested(SPLIT + steps))}
    assert over["a.each"] == (Over("a.each", "inputs.parts", 5),)
    assert over["a.once"] == ()
    assert (over["b"][0].most, over["c"][0].most) == (5, 2)
    assert over["d.each"] == (Over("d", "inputs.files", None), Over("d.each", "inputs.parts", None))
    assert over["d.once"] == (Over("d", "inputs.files", None),)


def test_following_a_list_through_many_workflows_is_quick():
    """Each workflow hands two lists to the next: two to the power of forty ways, and one of them matters."""
    given = 'with: {{parts: "{{{{ {0} }}}}", more: "{{{{ {0} }}}}"}}'
    steps = ["s0: {workflow: inner, " + given.format("inputs.files") + "}"]
    steps += [
        f"s{n}: {{workflow: inner, needs: s{n - 1}, {given.format(f'steps.s{n - 1}.given')}}}" for n in range(1, 40)
    ]
    assert charges(nested("\n".join(steps)))[-1].most is not None


def test_what_has_no_bound_is_left_out_of_the_most():
    parts = charges(nested(SPLIT + "a: {agent: cook, for_each: inputs.files, task: x}"))
    assert worst(parts) == worst(part for part in parts if not part.over)
    assert total(parts).smooth.calls > total(part for part in parts if not part.over).smooth.calls


def test_a_workflow_in_a_loop_costs_all_its_rounds():
    steps = "a: {workflow: inner, with: {parts: [x]}}\nask: {human: ok, needs: a}\nf: {loop: {steps: [a, ask], until: steps.ask.approved, max: 2}}"
    workflow = nested(steps)
    once = next(charge for charge in charges(workflow) if charge.step == "a.once")
    assert (
        once.bounds.most
        == decision_cost(workflow.steps["a"].workflow.steps["once"].agents[0].definition, repairs=1) * 3
    )


def test_who_is_asked(tmp_path):
    workflow = nested(SPLIT + "t: {team: {kind: selector, agents: [cook, lister], model: big}, task: x}")
    team = workflow.steps["t"]
    assert serving(workflow, team) == {"cook": "default", "lister": "small"}
    assert scheduler(workflow, team) == "big"
    assert scheduler(workflow, workflow.steps["split"]) is None
    assert [charge.models for charge in charges(workflow) if charge.step == "t"] == [("default", "small"), ("big",)]


def test_money_is_the_dearest_model_and_a_full_context_for_each_call():
    workflow = nested(SPLIT + "t: {team: {agents: [cook, lister], turns: 2}, task: x}")
    charge = charges(workflow)[-1]
    cheap, dear = Rate(PriceDef(prompt=1, completion=1), 1000), Rate(PriceDef(prompt=2, completion=4), 1000)
    expected = (charge.most.calls * 1000 * 2 + charge.most.written * 4) / 1_000_000
    assert money(charge, {"default": cheap, "small": dear}) == (pytest.approx(expected), True)
    assert money(charge, {}) == (0.0, True)
    unknown = Rate(PriceDef(prompt=2, completion=4))
    assert money(charge, {"default": unknown}) == (pytest.approx(charge.most.written * 4 / 1_000_000), False)


@given(
    options=st.integers(1, 8),
    fixed=st.lists(st.sampled_from(["stew", "soup", "rice", "fish", "cake", "bread", "plum"]), max_size=7, unique=True),
    strategy=st.sampled_from(["direct", "chain"]),
)
def test_a_decision_costs_an_act_an_explanation_and_its_choice(options, fixed, strategy):
    plan = PlanDef(options=options, choose_from=tuple(fixed), strategy=strategy)
    cost = decision_cost(AgentDef(role="cook", plan=plan, act=ActDef(max_tokens=16), explain=ExplainDef(max_tokens=32)))
    weighed = len(fixed) or options
    naming = 0 if fixed and strategy == "direct" else 1
    assert cost.calls == naming + (weighed if weighed > 1 else 0) + 2
    assert cost.written >= 16 + 32
