"""What a flow does besides running steps in order: items, sub-workflows, joins, errors, budgets, people."""

import asyncio

import pytest

from glasswork.definitions import PriceDef
from glasswork.errors import Diverged, ModelBusy, ModelRefused, Waiting
from glasswork.records import Usage

LIST = "split: {agent: lister, task: t}\n"
ITEMS = {"split#1/act": {"items": ["one", "two", "three"]}}


def states(trial):
    return {event.step: event.state for event in trial.of("step.finished") if not event.item}


# --- for_each ---------------------------------------------------------------------------------------------------------


async def test_each_item_is_done_and_the_fields_are_lists_in_the_order_of_the_items(trial):
    steps = LIST + (
        "do: {agent: writer, needs: split, for_each: steps.split.items, task: 'No. {{ index }}: {{ item }}'}\n"
        "end: {agent: writer, needs: do, task: 'All {{ steps.do.count }}: {{ steps.do.text }}'}"
    )
    outcome = await trial.run(steps, trial.model_with(acts=ITEMS), head="outputs: {all: steps.do.text}")
    assert outcome.outputs["all"] == [f"text of do#1:{n}/act" for n in (1, 2, 3)]
    assert [event.segments[0].text for event in trial.of("decision.started") if event.step == "do"] == [
        "No. 1: one",
        "No. 2: two",
        "No. 3: three",
    ]
    (whole,) = [event for event in trial.of("step.started") if event.step == "do" and not event.item]
    assert whole.items == 3


async def test_no_more_items_are_under_way_than_allowed(trial):
    acts = {"split#1/act": {"items": [str(n) for n in range(8)]}}
    model = trial.model_with(acts=acts, delay=0.01)
    steps = LIST + "do: {agent: writer, needs: split, for_each: steps.split.items, parallel: 2, task: '{{ item }}'}"
    await trial.run(steps, model)
    begun = ended = most = 0
    for event in trial.events:
        if event.type == "step.started" and event.item:
            begun += 1
        if event.type == "step.finished" and event.item:
            ended += 1
        most = max(most, begun - ended)
    assert (begun, most) == (8, 2)


async def test_no_items_are_no_error(trial):
    model = trial.model_with(acts={"split#1/act": {"items": []}})
    outcome = await trial.run(
        LIST + "do: {agent: writer, needs: split, for_each: steps.split.items, task: '{{ item }}'}",
        model,
        head="outputs: {n: steps.do.count}",
    )
    assert (outcome.state, outcome.outputs["n"]) == ("done", 0)


@pytest.mark.parametrize(
    ("on_error", "state", "run"),
    [("fail", "failed", "failed"), ("skip", "skipped", "done"), ("continue", "failed", "done")],
)
async def test_an_item_that_fails_stops_no_other(trial, on_error, state, run):
    acts = ITEMS | {"do#1:2/act": ModelRefused("not that one")}
    steps = LIST + (
        f"do: {{agent: writer, needs: split, for_each: steps.split.items, task: '{{{{ item }}}}', on_error: {on_error}}}"
    )
    head = "outputs: {texts: steps.do.text, failed: steps.do.failed}"
    outcome = await trial.run(steps, trial.model_with(acts=acts), head=head)
    assert (outcome.state, states(trial)["do"]) == (run, state)
    assert outcome.outputs == {"texts": ["text of do#1:1/act", "text of do#1:3/act"], "failed": 1}
    assert "item 2: not that one" in next(e.reason for e in trial.of("step.finished") if e.step == "do" and not e.item)


# --- sub-workflows ----------------------------------------------------------------------------------------------------

INNER = """version: 1
name: inner
inputs: {what: {type: string, required: true}, list: {type: list}}
steps:
  look: {agent: writer, task: "Look at {{ inputs.what }}"}
  each: {agent: writer, needs: look, for_each: inputs.list, task: "{{ item }}"}
outputs: {seen: steps.look.text, all: steps.each.text}
"""


def with_inner(trial, text=INNER):
    (trial.folder / "workflows" / "inner.yaml").write_text(text)


