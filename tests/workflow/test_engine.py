"""The engine: order, joins, conditions, loops, failure, budgets, interruption."""

import asyncio

import pytest

from glasswork.definitions import BudgetDef
from glasswork.errors import LogError, LogFull, ModelRefused, ModelUnreachable

CODE = "```python\n{}\n```"


async def test_a_run_begins_and_ends_with_its_own_events_and_every_step_has_both_of_its(trial):
    outcome = await trial.run("a: {agent: writer, task: one}\nb: {agent: writer, needs: a, task: two}")
    assert outcome.state == "done"
    types = [event.type for event in trial.events]
    assert types[0] == "run.started"
    assert types[-1] == "run.finished"
    assert types.count("step.started") == types.count("step.finished") == 2
    assert types.count("decision.explained") == 2
    assert outcome.calls == len(trial.model.places) == 8
    assert outcome.usage.prompt_tokens == 80


async def test_what_a_step_made_reaches_the_next_as_segments(trial):
    steps = """
a: {agent: lister, task: list them}
b:
  agent: writer
  needs: a
  task: |
    Write about these.

    {{ steps.a.items }}

    {{ inputs.tone }}
"""
    model = trial.model_with(acts={"a#1/act": {"items": ["one", "two"]}})
    await trial.run(steps, model, head="inputs: {tone: {default: calm}}")
    (started,) = [event for event in trial.of("decision.started") if event.step == "b"]
    assert [(s.id, s.source, s.text) for s in started.segments] == [
        ("s1", "task", "Write about these."),
        ("s2", "steps.a.items[0]", "one"),
        ("s3", "steps.a.items[1]", "two"),
        ("s4", "inputs.tone", "calm"),
    ]


async def test_independent_steps_run_at_the_same_time(trial):
    steps = "\n".join(f"s{n}: {{agent: writer, task: t}}" for n in range(10))
    model = trial.model_with(delay=0.02)
    await trial.run(steps, model)
    assert model.most >= 10


async def test_an_explanation_does_not_hold_up_the_next_step(trial):
    class SlowToExplain(type(trial.model_with())):
        async def complete(self, request, *, place="", on_text=None):
            if place == "a#1/explain":
                await asyncio.sleep(0.2)
            return await super().complete(request, place=place)

    model = SlowToExplain()
    await trial.run("a: {agent: writer, task: one}\nb: {agent: writer, needs: a, task: two}", model)
    types = [(event.type, getattr(event, "decision", "")) for event in trial.events]
    assert types.index(("decision.acted", "b#1")) < types.index(("decision.explained", "a#1"))
    assert types[-1][0] == "run.finished"


# --- joins and conditions -------------------------------------------------------------------------------------------

JOINED = """
good: {{agent: writer, task: t}}
bad: {{agent: writer, task: t}}
after: {{agent: writer, needs: [good, bad], join: {join}, task: t}}
"""


@pytest.mark.parametrize(("join", "state"), [("all", "skipped"), ("any", "done"), ("all_done", "done")])
async def test_joins_with_one_need_failed(trial, join, state):
    model = trial.model_with(acts={"bad#1/act": ModelRefused("no")})
    outcome = await trial.run(JOINED.format(join=join), model)
    assert trial.states() == {"good": "done", "bad": "failed", "after": state}
    assert outcome.state == "failed"
    assert "bad: no" in outcome.reason


@pytest.mark.parametrize(("join", "state"), [("all", "skipped"), ("any", "skipped"), ("all_done", "done")])
async def test_joins_with_no_need_done(trial, join, state):
    model = trial.model_with(acts={"bad#1/act": ModelRefused("no"), "good#1/act": ModelRefused("no")})
    await trial.run(JOINED.format(join=join), model)
    assert trial.states()["after"] == state


async def test_a_condition_that_does_not_hold_skips_the_step_and_what_needs_it_and_says_so(trial):
    steps = """
judge: {agent: judge, task: t}
ship: {agent: writer, needs: judge, when: "steps.judge.risk == 'low'", task: t}
tell: {agent: writer, needs: ship, task: t}
anyway: {agent: writer, needs: [ship], join: all_done, task: t}
"""
    model = trial.model_with(acts={"judge#1/act": {"risk": "high"}})
    outcome = await trial.run(steps, model)
    assert trial.states() == {"judge": "done", "ship": "skipped", "tell": "skipped", "anyway": "done"}
    assert outcome.state == "done"
    reasons = {event.step: event.reason for event in trial.of("step.finished")}
    assert "steps.judge.risk == 'low'" in reasons["ship"]
    assert reasons["tell"] == "ship was skipped"
    (read,) = trial.of("condition.read")
    assert (read.step, read.values, read.result) == ("ship", {"steps.judge.risk": "high"}, False)


# --- loops and sandboxes --------------------------------------------------------------------------------------------

