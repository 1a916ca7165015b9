"""Tools that ask a model or an agent: what they ask is a part of the run, on its budget, and served when it is run again."""

import json

import pytest

from glasswork.definitions import BudgetDef
from glasswork.errors import DefinitionError, Diverged
from glasswork.workflow.compile import compile_recorded
from glasswork.workflow.cost import charges, serving

from . import given_planner  # noqa: F401 - registers the planner that these tests use
from .conftest import ByPlace
from .tool_doubles import Supply

TOOLS = {
    "lawyer": "description: Says how risky a plan is.\ninputs: {plan: text}\noutput: json\nagent: judge\n",
    "plain": (
        "description: Puts a text into plain words.\ninputs: {text: json}\n"
        'endpoint: {prompt: "Say plainly: {{ text }}", max_tokens: 50}\n'
    ),
}
STEP = 'look: {dispatch: {request: "How risky is it?", tools: [lawyer, plain], planner: given}}'
PLAN = {
    "tasks": [
        {"tool": "lawyer", "does": "judge", "arguments": {"plan": "sell everything"}},
        {"tool": "plain", "does": "say", "arguments": {"text": {"from": "t1"}}},
    ]
}
SAID = {"answer": [{"says": "It is risky.", "rests_on": ["t2"]}]}
HEAD = "outputs: {text: steps.look.text, results: steps.look.results}"
AGENT = "look#1.t1_lawyer#1"


def model(delay=0.0, **acts):
    return ByPlace({"look#1.1/act": PLAN, "look#1.?/act": SAID, f"{AGENT}/act": {"risk": "high"}, **acts}, delay=delay)


@pytest.fixture
def office(trial):
    (trial.folder / "tools").mkdir()
    for name, text in TOOLS.items():
        (trial.folder / "tools" / f"{name}.yaml").write_text(text)
    trial.supply = Supply(trial.folder, {})
    return trial


async def run(office, answers=None, **more):
    return await office.run(STEP, answers or model(), head=HEAD, tools=office.supply, **more)


async def test_an_agent_decides_under_the_place_that_dispatches(office):
    outcome = await run(office)
    assert outcome.state == "done"
    first, second = [json.loads(one) for one in outcome.outputs["results"]]
    assert (first["value"], second["value"]) == ({"risk": "high"}, "text of look#1/t2/plain/answer")
    started = next(one for one in office.of("decision.started") if one.decision == AGENT)
    assert (started.agent, started.step) == ("judge", "look#1.t1_lawyer")
    assert [(one.source, one.text) for one in started.segments] == [
        ("task", "Says how risky a plan is."),
        ("inputs.plan", "sell everything"),
    ]
    for kind in ("decision.planned", "decision.acted", "decision.explained"):
        assert AGENT in [one.decision for one in office.of(kind)]


async def test_what_they_ask_counts(office):
    outcome = await run(office)
    asked = len(office.model.places)
    assert any(place.endswith("/plain/answer") for place in office.model.places)
    assert (outcome.calls, outcome.usage.total) == (asked, 15 * asked)
    assert len(office.of("model.answered")) == asked


async def test_a_budget_ends_the_run_and_not_the_task(office):
    outcome = await run(office, budget=BudgetDef(calls=3))
    assert (outcome.state, outcome.calls) == ("budget", 3)
    assert not [one for one in office.of("tool.answered") if one.tool == "lawyer"]
    again = await office.again(STEP, model(), head=HEAD, tools=office.supply)
    assert (again.state, len(office.model.places)) == ("done", again.calls - 3)


async def test_tools_that_cost_money_cost_it(office):
    path = office.folder / "tools" / "plain.yaml"
    path.write_text(TOOLS["plain"] + "cost: 0.25\n")
    outcome = await run(office)
    assert outcome.money == 0.25
    assert (await office.again(STEP, ByPlace(), live=False, head=HEAD)).money == 0.25
    office.events.clear()
    outcome = await run(office, budget=BudgetDef(money=0.2))
    assert outcome.state == "budget"
    assert "0.2 in money" in outcome.reason


# --- again ------------------------------------------------------------------------------------------------------------


async def test_replay_asks_nobody(office):
    await run(office)
    outcome = await office.again(STEP, ByPlace(), live=False, head=HEAD)
    assert (outcome.state, office.new, office.left, office.model.places) == ("done", [], [], [])


async def test_resumed_from_every_event(office):
    await run(office)
    whole = list(office.events)
    for cut in range(1, len(whole)):
        office.events = whole[:cut]
        outcome = await office.again(STEP, model(), head=HEAD, tools=office.supply)
        assert outcome.state == "done", cut
        assert sorted(event.type for event in office.events) == sorted(event.type for event in whole), cut
        answered = sum(event.type == "model.answered" for event in whole[:cut])
        assert len(office.model.places) == sum(event.type == "model.answered" for event in whole) - answered, cut


