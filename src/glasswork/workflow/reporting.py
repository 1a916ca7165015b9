"""A report step: the program of an experiment runs again, and whatever number the report tells is held against that.

A claim whose number is not that of the results it names, or of the words it quotes, is struck, and so is one that rests
on a result that came out otherwise the second time. In texts of agents a sentence with a number of nobody's is struck.
So no number of a report is a model's. What the step hands on is data; the files are written from the log.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from glasswork.definitions import AgentStep, ReportStep
from glasswork.knowledge.citations import unquoted
from glasswork.knowledge.findings import wrong_with_results
from glasswork.knowledge.numbers import borne_out, numbers_in
from glasswork.records import SandboxRan
from glasswork.templates import Sourced
from glasswork.workflow.compiled import CompiledStep, CompiledWorkflow
from glasswork.workflow.programs import Program, run
from glasswork.workflow.resources import Resources
from glasswork.workflow.tables import tables_of

TOLERANCE = 1e-9
"""How far two runs of a program may be apart, relative to the value: it is the same program on the same data, so that
only the order of sums may differ."""
_SMALL = 10
_OURS = {"retrieve", "table", "human"}
"""Kinds of steps whose words are not a model's."""


async def report(
    resources: Resources, workflow: CompiledWorkflow, step: CompiledStep, decision: str, values: Mapping[str, Any]
) -> dict[str, Any]:
    """Run the experiment's program again and make the report; return the step's output.

    Args:
        resources: what the run's steps share.
        workflow: the workflow that the step belongs to.
        step: a report step.
        decision: which time this is.
        values: what its templates may read.

    Raises:
        SandboxError: the sandbox itself broke.
    """
    assert isinstance(step.definition, ReportStep), "only reports are reported"
    assert step.task is not None, "the compiler gives a report its title"
    use = step.definition.report
    made = values["steps"][use.experiment]
    again = await _again(resources, workflow.steps[use.experiment], decision, values) if made["passed"] else None
    experiment = _experiment(made, again)
    writing = _Writing(workflow, values, experiment)
    title = " ".join(part.text for part in step.task.render(values))
    sections = [
        section for heading, reference in use.sections.items() if (section := writing.section(heading, reference))
    ]
    agrees = again is not None and all(one["agrees"] for one in experiment["results"])
    struck = [one["says"] for section in sections for one in section["struck"]]
    return {
        "text": _text(title, sections, experiment, agrees=agrees),
        "agrees": agrees,
        "numbers": writing.numbers,
        "struck": struck,
        "claims": [one["says"] for section in sections for one in section.get("claims", ())],
        "report": {"title": title, "sections": sections, "experiment": experiment, "agrees": agrees},
    }


async def _again(
    resources: Resources, experiment: CompiledStep, decision: str, values: Mapping[str, Any]
) -> SandboxRan:
    """Run the program that left the results once more, alone with its data."""
    assert isinstance(experiment.definition, AgentStep), "the compiler lets agents make experiments"
    use, made = experiment.definition.sandbox, values["steps"][experiment.id]
    assert use is not None, "the compiler lets them run"
    tables = tables_of(resources, use, values)
    return await run(resources, Program(decision, use, made["file"], {made["file"]: made["code"]}, tables))


def _experiment(made: Mapping[str, Any], again: SandboxRan | None) -> dict[str, Any]:
    """Return what is told of an experiment: its program, each result with what came out the second time, figures."""
    written = literals(made.get("code") or "")
    before, after = made.get("values") or {}, again.results if again else {}
    figures = made.get("figures") or []
    results = [
        {
            "name": name,
            "value": value,
            "again": after.get(name),
            "agrees": close(value, after.get(name)),
            "written": abs(value) in written,
        }
        for name, value in before.items()
    ]
    return {
        "ran": made.get("ran") or "",
        "again": again.place if again else "",
        "passed": bool(made["passed"]),
        "file": made["file"] or "",
        "program": made["code"] or "",
        "said": made["report"] or "",
        "results": results,
        "figures": figures if again is not None and tuple(figures) == again.figures else [],
        "tolerance": TOLERANCE,
    }


def literals(program: str) -> set[float]:
    """Return the numbers that stand in a program: a result that is one of them was not computed, but is the model's.

    Whole numbers up to ten are left out: they are indices and counts, and a count may be one by chance.
    """
    try:
        nodes = [*ast.walk(ast.parse(program))]
    except (SyntaxError, ValueError, RecursionError):
        return set()
    found = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, int | float)}
    return {float(value) for value in found if abs(value) < 1e300 and not (value == int(value) and value <= _SMALL)}


def close(one: float, other: float | None) -> bool:
    """Whether two runs came to the same number."""
    return other is not None and math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=1e-12)


