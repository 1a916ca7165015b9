"""A workflow demands that explanations hold: what is tested, and what becomes of it."""

import asyncio
from datetime import UTC, datetime

import pytest
from tests.workflow.driven import ASKED, DRIVER, HEAD, IDLE, SEGMENTS, TASK, TEAM, Driven, Nobody, checks, met, step

from glasswork.definitions import BudgetDef, PriceDef
from glasswork.errors import InvalidOutput, ModelRefused
from glasswork.explain.attribution import questions
from glasswork.explain.from_log import decisions
from glasswork.log.reader import Entry
from glasswork.workflow.demands import shortfall, unmet

# --- what is tested -----------------------------------------------------------------------------------------------


async def test_a_demand_that_is_met(trial):
    outcome = await trial.run(step("at_least: 1"), Driven(), head=HEAD)
    assert outcome.state == "done"
    influence, evidence = trial.of("decision.checked")
    assert [(one.segment, one.causal, one.cited) for one in influence.effects] == [
        ("s1", False, False),
        ("s2", True, True),
        ("s3", False, False),
    ]
    assert influence.value == pytest.approx(4.0)
    assert (influence.measure, influence.method, influence.model) == ("influence", "leave-one-out", "driven")
    assert (evidence.measure, evidence.at_least, influence.at_least) == ("evidence", 1.0, 1.0)
    assert (evidence.detail["precision"], evidence.detail["met"]) == (1.0, True)
    assert unmet(trial.events) == []


async def test_the_question_that_is_asked_again_is_the_one_of_the_log(trial):
    model = Driven()
    await trial.run(step("on_fail: flag"), model, head=HEAD)
    entries = [Entry(n, datetime.now(UTC), event) for n, event in enumerate(trial.events, start=1)]
    ((logged,), _) = decisions(entries)
    assert len(model.tests) == questions(logged.case) == ASKED
    asked = [request for place, request in model.requests if "/check/" in place]
    assert asked[0] == logged.case.request


async def test_questions_are_counted_and_not_recorded(trial):
    model = Driven()
    outcome = await trial.run(step("on_fail: flag"), model, head=HEAD)
    assert not [event for event in trial.of("model.answered") if "/check/" in event.place]
    (influence,) = checks(trial, "influence")
    assert (influence.calls, influence.usage.total) == (ASKED, ASKED * 11)
    assert outcome.calls == len(model.requests) == ASKED + len(trial.of("model.answered"))
    assert outcome.usage.total == 11 * len(model.requests)


async def test_the_price_counts_too(trial):
    prices = {"default": PriceDef(prompt=1.1, completion=3.3)}
    outcome = await trial.run(step("on_fail: retry"), Driven(cites=IDLE), head=HEAD, prices=prices)
    assert outcome.money == pytest.approx(outcome.calls * (10 * 1.1 + 3.3) / 1e6)
    again = await trial.again(step("on_fail: retry"), Nobody(), live=False, head=HEAD, prices=prices)
    assert again.money == outcome.money


@pytest.mark.parametrize("policy", ["flag", "retry", "stop"])
async def test_where_nothing_was_weighed_there_is_nothing_to_test(trial, policy):
    (trial.folder / "agents/sole.yaml").write_text("role: writer\nplan: {choose_from: [short]}\n")
    model = Driven()
    outcome = await trial.run(step(f"on_fail: {policy}").replace("writer", "sole"), model, head=HEAD)
    assert (outcome.state, model.tests) == ("done", [])
    (event,) = trial.of("decision.checked")
    assert (event.measure, event.value, event.calls) == ("evidence", None, 0)
    assert event.detail == {"met": True, "reason": "there was one option only, so nothing was weighed"}
    assert unmet(trial.events) == []


async def test_a_choice_that_was_not_weighed_cannot_be_tested_and_the_log_says_why(trial):
    text = "role: writer\nplan: {strategy: two_stage, choose_from: [short, long]}\n"
    (trial.folder / "agents/sole.yaml").write_text(text)
    model = Driven()
    outcome = await trial.run(step("on_fail: stop").replace("writer", "sole"), model, head=HEAD)
    assert (outcome.state, model.tests) == ("done", [])
    (event,) = trial.of("decision.checked")
    assert event.detail["met"]
    assert "read from the reasoning alone" in event.detail["reason"]


