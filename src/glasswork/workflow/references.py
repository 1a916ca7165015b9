"""Checks every reference of templates, conditions and outputs against what the workflow offers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from glasswork.definitions import LoopStep, WorkflowDef
from glasswork.errors import DefinitionError, Problem, did_you_mean
from glasswork.library import Found, Keys
from glasswork.templates import Template, scan
from glasswork.workflow.conditions import NUMBER, STRING, Condition, FieldKind, compile_condition
from glasswork.workflow.fields import field_kind

_ITEM = "may be used in the templates of a step with for_each only"
_ELSEWHERE = {
    "item": "a condition is read once, before there are items: 'item' may stand in templates only",
    "index": "a condition is read once, before there are items: 'index' may stand in templates only",
    "previous": "'previous' may stand in templates only: a condition reads what steps have made last",
}


@dataclass(frozen=True)
class Scope:
    """What one text of a step may refer to."""

    step: str
    reach: frozenset[str]
    """Steps whose fields may be read."""
    previous: frozenset[str] | None = None
    """Steps whose fields of the round before may be read: those of the same loop. None where none may be."""
    item: FieldKind | None = None
    """What an item is, in the templates of a step with ``for_each``."""


@dataclass
class References:
    """The offers of one workflow, and the problems found with its references."""

    workflow: Found[WorkflowDef]
    fields: Mapping[str, Mapping[str, FieldKind] | None]
    """Fields by step; None where the agent is broken, and nothing can be said about them."""
    problems: list[Problem]

    def template(self, keys: Keys, text: str | None, scope: Scope) -> Template | None:
        """Parse and check one template of the workflow."""
        if text is None:
            return None
        template, problems = scan(text)
        for problem in problems:
            self.complain(keys, problem.message, problem.line, problem.column)
        for reference in template.references:
            wrong = self.wrong(reference.path, scope)
            if wrong:
                self.complain(keys, wrong, reference.line, reference.column)
        return template

    def condition(self, keys: Keys, text: str | None, scope: Scope) -> Condition | None:
        """Compile and check one condition of the workflow."""
        if text is None or self._reads_unknown(text):
            return None
        try:
            condition = compile_condition(text, self._known, _ELSEWHERE)
        except DefinitionError as error:
            for problem in error.problems:
                self.complain(keys, problem.message, problem.line, problem.column)
            return None
        for name in condition.references:
            wrong = self.wrong(tuple(name.split(".")), scope)
            if wrong:
                self.complain(keys, wrong)
        return condition

    def each(self, keys: Keys, text: str, scope: Scope) -> FieldKind:
        """Check the list that a step runs over; return what its items are: texts, where that is not known."""
        path = tuple(text.split("."))
        wrong = self.wrong(path, scope)
        kind = None if wrong else self.kind(path, scope)
        if kind is not None and kind.name != "list":
            wrong = f"for_each takes a list, but {text} is {kind.words}{did_you_mean(text, self._lists(scope))}"
        if wrong:
            self.complain(keys, wrong)
        return kind.of or STRING if kind is not None else STRING

    def kind(self, path: tuple[str, ...], scope: Scope) -> FieldKind | None:
        """Return what a reference that is not wrong holds; None where nobody knows."""
        match path:
            case ("inputs", name):
                return field_kind(self.workflow.definition.inputs[name])
            case ("steps" | "previous", step, name):
                return (self.fields[step] or {}).get(name)
            case ("index",):
                return NUMBER
            case _:
                return scope.item

    def outputs(self) -> dict[str, FieldKind] | None:
        """Check what the workflow hands back; return what each output holds, or None where that is not known of all."""
        anywhere = Scope("", frozenset(self.fields))
        kinds: dict[str, FieldKind | None] = {}
        for name, reference in self.workflow.definition.outputs.items():
            path = tuple(reference.split("."))
            wrong = self.wrong(path, anywhere)
            if wrong:
                self.complain(("outputs", name), wrong)
            kinds[name] = None if wrong else self.kind(path, anywhere)
        known = {name: kind for name, kind in kinds.items() if kind is not None}
        return known if len(known) == len(kinds) else None

    def wrong(self, path: tuple[str, ...], scope: Scope) -> str:
        """Return what is wrong with a reference, or nothing."""
        match path:
            case ("inputs", name):
                inputs = self.workflow.definition.inputs
                return "" if name in inputs else f"there is no input {name!r}{did_you_mean(name, inputs)}"
            case ("steps", step, name):
                return self._no_step(step) or self._out_of_reach(step, scope) or self._no_field(step, name)
            case ("previous", step, name):
                return self._no_step(step) or _no_previous(step, scope) or self._no_field(step, name)
            case ("item" | "index" as word, *fields):
                none = f"{word!r} has no fields; write {{{{ {word} }}}}" if fields else ""
                return none if scope.item is not None else f"{word!r} {_ITEM}"
            case _:
                name = ".".join(path)
                return f"{name!r} leads nowhere: write inputs.NAME or steps.STEP.FIELD{self._fields_hint(path)}"

    def complain(self, keys: Keys, message: str, line: int = 0, column: int = 0) -> None:
        """Note a problem at a part of the workflow's file; with a line and column of the text that stands there."""
        self.problems.append(self.workflow.problem(keys, message, line=line, column=column))

    @cached_property
    def _known(self) -> dict[str, FieldKind]:
        """What a condition may refer to, by dotted reference."""
        inputs = {f"inputs.{name}": field_kind(one) for name, one in self.workflow.definition.inputs.items()}
        return inputs | {
            f"steps.{step}.{name}": kind for step, all_ in self.fields.items() for name, kind in (all_ or {}).items()
        }

    def _lists(self, scope: Scope) -> list[str]:
        """Return the references to every list in reach."""
        lists = [tuple(name.split(".")) for name, kind in self._known.items() if kind.name == "list"]
        return [".".join(path) for path in lists if path[0] == "inputs" or path[1] in scope.reach]

    def _no_step(self, step: str) -> str:
        return "" if step in self.fields else f"there is no step {step!r}{did_you_mean(step, self.fields)}"

    def _no_field(self, step: str, name: str) -> str:
        fields = self.fields[step]
        if fields is None or name in fields:
            return ""
        return f"step {step!r} has no field {name!r}{did_you_mean(name, fields)}"

    def _out_of_reach(self, step: str, scope: Scope) -> str:
        if step in scope.reach:
            return ""
        if step == scope.step:
            return f"step {step!r} refers to itself; in a loop, on_repeat may refer to previous.{step}"
        loop = next((name for name, one in self.workflow.definition.steps.items()
                     if isinstance(one, LoopStep) and step in one.loop.steps), step)  # fmt: skip
        return f"step {scope.step!r} uses steps.{step} but does not need it; add needs: {loop}"

    def _fields_hint(self, path: tuple[str, ...]) -> str:
        fields = self.fields.get(path[1]) if len(path) == 2 and path[0] in {"steps", "previous"} else None
        return f"; step {path[1]!r} has {', '.join(sorted(fields))}" if fields else ""

    def _reads_unknown(self, text: str) -> bool:
        named = set(re.findall(r"\bsteps\.([a-z0-9_]+)", text))
        return any(step in self.fields and self.fields[step] is None for step in named)


def _no_previous(step: str, scope: Scope) -> str:
    if scope.previous is None:
        return "'previous' may be used in on_repeat only: there is no round before the first"
    if not scope.previous:
        return f"no loop repeats {scope.step!r}, so there is no round before"
    if step in scope.previous:
        return ""
    return f"previous.{step}: step {step!r} is not in the same loop as {scope.step!r}"
