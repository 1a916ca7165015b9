"""Run a program that leaves named numbers, and take in what it left: results, and figures as data."""

from __future__ import annotations

import inspect
import json
import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from glasswork.records import Record
from glasswork.sandbox import lab
from glasswork.sandbox.base import Limits, Network, Sandbox
from glasswork.sandbox.programs import NOBODY, ProgramReport, run_program

LAB = "lab.py"
"""What lies beside the program: :mod:`glasswork.sandbox.lab`."""
MOST_RESULTS = 200
_FEW = 5
Number = Annotated[float, Field(allow_inf_nan=False)]
Text = Annotated[str, Field(max_length=200)]


class Bars(Record):
    """A figure: a bar for each value."""

    kind: Literal["bars"] = "bars"
    title: Text
    y: Text = ""
    bars: tuple[tuple[Text, Number], ...] = Field(min_length=1, max_length=40)


class Points(Record):
    """A figure: a point for each pair of numbers."""

    kind: Literal["points"] = "points"
    title: Text
    x: Text = ""
    y: Text = ""
    points: tuple[tuple[Number, Number], ...] = Field(min_length=1, max_length=2 * lab.MOST_POINTS)


Figure = Annotated[Bars | Points, Field(discriminator="kind")]
FIGURES: TypeAdapter[tuple[Figure, ...]] = TypeAdapter(Annotated[tuple[Figure, ...], Field(max_length=20)])


class ExperimentReport(ProgramReport):
    """How an experiment did: it passed where its program ended with status 0 and left numbers."""

    results: dict[str, float] = {}
    figures: tuple[Figure, ...] = ()


async def run_experiment(
    sandbox: Sandbox, files: Mapping[str, bytes], program: str, limits: Limits, *, network: Network = NOBODY
) -> ExperimentReport:
    """Run ``program``, one of ``files``, with :mod:`glasswork.sandbox.lab` beside it.

    Raises:
        SandboxError: the sandbox itself broke.
    """
    beside = {**files, LAB: inspect.getsource(lab).encode()}
    collect = (lab.RESULTS, lab.FIGURES)
    ran = await run_program(sandbox, beside, program, limits, collect=collect, network=network)
    if not ran.passed:
        return ExperimentReport(passed=False, report=ran.report, result=ran.result)
    left = ran.result.files
    try:
        results = results_in(left.get(lab.RESULTS))
        figures = figures_in(left.get(lab.FIGURES))
    except ValueError as error:
        return ExperimentReport(passed=False, report=f"{ran.report}\n{error}", result=ran.result)
    return ExperimentReport(passed=True, report=ran.report, result=ran.result, results=results, figures=figures)


def results_in(data: bytes | None) -> dict[str, float]:
    """Return the numbers that a program left.

    Raises:
        ValueError: it left none, or what is no flat object of named numbers; says so in a sentence to the program's
            author.
    """
    if data is None:
        raise ValueError(f"the program left no {lab.RESULTS}: it must compute numbers, and leave them under names")
    found = _json(data, lab.RESULTS)
    if not isinstance(found, dict) or not 0 < len(found) <= MOST_RESULTS:
        raise ValueError(f"{lab.RESULTS} must be an object with 1 to {MOST_RESULTS} named numbers")
    wrong = [name for name, value in found.items() if not _is_number(value)]
    unnamed = [name for name in found if not name.isidentifier() or len(name) > 100]
    if wrong:
        raise ValueError(f"in {lab.RESULTS} these are no numbers: {', '.join(wrong[:_FEW])}")
    if unnamed:
        raise ValueError(f"a result is called {unnamed[0][:60]!r}: a name is made of letters, digits and _")
    return found


def figures_in(data: bytes | None) -> tuple[Figure, ...]:
    """Return the figures that a program left. Raises ValueError where they are none that can be drawn."""
    if data is None:
        return ()
    try:
        return FIGURES.validate_python(_json(data, lab.FIGURES))
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(
            f"{lab.FIGURES} holds no figures: {'.'.join(map(str, first['loc']))}: {first['msg']}"
        ) from None


def _json(data: bytes, name: str) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise ValueError(f"{name} is not JSON") from None


def _is_number(value: Any) -> bool:
    return (
        isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300 and math.isfinite(value)
    )
