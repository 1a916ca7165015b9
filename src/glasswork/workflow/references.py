"""Checks every reference of templates, conditions and outputs against what the workflow offers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from glasswork.definitions import LoopStep, WorkflowDef
from glasswork.errors import DefinitionError, Problem, did_you_mean
from glasswork.library import Found, Keys
from glasswork.templates import Template, scan
from glasswork.workflow.conditions import Condition, FieldKind, compile_condition
from glasswork.workflow.fields import field_kind


@dataclass(frozen=True)
class Scope:
    """What one text of a step may refer to."""

    step: str
    reach: frozenset[str]
    """Steps whose fields may be read."""
    previous: frozenset[str] = frozenset()
    """Steps whose fields of the round before may be read."""


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
            self._complain(keys, problem.message, problem.line, problem.column)
        for reference in template.references:
            wrong = self.wrong(reference.path, scope)
            if wrong:
                self._complain(keys, wrong, reference.line, reference.column)
        return template

    def condition(self, keys: Keys, text: str | None, scope: Scope) -> Condition | None:
        """Compile and check one condition of the workflow."""
        if text is None or self._reads_unknown(text):
            return None
        known = {f"inputs.{name}": field_kind(one) for name, one in self.workflow.definition.inputs.items()}
        known |= {
            f"steps.{step}.{name}": kind for step, all_ in self.fields.items() for name, kind in (all_ or {}).items()
        }
        try:
            condition = compile_condition(text, known)
        except DefinitionError as error:
            for problem in error.problems:
                self._complain(keys, problem.message, problem.line, problem.column)
            return None
        for name in condition.references:
            wrong = self.wrong(tuple(name.split(".")), scope)
            if wrong:
                self._complain(keys, wrong)
        return condition

    def outputs(self) -> None:
        """Check what the workflow hands back."""
        anywhere = Scope("", frozenset(self.fields))
        for name, reference in self.workflow.definition.outputs.items():
            wrong = self.wrong(tuple(reference.split(".")), anywhere)
            if wrong:
                self._complain(("outputs", name), wrong)

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
            case _:
                name = ".".join(path)
                return f"{name!r} leads nowhere: write inputs.NAME or steps.STEP.FIELD{self._fields_hint(path)}"

    def _complain(self, keys: Keys, message: str, line: int = 0, column: int = 0) -> None:
        self.problems.append(self.workflow.problem(keys, message, line=line, column=column))

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
    if not scope.previous:
        return "'previous' may be used in on_repeat only: there is no round before the first"
    if step in scope.previous:
        return ""
    return f"previous.{step}: step {step!r} is not in the same loop as {scope.step!r}"
