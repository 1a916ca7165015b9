"""What a workflow may cost is an upper bound of what it does cost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from glasswork.definitions import ActDef, AgentDef, ExplainDef, PlanDef
from glasswork.library import Library
from glasswork.workflow.compile import compile_workflow
from glasswork.workflow.cost import NOTHING, Cost, decision_cost, rounds, step_cost, workflow_cost

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
    assert step_cost(workflow, workflow.steps["eat"]) == NOTHING
    assert step_cost(workflow, workflow.steps["again"]) == NOTHING


def test_the_whole_is_the_sum(tmp_path):
    workflow = compiled(tmp_path)
    parts = [step_cost(workflow, step) for step in workflow.steps.values()]
    assert workflow_cost(workflow).most.calls == sum(part.most.calls for part in parts)


@given(
    options=st.integers(1, 8),
    fixed=st.lists(st.text(min_size=1, max_size=5), max_size=8, unique=True),
    strategy=st.sampled_from(["direct", "chain"]),
)
def test_a_decision_costs_an_act_an_explanation_and_its_choice(options, fixed, strategy):
    plan = PlanDef(options=options, choose_from=tuple(fixed), strategy=strategy)
    cost = decision_cost(AgentDef(role="cook", plan=plan, act=ActDef(max_tokens=16), explain=ExplainDef(max_tokens=32)))
    weighed = len(fixed) or options
    naming = 0 if fixed and strategy == "direct" else 1
    assert cost.calls == naming + (weighed if weighed > 1 else 0) + 2
    assert cost.written >= 16 + 32
