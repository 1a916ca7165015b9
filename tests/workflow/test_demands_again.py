"""A run with demands that is resumed, replayed or forked asks nothing that was measured before."""

from collections import Counter
from datetime import UTC, datetime

import pytest
from tests.workflow.driven import ASKED, HEAD, IDLE, TASK, Driven, Nobody, met, step

from glasswork.errors import Diverged
from glasswork.log.compare import content, key
from glasswork.log.fork import late_explanations
from glasswork.log.past import Past
from glasswork.log.reader import Entry
from glasswork.workflow.demands import demanded, without_demands
from glasswork.workflow.trials import Trials

POLICIES = {
    "flag": step("on_fail: flag"),
    "retry": step("on_fail: retry"),
    "stop": step("on_fail: stop, at_least: 0"),
    "stopped": step("on_fail: stop"),
    "beside": step("on_fail: retry")
    + "\n"
    + step("on_fail: flag", "b")
    + "\nc: {agent: writer, needs: [a, b], task: End.}",
}


def said(events):
    return Counter((key(event), str(content(event))) for event in events if event.type != "run.finished")


@pytest.mark.parametrize("policy", POLICIES)
async def test_a_run_cut_off_after_any_event_goes_on_as_if_it_had_not_been(trial, policy):
    steps = POLICIES[policy]
    outcome = await trial.run(steps, Driven(cites=IDLE), head=HEAD)
    whole = list(trial.events)
    for cut in range(1, len(whole)):
        trial.events = whole[:cut]
        known = {event.decision for event in trial.events if event.type == "decision.checked"}
        model = Driven(cites=IDLE)
        again = await trial.again(steps, model, head=HEAD)
        assert said(trial.events) == said(whole), cut
        assert (again.state, again.calls, again.usage) == (outcome.state, outcome.calls, outcome.usage), cut
        assert not known & {place.partition("/")[0] for place in model.tests}, cut
        recorded = {event.place for event in whole[:cut] if event.type == "model.answered"}
        assert not recorded & set(model.places), cut


@pytest.mark.parametrize("policy", POLICIES)
async def test_a_replay_asks_nothing(trial, policy):
    steps = POLICIES[policy]
    outcome = await trial.run(steps, Driven(cites=IDLE), head=HEAD)
    again = await trial.again(steps, Nobody(), live=False, head=HEAD)
    assert again.model_dump(exclude={"seconds"}) == outcome.model_dump(exclude={"seconds"})
    assert (trial.new, trial.left) == ([], [])


async def test_a_replay_of_a_run_cut_off_before_its_test_stops_there(trial):
    await trial.run(POLICIES["stop"], Driven(), head=HEAD)
    cut = next(n for n, event in enumerate(trial.events) if event.type == "decision.checked")
    trial.events = trial.events[:cut]
    with pytest.raises(Diverged, match=r"run\.finished is new"):  # all that came before is as recorded
        await trial.again(POLICIES["stop"], Nobody(), live=False, head=HEAD)


async def test_a_replay_notices_another_demand(trial):
    await trial.run(step("at_least: 0.5"), Driven(), head=HEAD)
    with pytest.raises(Diverged, match=r"decision\.checked a#1, is another now: at_least: recorded 0\.5, now 0\.6"):
        await trial.again(step("at_least: 0.6"), Nobody(), live=False, head=HEAD)
    trial.events = []
    await trial.run(step("on_fail: flag"), Driven(cites=IDLE), head=HEAD)
    with pytest.raises(Diverged, match=r"the log holds no answer at a#1/explain~1"):
        await trial.again(step("on_fail: retry"), Nobody(), live=False, head=HEAD)


async def test_a_demand_made_afterwards_is_another_run(trial):
    """The plain run is done; a stricter definition asks what nobody asked."""
    await trial.run(f"a: {{agent: writer, task: {TASK}}}", Driven(), head=HEAD)
    outcome = await trial.again(step("on_fail: flag"), Driven(), head=HEAD)
    assert (outcome.state, met(trial)) == ("done", [True])


async def test_tests_that_nobody_demanded_stay_outside(trial):
    """As ``glasswork check`` leaves them."""
    await trial.run(step("on_fail: flag"), Driven(), head=HEAD)
    asked_later = [event.model_copy(update={"at_least": None, "value": 9.0}) for event in trial.of("decision.checked")]
    trial.events += asked_later
    outcome = await trial.again(step("on_fail: flag"), Nobody(), live=False, head=HEAD)
    assert (outcome.state, trial.left) == ("done", [])


async def test_a_fork_takes_late_tests_along(trial):
    """The fork leaves the run in b; what a's test found comes later in the log, and is not asked for again."""
    steps = step("on_fail: flag") + "\nb: {agent: writer, needs: a, task: Go on.}"
    await trial.run(steps, Driven(), head=HEAD)
    entries = [Entry(n, datetime.now(UTC), event, "hash") for n, event in enumerate(trial.events, start=1)]
    upto = next(e.seq for e in entries if e.event.type == "decision.started" and e.event.decision == "b#1")
    assert upto < next(e.seq for e in entries if e.event.type == "decision.checked")
    past = Past(entries[:upto])
    past.lend(late_explanations(entries, upto))
    trial.events, trial.past, model = trial.events[:upto], past, Driven()
    outcome = await trial.run(steps, model, head=HEAD, past=past)
    assert (outcome.state, model.tests) == ("done", [])
    assert [event.measure for event in trial.new if event.type == "decision.checked"] == ["influence", "evidence"]
    assert {event.event for event in trial.new if event.type == "decision.checked"} == {0}


async def test_trials_of_a_blame_demand_nothing(trial):
    """Their explanations are left empty, and would never hold."""
    await trial.run(step("on_fail: stop, at_least: 0"), Driven(), head=HEAD)
    bare = without_demands(trial.compile(step("on_fail: stop, at_least: 0"), HEAD))
    (agent,) = bare.steps["a"].agents
    assert demanded(bare.steps["a"], agent.definition, bare.definition.defaults) is None
    entries = [Entry(n, datetime.now(UTC), event) for n, event in enumerate(trial.events, start=1)]
    model = Driven()

    async def nothing(backend):
        raise AssertionError("no program runs here")

    trials = Trials(
        workflow=trial.compile(step("on_fail: stop, at_least: 0"), HEAD),
        entries=entries,
        models=model,
        open_sandbox=nothing,
        success=lambda outcome: outcome.state == "done",
        fixed_by=lambda forks: {},
    )
    from glasswork.explain.blame import Trial, suspects_in

    (plan, _) = suspects_in(entries)
    assert await trials.rerun(Trial(suspect=plan, seed=1, replacement="B"))
    assert model.tests == []
    assert trials.most_calls() < ASKED