LOOP = """
build: {agent: coder, task: t, save: solution.py}
test:
  agent: coder
  needs: build
  task: "Test {{ steps.build.file }}"
  on_repeat: |
    Again.

    {{ previous.build.code }}

    {{ previous.test.failures }}
  sandbox: default
  save: test_solution.py
fix: {loop: {steps: [build, test], until: steps.test.passed, max: 2}}
after: {agent: writer, needs: fix, task: t}
"""
TESTS = CODE.format("from solution import x\n\ndef test_x():\n    assert x == 3")


def programs(*values):
    return [CODE.format(f"x = {value}") for value in values]


async def test_a_loop_repeats_until_its_condition_holds(trial):
    model = trial.model_with(acts={"build#*/act": programs(1, 2, 3), "test#*/act": TESTS})
    outcome = await trial.run(LOOP, model)
    assert outcome.state == "done"
    tested = [(event.round, event.output["passed"]) for event in trial.of("step.finished") if event.step == "test"]
    assert tested == [(1, False), (2, False), (3, True)]
    assert [event.place for event in trial.of("sandbox.ran")] == ["test#1/sandbox", "test#2/sandbox", "test#3/sandbox"]
    (fixed,) = [event for event in trial.of("step.finished") if event.step == "fix"]
    assert fixed.output == {"rounds": 3, "done": True}
    assert (trial.folder / "files" / "solution.py").read_text() == "x = 3\n"
    assert all(sandbox.closed for sandbox in trial.sandboxes)


async def test_a_repeat_sees_the_round_before(trial):
    model = trial.model_with(acts={"build#*/act": programs(1, 3), "test#*/act": TESTS})
    await trial.run(LOOP, model)
    (again,) = [event for event in trial.of("decision.started") if event.decision == "test#2"]
    sources = {segment.source: segment.text for segment in again.segments}
    assert sources["previous.build.code"] == "x = 1\n"
    assert "assert x == 3" in sources["previous.test.failures[0]"]


async def test_a_loop_that_never_gets_there_fails_the_run(trial):
    model = trial.model_with(acts={"build#*/act": programs(0, 1, 2), "test#*/act": TESTS})
    outcome = await trial.run(LOOP, model)
    assert outcome.state == "failed"
    assert outcome.reason == "fix: steps.test.passed does not hold after 2 repeats"
    assert trial.states()["after"] == "skipped"
    assert max(event.round for event in trial.of("step.started")) == 3


async def test_a_loop_whose_step_fails_says_which(trial):
    model = trial.model_with(
        acts={"build#1/act": CODE.format("x = 1"), "build#2/act": ModelRefused("no"), "test#*/act": TESTS}
    )
    outcome = await trial.run(LOOP, model)
    assert "build: no" in outcome.reason
    assert "fix: build" in outcome.reason


async def test_cases_are_run_against_the_program_beside_them(trial):
    (trial.folder / "agents" / "tester.yaml").write_text(
        "role: writer\nplan: {choose_from: [a, b]}\nact: {produces: cases, tools: [python]}\n"
    )
    steps = """
build: {agent: coder, task: t, save: solution.py}
test: {agent: tester, needs: build, task: t, sandbox: default, save: test_solution.py}
"""
    cases = CODE.format("assert double(2) == 4\nassert double('a') == 'ab'")
    model = trial.model_with(acts={"build#1/act": CODE.format("def double(x):\n    return x * 2"), "test#1/act": cases})
    await trial.run(steps, model)
    output = next(event.output for event in trial.of("step.finished") if event.step == "test")
    assert output["passed"] is False
    (failure,) = output["failures"]
    assert "assert double('a') == 'ab'" in failure
    assert "'aa'" in failure
    assert output["cases"] == ["assert double(2) == 4", "assert double('a') == 'ab'"]


# --- people ---------------------------------------------------------------------------------------------------------


async def test_a_person_is_asked_and_their_words_are_recorded(trial):
    steps = """
draft: {agent: writer, task: t}
ok: {human: "Ship this? {{ steps.draft.text }}", needs: draft}
ship: {agent: writer, needs: ok, when: steps.ok.approved, task: "{{ steps.ok.note }}"}
"""
    asked = []

    def human(step, question):
        asked.append((step, question))
        return False, "not yet"

    await trial.run(steps, human=human)
    assert asked == [("ok", "Ship this? text of draft#1/act")]
    (answered,) = trial.of("human.answered")
    assert (answered.approved, answered.note) == (False, "not yet")
    assert trial.states()["ship"] == "skipped"


# --- what goes wrong ------------------------------------------------------------------------------------------------


async def test_a_call_is_tried_again_as_the_step_says(trial):
    model = trial.model_with(acts={"a#1/act": [ModelUnreachable("gone"), "text"]})
    outcome = await trial.run("a: {agent: writer, task: t, retry: {max: 1}}", model)
    assert outcome.state == "done"
    (failed,) = trial.of("model.failed")
    assert (failed.place, failed.code, failed.will_retry) == ("a#1/act", "unreachable", True)