# --- what becomes of it -------------------------------------------------------------------------------------------


async def test_flag_says_so_and_goes_on(trial):
    steps = step("on_fail: flag") + "\nb: {agent: writer, needs: a, task: 'Go on. {{ steps.a.text }}'}"
    outcome = await trial.run(steps, Driven(cites=IDLE), head=HEAD)
    assert (outcome.state, trial.states()) == ("done", {"a": "done", "b": "done"})
    (event,) = unmet(trial.events)
    assert shortfall(event) == (
        "a#1: 0 of the 1 segments that its explanation cites drove it, and a share of 0.5 is demanded"
    )


async def test_flag_does_not_slow_the_run(trial):
    """The test does not end before the next step has begun."""
    begun = asyncio.Event()

    class Slow(Driven):
        async def complete(self, request, *, place="", on_text=None):
            if place.startswith("b#1"):
                begun.set()
            if "/check/" in place:
                await begun.wait()
            return await super().complete(request, place=place, on_text=on_text)

    steps = step("on_fail: flag") + "\nb: {agent: writer, needs: a, task: Go on.}"
    async with asyncio.timeout(10):
        assert (await trial.run(steps, Slow(), head=HEAD)).state == "done"
    assert met(trial) == [True]


@pytest.mark.parametrize("policy", ["retry", "stop"])
async def test_otherwise_nothing_follows_before_the_explanation_held(trial, policy):
    steps = step(f"on_fail: {policy}") + "\nb: {agent: writer, needs: a, task: Go on.}"
    await trial.run(steps, Driven(), head=HEAD)
    types = [(event.type, getattr(event, "step", "")) for event in trial.events]
    assert types.index(("decision.checked", "")) < types.index(("step.finished", "a"))
    assert met(trial) == [True]


async def test_stop_fails_the_step(trial):
    steps = step("on_fail: stop, at_least: 0.6") + "\nb: {agent: writer, needs: a, task: Go on.}"
    outcome = await trial.run(steps, Driven(cites=("s2", "s3")), head=HEAD)
    assert outcome.state == "failed"
    assert trial.states() == {"a": "failed", "b": "skipped"}
    assert outcome.reason == (
        "a: a#1: 1 of the 2 segments that its explanation cites drove it, and a share of 0.6 is demanded "
        "(see: glasswork log why a#1)"
    )
    assert met(trial) == [False]


@pytest.mark.parametrize(
    ("on_error", "state", "after"), [("skip", "skipped", "skipped"), ("continue", "failed", "done")]
)
async def test_on_error_applies(trial, on_error, state, after):
    steps = step("on_fail: stop", more=f", on_error: {on_error}") + "\nb: {agent: writer, needs: a, task: Go on.}"
    outcome = await trial.run(steps, Driven(cites=IDLE), head=HEAD)
    assert (outcome.state, trial.states()) == ("done", {"a": state, "b": after})


async def test_retry_explains_once_more(trial):
    model = Driven(cites=IDLE, again=DRIVER)
    outcome = await trial.run(step("on_fail: retry"), model, head=HEAD)
    assert (outcome.state, met(trial)) == ("done", [False, True])
    assert unmet(trial.events) == []
    asked = dict(model.requests)
    first, again = asked["a#1/explain"], asked["a#1/explain~1"]
    assert (first.temperature, again.temperature) == (0.0, 0.7)
    assert first.seed != again.seed
    assert first.messages[:-1] == again.messages[:-1]
    said = again.messages[-1].content.removesuffix(first.messages[-1].content)
    assert said.startswith("An earlier explanation")
    assert "s2" not in said
    assert "s3" not in said


