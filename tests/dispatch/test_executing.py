"""Tasks are done each as soon as it can be; what fails takes with it only what needs it."""

import asyncio
import time
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glasswork.dispatch.calls import Caller
from glasswork.dispatch.executing import Assigned, Execution
from glasswork.dispatch.graph import Ref, Task, TaskGraph
from glasswork.errors import LogError, ToolFailed, ToolTimeout, ToolUnavailable, ToolUnreachable
from glasswork.tools import MediaStore

from .conftest import Scripted, spec

PASS_ON = spec("pass_on", {"one": "text?", "two": "text?", "three": "text?"})


def execution(graph, assigned, caller, **more):
    return Execution(TaskGraph(tuple(graph)), assigned, {}, caller, "ask#1", wait=0.0, **more)


def alone(tool):
    return [Assigned(tool, {name: name for name in tool.spec.inputs})]


def chain(*names):
    first = Task("t1", "pass_on", arguments={"one": "begin"})
    return [first, *(Task(f"t{n}", "pass_on", arguments={"one": Ref(f"t{n - 1}")}) for n in range(2, len(names) + 1))]


@st.composite
def graphs(draw):
    """Any DAG of up to nine tasks: who uses what of whom, who only comes after whom; who fails, and how long each takes."""
    count = draw(st.integers(1, 9))
    tasks, fails, delays = [], set(), {}
    for number in range(1, count + 1):
        earlier = [f"t{one}" for one in range(1, number)]
        sources = draw(st.lists(st.sampled_from(earlier), unique=True, max_size=3)) if earlier else []
        after = draw(st.lists(st.sampled_from(earlier), unique=True, max_size=2)) if earlier else []
        arguments = dict(zip(("one", "two", "three"), map(Ref, sources), strict=False))
        tasks.append(Task(f"t{number}", "pass_on", arguments=arguments, after=tuple(after)))
        delays[f"t{number}"] = draw(st.sampled_from([0.0, 0.0, 0.001, 0.003]))
        if draw(st.integers(0, 3)) == 0:
            fails.add(f"t{number}")
    return tasks, fails, delays


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(graphs())
def test_any_graph_and_any_failures(tmp_path, drawn):
    tasks, fails, delays = drawn
    began, over, events = {}, [], []
    tools = {task.id: noting(task, began, over, fails=task.id in fails, delay=delays[task.id]) for task in tasks}
    run = execution(tasks, {name: alone(one) for name, one in tools.items()}, Caller(events.append, tmp_path))
    results = {one.task: one for one in asyncio.run(run.results())}

    assert list(results) == [task.id for task in tasks], "every task ends once, and is told in order"
    roots = {}
    for task in tasks:
        result, root = results[task.id], next((roots[one] for one in task.waits_for if one in roots), None)
        if root is None and task.id not in fails:
            assert (result.state, result.value) == ("done", f"of {task.id}")
        else:
            roots[task.id] = root or task.id
            assert (result.state, result.because_of) == ("failed", root or "")
            assert f"{root or task.id} broke" in result.reason
            assert root is None or f"it needs {root}, which failed" in result.reason
        assert (task.id in began) == (root is None), "what has its inputs runs, and nothing runs whose input failed"
        assert set(task.waits_for) <= began.get(task.id, {one.id for one in tasks}), (
            "nothing runs before its inputs are there"
        )
    assert sum(event.type == "tool.started" for event in events) == len(began)
    assert sum(event.type == "tool.answered" for event in events) == len(began)


def noting(task, began, over, *, fails, delay):
    """A tool that says what it was given and when it ran."""

    def does(**given):
        assert all(value == f"of {source}" for value, source in zip(given.values(), task.sources, strict=True))
        return ToolFailed(f"{task.id} broke") if fails else f"of {task.id}"

    class Noting(Scripted):
        async def call(self, arguments, *, timeout=None):
            assert task.id not in began, "called once"
            began[task.id] = set(over)
            try:
                return await super().call(arguments, timeout=timeout)
            finally:
                over.append(task.id)

    return Noting(PASS_ON, does, delay=delay)