async def test_replayed_up_to_every_answer(office):
    """The log of a run that was killed replays as far as it goes."""
    await run(office)
    whole, record = list(office.events), office.record
    # a replay stops where the log does, and the run's end that it comes to then is no event of the log
    office.record = lambda event: None if event.type == "run.finished" else record(event)
    for cut in (place for place, event in enumerate(whole) if event.type in {"model.answered", "tool.answered"}):
        office.events = whole[:cut]
        try:
            outcome = await office.again(STEP, ByPlace(), live=False, head=HEAD)
        except Diverged as error:
            raise AssertionError(f"cut at {cut}, before {whole[cut].type}: {error}") from error
        assert outcome.state == "waiting", cut
        assert office.left == [], cut


async def test_a_call_that_was_stopped_in_the_middle_is_served_as_it_ended(office):
    (office.folder / "tools" / "lawyer.yaml").write_text(TOOLS["lawyer"] + "timeout: 0.3\n")

    class Slow(ByPlace):
        async def complete(self, request, *, place="", on_text=None):
            self.delay = 60 if "lawyer" in place and place.endswith("/act") else 0
            return await super().complete(request, place=place, on_text=on_text)

    slow = Slow(model().acts)
    outcome = await run(office, slow)
    assert outcome.state == "done"
    assert office.of("step.finished")[-1].output["failed"] == ["t1", "t2"]
    assert [one.error for one in office.of("tool.answered") if one.tool == "lawyer"] == ["timeout", "timeout"]
    assert [one.decision for one in office.of("decision.started") if "lawyer" in one.decision] == [
        "look#1.t1_lawyer#1",
        "look#1.t1_lawyer#2",
    ]
    assert [one.state for one in office.of("step.finished")] == ["cancelled", "cancelled", "done"]
    again = await office.again(STEP, ByPlace(), live=False, head=HEAD)
    assert (again.state, office.new, office.left, office.model.places) == ("done", [], [], [])
    office.events.pop()  # the end of the run, so that it can be resumed
    await office.again(STEP, ByPlace(), head=HEAD, tools=office.supply)
    assert office.model.places == []


async def test_another_agent_shows_in_a_replay(office):
    await run(office)
    (office.folder / "roles" / "writer.md").write_text("---\nname: writer\ntitle: Writer\n---\nYou doubt.\n")
    with pytest.raises(Diverged, match=r"look#1\.t1_lawyer#1"):
        await office.again(STEP, ByPlace(), live=False, head=HEAD)


# --- what is checked before it runs -----------------------------------------------------------------------------------


def test_an_agent_that_is_none_is_told_at_load(office):
    (office.folder / "tools" / "lawyer.yaml").write_text(TOOLS["lawyer"].replace("judge", "juge"))
    with pytest.raises(DefinitionError) as wrong:
        office.compile(STEP)
    (problem,) = wrong.value.problems
    assert (problem.file.endswith("lawyer.yaml"), problem.line) == (True, 4)
    assert "no agent named 'juge'; did you mean 'judge'?" in problem.message


@pytest.mark.parametrize("gives", ["number", "image"])
def test_an_agent_gives_text_or_json(office, gives):
    (office.folder / "tools" / "lawyer.yaml").write_text(TOOLS["lawyer"].replace("json", gives))
    with pytest.raises(DefinitionError, match="an agent gives text or json"):
        office.compile(STEP)


def test_an_agent_has_no_tools_so_there_is_no_circle(office):
    """A tool that is an agent could only call itself if agents could dispatch; the file of one has no such key."""
    (office.folder / "agents" / "judge.yaml").write_text("role: writer\nact: {tools: [lawyer]}\n")
    with pytest.raises(DefinitionError, match=r"judge\.yaml:2"):
        office.compile(STEP)


def test_recorded_definitions_suffice(office):
    workflow = office.compile(STEP)
    texts = {key: workflow.sources[digest] for key, digest in workflow.digests.items()}
    assert {"tools/lawyer.yaml", "agents/judge.yaml", "roles/writer.md"} <= texts.keys()
    assert [one.name for one in compile_recorded(texts, workflow.key).steps["look"].agents] == ["judge"]


def test_what_it_may_cost(office):
    workflow = office.compile(STEP)
    assert serving(workflow, workflow.steps["look"]) == {"judge": "default"}
    planning, tools = charges(workflow)
    assert (tools.bounds.smooth.calls, tools.models) == (0, ("default",))
    tasks, attempts, asked = 6, 2, (1 + 5) * 3  # a decision takes two orders, an act, its repair, and an explanation
    assert tools.bounds.most.calls == tasks * attempts * asked
    assert planning.bounds.smooth.calls > 0