async def test_a_decision_is_measured_once_however_often_it_is_explained(trial):
    model = Driven(cites=IDLE, again=("s2", "s3"))
    await trial.run(step("on_fail: retry"), model, head=HEAD)
    assert len(model.tests) == ASKED
    first, second = checks(trial, "influence")
    assert (first.calls, second.calls) == (ASKED, 0)
    assert [one.cited for one in first.effects] == [False, False, True]
    assert [one.cited for one in second.effects] == [False, True, True]
    assert [one.effect for one in first.effects] == [one.effect for one in second.effects]
    assert [event.detail["precision"] for event in checks(trial)] == [0.0, 0.5]


async def test_what_does_not_hold_the_second_time_is_flagged(trial):
    outcome = await trial.run(step("on_fail: retry"), Driven(cites=IDLE, again=IDLE), head=HEAD)
    assert (outcome.state, met(trial)) == ("done", [False, False])
    assert [event.decision for event in unmet(trial.events)] == ["a#1"]
    assert len(trial.of("decision.explained")) == 2


async def test_a_second_explanation_that_fails_leaves_the_first(trial):
    model = Driven(cites=IDLE, broken=[("explain~1$", InvalidOutput("no"))])
    steps = step("on_fail: retry", more=", retry: {max: 0}")
    outcome = await trial.run(steps, model, head=HEAD)
    assert (outcome.state, met(trial)) == ("done", [False])
    assert [event.place for event in trial.of("model.failed")] == ["a#1/explain~1"]
    assert (await trial.again(steps, Nobody(), live=False, head=HEAD)).state == "done"


# --- teams, items, workflows within -------------------------------------------------------------------------------


@pytest.fixture
def team(trial):
    (trial.folder / "agents/judge_two.yaml").write_text("role: writer\nplan: {choose_from: [short, long]}\n")
    return trial


async def test_each_turn_of_a_team_is_tested(team):
    await team.run(TEAM.replace("POLICY", "on_fail: retry"), Driven(cites=IDLE), head=HEAD)
    assert [event.decision for event in checks(team)] == ["chat#1.1", "chat#1.1", "chat#1.2", "chat#1.2"]
    assert met(team) == [False, True] * 2
    assert len(checks(team, "influence")[2].effects) == SEGMENTS + 1


async def test_a_team_can_be_stopped(team):
    outcome = await team.run(TEAM.replace("POLICY", "on_fail: stop"), Driven(cites=IDLE), head=HEAD)
    assert outcome.state == "failed"
    assert outcome.reason.startswith("chat: chat#1.1: 0 of the 1 segments")
    assert len(team.of("decision.started")) == 1


async def test_each_item_is_tested_and_fails_by_itself(trial):
    head = HEAD[:-1] + ", facts: {type: list, default: [The DRIVER., Nothing.]}}"
    task = '"Decide now.\\n{{ item }}\\n{{ inputs.noise }}"'
    steps = f"a: {{agent: writer, for_each: inputs.facts, task: {task}, on_error: continue, explain: {{check: cited_and_causal, on_fail: stop}}}}"
    await trial.run(steps, Driven(), head=head)
    found = {event.decision: event.detail["met"] for event in checks(trial)}
    assert found == {"a#1:1": True, "a#1:2": False}
    states = {event.item: event.state for event in trial.of("step.finished")}
    assert states == {1: "done", 2: "failed", 0: "failed"}


async def test_within_a_workflow_its_own_defaults_count(trial):
    inner = (
        "version: 1\nname: inner\ninputs: {fact: {type: string, required: true}, noise: {type: string, default: It rains.}}\n"
        f"defaults: {{explain: {{check: cited_and_causal}}}}\nsteps:\n  x: {{agent: writer, task: {TASK}}}\n"
    )
    (trial.folder / "workflows/inner.yaml").write_text(inner)
    steps = f"a: {{agent: writer, task: {TASK}}}\nb: {{workflow: inner, with: {{fact: The DRIVER.}}}}"
    await trial.run(steps, Driven(), head=HEAD)
    assert [event.decision for event in checks(trial)] == ["b#1.x#1"]


# --- questions that fail, budgets, stops --------------------------------------------------------------------------


REFUSED = [("/check/", ModelRefused("not now"))]


