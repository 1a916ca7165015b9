"""What was unsound in HuggingGPT (microsoft/JARVIS, hugginggpt/server/awesome_chat.py), one test for each defect."""

import asyncio
import time

import pytest
from tests.workflow import given_planner  # noqa: F401 - registers the planner that these tests use

from glasswork.definitions import RetryDef
from glasswork.dispatch import Caller, Desk, Dispatcher, problems
from glasswork.dispatch.executing import Assigned, Execution
from glasswork.dispatch.graph import Ref, Task, TaskGraph, from_data
from glasswork.errors import InvalidOutput, PlanFailed, ToolFailed
from glasswork.models.scripted import ScriptedModel
from glasswork.models.wrap import asking

from .conftest import Scripted, spec

SHOUT = spec("shout", "text", description="Makes a text loud.")
COUNT = spec("count", {"text": "text", "least": "number?"}, "number", description="Counts the words of a text.")
SPECS = {one.name: one for one in (SHOUT, COUNT)}


class Trial:
    """A dispatcher on a script, with tools, and all that it recorded."""

    def __init__(self, folder):
        self.folder, self.events = folder, []
        self.shout = Scripted(SHOUT, lambda text: text.upper())
        self.count = Scripted(COUNT, lambda text, least=0: len(text.split()))
        self.tools = [self.shout, self.count]

    async def dispatch(self, request, *answers):
        ask = asking(ScriptedModel(answers), retry=RetryDef(max=0), timeout=5, record=self.events.append)
        desk = Desk(ask, self.events.append, "ask", "scripted")
        tools = {tool.spec.name: tool for tool in self.tools}
        return await Dispatcher(desk, tools, Caller(self.events.append, self.folder), "given").dispatch(request)

    def places(self):
        return [one.place for one in self.events if one.type == "model.answered"]


@pytest.fixture
def trial(tmp_path):
    return Trial(tmp_path)


def plan(*tasks):
    return {"place": "*.1/act", "json": {"tasks": [{"does": "", **task} for task in tasks]}}


def says(text, *tasks):
    return {"place": "*/act", "json": {"answer": [{"says": text, "rests_on": list(tasks)}]}}


def execution(caller, *tasks, **tools):
    assigned = {task.id: [Assigned(tools[task.tool], {name: name for name in task.arguments})] for task in tasks}
    return Execution(TaskGraph(tasks), assigned, {}, caller, "ask#1", wait=0.0)


# --- 1: fix_dep threw the planned order away, and crashed on tags and on arguments that are no texts ------------------


async def test_1_an_order_without_a_value_is_kept(caller):
    first, second = Scripted(spec("first", ""), delay=0.05), Scripted(spec("second", ""))
    over = []
    second.does = lambda: over.append(first.running) or "done"
    (one,) = from_data([{"tool": "second", "after": ["t1"], "id": "t2"}]).tasks
    assert one.waits_for == ("t1",)
    await execution(caller, Task("t1", "first"), one, first=first, second=second).results()
    assert over == [0], "the second ran when the first was over"


@pytest.mark.parametrize("tag", ["<GENERATED-0>", "<GENERATED>-1", "<GENERATED>-", "<resource>-1", "-1", ""])
def test_1_a_malformed_tag_is_told_and_no_crash(tag):
    graph = from_data([{"tool": "shout", "arguments": {"text": {"from": tag}}}])
    (problem,) = problems(graph, SPECS, {})
    assert f"there is no task or file {tag!r}" in problem


@pytest.mark.parametrize(("value", "fits"), [(7, True), (None, True), (True, False), (["a"], False), ({"a": 1}, False)])
def test_1_arguments_that_are_no_texts_are_no_crash(value, fits):
    graph = from_data([{"tool": "count", "arguments": {"text": "a b", "least": value}}])
    found = problems(graph, SPECS, {})
    assert (found == []) is fits
    assert all("'least' must be a number" in one for one in found)


# --- 2: what refers to itself or to later tasks ran early, without its input ------------------------------------------


@pytest.mark.parametrize(
    ("sources", "problem"),
    [
        (["t2", None], "t1: it needs t2, which comes after it; put t2 before it"),
        (["t1", None], "t1: it waits for itself"),
        (["t2", "t1"], "these tasks wait for each other: t1 → t2 → t1"),
        (["t3", None], "t1: there is no task or file 't3'"),
    ],
)
def test_2_what_does_not_come_before_is_refused(sources, problem):
    tasks = [
        Task(f"t{n}", "shout", arguments={"text": Ref(source) if source else "a"})
        for n, source in enumerate(sources, 1)
    ]
    assert any(problem in one for one in problems(TaskGraph(tuple(tasks)), SPECS, {}))


# --- 3: the scheduler busy-waited, gave up, had no time-outs, and let tasks run whose input had failed ----------------


async def test_3_a_failed_task_does_not_unblock_those_that_need_it(caller):
    bad, good = Scripted(SHOUT, lambda text: ToolFailed("shout: hoarse")), Scripted(COUNT)
    tasks = Task("t1", "shout", arguments={"text": "a"}), Task("t2", "count", arguments={"text": Ref("t1")})
    results = await execution(caller, *tasks, shout=bad, count=good).results()
    assert (good.calls, results[1].reason) == ([], "it needs t1, which failed: shout: hoarse")