async def test_a_workflow_runs_as_a_step_and_hands_back_its_outputs(trial):
    with_inner(trial)
    steps = LIST + (
        "sub: {workflow: inner, needs: split, with: {what: 'the {{ steps.split.choice }}', list: '{{ steps.split.items }}'}}\n"
        "end: {agent: writer, needs: sub, task: '{{ steps.sub.seen }}'}"
    )
    outcome = await trial.run(
        steps, trial.model_with(acts=ITEMS), head="outputs: {seen: steps.sub.seen, all: steps.sub.all}"
    )
    assert outcome.state == "done", outcome.reason
    assert outcome.outputs["seen"] == "text of sub#1.look#1/act"
    assert outcome.outputs["all"] == [f"text of sub#1.each#1:{n}/act" for n in (1, 2, 3)]
    assert trial.of("decision.started")[1].segments[0].text == "Look at the b"
    assert states(trial)["sub#1.look"] == "done"


async def test_what_fails_in_a_sub_workflow_fails_its_step(trial):
    with_inner(trial)
    acts = {"sub#1.look#1/act": ModelRefused("no")}
    outcome = await trial.run("sub: {workflow: inner, with: {what: x, list: [a]}}", trial.model_with(acts=acts))
    assert outcome.state == "failed"
    assert "sub#1.look: no" in outcome.reason
    assert states(trial) == {"sub#1.look": "failed", "sub#1.each": "skipped", "sub": "failed"}


async def test_a_sub_workflow_can_run_for_each_item(trial):
    with_inner(trial)
    steps = (
        LIST + "sub: {workflow: inner, needs: split, for_each: steps.split.items, with: {what: '{{ item }}', list: []}}"
    )
    outcome = await trial.run(steps, trial.model_with(acts=ITEMS), head="outputs: {seen: steps.sub.seen}")
    assert outcome.outputs["seen"] == [f"text of sub#1:{n}.look#1/act" for n in (1, 2, 3)]


async def test_a_sub_workflow_keeps_its_own_budget(trial):
    with_inner(trial, INNER.replace("name: inner\n", "name: inner\nbudget: {calls: 2}\n"))
    outcome = await trial.run("sub: {workflow: inner, with: {what: x, list: [a]}}")
    assert (outcome.state, outcome.calls) == ("budget", 2)
    assert outcome.reason.startswith("sub:")


# --- joins ------------------------------------------------------------------------------------------------------------


async def test_any_goes_on_as_soon_as_one_need_is_done_and_sees_it_alone(trial):
    class Slow(type(trial.model_with())):
        async def complete(self, request, *, place="", on_text=None):
            if place.startswith("slow#"):
                await asyncio.sleep(0.05)
            return await super().complete(request, place=place, on_text=on_text)

    steps = """
slow: {agent: writer, task: t}
fast: {agent: writer, task: t}
any: {agent: writer, needs: [slow, fast], join: any, task: '{{ steps.slow.text }}, {{ steps.fast.text }}'}
"""
    await trial.run(steps, Slow())
    (seen,) = [event.segments[0].text for event in trial.of("decision.started") if event.step == "any"]
    assert seen == "none, text of fast#1/act"
    (started,) = [event for event in trial.of("step.started") if event.step == "any"]
    assert started.after == ("fast",)
    outcome = await trial.again(steps, trial.model_with(), live=False)  # nothing is slow now, and it sees the same
    assert outcome.state == "done"
    assert trial.new == []


async def test_any_cut_off_between_its_condition_and_its_start_may_see_more_when_it_goes_on(trial):
    class Slow(type(trial.model_with())):
        async def complete(self, request, *, place="", on_text=None):
            if place.startswith("slow#"):
                await asyncio.sleep(0.05)
            return await super().complete(request, place=place, on_text=on_text)

    steps = """
slow: {agent: writer, task: t}
fast: {agent: writer, task: t}
any: {agent: writer, needs: [slow, fast], join: any, when: "steps.slow.state != 'failed'", task: '{{ steps.slow.text }}'}
"""
    await trial.run(steps, Slow())
    cut = next(n for n, event in enumerate(trial.events, start=1) if event.type == "condition.read")
    late = [event for event in trial.events if getattr(event, "place", "").startswith("slow#")]
    trial.events = [*(event for event in trial.events[:cut] if event not in late), *late]
    outcome = await trial.again(steps, trial.model_with())
    assert outcome.state == "done"
    assert (await trial.again(steps, trial.model_with(), live=False)).state == "done"
    assert trial.new == []
    assert list(trial.left) == []


