"""What a workflow may demand of explanations, whose word counts, and what it may cost."""

import pytest
from tests.workflow.driven import ASKED, HEAD, IDLE, TEAM, Driven, step

from glasswork.definitions import AgentDef, DefaultsDef, DemandDef
from glasswork.errors import DefinitionError
from glasswork.workflow.cost import charges, total, worst
from glasswork.workflow.demands import demanded, without_demands


@pytest.fixture
def team(trial):
    (trial.folder / "agents/judge_two.yaml").write_text("role: writer\nplan: {choose_from: [short, long]}\n")
    return trial


FLAG, STOP, NONE = (
    DemandDef(check="cited_and_causal"),
    DemandDef(check="cited_and_causal", on_fail="stop"),
    DemandDef(check="none"),
)


@pytest.mark.parametrize(
    ("own", "agents", "defaults", "wanted"),
    [
        (None, None, None, None),
        (None, None, FLAG, "flag"),
        (None, STOP, FLAG, "stop"),
        (FLAG, STOP, STOP, "flag"),
        (NONE, STOP, STOP, None),
        (None, NONE, STOP, None),
        (STOP, NONE, None, "stop"),
        (DemandDef(), STOP, None, "stop"),
    ],
)
def test_the_nearest_word_counts(trial, own, agents, defaults, wanted):
    compiled = trial.compile("a: {agent: writer, task: t}").steps["a"]
    object.__setattr__(compiled, "definition", compiled.definition.model_copy(update={"explain": own}))
    said = {} if agents is None else agents.model_dump(exclude_unset=True)
    found = demanded(
        compiled, AgentDef.model_validate({"role": "writer", "explain": said}), DefaultsDef(explain=defaults)
    )
    assert (found and found.on_fail) == wanted


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("{check: cited_and_casual}", 22, "'cited_and_casual' is not known here; did you mean 'cited_and_causal'?"),
        ("{chek: none}", 15, "unknown key 'chek'; did you mean 'check'?"),
        ("{at_least: 0.5}", 5, "'at_least' does nothing without 'check: cited_and_causal'"),
        (
            "{check: none, at_least: 0.5, on_fail: stop}",
            5,
            "'at_least' and 'on_fail' do nothing without 'check: cited_and_causal'",
        ),
        ("{check: cited_and_causal, at_least: 50}", 50, "50 is too large: at most 1"),
        (
            "{check: cited_and_causal, on_fail: halt}",
            49,
            "'halt' is not known here; known: flag, retry, stop",
        ),
        ("cited_and_causal", 14, "expected keys and values, found text 'cited_and_causal'"),
    ],
)
def test_what_is_wrong_is_said_at_its_place(trial, text, column, message):
    with pytest.raises(DefinitionError) as raised:
        trial.compile(f"a:\n  agent: writer\n  task: t\n  explain: {text}")
    (problem,) = raised.value.problems
    assert (problem.line, problem.column, problem.message) == (8, column, message)
    (trial.folder / "agents/writer.yaml").write_text(f"role: writer\nexplain: {text}\n")
    with pytest.raises(DefinitionError) as raised:
        trial.compile("a: {agent: writer, task: t}")
    (problem,) = raised.value.problems
    assert (problem.line, problem.column, problem.message) == (2, column - 4, message)


def test_only_steps_of_agents_explain(trial):
    with pytest.raises(DefinitionError, match="unknown key 'explain'"):
        trial.compile("a: {human: ok, explain: {check: cited_and_causal}}")


# --- what it may cost ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", ["flag", "retry"])
async def test_the_plan_counts_the_questions(trial, policy):
    steps = step(f"on_fail: {policy}")
    workflow = trial.compile(steps, HEAD)
    parts = charges(workflow)
    bare = charges(without_demands(workflow))
    assert total(parts).smooth.calls == total(bare).smooth.calls + ASKED
    assert worst(parts).calls == worst(bare).calls + 3 * (ASKED + (policy == "retry"))
    outcome = await trial.run(steps, Driven(), head=HEAD)
    assert outcome.calls == total(parts).smooth.calls
    outcome = await trial.run(steps, Driven(cites=IDLE), head=HEAD)
    assert outcome.calls <= worst(parts).calls


async def test_a_teams_turns_see_more_each_time(team):
    steps = TEAM.replace("POLICY", "on_fail: flag")
    outcome = await team.run(steps, Driven(), head=HEAD)
    assert outcome.calls == total(charges(team.compile(steps, HEAD))).smooth.calls


def test_lists_make_segments(trial):
    steps = (
        "split: {agent: lister, task: t}\n"
        "a: {agent: writer, needs: split, task: '{{ steps.split.items }}', explain: {check: cited_and_causal}}\n"
    )
    workflow = trial.compile(steps)
    (test,) = [part for part in charges(workflow) if part.bounds.smooth.calls > 10]
    assert (test.bounds.smooth.calls, test.bounds.most.calls) == ((1 + 9) * 2, 3 * (8 + 9) * 2)
