"""The task graph of a dispatch, drawn while it runs."""

from glasswork.dispatch.graph import Ref, Task, TaskGraph, as_data
from glasswork.records import Acted, DecisionStarted, Segment, StepFinished, ToolAnswered, ToolStarted
from glasswork.view.task_graph import TaskGraphs
from glasswork.view.theme import ASCII

GRAPH = TaskGraph(
    (
        Task("t1", "ocr", arguments={"image": Ref("a.png")}),
        Task("t2", "speak", arguments={"text": Ref("t1")}),
        Task("t3", "language", arguments={"text": Ref("t1")}),
        Task("t4", "clock"),
    )
)


def started(decision, role="planner"):
    return DecisionStarted(
        decision=decision,
        step="ask",
        agent="dispatcher",
        role=role,
        model="m",
        strategy="x",
        segments=(Segment(id="s1", source="a", text="b"),),
    )


def drawn(events):
    graphs = TaskGraphs()
    for now, event in enumerate(events):
        graphs.event(event, float(now))
    return [text.plain.rstrip() for text in graphs.lines(10.0, ASCII)]


def planned(one_by_one=False):
    if not one_by_one:
        return [started("ask#1.1"), Acted(decision="ask#1.1", produces="fields", text="", data=as_data(GRAPH))]
    events = [started("ask#1.1"), Acted(decision="ask#1.1", produces="choice", text="a tool fits")]
    for number, task in enumerate(as_data(GRAPH), start=2):
        events += [started(f"ask#1.{number}"), Acted(decision=f"ask#1.{number}", produces="fields", text="", data=task)]
    return events


def call(task, tool, **answer):
    place = f"ask#1/{task}/{tool}"
    begun = ToolStarted(place=place, digest="d", tool=tool)
    return [begun, *([ToolAnswered(place=place, digest="d", tool=tool, **answer)] if answer else [])]


def test_what_waits_and_for_what():
    for events in (planned(), planned(one_by_one=True)):
        assert drawn(events) == [
            "    o t1 = ocr(image=a.png)",
            "    o t2 = speak(text=t1)  waits for t1",
            "    o t3 = language(text=t1)  waits for t1",
            "    o t4 = clock()",
        ]


def test_what_runs_and_what_is_over():
    events = [
        *planned(),
        *call("t1", "ocr", value="Hello\nthere", seconds=2.1),
        *call("t2", "speak"),
        *call("t3", "language", error="failed", message="no words"),
    ]
    assert drawn(events) == [
        "    + t1 = ocr(image=a.png)  2.1s - Hello",
        "    * t2 = speak(text=t1)  6.0s",
        "    x t3 = language(text=t1)  no words",
        "    o t4 = clock()",
    ]


def test_the_next_choice_is_named():
    events = [*planned(), *call("t1", "ocr", error="failed", message="no"), *call("t1", "better_ocr", value="Hello")]
    assert drawn(events)[0] == "    + t1 = ocr(image=a.png)  better_ocr - Hello"


def test_what_fails_with_another():
    assert (
        drawn([*planned(), *call("t1", "ocr", error="failed", message="no")])[1]
        == "    o t2 = speak(text=t1)  t1 failed"
    )


def test_it_is_gone_when_the_step_has_ended():
    assert drawn([*planned(), StepFinished(step="ask", state="done")]) == []


def test_other_decisions_are_not_tasks():
    assert (
        drawn(
            [
                started("build#1", role="engineer"),
                Acted(decision="build#1", produces="fields", text="", data=[{"tool": "x"}]),
            ]
        )
        == []
    )