async def test_any_runs_with_one_need_failed_and_not_with_all(trial):
    acts = {"bad#1/act": ModelRefused("no"), "worse#1/act": ModelRefused("no")}
    steps = """
bad: {agent: writer, task: t, on_error: skip}
worse: {agent: writer, task: t, on_error: skip}
good: {agent: writer, task: t}
one: {agent: writer, needs: [bad, good], join: any, task: t}
none: {agent: writer, needs: [bad, worse], join: any, task: t}
"""
    await trial.run(steps, trial.model_with(acts=acts))
    assert states(trial) == {"bad": "skipped", "worse": "skipped", "good": "done", "one": "done", "none": "skipped"}


# --- errors -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on_error", "state", "after", "run"),
    [
        ("fail", "failed", "skipped", "failed"),
        ("skip", "skipped", "skipped", "done"),
        ("continue", "failed", "done", "done"),
    ],
)
async def test_on_error(trial, on_error, state, after, run):
    steps = f"a: {{agent: writer, task: t, on_error: {on_error}}}\nb: {{agent: writer, needs: a, task: 'x {{{{ steps.a.text }}}}'}}"
    outcome = await trial.run(steps, trial.model_with(acts={"a#1/act": ModelRefused("no")}))
    assert (states(trial), outcome.state) == ({"a": state, "b": after}, run)


async def test_an_explanation_that_is_missing_fails_the_run_unless_its_step_forgives(trial):
    class Mute(type(trial.model_with())):
        def answer(self, request, place):
            if place.endswith("/explain"):
                raise ModelRefused("no reasons")
            return super().answer(request, place)

    assert (await trial.run("a: {agent: writer, task: t}", Mute())).state == "failed"
    assert (await trial.run("a: {agent: writer, task: t, on_error: continue}", Mute())).state == "done"


# --- budgets ----------------------------------------------------------------------------------------------------------


async def test_a_steps_budget_stops_the_run_and_a_larger_one_lets_it_go_on(trial):
    steps = "a: {agent: writer, task: t, budget: {calls: CALLS}}\nb: {agent: writer, task: t}"
    outcome = await trial.run(steps.replace("CALLS", "2"))
    assert outcome.state == "budget"
    assert outcome.reason.startswith("a: the budget of 2 calls")
    outcome = await trial.again(steps.replace("CALLS", "9"))
    assert (outcome.state, outcome.calls) == ("done", 8)
    assert "a#1/choose/0" not in trial.model.places


async def test_a_steps_budget_can_be_the_steps_own_affair(trial):
    steps = "a: {agent: writer, task: t, budget: {calls: 2}, on_error: skip}\nb: {agent: writer, task: t}"
    outcome = await trial.run(steps)
    assert outcome.state == "done"
    assert states(trial) == {"a": "skipped", "b": "done"}


async def test_seconds_stop_what_is_under_way(trial):
    outcome = await trial.run("a: {agent: writer, task: t}", trial.model_with(delay=5), head="budget: {seconds: 0.05}")
    assert outcome.state == "budget"
    assert "0.05 seconds" in outcome.reason
    assert states(trial) == {"a": "cancelled"}
    assert outcome.seconds < 2


async def test_money_is_counted_by_the_prices_and_kept(trial):
    usage = Usage(prompt_tokens=1000, completion_tokens=1000)
    prices = {"default": PriceDef(prompt=10, completion=20)}
    outcome = await trial.run("a: {agent: writer, task: t}", trial.model_with(usage=usage), prices=prices)
    assert outcome.money == pytest.approx(4 * 0.03)
    head = "budget: {money: 0.05}"
    outcome = await trial.run("a: {agent: writer, task: t}", trial.model_with(usage=usage), prices=prices, head=head)
    assert outcome.state == "budget"
    assert outcome.money <= 0.06


# --- people -----------------------------------------------------------------------------------------------------------


def nobody(step, question):
    raise Waiting(f"{step} waits")


ASK = """
a: {agent: writer, task: t}
ask: {human: "Go on?", needs: a}
b: {agent: writer, needs: ask, task: "{{ steps.ask.note }}"}
beside: {agent: writer, needs: a, task: t}
"""


async def test_a_run_without_a_person_does_what_it_can_and_waits(trial):
    outcome = await trial.run(ASK, human=nobody)
    assert (outcome.state, outcome.reason) == ("waiting", "ask waits")
    assert states(trial) == {"a": "done", "beside": "done"}
    assert [event.question for event in trial.of("human.asked")] == ["Go on?"]


