"""Faults put into a run on purpose: the trials find the stage, at the cost that they say, and leave nothing behind."""

import re
from datetime import UTC, datetime

import pytest

from glasswork.agent import Fixed
from glasswork.definitions import BudgetDef
from glasswork.errors import Diverged
from glasswork.explain.blame import blame, charges, nominated, suspects_in, trials_of
from glasswork.explain.traces import Guess, Trace, TraceStep, last_speaker, most_active
from glasswork.log.reader import Entry
from glasswork.records import Completion, Usage
from glasswork.workflow.resources import Answer
from glasswork.workflow.trials import Trials

STEPS = """
one: {agent: ada, task: "Begin."}
two: {agent: bob, needs: one, task: "Go on. {{ steps.one.text }}"}
three: {agent: cyd, needs: two, task: "End. {{ steps.two.text }}"}
"""
HEAD = "outputs: {answer: steps.three.text}"
STAGES = [(step, stage) for step in ("one", "two", "three") for stage in ("plan", "act")]


class Honest:
    """Chooses what is sound, and does it, unless what it is given is wrong. One stage can be made to fail, once."""

    name, context = "honest", None

    def __init__(self, fault="", flaky=""):
        self.fault, self.flaky, self.places = fault, flaky, []

    async def get(self, name):
        return self

    async def complete(self, request, *, place="", on_text=None):
        self.places.append(place)
        said = self.answer(request, place)
        return said.model_copy(update={"usage": Usage(prompt_tokens=10, completion_tokens=5)})

    def answer(self, request, place):
        at_fault = bool(self.fault) and place.startswith(self.fault)
        last = request.messages[-1].content
        if request.form == "label":
            wanted = "hasty" if at_fault else "sound"
            label = re.search(rf"^([AB])\. {wanted}$", last, re.MULTILINE)[1]
            return Completion(text=label, logprobs={one: 0.0 if one == label else -3.0 for one in "AB"})
        if place.endswith("/explain"):
            because = [{"segment": "s1", "why": "It says so."}]
            return Completion(text="{}", data={"because": because, "confidence_percent": 90, "would_change_if": "Not."})
        unlucky = bool(self.flaky) and place.startswith(self.flaky) and request.seed % 2
        wrong = at_fault or unlucky or "wrong" in request.messages[1].content or "decided: hasty" in last
        return Completion(text=f"{'wrong' if wrong else 'right'} {request.seed}")

    async def aclose(self):
        pass


@pytest.fixture
def team(trial):
    for name in ("ada", "bob", "cyd"):
        (trial.folder / "agents" / f"{name}.yaml").write_text("role: writer\nplan: {choose_from: [sound, hasty]}\n")
    return trial


def entries_of(trial):
    return tuple(Entry(n, datetime.now(UTC), event) for n, event in enumerate(trial.events, start=1))


def right(outcome):
    return outcome.state == "done" and "right" in outcome.outputs.get("answer", "")


async def nothing(backend):
    raise AssertionError("no program runs here")


def trials_on(team, model, *, steps=STEPS, head=HEAD, success=right, **settings):
    return Trials(
        workflow=team.compile(steps, head),
        entries=entries_of(team),
        models=model,
        open_sandbox=nothing,
        success=success,
        fixed_by=lambda forks: {},
        **settings,
    )


async def put_to_trial(trials, seeds=1):
    async def prepare(suspect):
        return await trials.with_acts(suspect, seeds=seeds)

    return await blame(suspects_in(trials.entries), trials.rerun, seeds=seeds, prepare=prepare)


def fault_at(step, stage):
    return f"{step}#1/{'choose' if stage == 'plan' else 'act'}"


# --- the right one is found -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("step", "stage"), STAGES)
async def test_the_stage_at_fault_is_ranked_first_and_alone(team, step, stage):
    await team.run(STEPS, Honest(fault_at(step, stage)), head=HEAD)
    ranked = await put_to_trial(trials_on(team, Honest()))
    first, *others = ranked
    assert (first.suspect.step, first.suspect.stage, first.weight) == (step, stage, 1.0)
    assert all(charge.weight <= 0 for charge in others)
    assert len(ranked) == 6