async def test_what_can_run_together_does(caller):
    slow = Scripted(spec("slow", ""), delay=0.15)
    tasks = [Task(f"t{number}", "slow") for number in range(1, 6)]
    began = time.monotonic()
    results = await execution(tasks, {task.id: alone(slow) for task in tasks}, caller).results()
    assert time.monotonic() - began < 0.5
    assert {one.state for one in results} == {"done"}


async def test_an_independent_task_goes_on(caller):
    bad, good = Scripted(spec("bad", ""), lambda: ToolFailed("no")), Scripted(spec("good", ""), delay=0.02)
    results = await execution(
        [Task("t1", "bad"), Task("t2", "good")], {"t1": alone(bad), "t2": alone(good)}, caller
    ).results()
    assert [one.state for one in results] == ["failed", "done"]


async def test_a_failed_task_does_not_let_its_dependants_run(caller):
    """In HuggingGPT a failed task unblocked them."""
    bad, good = Scripted(PASS_ON, lambda **_: ToolFailed("bad: the picture is torn")), Scripted(PASS_ON)
    tasks = chain(1, 2, 3)
    results = await execution(tasks, {"t1": alone(bad), "t2": alone(good), "t3": alone(good)}, caller).results()
    assert good.calls == []
    assert results[1].reason == "it needs t1, which failed: bad: the picture is torn"
    assert results[2].reason == "it needs t1, which failed (through t2): bad: the picture is torn"


@pytest.mark.parametrize(
    ("error", "calls"), [(ToolTimeout, 2), (ToolUnreachable, 2), (ToolFailed, 1), (ToolUnavailable, 1)]
)
async def test_which_errors_are_tried_again(caller, events, error, calls):
    bad = Scripted(spec("bad", ""), lambda: error("no"))
    (result,) = await execution([Task("t1", "bad")], {"t1": alone(bad)}, caller).results()
    assert (result.state, len(bad.calls)) == ("failed", calls)
    assert [event.attempt for event in events if event.type == "tool.answered"] == list(range(1, calls + 1))


async def test_the_next_choice_is_called(caller):
    bad = Scripted(spec("bad", {"picture": "text"}), lambda **_: ToolFailed("no"))
    good = Scripted(spec("good", {"image": "text"}), lambda image: image.upper())
    assigned = {"t1": [Assigned(bad, {"picture": "picture"}), Assigned(good, {"picture": "image"})]}
    (result,) = await execution([Task("t1", "bad", arguments={"picture": "a"})], assigned, caller).results()
    assert (result.state, result.value, result.tool, result.tried) == ("done", "A", "good", ("bad", "good"))


async def test_all_reasons_are_told(caller):
    first, second = (Scripted(spec(name, ""), lambda name=name: ToolFailed(f"{name}: no")) for name in ("one", "two"))
    (result,) = await execution([Task("t1", "one")], {"t1": [*alone(first), *alone(second)]}, caller).results()
    assert result.reason == "one: no; then two: no"


async def test_nobody_can_do_it(caller):
    run = execution([Task("t1", "x"), Task("t2", "x")], {}, caller, unassigned={"t1": "x is not installed"})
    assert [one.reason for one in await run.results()] == ["x is not installed", "no tool model can do it"]


async def test_a_tool_that_crashes_fails_its_task_only(caller, events):
    bad = Scripted(spec("bad", ""), lambda: ZeroDivisionError("division by zero"))
    (result,) = await execution([Task("t1", "bad")], {"t1": alone(bad)}, caller).results()
    assert result.reason == "bad: ZeroDivisionError: division by zero"
    assert events[-1].error == "failed"


async def test_a_tool_that_ignores_its_time_is_stopped(caller, monkeypatch):
    monkeypatch.setattr("glasswork.dispatch.calls.GRACE", 0.02)
    deaf = Scripted(spec("deaf", "", timeout=0.01), delay=60)
    (result,) = await execution([Task("t1", "deaf")], {"t1": alone(deaf)}, caller).results()
    assert result.state == "failed"
    assert "no result within 0.01 s" in result.reason
    assert (deaf.running, deaf.cancelled) == (0, 2)