@dataclass
class _Writing:
    """A report being written."""

    workflow: CompiledWorkflow
    values: Mapping[str, Any]
    experiment: Mapping[str, Any]
    numbers: int = 0
    """That were held against something, and stand."""

    @property
    def results(self) -> dict[str, float]:
        """What came out twice, and was computed."""
        found = self.experiment["results"]
        return {one["name"]: one["again"] for one in found if one["agrees"] and not one["written"]}

    def section(self, heading: str, reference: str) -> dict[str, Any] | None:
        """Return a section; None where there is nothing to tell, as where a step was skipped.

        Of claims that is never so where they were asked for: that none stands is told too.
        """
        value, ours = self._value(reference)
        if value is None or (value == [] and not self._asked_for_claims(reference)):
            return None
        if isinstance(value, list) and all(isinstance(one, Mapping) and "says" in one for one in value):
            return {"heading": heading, "kind": "claims", **self._claims(value, self._struck(reference))}
        if isinstance(value, list) and all(isinstance(one, Sourced) for one in value):
            told = [{"id": one.source, "text": str(one)} for one in value]
            return {"heading": heading, "kind": "passages", "passages": told, "struck": []}
        if isinstance(value, list):
            kept, struck = self._sentences("\n".join(map(str, value)), ours=ours)
            items = [line for line in kept.splitlines() if line.strip()]
            return {"heading": heading, "kind": "list", "items": items, "struck": struck}
        kept, struck = self._sentences(str(value), ours=ours)
        return {"heading": heading, "kind": "text", "text": kept, "struck": struck}

    def _value(self, reference: str) -> tuple[Any, bool]:
        """Return what a reference leads to, and whether no model wrote it."""
        whose, name, *field = reference.split(".")
        if whose == "inputs":
            return self.values["inputs"][name], True
        return self.values["steps"][name][field[0]], self.workflow.steps[name].kind in _OURS

    def _asked_for_claims(self, reference: str) -> bool:
        whose, name, *field = reference.split(".")
        return whose == "steps" and field == ["claims"] and self.workflow.steps[name].kind == "agent"

    def _struck(self, reference: str) -> list[Mapping[str, Any]]:
        """Return what the agent's own reading struck beside the claims that it kept."""
        _, name, field = reference.split(".")
        return self.values["steps"][name]["struck"] or [] if field == "claims" else []

    def _claims(
        self, claims: Sequence[Mapping[str, Any]], before: Sequence[Mapping[str, Any]]
    ) -> dict[str, list[dict[str, Any]]]:
        kept: list[dict[str, Any]] = []
        struck = [{"says": one["says"], "why": one["why"]} for one in before]
        for one in claims:
            why = self._wrong(one)
            if why:
                struck.append({"says": one["says"], "why": why})
            else:
                kept.append(dict(one))
                self.numbers += len([*numbers_in(one["says"])])
        return {"claims": kept, "struck": struck}

    def _wrong(self, claim: Mapping[str, Any]) -> str:
        names = claim.get("results")
        if names is None:
            passage = next((one for one in self._passages() if one.source == claim["passage"]), "")
            return unquoted(claim["says"], claim["quote"], passage)
        other = [one["name"] for one in self.experiment["results"] if one["name"] in names and not one["agrees"]]
        if other:
            return f"{other[0]} came out otherwise when the program ran again"
        written = [one["name"] for one in self.experiment["results"] if one["name"] in names and one["written"]]
        if written:
            return f"{written[0]} stands in the program as it is, and was not computed"
        fault = wrong_with_results(claim["says"], names, self.results)
        return fault.why if fault is not None else ""

    def _passages(self) -> Iterator[Sourced]:
        for step in self.workflow.steps.values():
            if step.kind == "retrieve":
                yield from self.values["steps"][step.id]["passages"] or ()

    def _sentences(self, text: str, *, ours: bool) -> tuple[str, list[dict[str, str]]]:
        """Return a text as it may be told; of a model's, without sentences whose numbers are nobody's."""
        if ours:
            return text, []
        given = [str(one) for one in self.values["inputs"].values()]
        given += [
            self.values["steps"][id_]["text"] or "" for id_, step in self.workflow.steps.items() if step.kind == "table"
        ]
        kept, struck = borne_out(text, self.results, given)
        self.numbers += len([*numbers_in(kept)])
        return kept, [
            {"says": one, "why": "its numbers are in no result, and not in the data's facts"} for one in struck
        ]


def _text(title: str, sections: Sequence[Mapping[str, Any]], experiment: Mapping[str, Any], *, agrees: bool) -> str:
    """Return the report in a few lines: what is claimed, and whether the numbers came out again."""
    lines = [title]
    lines += [f"- {one['says']}" for section in sections for one in section.get("claims", ())]
    many = len(experiment["results"])
    if not experiment["passed"]:
        lines.append("The experiment came to no end, so nothing was computed.")
    elif agrees:
        lines.append(f"Computed again: all {many} results agree.")
    else:
        other = [one["name"] for one in experiment["results"] if not one["agrees"]]
        lines.append(f"Computed again: {len(other)} of {many} results differ ({', '.join(other[:5])}).")
    return "\n".join(lines)