async def test_baselines_do_not_find_it(team):
    """Who spoke last, and who spoke most, are right by chance alone: one agent of three."""
    hits = {"last speaker": 0, "most active": 0, "blame": 0}
    for step, stage in STAGES:
        team.events = []
        await team.run(STEPS, Honest(fault_at(step, stage)), head=HEAD)
        acted = [(event.decision, event.text) for event in team.of("decision.acted")]
        agents = {event.decision: event.agent for event in team.of("decision.started")}
        trace = Trace(steps=tuple(TraceStep(agent=agents[name], text=text) for name, text in acted))
        found = (await put_to_trial(trials_on(team, Honest())))[0].suspect
        guesses = {"last speaker": last_speaker(trace), "most active": most_active(trace)}
        guesses["blame"] = Guess(agent=found.agent)
        guilty = agents[f"{step}#1"]
        hits = {name: count + (guesses[name].agent == guilty) for name, count in hits.items()}
    assert hits == {"last speaker": 2, "most active": 2, "blame": 6}


async def test_luck_is_not_taken_for_a_cause(team):
    """The last act fails for half of the seeds. Whoever comes before it is innocent, although runs from there flip."""
    for seed in range(20):
        team.events = []
        await team.run(STEPS, Honest(flaky="three#1/act"), head=HEAD, seed=seed)
        if not right(team.events[-1]):
            break
    ranked = await put_to_trial(trials_on(team, Honest(flaky="three#1/act")), seeds=8)
    by_stage = {(charge.suspect.step, charge.suspect.stage): charge for charge in ranked}
    assert (ranked[0].suspect.step, ranked[0].suspect.stage) == ("three", "act")
    assert (ranked[0].placebo_flips, ranked[0].weight > 0.2) == (0, True)
    for step in ("one", "two"):
        innocent = by_stage[step, "act"]
        assert 0 < innocent.flips == innocent.placebo_flips < 8, "such runs do succeed, changed or not"
        assert (innocent.weight, innocent.low < 0 < innocent.high) == (0, True)


# --- what it costs, and leaves ----------------------------------------------------------------------------------------


async def test_what_is_told_is_what_was_called_and_no_explanation_is_asked_for(team):
    await team.run(STEPS, Honest("two#1/act"), head=HEAD)
    before, model = list(team.events), Honest()
    trials = trials_on(team, model)
    await put_to_trial(trials)
    assert trials.meter.calls == len(model.places)
    assert trials.meter.usage.total == 15 * len(model.places)
    assert not any(place.endswith("/explain") for place in model.places)
    assert team.events == before
    assert not (team.folder / "files").exists()
    acts = [suspect for suspect in suspects_in(trials.entries) if suspect.stage == "act"]
    assert [trials.calls_after(suspect) for suspect in acts] == [6, 3, 0]
    plans = [suspect for suspect in suspects_in(trials.entries) if suspect.stage == "plan"]
    told = len(acts) + sum(2 * trials.calls_after(suspect) for suspect in (*acts, *plans))
    assert told == trials.meter.calls <= 12 * trials.most_calls() + len(acts)


async def test_each_trial_has_the_budget_afresh(team):
    await team.run(STEPS, Honest("two#1/act"), head=HEAD)
    used = team.events[-1].calls
    team.events = []
    budget = f"{HEAD}\nbudget: {{calls: {used}}}"
    await team.run(STEPS, Honest("two#1/act"), head=budget)
    trials = trials_on(team, Honest(), head=budget)
    assert trials.workflow.definition.budget == BudgetDef(calls=used)
    assert (await put_to_trial(trials))[0].weight == 1.0
    enough = trials_on(team, Honest(), head=f"{HEAD}\nbudget: {{calls: {used // 2}}}")
    first = (await put_to_trial(enough))[0]
    assert (first.suspect.decision, first.weight) == ("two#1", 1.0), "what is kept costs nothing"
    small = trials_on(team, Honest(), head=f"{HEAD}\nbudget: {{calls: 1}}")
    assert all(charge.flips == 0 for charge in await put_to_trial(small) if charge.suspect.step != "three")


async def test_what_is_kept_must_come_out_as_it_was(team):
    await team.run(STEPS, Honest("two#1/act"), head=HEAD)
    trials = trials_on(team, Honest(), steps=STEPS.replace("Begin.", "Begin otherwise."))
    with pytest.raises(Diverged):
        await put_to_trial(trials)


# --- people, failed steps, what cannot be tried -----------------------------------------------------------------------