async def test_cancelled_nothing_is_left_running(caller):
    slow = Scripted(spec("slow", ""), delay=60)
    tasks = [Task("t1", "slow"), Task("t2", "slow"), Task("t3", "slow", after=("t1",))]
    run = asyncio.create_task(execution(tasks, {task.id: alone(slow) for task in tasks}, caller).results())
    await asyncio.sleep(0.02)
    assert slow.running == 2
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert (slow.running, slow.cancelled) == (0, 2)
    assert [one for one in asyncio.all_tasks() if one is not asyncio.current_task()] == []


async def test_a_log_that_cannot_be_written_ends_it_all(tmp_path):
    slow = Scripted(spec("slow", ""), delay=60)

    def record(event):
        if event.place.startswith("ask#1/t2"):
            raise LogError("full")

    tasks = [Task("t1", "slow"), Task("t2", "slow")]
    with pytest.raises(LogError):
        await execution(tasks, {task.id: alone(slow) for task in tasks}, Caller(record, tmp_path)).results()
    assert slow.running == 0


class Known:
    """A past that holds some calls."""

    live = True

    def __init__(self, events):
        self.began = {(one.place, one.digest, one.attempt) for one in events if one.type == "tool.started"}
        self.answered = {(one.place, one.digest, one.attempt): one for one in events if one.type == "tool.answered"}

    def called(self, place, digest, attempt):
        return self.answered.get((place, digest, attempt))

    def called_out(self, place, digest, attempt):
        return (place, digest, attempt) in self.began


async def test_recorded_calls_are_not_made_again(caller, events, tmp_path):
    flaky = Scripted(PASS_ON, lambda **given: ToolTimeout("late") if len(flaky.calls) == 1 else "well")
    tasks = chain(1, 2)
    first = await execution(tasks, {task.id: alone(flaky) for task in tasks}, caller).results()
    again, silent = [], Scripted(PASS_ON, lambda **_: ToolFailed("not again"))
    run = execution(
        tasks, {task.id: alone(silent) for task in tasks}, replace(caller, record=again.append, past=Known(events))
    )
    assert await run.results() == first
    assert silent.calls == []
    assert again == events


async def test_a_recorded_file_is_served_from_its_folder(caller, events, tmp_path):
    store = MediaStore(tmp_path / "media")
    draws = Scripted(spec("draw", "", "image"), lambda: store.add(b"\x89PNG\r\n\x1a\nrest", "a.png"))
    (first,) = await execution([Task("t1", "draw")], {"t1": alone(draws)}, caller).results()
    known = replace(caller, record=lambda _: None, past=Known(events))
    (again,) = await execution([Task("t1", "draw")], {"t1": alone(draws)}, known).results()
    assert (first.value, len(draws.calls)) == (again.value, 1)
    first.value.path.unlink()
    (made,) = await execution([Task("t1", "draw")], {"t1": alone(draws)}, known).results()
    assert (len(draws.calls), made.value.path.is_file()) == (2, True), "a file that is gone is made again"


@pytest.mark.parametrize("error", [ToolTimeout, ToolUnreachable])
async def test_what_must_not_be_called_twice_is_not(caller, error):
    """A booking that timed out may have been made: neither once more, nor by the next choice."""
    bad = Scripted(spec("book", "", idempotent=False), lambda: error("book: no result"))
    other = Scripted(spec("reserve", ""))
    (result,) = await execution([Task("t1", "book")], {"t1": [*alone(bad), *alone(other)]}, caller).results()
    assert (result.state, len(bad.calls), other.calls) == ("failed", 1, [])
    assert result.reason == "book: no result; it may have been done all the same, so nothing else is tried"


async def test_what_surely_was_not_done_is_tried_with_the_next_choice(caller):
    bad = Scripted(spec("book", "", idempotent=False), lambda: ToolFailed("book: there is no table"))
    other = Scripted(spec("reserve", ""))
    (result,) = await execution([Task("t1", "book")], {"t1": [*alone(bad), *alone(other)]}, caller).results()
    assert (result.state, result.tool) == ("done", "reserve")
