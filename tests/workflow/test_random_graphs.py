"""Random workflows against a scheduler that a reader can check at a glance."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glasswork.errors import ModelRefused, Waiting
from glasswork.library import Library
from glasswork.log.past import Past
from glasswork.log.reader import Entry
from glasswork.records import Completion
from glasswork.workflow.compile import compile_workflow
from glasswork.workflow.engine import run_workflow

ROLE = "---\nname: writer\ntitle: Writer\n---\nYou write.\n"
AGENT = "role: writer\nplan: {choose_from: [do it]}\n"
BECAUSE = {"because": [{"segment": "s1", "why": "So."}], "confidence_percent": 90, "would_change_if": "Not."}


@dataclass(frozen=True)
class Step:
    """One step of a random workflow, and what will become of it when it runs."""

    name: str
    needs: tuple[str, ...]
    join: str
    when: str
    on_error: str
    outcome: str
    """``done``, ``failed`` or ``waiting``."""
    loop_of: str = ""
    rounds: int = 0
    """For a loop: the round in which its member is right."""
    most: int = 0


@st.composite
def workflows(draw):
    steps: list[Step] = []
    repeated: set[str] = set()
    for number in range(draw(st.integers(1, 8))):
        free = [step.name for step in steps if step.name not in repeated]
        needs = tuple(draw(st.lists(st.sampled_from(free), unique=True, max_size=3))) if free else ()
        outcome = draw(st.sampled_from(["done", "done", "done", "failed", "waiting"]))
        join = draw(st.sampled_from(["all", "any", "all_done"]))
        on_error = draw(st.sampled_from(["fail", "fail", "skip", "continue"]))
        read = draw(st.sampled_from(["", "", *needs])) if join != "any" else ""
        when = f"steps.{read}.state {draw(st.sampled_from(['==', '!=']))} 'done'" if read else ""
        name = f"s{number}"
        steps.append(Step(name, needs, join, when, on_error, outcome))
        if outcome != "waiting" and draw(st.integers(0, 3)) == 0:
            rounds, most = draw(st.integers(1, 4)), draw(st.integers(1, 3))
            steps.append(Step(f"loop{number}", (name,), "all", "", on_error, "done", name, rounds, most))
            repeated.add(name)
    return tuple(steps)


def expected(steps: tuple[Step, ...]) -> tuple[dict[str, str], str]:
    """Return how each step ends, and the run: one step after the other, each when its needs have ended."""
    state: dict[str, str] = {}
    how: dict[str, str] = {}
    for step in steps:
        needs = [how[need] for need in step.needs]
        good = [one in {"done", "forgiven"} for one in needs]
        enough = step.join == "any" and any(good)
        if "waiting" in needs and not enough:
            end = "waiting"
        elif lacks(step, good) or (step.when and not eval_when(step.when, state)):
            end = "skipped"
        elif step.loop_of:
            member = next(one for one in steps if one.name == step.loop_of)
            end = "done" if member.outcome == "done" and step.rounds <= step.most + 1 else "failed"
        else:
            end = step.outcome
        if end == "failed" and step.on_error == "skip":
            end = "skipped"
        state[step.name] = end
        how[step.name] = "forgiven" if end == "failed" and step.on_error == "continue" else end
    if "failed" in how.values():
        return state, "failed"
    return state, "waiting" if "waiting" in how.values() else "done"


def lacks(step: Step, good: list[bool]) -> bool:
    return (step.join == "all" and not all(good)) or (step.join == "any" and bool(good) and not any(good))


def eval_when(text: str, state: dict[str, str]) -> bool:
    reference, operator, _ = text.split()
    return (state[reference.split(".")[1]] == "done") == (operator == "==")


def as_yaml(steps: tuple[Step, ...]) -> str:
    lines = ["version: 1", "name: random", "steps:"]
    for step in steps:
        common = f"needs: [{', '.join(step.needs)}], join: {step.join}, on_error: {step.on_error}"
        if step.when:
            common += f', when: "{step.when}"'
        if step.loop_of:
            use = f"{{steps: [{step.loop_of}], until: steps.{step.loop_of}.text == 'right', max: {step.most}}}"
            lines.append(f"  {step.name}: {{loop: {use}, on_error: {step.on_error}}}")
        elif step.outcome == "waiting":
            lines.append(f"  {step.name}: {{human: 'Well?', {common}}}")
        else:
            lines.append(f"  {step.name}: {{agent: writer, task: t, {common}}}")
    return "\n".join(lines) + "\n"


class Model:
    """Fails, or answers rightly in the round in which it is to, after as many turns of the event loop as a seed says."""

    name, context = "model", None

    def __init__(self, steps, turns):
        self.steps = {step.name: step for step in steps}
        self.right = {step.loop_of: step.rounds for step in steps if step.loop_of}
        self.turns = turns
        self.asked = []

    async def get(self, name):
        return self

    async def complete(self, request, *, place="", on_text=None):
        self.asked.append(place)
        for _ in range(self.turns[hash(place) % len(self.turns)]):
            await asyncio.sleep(0)
        if request.form == "json":
            return Completion(text="{}", data=BECAUSE)
        name, _, rest = place.partition("#")
        if self.steps[name].outcome == "failed":
            raise ModelRefused("no")
        return Completion(text="right" if int(rest.partition("/")[0]) >= self.right.get(name, 1) else "wrong")

    async def aclose(self):
        pass


async def run(workflow, model, record, past=None):
    async def ask_human(step, question):
        raise Waiting(step)

    async def open_sandbox(backend):
        raise AssertionError

    return await run_workflow(
        workflow,
        {},
        run="r",
        models=model,
        record=record,
        open_sandbox=open_sandbox,
        ask_human=ask_human,
        files=workflow.path.parent,
        past=past,
    )


def check(folder, steps, turns, cut):
    (folder / "workflows" / "random.yaml").write_text(as_yaml(steps))
    library = Library.discover(folder)
    workflow = compile_workflow(library.workflow("random"), library)
    events = []
    outcome = asyncio.run(run(workflow, Model(steps, turns), events.append))
    states, state = expected(steps)
    ended = {event.step: event.state for event in events if event.type == "step.finished"}
    assert ended == {name: end for name, end in states.items() if end != "waiting"}
    assert outcome.state == state

    kept = events[: int(cut * len(events))]
    past = Past(Entry(n, None, event) for n, event in enumerate(kept, start=1))  # no times: nothing reads them here
    new = []
    again = asyncio.run(
        run(workflow, Model(steps, turns[::-1]), lambda event: past.take(event) or new.append(event), past)
    )
    assert (again.state, again.outputs) == (outcome.state, outcome.outputs)
    ended = {event.step: event.state for event in [*kept, *new] if event.type == "step.finished"}
    assert ended == {name: end for name, end in states.items() if end != "waiting"}
    asked = [(event.place, event.digest) for event in [*kept, *new] if event.type == "model.answered"]
    assert len(asked) == len(set(asked))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    found = tmp_path_factory.mktemp("random")
    for name, text in (("roles/writer.md", ROLE), ("agents/writer.yaml", AGENT)):
        (found / name).parent.mkdir()
        (found / name).write_text(text)
    (found / "workflows").mkdir()
    return found


TURNS = st.lists(st.integers(0, 5), min_size=1, max_size=5)


@given(workflows(), TURNS, st.floats(0.01, 1))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_step_ends_as_the_simple_scheduler_says(folder, steps, turns, cut):
    check(folder, steps, turns, cut)


@pytest.mark.slow
@given(workflows(), TURNS, st.floats(0.01, 1))
@settings(
    max_examples=10_000,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_ten_thousand_workflows(folder, steps, turns, cut):
    check(folder, steps, turns, cut)