@pytest.mark.parametrize(("question", "flips"), [("Go?", 1), ("Go with {{ steps.one.text }}?", 0)])
async def test_a_persons_answer_counts_for_the_same_question_only(team, question, flips):
    steps = f"""
one: {{agent: ada, task: "Begin."}}
ask: {{human: "{question}", needs: one}}
three: {{agent: cyd, needs: ask, task: "End. {{{{ steps.one.text }}}}"}}
"""
    await team.run(steps, Honest("one#1/act"), head=HEAD, human=lambda step, asked: Answer(True, "", "me"))
    ranked = await put_to_trial(trials_on(team, Honest(), steps=steps))
    (act,) = [charge for charge in ranked if (charge.suspect.step, charge.suspect.stage) == ("one", "act")]
    assert (act.flips, act.changed) == (flips, 1)


async def test_an_act_that_never_came_is_a_suspect_too(team):
    class Mute(Honest):
        def answer(self, request, place):
            return Completion(text="no program") if place.startswith("two#1/act") else super().answer(request, place)

    class Writes(Honest):
        def answer(self, request, place):
            said = super().answer(request, place)
            return Completion(text="```python\nx = 1\n```") if place.startswith("two#1/act") else said

    (team.folder / "agents" / "bob.yaml").write_text(
        "role: writer\nplan: {choose_from: [sound, hasty]}\nact: {produces: code}\n"
    )
    assert (await team.run(STEPS, Mute(), head=HEAD)).state == "failed"
    ranked = await put_to_trial(trials_on(team, Writes()))
    act = next(charge for charge in ranked if (charge.suspect.step, charge.suspect.stage) == ("two", "act"))
    assert (act.flips, act.placebo_flips) == (1, 0)
    assert not any(charge.suspect.step == "three" for charge in ranked), "it came after the failure"


async def test_an_act_that_comes_out_the_same_is_no_change(team):
    class Same(Honest):
        def answer(self, request, place):
            said = super().answer(request, place)
            return said if request.form == "label" or place.endswith("/explain") else Completion(text="wrong")

    await team.run(STEPS, Same(), head=HEAD)
    ranked = await put_to_trial(trials_on(team, Same()), seeds=3)
    assert {charge.suspect.stage for charge in ranked} == {"plan"}


@pytest.mark.parametrize(
    ("produces", "said", "other"),
    [
        ("produces: list", {"items": ["- a: b", "c"]}, {"items": ["d\ne", "- f"]}),
        ("produces: fields, fields: {a: {type: string}, b: {type: boolean}}", {"a": "x: #", "b": True},
         {"a": "yes\t'\"\\ : - #", "b": False}),
    ],
)  # fmt: skip
async def test_acts_of_every_kind_are_handed_on_as_they_were_said(team, produces, said, other):
    class Says(Honest):
        def __init__(self, data):
            super().__init__()
            self.data = data

        def answer(self, request, place):
            found = super().answer(request, place)
            return Completion(text=str(self.data), data=self.data) if place.startswith("two#1/act") else found

    (team.folder / "agents" / "bob.yaml").write_text(
        f"role: writer\nplan: {{choose_from: [sound, hasty]}}\nact: {{{produces}}}\n"
    )
    field = "items" if "list" in produces else "a"
    steps, head = STEPS.replace("steps.two.text", f"steps.two.{field}"), f"outputs: {{it: steps.two.{field}}}"
    await team.run(steps, Says(said), head=head)
    seen = []
    trials = trials_on(
        team, Says(other), steps=steps, head=head, success=lambda outcome: bool(seen.append(outcome)) or True
    )
    act = next(one for one in suspects_in(trials.entries) if (one.step, one.stage) == ("two", "act"))
    for one in trials_of(await trials.with_acts(act, seeds=1), seeds=1)[:1]:
        await trials.rerun(one)
    expected = ["d e", "- f"] if field == "items" else other["a"]
    assert seen[0].outputs["it"] == expected


async def test_what_people_had_decided_before_stays(team):
    await team.run(STEPS, Honest(), head=HEAD, fixed={"one#1": Fixed(choose="B")})
    trials = Trials(
        workflow=team.compile(STEPS, HEAD),
        entries=entries_of(team),
        models=Honest(),
        open_sandbox=nothing,
        success=right,
        fixed_by=lambda forks: {"one#1": Fixed(choose="B")},
    )
    ranked = await put_to_trial(trials)
    assert (ranked[0].suspect.decision, ranked[0].suspect.stage, ranked[0].weight) == ("one#1", "plan", 1.0)


# --- lists, sub-workflows, loops --------------------------------------------------------------------------------------