async def test_3_nobody_waits_in_vain_or_for_half_a_second(caller):
    tool = Scripted(SHOUT, lambda text: text)
    tasks = [Task("t1", "shout", arguments={"text": "a"})]
    tasks += [Task(f"t{n}", "shout", arguments={"text": Ref(f"t{n - 1}")}) for n in range(2, 21)]
    began = time.monotonic()
    results = await execution(caller, *tasks, shout=tool).results()
    assert {one.state for one in results} == {"done"}
    assert time.monotonic() - began < 1.0, "twenty in a row, where it waited half a second for each"


async def test_3_a_task_has_its_time_and_the_others_go_on(caller, monkeypatch):
    monkeypatch.setattr("glasswork.dispatch.calls.GRACE", 0.02)
    deaf, good = Scripted(spec("deaf", "", timeout=0.01), delay=60), Scripted(spec("good", ""), delay=0.1)
    results = await execution(caller, Task("t1", "deaf"), Task("t2", "good"), deaf=deaf, good=good).results()
    assert [one.state for one in results] == ["failed", "done"]
    assert "no result within 0.01 s" in results[0].reason


async def test_3_results_do_not_cross(caller):
    """They were kept in one dictionary for all threads, without a lock."""
    tool = Scripted(SHOUT, lambda text: text.upper())
    tool.delay = 0.001
    tasks = [Task(f"t{n}", "shout", arguments={"text": f"word {n}"}) for n in range(1, 51)]
    results = await execution(caller, *tasks, shout=tool).results()
    assert [one.value for one in results] == [f"WORD {n}" for n in range(1, 51)]


# --- 4: what could not be read turned into a chat, and quotation marks were replaced ----------------------------------


async def test_4_a_plan_that_cannot_be_read_is_an_error_and_no_chat(trial):
    with pytest.raises(InvalidOutput):
        await trial.dispatch("Shout a.", {"place": "*", "json": {"nothing": "of the kind"}})
    with pytest.raises(PlanFailed, match="there is no tool 'sing'"):
        await trial.dispatch("Shout a.", plan({"tool": "sing", "arguments": {}}))
    assert trial.places() == ["ask#1.1/act"], "nobody is asked for small talk"
    assert not [one for one in trial.events if one.type == "tool.answered" and one.tool != "health"]


async def test_4_quotation_marks_are_left_as_they_are(trial):
    text = """it's a "test", isn't it?"""
    await trial.dispatch("Shout.", plan({"tool": "shout", "arguments": {"text": text}}), says("Done.", "t1"))
    assert trial.shout.calls == [{"text": text}]


# --- 5: what the language model can do itself was not routed ----------------------------------------------------------


async def test_5_the_language_model_is_a_tool_like_any_other(trial):
    summary = spec("ask_model", "text", description="Summarises, translates, explains a text.")
    trial.tools.append(model := Scripted(summary, lambda text: "in short"))
    outcome = await trial.dispatch(
        "Summarise it.", plan({"tool": "ask_model", "arguments": {"text": "long"}}), says("In short.", "t1")
    )
    assert (outcome.results[0].tool, model.calls) == ("ask_model", [{"text": "long"}])
    chosen = [one for one in trial.events if one.type == "decision.started" and one.role == "chooser"]
    assert len(chosen) == 1, "who does it was decided, as for any task"
    assert "ask#1/t1/ask_model" in [one.place for one in trial.events if one.type == "tool.answered"]


# --- 6: which model was chosen was not held against the candidates ----------------------------------------------------


async def test_6_only_candidates_can_be_chosen(trial):
    """The choice is the label of a candidate, so an invented name is no answer at all."""
    loud = spec("loud", "text", description="Makes a text loud, very.")
    trial.tools.append(Scripted(loud, lambda text: text))
    asked = plan({"tool": "shout", "arguments": {"text": "a"}})
    with pytest.raises(Exception, match="scream"):
        await trial.dispatch("Shout a.", asked, {"place": "*/choose/*", "label": "scream"})
    outcome = await trial.dispatch("Shout a.", asked, {"place": "*/choose/*", "label": "loud:"}, says("A.", "t1"))
    assert outcome.results[0].tool == "loud"
    request = next(one.request for one in trial.events if one.type == "model.answered" and "/choose/" in one.place)
    assert request.labels == ("A", "B")


# --- what its users reported ------------------------------------------------------------------------------------------


async def test_issue_217_no_available_model_says_what_to_do(trial):
    trial.shout.ok = False
    outcome = await trial.dispatch("Shout a.", plan({"tool": "shout", "arguments": {"text": "a"}}))
    assert outcome.results[0].reason == (
        "no tool model that fits can be called here: shout: it is not installed (install it)"
    )


async def test_issue_64_descriptions_are_not_cut(trial):
    """They were cut at 100 characters, and the advice was to raise the number."""
    last = "and this comes last."
    trial.tools = [Scripted(spec("shout", "text", description=f"Makes a text loud, {'very ' * 60}{last}"))]
    await trial.dispatch("Shout a.", plan({"tool": "shout", "arguments": {"text": "a"}}), says("A.", "t1"))
    planner, chooser = [one for one in trial.events if one.type == "decision.started"][:2]
    for decision in (planner, chooser):
        assert any(last in segment.text for segment in decision.segments)


async def test_nothing_is_left_running_when_it_is_stopped(trial):
    """Its threads went on."""
    trial.tools = [slow := Scripted(SHOUT, delay=60)]
    run = asyncio.create_task(trial.dispatch("Shout a.", plan({"tool": "shout", "arguments": {"text": "a"}})))
    await asyncio.sleep(0.2)
    assert slow.running == 1
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert (slow.running, slow.cancelled) == (0, 1)
