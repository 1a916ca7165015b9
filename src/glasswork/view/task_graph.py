"""The tasks of a dispatch while they run: which wait, for what, which run, and how those ended that have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rich.text import Text

from glasswork.dispatch.graph import Task, from_data, line
from glasswork.places import parse
from glasswork.records import Acted, DecisionStarted, Event, StepFinished, ToolAnswered, ToolStarted
from glasswork.view import theme
from glasswork.view.clean import one_line
from glasswork.view.lines import value_words
from glasswork.view.theme import Glyphs, said, seconds, styled


@dataclass
class TaskLine:
    """One task, as it stands."""

    task: Task
    state: str = "pending"
    """``pending``, ``running``, ``done`` or ``failed``: a task may yet be tried again after it failed."""
    tool: str = ""
    began: float = 0.0
    seconds: float = 0.0
    told: str = ""
    """What it gave, or why it failed."""


class TaskGraphs:
    """Takes a run's events one by one; the tasks of every dispatch are at hand, by its place (``ask#1``)."""

    def __init__(self) -> None:
        self._planners: set[str] = set()
        """Decisions that plan."""
        self._tasks: dict[str, dict[str, TaskLine]] = {}

    def event(self, event: Event, now: float) -> None:
        """Take in one event. ``now`` is any clock in seconds."""
        match event:
            case DecisionStarted() if event.role == "planner":
                self._planners.add(event.decision)
            case Acted() if event.decision in self._planners:
                self._planned(event)
            case ToolStarted() | ToolAnswered():
                self._called(event, now)
            case StepFinished():
                for place in [place for place in self._tasks if parse(place).step == event.step]:
                    del self._tasks[place]

    def lines(self, now: float, glyphs: Glyphs) -> list[Text]:
        """Draw the tasks of all dispatches under way, each with what it waits for."""
        return [_drawn(one, tasks, now, glyphs) for tasks in self._tasks.values() for one in tasks.values()]

    def _planned(self, event: Acted) -> None:
        place = parse(event.decision)
        tasks = self._tasks.setdefault(place._replace(turn=0).decision, {})
        for task in from_data(list(_tasks_in(event.data))).tasks:
            tasks[task.id] = TaskLine(task)

    def _called(self, event: ToolStarted | ToolAnswered, now: float) -> None:
        place = parse(event.place)
        found = self._tasks.get(place.decision, {}).get(place.stage.partition("/")[0])
        if found is None:
            return
        found.tool = event.tool
        if isinstance(event, ToolStarted):
            found.state, found.began, found.told = "running", now, ""
        else:
            found.state, found.seconds = "failed" if event.error else "done", event.seconds
            found.told = event.message if event.error else value_words(event.value)


def _tasks_in(data: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the tasks that an act of planning holds: the whole graph, or one."""
    for one in data if isinstance(data, list) else [data]:
        if isinstance(one, Mapping) and "tool" in one:
            yield one


def _drawn(one: TaskLine, tasks: Mapping[str, TaskLine], now: float, glyphs: Glyphs) -> Text:
    state, told = one.state, one.told
    if state == "pending":
        waits = [name for name in one.task.waits_for if name in tasks and tasks[name].state != "done"]
        failed = [name for name in waits if tasks[name].state == "failed"]
        told = f"{', '.join(failed)} failed" if failed else f"waits for {', '.join(waits)}" if waits else ""
    text = styled("    ").append_text(glyphs.of_state(state)).append_text(said(f" {one_line(line(one.task))}"))
    took = now - one.began if state == "running" else one.seconds
    facts = [one.tool if one.tool != one.task.tool else "", seconds(took) if took else "", one_line(told)]
    told_all = f" {glyphs.dot} ".join(fact for fact in facts if fact)
    return text.append_text(said(f"  {told_all}", theme.BAD if state == "failed" else theme.MUTED))