INNER = """version: 1
name: inner
inputs: {text: {required: true}}
steps:
  read: {agent: bob, task: "{{ inputs.text }}"}
  tell: {agent: cyd, needs: read, task: "{{ steps.read.text }}"}
outputs: {said: steps.tell.text}
"""


@pytest.mark.parametrize("inner", ["read#1/act", "tell#1/choose"])
async def test_one_item_of_a_sub_workflow_among_others_that_ran_beside_it(team, inner):
    (team.folder / "workflows" / "inner.yaml").write_text(INNER)
    steps = """
one: {agent: ada, task: "Begin."}
each: {workflow: inner, for_each: inputs.files, needs: one, with: {text: "{{ item }} {{ steps.one.text }}"}}
"""
    head = "inputs: {files: {type: list}}\noutputs: {all: steps.each.said}"
    await team.run(steps, Honest(f"each#1:2.{inner}"), head=head, inputs={"files": ["a", "b", "c"]})

    def all_right(outcome):
        return outcome.state == "done" and not any("wrong" in text for text in outcome.outputs["all"])

    trials = trials_on(team, Honest(), steps=steps, head=head, success=all_right)
    first, second, *_ = await put_to_trial(trials)
    assert first.suspect.decision == f"each#1:2.{inner.partition('/')[0]}"
    assert first.suspect.stage == ("act" if inner.endswith("act") else "plan")
    assert first.weight == 1.0 > second.weight


async def test_in_a_loop_the_last_chance_that_was_missed_is_to_blame(team):
    """Earlier rounds are made good by later ones, where nothing is changed, too."""
    steps = """
draft: {agent: ada, task: "Write."}
check: {agent: judge, needs: draft, task: "{{ steps.draft.text }}"}
again: {loop: {steps: [draft, check], until: "steps.check.risk == 'low'", max: 2}}
"""
    (team.folder / "agents" / "judge.yaml").write_text(
        "role: writer\nplan: {choose_from: [sound, hasty]}\nact: {produces: fields, fields: {risk: {enum: [low, high]}}}\n"
    )

    class Judged(Honest):
        def answer(self, request, place):
            said = super().answer(request, place)
            if place.startswith("check") and request.form == "json" and "/act" in place:
                risk = {"risk": "high" if "wrong" in said.text else "low"}
                return Completion(text=str(risk), data=risk)
            return said

    head = "outputs: {risk: steps.check.risk}"
    assert (await team.run(steps, Judged("draft"), head=head)).state == "failed"
    trials = trials_on(team, Judged(), steps=steps, head=head, success=lambda outcome: outcome.state == "done")
    ranked = await put_to_trial(trials)
    last = {(one.suspect.decision, one.suspect.stage): one.weight for one in ranked if one.weight > 0}
    assert last == {("draft#3", "plan"): 1.0}


async def test_a_run_that_stopped_early_does_not_make_the_rest_look_cheap(team):
    class Refuses(Honest):
        def answer(self, request, place):
            return Completion(text="no program") if place.startswith("one#1/act") else super().answer(request, place)

    (team.folder / "agents" / "ada.yaml").write_text(
        "role: writer\nplan: {choose_from: [sound, hasty]}\nact: {produces: code}\n"
    )
    assert (await team.run(STEPS, Refuses(), head=HEAD)).state == "failed"
    trials = trials_on(team, Honest())
    plan, act = suspects_in(trials.entries)
    assert (plan.stage, act.stage) == ("plan", "act")
    assert trials.calls_after(plan) >= 1 + 3 + 3
    assert trials.calls_after(act) >= 3 + 3


# --- the ranking ------------------------------------------------------------------------------------------------------


async def test_a_limit_keeps_those_with_a_sign_then_the_latest(team):
    await team.run(STEPS, Honest("one#1/act"), head=HEAD)
    suspects = suspects_in(entries_of(team))
    names = [(one.step, one.stage) for one in nominated(suspects, 3, marked={("one", "ada")})]
    assert names == [("one", "plan"), ("one", "act"), ("three", "act")]
    assert nominated(suspects, None, marked=()) == suspects
    assert nominated(suspects, 6, marked=()) == suspects


async def test_half_made_suspects_do_not_count(team):
    await team.run(STEPS, Honest("one#1/act"), head=HEAD)
    plan = suspects_in(entries_of(team))[0]
    changed, placebo = trials_of(plan, seeds=1)
    assert charges([(changed, True)]) == []
    (charge,) = charges([(changed, True), (placebo, False)])
    assert (charge.weight, charge.low < charge.weight <= charge.high) == (1.0, True)