async def test_what_could_not_be_tested_does_not_meet_the_demand(trial):
    outcome = await trial.run(step("on_fail: flag"), Driven(broken=REFUSED), head=HEAD)
    assert outcome.state == "done"
    (event,) = unmet(trial.events)
    assert shortfall(event) == "a#1: its explanation could not be tested: not now"
    assert (event.measure, event.value, event.detail["error"]) == ("evidence", None, "refused")
    assert outcome.calls == event.calls + len(trial.of("model.answered"))
    again = await trial.again(step("on_fail: flag"), Nobody(), live=False, head=HEAD)
    assert (again.state, trial.left) == ("done", [])


async def test_an_explanation_that_could_not_be_tested_is_not_asked_for_again(trial):
    steps = step("on_fail: retry")
    outcome = await trial.run(steps, Driven(cites=IDLE, broken=REFUSED), head=HEAD)
    assert (outcome.state, met(trial), len(trial.of("decision.explained"))) == ("done", [False], 1)
    assert (await trial.again(steps, Nobody(), live=False, head=HEAD)).state == "done"
    again = await trial.again(steps, Driven(cites=IDLE), head=HEAD)  # now it can be tested, and falls short
    assert (again.state, met(trial), len(trial.of("decision.explained"))) == ("done", [False, False, True], 2)
    assert (await trial.again(steps, Nobody(), live=False, head=HEAD)).state == "done"


async def test_questions_beside_one_that_failed_are_not_asked_any_more(trial):
    model = Driven(broken=[("/check/3/0", ModelRefused("not now"))])
    outcome = await trial.run(step("on_fail: flag"), model, head=HEAD)
    (event,) = unmet(trial.events)
    assert event.calls == len(model.tests) < ASKED
    assert outcome.calls == len(model.requests)


async def test_a_resumed_run_tests_what_could_not_be_tested(trial):
    outcome = await trial.run(step("on_fail: stop"), Driven(broken=REFUSED), head=HEAD)
    assert outcome.reason.startswith("a: a#1: its explanation could not be tested: not now")
    model = Driven()
    again = await trial.again(step("on_fail: stop"), model, head=HEAD)
    assert (again.state, met(trial)) == ("done", [False, True])
    assert len(model.requests) == len(model.tests) == ASKED
    assert again.calls == outcome.calls + ASKED
    assert (await trial.again(step("on_fail: stop"), Nobody(), live=False, head=HEAD)).state == "done"


@pytest.mark.parametrize("policy", ["flag", "retry", "stop"])
async def test_a_budget_holds_and_is_kept_across_sittings(trial, policy):
    model, steps = Driven(cites=IDLE), step(f"on_fail: {policy}")
    outcome = await trial.run(steps, model, head=HEAD, budget=BudgetDef(calls=14))
    assert (outcome.state, outcome.calls, len(model.requests)) == ("budget", 14, 14)
    (event,) = trial.of("decision.checked")
    assert (event.detail["error"], event.value) == ("budget", None)
    assert event.calls == 14 - len(trial.of("model.answered"))
    model = Driven(cites=IDLE)
    again = await trial.again(steps, model, head=HEAD, budget=BudgetDef(calls=100))
    assert again.state == ("failed" if policy == "stop" else "done")
    assert again.calls == 14 + len(model.requests)


async def test_a_run_that_is_stopped_says_what_its_test_has_cost(trial):
    class Stuck(Driven):
        async def complete(self, request, *, place="", on_text=None):
            if "/check/2/" in place:
                stuck.set()
                await asyncio.sleep(60)
            return await super().complete(request, place=place, on_text=on_text)

    stuck, model = asyncio.Event(), Stuck()
    run = asyncio.create_task(trial.run(step("on_fail: flag"), model, head=HEAD))
    await stuck.wait()
    run.cancel()
    assert (await run).state == "interrupted"
    (event,) = trial.of("decision.checked")
    assert event.detail == {"met": False, "reason": "it was stopped", "error": "interrupted"}
    assert event.calls >= len(model.tests) > 0
    again = await trial.again(step("on_fail: flag"), Driven(), head=HEAD)
    assert (again.state, met(trial)) == ("done", [False, True])
