"""What is typed on the command line about budgets and answers."""

import pytest

from glasswork.cli.arguments import answers_of, budgets_of
from glasswork.errors import UserError
from glasswork.workflow.compile import compile_recorded

FILES = {
    "roles/person.md": "---\nname: person\ntitle: Person\n---\nYou.\n",
    "agents/worker.yaml": "role: person\n",
    "workflows/outer.yaml": """\
version: 1
name: outer
budget: {tokens: 100, calls: 10}
steps:
  build: {agent: worker, task: x, budget: {calls: 3}}
  check: {workflow: inner, needs: again}
  again: {loop: {steps: [build], until: steps.build.state == 'done', max: 1}}
  ask: {human: ok, needs: check}
""",
    "workflows/inner.yaml": """\
version: 1
name: inner
budget: {calls: 5}
steps:
  read: {agent: worker, task: x}
  ask: {human: ok}
""",
}


@pytest.fixture
def workflow():
    return compile_recorded(FILES, "workflows/outer.yaml")


def test_limits_of_the_run(workflow):
    found = budgets_of(workflow, ["tokens=5000", "seconds=10m", "money=0.5"]).definition.budget
    assert (found.tokens, found.calls, found.seconds, found.money) == (5000, 10, 600.0, 0.5)
    assert workflow.definition.budget.tokens == 100


def test_limits_of_steps(workflow):
    found = budgets_of(workflow, ["build.tokens=7", "check.read.seconds=90", "check.seconds=1h"])
    assert found.steps["build"].definition.budget.model_dump(exclude_none=True) == {"calls": 3, "tokens": 7}
    assert found.steps["check"].workflow.steps["read"].definition.budget.seconds == 90.0
    assert found.steps["check"].definition.budget.seconds == 3600.0


def test_a_step_is_also_named_as_the_log_names_it(workflow):
    found = budgets_of(workflow, ["check#2:3.read.calls=4"])
    assert found.steps["check"].workflow.steps["read"].definition.budget.calls == 4


def test_a_limit_of_a_workflow_takes_the_place_of_its_own(workflow):
    check = budgets_of(workflow, ["check.calls=50"]).steps["check"]
    assert check.workflow.definition.budget.calls == 50
    assert check.definition.budget is None


def test_later_limits_win(workflow):
    assert budgets_of(workflow, ["calls=1", "calls=2"]).definition.budget.calls == 2
    assert budgets_of(workflow, []) == workflow


@pytest.mark.parametrize(
    ("pair", "said"),
    [
        ("tokens", "--budget takes NAME=VALUE, not 'tokens'"),
        ("tokns=3", "--budget tokns=3: there is no limit 'tokns'; did you mean 'tokens'?"),
        ("build=3", "there is no limit 'build'; known: calls, money, seconds, tokens"),
        ("biuld.calls=3", "outer has no step 'biuld'; did you mean 'build'?"),
        ("check.raed.calls=3", "inner has no step 'raed'; did you mean 'read'?"),
        ("build.read.calls=3", "the step 'build' runs no workflow, so it has no step 'read'"),
        ("ask.seconds=3", "the step 'ask' is a human, and spends nothing itself"),
        ("again.calls=3", "the step 'again' is a loop, and spends nothing itself"),
        (".calls=3", "outer has no step ''"),
        ("tokens=0", "expected a whole number, at least 1, found '0'"),
        ("calls=2.5", "expected a whole number, at least 1, found '2.5'"),
        ("calls=many", "expected a whole number, at least 1, found 'many'"),
        ("calls=", "expected a whole number, at least 1, found ''"),
        ("seconds=2 weeks", "expected a time such as 90s, 10m or 1h, a day at most, found '2 weeks'"),
        ("seconds=48h", "expected a time"),
        ("seconds=-1", "expected a time"),
        ("money=nan", "expected a number above 0, found 'nan'"),
        ("money=1e999", "expected a number above 0"),
        ("money=0", "expected a number above 0"),
    ],
)
def test_a_bad_limit_is_told(workflow, pair, said):
    with pytest.raises(UserError) as caught:
        budgets_of(workflow, [pair])
    assert said in caught.value.message


def test_answers_name_steps_within_steps(workflow):
    assert answers_of(workflow, ["ask=yes", "check.ask=no:not yet", "check#1:2.ask=yes"]) == {
        "ask": (True, ""),
        "check.ask": (False, "not yet"),
        "check#1:2.ask": (True, ""),
    }
    with pytest.raises(UserError, match=r"no step 'check.aks' asks a person; did you mean 'check.ask'"):
        answers_of(workflow, ["check.aks=yes"])