async def test_a_call_budget_stops_the_run_before_the_call(trial):
    outcome = await trial.run(
        "a: {agent: writer, task: t}\nb: {agent: writer, needs: a, task: t}", budget=BudgetDef(calls=5)
    )
    assert outcome.state == "budget"
    assert "5 calls" in outcome.reason
    assert len(trial.model.places) == outcome.calls == 5
    assert trial.events[-1].state == "budget"
    assert trial.states()["b"] == "cancelled"


async def test_a_token_budget_counts_what_calls_at_the_same_time_may_take_together(trial):
    steps = "\n".join(f"s{n}: {{agent: writer, task: t}}" for n in range(6))
    model = trial.model_with(delay=0.01)
    outcome = await trial.run(steps, model, budget=BudgetDef(tokens=2500))
    assert outcome.state == "budget"
    assert outcome.usage.total <= 2500


async def test_cancelling_ends_the_run_as_interrupted_and_the_log_says_so(trial):
    model = trial.model_with(delay=30)
    running = asyncio.create_task(trial.run("a: {agent: writer, task: t}\nb: {agent: writer, task: t}", model))
    await asyncio.sleep(0.1)
    running.cancel()
    outcome = await running
    assert outcome.state == "interrupted"
    assert trial.states() == {"a": "cancelled", "b": "cancelled"}
    assert trial.events[-1].type == "run.finished"
    assert trial.events[-1].state == "interrupted"


async def test_a_missing_explanation_fails_the_run_but_not_the_steps(trial):
    class NeverExplains(type(trial.model_with())):
        def answer(self, request, place):
            if place.endswith("/explain"):
                raise ModelRefused("will not say")
            return super().answer(request, place)

    outcome = await trial.run("a: {agent: writer, task: t}", NeverExplains())
    assert trial.states() == {"a": "done"}
    assert outcome.state == "failed"
    assert outcome.reason == "a#1: its explanation is missing: will not say"


async def test_a_log_that_cannot_be_written_stops_everything(trial):
    class Full(list):
        def append(self, event):
            if event.type == "decision.planned":
                raise LogFull("no space left")
            super().append(event)

    trial.events = Full()
    with pytest.raises(LogFull):
        await trial.run("a: {agent: writer, task: t}\nb: {agent: writer, task: t}")
    assert "decision.acted" not in [event.type for event in trial.events]
    assert not [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]


async def test_the_same_seed_asks_the_same_questions(trial):
    digests = []
    for seed in (1, 1, 2):
        trial.events = []
        await trial.run("a: {agent: writer, task: t}", seed=seed)
        digests.append([event.digest for event in trial.of("model.answered")])
    assert digests[0] == digests[1] != digests[2]


async def test_recorded_answers_are_served_and_nothing_is_asked(trial):
    steps = "a: {agent: writer, task: t}\nb: {agent: writer, needs: a, task: '{{ steps.a.text }}'}"
    first = await trial.run(steps)
    again = await trial.again(steps, trial.model_with())
    assert trial.model.places == []
    assert again.state == first.state == "done"


async def test_outputs_are_handed_back(trial):
    head = "outputs: {story: steps.a.text}"
    outcome = await trial.run("a: {agent: writer, task: t}", head=head)
    assert outcome.outputs == {"story": "text of a#1/act"}
    assert trial.events[-1].outputs == outcome.outputs


async def test_only_programs_are_imported_into_a_test_file(trial):
    (trial.folder / "agents" / "tester.yaml").write_text(
        "role: writer\nplan: {choose_from: [a, b]}\nact: {produces: cases, tools: [python]}\n"
    )
    steps = """
odd: {agent: coder, task: t, save: not-a-name.py}
first: {agent: tester, needs: odd, task: t, save: test_first.py}
build: {agent: coder, needs: first, task: t, save: solution.py}
second: {agent: tester, needs: build, task: t, sandbox: default, save: test_second.py}
"""
    model = trial.model_with(acts={"[ob]*/act": CODE.format("x = 1"), "*/act": CODE.format("assert x == 1")})
    outcome = await trial.run(steps, model)
    assert outcome.state == "done"
    text = (trial.folder / "files" / "test_second.py").read_text()
    assert [line for line in text.splitlines() if "import" in line] == ["from solution import *"]
    assert trial.of("sandbox.ran")[0].passed


async def test_a_task_of_which_nothing_is_left_is_a_failure_that_says_so(trial):
    steps = """
a: {agent: lister, task: t}
b: {agent: writer, needs: a, task: "{{ steps.a.items }}"}
"""
    outcome = await trial.run(steps, trial.model_with(acts={"a#1/act": {"items": []}}))
    assert outcome.reason == "b: the task is empty: what it refers to holds nothing"


async def test_a_file_that_cannot_be_written_stops_the_run(trial):
    (trial.folder / "files").write_text("in the way")
    with pytest.raises(LogError, match="cannot be written"):
        await trial.run(
            "a: {agent: coder, task: t, save: solution.py}", trial.model_with(acts={"*/act": CODE.format("x = 1")})
        )