async def test_an_answer_lets_the_run_go_on(trial):
    await trial.run(ASK, human=nobody)
    outcome = await trial.again(ASK, human=lambda step, question: (True, "yes, do", "me"))
    assert outcome.state == "done"
    assert {place.partition("#")[0] for place in trial.model.places} == {"b"}
    assert trial.of("human.answered")[0].by == "me"
    assert trial.of("human.asked").__len__() == 1


async def test_a_loop_can_ask_a_person_until_they_agree(trial):
    said = iter([(False, "shorter"), (False, "shorter still"), (True, "")])
    steps = """
a: {agent: writer, task: t, on_repeat: "Mind this: {{ previous.ask.note }}"}
ask: {human: "Good? {{ steps.a.text }}", needs: a}
until: {loop: {steps: [a, ask], until: steps.ask.approved, max: 5}}
"""
    outcome = await trial.run(steps, human=lambda step, question: next(said))
    assert outcome.state == "done"
    assert [event.round for event in trial.of("human.answered")] == [1, 2, 3]
    assert trial.of("decision.started")[-1].segments[0].text == "Mind this: shorter still"


# --- running again ----------------------------------------------------------------------------------------------------


async def test_a_changed_prompt_is_found_at_its_first_event(trial):
    await trial.run("a: {agent: writer, task: Be brief.}")
    with pytest.raises(Diverged, match=r"event 3, decision.started a#1.*segments\[0\].text.*'Be brief.'.*'Be long.'"):
        await trial.again("a: {agent: writer, task: Be long.}", live=False)


async def test_a_changed_act_instruction_is_found_at_the_question(trial):
    await trial.run("a: {agent: writer, task: t}")
    (trial.folder / "agents" / "writer.yaml").write_text(
        "role: writer\nplan: {choose_from: [short, long]}\nact: {instruction: In verse.}\n"
    )
    with pytest.raises(Diverged, match=r"model.answered at a#1/act: what is asked is another now: request.messages"):
        await trial.again("a: {agent: writer, task: t}", live=False)


async def test_a_question_that_failed_is_asked_again_when_the_run_goes_on(trial):
    steps = "a: {agent: writer, task: t, retry: {max: 0}}\nb: {agent: writer, needs: a, task: t}"
    await trial.run(steps, trial.model_with(acts={"a#1/act": ModelBusy("later")}))
    assert states(trial) == {"a": "failed", "b": "skipped"}
    outcome = await trial.again(steps)
    assert outcome.state == "done"
    assert states(trial) == {"a": "done", "b": "done"}
    assert trial.model.places[0] == "a#1/act"
    assert [event.attempt for event in trial.of("model.answered") if event.place == "a#1/act"] == [2]
    assert (await trial.again(steps, live=False)).state == "done"
    assert trial.new == []


async def test_a_replay_of_a_failed_run_fails_alike(trial):
    steps = "a: {agent: writer, task: t, retry: {max: 0}}"
    await trial.run(steps, trial.model_with(acts={"a#1/act": ModelBusy("later")}))
    outcome = await trial.again(steps, live=False)
    assert (outcome.state, outcome.reason) == ("failed", "a: later")
    assert trial.new == []


async def test_a_program_that_must_not_run_twice_waits_for_a_word(trial):
    steps = "a: {agent: coder, task: t, sandbox: {run: program, idempotent: false}}"
    model = trial.model_with(acts={"a#1/act": "```python\nprint(1)\n```"})
    await trial.run(steps, model)
    cut = next(n for n, event in enumerate(trial.events) if event.type == "sandbox.ran")
    trial.events = trial.events[:cut]
    outcome = await trial.again(steps, model)
    assert outcome.state == "waiting"
    assert "--rerun a" in outcome.reason
    outcome = await trial.again(steps, model, rerun=frozenset({"a"}))
    assert outcome.state == "done"
    assert len(trial.of("sandbox.ran")) == 1


async def test_a_recorded_program_is_not_run_again(trial):
    steps = "a: {agent: coder, task: t, sandbox: {run: program}}"
    model = trial.model_with(acts={"a#1/act": "```python\nprint(1)\n```"})
    await trial.run(steps, model)
    opened = len(trial.sandboxes)
    assert (await trial.again(steps, model, live=False)).state == "done"
    assert len(trial.sandboxes) == opened
