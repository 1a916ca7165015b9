"""A plan in words: what ``glasswork plan`` prints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from glasswork.cli import say
from glasswork.view.clean import clean


def show(found: dict[str, Any]) -> None:
    """Print a plan."""
    say.out(f"{say.paint(found['workflow'], 'bold')}  {clean(found['description'])}")
    if found["inputs"]:
        say.out("\ninputs")
        say.columns([_input(name, one) for name, one in found["inputs"].items()], indent="  ")
    say.out("\nsteps (those with the same number may run at the same time)")
    say.columns(_rows(found["steps"]), indent="  ")
    say.out("\ncost")
    say.columns(_cost(found), indent="  ")
    say.out(f"  {_whole_budget(found['budget'])}")


def _input(name: str, one: dict[str, Any]) -> tuple[str, ...]:
    due = "required" if one["required"] else f"default {one['default']!r}" if one["default"] is not None else "optional"
    return (name, one["type"], due, one["description"])


# --- steps ----------------------------------------------------------------------------------------------------------


def _rows(steps: list[dict[str, Any]], indent: str = "") -> Iterator[tuple[str, ...]]:
    """Yield a row for each step; those of a sub-workflow follow the step that runs it, further in."""
    for step in steps:
        calls = _count(step["smooth"]["calls"], "call") if step["smooth"]["calls"] else ""
        calls += " an item" if calls and step["for_each"] else ""
        yield (f"{indent}{step['layer']}.", f"{indent}{step['step']}", _who(step), calls, "; ".join(_how(step)))
        if step["workflow"]:
            yield from _rows(step["workflow"]["steps"], indent + "  ")


def _who(step: dict[str, Any]) -> str:
    if step["workflow"]:
        return f"workflow {step['workflow']['name']}"
    by_model: dict[str, list[str]] = {}
    for agent, model in step["agents"].items():
        by_model.setdefault(model, []).append(agent)
    return "; ".join(f"{', '.join(agents)} on {model}" for model, agents in by_model.items()) or step["kind"]


def _how(step: dict[str, Any]) -> Iterator[str]:
    if step["for_each"]:
        yield f"once for each item of {step['for_each']}, {step['parallel']} at once"
    if step["needs"]:
        yield _after(step["needs"], step["join"])
    for word in ("when", "until"):
        if step[word]:
            yield f"{word} {step[word]}"
    if step["rounds"] > 1:
        yield f"up to {step['rounds']} rounds"
    if step["on_error"] != "fail":
        yield {"skip": "counts as skipped if it fails", "continue": "the rest goes on if it fails"}[step["on_error"]]
    if step["budget"]:
        yield f"at most {_limits(step['budget'])}"
    if step["workflow"] and step["workflow"]["budget"]:
        yield f"at most {_limits(step['workflow']['budget'])} each time"


def _after(needs: list[str], join: str) -> str:
    names = ", ".join(needs)
    if join == "any" and len(needs) > 1:
        return f"after any of {names}"
    return f"after {names}" + (", however they end" if join == "all_done" else "")


# --- cost -----------------------------------------------------------------------------------------------------------


def _cost(found: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield what a run costs: in all where that can be said, and for one item of each list."""
    yield ("if all goes well", *_amount(found["smooth"], "besides what is read"))
    for items in found["items"]:
        yield (f"  and for each item of {_lists(items)}", *_amount(items["smooth"]))
    yield ("at most", *_amount(found["most"], "besides what is read"))
    for items in found["items"]:
        if any(one["most"] is None for one in items["of"]):
            yield (f"  and for each item of {_lists(items)}", *_amount(items["most"]))
    money = found["money"]
    if money:
        besides = [] if money["with_reading"] else ["what is read"]
        besides += [] if money["every_list"] else ["lists whose length nobody knows yet"]
        said = f"besides {' and '.join(besides)}" if besides else "what is read included"
        yield ("in money, at most", f"{money['most']:,.4g}", said)


def _lists(items: dict[str, Any]) -> str:
    """Return the lists that something runs over, the innermost first, with how long they may be."""
    return ", for each of ".join(_list(one) for one in reversed(items["of"]))


def _list(one: dict[str, Any]) -> str:
    around = one["step"].rpartition(".")[0]
    most = f" ({one['most']} at most)" if one["most"] is not None else ""
    return f"{one['list']}{f' in {around}' if around else ''}{most}"


def _amount(cost: dict[str, int], besides: str = "") -> tuple[str, str]:
    written = f"{cost['written']:,} tokens written" + (f", {besides}" if besides else "")
    return _count(cost["calls"], "call"), written


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("" if number == 1 else "s")


# --- budgets --------------------------------------------------------------------------------------------------------


def _whole_budget(budget: dict[str, Any]) -> str:
    if not budget:
        return "no budget is set; 'glasswork run' takes one: --budget tokens=60000 --budget seconds=10m"
    return f"the run stops before it passes its budget of {_limits(budget)} (tokens read and written)"


def _limits(budget: dict[str, Any]) -> str:
    """Return limits in words: ``20,000 tokens and 40 calls``."""
    words = [f"{budget[name]:,} {name}" for name in ("tokens", "calls") if name in budget]
    words += [_time(budget["seconds"])] if "seconds" in budget else []
    words += [f"{budget['money']:,g} in money"] if "money" in budget else []
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]


def _time(seconds: float) -> str:
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"
